// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Pending requests, charges and refunds: each is kept before it is sent, and asked again until it is answered, also
 * after the page was closed. What became of it is kept until the cashier has seen it. Nothing is guessed.
 */

/** @typedef {import('./verdict.js').Answer} Answer */
/**
 * A signed request to be paid, as it is sent, with the till that signed it.
 * @typedef {{kind: 'charge', ticketId: string, ticket: string, amountCents: number, category: number, signature: string,
 *   till: string, askedAt: number}} Charge
 */
/**
 * A signed request to give back part or all of a payment of which `remainingCents` is left.
 * @typedef {{kind: 'refund', ticketId: string, amountCents: number, remainingCents: number, reason: string,
 *   signature: string, till: string, askedAt: number}} RefundOrder
 */
/** @typedef {Charge | RefundOrder} Request */
/** @typedef {Request & {attempts: number, answer: Answer | null}} Pending */
/**
 * Where they are kept, by `keyOf`. `put` is done when the request would survive the end of the browser.
 * @typedef {{all(): Promise<Pending[]>, put(pending: Pending): Promise<void>, remove(key: string): Promise<void>}} Store
 */
/** @typedef {{set(callback: () => void, milliseconds: number): any, clear(timer: any): void}} Timers */

/** Thrown by `ask`: nothing can be asked before this till is paired again. */
export class AskingPaused extends Error {}

/**
 * What a request is known by: a ticket is charged once, and given back one order at a time.
 * @param {{kind: 'charge' | 'refund', ticketId: string}} request
 * @returns {string}
 */
export function keyOf({ kind, ticketId }) {
  return kind === 'refund' ? `refund/${ticketId}` : ticketId;
}

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

/** The requests of this till that wait for an answer, or whose answer waits to be seen. */
export class PendingRequests {
  /** @type {Map<string, Pending>} */
  #requests = new Map();
  /** @type {Map<string, any>} */
  #timers = new Map();
  /** @type {Set<string>} */
  #asking = new Set();
  #paused = false;

  /**
   * @param {object} parts
   * @param {Store} parts.store
   * @param {(request: Pending) => Promise<Answer>} parts.ask Any error but AskingPaused means: no answer.
   * @param {(request: Pending) => void} parts.onChange A request got an answer, or got none once more.
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
    for (const request of await this.store.all()) {
      this.#requests.set(keyOf(request), { ...request, attempts: request.attempts + 1 });
    }
    this.askNow();
  }

  /** @returns {Pending[]} Those without an answer, oldest first. */
  get unanswered() {
    return this.#sorted().filter((request) => request.answer === null);
  }

  /** @returns {Pending[]} Those whose answer was not seen yet, oldest first. */
  get unseen() {
    return this.#sorted().filter((request) => request.answer !== null);
  }

  /**
   * @param {string} key
   * @returns {Pending | undefined}
   */
  find(key) {
    return this.#requests.get(key);
  }

  /**
   * Keeps a request, and only then sends it. One of the same key that waits for its answer stays as it is: it may have
   * been booked.
   * @param {Request} request
   * @returns {Promise<Pending>} The request that is being asked.
   */
  async add(request) {
    const before = this.#requests.get(keyOf(request));
    if (before && before.answer === null) {
      this.#ask(before);
      return before;
    }
    const pending = { ...request, attempts: 0, answer: null };
    await this.store.put(pending);
    this.#requests.set(keyOf(pending), pending);
    this.#ask(pending);
    return pending;
  }

  /** Asks all at once, without waiting for their turn: the network is back, or someone wants to know now. */
  askNow() {
    this.#paused = false;
    for (const request of this.unanswered) this.#ask(request);
  }

  /** Asks nothing any more; what is kept stays kept. */
  stop() {
    this.#paused = true;
    for (const timer of this.#timers.values()) this.timers.clear(timer);
    this.#timers.clear();
  }

  /**
   * Forgets a request whose answer was seen.
   * @param {string} key
   */
  async seen(key) {
    if (this.#requests.get(key)?.answer == null) return;
    this.#requests.delete(key);
    await this.store.remove(key);
  }

  /** @param {Pending} request */
  async #ask(request) {
    const key = keyOf(request);
    if (this.#asking.has(key) || this.#paused) return;
    this.timers.clear(this.#timers.get(key));
    this.#timers.delete(key);
    this.#asking.add(key);
    /** @type {Answer | null} */
    let answer = null;
    try {
      answer = await this.ask(request);
    } catch (error) {
      if (error instanceof AskingPaused && !this.#paused) {
        this.#paused = true;
        this.onPaused(error);
      }
    } finally {
      this.#asking.delete(key);
    }
    const now = { ...request, attempts: request.attempts + 1, answer };
    this.#requests.set(key, now);
    if (answer === null && !this.#paused) {
      this.#timers.set(key, this.timers.set(() => this.#ask(now), delayAfter(now.attempts)));
    }
    try {
      await this.store.put(now);
    } catch {
      // What was kept before is still there: after a reload the request is asked again and answered the same.
    }
    this.onChange(now);
  }

  #sorted() {
    return [...this.#requests.values()].sort((one, other) => one.askedAt - other.askedAt);
  }
}
