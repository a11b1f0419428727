// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Practice: a till that is none. It has no key, no token and no way to ask anything; what it answers is made up here.
 * Pure; amounts in euro cents, instants in epoch seconds.
 */
/** @typedef {import('./pending.js').Pending} Pending */
/** @typedef {import('./verdict.js').Answer} Answer */
/** @typedef {import('./till.js').Redemption} Redemption */

/** A customer's real code was held before a till that practises: nothing is done with it. */
export class RealCode extends Error {}

/** The text is no practice code. */
export class NotPracticeCode extends Error {}

/** What a practice code leads to. Each is shown as a button. */
export const PRACTICE_CODES = /** @type {const} */ (['paid', 'low', 'expired', 'used', 'silent']);

/** @typedef {typeof PRACTICE_CODES[number]} PracticeCode */

const PREFIX = 'OEFEN:';
const MAX_CENTS = 5000;
/** Of this much a practice code with too little on it can pay. */
const LOW_CENTS = 1000;
const SILENT_ATTEMPTS = 3;

const REFUSALS = /** @type {Record<string, string>} */ ({ expired: 'ticket_expired', used: 'ticket_already_used' });

/**
 * Returns the text of a practice code; each is another customer's.
 * @param {PracticeCode} code
 * @param {number} customer
 * @returns {string}
 */
export function practiceText(code, customer) {
  return `${PREFIX}${code}/${customer}`;
}

/** Answers as a till would. Its payments are gone when the practice ends. */
export class PracticeTill {
  /** @type {Redemption[]} */
  #payments = [];

  /**
   * @param {import('./till.js').TillRecord} record Of the real till: its name, and what it may charge.
   * @param {() => number} now
   */
  constructor(record, now) {
    this.record = record;
    this.now = now;
    /** @type {import('./till.js').Summary | null} */
    this.summary = null;
  }

  /**
   * @param {string} text
   * @returns {import('./till.js').Scanned}
   * @throws {RealCode}
   * @throws {NotPracticeCode}
   */
  readCode(text) {
    if (text.startsWith('KP')) throw new RealCode();
    const known = PRACTICE_CODES.some((code) => text.startsWith(`${PREFIX}${code}/`));
    if (!known) throw new NotPracticeCode();
    const signature = { r: new Uint8Array(32), s: new Uint8Array(32), recovery: 0 };
    const ticket = { shop: 0, maxCents: MAX_CENTS, expiresAt: this.now() + 300, signature };
    return { text, ticket, ticketId: text };
  }

  /**
   * @param {import('./till.js').Scanned} scanned
   * @param {{amountCents: number, category: number, askedAt: number}} asked
   * @returns {import('./pending.js').Charge}
   */
  sign({ text, ticketId }, { amountCents, category, askedAt }) {
    return { kind: 'charge', ticketId, ticket: text, amountCents, category, signature: '', till: '', askedAt };
  }

  /**
   * @param {Redemption} payment
   * @param {{amountCents: number, reason: string, askedAt: number}} asked
   * @returns {import('./pending.js').RefundOrder}
   */
  signRefund({ redemptionId, amountCents: paidCents, refundedCents }, { amountCents, reason, askedAt }) {
    const remainingCents = paidCents - refundedCents;
    return { kind: 'refund', ticketId: redemptionId, amountCents, remainingCents, reason, signature: '', till: '', askedAt };
  }

  /**
   * @param {Pending} request
   * @returns {Promise<Answer>}
   */
  async ask(request) {
    if (request.kind === 'refund') return this.#refund(request);
    const { ticketId, amountCents, category } = request;
    const code = ticketId.slice(PREFIX.length).split('/')[0];
    if (code === 'silent' && request.attempts < SILENT_ATTEMPTS) throw new Error('this code gets no answer at first');
    const before = this.#payments.find((one) => one.redemptionId === ticketId);
    if (before?.amountCents === amountCents) return { reason: 'already_redeemed', details: { amountCents, at: before.at } };
    if (before) return { reason: 'ticket_already_used', details: {} };
    if (amountCents > MAX_CENTS) return { reason: 'amount_above_ticket', details: { askedCents: amountCents, maxCents: MAX_CENTS } };
    if (code in REFUSALS) return { reason: REFUSALS[code], details: {} };
    if (code === 'low' && amountCents > LOW_CENTS) return { reason: 'balance_too_low', details: { askedCents: amountCents } };
    const at = this.now();
    this.#payments.unshift({
      redemptionId: ticketId, tillName: this.record.name, category, amountCents, refundedCents: 0, refunds: [], at,
    });
    return { reason: 'accepted', details: { amountCents, at } };
  }

  /**
   * What was practised so far.
   * @returns {Promise<import('./till.js').Summary>}
   */
  async fetchDay() {
    const totalCents = this.#payments.reduce((sum, one) => sum + one.amountCents - one.refundedCents, 0);
    this.summary = { on: '', count: this.#payments.length, totalCents, redemptions: structuredClone(this.#payments), at: this.now() };
    return this.summary;
  }

  /** There is nothing to fetch. */
  async fetchTerms() {}

  /**
   * @param {import('./pending.js').RefundOrder} order
   * @returns {Answer}
   */
  #refund({ ticketId, amountCents, remainingCents, reason }) {
    const payment = this.#payments.find((one) => one.redemptionId === ticketId);
    if (!payment) return { reason: 'redemption_unknown', details: {} };
    const left = payment.amountCents - payment.refundedCents;
    if (left !== remainingCents) return { reason: 'refund_outdated', details: { remainingCents: left } };
    if (amountCents > left) return { reason: 'refund_above_redemption', details: { askedCents: amountCents, remainingCents: left } };
    payment.refundedCents += amountCents;
    payment.refunds.push({ amountCents, at: this.now(), tillName: this.record.name, reason });
    return { reason: 'refunded', details: { amountCents, redemption: structuredClone(payment) } };
  }
}

/**
 * Keeps practice requests in memory only.
 * @returns {import('./pending.js').Store}
 */
export function memoryStore() {
  return { all: async () => [], put: async () => {}, remove: async () => {} };
}
