// SPDX-License-Identifier: EUPL-1.2
/** @file Words and amounts in languages from right to left, and in languages with more than two forms of a number. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { directionOf, isolated } from '../../backend/kindpakket/static/js/direction.js';
import { formatEuros } from '../../backend/kindpakket/static/js/money.js';
import { formatDate } from '../../backend/kindpakket/static/js/time.js';
import {
  language, languages, loadText, machineMade, reasonText, setLanguage, t,
} from '../../backend/kindpakket/static/js/text.js';

const STATIC = new URL('../../backend/kindpakket/static/', import.meta.url);
const page = { lang: '', dir: '' };

before(() => {
  Object.defineProperty(globalThis, 'document', { value: { documentElement: page } });
  Object.defineProperty(globalThis, 'navigator', { value: { languages: ['ar-SY', 'nl-NL'] }, configurable: true });
  Object.defineProperty(globalThis, 'fetch', {
    value: async (/** @type {string} */ path) => (
      new Response(readFileSync(new URL(path.replace('/static/', ''), STATIC), 'utf8'))),
  });
});

describe('a language', () => {
  test('of the browser is used where its audience has it', async () => {
    await loadText('citizen');
    assert.deepEqual([language(), page.lang, page.dir], ['ar', 'ar', 'rtl']);
    assert.equal(languages().length, 6);
    assert.ok(machineMade());
  });
  test('that an audience does not have is passed over for the next', async () => {
    await loadText('merchant');
    assert.deepEqual([language(), page.dir], ['nl', 'ltr']);
    assert.deepEqual(languages().map(({ code }) => code), ['nl', 'en']);
    assert.equal(machineMade(), '');
  });
  test('has its own forms of a number', async () => {
    await loadText('citizen');
    await setLanguage('pl');
    const shops = [1, 2, 5, 22].map((count) => t('shops.found', { count }));
    assert.deepEqual(shops, ['1 sklep', '2 sklepy', '5 sklepów', '22 sklepy']);
    await setLanguage('nl');
    assert.deepEqual([1, 2].map((count) => t('shops.found', { count })), ['1 winkel', '2 winkels']);
  });
  test('without the words of a reason tells the general one', async () => {
    await setLanguage('tr');
    assert.equal(reasonText('balance_too_low').title, reasonText('internal_error').title);
  });
});

describe('from right to left', () => {
  test('a name, a number and an amount stay together in a sentence', async () => {
    await setLanguage('ar');
    assert.ok(t('help.call', { municipality: 'Zuidhorn', phone: '14 0594' }).includes('\u206814 0594\u2069'));
    assert.equal(formatEuros(-3745, 'ar'), '\u2068−\u00a0€\u00a037,45\u2069');
  });
  test('nothing is put around an empty text', () => assert.equal(isolated('', 'ar'), ''));
  test('dates have the digits that are on the code and the receipt', () => {
    assert.match(formatDate(1_798_757_999, 'ar'), /31.*2026/);
  });
});

describe('from left to right', () => {
  test('nothing is added', () => {
    assert.equal(isolated('14 0594', 'uk'), '14 0594');
    assert.equal(directionOf('uk'), 'ltr');
  });
  test('amounts are as on the price tags of a Dutch shop, but in English', () => {
    for (const lang of ['nl', 'tr', 'uk', 'pl']) assert.equal(formatEuros(123_456, lang), '€\u00a01.234,56');
    assert.equal(formatEuros(123_456, 'en'), '€\u00a01,234.56');
  });
});
