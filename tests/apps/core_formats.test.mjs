// SPDX-License-Identifier: EUPL-1.2
/** @file Money and time as people read and type them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEuros, parseEuros } from '../../backend/kindpakket/static/js/money.js';
import {
  formatCountdown, formatDate, formatTime, isoDay, noteServerTime, clockIsOff, serverNow,
} from '../../backend/kindpakket/static/js/time.js';

/** The last second of 2026 in Amsterdam, and the first of 2027. */
const LAST_SECOND_OF_2026 = 1_798_757_999;

test('what is not an amount is not read as one', () => {
  for (const text of ['', ' ', '€', 'x', '-1', '1e3', '1.234,56', '12,345', '1,2,3', '1234567', '٣']) {
    assert.equal(parseEuros(text), null, text);
  }
});

test('an amount is read however it is typed', () => {
  for (const [text, cents] of /** @type {[string, number][]} */ ([
    ['37,45', 3745], ['37.45', 3745], ['€ 37,45', 3745], ['€37', 3700], [' 37,5 ', 3750], ['37,', 3700], ['0', 0], ['0,01', 1],
  ])) {
    assert.equal(parseEuros(text), cents, text);
  }
});

test('an amount is written with a space that does not break, in the way of the language', () => {
  assert.equal(formatEuros(3745, 'nl'), '€\u00a037,45');
  assert.equal(formatEuros(3745, 'en'), '€\u00a037.45');
  assert.equal(formatEuros(123_456_789, 'nl'), '€\u00a01.234.567,89');
  assert.equal(formatEuros(5, 'nl'), '€\u00a00,05');
});

test('a round amount can be written short, others cannot', () => {
  assert.equal(formatEuros(5000, 'nl', { whole: true }), '€\u00a050');
  assert.equal(formatEuros(5001, 'nl', { whole: true }), '€\u00a050,01');
});

test('what went out has a minus, what came back a plus', () => {
  assert.equal(formatEuros(-3745, 'nl'), '−\u00a0€\u00a037,45');
  assert.equal(formatEuros(745, 'nl', { sign: true }), '+\u00a0€\u00a07,45');
});

test('days and times are those of Amsterdam', () => {
  assert.equal(formatDate(LAST_SECOND_OF_2026, 'nl'), '31 december 2026');
  assert.equal(formatDate(LAST_SECOND_OF_2026 + 1, 'nl'), '1 januari 2027');
  assert.equal(isoDay(LAST_SECOND_OF_2026), '2026-12-31');
  assert.equal(formatTime(LAST_SECOND_OF_2026, 'nl'), '23.59');
  assert.equal(formatTime(LAST_SECOND_OF_2026, 'en'), '23:59');
});

test('a countdown shows minutes and seconds, and stops at zero', () => {
  assert.equal(formatCountdown(300), '5:00');
  assert.equal(formatCountdown(4.2), '0:05');
  assert.equal(formatCountdown(-3), '0:00');
});

test('the clock counts as wrong from two minutes on, to either side', () => {
  const here = Math.floor(Date.now() / 1000);
  noteServerTime(here + 100);
  assert.equal(clockIsOff(), false);
  assert.ok(serverNow() >= here + 100);
  noteServerTime(here + 130);
  assert.equal(clockIsOff(), true);
  noteServerTime(here - 130);
  assert.equal(clockIsOff(), true);
});
