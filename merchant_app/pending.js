// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Pending charges: every request is kept before it is sent, and asked again until it is answered, also after the
 * page was closed. What became of it is kept until the cashier has seen it. Nothing is guessed.
 */

/** @typedef {import('./verdict.js').Answer} Answer */
/**
 * A signed request as it is sent, with the till that signed it.
 * @typedef {{ticketId: string, ticket: string, amountCents: number, category: number, signature: string, till: string,
 *   askedAt: number}} Charge
 */
/** @typedef {Charge & {attempts: number, answer: Answer | null}} Pending */
/**
 * Where they are kept. `put` is done when the charge would survive the end of the browser.
 * @typedef {{all(): Promise<Pending[]>, put(pending: Pending): Promise<void>, remove(ticketId: string): Promise<void>}} Store
 */
/** @typedef {{set(callback: () => void, milliseconds: number): any, clear(timer: any): void}} Timers */

/** Thrown by `ask`: nothing can be asked before this till is paired again. */
export class AskingPaused extends Error {}

/** For about two minutes someone may be standing there: ask often. After that, now and then. */
const OFTEN_SECONDS = 5;
const OFTEN_ATTEMPTS = 24;
const RARELY_SECONDS = 30;

/**
 * The pause before the next attempt.
 * @param {number} attempts So many got no answer.
 * @returns {number} milliseconds
 */
export function delayAfter(attempts) {
  const seconds = attempts > OFTEN_ATTEMPTS ? RARELY_SECONDS : Math.min(Math.max(attempts, 1), OFTEN_SECONDS);
  return seconds * 1000;
}

/** The charges of this till that wait for an answer, or whose answer waits to be seen. */
export class PendingCharges {
  /** @type {Map<string, Pending>} */
  #charges = new Map();
  /** @type {Map<string, any>} */
  #timers = new Map();
  /** @type {Set<string>} */
  #asking = new Set();
  #paused = false;

  /**
   * @param {object} parts
   * @param {Store} parts.store
   * @param {(charge: Pending) => Promise<Answer>} parts.ask Any error but AskingPaused means: no answer.
   * @param {(charge: Pending) => void} parts.onChange A charge got an answer, or got none once more.
   * @param {(error: AskingPaused) => void} parts.onPaused
   * @param {Timers} parts.timers
   */
  constructor({ store, ask, onChange, onPaused, timers }) {
    this.store = store;
    this.ask = ask;
    this.onChange = onChange;
    this.onPaused = onPaused;
    this.timers = timers;
  }

  /** Takes up what was kept, and asks. Each may have been sent just before the page was closed: that counts as a try. */
  async start() {
    for (const charge of await this.store.all()) {
      this.#charges.set(charge.ticketId, { ...charge, attempts: charge.attempts + 1 });
    }
    this.askNow();
  }

  /** @returns {Pending[]} Those without an answer, oldest first. */
  get unanswered() {
    return this.#sorted().filter((charge) => charge.answer === null);
  }

  /** @returns {Pending[]} Those whose answer was not seen yet, oldest first. */
  get unseen() {
    return this.#sorted().filter((charge) => charge.answer !== null);
  }

  /**
   * @param {string} ticketId
   * @returns {Pending | undefined}
   */
  find(ticketId) {
    return this.#charges.get(ticketId);
  }

  /**
   * Keeps a charge, and only then sends it. A charge of the same ticket that waits for its answer stays as it is: it may
   * have been paid.
   * @param {Charge} charge
   * @returns {Promise<Pending>} The charge that is being asked.
   */
  async add(charge) {
    const before = this.#charges.get(charge.ticketId);
    if (before && before.answer === null) {
      this.#ask(before);
      return before;
    }
    const pending = { ...charge, attempts: 0, answer: null };
    await this.store.put(pending);
    this.#charges.set(pending.ticketId, pending);
    this.#ask(pending);
    return pending;
  }

  /** Asks all at once, without waiting for their turn: the network is back, or someone wants to know now. */
  askNow() {
    this.#paused = false;
    for (const charge of this.unanswered) this.#ask(charge);
  }

  /**
   * Forgets a charge whose answer was seen.
   * @param {string} ticketId
   */
  async seen(ticketId) {
    if (this.#charges.get(ticketId)?.answer == null) return;
    this.#charges.delete(ticketId);
    await this.store.remove(ticketId);
  }

  /** @param {Pending} charge */
  async #ask(charge) {
    const { ticketId } = charge;
    if (this.#asking.has(ticketId) || this.#paused) return;
    this.timers.clear(this.#timers.get(ticketId));
    this.#timers.delete(ticketId);
    this.#asking.add(ticketId);
    /** @type {Answer | null} */
    let answer = null;
    try {
      answer = await this.ask(charge);
    } catch (error) {
      if (error instanceof AskingPaused && !this.#paused) {
        this.#paused = true;
        this.onPaused(error);
      }
    } finally {
      this.#asking.delete(ticketId);
    }
    const now = { ...charge, attempts: charge.attempts + 1, answer };
    this.#charges.set(ticketId, now);
    if (answer === null && !this.#paused) {
      this.#timers.set(ticketId, this.timers.set(() => this.#ask(now), delayAfter(now.attempts)));
    }
    try {
      await this.store.put(now);
    } catch {
      // What was kept before is still there: after a reload the charge is asked again and answered the same.
    }
    this.onChange(now);
  }

  #sorted() {
    return [...this.#charges.values()].sort((one, other) => one.askedAt - other.askedAt);
  }
}
