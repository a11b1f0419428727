// SPDX-License-Identifier: EUPL-1.2
/** @file What a check of a payment found: each step with its sign and one sentence, and what it proves and what not. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDate } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import * as icons from './icons.js';

/** @typedef {import('../checking.js').Checked} Checked */
/** @typedef {import('../phone.js').Payment} Payment */

const NBSP = '\u00a0';
const SIGNS = { good: icons.check, wrong: icons.cross, notYet: icons.clock };
/** Noon of a day, so that it is that day in every season. Seconds. */
const NOON = 12 * 3600;

/**
 * @param {Checked} checked
 * @param {Payment} payment
 * @param {string} phone Whom to call.
 */
export function checkResult({ steps, maxCents, head, isPastChanged }, payment, phone) {
  const isGood = !isPastChanged && steps.every(({ state }) => state !== 'wrong');
  const lang = language();
  const words = {
    max: formatEuros(maxCents, lang, { whole: true }),
    amount: formatEuros(payment.amountCents, lang),
    shop: payment.shopName,
    block: payment.block,
    date: head ? formatDate(Date.parse(head.on) / 1000 + NOON, lang) : '',
  };
  return html`
    <p class="kp-notice ${isGood ? 'kp-notice--good' : 'kp-notice--bad'}" data-test=${isGood ? 'check-good' : 'check-wrong'}>
      ${isGood ? icons.check : icons.cross}<strong>${t(isGood ? 'check.good' : 'check.wrong', { phone: phone.replaceAll(' ', NBSP) })}</strong></p>
    <ol class="steps">
      ${steps.map(({ name, state }) => html`<li class="step step--${state}" data-test="check-step" data-step=${name} data-state=${state}>
        ${SIGNS[state]}<span>${t(`check.${name}.${state}`, words)}</span></li>`)}
      ${isPastChanged ? html`<li class="step step--wrong" data-test="check-step" data-step="past" data-state="wrong">
        ${SIGNS.wrong}<span>${t('check.pastChanged')}</span></li>` : nothing}
    </ol>
    ${isGood ? html`
      <details class="kp-card question" data-test="check-meaning">
        <summary class="kp-list__line"><span class="kp-strong">${t('check.meaning')}</span>${icons.forward}</summary>
        <div class="question__answer kp-stack">
          <p>${t('check.proves')}</p>
          <p>${t('check.provesNot')}</p>
          <p>${t('check.heads')}</p>
          ${head ? html`<p class="steps__number">${head.root}</p>` : nothing}
          <p><a class="utrecht-link" href="/controlegetallen">${t('check.allHeads')}</a></p>
        </div>
      </details>` : nothing}`;
}
