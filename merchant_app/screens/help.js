// SPDX-License-Identifier: EUPL-1.2
/** @file Help: how a payment goes, whom to call, which till this is, and how to unpair it. */
import { t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { bar, focusHeading } from '../parts/bar.js';
import { languageSwitch } from '../parts/language_switch.js';

/** Fires `back` and `unpair`. */
export class HelpScreen extends LitElement {
  static properties = { till: { attribute: false }, waiting: { attribute: false }, sure: { state: true } };

  constructor() {
    super();
    /** @type {import('../till.js').Till} */
    this.till = /** @type {any} */ (undefined);
    /** How many charges wait for an answer: a till with such a charge cannot be unpaired. */
    this.waiting = 0;
    this.sure = false;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void focusHeading(this);
  }

  render() {
    const { record } = this.till;
    return html`
      <main class="kp-screen" id="content">
        ${bar(this, languageSwitch())}
        <div class="kp-stack kp-stack--wide">
          <h1 class="utrecht-heading-1" tabindex="-1">${t('help.title')}</h1>
          <h2 class="utrecht-heading-2">${t('help.howTitle')}</h2>
          <ol class="steps">
            <li>${t('help.how1')}</li><li>${t('help.how2')}</li><li>${t('help.how3')}</li><li>${t('help.how4')}</li>
            <li>${t('help.how5')}</li>
          </ol>
          ${record ? html`
            <h2 class="utrecht-heading-2">${t('help.questionsTitle')}</h2>
            <p class="utrecht-paragraph" data-test="help-phone">${t('help.phone', { phone: record.phone })}</p>
            <h2 class="utrecht-heading-2">${t('help.tillTitle')}</h2>
            <dl class="facts">
              <dt>${t('help.shop')}</dt><dd>${record.shopName}</dd>
              <dt>${t('help.till')}</dt><dd>${record.name}</dd>
              <dt>${t('help.role')}</dt><dd data-test="help-role">${t(`role.${record.role}`)}</dd>
            </dl>
            ${this.renderUnpair()}` : nothing}
        </div>
      </main>`;
  }

  renderUnpair() {
    if (this.waiting) return html`<p class="utrecht-paragraph">${t('help.unpairWaiting')}</p>`;
    if (!this.sure) {
      return html`<button class="utrecht-button utrecht-button--secondary-action" data-test="unpair" @click=${() => {
        this.sure = true;
      }}>${t('help.unpair')}</button>`;
    }
    return html`
      <div class="kp-notice kp-notice--wait kp-notice--column" role="alert">
        <p>${t('help.unpairExplain')}</p>
        <div class="kp-row">
          <button class="utrecht-button utrecht-button--secondary-action" data-test="unpair-yes" @click=${() => this.dispatchEvent(new CustomEvent('unpair'))}>
            ${t('help.unpairYes')}
          </button>
          <button class="utrecht-button utrecht-button--secondary-action" data-test="unpair-no" @click=${() => {
            this.sure = false;
          }}>${t('help.unpairNo')}</button>
        </div>
      </div>`;
  }
}

customElements.define('kp-help', HelpScreen);
