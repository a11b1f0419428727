// SPDX-License-Identifier: EUPL-1.2
/** @file Refund: all or part of what is left of a payment, with a reason from a short list. Amounts in euro cents. */
import { formatEuros, formatTyped, parseEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { bar, focusHeading } from '../parts/bar.js';
import { momentWords } from '../parts/moment.js';

const REASONS = ['returned', 'mistake', 'price', 'other'];

/** Fires `refund` with `{amountCents, reason}`, and `back`. */
export class RefundScreen extends LitElement {
  static properties = {
    payment: { attribute: false },
    notKept: { attribute: false },
    typed: { state: true },
    reason: { state: true },
    faults: { state: true },
  };

  constructor() {
    super();
    /** @type {import('../till.js').Redemption} */
    this.payment = /** @type {any} */ (undefined);
    /** Whether the last order could not be kept, and so was not sent. */
    this.notKept = false;
    /** @type {string | null} What was typed; null while all that is left is meant. */
    this.typed = null;
    this.reason = '';
    /** @type {{amount?: string, reason?: string}} */
    this.faults = {};
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void focusHeading(this);
  }

  get leftCents() {
    return this.payment.amountCents - this.payment.refundedCents;
  }

  /** @returns {number | null} Null when it is no amount. */
  get amountCents() {
    return this.typed === null ? this.leftCents : parseEuros(this.typed);
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    event.preventDefault();
    const { amountCents, reason } = this;
    this.faults = { ...this.faultOfAmount(amountCents), ...(!reason && { reason: t('refund.reasonMissing') }) };
    if (this.faults.amount || this.faults.reason || amountCents === null) {
      await this.updateComplete;
      /** @type {HTMLElement | null} */ (this.querySelector(this.faults.amount ? '#refund-amount' : '[name="reason"]'))?.focus();
      return;
    }
    this.dispatchEvent(new CustomEvent('refund', { detail: { amountCents, reason } }));
  }

  /** @param {number | null} cents */
  faultOfAmount(cents) {
    if (cents === null || cents === 0) return { amount: t('refund.amountWrong') };
    return cents > this.leftCents ? { amount: t('refund.amountAbove', { max: formatEuros(this.leftCents, language()) }) } : {};
  }

  render() {
    const { amountCents, at } = this.payment;
    const asked = this.amountCents;
    const amount = formatEuros(asked ?? 0, language());
    return html`
      <main class="kp-screen" id="content">
        ${bar(this)}
        <form class="kp-stack kp-stack--wide" novalidate @submit=${this.submit}>
          <div>
            <h1 class="utrecht-heading-1" tabindex="-1">${t('refund.title')}</h1>
            <p class="utrecht-paragraph">
              ${t('refund.of', { amount: formatEuros(amountCents, language()), moment: momentWords(at) })}
            </p>
          </div>
          ${this.notKept ? html`<p class="kp-notice kp-notice--bad" role="alert">${t('refund.notKept')}</p>` : nothing}
          ${this.renderAmount()}
          ${this.renderReasons()}
          <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="refund-submit">
            ${asked ? t('refund.submit', { amount }) : t('refund.submitNoAmount')}
          </button>
          <p class="kp-quiet">${t('refund.toCode')}</p>
        </form>
      </main>`;
  }

  renderAmount() {
    const fault = this.faults.amount;
    const value = this.typed ?? formatTyped(this.leftCents, language());
    return html`
      <div class="kp-field utrecht-form-field ${fault ? 'utrecht-form-field--invalid' : ''}">
        <label class="utrecht-form-label" for="refund-amount">${t('refund.amount')}</label>
        <p class="utrecht-form-field-description" id="refund-hint">
          ${t('refund.left', { max: formatEuros(this.leftCents, language()) })}
        </p>
        ${fault ? html`<p class="utrecht-form-field-error-message" id="refund-fault" role="alert" data-test="refund-fault">${fault}</p>` : nothing}
        <div class="refund-entry"><span aria-hidden="true">€</span>
          <input class="utrecht-textbox refund-amount" id="refund-amount" data-test="refund-amount" inputmode="decimal" autocomplete="off"
            .value=${value} aria-invalid=${fault ? 'true' : 'false'} aria-describedby="refund-hint ${fault ? 'refund-fault' : ''}"
            @input=${(/** @type {InputEvent} */ event) => {
              this.typed = /** @type {HTMLInputElement} */ (event.target).value;
              // What was wrong is taken back as soon as it is right.
              if (!this.faultOfAmount(this.amountCents).amount) this.faults = { ...this.faults, amount: '' };
            }}>
        </div>
      </div>`;
  }

  renderReasons() {
    const fault = this.faults.reason;
    return html`
      <fieldset class="categories refund-reasons" aria-describedby=${fault ? 'refund-reason-fault' : ''}>
        <legend class="utrecht-form-label">${t('refund.why')}</legend>
        ${REASONS.map((reason) => html`
          <label class="category">
            <input type="radio" name="reason" value=${reason} data-test="reason-${reason}" .checked=${reason === this.reason}
              @change=${() => {
                this.reason = reason;
                this.faults = { ...this.faults, reason: '' };
              }}>
            <span>${t(`refund.reason.${reason}`)}</span>
          </label>`)}
      </fieldset>
      ${fault ? html`<p class="utrecht-form-field-error-message" id="refund-reason-fault" role="alert" data-test="reason-fault">${fault}</p>` : nothing}`;
  }
}

customElements.define('kp-refund', RefundScreen);
