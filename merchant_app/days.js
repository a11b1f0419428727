// SPDX-License-Identifier: EUPL-1.2
/** @file Days of the calendar as ISO 8601 texts, without clocks and zones. Pure. */

/** @typedef {import('./office.js').Days} Days */
/** @typedef {'week' | 'month' | 'lastMonth' | 'year'} Preset */

export const MOST_DAYS = 366;

const DAY = 86_400_000;

/**
 * Returns a usual period around a day: this week from Monday, this month, the month before, this year; never beyond it.
 * @param {Preset} preset
 * @param {string} today
 * @returns {Days}
 */
export function daysOf(preset, today) {
  const [year, month] = today.split('-').map(Number);
  switch (preset) {
    case 'week':
      return { from: addDays(today, -((at(today).getUTCDay() + 6) % 7)), until: today };
    case 'month':
      return { from: `${today.slice(0, 8)}01`, until: today };
    case 'lastMonth':
      return { from: iso(Date.UTC(year, month - 2, 1)), until: iso(Date.UTC(year, month - 1, 0)) };
    default:
      return { from: `${year}-01-01`, until: today };
  }
}

/**
 * Says what is wrong with a period.
 * @param {Days} days
 * @returns {'' | 'missing' | 'turned' | 'long'}
 */
export function faultOfDays({ from, until }) {
  if (!isDay(from) || !isDay(until)) return 'missing';
  if (until < from) return 'turned';
  return (at(until).getTime() - at(from).getTime()) / DAY >= MOST_DAYS ? 'long' : '';
}

/** @param {string} text */
function isDay(text) {
  return /^2\d{3}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at(text).getTime());
}

/**
 * @param {string} day
 * @param {number} count
 */
function addDays(day, count) {
  return iso(at(day).getTime() + count * DAY);
}

/** @param {string} day */
function at(day) {
  return new Date(`${day}T00:00:00Z`);
}

/** @param {number} milliseconds */
function iso(milliseconds) {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
