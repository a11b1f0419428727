// SPDX-License-Identifier: EUPL-1.2
/** @file The code: one large QR with its maximum and a countdown, until it is paid. */
import { ApiRefusal, NoAnswer } from '/static/js/api.js';
import { formatEuros, parseEuros } from '/static/js/money.js';
import { rest } from '/static/js/signals.js';
import { language, t } from '/static/js/text.js';
import { formatCountdown, serverNowExact } from '/static/js/time.js';
import { keepAwake } from '/static/js/wake_lock.js';
import { html, nothing } from '/static/vendor/lit.js';
import { titleBar } from '../parts/bar.js';
import { childName, payable } from '../parts/children.js';
import * as icons from '../parts/icons.js';
import '../parts/qr.js';
import { Screen } from '../parts/screen.js';
import { generationOf, listMaxima, proposeMaximum } from '../numbers.js';

/** @typedef {import('../phone.js').Voucher} Voucher */
/** @typedef {import('../phone.js').Payment} Payment */

/** So often it is asked whether the code was paid with: seldom while the server tells by itself. */
const ASK_MS = 1500;
const ASK_LISTENING_MS = 10_000;
const ASK_OFFLINE_MS = 5000;
/** With less than this left the code is renewed, so that it does not end while the cashier types. */
const RENEW_SECONDS = 30;

/**
 * A code as text: its spaces are part of it, also two in a row, and can be seen.
 * @param {string} text
 */
function spelled(text) {
  return text.split(' ').map((part, place) => html`${place ? html`<span class="ticket__space"> </span>` : nothing}${part}`);
}

/** `.voucher` chooses the child; 0 asks for it when there are several. */
export class TicketScreen extends Screen {
  static properties = {
    ...Screen.properties, voucher: { attribute: false }, code: { state: true }, maxCents: { state: true }, secondsLeft: { state: true },
    paid: { state: true }, isChoosing: { state: true }, fault: { state: true }, isOut: { state: true },
  };

  constructor() {
    super();
    this.voucher = 0;
    /** @type {{text: string, expiresAt: number} | null} */
    this.code = null;
    /** @type {number | null} */
    this.number = null;
    this.maxCents = 0;
    this.secondsLeft = 0;
    /** @type {Payment | null} */
    this.paid = null;
    this.isChoosing = false;
    this.fault = '';
    this.isOut = false;
    this.leaving = new AbortController();
    this.releaseScreen = () => {};
    this.hasNews = false;
    this.wake = () => {};
    /** @type {Set<number>} Every number that this screen showed: each may be paid with until it has expired. */
    this.shown = new Set();
    this.keepUp = () => this.replaceDead();
    this.hearNews = () => {
      this.hasNews = true;
      this.wake();
    };
  }

  connectedCallback() {
    super.connectedCallback();
    this.leaving = new AbortController();
    this.releaseScreen = keepAwake();
    this.phone.addEventListener('news', this.hearNews);
    this.phone.addEventListener('change', this.keepUp);
    const open = payable(this.phone);
    if (open.length === 1) this.choose(open[0]);
    else if (this.voucher) this.choose(/** @type {Voucher} */ (open.find(({ voucher }) => voucher === this.voucher)));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leaving.abort();
    this.releaseScreen();
    this.phone.removeEventListener('news', this.hearNews);
    this.phone.removeEventListener('change', this.keepUp);
  }

  /** @param {Voucher | undefined} chosen */
  async choose(chosen) {
    if (!chosen) return;
    const { signal } = this.leaving;
    this.voucher = chosen.voucher;
    this.number = await this.phone.codes.takeNumber(chosen.voucher);
    this.isOut = this.number === null;
    if (this.isOut || signal.aborted) return;
    await this.show(proposeMaximum(chosen));
    this.count(signal);
    this.watch(signal);
    this.replaceDead();
  }

  /**
   * Shows a code with a key of now when the one that is shown was replaced: this phone renewed its keys, or another window of it
   * did. A voucher that went elsewhere has no code here.
   */
  async replaceDead() {
    const { number } = this;
    if (number === null || this.paid) return;
    const known = this.phone.vouchers.find((one) => one.voucher === this.voucher);
    if (!known) {
      location.hash = '#/';
    } else if (generationOf(number) < known.generation) {
      this.number = null;
      this.code = null;
      const fresh = await this.phone.codes.takeNumber(this.voucher);
      this.number = fresh;
      this.isOut = fresh === null;
      await this.show(this.maxCents || proposeMaximum(known));
    }
  }

  /**
   * Draws the code for this maximum, with the same number as before.
   * @param {number} maxCents
   */
  async show(maxCents) {
    if (this.number === null) return;
    this.shown.add(this.number);
    const code = await this.phone.codes.make(this.voucher, this.number, maxCents);
    [this.code, this.maxCents, this.isChoosing, this.fault] = [code, maxCents, false, ''];
    this.secondsLeft = code.expiresAt - serverNowExact();
  }

  /** @param {AbortSignal} signal */
  async count(signal) {
    while (!signal.aborted && !this.paid) {
      if (this.code) this.secondsLeft = this.code.expiresAt - serverNowExact();
      if (this.secondsLeft < RENEW_SECONDS && document.visibilityState === 'visible') {
        const wasChoosing = this.isChoosing;
        await this.show(this.maxCents);
        this.isChoosing = wasChoosing;
      }
      await rest(250, signal);
    }
  }

  /**
   * Asks whether the code has been paid with, as long as the screen is looked at.
   * @param {AbortSignal} signal
   */
  async watch(signal) {
    while (!signal.aborted && !this.paid) {
      this.hasNews = false;
      if (document.visibilityState === 'visible') {
        try {
          const payment = await this.phone.findPayment(this.voucher, this.shown, signal);
          if (payment) {
            this.paid = payment;
            navigator.vibrate?.(100);
            await this.catchUp(payment, signal);
          }
        } catch (error) {
          if (!(error instanceof ApiRefusal || error instanceof NoAnswer)) throw error;
        }
      }
      if (!this.hasNews) await this.waitForNews(signal);
    }
  }

  /**
   * Waits until the server tells something, or as long as that is trusted to happen.
   * @param {AbortSignal} signal
   */
  async waitForNews(signal) {
    const woken = new AbortController();
    this.wake = () => woken.abort();
    const { isOffline, isListening } = this.phone;
    await rest(isOffline ? ASK_OFFLINE_MS : isListening ? ASK_LISTENING_MS : ASK_MS, signal, woken.signal);
  }

  /**
   * Asks what is left after a payment, until that is known.
   * @param {Payment} payment
   * @param {AbortSignal} signal
   */
  async catchUp(payment, signal) {
    while (!signal.aborted && this.phone.balanceBlock < payment.block) {
      await this.phone.readBalance();
      if (this.phone.balanceBlock < payment.block) await rest(ASK_MS, signal);
    }
  }

  render() {
    if (this.paid) return this.done(this.paid);
    if (this.isOut) return this.notice(t('ticket.outOfNumbers'));
    if (payable(this.phone).length === 0 && !this.code) {
      return this.notice(t('budget.cannotPay', { phone: this.phone.fund?.phone ?? '' }));
    }
    return this.voucher ? this.code_() : this.children_();
  }

  children_() {
    return html`
      <main class="kp-screen">
        ${titleBar(t('ticket.forWhom'))}
        <div class="kp-stack">${payable(this.phone).map((one) => html`
          <button type="button" class="kp-card kp-list__line" data-test="choose-child" data-voucher=${one.voucher}
            @click=${() => this.choose(one)}>
            <span class="kp-strong">${childName(this.phone, one.voucher)}</span>
            <span class="kp-figures">${formatEuros(one.balanceCents, language())}</span></button>`)}
        </div>
      </main>`;
  }

  code_() {
    const name = childName(this.phone, this.voucher);
    const max = formatEuros(this.maxCents, language(), { whole: true });
    return html`
      <main class="kp-screen ticket">
        ${titleBar(t('ticket.title'))}
        ${this.code ? html`
          <p class="ticket__for"><span>${t('ticket.for', { name })}</span> · <strong class="kp-figures"
            data-test="ticket-max" data-cents=${this.maxCents}>${t('ticket.max', { max })}</strong></p>
          <div class="ticket__code"><kp-qr data-test="ticket-qr" data-number=${this.number} .text=${this.code.text}
            .label=${t('ticket.qr', { max })}></kp-qr></div>
          <p class="ticket__left"><span class="kp-figures" data-test="ticket-countdown" role="timer"
            aria-label=${t('ticket.timer')}>${t('ticket.left',
    { time: formatCountdown(this.secondsLeft) })}</span>
            <progress class="kp-hidden" max="300" .value=${this.secondsLeft} aria-hidden="true"></progress></p>
          ${this.phone.isOffline ? html`<p class="kp-notice" data-test="offline">${icons.cloudOff}<span>${t('ticket.offline')}</span></p>` : nothing}
          ${this.maxima()}
          <details class="ticket__text"><summary data-test="ticket-as-text">${t('ticket.asText')}</summary>
            <p class="kp-quiet" data-test="ticket-text" lang="zxx" dir="ltr">${spelled(this.code.text)}</p></details>` : html`<p class="kp-quiet" role="status">${t('loading')}</p>`}
      </main>`;
  }

  maxima() {
    const voucher = this.phone.vouchers.find((one) => one.voucher === this.voucher);
    if (!voucher) return nothing;
    const listed = listMaxima(voucher);
    return html`
      <section class="kp-stack ticket__maxima" aria-label=${t('ticket.otherAmount')}>
        <div class="kp-choices">
          ${listed.map((cents) => html`<button type="button" class="kp-choice kp-figures" data-test="max-choice" data-cents=${cents}
            aria-pressed=${cents === this.maxCents} @click=${() => this.show(cents)}>${formatEuros(cents, language(), { whole: true })}</button>`)}
          <button type="button" class="kp-choice" data-test="max-other" aria-expanded=${this.isChoosing}
            aria-pressed=${!listed.includes(this.maxCents)}
            @click=${() => { this.isChoosing = !this.isChoosing; }}>${t('ticket.otherAmount')}</button>
        </div>
        ${this.isChoosing ? html`
          <form class="kp-stack" novalidate @submit=${(/** @type {SubmitEvent} */ event) => this.exact(event, voucher)}>
            <label class="utrecht-form-label" for="max-exact">${t('ticket.exact')}</label>
            <div class="ticket__exact"><span aria-hidden="true">€</span>
              <input class="utrecht-textbox utrecht-textbox--html-input" id="max-exact" data-test="max-exact" name="max" inputmode="decimal"
                autocomplete="off" aria-invalid=${this.fault ? 'true' : 'false'} aria-describedby=${this.fault ? 'max-fault' : nothing}>
              <button class="utrecht-button utrecht-button--primary-action" data-test="max-submit">${t('ticket.make')}</button></div>
            ${this.fault ? html`<p class="utrecht-form-field-error-message" id="max-fault" role="alert" data-test="max-fault">${this.fault}</p>` : nothing}
          </form>` : nothing}
      </section>`;
  }

  /**
   * @param {SubmitEvent} event
   * @param {Voucher} voucher
   */
  async exact(event, voucher) {
    event.preventDefault();
    const typed = new FormData(/** @type {HTMLFormElement} */ (event.target)).get('max');
    const cents = parseEuros(String(typed ?? ''));
    const most = voucher.maxRedemptionCents;
    if (cents === null || cents === 0) this.fault = t('ticket.notAnAmount');
    else if (cents > most) this.fault = t('ticket.tooMuch', { max: formatEuros(most, language(), { whole: true }) });
    else await this.show(cents);
  }

  /** @param {Payment} payment */
  done(payment) {
    const left = this.phone.vouchers.find((one) => one.voucher === payment.voucher)?.balanceCents ?? 0;
    return html`
      <main class="kp-screen centred" data-test="payment-done">
        <span class="kp-sign">${icons.check}</span>
        <div role="alert" class="kp-stack">
          <h1 class="paid__what" tabindex="-1">${t('ticket.paid', { amount: formatEuros(payment.amountCents, language()), shop: payment.shopName })}</h1>
          ${this.phone.balanceBlock >= payment.block
    ? html`<p class="paid__left">${t('ticket.leftAfter', { left: formatEuros(left, language()) })}</p>` : nothing}
        </div>
        <div class="kp-stack paid__choices">
          <a class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" href="#/"
            data-test="payment-close">${t('done')}</a>
          <a class="utrecht-button utrecht-button--subtle kp-button--wide" href="#/betalingen/${payment.redemptionId}"
            data-test="payment-wrong">${t('ticket.wrong')}</a>
        </div>
      </main>`;
  }

  /** @param {string} sentence */
  notice(sentence) {
    return html`<main class="kp-screen">${titleBar(t('ticket.title'))}
      <p class="kp-notice kp-notice--wait" data-test="cannot-pay">${icons.info}<span>${sentence}</span></p></main>`;
  }
}

customElements.define('kp-ticket', TicketScreen);
