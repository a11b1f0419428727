// SPDX-License-Identifier: EUPL-1.2
/** @file Which ticket number a phone takes, and which maximum it proposes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countFresh, listMaxima, proposeMaximum, takeNumber } from '../../citizen_app/numbers.js';

const NEW = { generation: 0, numbersUsed: [] };
const ALL_USED = { generation: 0, numbersUsed: Array.from({ length: 256 }, (_, number) => number) };

test('no number is taken when every one is used', () => {
  assert.equal(takeNumber(undefined, ALL_USED).number, null);
});

test('numbers are taken in order, each once', () => {
  let progress;
  for (let expected = 0; expected < 256; expected += 1) {
    const taken = takeNumber(progress, NEW);
    assert.equal(taken.number, expected);
    progress = taken.progress;
  }
  assert.equal(countFresh(progress, NEW), 0);
});

test('a number used elsewhere is passed over', () => {
  assert.equal(takeNumber(undefined, { generation: 0, numbersUsed: [0, 1, 3] }).number, 2);
  assert.equal(takeNumber({ generation: 0, place: 3 }, { generation: 0, numbersUsed: [0, 1, 3] }).number, 4);
});

test('when all have been shown, the one shown longest ago that is not used comes again', () => {
  const shown = { generation: 0, place: 256 };
  const first = takeNumber(shown, { generation: 0, numbersUsed: [0, 1] });
  assert.equal(first.number, 2);
  assert.equal(takeNumber(first.progress, { generation: 0, numbersUsed: [0, 1] }).number, 3);
});

test('a new generation starts with its own numbers', () => {
  assert.equal(takeNumber({ generation: 0, place: 200 }, { generation: 1, numbersUsed: [] }).number, 256);
  assert.equal(countFresh({ generation: 0, place: 200 }, { generation: 1 }), 256);
});

test('the proposed maximum is fifty euros, or what is left rounded up', () => {
  const propose = (/** @type {number} */ balanceCents) => proposeMaximum({ balanceCents, maxRedemptionCents: 30_000 });
  assert.deepEqual([1, 500, 501, 1001, 2000, 2001, 5000, 5001, 30_000].map(propose),
    [500, 500, 1000, 2000, 2000, 5000, 5000, 5000, 5000]);
});

test('the proposed maximum is never above what one payment may be', () => {
  assert.equal(proposeMaximum({ balanceCents: 30_000, maxRedemptionCents: 2500 }), 2500);
});

test('the maxima to choose from are around the proposed one, up to all that can be paid', () => {
  assert.deepEqual(listMaxima({ balanceCents: 26_255, maxRedemptionCents: 30_000 }), [2000, 5000, 10_000, 26_255]);
  assert.deepEqual(listMaxima({ balanceCents: 30_000, maxRedemptionCents: 10_000 }), [2000, 5000, 10_000]);
  assert.deepEqual(listMaxima({ balanceCents: 700, maxRedemptionCents: 30_000 }), [500, 1000]);
  assert.deepEqual(listMaxima({ balanceCents: 1, maxRedemptionCents: 30_000 }), [500]);
});
