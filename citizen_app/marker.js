// SPDX-License-Identifier: EUPL-1.2
/**
 * @file A mark that this browser had a budget, kept apart from the vault: when the browser deletes the vault, the mark may
 * be what is left, and the app can say so. It says yes or nothing, no number and no name, and no page of ours reads it.
 */
const NAME = 'kp-had-budget';
const SECONDS = 400 * 24 * 3600;

/** Sets the mark. */
export function markBudget() {
  document.cookie = `${NAME}=1; path=/ouder/; max-age=${SECONDS}; samesite=strict${location.protocol === 'https:' ? '; secure' : ''}`;
  inLocalStorage((storage) => storage.setItem(NAME, '1'));
}

/** Takes the mark away. */
export function unmarkBudget() {
  document.cookie = `${NAME}=; path=/ouder/; max-age=0; samesite=strict`;
  inLocalStorage((storage) => storage.removeItem(NAME));
}

/** Tells whether there is a mark. */
export function hadBudget() {
  return document.cookie.split('; ').includes(`${NAME}=1`) || inLocalStorage((storage) => storage.getItem(NAME)) === '1';
}

/**
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T | undefined} Undefined where a browser forbids it.
 */
function inLocalStorage(use) {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
}
