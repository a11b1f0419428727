// SPDX-License-Identifier: EUPL-1.2
/** @file Hardware scanners at a till: what was scanned, what was typed by hand, and where which began. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeyboardScanner } from '../../merchant_app/keyboard_scanner.js';

describe('a hardware scanner', () => {
  const CODE = 'KP1:6BF +70$%*-./:';

  /**
   * @param {KeyboardScanner} scanner
   * @param {string[]} keys
   * @param {number} step milliseconds between two keys
   */
  const type = (scanner, keys, step, start = 1000) => keys.map((key, i) => scanner.press(key, start + i * step));

  test('digits of an amount are not a code, however fast a person types', () => {
    for (const step of [51, 80, 120, 300]) {
      const taken = type(new KeyboardScanner(), [...'3745', 'Enter'], step);
      assert.ok(taken.every(({ ours, code, isOther }) => !ours && code === null && !isOther), `${step} ms`);
    }
  });
  test('the longest amount is not a code at the pace of a person', () => {
    assert.equal(type(new KeyboardScanner(), [...'99999,99', 'Enter'], 51).at(-1)?.isOther, false);
  });
  test('two keys and Enter at once are two fingers', () => {
    assert.equal(type(new KeyboardScanner(), ['5', '0', 'Enter'], 5).at(-1)?.isOther, false);
  });
  test('Enter after a pause is a person', () => {
    const scanner = new KeyboardScanner();
    type(scanner, [...'3745'], 5);
    assert.deepEqual(scanner.press('Enter', 1015 + 121), { ours: false, code: null, begins: false, isOther: false });
  });
  test('an amount that was erased quickly is a person', () => {
    assert.equal(type(new KeyboardScanner(), [...'374', 'Backspace', '5', 'Enter'], 5).at(-1)?.isOther, false);
  });
  test('a person is too slow to be a scanner', () => {
    assert.equal(type(new KeyboardScanner(), [...CODE, 'Enter'], 121).at(-1)?.code, null);
  });
  test('another prefix is left alone from where it differs', () => {
    const taken = type(new KeyboardScanner(), [...'KP2:1', 'Enter'], 10);
    assert.deepEqual(taken.map(({ ours }) => ours), [true, true, false, false, false, true]);
    assert.deepEqual([taken.at(-1)?.code, taken.at(-1)?.isOther], [null, true]);
  });
  test('the barcode of a product is a scan, and it is known where it began', () => {
    for (const step of [0, 2, 16, 50]) {
      const taken = type(new KeyboardScanner(), [...'4011', 'Enter'], step);
      assert.deepEqual(taken.map(({ begins }) => begins), [true, false, false, false, false], `${step} ms`);
      assert.deepEqual(taken.at(-1), { ours: true, code: null, begins: false, isOther: true }, `${step} ms`);
    }
  });
  test('one slow key in a barcode does not matter', () => {
    const scanner = new KeyboardScanner();
    type(scanner, [...'871040'], 10);
    assert.equal(type(scanner, [...'0123457', 'Enter'], 10, 1150).at(-1)?.isOther, true);
  });
  test('more characters than an amount has are a scan of a slow scanner', () => {
    assert.equal(type(new KeyboardScanner(), [...'871040012', 'Enter'], 120).at(-1)?.isOther, true);
  });
  test('letters in a barcode do not hide it', () => {
    assert.equal(type(new KeyboardScanner(), [...'KX-4011', 'Enter'], 10).at(-1)?.isOther, true);
  });
  test('a second end of line is the scanner\'s too, and a third; an Enter after them is a person\'s', () => {
    for (const keys of ['4011', CODE]) {
      const scanner = new KeyboardScanner();
      assert.deepEqual(type(scanner, [...keys, 'Enter', 'Enter', 'Enter'], 4).slice(-2).map(({ ours, isOther }) => [ours, isOther]), [
        [true, false], [true, false],
      ]);
      assert.equal(scanner.press('Enter', 5000).ours, false);
    }
  });
  test('an endless code is given up', () => {
    const taken = type(new KeyboardScanner(), [...`KP1:${'A'.repeat(500)}`, 'Enter'], 1);
    assert.equal(taken.at(-1)?.code, null);
  });
  test('a code is taken whole, and none of its keys reach the screen', () => {
    const taken = type(new KeyboardScanner(), [...CODE, 'Enter'], 120);
    assert.ok(taken.every(({ ours }) => ours));
    assert.equal(taken.at(-1)?.code, CODE);
  });
  test('shift keys between the characters do not matter, nor does caps lock', () => {
    const keys = ['Shift', 'k', 'p', '1', 'Shift', ':', 'a', 'b', 'Enter'];
    assert.equal(type(new KeyboardScanner(), keys, 10).at(-1)?.code, 'KP1:AB');
  });
  test('two codes one after the other are both taken', () => {
    const scanner = new KeyboardScanner();
    type(scanner, [...CODE, 'Enter'], 5);
    assert.equal(type(scanner, [...'KP1:B', 'Enter'], 5, 5000).at(-1)?.code, 'KP1:B');
  });
});
