// SPDX-License-Identifier: EUPL-1.2
/** @file What a phone without a budget shows first, and the two ways to read a letter. */
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { isIosBrowser } from '../install.js';
import { languageChoice } from './bar.js';
import * as icons from './icons.js';

/** @typedef {{onScan(): void, onType(): void}} Ways */

/** @param {Ways} ways */
export function welcome(ways) {
  return html`
    <main class="kp-screen start">
      <header class="kp-bar"><span class="kp-brand">${t('appName')}</span>${languageChoice()}</header>
      <div class="kp-stack kp-stack--wide start__middle">
        <h1 class="utrecht-heading-1" tabindex="-1">${t('activate.welcome')}</h1>
        <p class="start__lead">${t('activate.lead')}</p>
        ${isIosBrowser() ? html`<p class="kp-notice" data-test="ios-first">${icons.info}<span>${t('install.iosFirst')}</span></p>` : nothing}
        ${letterChoices(ways)}
        <p><a class="utrecht-link" href="#/terug" data-test="restore">${t('activate.hadIt')}</a></p>
      </div>
      <p class="kp-quiet kp-push">${t('activate.noLetter')}</p>
    </main>`;
}

/** @param {Ways} ways */
export function letterChoices({ onScan, onType }) {
  return html`
    <div class="kp-stack">
      <button type="button" class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
        data-test="letter-scan" @click=${onScan}>${icons.camera}${t('activate.scan')}</button>
      <button type="button" class="utrecht-button utrecht-button--secondary-action kp-button--wide kp-button--large"
        data-test="letter-type" @click=${onType}>${icons.keyboard}${t('activate.type')}</button>
    </div>`;
}
