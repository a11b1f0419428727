// SPDX-License-Identifier: EUPL-1.2
/** @file Payouts: what the shop is owed now, what it was paid out, and for which payments. Amounts in euro cents. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDate, formatDay, formatTime } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import { bar } from '../parts/bar.js';
import { FetchingScreen } from '../parts/fetching.js';
import { icon } from '../parts/icons.js';

/** Fires `back` and `sign-in`. A payout opens in its place, and the way back leads to the list first. */
export class PayoutsScreen extends FetchingScreen {
  static properties = { payouts: { state: true }, content: { state: true } };

  constructor() {
    super();
    /** @type {import('../office.js').Payouts | null} */
    this.payouts = null;
    /** @type {import('../office.js').PayoutContent | null} */
    this.content = null;
  }

  connectedCallback() {
    super.connectedCallback();
    void this.fetch();
  }

  async fetch() {
    await this.attempt(async () => {
      this.payouts = await this.office.fetchPayouts();
    });
  }

  /** @param {string} payoutId */
  async open(payoutId) {
    await this.attempt(async () => {
      this.content = await this.office.fetchPayout(payoutId);
    });
    await this.updateComplete;
    scrollTo(0, 0);
    /** @type {HTMLElement | null} */ (this.querySelector('h1'))?.focus();
  }

  render() {
    return this.content ? this.renderContent(this.content) : this.renderList();
  }

  renderList() {
    return html`
      <main class="kp-screen" id="content">
        ${bar(this)}
        <div class="kp-stack kp-stack--wide">
          <h1 class="utrecht-heading-1" tabindex="-1">${t('payouts.title')}</h1>
          ${this.renderFault(() => void this.fetch())}
          ${this.busy && !this.payouts ? html`<p role="status">${t('loading')}</p>` : nothing}
          ${this.payouts ? this.renderPayouts(this.payouts) : nothing}
        </div>
      </main>`;
  }

  /** @param {import('../office.js').Payouts} payouts */
  renderPayouts({ owedCents, heldBackCents, owed, payouts }) {
    return html`
      <div class="total">
        <p class="total-count">${owedCents < 0 ? t('payouts.owing') : t('payouts.owed')}</p>
        <p class="total-amount" data-test="payouts-owed">${formatEuros(Math.abs(owedCents), language())}</p>
        ${owedCents < 0 ? html`<p class="kp-quiet">${t('payouts.owingExplain')}</p>` : nothing}
        ${heldBackCents > 0 ? html`
          <p class="kp-quiet" data-test="payouts-held-back">
            ${t('payouts.heldBack', { amount: formatEuros(heldBackCents, language()) })}</p>` : nothing}
      </div>
      ${owed.length > 1 ? html`
        <ul class="kp-list">
          ${owed.map((one) => html`
            <li class="kp-list__line"><span>${one.programmeName}</span>
              <span class="kp-figures">${formatEuros(one.owedCents, language())}</span></li>`)}
        </ul>` : nothing}
      <section class="kp-stack">
        <h2 class="utrecht-heading-2">${t('payouts.done')}</h2>
        ${payouts.length
          ? html`<ul class="kp-list">${payouts.map((one) => this.renderLine(one))}</ul>`
          : html`<p class="utrecht-paragraph" data-test="payouts-none">${t('payouts.none')}</p>`}
      </section>`;
  }

  /** @param {import('../office.js').Payout} payout */
  renderLine({ payoutId, amountCents, count, at, programmeName }) {
    return html`
      <li>
        <button class="kp-list__line" data-test="payout" @click=${() => this.open(payoutId)}>
          <span class="line-what">${formatDate(at, language())}
            <small>${t('scan.payments', { count })} · ${programmeName}</small></span>
          <span class="line-end"><span class="kp-figures kp-strong">${formatEuros(amountCents, language())}</span>${icon('forward')}</span>
        </button>
      </li>`;
  }

  /** @param {import('../office.js').PayoutContent} content */
  renderContent({ payout, carriedCents, redeemedCents, refundedCents, leftCents, redemptions, refunds }) {
    return html`
      <main class="kp-screen" id="content">
        <header class="kp-bar">
          <button class="kp-icon-button" data-test="back" @click=${() => {
            this.content = null;
          }}>${icon('back')} ${t('payouts.title')}</button>
        </header>
        <div class="kp-stack kp-stack--wide">
          <div>
            <h1 class="receipt-title" tabindex="-1">${t('payouts.one', { day: formatDate(payout.at, language()) })}</h1>
            <p class="total-amount" data-test="payout-amount">${formatEuros(payout.amountCents, language())}</p>
          </div>
          <dl class="sums" data-test="payout-sums">
            ${carriedCents ? this.renderSum(t('payouts.carried'), carriedCents) : nothing}
            ${this.renderSum(t('scan.payments', { count: redemptions.length }), redeemedCents)}
            ${refundedCents ? this.renderSum(t('payment.refunds'), -refundedCents) : nothing}
            ${leftCents ? this.renderSum(t('payouts.left'), -leftCents) : nothing}
            ${this.renderSum(t('payouts.paid'), payout.amountCents, true)}
          </dl>
          <dl class="facts">
            <dt>${t('payouts.programme')}</dt><dd>${payout.programmeName}</dd>
            <dt>${t('payouts.reference')}</dt>
              ${payout.bankReference
                ? html`<dd data-test="payout-reference">${payout.bankReference}</dd>`
                : html`<dd class="receipt-id" data-test="payout-reference">${payout.paymentReference}</dd>`}
          </dl>
          <section>
            <h2 class="utrecht-heading-2">${t('today.list')}</h2>
            <ul class="kp-list">${redemptions.map((one) => this.renderBooked(one, one.amountCents, one.tillName, 'payout-payment'))}</ul>
          </section>
          ${refunds.length ? html`
            <section>
              <h2 class="utrecht-heading-2">${t('payment.refunds')}</h2>
              <ul class="kp-list">
                ${refunds.map((one) => this.renderBooked(one, -one.amountCents, one.reason ? t(`refund.reason.${one.reason}`) : '', 'payout-refund'))}
              </ul>
            </section>` : nothing}
        </div>
      </main>`;
  }

  /**
   * @param {string} what
   * @param {number} cents
   * @param {boolean} [isTotal]
   */
  renderSum(what, cents, isTotal = false) {
    return html`
      <div class=${isTotal ? 'sums-total' : ''}><dt>${what}</dt><dd class="kp-figures">${formatEuros(cents, language())}</dd></div>`;
  }

  /**
   * @param {{at: number, redemptionId: string}} booked
   * @param {number} cents
   * @param {string} says
   * @param {string} name
   */
  renderBooked({ at, redemptionId }, cents, says, name) {
    const day = formatDay(at, language(), { today: t('today'), yesterday: t('yesterday') });
    return html`
      <li class="kp-list__line" data-test=${name}>
        <span class="line-what">${day} · ${t('today.at', { time: formatTime(at, language()) })}
          <small>${says ? `${says} · ` : ''}${redemptionId.slice(0, 10)}…</small></span>
        <span class="kp-figures">${formatEuros(cents, language())}</span>
      </li>`;
  }
}

customElements.define('kp-payouts', PayoutsScreen);
