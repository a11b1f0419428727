// SPDX-License-Identifier: EUPL-1.2
/** @file Practice: what it is, before it begins. */
import { t } from '/static/js/text.js';
import { LitElement, html } from '/static/vendor/lit.js';
import { bar, focusHeading } from '../parts/bar.js';

/** Fires `start` and `back`. */
export class PracticeScreen extends LitElement {
  static properties = { waiting: { attribute: false } };

  constructor() {
    super();
    /** How many requests wait for an answer: practice would hide it. */
    this.waiting = 0;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void focusHeading(this);
  }

  render() {
    return html`
      <main class="kp-screen" id="content">
        ${bar(this)}
        <div class="kp-stack kp-stack--wide">
          <h1 class="utrecht-heading-1" tabindex="-1">${t('practice.title')}</h1>
          <p class="utrecht-paragraph">${t('practice.intro1')}</p>
          <p class="utrecht-paragraph">${t('practice.intro2')}</p>
          ${this.waiting
            ? html`<p class="kp-notice kp-notice--wait" data-test="practice-waiting">${t('practice.waiting')}</p>`
            : html`<button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="practice-start"
                @click=${() => this.dispatchEvent(new CustomEvent('start'))}>${t('practice.start')}</button>`}
        </div>
      </main>`;
  }
}

customElements.define('kp-practice', PracticeScreen);
