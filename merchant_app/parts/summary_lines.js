// SPDX-License-Identifier: EUPL-1.2
/** @file One-line sums: what was paid today. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';

/**
 * @param {import('../till.js').Summary | null} summary
 * @returns {string}
 */
export function todayLine(summary) {
  if (summary === null) return t('today.title');
  const total = formatEuros(summary.totalCents, language());
  return t('scan.today', { total, payments: t('scan.payments', { count: summary.count }) });
}
