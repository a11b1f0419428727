// SPDX-License-Identifier: EUPL-1.2
/** @file Result: what became of a payment, full screen in colour, with a sign, a word, a sentence and a sound. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatTime } from '/static/js/time.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { icon } from '../parts/icons.js';
import { reasonWords } from '../parts/reason_words.js';
import { playSound } from '../sounds.js';
import { colourOf, otherAmountHelps, showMilliseconds, signOf } from '../verdict.js';

/**
 * What is shown: a reason with its details, the charge it is about (none for a code that cannot be read), and whether it
 * comes late, so that the cashier must be told which payment it is about. `asking` is the short time before any answer.
 * @typedef {{reason: string, details: Record<string, any>, charge: import('../pending.js').Charge | null, late: boolean}} Result
 */

const WORDS = /** @type {Record<string, string>} */ ({ green: 'paid', orange: 'paidBefore', red: 'notPaid' });

/** Fires `done`, `other-amount`, `ask-now` and `pair`. */
export class ResultScreen extends LitElement {
  static properties = { result: { attribute: false } };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #closing;
  #sounded = '';

  constructor() {
    super();
    /** @type {Result} */
    this.result = /** @type {any} */ (undefined);
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
  }

  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    if (event.key === 'Enter' && event.target instanceof HTMLButtonElement) return;
    event.preventDefault();
    if (this.result.reason !== 'asking') this.done();
  };

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (!changed.has('result')) return;
    const { reason, late } = this.result;
    clearTimeout(this.#closing);
    if (reason === 'asking') return;
    const shown = `${reason} ${this.result.charge?.ticketId ?? ''}`;
    if (shown !== this.#sounded) playSound(colourOf(reason));
    this.#sounded = shown;
    /** @type {HTMLElement | null} */ (this.querySelector('h1'))?.focus();
    const milliseconds = this.closesAfter(reason, late);
    if (milliseconds !== null) this.#closing = setTimeout(() => this.done(), milliseconds);
  }

  /**
   * A result that comes late waits for someone to look.
   * @param {string} reason
   * @param {boolean} late
   */
  closesAfter(reason, late) {
    return late ? null : showMilliseconds(reason);
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
    this.dispatchEvent(new CustomEvent(name));
  }

  render() {
    return this.result.reason === 'asking' ? this.renderAsking() : this.renderVerdict();
  }

  renderAsking() {
    const { charge } = this.result;
    return html`
      <main class="result result-asking" id="content" data-test="asking" aria-busy="true">
        <div class="result-sign">${icon('turning')}</div>
        <h1 class="result-word" tabindex="-1">${t('result.asking')}</h1>
        ${charge ? html`<p class="result-amount">${formatEuros(charge.amountCents, language())}</p>` : nothing}
      </main>`;
  }

  renderVerdict() {
    const { reason, details, charge, late } = this.result;
    const colour = colourOf(reason);
    const word = t(`result.${reason === 'no_answer' ? 'noAnswer' : WORDS[colour]}`);
    const milliseconds = this.closesAfter(reason, late);
    return html`
      <main class="result result-${colour} result-reason-${reason}" id="content" data-test="result" data-colour=${colour}
        data-reason=${reason} @click=${this.done}>
        <div class="result-sign">${icon(signOf(reason))}</div>
        <h1 class="result-word" tabindex="-1" data-test="result-word">${word}</h1>
        <p class="result-sentence" role="alert" data-test="result-sentence">${reasonWords(reason, { ...charge, ...details }).sentence}</p>
        ${late && charge ? html`
          <p class="result-late" data-test="result-late">
            ${t('result.late', { amount: formatEuros(charge.amountCents, language()), time: formatTime(charge.askedAt, language()) })}
          </p>` : nothing}
        <div class="result-choices">${this.renderChoices(reason, late)}</div>
        ${milliseconds ? html`<div class="result-closing result-closing-${milliseconds / 1000}" aria-hidden="true"></div>` : nothing}
      </main>`;
  }

  /**
   * @param {string} reason
   * @param {boolean} late
   */
  renderChoices(reason, late) {
    if (reason === 'no_answer') {
      return html`
        ${this.choice('ask-now', t('result.askNow'))}
        ${this.choice('done', t('result.later'))}`;
    }
    return html`
      ${otherAmountHelps(reason) && !late ? this.choice('other-amount', t('result.otherAmount')) : nothing}
      ${reason === 'till_unknown' ? this.choice('pair', t('result.pairAgain')) : nothing}
      ${this.choice('done', colourOf(reason) === 'red' ? t('result.scanAgain') : t('result.next'))}`;
  }

  /**
   * @param {'done' | 'other-amount' | 'ask-now' | 'pair'} name
   * @param {string} text
   */
  choice(name, text) {
    return html`<button class="result-choice" data-test="result-${name}"
      @click=${(/** @type {Event} */ event) => this.choose(event, name)}>${text}</button>`;
  }
}

customElements.define('kp-result', ResultScreen);
