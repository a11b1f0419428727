// SPDX-License-Identifier: EUPL-1.2
/** @file What is at the top of a screen, and the notices that several screens show. */
import { clockIsOff, formatDate, formatTime, isoDay, serverNow } from '/static/js/time.js';
import { TextsMissing, language, languages, machineMade, setLanguage, t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import * as icons from './icons.js';

/** @typedef {import('../phone.js').Phone} Phone */

/**
 * A bar with a way back and the title of the screen, which is read first.
 * @param {string} title
 * @param {string} [to] Where back leads.
 */
export function titleBar(title, to = '#/') {
  return html`
    <header class="kp-bar">
      <a class="kp-icon-button" href=${to} data-test="back">${icons.back}<span class="kp-hidden">${t('back')}</span></a>
      <h1 class="kp-bar__title" tabindex="-1">${title}</h1>
    </header>`;
}

/** The choice of language, each in its own words; below it, whether the one in use was made by a machine. */
export function languageChoice() {
  return html`
    <div class="language">
      <label><span class="kp-hidden">${t('language')}</span>
        <select class="utrecht-select utrecht-select--html-select" data-test="language"
          @change=${(/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target))}>
          ${languages().map(({ code, name }) => html`
            <option value=${code} lang=${code} ?selected=${code === language()}>${name}</option>`)}
        </select></label>
      ${machineMade() ? html`<p class="kp-quiet" data-test="machine-made">${machineMade()}</p>` : nothing}
    </div>`;
}

/**
 * Takes the language that was chosen; without network one that was never used here cannot come.
 * @param {HTMLSelectElement} chosen
 */
async function choose(chosen) {
  try {
    await setLanguage(chosen.value);
  } catch (error) {
    if (!(error instanceof TextsMissing)) throw error;
    chosen.value = language();
  }
}

/** @param {number} at When what is shown was true, epoch seconds. */
function offlineBalance(at) {
  return isoDay(at) === isoDay(serverNow()) ? t('offlineBalance', { time: formatTime(at, language()) })
    : t('offlineBalanceOfDay', { date: formatDate(at, language()) });
}

/**
 * Tells that there is no network and from when the balance is, or that the clock of the phone is wrong.
 * @param {Phone} phone
 */
export function notices(phone) {
  return html`
    <div class="kp-stack notices" role="status">
      ${phone.isOffline ? html`
        <p class="kp-notice" data-test="offline">${icons.cloudOff}
          <span>${phone.balanceAt ? offlineBalance(phone.balanceAt) : t('offline')}</span></p>` : nothing}
      ${clockIsOff() ? html`<p class="kp-notice kp-notice--wait" data-test="clock-off">${icons.clock}
          <span>${t('clockOff')}</span></p>` : nothing}
      ${phone.safekeeping.hasLostSome ? html`<div class="kp-notice kp-notice--wait" data-test="lost-some">${icons.info}
          <div class="kp-stack"><span>${t('lostSome', { phone: phone.fund?.phone ?? '' })}</span>
          <button type="button" class="utrecht-button utrecht-button--secondary-action" data-test="lost-some-read"
            @click=${() => phone.safekeeping.noteLossRead()}>${t('understood')}</button></div></div>` : nothing}
      ${phone.isUnknown ? html`<p class="kp-notice kp-notice--bad" data-test="phone-unknown">${icons.info}
          <span>${t('phoneUnknown', { phone: phone.fund?.phone ?? '' })}</span></p>` : nothing}
    </div>`;
}
