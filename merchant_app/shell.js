// SPDX-License-Identifier: EUPL-1.2
/** @file The shell of the till: which screen is shown, and how one payment goes from screen to screen. */
import { TicketUnreadable } from '/static/js/core/code.js';
import { onLanguageChange } from '/static/js/text.js';
import { serverNow } from '/static/js/time.js';
import { LitElement, html } from '/static/vendor/lit.js';
import { EMPTY, entryOf } from './amount_entry.js';
import { KeyboardScanner } from './keyboard_scanner.js';
import { PendingCharges } from './pending.js';
import { SignatureInvalid, isSignInRequired } from './till.js';
import { ExpiryWatch } from './verdict.js';
import './screens/amount.js';
import './screens/help.js';
import './screens/pair.js';
import './screens/result.js';
import './screens/scan.js';
import './screens/today.js';

/** @typedef {import('./pending.js').Charge} Charge */
/** @typedef {import('./pending.js').Pending} Pending */
/** @typedef {import('./screens/result.js').Result} Result */
/** @typedef {import('./till.js').Scanned} Scanned */
/** @typedef {'pair' | 'scan' | 'amount' | 'result' | 'today' | 'help'} ScreenName */

/** After this time without an answer the cashier is told so; the question stays open. */
const PATIENCE_MILLISECONDS = 4000;
/** A code that was just handled and is still in view is not taken again so soon. */
const SAME_CODE_MILLISECONDS = 3000;
const SUMMARY_SECONDS = 60;
const TERMS_SECONDS = 600;

/** Shutting the page loses nothing: the till and its pending charges are kept. */
export class TillShell extends LitElement {
  static properties = {
    till: { attribute: false },
    store: { attribute: false },
    pairingCode: { attribute: false },
    screen: { state: true },
    entry: { state: true },
    result: { state: true },
    summary: { state: true },
    stale: { state: true },
    unpaired: { state: true },
    notKept: { state: true },
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  #watch = new ExpiryWatch();
  #keyboard = new KeyboardScanner();
  #termsAt = 0;
  #lastText = '';
  #ignored = { text: '', until: 0 };
  /** @type {Scanned | null} */
  #scanned = null;
  /** @type {number | null} */
  #category = null;

  constructor() {
    super();
    /** @type {import('./till.js').Till} */
    this.till = /** @type {any} */ (undefined);
    /** @type {import('./pending.js').Store} */
    this.store = /** @type {any} */ (undefined);
    /** From the address, or empty. */
    this.pairingCode = '';
    /** @type {ScreenName} */
    this.screen = 'scan';
    this.entry = EMPTY;
    /** @type {Result | null} */
    this.result = null;
    /** @type {import('./till.js').Summary | null} */
    this.summary = null;
    this.stale = false;
    /** Whether the server no longer knows this till. */
    this.unpaired = false;
    this.notKept = false;
    /** @type {PendingCharges} */
    this.pending = /** @type {any} */ (undefined);
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.pending = new PendingCharges({
      store: this.store,
      ask: (charge) => this.till.ask(charge),
      onChange: (charge) => this.onAnswer(charge),
      onPaused: () => this.signInAgain(),
      timers: { set: (callback, milliseconds) => setTimeout(callback, milliseconds), clear: (timer) => clearTimeout(timer) },
    });
    addEventListener('keydown', this.onKey, { capture: true });
    addEventListener('online', () => this.pending.askNow());
    onLanguageChange(() => this.redraw());
    if (this.till.record) void this.begin();
    else this.screen = 'pair';
  }

  /** A till that is paired takes up what waited for an answer. */
  async begin() {
    this.unpaired = false;
    this.summary = this.till.summary;
    await this.pending.start();
    this.toScan();
    this.requestUpdate();
  }

  // ---------------------------------------------------------------- one payment

  /** @param {string} text */
  takeCode(text) {
    this.#lastText = text;
    /** @type {Scanned} */
    let scanned;
    try {
      scanned = this.till.readCode(text);
    } catch (error) {
      if (error instanceof TicketUnreadable) this.show('unreadable', {}, null);
      else if (error instanceof SignatureInvalid) this.show('ticket_signature_invalid', {}, null);
      else throw error;
      return;
    }
    this.#scanned = scanned;
    const before = this.pending.find(scanned.ticketId);
    if (before && before.answer === null) {
      this.show('no_answer', {}, before);
      this.pending.askNow();
      return;
    }
    // A customer who renews the code while the cashier is typing does not cost the amount.
    if (this.screen !== 'amount') this.entry = EMPTY;
    this.notKept = false;
    this.screen = 'amount';
    this.requestUpdate();
  }

  /** @param {{amountCents: number, category: number}} asked */
  async charge({ amountCents, category }) {
    if (!this.#scanned) return;
    this.#category = category;
    const charge = this.till.sign(this.#scanned, { amountCents, category, askedAt: serverNow() });
    this.show('asking', {}, charge);
    try {
      const before = this.pending.find(charge.ticketId);
      if (before?.answer) await this.pending.seen(charge.ticketId);
      await this.pending.add(charge);
    } catch {
      // It could not be kept, so it was not sent.
      clearTimeout(this.#patience);
      this.notKept = true;
      this.screen = 'amount';
    }
  }

  /** @param {Pending} charge */
  onAnswer(charge) {
    if (charge.answer?.reason === 'accepted') void this.fetchSummary();
    if (charge.answer && /^(shop|category)_not_allowed$/.test(charge.answer.reason)) void this.fetchTerms();
    const watched = this.screen === 'result' && this.result?.charge?.ticketId === charge.ticketId;
    if (watched && charge.answer) this.showAnswer(charge, this.result?.late ?? false);
    else if (watched && this.result?.reason === 'asking') this.show('no_answer', {}, charge);
    else if (charge.answer && this.screen === 'scan') this.showAnswer(charge, true);
    this.requestUpdate();
  }

  /**
   * @param {Pending} charge With an answer.
   * @param {boolean} late
   */
  showAnswer(charge, late) {
    const { reason, details } = /** @type {import('./verdict.js').Answer} */ (charge.answer);
    const wrongClock = reason === 'ticket_expired' && !late && this.#watch.note(charge.ticketId, serverNow());
    this.show(wrongClock ? 'clock' : reason, details, charge, late);
    void this.pending.seen(charge.ticketId);
  }

  /**
   * @param {string} reason
   * @param {Record<string, any>} details
   * @param {Charge | null} charge
   * @param {boolean} [late]
   */
  show(reason, details, charge, late = false) {
    clearTimeout(this.#patience);
    if (reason === 'asking') {
      this.#patience = setTimeout(() => this.show('no_answer', {}, charge), PATIENCE_MILLISECONDS);
    }
    this.result = { reason, details: { ...details, phone: this.till.record?.phone ?? '' }, charge, late };
    this.screen = 'result';
  }

  /** Back to the start of the next payment; what was answered meanwhile is told first. */
  toScan() {
    clearTimeout(this.#patience);
    const [late] = this.pending.unseen;
    if (late) {
      this.showAnswer(late, true);
      return;
    }
    this.#ignored = { text: this.#lastText, until: Date.now() + SAME_CODE_MILLISECONDS };
    this.screen = 'scan';
    if (!this.summary || serverNow() - this.summary.at > SUMMARY_SECONDS) void this.fetchSummary();
    if (serverNow() - this.#termsAt > TERMS_SECONDS) void this.fetchTerms();
  }

  // ---------------------------------------------------------------- around it

  async fetchSummary() {
    await this.fetching(async () => {
      this.summary = await this.till.fetchDay();
    });
  }

  async fetchTerms() {
    this.#termsAt = serverNow();
    await this.fetching(() => this.till.fetchTerms());
    this.requestUpdate();
  }

  /** @param {() => Promise<void>} fetch */
  async fetching(fetch) {
    try {
      await fetch();
      this.stale = false;
    } catch (error) {
      if (isSignInRequired(error)) this.signInAgain();
      this.stale = true;
    }
  }

  signInAgain() {
    this.unpaired = true;
    this.screen = 'pair';
  }

  async unpair() {
    await this.till.unpair();
    this.summary = null;
    this.screen = 'pair';
  }

  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === 'text') return;
    const { ours, code } = this.#keyboard.press(event.key, event.timeStamp);
    if (!ours) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const busy = this.screen === 'pair' || (this.screen === 'result' && this.result?.reason === 'asking');
    if (code && !busy) this.takeCode(code);
  };

  /** Draws the shell and the screen in it again, in the language of now. */
  redraw() {
    this.requestUpdate();
    const screen = this.firstElementChild;
    if (screen instanceof LitElement) screen.requestUpdate();
  }

  render() {
    switch (this.screen) {
      case 'pair':
        return html`<kp-pair .till=${this.till} .code=${this.pairingCode} .again=${this.unpaired}
          @paired=${() => this.begin()}></kp-pair>`;
      case 'amount':
        return html`<kp-amount .maxCents=${this.#scanned?.ticket.maxCents ?? 0} .categories=${this.till.record?.categories ?? []}
          .category=${this.#category} .entry=${this.entry} .notKept=${this.notKept}
          @entry=${(/** @type {CustomEvent} */ event) => {
            this.entry = event.detail.entry;
          }}
          @charge=${(/** @type {CustomEvent} */ event) => this.charge(event.detail)} @back=${() => this.toScan()}></kp-amount>`;
      case 'result':
        return html`<kp-result .result=${this.result} @done=${() => this.toScan()} @ask-now=${() => this.pending.askNow()}
          @pair=${() => this.signInAgain()}
          @other-amount=${() => {
            this.entry = entryOf(this.result?.charge?.amountCents ?? 0);
            this.screen = 'amount';
          }}></kp-result>`;
      case 'today':
        return html`<kp-today .summary=${this.summary} .stale=${this.stale} .unanswered=${this.pending.unanswered}
          @refresh=${() => this.fetchSummary()} @ask-now=${() => this.pending.askNow()} @back=${() => this.toScan()}></kp-today>`;
      case 'help':
        return html`<kp-help .till=${this.till} .waiting=${this.pending.unanswered.length} @unpair=${() => this.unpair()}
          @back=${() => this.toScan()}></kp-help>`;
      default:
        return html`<kp-scan .till=${this.till} .summary=${this.summary} .waiting=${this.pending.unanswered.length}
          .ignored=${this.#ignored} @code=${(/** @type {CustomEvent} */ event) => this.takeCode(event.detail.text)}
          @open=${(/** @type {CustomEvent} */ event) => {
            this.screen = event.detail.screen;
          }}></kp-scan>`;
    }
  }
}

customElements.define('kp-till', TillShell);
