// SPDX-License-Identifier: EUPL-1.2
/** @file How one payment or refund goes from screen to screen, for real or for practice. The shell is built on it. */
import { TicketUnreadable } from '/static/js/core/code.js';
import { serverNow } from '/static/js/time.js';
import { LitElement } from '/static/vendor/lit.js';
import { EMPTY, entryOf } from './amount_entry.js';
import { PendingRequests, keyOf } from './pending.js';
import { NotPracticeCode, PracticeTill, RealCode, memoryStore } from './practice.js';
import { SignatureInvalid, isSignInRequired } from './till.js';
import { ExpiryWatch, otherAmountHelps } from './verdict.js';

/** @typedef {import('./pending.js').Request} Request */
/** @typedef {import('./pending.js').Pending} Pending */
/** @typedef {import('./screens/result.js').Result} Result */
/** @typedef {import('./till.js').Redemption} Redemption */
/** @typedef {import('./till.js').Scanned} Scanned */
/** What was scanned where nothing was to be scanned. @typedef {{isCode: boolean}} Stray */
/**
 * @typedef {'pair' | 'scan' | 'amount' | 'result' | 'today' | 'payment' | 'refund' | 'period' | 'payouts' | 'tills' | 'menu'
 *   | 'standing' | 'practice' | 'help'} ScreenName
 */

/** After this time without an answer the cashier is told so; the question stays open. */
const PATIENCE_MILLISECONDS = 4000;
/** A code that was just handled and is still in view is not taken again so soon. */
const SAME_CODE_MILLISECONDS = 3000;
const SUMMARY_SECONDS = 60;
const TERMS_SECONDS = 600;
/** Practice that nobody uses ends, so that no real customer meets it. */
const PRACTICE_MILLISECONDS = 10 * 60 * 1000;

/** Shutting the page loses nothing: the till and its pending requests are kept. */
export class PaymentFlow extends LitElement {
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
    stray: { state: true },
    practice: { state: true },
    payment: { state: true },
    lowerThanCents: { state: true },
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #practiceEnd;
  #watch = new ExpiryWatch();
  #termsAt = 0;
  #lastText = '';
  /** What was first asked of the code that is in hand, when less than that is asked now. */
  #wished = { ticketId: '', amountCents: 0 };
  /** @type {PendingRequests | null} */
  #practiceQueue = null;
  /** @type {PendingRequests} */
  pending = /** @type {any} */ (undefined);
  /** The code that was handled last, and until when it is not taken again. */
  ignored = { text: '', until: 0 };
  /** @type {Scanned | null} */
  scanned = null;
  /** @type {number | null} */
  category = null;

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
    /** Why the server no longer takes this till: a reason, or empty while it does. */
    this.unpaired = '';
    this.notKept = false;
    /** @type {Stray | null} What was scanned last while an amount was typed. */
    this.stray = null;
    /** @type {PracticeTill | null} Not null while nothing is real. */
    this.practice = null;
    /** @type {Redemption | null} The payment that is looked at. */
    this.payment = null;
    /** @type {number | null} The amount that was too much, when the same code is asked for less. */
    this.lowerThanCents = null;
  }

  /** The till that reads and signs now: this device's, or the one that only practises. */
  get active() {
    return this.practice ?? this.till;
  }

  /** Where requests wait now. */
  get queue() {
    return this.#practiceQueue ?? this.pending;
  }

  /** A till that is paired takes up what waited for an answer. */
  async begin() {
    this.unpaired = '';
    this.summary = this.till.summary;
    await this.pending.start();
    this.toScan();
    this.requestUpdate();
  }

  /** @param {import('./pending.js').Store} store */
  newQueue(store) {
    const { active } = this;
    return new PendingRequests({
      store,
      ask: (request) => active.ask(request),
      // An answer that comes while practice begins or ends is not shown as what it is not; it waits to be seen.
      onChange: (request) => {
        if (active === this.active) this.onAnswer(request);
      },
      onPaused: (error) => this.signInAgain(error.message),
      timers: { set: (callback, milliseconds) => setTimeout(callback, milliseconds), clear: (timer) => clearTimeout(timer) },
    });
  }

  // ---------------------------------------------------------------- one payment

  /** @param {string} text */
  takeCode(text) {
    this.#lastText = text;
    /** @type {Scanned} */
    let scanned;
    try {
      scanned = this.active.readCode(text);
    } catch (error) {
      if (error instanceof TicketUnreadable || error instanceof NotPracticeCode) this.show('unreadable', {}, null);
      else if (error instanceof SignatureInvalid) this.show('ticket_signature_invalid', {}, null);
      else if (error instanceof RealCode) this.show('real_code', {}, null);
      else throw error;
      return;
    }
    const before = this.queue.find(scanned.ticketId);
    if (before && before.answer === null) {
      this.show('no_answer', {}, before);
      this.queue.askNow();
      return;
    }
    // A customer who renews the code while the cashier is typing does not cost the amount.
    if (this.screen !== 'amount') this.entry = EMPTY;
    if (scanned.ticketId !== this.scanned?.ticketId) this.lowerThanCents = null;
    this.scanned = scanned;
    this.notKept = false;
    this.stray = null;
    this.screen = 'amount';
    this.requestUpdate();
  }

  /**
   * Something else was scanned while an amount is typed: the payment under way stays what it was before.
   * @param {import('./amount_entry.js').Entry} entry What was typed before the scan.
   * @param {string | null} code A customer's code; null for anything else, such as the barcode of a product.
   */
  keepPayment(entry, code) {
    this.entry = entry;
    if (code !== this.scanned?.text) this.stray = { isCode: code !== null };
  }

  /** @param {{amountCents: number, category: number}} asked */
  async charge({ amountCents, category }) {
    // A second tap on the same button comes when the first has been heard.
    if (!this.scanned || this.screen !== 'amount') return;
    this.category = category;
    await this.send(this.active.sign(this.scanned, { amountCents, category, askedAt: serverNow() }));
  }

  /** The same code can pay less: whoever pays the rest, the till says how much it is. */
  askForLess() {
    const { reason, request } = /** @type {Result} */ (this.result);
    if (request?.kind !== 'charge') return;
    if (this.#wished.ticketId !== request.ticketId) this.#wished = request;
    this.lowerThanCents = reason === 'balance_too_low' ? request.amountCents : null;
    this.stray = null;
    this.entry = reason === 'balance_too_low' ? EMPTY : entryOf(request.amountCents);
    this.screen = 'amount';
  }

  /** @param {Redemption} payment */
  startRefund(payment) {
    this.payment = payment;
    this.notKept = false;
    const before = this.queue.find(keyOf({ kind: 'refund', ticketId: payment.redemptionId }));
    if (before && before.answer === null) {
      this.show('refund_no_answer', {}, before);
      this.queue.askNow();
    } else this.screen = 'refund';
  }

  /** @param {{amountCents: number, reason: string}} asked */
  async refund({ amountCents, reason }) {
    if (!this.payment || this.screen !== 'refund') return;
    await this.send(this.active.signRefund(this.payment, { amountCents, reason, askedAt: serverNow() }));
  }

  /** @param {Request} request */
  async send(request) {
    this.#postponePracticeEnd();
    const { queue } = this;
    this.show('asking', {}, request);
    try {
      const before = queue.find(keyOf(request));
      if (before?.answer) await queue.seen(keyOf(request));
      await queue.add(request);
    } catch {
      // It could not be kept, so it was not sent.
      clearTimeout(this.#patience);
      this.notKept = true;
      this.screen = request.kind === 'refund' ? 'refund' : 'amount';
    }
  }

  /** @param {Pending} request */
  onAnswer(request) {
    const reason = request.answer?.reason ?? '';
    if (reason === 'accepted' || reason === 'refunded') void this.fetchSummary();
    if (/^((shop|category)_not_allowed|shop_suspended)$/.test(reason)) void this.fetchTerms();
    const shown = this.screen === 'result' ? this.result?.request : null;
    const watched = shown != null && keyOf(shown) === keyOf(request);
    if (watched && request.answer) this.showAnswer(request, this.result?.late ?? false);
    else if (watched && this.result?.reason === 'asking') this.showUnanswered(request);
    else if (request.answer && this.screen === 'scan') this.showAnswer(request, true);
    this.requestUpdate();
  }

  /**
   * @param {Pending} request With an answer.
   * @param {boolean} late
   */
  showAnswer(request, late) {
    const { reason, details } = /** @type {import('./verdict.js').Answer} */ (request.answer);
    const wrongClock = reason === 'ticket_expired' && !late && this.#watch.note(request.ticketId, serverNow());
    this.show(wrongClock ? 'clock' : reason, details, request, late);
    if (request.kind === 'refund' && details.redemption) this.payment = details.redemption;
    void this.queue.seen(keyOf(request));
  }

  /** @param {Request} request */
  showUnanswered(request) {
    this.show(request.kind === 'refund' ? 'refund_no_answer' : 'no_answer', {}, request);
  }

  /**
   * @param {string} reason
   * @param {Record<string, any>} details
   * @param {Request | null} request
   * @param {boolean} [late]
   */
  show(reason, details, request, late = false) {
    clearTimeout(this.#patience);
    if (reason === 'asking' && request) {
      this.#patience = setTimeout(() => this.showUnanswered(request), PATIENCE_MILLISECONDS);
    }
    this.result = {
      reason,
      details: { ...details, phone: this.till.record?.phone ?? '' },
      request,
      late,
      isPractice: this.practice !== null,
      restCents: this.#restAfter(reason, request),
    };
    this.screen = 'result';
  }

  /** After a result: what it was about, or the next customer. */
  closeResult() {
    const { request, reason, late } = this.result ?? { request: null, reason: '', late: false };
    if (request?.kind !== 'refund' || late) this.toScan();
    else if (otherAmountHelps(reason) || reason === 'refunded') this.screen = this.payment ? 'payment' : 'today';
    else this.screen = 'today';
  }

  /** Back to the start of the next payment; what was answered meanwhile is told first. */
  toScan() {
    clearTimeout(this.#patience);
    const [late] = this.queue.unseen;
    if (late) {
      this.showAnswer(late, true);
      return;
    }
    this.ignored = { text: this.#lastText, until: Date.now() + SAME_CODE_MILLISECONDS };
    this.lowerThanCents = null;
    this.screen = 'scan';
    if (!this.summary || serverNow() - this.summary.at > SUMMARY_SECONDS) void this.fetchSummary();
    if (serverNow() - this.#termsAt > TERMS_SECONDS) void this.fetchTerms();
  }

  /**
   * @param {string} reason
   * @param {Request | null} request
   * @returns {number} What the customer still has to pay in another way.
   */
  #restAfter(reason, request) {
    const isRest = reason === 'accepted' && request?.kind === 'charge' && request.ticketId === this.#wished.ticketId;
    return isRest ? Math.max(0, this.#wished.amountCents - request.amountCents) : 0;
  }

  // ---------------------------------------------------------------- practice

  /** From here on nothing is sent and nothing is paid. Only when nothing real waits for its answer. */
  startPractice() {
    if (!this.till.record || this.pending.unanswered.length) return;
    this.practice = new PracticeTill(this.till.record, serverNow);
    this.#practiceQueue = this.newQueue(memoryStore());
    this.payment = null;
    this.#forgetCode();
    this.summary = null;
    this.#postponePracticeEnd();
    this.toScan();
  }

  stopPractice() {
    clearTimeout(this.#practiceEnd);
    this.#practiceQueue?.stop();
    this.#practiceQueue = null;
    this.practice = null;
    this.payment = null;
    this.#forgetCode();
    this.summary = this.till.summary;
    this.toScan();
    void this.fetchSummary();
  }

  /** A code that was read for practice is never charged, and the other way round. */
  #forgetCode() {
    this.scanned = null;
    this.entry = EMPTY;
    this.#wished = { ticketId: '', amountCents: 0 };
  }

  #postponePracticeEnd() {
    clearTimeout(this.#practiceEnd);
    if (this.practice) this.#practiceEnd = setTimeout(() => this.stopPractice(), PRACTICE_MILLISECONDS);
  }

  // ---------------------------------------------------------------- around it

  async fetchSummary() {
    const { active } = this;
    await this.fetching(async () => {
      const summary = await active.fetchDay();
      if (active !== this.active) return;
      this.summary = summary;
      // The payment that is looked at may have changed at another till.
      const shown = this.payment;
      this.payment = summary.redemptions.find((one) => one.redemptionId === shown?.redemptionId) ?? shown;
    });
  }

  async fetchTerms() {
    this.#termsAt = serverNow();
    await this.fetching(() => this.active.fetchTerms());
    this.requestUpdate();
  }

  /** @param {() => Promise<void>} fetch */
  async fetching(fetch) {
    try {
      await fetch();
      this.stale = false;
    } catch (error) {
      if (isSignInRequired(error)) this.signInAgain(/** @type {import('/static/js/api.js').ApiRefusal} */ (error).reason);
      this.stale = true;
    }
  }

  /** @param {string} reason */
  signInAgain(reason) {
    this.unpaired = reason || 'sign_in_required';
    this.screen = 'pair';
  }
}
