// SPDX-License-Identifier: EUPL-1.2
/** @file Reads a letter for the screen that needs it: from a picture or from its typed code. */
import { normaliseCode } from '/static/js/core/characters.js';
import { LetterUnreadable, codeInText, parseCode } from '/static/js/core/letter.js';
import { startScanner } from '/static/js/scanner.js';
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import * as icons from './icons.js';
import { Screen } from './screen.js';
import { letterChoices } from './welcome.js';

const CODE_CHARACTERS = 17;

/**
 * A screen that begins with a letter. It has views of its own by name; `scan` and `type` are here. `take` gets the letter's
 * secret. `.code` may hold a code that came with the address.
 */
export class LetterScreen extends Screen {
  static properties = {
    ...Screen.properties, code: { attribute: false }, view: { state: true }, fault: { state: true }, cameraFault: { state: true },
  };

  constructor() {
    super();
    this.code = '';
    /** @type {string} */
    this.view = 'start';
    this.fault = '';
    /** @type {string} */
    this.cameraFault = '';
    /** @type {{stop(): void} | null} */
    this.scanner = null;
    this.ways = { onScan: () => this.openCamera(), onType: () => this.show('type') };
  }

  /** Something is under way that must not be drawn over. */
  get isBusy() {
    return this.view === 'busy';
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.code) this.view = 'type';
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.scanner?.stop();
  }

  /**
   * Does with a letter what the screen is for.
   * @param {Uint8Array} secret
   */
  async take(secret) {
    throw new Error(`a screen takes its letter of ${secret.length} bytes`);
  }

  /**
   * Takes a code that is no letter's; false when the screen has no use for it.
   * @param {string} text
   * @returns {boolean}
   */
  takeOther(text) {
    return text.length === 0;
  }

  /** What helps who is refused; nothing unless a screen has it. */
  wayOut() {
    return /** @type {unknown} */ (nothing);
  }

  /** The two ways to read a letter. */
  choices() {
    return letterChoices(this.ways);
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
          <button type="button" class="kp-icon-button" data-test="letter-back" @click=${() => this.show('start')}>${icons.back}
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
          ${this.wayOut()}
          <button class="utrecht-button utrecht-button--${this.wayOut() === nothing ? 'primary' : 'secondary'}-action kp-button--wide kp-button--large"
            data-test="letter-submit">${t('activate.submit')}</button>
        </form>
      </main>`;
  }

  /**
   * @param {string} title
   * @param {string} help
   */
  turning(title, help) {
    return html`
      <main class="kp-screen centred" aria-busy="true">
        <div class="turning" aria-hidden="true"></div>
        <h1 class="utrecht-heading-2" tabindex="-1">${title}</h1>
        <p class="kp-quiet">${help}</p>
      </main>`;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    // Who reads by ear or uses a keyboard goes on where the new view begins, or where it is wrong.
    if (changed.get('view') !== undefined) {
      /** @type {HTMLElement | null} */ (this.querySelector('[aria-invalid="true"]') ?? this.querySelector('h1'))?.focus();
    }
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

  /** @param {string} view */
  show(view) {
    this.scanner?.stop();
    this.scanner = null;
    this.fault = '';
    this.view = view;
  }

  /** @param {string} text */
  seen(text) {
    if (this.takeOther(text)) return;
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
      await this.take(secret);
    } catch (error) {
      if (!(error instanceof LetterUnreadable)) throw error;
      this.fault = t(normaliseCode(this.code).length === CODE_CHARACTERS ? 'activate.wrongCharacter' : 'activate.wrongLength');
    }
  }
}
