// SPDX-License-Identifier: EUPL-1.2
/** @file One payment as a line of a list, that opens it. Amounts in euro cents. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDay, formatTime } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import { categoryName } from './category_name.js';
import { icon } from './icons.js';

/**
 * @param {import('../till.js').Redemption} payment
 * @param {{withDay?: boolean, onOpen: (payment: import('../till.js').Redemption) => void}} options
 */
export function paymentLine(payment, { withDay = false, onOpen }) {
  const time = t('today.at', { time: formatTime(payment.at, language()) });
  const day = formatDay(payment.at, language(), { today: t('today'), yesterday: t('yesterday') });
  return html`
    <li>
      <button class="kp-list__line" data-test="today-item" @click=${() => onOpen(payment)}>
        <span class="line-what">${withDay ? `${day} · ${time}` : time}
          <small>${categoryName(payment.category)} · ${payment.tillName}</small>
          ${payment.refundedCents
            ? html`<small class="line-refunded">${t('today.refunded', { amount: formatEuros(payment.refundedCents, language()) })}</small>`
            : nothing}</span>
        <span class="line-end"><span class="kp-figures kp-strong">${formatEuros(payment.amountCents, language())}</span>${icon('forward')}</span>
      </button>
    </li>`;
}
