// SPDX-License-Identifier: EUPL-1.2
/** @file One payment as a line: when, where, how much. What came back stands below it with its sign. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDay, formatTime } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import * as icons from './icons.js';

/**
 * @param {import('../phone.js').Phone} phone
 * @param {import('../phone.js').Payment} payment
 */
export function paymentLine(phone, payment) {
  const lang = language();
  const day = formatDay(payment.at, lang, { today: t('today'), yesterday: t('yesterday') });
  return html`
    <a class="kp-list__line" href="#/betalingen/${payment.redemptionId}" data-test="history-item">
      <span class="payment__what">
        <span class="kp-strong">${payment.shopName}</span>
        <span class="kp-quiet">${day}, ${t('atTime', { time: formatTime(payment.at, lang) })}</span>
        ${payment.refundedCents ? html`<span class="kp-quiet">${t('history.refunded')}</span>` : nothing}
      </span>
      <span class="payment__amounts kp-figures">
        <span data-test="history-amount">${formatEuros(-payment.amountCents, lang)}</span>
        ${payment.refundedCents ? html`<span class="kp-quiet" data-test="history-refund">${formatEuros(payment.refundedCents, lang, { sign: true })}</span>` : nothing}
      </span>
      ${icons.forward}
    </a>`;
}
