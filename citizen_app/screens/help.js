// SPDX-License-Identifier: EUPL-1.2
/** @file Help: how to pay, a lost phone, who sees what, another letter, the language. */
import { t } from '/static/js/text.js';
import { html } from '/static/vendor/lit.js';
import { languageChoice, titleBar } from '../parts/bar.js';
import * as icons from '../parts/icons.js';
import { Screen } from '../parts/screen.js';

const WHO = ['shop', 'municipality', 'operator', 'register'];

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
          ${this.question('lost', html`<p class="kp-strong">${t('help.lost.answer', { phone })}</p><p>${t('help.lost.lock')}</p>
            <p>${t('help.lost.codes')}</p>`)}
          ${this.question('keep', html`<p>${t('help.keep.answer')}</p><p>${t('help.keep.how')}</p>`)}
          ${this.question('who', html`<ul class="utrecht-unordered-list">${WHO.map((one) => html`
            <li class="utrecht-unordered-list__item">${t(`help.who.${one}`)}</li>`)}</ul>`)}
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
