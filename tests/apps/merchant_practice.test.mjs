// SPDX-License-Identifier: EUPL-1.2
/** @file Practice and periods without a browser: what practice answers, that it can ask nothing, and which days are meant. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { MOST_DAYS, daysOf, faultOfDays } from '../../merchant_app/days.js';
import { NotPracticeCode, PRACTICE_CODES, PracticeTill, RealCode, practiceText } from '../../merchant_app/practice.js';

const RECORD = /** @type {import('../../merchant_app/till.js').TillRecord} */ ({ name: 'Kassa 1', categories: [3] });

const newTill = () => new PracticeTill(RECORD, () => 1_795_000_000);

/**
 * @param {PracticeTill} till
 * @param {import('../../merchant_app/practice.js').PracticeCode} code
 */
function ask(till, code, { amountCents = 1250, customer = 1, attempts = 0 } = {}) {
  const scanned = till.readCode(practiceText(code, customer));
  const charge = till.sign(scanned, { amountCents, category: 3, askedAt: 1_795_000_000 });
  return till.ask({ ...charge, attempts, answer: null });
}

describe('practice', () => {
  test('it can ask nothing: it loads no other module and knows no way out', () => {
    const source = readFileSync(new URL('../../merchant_app/practice.js', import.meta.url), 'utf8');
    assert.doesNotMatch(source, /^import |fetch\(|XMLHttpRequest|WebSocket|sendBeacon/m);
  });
  test('a real code is not taken, nor is a letter, nor anything else', () => {
    assert.throws(() => newTill().readCode('KP1:ABC'), RealCode);
    for (const text of ['', 'OEFEN:', 'OEFEN:anders/1', 'https://example.nl']) assert.throws(() => newTill().readCode(text), NotPracticeCode);
  });
  test('what it signs carries no signature', () => {
    const till = newTill();
    const charge = till.sign(till.readCode(practiceText('paid', 1)), { amountCents: 1, category: 3, askedAt: 0 });
    assert.deepEqual([charge.signature, charge.till], ['', '']);
  });
  test('each code leads to what it says', async () => {
    const answers = await Promise.all(PRACTICE_CODES.map(async (code) => [code, (await ask(newTill(), code, { attempts: 3 })).reason]));
    assert.deepEqual(Object.fromEntries(answers), {
      paid: 'accepted', low: 'balance_too_low', expired: 'ticket_expired', used: 'ticket_already_used', silent: 'accepted',
    });
  });
  test('a code with too little on it pays a lower amount', async () => {
    const till = newTill();
    assert.equal((await ask(till, 'low', { amountCents: 1001 })).reason, 'balance_too_low');
    assert.equal((await ask(till, 'low', { amountCents: 1000 })).reason, 'accepted');
  });
  test('the silent code answers at the fourth try, not before', async () => {
    const till = newTill();
    for (const attempts of [0, 1, 2]) await assert.rejects(ask(till, 'silent', { attempts }));
    assert.equal((await ask(till, 'silent', { attempts: 3 })).reason, 'accepted');
  });
  test('a code pays once, and no more than it allows', async () => {
    const till = newTill();
    assert.equal((await ask(till, 'paid', { amountCents: 5001 })).reason, 'amount_above_ticket');
    assert.equal((await ask(till, 'paid', { amountCents: 5000 })).reason, 'accepted');
    assert.equal((await ask(till, 'paid', { amountCents: 5000 })).reason, 'already_redeemed');
    assert.equal((await ask(till, 'paid', { amountCents: 4999 })).reason, 'ticket_already_used');
    assert.equal((await till.fetchDay()).totalCents, 5000);
  });
  test('it gives back once for each state, and never more than is left', async () => {
    const till = newTill();
    await ask(till, 'paid', { amountCents: 1000 });
    const [payment] = (await till.fetchDay()).redemptions;
    const order = till.signRefund(payment, { amountCents: 400, reason: 'price', askedAt: 0 });
    const giveBack = async (/** @type {object} */ change) => (await till.ask({ ...order, ...change, attempts: 0, answer: null })).reason;
    assert.equal(await giveBack({ amountCents: 1001 }), 'refund_above_redemption');
    assert.equal(await giveBack({}), 'refunded');
    assert.equal(await giveBack({}), 'refund_outdated');
    assert.equal((await till.fetchDay()).totalCents, 600);
  });
});

describe('days', () => {
  test('a period needs two days, in order, and at most a year', () => {
    assert.equal(faultOfDays({ from: '', until: '2026-11-27' }), 'missing');
    assert.equal(faultOfDays({ from: '2026-11-27', until: '27-11-2026' }), 'missing');
    assert.equal(faultOfDays({ from: '2026-13-01', until: '2026-12-01' }), 'missing');
    assert.equal(faultOfDays({ from: '2026-11-28', until: '2026-11-27' }), 'turned');
    assert.equal(faultOfDays({ from: '2026-01-01', until: '2027-01-02' }), 'long');
    assert.equal(faultOfDays({ from: '2026-01-01', until: '2027-01-01' }), '', `${MOST_DAYS} days`);
    assert.equal(faultOfDays({ from: '2026-11-27', until: '2026-11-27' }), '');
  });
  test('this week begins on Monday, on Monday and on Sunday too', () => {
    assert.deepEqual(daysOf('week', '2026-11-27'), { from: '2026-11-23', until: '2026-11-27' });
    assert.deepEqual(daysOf('week', '2026-11-23'), { from: '2026-11-23', until: '2026-11-23' });
    assert.deepEqual(daysOf('week', '2026-11-29'), { from: '2026-11-23', until: '2026-11-29' });
  });
  test('a week may begin in the year before', () => (
    assert.deepEqual(daysOf('week', '2027-01-01'), { from: '2026-12-28', until: '2027-01-01' })));
  test('the month before January is December, and February has its own length', () => {
    assert.deepEqual(daysOf('lastMonth', '2027-01-31'), { from: '2026-12-01', until: '2026-12-31' });
    assert.deepEqual(daysOf('lastMonth', '2028-03-31'), { from: '2028-02-01', until: '2028-02-29' });
  });
  test('this month and this year end today', () => {
    assert.deepEqual(daysOf('month', '2026-11-27'), { from: '2026-11-01', until: '2026-11-27' });
    assert.deepEqual(daysOf('year', '2026-11-27'), { from: '2026-01-01', until: '2026-11-27' });
  });
});
