// SPDX-License-Identifier: EUPL-1.2
/** @file The screen stays on as long as it is wanted, and not a moment longer, whenever the browser answers. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { keepAwake } from '../../backend/kindpakket/static/js/wake_lock.js';

/** A browser's wake locks, granted or refused when the test says so. */
class Locks {
  /** @type {{grant: (lock: unknown) => void, refuse: (error: Error) => void}[]} */
  asked = [];
  held = 0;

  request() {
    return new Promise((grant, refuse) => { this.asked.push({ grant, refuse }); });
  }

  /** Answers the oldest question. */
  async grant() {
    this.held += 1;
    let isHeld = true;
    this.asked.shift()?.grant({
      release: async () => {
        this.held -= Number(isHeld);
        isHeld = false;
      },
    });
    await turn();
  }

  async refuse() {
    this.asked.shift()?.refuse(new Error('the battery is low'));
    await turn();
  }
}

const turn = () => new Promise((resolve) => { setImmediate(resolve); });
const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
let locks = new Locks();

beforeEach(() => {
  locks = new Locks();
  page.visibilityState = 'visible';
  Object.defineProperty(globalThis, 'document', { value: page, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: { wakeLock: locks }, configurable: true });
});

/** @param {'visible' | 'hidden'} state */
async function turnPage(state) {
  page.visibilityState = state;
  page.dispatchEvent(new Event('visibilitychange'));
  await turn();
}

describe('keeping the screen on', () => {
  test('a lock that comes after it was no longer wanted is given back', async () => {
    const letSleep = keepAwake();
    letSleep();
    await locks.grant();
    assert.equal(locks.held, 0);
  });
  test('a refusal is no fault', async () => {
    const letSleep = keepAwake();
    await locks.refuse();
    letSleep();
    assert.equal(locks.held, 0);
  });
  test('it is given back when it is no longer wanted, and not asked again', async () => {
    const letSleep = keepAwake();
    await locks.grant();
    assert.equal(locks.held, 1);
    letSleep();
    assert.equal(locks.held, 0);
    await turnPage('visible');
    assert.equal(locks.asked.length, 0);
  });
  test('it is asked again after the background, and never held twice', async () => {
    const letSleep = keepAwake();
    await locks.grant();
    await turnPage('hidden');
    assert.equal(locks.asked.length, 0);
    await turnPage('visible');
    await locks.grant();
    assert.equal(locks.held, 1);
    letSleep();
    assert.equal(locks.held, 0);
  });
});
