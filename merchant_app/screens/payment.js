// SPDX-License-Identifier: EUPL-1.2
/** @file Payment: one payment as its receipt, with what was given back of it. Amounts in euro cents. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDate, formatTime, isoDay, serverNow } from '/static/js/time.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { bar, focusHeading } from '../parts/bar.js';
import { categoryName } from '../parts/category_name.js';
import { icon } from '../parts/icons.js';

/** Fires `refund` and `back`. */
export class PaymentScreen extends LitElement {
  static properties = { payment: { attribute: false }, record: { attribute: false } };

  constructor() {
    super();
    /** @type {import('../till.js').Redemption} */
    this.payment = /** @type {any} */ (undefined);
    /** @type {import('../till.js').TillRecord | null} */
    this.record = null;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void focusHeading(this);
  }

  render() {
    const { amountCents, at, category, tillName, redemptionId, refunds } = this.payment;
    return html`
      <main class="kp-screen receipt" id="content">
        ${bar(this, html`
          <button class="kp-icon-button" data-test="print" @click=${() => print()}>${icon('print')} ${t('payment.print')}</button>`)}
        <div class="kp-stack kp-stack--wide">
          <div>
            <h1 class="receipt-title" tabindex="-1">${t('payment.title')}</h1>
            <p class="total-amount" data-test="payment-amount">${formatEuros(amountCents, language())}</p>
          </div>
          <dl class="facts">
            <dt>${t('help.shop')}</dt><dd>${this.record?.shopName}</dd>
            <dt>${t('payment.when')}</dt>
            <dd>${formatDate(at, language())}, ${t('today.at', { time: formatTime(at, language()) })}</dd>
            <dt>${t('amount.category')}</dt><dd>${categoryName(category)}</dd>
            <dt>${t('help.till')}</dt><dd>${tillName}</dd>
            <dt>${t('payment.id')}</dt><dd class="receipt-id" data-test="payment-id">${redemptionId}</dd>
          </dl>
          ${refunds.length ? this.renderRefunds() : nothing}
          ${this.renderChoice()}
        </div>
      </main>`;
  }

  renderRefunds() {
    return html`
      <section>
        <h2 class="utrecht-heading-2">${t('payment.refunds')}</h2>
        <ul class="kp-list">
          ${this.payment.refunds.map(({ amountCents, at, reason, tillName }) => html`
            <li class="kp-list__line" data-test="payment-refund">
              <span class="line-what">${formatDate(at, language())}, ${t('today.at', { time: formatTime(at, language()) })}
                <small>${reason ? t(`refund.reason.${reason}`) : ''} · ${tillName}</small></span>
              <span class="kp-figures kp-strong">${formatEuros(-amountCents, language())}</span>
            </li>`)}
        </ul>
      </section>`;
  }

  renderChoice() {
    const { amountCents, refundedCents, at } = this.payment;
    if (refundedCents === amountCents) return html`<p class="kp-notice" data-test="payment-all-refunded">${t('payment.allRefunded')}</p>`;
    if (this.record?.role !== 'owner' && isoDay(at) !== isoDay(serverNow())) {
      return html`<p class="kp-notice" data-test="payment-owner-only">${t('payment.ownerOnly')}</p>`;
    }
    return html`
      <button class="utrecht-button utrecht-button--secondary-action kp-button--wide" data-test="refund"
        @click=${() => this.dispatchEvent(new CustomEvent('refund'))}>${icon('refund')} ${t('payment.refund')}</button>`;
  }
}

customElements.define('kp-payment', PaymentScreen);
