// SPDX-License-Identifier: EUPL-1.2
/** @file What still can be done to keep the budget, at the foot of the budget: a PIN, and a place on the home screen. */
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { canInstall, install, isInstalled } from '../install.js';
import * as icons from './icons.js';

/** @param {import('../phone.js').Phone} phone */
export function keepHints(phone) {
  return html`
    <div class="kp-stack kp-push">
      ${phone.safekeeping.hasPin ? nothing : html`
        <a class="kp-notice hint" href="#/pincode" data-test="pin-hint">${icons.key}<span>${t('budget.choosePin')}</span>${icons.forward}</a>`}
      ${isInstalled() ? nothing : homeScreen()}
    </div>`;
}

function homeScreen() {
  return canInstall() ? html`
    <button type="button" class="utrecht-button utrecht-button--subtle kp-button--wide" data-test="install"
      @click=${() => install()}>${icons.home}${t('install.button')}</button>` : html`
    <p><a class="utrecht-link kp-quiet-link" href="#/hulp" data-test="keep-app">${t('budget.keepApp')}</a></p>`;
}
