// SPDX-License-Identifier: EUPL-1.2
/** @file Verdicts: from an answer to what the cashier sees. Pure; amounts in euro cents, instants in epoch seconds. */

/**
 * What became of a charge: `accepted`, `already_redeemed`, or the reason of a refusal, with its details as they came.
 * @typedef {{reason: string, details: Record<string, any>}} Answer
 */

/** What was booked now, and what turned out to have been booked before. */
const DONE = new Set(['accepted', 'refunded']);
const DONE_BEFORE = new Set(['already_redeemed', 'already_refunded']);
const NO_ANSWER = new Set(['no_answer', 'refund_no_answer']);

/** @typedef {'green' | 'orange' | 'red'} Colour */
/** @typedef {'check' | 'circle' | 'cross' | 'turning'} Sign */

/** Refusals after which another amount with the same code can help. */
const OTHER_AMOUNT_HELPS = new Set(['amount_zero', 'amount_above_ticket', 'amount_above_maximum', 'balance_too_low']);

/** Within this time a second expired code of another phone means that a clock is wrong. */
const CLOCK_SECONDS = 60;

/**
 * Whether it is not known yet what became of the request.
 * @param {string} reason
 * @returns {boolean}
 */
export function isUnanswered(reason) {
  return NO_ANSWER.has(reason);
}

/**
 * Green only for what was booked now.
 * @param {string} reason
 * @returns {Colour}
 */
export function colourOf(reason) {
  if (DONE.has(reason)) return 'green';
  return DONE_BEFORE.has(reason) || NO_ANSWER.has(reason) ? 'orange' : 'red';
}

/**
 * @param {string} reason
 * @returns {Sign}
 */
export function signOf(reason) {
  if (DONE.has(reason)) return 'check';
  if (DONE_BEFORE.has(reason)) return 'circle';
  return NO_ANSWER.has(reason) ? 'turning' : 'cross';
}

/**
 * @param {string} reason
 * @returns {boolean}
 */
export function otherAmountHelps(reason) {
  return OTHER_AMOUNT_HELPS.has(reason);
}

/**
 * How long a result stays, in milliseconds: the more there is to read, the longer. Null: until it is tapped. What is not
 * paid must be read, however slowly.
 * Source: WCAG 2.2.1, timing adjustable.
 * @param {string} reason
 * @returns {number | null}
 */
export function showMilliseconds(reason) {
  if (NO_ANSWER.has(reason)) return null;
  return { green: 3000, orange: 6000, red: null }[colourOf(reason)];
}

/** Notices that codes expire one after the other, which is the fault of a clock and not of the codes. */
export class ExpiryWatch {
  /** @type {{ticketId: string, at: number} | null} */
  #last = null;

  /**
   * Notes an expired code.
   * @param {string} ticketId
   * @param {number} at
   * @returns {boolean} Whether a clock is wrong.
   */
  note(ticketId, at) {
    const last = this.#last;
    this.#last = { ticketId, at };
    return last !== null && last.ticketId !== ticketId && at - last.at < CLOCK_SECONDS;
  }
}
