// SPDX-License-Identifier: EUPL-1.2
/** @file Payments and refunds as lines of one list: where, when, how much, with its sign. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDay, formatTime } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import * as icons from './icons.js';

/** @typedef {import('../phone.js').Payment} Payment */
/** @typedef {import('../phone.js').Refund} Refund */
/** A line: a payment, or one refund of it. @typedef {{payment: Payment, refund: Refund | null, at: number}} Entry */

/**
 * Lists payments and their refunds, newest first.
 * @param {Payment[]} payments
 * @returns {Entry[]}
 */
export function listEntries(payments) {
  return payments
    .flatMap((payment) => [
      ...(payment.refunds ?? []).map((refund) => ({ payment, refund, at: refund.at })), { payment, refund: null, at: payment.at },
    ])
    .sort((one, other) => other.at - one.at);
}

/** @param {Entry} entry */
export function entryLine({ payment, refund, at }) {
  const lang = language();
  const day = formatDay(at, lang, { today: t('today'), yesterday: t('yesterday') });
  const amount = refund ? formatEuros(refund.amountCents, lang, { sign: refund.toBudget }) : formatEuros(-payment.amountCents, lang);
  return html`
    <a class="kp-list__line" href="#/betalingen/${payment.redemptionId}" data-test=${refund ? 'history-refund' : 'history-item'}>
      <span class="payment__what">
        <span class="kp-strong">${payment.shopName}</span>
        ${refund ? html`<span>${t(refund.toBudget ? 'history.refunded' : 'history.refundedElsewhere')}</span>` : nothing}
        <span class="kp-quiet">${day}, ${t('atTime', { time: formatTime(at, lang) })}</span>
      </span>
      <span class="payment__amount kp-figures ${refund?.toBudget ? 'payment__amount--back' : ''}"
        data-test="history-amount">${amount}</span>
      ${icons.forward}
    </a>`;
}
