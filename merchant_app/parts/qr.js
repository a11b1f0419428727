// SPDX-License-Identifier: EUPL-1.2
/** @file A QR code as wide as its place: black on white in every colour scheme, error correction M. */
import { correction, generate } from '/static/vendor/lean-qr.js';
import { LitElement, html } from '/static/vendor/lit.js';

const QUIET_MODULES = 4;

/** `<kp-qr>`: draws `.text`. */
export class Qr extends LitElement {
  static properties = { text: { attribute: false }, label: { attribute: false } };

  constructor() {
    super();
    this.text = '';
    this.label = '';
  }

  createRenderRoot() {
    return this;
  }

  render() {
    return html`<canvas class="qr" role="img" aria-label=${this.label}></canvas>`;
  }

  updated() {
    const canvas = this.querySelector('canvas');
    if (!canvas || !this.text) return;
    generate(this.text, { minCorrectionLevel: correction.M, maxCorrectionLevel: correction.M })
      .toCanvas(canvas, { on: [0, 0, 0, 255], off: [255, 255, 255, 255], pad: QUIET_MODULES });
  }
}

customElements.define('kp-qr', Qr);
