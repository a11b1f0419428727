// SPDX-License-Identifier: EUPL-1.2
/** @file Which way a language is written, and words of another direction inside it. Pure. */

/** Languages written from right to left. Source: Unicode CLDR, character order. */
const FROM_THE_RIGHT = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);
const ISOLATE = '\u2068';
const END_OF_ISOLATE = '\u2069';

/**
 * @param {string} lang
 * @returns {'ltr' | 'rtl'}
 */
export function directionOf(lang) {
  return FROM_THE_RIGHT.has(lang) ? 'rtl' : 'ltr';
}

/**
 * Keeps a name, an amount or a number together in a sentence: from right to left `14 0594` would become `0594 14`.
 * @param {string} text
 * @param {string} lang Of the sentence.
 * @returns {string} The same text in a language from left to right.
 */
export function isolated(text, lang) {
  return directionOf(lang) === 'rtl' && text ? `${ISOLATE}${text}${END_OF_ISOLATE}` : text;
}
