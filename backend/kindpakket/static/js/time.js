// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The time that counts is the server's: its clock as known from its answers, and instants as people read them
 * (always Europe/Amsterdam). Instants are epoch seconds.
 */

const ZONE = 'Europe/Amsterdam';
const KEPT = 'kindpakket-clock';
/** From this difference on, people should be told that the clock of this device is wrong. Seconds. */
const NOTICEABLE = 120;

let offsetSeconds = readOffset();

/**
 * Keeps how far the server's clock is from this one. `api.js` calls it with the `now` of every answer.
 * @param {number} now Epoch seconds.
 */
export function noteServerTime(now) {
  offsetSeconds = now - Math.floor(Date.now() / 1000);
  try {
    localStorage.setItem(KEPT, String(offsetSeconds));
  } catch {
    // Without storage the offset is known again after the next answer.
  }
}

/** Returns the time of the server, as last known. Epoch seconds. */
export function serverNow() {
  return Math.floor(Date.now() / 1000) + offsetSeconds;
}

/** Returns the same with its fraction, for a countdown that does not jump. */
export function serverNowExact() {
  return Date.now() / 1000 + offsetSeconds;
}

/** Tells whether this device's clock is more than two minutes off. */
export function clockIsOff() {
  return Math.abs(offsetSeconds) > NOTICEABLE;
}

/**
 * Writes a time of the day: `14.05` (the text around it says "uur"), `14:05`.
 * @param {number} at
 * @param {string} lang
 */
export function formatTime(at, lang) {
  const time = formatter(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at * 1000);
  return lang === 'nl' ? time.replace(':', '.') : time;
}

/**
 * Writes a date: `31 december 2026`.
 * @param {number} at
 * @param {string} lang
 */
export function formatDate(at, lang) {
  return formatter(lang, { day: 'numeric', month: 'long', year: 'numeric' }).format(at * 1000);
}

/**
 * Writes a day that is near: `vandaag`, `gisteren` by the given words, otherwise `ma 23 november`.
 * @param {number} at
 * @param {string} lang
 * @param {{today: string, yesterday: string}} words
 */
export function formatDay(at, lang, { today, yesterday }) {
  const day = isoDay(at);
  if (day === isoDay(serverNow())) return today;
  if (day === isoDay(serverNow() - 86_400)) return yesterday;
  return formatter(lang, { weekday: 'short', day: 'numeric', month: 'long' }).format(at * 1000);
}

/**
 * Writes the day of an instant in Amsterdam as ISO 8601, for a query.
 * @param {number} at
 */
export function isoDay(at) {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE }).format(at * 1000);
}

/**
 * Writes how long is left: `4:32`.
 * @param {number} seconds
 */
export function formatCountdown(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/**
 * @param {string} lang
 * @param {Intl.DateTimeFormatOptions} options
 */
function formatter(lang, options) {
  return new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, { timeZone: ZONE, numberingSystem: 'latn', ...options });
}

function readOffset() {
  try {
    return Number(localStorage.getItem(KEPT)) || 0;
  } catch {
    return 0;
  }
}
