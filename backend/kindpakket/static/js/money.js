// SPDX-License-Identifier: EUPL-1.2
/** @file Money as people read and type it. Everywhere else it is whole euro cents. Pure. */
import { isolated } from './direction.js';

const NBSP = '\u00a0';

/**
 * As on price tags and receipts in the Netherlands; English readers would misread the comma.
 * @type {Record<string, {decimal: string, thousands: string}>}
 */
const MARKS = { nl: { decimal: ',', thousands: '.' }, en: { decimal: '.', thousands: ',' } };

/**
 * Writes an amount: `€ 37,45` in Dutch, `€ 37.45` in English, with a space that does not break;
 * in the others as in Dutch.
 * @param {number} cents
 * @param {string} [lang]
 * @param {{whole?: boolean, sign?: boolean}} [options] `whole` leaves out `,00`; `sign` puts a plus before what came in.
 * @returns {string}
 */
export function formatEuros(cents, lang = 'nl', { whole = false, sign = false } = {}) {
  const { decimal, thousands } = MARKS[lang] ?? MARKS.nl;
  const absolute = Math.abs(cents);
  const euros = String(Math.floor(absolute / 100)).replace(/\B(?=(\d{3})+$)/g, thousands);
  const rest = absolute % 100;
  const amount = whole && rest === 0 ? euros : `${euros}${decimal}${String(rest).padStart(2, '0')}`;
  const before = cents < 0 ? `−${NBSP}` : sign && cents > 0 ? `+${NBSP}` : '';
  return isolated(`${before}€${NBSP}${amount}`, lang);
}

/**
 * Writes an amount as people type it: `37,45` in Dutch, `37.45` in English.
 * @param {number} cents Not below zero.
 * @param {string} lang
 * @returns {string}
 */
export function formatTyped(cents, lang) {
  const { decimal } = MARKS[lang] ?? MARKS.nl;
  return `${Math.floor(cents / 100)}${decimal}${String(cents % 100).padStart(2, '0')}`;
}

/**
 * Reads an amount as people type it: `37`, `37,5`, `37.45`, `€ 37,45`. No thousands marks.
 * @param {string} text
 * @returns {number | null} Cents; null when it is not an amount.
 */
export function parseEuros(text) {
  const match = /^€?\s*(\d{1,6})(?:[.,](\d{0,2}))?$/.exec(text.trim());
  return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : null;
}
