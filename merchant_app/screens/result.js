// SPDX-License-Identifier: EUPL-1.2
/** @file Result: what became of a payment, full screen in colour, with a sign, a word, a sentence and a sound. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { icon } from '../parts/icons.js';
import { momentWords } from '../parts/moment.js';
import { reasonWords } from '../parts/reason_words.js';
import { playSound } from '../sounds.js';
import { colourOf, isUnanswered, otherAmountHelps, showMilliseconds, signOf } from '../verdict.js';

/** @typedef {import('../pending.js').Request} Request */
/**
 * What is shown: a reason with its details, the request it is about (none for a code that cannot be read), whether it
 * comes late, so that the cashier must be told what it is about, whether it is only practice, and what the customer still
 * has to pay in another way. `asking` is the short time before any answer.
 * @typedef {{reason: string, details: Record<string, any>, request: Request | null, late: boolean, isPractice: boolean,
 *   restCents: number}} Result
 */

const WORDS = /** @type {Record<string, Record<string, string>>} */ ({
  charge: { green: 'paid', orange: 'paidBefore', red: 'notPaid' },
  refund: { green: 'refunded', orange: 'refundedBefore', red: 'notRefunded' },
});

/**
 * Nobody reads a verdict in less. What is tapped or pressed before was meant for the screen before it: the second half of a
 * double tap, a key that is still held, a scanner that ends with two ends of line.
 */
const READ_MILLISECONDS = 700;

/** Fires `done`, `other-amount`, `ask-now` and `pair`. */
export class ResultScreen extends LitElement {
  static properties = { result: { attribute: false }, isOpen: { state: true } };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #closing;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #opening;
  /** From when on it listens, on the clock of events. */
  #opensAt = Infinity;
  #sounded = '';

  constructor() {
    super();
    /** @type {Result} */
    this.result = /** @type {any} */ (undefined);
    /** Whether it was there long enough to be read, and takes taps and keys. */
    this.isOpen = false;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener('keydown', this.onKey);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('keydown', this.onKey);
    clearTimeout(this.#closing);
    clearTimeout(this.#opening);
  }

  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    const isMeant = !event.repeat && this.hears(event);
    // On a button that has the focus, Enter means that button; a key that is still held means nothing.
    if (isMeant && event.key === 'Enter' && event.target instanceof HTMLButtonElement) return;
    event.preventDefault();
    if (isMeant) this.done();
  };

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('result')) this.isOpen = false;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (!changed.has('result')) return;
    const { reason, late } = this.result;
    clearTimeout(this.#closing);
    clearTimeout(this.#opening);
    this.#opensAt = Infinity;
    if (reason === 'asking') return;
    this.#opensAt = performance.now() + READ_MILLISECONDS;
    this.#opening = setTimeout(() => {
      this.isOpen = true;
    }, READ_MILLISECONDS);
    const shown = `${reason} ${this.result.request?.ticketId ?? ''}`;
    // Practice is silent: its green must not be taken for money, not even with the eyes elsewhere.
    if (shown !== this.#sounded && !this.result.isPractice) playSound(colourOf(reason));
    this.#sounded = shown;
    /** @type {HTMLElement | null} */ (this.querySelector('h1'))?.focus();
    const milliseconds = this.closesAfter(reason, late);
    if (milliseconds !== null) this.#closing = setTimeout(() => this.done(), milliseconds);
  }

  /**
   * Tells whether what was tapped or pressed can have been meant for this verdict.
   * @param {Event} event
   */
  hears({ timeStamp }) {
    return timeStamp >= this.#opensAt;
  }

  /**
   * A result that comes late waits for someone to look, and so does one after which money is still to be paid.
   * @param {string} reason
   * @param {boolean} late
   */
  closesAfter(reason, late) {
    return late || this.result.restCents ? null : showMilliseconds(reason);
  }

  /**
   * What closes by itself can be tapped away anywhere. What waits for someone to look takes its own buttons, so that
   * nobody wipes a red one out with the side of a hand.
   * @param {MouseEvent} event
   */
  onTap(event) {
    if (this.hears(event) && this.closesAfter(this.result.reason, this.result.late) !== null) this.done();
  }

  done() {
    this.dispatchEvent(new CustomEvent('done'));
  }

  /**
   * @param {Event} event
   * @param {string} name
   */
  choose(event, name) {
    event.stopPropagation();
    if (this.hears(event)) this.dispatchEvent(new CustomEvent(name));
  }

  render() {
    return this.result.reason === 'asking' ? this.renderAsking() : this.renderVerdict();
  }

  renderAsking() {
    const { request } = this.result;
    return html`
      <main class="result result-asking" id="content" data-test="asking" aria-busy="true">
        <div class="result-sign">${icon('turning')}</div>
        <h1 class="result-word" tabindex="-1">${t(request?.kind === 'refund' ? 'result.askingRefund' : 'result.asking')}</h1>
        ${request ? html`<p class="result-amount">${formatEuros(request.amountCents, language())}</p>` : nothing}
      </main>`;
  }

  renderVerdict() {
    const { reason, late, restCents, isPractice } = this.result;
    const colour = colourOf(reason);
    const milliseconds = this.closesAfter(reason, late);
    return html`
      <main class="result result-${colour} result-reason-${reason} ${isPractice ? 'result-practice' : ''}" id="content"
        data-test="result" data-colour=${colour} data-reason=${reason} @click=${this.onTap}>
        <div class="result-sign">${icon(signOf(reason))}</div>
        <h1 class="result-word" tabindex="-1" data-test="result-word">${this.word(reason, colour)}</h1>
        <p class="result-sentence" role="alert" data-test="result-sentence">${this.sentence()}</p>
        ${restCents ? html`
          <p class="result-rest" data-test="result-rest">${t('result.rest', { amount: formatEuros(restCents, language()) })}</p>` : nothing}
        ${late ? this.renderLate() : nothing}
        ${isPractice ? html`<p class="result-late" data-test="result-practice">${t('practice.notReal')}</p>` : nothing}
        <div class="result-choices">${this.renderChoices(reason, late)}</div>
        ${milliseconds ? html`<div class="result-closing result-closing-${milliseconds / 1000}" aria-hidden="true"></div>` : nothing}
      </main>`;
  }

  /**
   * @param {string} reason
   * @param {import('../verdict.js').Colour} colour
   */
  word(reason, colour) {
    if (isUnanswered(reason)) return t('result.noAnswer');
    return t(`result.${WORDS[this.result.request?.kind ?? 'charge'][colour]}`);
  }

  sentence() {
    const { reason, details, request } = this.result;
    return reason === 'real_code' ? t('practice.realCode') : reasonWords(reason, { ...request, ...details }).sentence;
  }

  renderLate() {
    const { request } = this.result;
    if (!request) return nothing;
    const said = { amount: formatEuros(request.amountCents, language()), moment: momentWords(request.askedAt) };
    return html`
      <p class="result-late" data-test="result-late">
        ${request.kind === 'refund' ? t('result.lateRefund', said) : t('result.late', said)}
      </p>`;
  }

  /**
   * @param {string} reason
   * @param {boolean} late
   */
  renderChoices(reason, late) {
    if (isUnanswered(reason)) {
      return html`
        ${this.choice('ask-now', t('result.askNow'))}
        ${this.choice('done', t('result.later'))}`;
    }
    if (this.result.request?.kind === 'refund') {
      return html`
        ${reason === 'till_unknown' ? this.choice('pair', t('result.pairAgain')) : nothing}
        ${this.choice('done', t('done'))}`;
    }
    const other = reason === 'balance_too_low' ? t('result.lowerAmount') : t('result.otherAmount');
    return html`
      ${otherAmountHelps(reason) && !late ? this.choice('other-amount', other) : nothing}
      ${reason === 'till_unknown' ? this.choice('pair', t('result.pairAgain')) : nothing}
      ${this.choice('done', colourOf(reason) === 'red' ? t('result.scanAgain') : t('result.next'))}`;
  }

  /**
   * @param {'done' | 'other-amount' | 'ask-now' | 'pair'} name
   * @param {string} text
   */
  choice(name, text) {
    return html`<button class="result-choice" data-test="result-${name}" ?disabled=${!this.isOpen}
      @click=${(/** @type {Event} */ event) => this.choose(event, name)}>${text}</button>`;
  }
}

customElements.define('kp-result', ResultScreen);
