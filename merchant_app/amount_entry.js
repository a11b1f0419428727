// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Amount entry: from keys to euro cents. Pure.
 *
 * As on a payment terminal the digits are cents: 3 7 4 5 is € 37,45. Whoever types a comma or a point means euros before
 * it: 3 7 , 4 5 is the same, and 3 7 , is € 37,00.
 */

/** The digits typed before a comma, the digits typed after it; null when there was no comma. */
/** @typedef {{digits: string, decimals: string | null}} Entry */

/** @type {Entry} */
export const EMPTY = Object.freeze({ digits: '', decimals: null });

/** The most digits that fit: € 99.999,99, below what a ticket can hold. */
const MOST_DIGITS = 7;

/**
 * Returns the entry after a key; a key that cannot be added changes nothing.
 * @param {Entry} entry
 * @param {string} key '0' to '9', '00', ',' or '.', 'Backspace', 'Delete' (starts over)
 * @returns {Entry}
 */
export function press(entry, key) {
  if (key === '00') return press(press(entry, '0'), '0');
  if (key === 'Delete') return EMPTY;
  if (key === 'Backspace') return withoutLast(entry);
  if (key === ',' || key === '.') return entry.decimals === null ? startDecimals(entry) : entry;
  if (!/^[0-9]$/.test(key)) return entry;
  if (entry.decimals !== null) {
    return entry.decimals.length < 2 ? { ...entry, decimals: entry.decimals + key } : entry;
  }
  const digits = `${entry.digits}${key}`.replace(/^0+/, '');
  return digits.length <= MOST_DIGITS ? { digits, decimals: null } : entry;
}

/**
 * @param {Entry} entry
 * @returns {number} euro cents
 */
export function centsOf({ digits, decimals }) {
  if (decimals === null) return Number(digits || '0');
  return Number(digits || '0') * 100 + Number(decimals.padEnd(2, '0'));
}

/**
 * Returns the entry that shows this amount.
 * @param {number} cents
 * @returns {Entry}
 */
export function entryOf(cents) {
  return cents === 0 ? EMPTY : { digits: String(cents), decimals: null };
}

/**
 * @param {Entry} entry
 * @returns {Entry}
 */
function startDecimals(entry) {
  return entry.digits.length <= MOST_DIGITS - 2 ? { ...entry, decimals: '' } : entry;
}

/**
 * @param {Entry} entry
 * @returns {Entry}
 */
function withoutLast({ digits, decimals }) {
  if (decimals === null) return { digits: digits.slice(0, -1), decimals };
  return decimals === '' ? { digits, decimals: null } : { digits, decimals: decimals.slice(0, -1) };
}
