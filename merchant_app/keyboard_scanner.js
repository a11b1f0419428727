// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Keyboard scanner: a hardware scanner types a code very fast and ends with Enter. Pure; times in milliseconds.
 *
 * A letter K outside a text field starts a customer's code; what follows quickly enough belongs to it and reaches nothing
 * else, so that the digits of a code never become an amount. What is something else, such as the barcode of a product, is
 * known only by its Enter: whoever took its digits for typing must be able to take them back.
 */

/** Between two keys of one code, at the most: a slow wireless scanner, and far above every other. */
const QUICK_MILLISECONDS = 120;
/**
 * Between two keys on average, when a scanner typed them. Wired ones need 2 to 20, wireless ones up to 40; the fastest
 * hands on a number pad need 80.
 */
const SCANNER_MILLISECONDS = 50;
/** What has fewer characters is no code: two fingers can fall on two keys and Enter at the same time. */
const LEAST_CHARACTERS = 3;
/** No amount has more: `99999,99`. What is longer and was typed quickly is a scanner's, even of a slow one. */
const LONGEST_AMOUNT = 8;
const START = 'KP1:';
const MOST_CHARACTERS = 400;
const MODIFIERS = new Set(['Shift', 'CapsLock', 'Alt', 'AltGraph']);

/**
 * What a key is: whether it belongs to a code and should reach nothing else, the customer's code that it completes,
 * whether it is the first key after a pause, and whether it ends a scan that is no customer's code.
 * @typedef {{ours: boolean, code: string | null, begins: boolean, isOther: boolean}} Pressed
 */

/** @type {Pressed} */
const NOT_OURS = Object.freeze({ ours: false, code: null, begins: false, isOther: false });

/** Collects typed keys to codes. */
export class KeyboardScanner {
  #typed = '';
  #count = 0;
  #firstAt = 0;
  #lastAt = -Infinity;
  /** Whether the last key ended a code: some scanners end with two ends of line. */
  #hasEnded = false;

  /**
   * Takes a key. A key that repeats because it is held is no scanner's, and not to be given.
   * @param {string} key As in KeyboardEvent.key.
   * @param {number} at Milliseconds of any clock that runs evenly.
   * @returns {Pressed}
   */
  press(key, at) {
    if (at - this.#lastAt > QUICK_MILLISECONDS) this.#forget();
    if (MODIFIERS.has(key)) {
      if (this.#count) this.#lastAt = at;
      return NOT_OURS;
    }
    if (key === 'Enter') return this.#end(at);
    const isCharacter = key.length === 1;
    const begins = isCharacter && this.#count === 0;
    if (begins) this.#firstAt = at;
    const typed = isCharacter ? this.#typed + key.toUpperCase() : '';
    const ours = typed !== '' && typed.length <= MOST_CHARACTERS && isStart(typed);
    this.#typed = ours ? typed : '';
    this.#count = isCharacter ? this.#count + 1 : 0;
    this.#lastAt = at;
    this.#hasEnded = false;
    return { ours, code: null, begins, isOther: false };
  }

  /**
   * @param {number} at
   * @returns {Pressed}
   */
  #end(at) {
    const code = this.#typed.startsWith(START) ? this.#typed : null;
    const isOther = code === null && isScan(this.#count, at - this.#firstAt);
    const ours = code !== null || isOther || this.#hasEnded;
    this.#forget();
    this.#lastAt = at;
    this.#hasEnded = ours;
    return { ours, code, begins: false, isOther };
  }

  #forget() {
    this.#typed = '';
    this.#count = 0;
    this.#hasEnded = false;
  }
}

/** @param {string} typed */
function isStart(typed) {
  return typed.length < START.length ? START.startsWith(typed) : typed.startsWith(START);
}

/**
 * Tells whether so many characters and Enter, with a short time between each, came from a scanner.
 * @param {number} count
 * @param {number} milliseconds From the first character to Enter.
 */
function isScan(count, milliseconds) {
  return count > LONGEST_AMOUNT || (count >= LEAST_CHARACTERS && milliseconds <= count * SCANNER_MILLISECONDS);
}
