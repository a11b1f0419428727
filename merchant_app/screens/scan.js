// SPDX-License-Identifier: EUPL-1.2
/** @file Scan: the camera fills the screen and looks for a customer's code; a code can be typed too. */
import { startScanner } from '/static/js/scanner.js';
import { t } from '/static/js/text.js';
import { keepAwake } from '/static/js/wake_lock.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { icon } from '../parts/icons.js';
import { PRACTICE_CODES, practiceText } from '../practice.js';
import { todayLine } from '../parts/summary_lines.js';

/** @typedef {import('/static/js/scanner.js').Scanner} Scanner */
/** @typedef {import('../till.js').Till} Till */

/** A camera that nobody uses rests after this time: it warms the phone. */
const REST_MILLISECONDS = 5 * 60 * 1000;

/** Fires `code` with a text, and `open` with the name of a screen. */
export class ScanScreen extends LitElement {
  static properties = {
    till: { attribute: false },
    summary: { attribute: false },
    waiting: { attribute: false },
    ignored: { attribute: false },
    isPractice: { attribute: false },
    camera: { state: true },
    torch: { state: true },
    typing: { state: true },
    fault: { state: true },
  };

  /** @type {Scanner | null} */
  #scanner = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;
  #letSleep = () => {};

  constructor() {
    super();
    /** @type {Till} */
    this.till = /** @type {any} */ (undefined);
    /** @type {import('../till.js').Summary | null} */
    this.summary = null;
    /** How many charges wait for an answer. */
    this.waiting = 0;
    /** The code that was handled last, and until when (milliseconds) it is not taken again while it stays in view. */
    this.ignored = { text: '', until: 0 };
    /** Whether codes are chosen instead of scanned. */
    this.isPractice = false;
    /** @type {'starting' | 'on' | 'resting' | import('/static/js/scanner.js').CameraFault} */
    this.camera = 'starting';
    this.torch = false;
    this.typing = false;
    this.fault = '';
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.onVisibility);
    void this.updateComplete.then(() => this.startCamera());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.stopCamera();
  }

  onVisibility = () => {
    if (document.hidden) this.stopCamera();
    else if (!this.typing) this.startCamera();
  };

  startCamera() {
    const video = this.querySelector('video');
    if (!video || !this.isConnected || document.hidden || this.typing || this.isPractice) return;
    this.stopCamera();
    this.camera = 'starting';
    this.#scanner = startScanner({
      video,
      onText: (text) => this.take(text),
      worker: new URL('../scanner_worker.js', import.meta.url),
      onReady: () => {
        this.camera = 'on';
      },
      onError: (error) => {
        this.stopCamera();
        this.camera = error.fault;
      },
    });
    this.#rest = setTimeout(() => {
      this.stopCamera();
      this.camera = 'resting';
    }, REST_MILLISECONDS);
    this.#letSleep = keepAwake();
  }

  stopCamera() {
    clearTimeout(this.#rest);
    this.#scanner?.stop();
    this.#scanner = null;
    this.torch = false;
    this.#letSleep();
    this.#letSleep = () => {};
  }

  /** @param {string} text */
  take(text) {
    if (text === this.ignored.text && Date.now() < this.ignored.until) return;
    // A till that was just paired still looks at the code that paired it.
    if (text.includes('#koppel=')) return;
    this.stopCamera();
    this.dispatchEvent(new CustomEvent('code', { detail: { text } }));
  }

  async toggleTorch() {
    const isOn = !this.torch;
    try {
      await this.#scanner?.setTorch(isOn);
      this.torch = isOn;
    } catch {
      // Some cameras have a light and refuse it: the button stays as the light is.
    }
  }

  async type() {
    this.typing = true;
    this.fault = '';
    this.stopCamera();
    await this.updateComplete;
    this.querySelector('input')?.focus();
  }

  async stopTyping() {
    this.typing = false;
    await this.updateComplete;
    this.startCamera();
  }

  /** @param {SubmitEvent} event */
  submitTyped(event) {
    event.preventDefault();
    const text = (this.querySelector('input')?.value ?? '').trim().toUpperCase();
    if (text) this.dispatchEvent(new CustomEvent('code', { detail: { text } }));
    else this.fault = t('scan.typeMissing');
  }

  /** @param {'today' | 'menu'} screen */
  open(screen) {
    this.dispatchEvent(new CustomEvent('open', { detail: { screen } }));
  }

  /** What the shop is suspended from, as last known. */
  get suspended() {
    return (this.till.record?.standings ?? []).filter(({ because }) => because !== null);
  }

  render() {
    const { shopName, name } = this.till.record ?? { shopName: '', name: '' };
    return html`
      <main class="scan ${this.typing ? 'scan-typing' : ''}" id="content">
        <h1 class="kp-hidden">${t('scan.title')}</h1>
        <video class="scan-picture" muted playsinline ?hidden=${this.camera !== 'on' || this.typing}></video>
        <header class="scan-top">
          <div class="scan-place"><strong>${shopName}</strong><span>${name}</span></div>
          <button class="scan-today" data-test="open-today" @click=${() => this.open('today')}>
            ${todayLine(this.summary)} ${icon('forward')}
          </button>
          ${this.waiting ? html`
            <button class="scan-waiting" data-test="waiting" @click=${() => this.open('today')}>
              ${icon('turning')} ${t('scan.waiting', { count: this.waiting })}
            </button>` : nothing}
          ${this.isPractice ? nothing : this.suspended.map(({ programmeName, because }) => html`
            <p class="scan-suspended" role="status" data-test="suspended">
              ${icon('cross')} <span>${t('scan.suspended', { programme: programmeName, why: t(`suspended.${because}`) })}</span>
            </p>`)}
        </header>
        ${this.typing ? this.renderTyping() : this.renderCamera()}
      </main>`;
  }

  renderCamera() {
    const torchAvailable = this.camera === 'on' && this.#scanner?.torchAvailable;
    return html`
      <div class="scan-middle">${this.isPractice ? this.renderPractice() : this.renderMiddle()}</div>
      <footer class="scan-bottom">
        ${torchAvailable ? html`
          <button class="scan-button" aria-pressed=${this.torch} data-test="torch" @click=${this.toggleTorch}>
            ${icon('torch')} ${this.torch ? t('scan.torchOff') : t('scan.torchOn')}
          </button>` : nothing}
        ${this.isPractice ? nothing : html`
          <button class="scan-button" data-test="type-code" @click=${this.type}>
            ${icon('keyboard')} ${t('scan.type')}
          </button>`}
        <button class="scan-button" data-test="open-menu" @click=${() => this.open('menu')}>
          ${icon('menu')} ${t('scan.menu')}
        </button>
      </footer>`;
  }

  renderMiddle() {
    switch (this.camera) {
      case 'on':
        return html`
          <div class="scan-frame" data-test="camera-on"><i></i><i></i><i></i><i></i></div>
          <p class="scan-hint">${t('scan.hint')}</p>`;
      case 'starting':
        return html`<p class="scan-hint" role="status">${t('scan.starting')}</p>`;
      case 'resting':
        return html`
          <button class="utrecht-button utrecht-button--primary-action" data-test="camera-wake" @click=${this.startCamera}>
            ${icon('camera')} ${t('scan.cameraOn')}
          </button>`;
      default:
        return html`
          <p class="scan-fault" role="alert" data-test="camera-fault">${t(`scan.${this.camera}`)}</p>
          <button class="utrecht-button utrecht-button--primary-action" @click=${this.startCamera}>${icon('camera')} ${t('scan.cameraOn')}</button>`;
    }
  }

  renderPractice() {
    const customer = Date.now();
    return html`
      <h2 class="scan-practice-title">${t('practice.choose')}</h2>
      <div class="scan-practice">
        ${PRACTICE_CODES.map((code) => html`
          <button class="scan-button" data-test="practice-${code}"
            @click=${() => this.take(practiceText(code, customer))}>${t(`practice.code.${code}`)}</button>`)}
      </div>`;
  }

  renderTyping() {
    return html`
      <form class="scan-middle scan-form" novalidate @submit=${this.submitTyped}>
        <h2 class="utrecht-heading-2">${t('scan.typeTitle')}</h2>
        <div class="kp-field utrecht-form-field ${this.fault ? 'utrecht-form-field--invalid' : ''}">
          <label class="utrecht-form-label" for="typed-code">${t('scan.typeLabel')}</label>
          <p class="utrecht-form-field-description" id="typed-code-hint">${t('scan.typeHint')}</p>
          ${this.fault ? html`<p class="utrecht-form-field-error-message" id="typed-code-fault" role="alert">${this.fault}</p>` : nothing}
          <input class="utrecht-textbox code" id="typed-code" data-test="code-input" autocomplete="off" spellcheck="false"
            autocapitalize="characters" autocorrect="off" aria-invalid=${this.fault ? 'true' : 'false'}
            aria-describedby="typed-code-hint ${this.fault ? 'typed-code-fault' : ''}">
        </div>
        <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="code-submit">${t('scan.typeSubmit')}</button>
        <button class="utrecht-button utrecht-button--secondary-action kp-button--wide" type="button" data-test="code-cancel" @click=${this.stopTyping}>${t('back')}</button>
      </form>`;
  }
}

customElements.define('kp-scan', ScanScreen);
