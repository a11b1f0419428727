// SPDX-License-Identifier: EUPL-1.2
/** @file Start: puts the vouchers of a letter on this phone, from a picture of the letter or from its typed code. */
import { ApiRefusal } from '/static/js/api.js';
import { handoverInText } from '/static/js/core/backup.js';
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { titleBar } from '../parts/bar.js';
import { explain } from '../parts/faults.js';
import { LetterScreen } from '../parts/letter_screen.js';
import { welcome } from '../parts/welcome.js';
import { LetterUsedElsewhere } from '../letters.js';

const ON_ANOTHER_PHONE = ['voucher_already_activated', 'letter_incomplete'];

/** Fires `activated` with the letter's secret, or `handover` and `restore` with a code that is for another screen. */
export class ActivateScreen extends LetterScreen {
  constructor() {
    super();
    /** The letter is on another phone: there is a way to get it here. */
    this.isElsewhere = false;
  }

  render() {
    if (this.phone.letters.isWaiting && this.view !== 'busy') return this.waiting();
    if (this.view === 'scan') return this.scan();
    if (this.view === 'type') return this.type();
    return this.view === 'busy' ? this.turning(t('activate.busy'), t('activate.busyHelp')) : this.start();
  }

  start() {
    if (this.phone.vouchers.length === 0) return welcome(this.ways);
    return html`
      <main class="kp-screen start">
        ${titleBar(t('activate.another'))}
        <div class="kp-stack kp-stack--wide start__middle">
          <p class="start__lead">${t('activate.lead')}</p>
          ${this.choices()}
        </div>
        <p class="kp-quiet kp-push">${t('activate.noLetter')}</p>
      </main>`;
  }

  waiting() {
    const { isTooBusy } = this.phone.letters;
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
