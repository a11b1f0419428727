// SPDX-License-Identifier: EUPL-1.2
/** @file The office: what a shop's own people ask beside paying, about periods, payouts and tills. Amounts in euro cents. */

/** @typedef {import('./till.js').Redemption} Redemption */
/** @typedef {import('./till.js').Refund} Refund */
/** @typedef {import('./till.js').Role} Role */
/** Days as ISO 8601, both included. @typedef {{from: string, until: string}} Days */
/**
 * Payments of a period, newest first, with the totals of all. `next` asks for the older ones.
 * @typedef {{count: number, redeemedCents: number, refundedCents: number, totalCents: number, redemptions: Redemption[],
 *   next: string | null}} Period
 */
/**
 * @typedef {{payoutId: string, programmeName: string, amountCents: number, paymentReference: string,
 *   bankReference: string | null, count: number, at: number}} Payout
 */
/** @typedef {{owedCents: number, heldBackCents: number, owed: {programmeName: string, owedCents: number}[], payouts: Payout[]}} Payouts */
/**
 * What a payout was for: carried + redeemed − refunded − paid out = left.
 * @typedef {{payout: Payout, carriedCents: number, redeemedCents: number, refundedCents: number, leftCents: number,
 *   redemptions: Redemption[], refunds: (Refund & {redemptionId: string})[]}} PayoutContent
 */
/** @typedef {{till: string, name: string, role: Role, pairedAt: number, lastSeenAt: number | null}} ListedTill */
/** @typedef {{pairingCode: string, expiresAt: number}} Invitation */

/** Asks as one till. Each may throw what `Till.request` throws. */
export class Office {
  #till;

  /** @param {import('./till.js').Till} till */
  constructor(till) {
    this.#till = till;
  }

  /**
   * @param {Days} days
   * @param {string} [before] `next` of the page before.
   * @returns {Promise<Period>}
   */
  fetchPeriod({ from, until }, before) {
    return this.#till.request('GET', `/redemptions?from=${from}&until=${until}${before ? `&before=${before}` : ''}`);
  }

  /**
   * @param {Days} days
   * @param {string} language
   * @returns {Promise<{text: string, name: string}>} A table for a spreadsheet.
   */
  fetchTable({ from, until }, language) {
    return this.#till.requestTable(`/redemptions?from=${from}&until=${until}`, language);
  }

  /** @returns {Promise<Payouts>} */
  fetchPayouts() {
    return this.#till.request('GET', '/payouts');
  }

  /**
   * @param {string} payoutId
   * @returns {Promise<PayoutContent>}
   */
  fetchPayout(payoutId) {
    return this.#till.request('GET', `/payouts/${payoutId}`);
  }

  /** @returns {Promise<ListedTill[]>} */
  async fetchTills() {
    return (await this.#till.request('GET', '/tills')).tills;
  }

  /**
   * @param {Role} role
   * @returns {Promise<Invitation>}
   */
  invite(role) {
    return this.#till.request('POST', '/tills/me/pairing-codes', { body: { role } });
  }

  /** @param {string} till */
  async removeTill(till) {
    await this.#till.request('DELETE', `/tills/${till}`);
  }
}
