// SPDX-License-Identifier: EUPL-1.2
/** @file A camera in a box that looks for one QR code. The till's own screen for customers' codes is screens/scan.js. */
import { startScanner } from '/static/js/scanner.js';
import { t } from '/static/js/text.js';
import { LitElement, html } from '/static/vendor/lit.js';

/** A code that stays in view is told once in this time. */
const SAME_MILLISECONDS = 2000;

/** Fires `text` with `{text}` for every code in view. */
export class CodeCamera extends LitElement {
  static properties = { camera: { state: true } };

  /** @type {import('/static/js/scanner.js').Scanner | null} */
  #scanner = null;
  #told = { text: '', at: 0 };

  constructor() {
    super();
    /** @type {'starting' | 'on' | import('/static/js/scanner.js').CameraFault} */
    this.camera = 'starting';
  }

  createRenderRoot() {
    return this;
  }

  firstUpdated() {
    const video = /** @type {HTMLVideoElement} */ (this.querySelector('video'));
    this.#scanner = startScanner({
      video,
      worker: new URL('../scanner_worker.js', import.meta.url),
      onText: (text) => this.tell(text),
      onReady: () => {
        this.camera = 'on';
      },
      onError: (error) => {
        this.camera = error.fault;
      },
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#scanner?.stop();
  }

  /** @param {string} text */
  tell(text) {
    if (text === this.#told.text && Date.now() - this.#told.at < SAME_MILLISECONDS) return;
    this.#told = { text, at: Date.now() };
    this.dispatchEvent(new CustomEvent('text', { detail: { text } }));
  }

  render() {
    const isFault = this.camera !== 'on' && this.camera !== 'starting';
    return html`
      <div class="code-camera">
        <video class="code-camera-picture" muted playsinline ?hidden=${this.camera !== 'on'}></video>
        ${this.camera === 'starting' ? html`<p class="code-camera-says" role="status">${t('scan.starting')}</p>` : ''}
        ${isFault ? html`<p class="code-camera-says" role="alert" data-test="camera-fault">${t(`scan.${this.camera}`)}</p>` : ''}
      </div>`;
  }
}

customElements.define('kp-code-camera', CodeCamera);
