// SPDX-License-Identifier: EUPL-1.2
/** @file Keeps the screen of the phone on while a code is shown, where the browser can. */

/**
 * Keeps the screen on until the returned function is called; also again after the app was in the background.
 * @returns {() => void}
 */
export function keepAwake() {
  let isWanted = true;
  /** @type {WakeLockSentinel | null} */
  let lock = null;

  async function ask() {
    if (!isWanted || document.visibilityState !== 'visible' || !navigator.wakeLock) return;
    try {
      lock = await navigator.wakeLock.request('screen');
      if (!isWanted) await lock.release();
    } catch {
      // A phone that saves power may refuse; the code works all the same.
    }
  }

  document.addEventListener('visibilitychange', ask);
  ask();
  return () => {
    isWanted = false;
    document.removeEventListener('visibilitychange', ask);
    lock?.release();
  };
}
