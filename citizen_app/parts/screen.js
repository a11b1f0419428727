// SPDX-License-Identifier: EUPL-1.2
/** @file What every screen of this app is: drawn in the page itself, and again when the phone or the language changes. */
import { onLanguageChange } from '/static/js/text.js';
import { LitElement } from '/static/vendor/lit.js';
import { installation } from '../install.js';

/** @typedef {import('../phone.js').Phone} Phone */

/** A screen. `phone` is given by main.js. */
export class Screen extends LitElement {
  static properties = { phone: { attribute: false } };

  constructor() {
    super();
    /** @type {Phone} */
    this.phone = /** @type {any} */ (undefined);
    this.redraw = () => this.requestUpdate();
    onLanguageChange(this.redraw);
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.phone.addEventListener('change', this.redraw);
    installation.addEventListener('change', this.redraw);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.phone.removeEventListener('change', this.redraw);
    installation.removeEventListener('change', this.redraw);
  }
}
