// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Keyboard scanner: a hardware scanner types a code very fast and ends with Enter. Pure; times in milliseconds.
 *
 * A letter K outside a text field starts a code; what follows quickly enough belongs to it and reaches nothing else, so
 * that the digits of a code never become an amount.
 */

/** Nobody types this fast; every scanner does. */
const QUICK_MILLISECONDS = 120;
const START = 'KP1:';
const MOST_CHARACTERS = 400;

/** Collects typed keys to codes. */
export class KeyboardScanner {
  #typed = '';
  #lastAt = 0;

  /**
   * Takes a key.
   * @param {string} key As in KeyboardEvent.key.
   * @param {number} at Milliseconds of any clock that runs evenly.
   * @returns {{ours: boolean, code: string | null}} Whether the key belongs to a code, and the code if it is complete.
   */
  press(key, at) {
    const quick = at - this.#lastAt <= QUICK_MILLISECONDS;
    if (!quick) this.#typed = '';
    if (key === 'Shift' || key === 'CapsLock' || key === 'Alt' || key === 'AltGraph') {
      if (this.#typed) this.#lastAt = at;
      return { ours: false, code: null };
    }
    if (key === 'Enter') {
      const code = this.#typed.startsWith(START) ? this.#typed : null;
      this.#typed = '';
      return { ours: code !== null, code };
    }
    const typed = key.length === 1 ? this.#typed + key.toUpperCase() : '';
    const ours = typed !== '' && typed.length <= MOST_CHARACTERS && isStart(typed);
    this.#typed = ours ? typed : '';
    this.#lastAt = at;
    return { ours, code: null };
  }
}

/** @param {string} typed */
function isStart(typed) {
  return typed.length < START.length ? START.startsWith(typed) : typed.startsWith(START);
}
