// SPDX-License-Identifier: EUPL-1.2
/** @file A moment in a sentence: the time if it was today, otherwise its day too. Instants in epoch seconds. */
import { language, t } from '/static/js/text.js';
import { formatDay, formatTime } from '/static/js/time.js';

/**
 * Writes `om 14.05 uur`, `gisteren om 14.05 uur`, `ma 23 november om 14.05 uur`.
 * @param {number} at
 * @returns {string}
 */
export function momentWords(at) {
  const time = t('atTime', { time: formatTime(at, language()) });
  const day = formatDay(at, language(), { today: '', yesterday: t('yesterday') });
  return day ? `${day} ${time}` : time;
}
