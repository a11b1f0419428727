// SPDX-License-Identifier: EUPL-1.2
/** @file The till's rules without a browser: typing amounts, verdicts, the queue of charges. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EMPTY, centsOf, entryOf, press } from '../../merchant_app/amount_entry.js';
import { AskingPaused, PendingRequests, delayAfter, keyOf } from '../../merchant_app/pending.js';
import { ExpiryWatch, colourOf, otherAmountHelps, showMilliseconds, signOf } from '../../merchant_app/verdict.js';

/** @typedef {import('../../merchant_app/pending.js').Pending} Pending */
/** @typedef {import('../../merchant_app/verdict.js').Answer} Answer */

/** @param {...string} keys */
const typed = (...keys) => centsOf(keys.reduce(press, /** @type {import('../../merchant_app/amount_entry.js').Entry} */ (EMPTY)));

describe('typing an amount', () => {
  test('letters and other keys change nothing', () => assert.equal(typed('3', 'x', 'Tab', 'F5'), 3));
  test('an eighth digit is not taken', () => assert.equal(typed(...'99999991'), 9999999));
  test('a third decimal is not taken', () => assert.equal(typed(...'37,459'), 3745));
  test('a second comma is not taken', () => assert.equal(typed(...'37,4,5'), 3745));
  test('euros that would not fit take no comma', () => assert.equal(typed(...'999999,'), 999999));
  test('leading zeros do not use up digits', () => assert.equal(typed(...'0000003745'), 3745));
  test('digits are cents', () => assert.equal(typed(...'3745'), 3745));
  test('the double zero makes whole euros', () => assert.equal(typed('5', '0', '00'), 5000));
  test('digits before a comma are euros', () => assert.equal(typed(...'37,45'), 3745));
  test('a point is a comma', () => assert.equal(typed(...'37.45'), 3745));
  test('one decimal is tens of cents', () => assert.equal(typed(...'37,5'), 3750));
  test('a comma alone makes euros', () => assert.equal(typed(...'37,'), 3700));
  test('less than a euro starts with a comma', () => assert.equal(typed(...',45'), 45));
  test('erasing takes back digit by digit, and the comma', () => {
    assert.equal(typed(...'37,45', 'Backspace'), 3740);
    assert.equal(typed(...'37,', 'Backspace'), 37);
    assert.equal(typed('3', 'Backspace', 'Backspace'), 0);
  });
  test('delete starts over', () => assert.equal(typed(...'37,45', 'Delete', '9'), 9));
  test('an amount that was asked can be typed on', () => assert.equal(centsOf(press(entryOf(374), '5')), 3745));
});

describe('verdicts', () => {
  test('nothing but a new payment or refund is green', () => {
    assert.deepEqual([colourOf('refunded'), signOf('refunded')], ['green', 'check']);
    assert.deepEqual([colourOf('already_refunded'), signOf('already_refunded')], ['orange', 'circle']);
    assert.deepEqual([colourOf('refund_no_answer'), signOf('refund_no_answer')], ['orange', 'turning']);
    for (const reason of ['ticket_expired', 'unreadable', 'clock', 'redemption_unknown', 'never_heard_of']) {
      assert.equal(colourOf(reason), 'red');
      assert.equal(signOf(reason), 'cross');
    }
    assert.deepEqual([colourOf('already_redeemed'), signOf('already_redeemed')], ['orange', 'circle']);
    assert.deepEqual([colourOf('no_answer'), signOf('no_answer')], ['orange', 'turning']);
    assert.deepEqual([colourOf('accepted'), signOf('accepted')], ['green', 'check']);
  });
  test('what has no answer does not close by itself', () => {
    for (const reason of ['no_answer', 'refund_no_answer']) assert.equal(showMilliseconds(reason), null);
  });
  test('what was not paid stays until it is tapped', () => {
    for (const reason of ['ticket_expired', 'unreadable', 'never_heard_of']) assert.equal(showMilliseconds(reason), null);
  });
  test('what was paid closes after 3 to 6 seconds', () => {
    for (const reason of ['accepted', 'already_redeemed']) {
      const milliseconds = showMilliseconds(reason) ?? 0;
      assert.ok(milliseconds >= 3000 && milliseconds <= 6000);
    }
  });
  test('another amount is offered only where it can help', () => {
    assert.equal(otherAmountHelps('ticket_already_used'), false);
    assert.equal(otherAmountHelps('balance_too_low'), true);
  });
  test('one expired code is not the clock, nor is the same code twice', () => {
    const watch = new ExpiryWatch();
    assert.equal(watch.note('0x01', 1000), false);
    assert.equal(watch.note('0x01', 1010), false);
  });
  test('a second expired code after exactly a minute is not the clock', () => {
    const watch = new ExpiryWatch();
    watch.note('0x01', 1000);
    assert.equal(watch.note('0x02', 1060), false);
  });
  test('a second expired code within a minute is the clock', () => {
    const watch = new ExpiryWatch();
    watch.note('0x01', 1000);
    assert.equal(watch.note('0x02', 1059), true);
  });
});

/** A till's queue whose answers, clock and disk the test holds in its hands. */
class Bench {
  /** @type {Map<string, Pending>} */
  kept = new Map();
  /** @type {{ticketId: string, attempts: number, keptBefore: boolean}[]} */
  asked = [];
  /** @type {Array<Answer | Error | Promise<Answer>>} */
  answers = [];
  /** @type {{callback: () => void, milliseconds: number}[]} */
  timers = [];
  /** @type {Pending[]} */
  changes = [];
  paused = 0;
  diskFull = false;

  open() {
    return new PendingRequests({
      store: {
        all: async () => [...this.kept.values()],
        put: async (charge) => {
          if (this.diskFull) throw new Error('disk full');
          this.kept.set(keyOf(charge), structuredClone(charge));
        },
        remove: async (key) => {
          this.kept.delete(key);
        },
      },
      ask: async (request) => {
        const { ticketId, attempts } = request;
        this.asked.push({ ticketId, attempts, keptBefore: this.kept.has(keyOf(request)) });
        const answer = await (this.answers.shift() ?? new Error('no answer'));
        if (answer instanceof Error) throw answer;
        return answer;
      },
      onChange: (charge) => this.changes.push(charge),
      onPaused: () => {
        this.paused += 1;
      },
      timers: {
        set: (callback, milliseconds) => {
          const timer = { callback, milliseconds };
          this.timers.push(timer);
          return timer;
        },
        clear: (timer) => {
          this.timers = this.timers.filter((one) => one !== timer);
        },
      },
    });
  }

  /** Moves the clock to the next timer. */
  async ring() {
    const timer = this.timers.shift();
    assert.ok(timer, 'a timer is set');
    timer.callback();
    await settled();
    return timer.milliseconds;
  }
}

/** Lets all promises that can go on, go on. */
const settled = () => new Promise((resolve) => {
  setImmediate(resolve);
});

/** @param {string} ticketId */
const chargeOf = (ticketId, amountCents = 3745, askedAt = 1000) => (
  { kind: /** @type {const} */ ('charge'), ticketId, ticket: 'KP1:', amountCents, category: 3, signature: '0x', till: '0xaa', askedAt });

/** @param {string} ticketId */
const refundOf = (ticketId, amountCents = 1000, remainingCents = 3745) => ({
  kind: /** @type {const} */ ('refund'), ticketId, amountCents, remainingCents, reason: 'returned', signature: '0x', till: '0xaa', askedAt: 2000,
});

/** @type {Answer} */
const ACCEPTED = { reason: 'accepted', details: { amountCents: 3745, at: 1001 } };

describe('the queue of charges', () => {
  test('a charge that cannot be kept is not sent', async () => {
    const bench = new Bench();
    bench.diskFull = true;
    await assert.rejects(bench.open().add(chargeOf('0x01')));
    assert.equal(bench.asked.length, 0);
  });

  test('a charge is kept before it is sent', async () => {
    const bench = new Bench();
    await bench.open().add(chargeOf('0x01'));
    assert.deepEqual(bench.asked, [{ ticketId: '0x01', attempts: 0, keptBefore: true }]);
  });

  test('a charge of a ticket that waits does not replace it: the first may have been paid', async () => {
    const bench = new Bench();
    const pending = bench.open();
    await pending.add(chargeOf('0x01', 3745));
    await settled();
    const asked = await pending.add(chargeOf('0x01', 100));
    assert.equal(asked.amountCents, 3745);
    await settled();
    assert.equal(bench.kept.get('0x01')?.amountCents, 3745);
  });

  test('without an answer it is asked again every few seconds, and every half minute after a while', async () => {
    const bench = new Bench();
    await bench.open().add(chargeOf('0x01'));
    await settled();
    const waited = [];
    for (let i = 0; i < 8; i += 1) waited.push(await bench.ring());
    assert.deepEqual(waited, [1000, 2000, 3000, 4000, 5000, 5000, 5000, 5000]);
    assert.deepEqual([delayAfter(0), delayAfter(24), delayAfter(25)], [1000, 5000, 30000]);
    assert.deepEqual(bench.asked.map(({ attempts }) => attempts), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('an answer ends the asking and is kept until it was seen', async () => {
    const bench = new Bench();
    const pending = bench.open();
    bench.answers.push(new Error('no answer'), ACCEPTED);
    await pending.add(chargeOf('0x01'));
    await settled();
    await bench.ring();
    assert.equal(bench.timers.length, 0);
    assert.deepEqual(pending.unanswered, []);
    assert.deepEqual(pending.unseen.map(({ answer }) => answer), [ACCEPTED]);
    assert.deepEqual(bench.kept.get('0x01')?.answer, ACCEPTED);
    await pending.seen('0x01');
    assert.equal(bench.kept.size, 0);
  });

  test('an answer is told even if it cannot be kept any more', async () => {
    const bench = new Bench();
    const pending = bench.open();
    await pending.add(chargeOf('0x01'));
    await settled();
    bench.answers.push(ACCEPTED);
    bench.diskFull = true;
    await bench.ring();
    assert.deepEqual(bench.changes.at(-1)?.answer, ACCEPTED);
  });

  test('what waits is never forgotten as seen', async () => {
    const bench = new Bench();
    const pending = bench.open();
    await pending.add(chargeOf('0x01'));
    await settled();
    await pending.seen('0x01');
    assert.equal(bench.kept.size, 1);
  });

  test('after the browser was closed it asks again, counting the try that may have been sent', async () => {
    const bench = new Bench();
    await bench.open().add(chargeOf('0x01'));
    bench.asked = [];
    bench.kept.set('0x01', { ...chargeOf('0x01'), attempts: 0, answer: null });
    bench.answers = [ACCEPTED];
    const reopened = bench.open();
    await reopened.start();
    await settled();
    assert.deepEqual(bench.asked, [{ ticketId: '0x01', attempts: 1, keptBefore: true }]);
    assert.equal(reopened.unseen.length, 1);
  });

  test('an answer that was not seen before the browser was closed is still there, and not asked again', async () => {
    const bench = new Bench();
    bench.kept.set('0x01', { ...chargeOf('0x01'), attempts: 2, answer: ACCEPTED });
    const pending = bench.open();
    await pending.start();
    await settled();
    assert.equal(bench.asked.length, 0);
    assert.equal(pending.unseen.length, 1);
  });

  test('a till that must be paired again stops asking, says so once, and goes on when it is', async () => {
    const bench = new Bench();
    const pending = bench.open();
    bench.answers.push(new AskingPaused(), new AskingPaused());
    await Promise.all([pending.add(chargeOf('0x01')), pending.add(chargeOf('0x02'))]);
    await settled();
    assert.equal(bench.paused, 1);
    assert.equal(bench.timers.length, 0);
    assert.equal(pending.unanswered.length, 2);
    bench.answers.push(ACCEPTED, ACCEPTED);
    pending.askNow();
    await settled();
    assert.equal(pending.unanswered.length, 0);
  });

  test('asking now does not ask twice at the same time', async () => {
    const bench = new Bench();
    const pending = bench.open();
    /** @type {(error: Error) => void} */
    let fail = () => undefined;
    bench.answers.push(new Promise((_, reject) => {
      fail = reject;
    }));
    await pending.add(chargeOf('0x01'));
    pending.askNow();
    pending.askNow();
    assert.equal(bench.asked.length, 1);
    fail(new Error('no answer'));
    await settled();
    pending.askNow();
    await settled();
    assert.equal(bench.asked.length, 2);
    assert.equal(bench.timers.length, 1);
  });

  test('a refund that cannot be kept is not sent', async () => {
    const bench = new Bench();
    bench.diskFull = true;
    await assert.rejects(bench.open().add(refundOf('0x01')));
    assert.equal(bench.asked.length, 0);
  });

  test('a refund of a payment that waits does not replace it: the first may have been booked', async () => {
    const bench = new Bench();
    const pending = bench.open();
    await pending.add(refundOf('0x01', 1000));
    await settled();
    const asked = await pending.add(refundOf('0x01', 2000));
    assert.equal(asked.amountCents, 1000);
    await settled();
    assert.equal(bench.kept.get('refund/0x01')?.amountCents, 1000);
  });

  test('a charge and a refund of one ticket wait beside each other', async () => {
    const bench = new Bench();
    const pending = bench.open();
    await pending.add(chargeOf('0x01'));
    await pending.add(refundOf('0x01'));
    await settled();
    assert.deepEqual([...bench.kept.keys()], ['0x01', 'refund/0x01']);
    assert.equal(pending.unanswered.length, 2);
  });

  test('a refund is asked again, unchanged, after the browser was closed', async () => {
    const bench = new Bench();
    bench.kept.set('refund/0x01', { ...refundOf('0x01'), attempts: 0, answer: null });
    bench.answers = [{ reason: 'already_refunded', details: { amountCents: 1000 } }];
    const reopened = bench.open();
    await reopened.start();
    await settled();
    assert.deepEqual(bench.asked, [{ ticketId: '0x01', attempts: 1, keptBefore: true }]);
    assert.equal(reopened.unseen[0].answer?.reason, 'already_refunded');
  });

  test('the oldest comes first', async () => {
    const bench = new Bench();
    const pending = bench.open();
    await pending.add(chargeOf('0x02', 1, 2000));
    await pending.add(chargeOf('0x01', 1, 1000));
    assert.deepEqual(pending.unanswered.map(({ ticketId }) => ticketId), ['0x01', '0x02']);
  });
});
