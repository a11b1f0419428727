// SPDX-License-Identifier: EUPL-1.2
/** @file Waiting that ends in time: old phones have neither `AbortSignal.any` nor `AbortSignal.timeout`. */

/**
 * Does something that ends at the latest after a while, or when a signal says so.
 * @template T
 * @param {{milliseconds: number, signal?: AbortSignal}} limits
 * @param {(signal: AbortSignal, again: () => void) => Promise<T>} act Is told when to end; `again` lets the time begin anew.
 * @returns {Promise<T>}
 */
export async function within({ milliseconds, signal }, act) {
  const ending = new AbortController();
  const end = () => ending.abort();
  let timer = setTimeout(end, milliseconds);
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(end, milliseconds);
  };
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  try {
    return await act(ending.signal, again);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

/**
 * Waits, unless one of the signals says to go on.
 * @param {number} milliseconds
 * @param {...AbortSignal} signals
 * @returns {Promise<void>}
 */
export function rest(milliseconds, ...signals) {
  return new Promise((resolve) => {
    const goOn = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', goOn);
      resolve();
    };
    const timer = setTimeout(goOn, signals.some(({ aborted }) => aborted) ? 0 : milliseconds);
    for (const signal of signals) signal.addEventListener('abort', goOn);
  });
}
