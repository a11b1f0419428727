// SPDX-License-Identifier: EUPL-1.2
/** @file Payments: all of them with what came back, or one with its receipt and its check. */
import { ApiRefusal, NoAnswer } from '/static/js/api.js';
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDate, formatTime, isoDay } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import { notices, titleBar } from '../parts/bar.js';
import { checkResult } from '../parts/check_result.js';
import { childName } from '../parts/children.js';
import * as icons from '../parts/icons.js';
import { entryLine, listEntries } from '../parts/payment_line.js';
import { Screen } from '../parts/screen.js';

/** @typedef {import('../phone.js').Payment} Payment */
/** @typedef {import('../phone.js').Checked} Checked */

/** `.redemptionId` names the payment to show; without it the list is shown. */
export class HistoryScreen extends Screen {
  static properties = {
    ...Screen.properties, redemptionId: { attribute: false }, checked: { state: true }, busy: { state: true }, fault: { state: true },
    isOfFormerPhone: { state: true },
  };

  constructor() {
    super();
    this.redemptionId = '';
    /** @type {Checked | null} */
    this.checked = null;
    this.isOfFormerPhone = false;
    /** @type {'' | 'check' | 'receipt'} What is being asked of the server. */
    this.busy = '';
    this.fault = '';
  }

  render() {
    const payment = this.phone.payments.find((one) => one.redemptionId === this.redemptionId);
    return payment ? this.receipt(payment) : this.list();
  }

  list() {
    const entries = listEntries(this.phone.payments);
    return html`
      <main class="kp-screen">
        ${titleBar(t('history.title'))}
        ${notices(this.phone)}
        ${entries.length === 0 ? html`<p>${t('budget.noPayments')}</p>` : html`
          <ul class="kp-list" data-test="history-list">${entries.map((one) => html`<li>${entryLine(one)}</li>`)}</ul>`}
      </main>`;
  }

  /** @param {Payment} payment */
  receipt(payment) {
    const lang = language();
    const refunds = payment.refunds ?? [];
    const line = (/** @type {string} */ name, /** @type {unknown} */ value) => html`<div class="receipt__line"><dt>${name}</dt><dd>${value}</dd></div>`;
    const moment = (/** @type {number} */ at) => `${formatDate(at, lang)}, ${t('atTime', { time: formatTime(at, lang) })}`;
    return html`
      <main class="kp-screen">
        ${titleBar(t('history.receipt'), '#/betalingen')}
        <p class="kp-amount" data-test="receipt-amount">${formatEuros(payment.amountCents, lang)}</p>
        <dl class="receipt">
          ${line(t('history.shop'), payment.shopName)}
          ${line(t('history.kind'), t(`category.${payment.category}`))}
          ${line(t('history.when'), moment(payment.at))}
          ${line(t('history.forWhom'), childName(this.phone, payment.voucher))}
          ${[...refunds].reverse().map((refund) => line(t(refund.toBudget ? 'history.refunded' : 'history.refundedElsewhere'), html`
            <span class="kp-figures" data-test="receipt-refund">${formatEuros(refund.amountCents, lang, { sign: refund.toBudget })}</span><br>
            <span class="kp-quiet">${moment(refund.at)}</span>`))}
          ${line(t('history.reference'), payment.redemptionId.slice(2, 10).toUpperCase())}
        </dl>
        <section class="kp-stack" aria-busy=${this.busy === 'check'}>
          <button type="button" class="utrecht-button utrecht-button--primary-action kp-button--wide" data-test="check-payment"
            @click=${() => this.check(payment)}>${icons.check}${t('history.check')}</button>
          <p class="kp-quiet">${t('history.checkProves')}</p>
          <div role="status" class="kp-stack">
            ${this.busy ? html`<p class="kp-quiet">${t('loading')}</p>` : nothing}
            ${this.fault ? html`<p class="kp-notice kp-notice--wait" data-test="check-fault">${icons.info}<span>${this.fault}</span></p>` : nothing}
            ${this.isOfFormerPhone ? html`<p class="kp-notice" data-test="check-former">${icons.info}<span>${t('history.formerPhone',
              { phone: this.phone.fund?.phone ?? '' })}</span></p>` : nothing}
            ${this.checked ? checkResult(this.checked, payment, this.phone.fund?.phone ?? '') : nothing}
          </div>
        </section>
        <button type="button" class="utrecht-button utrecht-button--secondary-action kp-button--wide" data-test="receipt-pdf"
          @click=${() => this.save(payment)}>${icons.sheet}${t('history.pdf')}</button>
        <p class="kp-quiet kp-push">${t('history.wrong', { phone: this.phone.fund?.phone ?? '' })}</p>
      </main>`;
  }

  /** @param {Payment} payment */
  check(payment) {
    return this.ask('check', async () => {
      this.checked = null;
      // What a former phone signed, this one's seed cannot know.
      this.isOfFormerPhone = await this.phone.safekeeping.isOfFormerPhone(payment);
      if (!this.isOfFormerPhone) this.checked = await this.phone.checkPayment(payment);
    });
  }

  /** @param {Payment} payment */
  save(payment) {
    return this.ask('receipt', async () => {
      const address = URL.createObjectURL(await this.phone.readReceipt(payment, language()));
      const link = document.createElement('a');
      link.href = address;
      link.download = `kindpakket-${isoDay(payment.at)}.pdf`;
      link.click();
      // The download has begun by then; the browser holds on to what it needs.
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    });
  }

  /**
   * Asks one thing at a time of the server, and says so when it does not answer.
   * @param {'check' | 'receipt'} what
   * @param {() => Promise<void>} action
   */
  async ask(what, action) {
    if (this.busy) return;
    [this.busy, this.fault] = [what, ''];
    try {
      await action();
    } catch (error) {
      if (error instanceof NoAnswer) this.fault = t('history.needsInternet');
      else if (error instanceof ApiRefusal) this.fault = t('history.cannotCheck', { phone: this.phone.fund?.phone ?? '' });
      else throw error;
    } finally {
      this.busy = '';
    }
  }
}

customElements.define('kp-history', HistoryScreen);
