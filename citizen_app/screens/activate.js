// SPDX-License-Identifier: EUPL-1.2
/** @file Start: puts the vouchers of a letter on this phone, from a picture of the letter or from its typed code. */
import { ApiRefusal, NoAnswer } from '/static/js/api.js';
import { LetterUnreadable, codeInText, normaliseCode, parseCode } from '/static/js/core/letter.js';
import { startScanner } from '/static/js/scanner.js';
import { reasonText, t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { languageChoice, titleBar } from '../parts/bar.js';
import * as icons from '../parts/icons.js';
import { Screen } from '../parts/screen.js';
import { LetterUsedElsewhere } from '../phone.js';

const CODE_CHARACTERS = 17;

/** `.code` may hold a code that came with the address. Fires `activated`. */
export class ActivateScreen extends Screen {
  static properties = {
    ...Screen.properties, code: { attribute: false }, view: { state: true }, fault: { state: true }, cameraFault: { state: true },
  };

  constructor() {
    super();
    this.code = '';
    /** @type {'start' | 'scan' | 'type' | 'busy'} */
    this.view = 'start';
    this.fault = '';
    /** @type {string} */
    this.cameraFault = '';
    /** @type {{stop(): void} | null} */
    this.scanner = null;
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.code) this.view = 'type';
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.scanner?.stop();
  }

  render() {
    if (this.phone.isWaiting && this.view !== 'busy') return this.waiting();
    return { start: () => this.start(), scan: () => this.scan(), type: () => this.type(), busy: () => this.busy() }[this.view]();
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
          <div class="kp-stack">
            <button type="button" class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
              data-test="letter-scan" @click=${() => this.openCamera()}>${icons.camera}${t('activate.scan')}</button>
            <button type="button" class="utrecht-button utrecht-button--secondary-action kp-button--wide kp-button--large"
              data-test="letter-type" @click=${() => this.show('type')}>${icons.keyboard}${t('activate.type')}</button>
          </div>
        </div>
        <p class="kp-quiet kp-push">${t('activate.noLetter')}</p>
      </main>`;
  }

  scan() {
    return html`
      <main class="camera">
        <video class="camera__picture" muted playsinline aria-label=${t('activate.aim')}></video>
        <div class="camera__frame" aria-hidden="true"></div>
        <div class="camera__words">
          <h1 class="camera__title" tabindex="-1">${t('activate.aim')}</h1>
          ${this.fault ? html`<p class="kp-notice kp-notice--bad" role="alert">${this.fault}</p>` : nothing}
          <button type="button" class="utrecht-button utrecht-button--secondary-action kp-button--wide"
            @click=${() => this.show('type')}>${t('activate.typeInstead')}</button>
        </div>
        <button type="button" class="kp-icon-button camera__close" @click=${() => this.show('start')}>${icons.cross}
          <span class="kp-hidden">${t('close')}</span></button>
      </main>`;
  }

  type() {
    return html`
      <main class="kp-screen">
        <header class="kp-bar">
          <button type="button" class="kp-icon-button" @click=${() => this.show('start')}>${icons.back}
            <span class="kp-hidden">${t('back')}</span></button>
          <h1 class="kp-bar__title" tabindex="-1">${t('activate.typeTitle')}</h1>
        </header>
        ${this.cameraFault ? html`<p class="kp-notice kp-notice--wait" role="alert" data-test="camera-refused">${icons.camera}
          <span>${t(`camera.${this.cameraFault}`)}</span></p>` : nothing}
        <form class="kp-stack kp-stack--wide" novalidate @submit=${this.submit}>
          <div class="kp-field">
            <label class="utrecht-form-label" for="letter-code">${t('activate.code')}</label>
            <p class="utrecht-form-field-description" id="letter-code-help">${t('activate.codeHelp')}</p>
            <input class="utrecht-textbox utrecht-textbox--html-input letter-code ${this.fault ? 'utrecht-textbox--invalid' : ''}"
              id="letter-code" data-test="letter-code" name="code" .value=${this.code} @input=${this.typed}
              autocomplete="off" autocapitalize="characters" autocorrect="off" spellcheck="false" enterkeyhint="go"
              placeholder="XXXX-XXXX-XXXX-XXXX-X" maxlength="32" aria-invalid=${this.fault ? 'true' : 'false'}
              aria-describedby="letter-code-help ${this.fault ? 'letter-code-fault' : ''}">
            ${this.fault ? html`<p class="utrecht-form-field-error-message" id="letter-code-fault" role="alert"
              data-test="letter-fault">${this.fault}</p>` : nothing}
          </div>
          <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
            data-test="letter-submit">${t('activate.submit')}</button>
        </form>
      </main>`;
  }

  busy() {
    return html`
      <main class="kp-screen centred" aria-busy="true">
        <div class="turning" aria-hidden="true"></div>
        <h1 class="utrecht-heading-2" tabindex="-1">${t('activate.busy')}</h1>
        <p class="kp-quiet">${t('activate.busyHelp')}</p>
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

  updated() {
    if (this.view !== 'scan' || this.scanner) return;
    const video = this.querySelector('video');
    if (!video) return;
    this.scanner = startScanner({
      video,
      onText: (text) => this.seen(text),
      onError: ({ fault }) => {
        this.show('type');
        this.cameraFault = fault;
      },
    });
  }

  openCamera() {
    this.cameraFault = '';
    this.show('scan');
  }

  /** @param {'start' | 'scan' | 'type'} view */
  show(view) {
    this.scanner?.stop();
    this.scanner = null;
    this.fault = '';
    this.view = view;
  }

  /** @param {string} text */
  seen(text) {
    try {
      const code = codeInText(text);
      parseCode(code);
      this.code = code;
      this.send();
    } catch (error) {
      if (!(error instanceof LetterUnreadable)) throw error;
      this.fault = t('activate.notALetter');
    }
  }

  /** @param {InputEvent} event */
  typed(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const atEnd = input.selectionStart === input.value.length;
    this.code = input.value;
    if (!atEnd || event.inputType?.startsWith('delete')) return;
    const groups = normaliseCode(input.value).slice(0, CODE_CHARACTERS).match(/.{1,4}/g) ?? [];
    this.code = groups.join('-');
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    event.preventDefault();
    this.send();
  }

  async send() {
    try {
      const secret = parseCode(codeInText(this.code.trim()));
      this.show('type');
      this.view = 'busy';
      await this.phone.activate(secret);
      this.dispatchEvent(new Event('activated'));
    } catch (error) {
      this.view = 'type';
      this.fault = this.explain(error);
    }
  }

  /** @param {unknown} error */
  explain(error) {
    if (error instanceof LetterUnreadable) {
      return t(normaliseCode(this.code).length === CODE_CHARACTERS ? 'activate.wrongCharacter' : 'activate.wrongLength');
    }
    const phone = this.phone.fund?.phone ?? '';
    if (error instanceof LetterUsedElsewhere) return t('activate.usedElsewhere', { phone });
    if (error instanceof NoAnswer) return t('activate.noAnswer');
    if (error instanceof ApiRefusal) {
      const known = `activate.refused.${error.reason}`;
      return t(known, { phone }) === known ? reasonText(error.reason, { phone, ...error.details }).sentence : t(known, { phone });
    }
    throw error;
  }
}

customElements.define('kp-activate', ActivateScreen);
