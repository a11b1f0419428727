// SPDX-License-Identifier: EUPL-1.2
/** @file Which ticket number comes next, and which maximum is proposed. Pure: what is kept and shown is given. */

export const TICKETS_IN_GENERATION = 256;
/** With fewer numbers than this never shown, a phone asks for the next generation. */
export const RENEW_BELOW = 32;
const STEPS_CENTS = [500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 50_000];
const USUAL_STEPS = 4;

/**
 * How far a voucher's numbers have been shown: the next place of a generation (256: all have been shown once).
 * @typedef {{generation: number, place: number}} Progress
 */

/**
 * Chooses the number for a code that is asked for now: one never shown, in order; when all have been shown, the one shown
 * longest ago that is not used.
 * @param {Progress | undefined} progress
 * @param {{generation: number, numbersUsed: number[]}} voucher
 * @returns {{number: number | null, progress: Progress}} `number` is null when every number is used.
 */
export function takeNumber(progress, { generation, numbersUsed }) {
  const used = new Set(numbersUsed);
  const shown = progress?.generation === generation ? progress.place : 0;
  for (let step = 0; step < TICKETS_IN_GENERATION; step += 1) {
    const place = (shown + step) % TICKETS_IN_GENERATION;
    const number = generation * TICKETS_IN_GENERATION + place;
    if (!used.has(number)) return { number, progress: { generation, place: shown + step + 1 } };
  }
  return { number: null, progress: { generation, place: shown } };
}

/**
 * Counts the numbers of a generation that were never shown.
 * @param {Progress | undefined} progress
 * @param {{generation: number}} voucher
 */
export function countFresh(progress, { generation }) {
  const shown = progress?.generation === generation ? progress.place : 0;
  return Math.max(0, TICKETS_IN_GENERATION - shown);
}

/**
 * Returns the generation of keys that a number belongs to.
 * @param {number} number
 */
export function generationOf(number) {
  return Math.floor(number / TICKETS_IN_GENERATION);
}

/**
 * Proposes the maximum of a code: € 50, or what is left rounded up to a round amount if that is less.
 * @param {{balanceCents: number, maxRedemptionCents: number}} voucher
 */
export function proposeMaximum({ balanceCents, maxRedemptionCents }) {
  const rounded = STEPS_CENTS.slice(0, USUAL_STEPS).find((step) => step >= balanceCents) ?? STEPS_CENTS[USUAL_STEPS - 1];
  return Math.min(rounded, maxRedemptionCents);
}

/**
 * Lists the maxima to choose from in one tap: the proposed one, smaller and larger ones, and all that can be paid.
 * @param {{balanceCents: number, maxRedemptionCents: number}} voucher
 * @returns {number[]} Cents, ascending.
 */
export function listMaxima({ balanceCents, maxRedemptionCents }) {
  const all = Math.min(balanceCents, maxRedemptionCents);
  const proposed = proposeMaximum({ balanceCents, maxRedemptionCents });
  const smaller = STEPS_CENTS.filter((step) => step < proposed).slice(-1);
  const larger = STEPS_CENTS.filter((step) => step > proposed && step < all).slice(0, 1);
  return [...new Set([...smaller, proposed, ...larger, ...(all > proposed ? [all] : [])])];
}
