// SPDX-License-Identifier: EUPL-1.2
/** @file Start: puts the vouchers of a letter on this phone, from a picture of the letter or from its typed code. */
import { ApiRefusal } from '/static/js/api.js';
import { handoverInText } from '/static/js/core/backup.js';
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { isIosBrowser } from '../install.js';
import { languageChoice, titleBar } from '../parts/bar.js';
import { explain } from '../parts/faults.js';
import * as icons from '../parts/icons.js';
import { LetterScreen } from '../parts/letter_screen.js';
import { LetterUsedElsewhere } from '../phone.js';

const ON_ANOTHER_PHONE = ['voucher_already_activated', 'letter_incomplete'];

/** Fires `activated` with the letter's secret, or `handover` and `restore` with a code that is for another screen. */
export class ActivateScreen extends LetterScreen {
  constructor() {
    super();
    /** The letter is on another phone: there is a way to get it here. */
    this.isElsewhere = false;
  }

  render() {
    if (this.phone.isWaiting && this.view !== 'busy') return this.waiting();
    if (this.view === 'scan') return this.scan();
    if (this.view === 'type') return this.type();
    return this.view === 'busy' ? this.turning(t('activate.busy'), t('activate.busyHelp')) : this.start();
  }

  start() {
    const isFirst = this.phone.vouchers.length === 0;
    return html`
      <main class="kp-screen start">
        ${isFirst ? html`<header class="kp-bar"><span class="kp-brand">${t('appName')}</span>${languageChoice()}</header>`
    : titleBar(t('activate.another'))}
        <div class="kp-stack kp-stack--wide start__middle">
          ${isFirst ? html`<h1 class="utrecht-heading-1" tabindex="-1">${t('activate.welcome')}</h1>` : nothing}
          <p class="start__lead">${t('activate.lead')}</p>
          ${isFirst && isIosBrowser() ? html`<p class="kp-notice" data-test="ios-first">${icons.info}<span>${t('install.iosFirst')}</span></p>` : nothing}
          ${this.choices()}
          ${isFirst ? html`<p><a class="utrecht-link" href="#/terug" data-test="restore">${t('activate.hadIt')}</a></p>` : nothing}
        </div>
        <p class="kp-quiet kp-push">${t('activate.noLetter')}</p>
      </main>`;
  }

  waiting() {
    const { isTooBusy } = this.phone;
    return html`
      <main class="kp-screen centred">
        <div class="turning" aria-hidden="true"></div>
        <h1 class="utrecht-heading-2" tabindex="-1" data-test="letter-waiting">${t(isTooBusy ? 'activate.tooBusy' : 'activate.waiting')}</h1>
        <p>${t(isTooBusy ? 'activate.tooBusyHelp' : 'activate.waitingHelp')}</p>
        ${isTooBusy ? nothing : html`<button type="button" class="utrecht-button utrecht-button--secondary-action"
          @click=${() => this.phone.refresh()}>${t('retry')}</button>`}
      </main>`;
  }

  wayOut() {
    return this.isElsewhere && this.fault ? html`
      <button type="button" class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="restore-this"
        @click=${() => this.dispatchEvent(new CustomEvent('restore', { detail: this.code }))}>${t('activate.toHere')}</button>` : nothing;
  }

  /** @param {string} text */
  takeOther(text) {
    const handover = handoverInText(text);
    if (handover === null) return false;
    this.show('start');
    this.dispatchEvent(new CustomEvent('handover', { detail: handover }));
    return true;
  }

  /** @param {Uint8Array} secret */
  async take(secret) {
    this.view = 'busy';
    try {
      await this.phone.activate(secret);
      this.dispatchEvent(new CustomEvent('activated', { detail: secret }));
    } catch (error) {
      this.view = 'type';
      this.isElsewhere = error instanceof LetterUsedElsewhere
        || error instanceof ApiRefusal && ON_ANOTHER_PHONE.includes(error.reason);
      this.fault = explain(error, this.phone);
    }
  }
}

customElements.define('kp-activate', ActivateScreen);
