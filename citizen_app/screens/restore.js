// SPDX-License-Identifier: EUPL-1.2
/** @file The way back: brings a budget to this phone, with letter and PIN or with the code on the other phone's screen. */
import { ApiRefusal } from '/static/js/api.js';
import { handoverInText, judgePin } from '/static/js/core/backup.js';
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { titleBar } from '../parts/bar.js';
import { explain } from '../parts/faults.js';
import * as icons from '../parts/icons.js';
import { LetterScreen } from '../parts/letter_screen.js';
import { pinField, typedIn } from '../parts/pin_field.js';

/** `.code` may hold a letter's code, `.handover` the other phone's. Fires `restored` when the holder is done here. */
export class RestoreScreen extends LetterScreen {
  static properties = { ...LetterScreen.properties, handover: { attribute: false } };

  constructor() {
    super();
    this.handover = '';
    /** @type {Uint8Array | null} */
    this.secret = null;
    /** Whether a move began while this screen was looked at; it says itself when that is done. */
    this.hasBegun = false;
  }

  get isBusy() {
    return this.view === 'busy' || this.hasBegun;
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.handover) this.view = 'confirm';
    this.hasBegun = this.phone.safekeeping.isMoving;
  }

  render() {
    const { isMoving } = this.phone.safekeeping;
    if (this.view !== 'busy' && isMoving) return this.waiting();
    if (this.view !== 'busy' && this.hasBegun) return this.done();
    if (this.view === 'scan') return this.scan();
    if (this.view === 'type') return this.type();
    if (this.view === 'pin') return this.askPin();
    if (this.view === 'confirm') return this.confirm();
    if (this.view === 'locked') return this.locked();
    return this.view === 'busy' ? this.turning(t('restore.busy'), t('restore.busyHelp')) : this.start();
  }

  start() {
    return html`
      <main class="kp-screen">
        ${titleBar(t('restore.title'))}
        <p class="start__lead">${t('restore.lead')}</p>
        ${this.fault ? html`<p class="kp-notice kp-notice--bad" role="alert" data-test="restore-fault">${icons.info}<span>${this.fault}</span></p>` : nothing}
        ${this.choices()}
        <section class="kp-stack">
          <h2 class="utrecht-heading-3">${t('restore.otherPhone')}</h2>
          <p>${t('restore.otherPhoneHelp')}</p>
        </section>
        <section class="kp-stack">
          <h2 class="utrecht-heading-3">${t('restore.noPinTitle')}</h2>
          <p>${t('restore.noPinHelp', { phone: this.phone.fund?.phone ?? '' })}</p>
        </section>
      </main>`;
  }

  askPin() {
    return html`
      <main class="kp-screen">
        <header class="kp-bar">
          <button type="button" class="kp-icon-button" @click=${() => this.show('start')}>${icons.back}
            <span class="kp-hidden">${t('back')}</span></button>
          <h1 class="kp-bar__title" tabindex="-1">${t('restore.pinTitle')}</h1>
        </header>
        <p>${t('restore.oldDies')}</p>
        <form class="kp-stack kp-stack--wide" novalidate data-test="pin-form" @submit=${this.restore}>
          ${pinField({ name: 'pin', label: t('pin.label'), help: t('restore.pinHelp'), fault: this.fault })}
          <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
            data-test="pin-submit">${t('restore.submit')}</button>
        </form>
      </main>`;
  }

  confirm() {
    return html`
      <main class="kp-screen">
        ${titleBar(t('restore.title'))}
        <p class="start__lead">${t('restore.confirm')}</p>
        <p>${t('restore.oldDies')}</p>
        <button type="button" class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
          data-test="take-over" @click=${() => this.takeOver()}>${t('restore.submit')}</button>
      </main>`;
  }

  waiting() {
    return html`
      <main class="kp-screen centred" data-test="move-waiting">
        <div class="turning" aria-hidden="true"></div>
        <h1 class="utrecht-heading-2" tabindex="-1">${t('restore.waiting')}</h1>
        <p>${t('restore.waitingHelp')}</p>
        <button type="button" class="utrecht-button utrecht-button--secondary-action" data-test="move-retry"
          @click=${() => this.phone.refresh()}>${t('retry')}</button>
      </main>`;
  }

  locked() {
    return html`
      <main class="kp-screen">
        ${titleBar(t('restore.locked'))}
        <p class="kp-notice kp-notice--bad" role="alert" data-test="restore-locked">${icons.info}<span>${t('restore.lockedWhy')}</span></p>
        <p class="start__lead">${t('restore.lockedHelp', { phone: this.phone.fund?.phone ?? '' })}</p>
      </main>`;
  }

  done() {
    const isHere = this.phone.vouchers.length > 0;
    return html`
      <main class="kp-screen centred" data-test=${isHere ? 'restore-done' : 'restore-elsewhere'}>
        <span class="kp-sign ${isHere ? '' : 'kp-sign--wait'}">${isHere ? icons.check : icons.info}</span>
        <h1 class="utrecht-heading-2" tabindex="-1">${t(isHere ? 'restore.done' : 'restore.elsewhereTitle')}</h1>
        <p>${isHere ? t('restore.doneHelp') : t('restore.movedElsewhere', { phone: this.phone.fund?.phone ?? '' })}</p>
        ${isHere && this.phone.safekeeping.hasPin ? html`<p>${t('restore.pinStays')}</p>` : nothing}
        <button type="button" class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
          data-test="restore-close" @click=${() => this.dispatchEvent(new Event('restored'))}>${t(isHere ? 'pin.toBudget' : 'done')}</button>
      </main>`;
  }

  /** @param {string} text */
  takeOther(text) {
    const handover = handoverInText(text);
    if (handover === null) return false;
    this.handover = handover;
    this.show('confirm');
    return true;
  }

  /** @param {Uint8Array} secret */
  async take(secret) {
    this.secret = secret;
    this.show('pin');
  }

  /** @param {SubmitEvent} event */
  async restore(event) {
    const [pin] = typedIn(event, 'pin');
    const { secret } = this;
    if (!secret) return;
    if (judgePin(pin) === 'form') {
      this.fault = t('pin.form');
      return;
    }
    await this.bring(() => this.phone.safekeeping.restore(secret, pin), 'pin');
  }

  async takeOver() {
    await this.bring(() => this.phone.safekeeping.takeOver(this.handover), 'start');
  }

  /**
   * @param {() => Promise<void>} act
   * @param {string} after The view in which a fault is told.
   */
  async bring(act, after) {
    this.show('busy');
    try {
      await act();
      this.hasBegun = true;
      this.view = 'done';
    } catch (error) {
      this.hasBegun = this.phone.safekeeping.isMoving;
      this.view = error instanceof ApiRefusal && error.reason === 'backup_locked' ? 'locked' : after;
      if (!this.hasBegun) this.fault = explain(error, this.phone);
    }
  }
}

customElements.define('kp-restore', RestoreScreen);
