// SPDX-License-Identifier: EUPL-1.2
/** @file A PIN beside the letter: with both the budget comes back when this phone is lost. Asked after a letter; may be skipped. */
import { judgePin } from '/static/js/core/backup.js';
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { titleBar } from '../parts/bar.js';
import { explain } from '../parts/faults.js';
import * as icons from '../parts/icons.js';
import { LetterScreen } from '../parts/letter_screen.js';
import { pinField, typedIn } from '../parts/pin_field.js';

/** `.secret` is of a letter that was opened just now; without it the letter is asked for first. */
export class PinScreen extends LetterScreen {
  static properties = { ...LetterScreen.properties, secret: { attribute: false }, isSent: { state: true } };

  constructor() {
    super();
    /** @type {Uint8Array | null} */
    this.secret = null;
    this.isFresh = false;
    this.isSent = true;
    /** Whether the PIN was typed the same twice; if not, that is the fault. */
    this.isSame = true;
  }

  connectedCallback() {
    super.connectedCallback();
    this.isFresh = this.secret !== null;
    if (this.isFresh) this.view = 'pin';
  }

  render() {
    if (this.view === 'scan') return this.scan();
    if (this.view === 'type') return this.type();
    if (this.view === 'pin') return this.choose();
    if (this.view === 'busy') return this.turning(t('pin.busy'), t('pin.busyHelp'));
    return this.view === 'done' ? this.done() : this.start();
  }

  start() {
    return html`
      <main class="kp-screen">
        ${titleBar(t('pin.title'))}
        <p>${t('pin.why')}</p>
        ${this.phone.safekeeping.hasPin ? html`<p class="kp-notice" data-test="pin-kept">${icons.check}<span>${t('pin.kept')}</span></p>` : nothing}
        <p class="kp-strong">${t('pin.letterFirst')}</p>
        ${this.choices()}
      </main>`;
  }

  choose() {
    return html`
      <main class="kp-screen">
        ${this.isFresh ? html`<header class="kp-bar"><h1 class="kp-bar__title" tabindex="-1">${t('pin.title')}</h1></header>` : titleBar(t('pin.title'))}
        <p>${t('pin.why')}</p>
        <form class="kp-stack kp-stack--wide" novalidate data-test="pin-form" @submit=${this.keep}>
          ${pinField({ name: 'pin', label: t('pin.label'), help: t('pin.help'), fault: this.isSame ? this.fault : '' })}
          ${pinField({ name: 'pin-again', label: t('pin.again'), fault: this.isSame ? '' : this.fault })}
          <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
            data-test="pin-submit">${t('pin.submit')}</button>
        </form>
        ${this.isFresh ? html`<a class="utrecht-button utrecht-button--subtle kp-button--wide" href="#/" data-test="pin-skip">${t('pin.skip')}</a>` : nothing}
      </main>`;
  }

  done() {
    return html`
      <main class="kp-screen centred" data-test="pin-done">
        <span class="kp-sign">${icons.check}</span>
        <h1 class="utrecht-heading-2" tabindex="-1">${t('pin.done')}</h1>
        ${this.isSent ? nothing : html`<p class="kp-notice">${icons.cloudOff}<span>${t('pin.sentLater')}</span></p>`}
        <p>${t('pin.doneHelp')}</p>
        <p>${t('pin.notOnLetter')}</p>
        <a class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" href="#/"
          data-test="pin-close">${t('pin.toBudget')}</a>
      </main>`;
  }

  /** @param {Uint8Array} secret */
  async take(secret) {
    this.secret = secret;
    this.show('pin');
  }

  /** @param {SubmitEvent} event */
  async keep(event) {
    const [pin, again] = typedIn(event, 'pin', 'pin-again');
    const judgement = judgePin(pin);
    this.isSame = judgement !== 'good' || pin === again;
    if (judgement !== 'good') this.fault = t(`pin.${judgement}`);
    else if (!this.isSame) this.fault = t('pin.notTheSame');
    else await this.choosePin(pin);
  }

  /** @param {string} pin */
  async choosePin(pin) {
    if (!this.secret) return;
    this.show('busy');
    try {
      await this.phone.safekeeping.choosePin(this.secret, pin);
      [this.isSent, this.view] = [true, 'done'];
    } catch (error) {
      const isKept = this.phone.safekeeping.isWaitingToSend;
      this.view = isKept ? 'done' : 'pin';
      this.isSent = !isKept;
      if (!isKept) this.fault = explain(error, this.phone);
    }
  }
}

customElements.define('kp-pin', PinScreen);
