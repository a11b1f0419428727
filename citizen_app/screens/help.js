// SPDX-License-Identifier: EUPL-1.2
/** @file Help: how to pay, the ways to keep a budget safe, who sees what, another letter, the language. */
import { t } from '/static/js/text.js';
import { html } from '/static/vendor/lit.js';
import { languageChoice, titleBar } from '../parts/bar.js';
import * as icons from '../parts/icons.js';
import { Screen } from '../parts/screen.js';

const PLACES = [['kwijt', 'lost'], ['pincode', 'pin'], ['overzetten', 'move'], ['wie', 'who']];
/** What needs a budget on this phone. */
const WITH_BUDGET = ['pin', 'move'];

/** Questions with their answers, each opened by a tap. */
export class HelpScreen extends Screen {
  render() {
    const phone = this.phone.fund?.phone ?? '';
    return html`
      <main class="kp-screen">
        ${titleBar(t('help.title'))}
        <div class="kp-stack">
          ${this.question('pay', html`<ol class="utrecht-ordered-list">
            ${['1', '2', '3'].map((step) => html`<li class="utrecht-ordered-list__item">${t(`help.pay.step${step}`)}</li>`)}</ol>`)}
          ${this.question('offline', html`<p>${t('help.offline.answer')}</p>`)}
          ${this.question('keep', html`<p>${t('help.keep.answer')}</p><p>${t('help.keep.how')}</p>`)}
          ${PLACES.filter(([, name]) => this.phone.vouchers.length > 0 || !WITH_BUDGET.includes(name)).map(([place, name]) => html`
            <a class="kp-card kp-list__line question" href="#/${place}" data-test="help-${name}">
              <span class="kp-strong">${t(`help.${name}`)}</span>${icons.forward}</a>`)}
        </div>
        <a class="utrecht-button utrecht-button--secondary-action kp-button--wide" href="#/brief"
          data-test="another-letter">${t('activate.another')}</a>
        <section class="kp-stack">
          <h2 class="utrecht-heading-3">${t('language')}</h2>
          ${languageChoice()}
        </section>
        <p class="kp-quiet kp-push">${t('help.call', { municipality: this.phone.fund?.municipality ?? '', phone })}</p>
      </main>`;
  }

  /**
   * @param {string} name
   * @param {unknown} answer
   */
  question(name, answer) {
    return html`
      <details class="kp-card question" data-test="help-${name}">
        <summary class="kp-list__line"><span class="kp-strong">${t(`help.${name}.title`)}</span>${icons.forward}</summary>
        <div class="kp-stack question__answer">${answer}</div>
      </details>`;
  }
}

customElements.define('kp-help', HelpScreen);
