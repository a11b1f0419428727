// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The check of a payment, with what this phone remembers of earlier ones: the heads that were published and the blocks
 * that payments stood in. Who would rewrite the past has to do it behind the back of every phone that looked before.
 */
import { checkPayment, findChangedHeads } from '/static/js/core/proof.js';

/** @typedef {import('/static/js/core/proof.js').Payment} Payment */
/** @typedef {import('/static/js/core/proof.js').Proof} Proof */
/** @typedef {import('/static/js/core/proof.js').Head} Head */
/** @typedef {import('/static/js/core/proof.js').Step} Step */
/** @typedef {import('/static/js/vault.js').Vault} Vault */
/**
 * What a check found: its steps, what the code allowed, the head that covers the payment, and whether a head that this phone
 * saw before was changed.
 * @typedef {{steps: Step[], maxCents: number, block: number, head: Head | null, isPastChanged: boolean}} Checked
 */

const HEADS = 'heads';

/**
 * Checks a payment, and keeps what was seen when all of it is good.
 * @param {Vault} vault
 * @param {Payment} payment
 * @param {{proof: Proof, heads: Head[]}} answer
 * @param {{domain: import('/static/js/core/signing.js').Domain, ticketKey: Uint8Array}} own
 * @returns {Promise<Checked>}
 */
export async function checkAndKeep(vault, payment, { proof, heads }, own) {
  const seen = `block/${payment.redemptionId}`;
  const hashSeen = await vault.get(seen);
  /** @type {Head[]} */
  const kept = await vault.get(HEADS) ?? [];
  const isPastChanged = findChangedHeads(kept, heads).length > 0;
  const steps = checkPayment(payment, proof, { ...own, heads, hashSeen });
  if (!isPastChanged && steps.every(({ state }) => state !== 'wrong')) {
    await vault.put(HEADS, heads);
    await vault.put(seen, proof.hash);
  }
  return { steps, maxCents: proof.ticket?.maxCents ?? 0, block: payment.block, head: proof.covered?.head ?? null, isPastChanged };
}
