// SPDX-License-Identifier: EUPL-1.2
/** @file Payments: all of them, or one as a receipt with its check. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDate, formatTime } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import { notices, titleBar } from '../parts/bar.js';
import { childName } from '../parts/children.js';
import * as icons from '../parts/icons.js';
import { paymentLine } from '../parts/payment_line.js';
import { Screen } from '../parts/screen.js';

/** @typedef {import('../phone.js').Payment} Payment */

/** `.redemptionId` names the payment to show; without it the list is shown. */
export class HistoryScreen extends Screen {
  static properties = { ...Screen.properties, redemptionId: { attribute: false }, checked: { state: true } };

  constructor() {
    super();
    this.redemptionId = '';
    /** @type {{isOurs: boolean, isOfFormerPhone: boolean, maxCents: number} | null} */
    this.checked = null;
  }

  render() {
    const payment = this.phone.payments.find((one) => one.redemptionId === this.redemptionId);
    return payment ? this.receipt(payment) : this.list();
  }

  list() {
    const { payments } = this.phone;
    return html`
      <main class="kp-screen">
        ${titleBar(t('history.title'))}
        ${notices(this.phone)}
        ${payments.length === 0 ? html`<p>${t('budget.noPayments')}</p>` : html`
          <ul class="kp-list" data-test="history-list">${payments.map((one) => html`<li>${paymentLine(this.phone, one)}</li>`)}</ul>`}
      </main>`;
  }

  /** @param {Payment} payment */
  receipt(payment) {
    const lang = language();
    const line = (/** @type {string} */ name, /** @type {unknown} */ value) => html`<div class="receipt__line"><dt>${name}</dt><dd>${value}</dd></div>`;
    return html`
      <main class="kp-screen">
        ${titleBar(t('history.receipt'), '#/betalingen')}
        <p class="kp-amount" data-test="receipt-amount">${formatEuros(payment.amountCents, lang)}</p>
        <dl class="receipt">
          ${line(t('history.shop'), payment.shopName)}
          ${line(t('history.kind'), t(`category.${payment.category}`))}
          ${line(t('history.when'), `${formatDate(payment.at, lang)}, ${t('atTime', { time: formatTime(payment.at, lang) })}`)}
          ${line(t('history.forWhom'), childName(this.phone, payment.voucher))}
          ${payment.refundedCents ? line(t('history.refunded'), formatEuros(payment.refundedCents, lang, { sign: true })) : nothing}
          ${line(t('history.reference'), payment.redemptionId.slice(2, 10).toUpperCase())}
        </dl>
        <section class="kp-stack">
          <button type="button" class="utrecht-button utrecht-button--secondary-action kp-button--wide" data-test="check-payment"
            @click=${() => this.check(payment)}>${icons.check}${t('history.check')}</button>
          <p class="kp-quiet">${t('history.checkProves')}</p>
          <div role="status" class="kp-stack">${this.checkResult(payment)}</div>
        </section>
        <p class="kp-quiet kp-push">${t('history.wrong', { phone: this.phone.fund?.phone ?? '' })}</p>
      </main>`;
  }

  /** @param {Payment} payment */
  checkResult(payment) {
    if (!this.checked) return nothing;
    const { isOurs, isOfFormerPhone, maxCents } = this.checked;
    if (isOfFormerPhone) {
      return html`<p class="kp-notice" data-test="check-former">${icons.info}<span>${t('history.formerPhone',
        { phone: this.phone.fund?.phone ?? '' })}</span></p>`;
    }
    return isOurs ? html`<p class="kp-notice kp-notice--good" data-test="check-good">${icons.check}<span>${t('history.good',
      { max: formatEuros(maxCents, language(), { whole: true }), block: payment.block })}</span></p>`
      : html`<p class="kp-notice kp-notice--wait" data-test="check-unknown">${icons.info}<span>${t('history.notOurs',
        { phone: this.phone.fund?.phone ?? '' })}</span></p>`;
  }

  /** @param {Payment} payment */
  async check(payment) {
    await this.phone.refresh();
    const terms = await this.phone.checkPayment(payment);
    const isOfFormerPhone = terms === null && await this.phone.safekeeping.isOfFormerPhone(payment);
    this.checked = { isOurs: terms !== null, isOfFormerPhone, maxCents: terms?.maxCents ?? 0 };
  }
}

customElements.define('kp-history', HistoryScreen);
