// SPDX-License-Identifier: EUPL-1.2
/** @file How a child is called, and what its voucher can do now. */
import { t } from '/static/js/text.js';
import { serverNow } from '/static/js/time.js';

/** @typedef {import('../phone.js').Phone} Phone */
/** @typedef {import('../phone.js').Voucher} Voucher */

/**
 * Returns the name the parent gave, or `Kind 1` by the order of the vouchers.
 * @param {Phone} phone
 * @param {number} voucher
 */
export function childName(phone, voucher) {
  const order = phone.vouchers.map((one) => one.voucher).sort((one, other) => one - other);
  return phone.names[voucher] || t('child', { number: order.indexOf(voucher) + 1 });
}

/**
 * Tells what stands in the way of paying: `blocked`, `ended`, `notStarted`, `empty`, or nothing.
 * @param {Voucher} voucher
 * @returns {'blocked' | 'ended' | 'notStarted' | 'empty' | null}
 */
export function hindrance({ blocked, startsAt, endsAt, balanceCents }) {
  const now = serverNow();
  if (blocked) return 'blocked';
  if (now >= endsAt) return 'ended';
  if (now < startsAt) return 'notStarted';
  return balanceCents > 0 ? null : 'empty';
}

/**
 * Lists the vouchers that can pay now.
 * @param {Phone} phone
 */
export function payable(phone) {
  return phone.vouchers.filter((voucher) => hindrance(voucher) === null);
}
