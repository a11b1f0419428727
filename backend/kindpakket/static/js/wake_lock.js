// SPDX-License-Identifier: EUPL-1.2
/** @file Keeps the screen on while a code is shown or looked for, where the browser can. */

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
      const granted = await navigator.wakeLock.request('screen');
      lock?.release();
      lock = granted;
      // It may have come too late.
      if (!isWanted) lock.release();
    } catch {
      // A phone that saves power may refuse; all works the same, only the screen goes dark.
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
