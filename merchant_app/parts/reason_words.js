// SPDX-License-Identifier: EUPL-1.2
/** @file The words of a reason, with its amounts and times filled in. Amounts in euro cents, instants in epoch seconds. */
import { formatEuros } from '/static/js/money.js';
import { language, reasonText, t } from '/static/js/text.js';
import { momentWords } from './moment.js';

/**
 * Returns the title and the sentence of a reason. A detail `maxCents` fills in `{max}`, `at` fills in `{moment}`, `because` fills in `{why}`.
 * @param {string} reason
 * @param {Record<string, any>} details As they came with the answer.
 * @returns {{title: string, sentence: string}}
 */
export function reasonWords(reason, details) {
  /** @type {Record<string, string>} */
  const params = { phone: String(details.phone ?? ''), freeName: String(details.freeName ?? '') };
  for (const [name, value] of Object.entries(details)) {
    // A limit is a round number on most screens: "hoogstens € 50"; what was paid always has its cents.
    const whole = name !== 'amountCents';
    if (name.endsWith('Cents')) params[name.slice(0, -5)] = formatEuros(value, language(), { whole });
  }
  // A short list: why the municipality suspended the shop.
  if (reason === 'shop_suspended') params.why = t(`suspended.${details.because}`);
  if (typeof details.at === 'number') params.moment = momentWords(details.at);
  return reasonText(reason, params);
}
