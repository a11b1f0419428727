// SPDX-License-Identifier: EUPL-1.2
/** @file A screen that fetches what it shows: says so meanwhile, says why when it cannot, and lets try again. */
import { ApiRefusal } from '/static/js/api.js';
import { t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { isSignInRequired } from '../till.js';
import { focusHeading } from './bar.js';
import { reasonWords } from './reason_words.js';

/** Fires `back`, and `sign-in` with `{reason}` when this till must be paired again. */
export class FetchingScreen extends LitElement {
  /** @type {Record<string, {attribute?: boolean, state?: boolean}>} */
  static properties = { office: { attribute: false }, busy: { state: true }, fault: { state: true } };

  constructor() {
    super();
    /** @type {import('../office.js').Office} */
    this.office = /** @type {any} */ (undefined);
    this.busy = false;
    this.fault = '';
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void focusHeading(this);
  }

  /**
   * Does something over the network, and notes what became of it.
   * @param {() => Promise<void>} work
   * @returns {Promise<boolean>} Whether it was done.
   */
  async attempt(work) {
    this.busy = true;
    this.fault = '';
    try {
      await work();
      return true;
    } catch (error) {
      if (isSignInRequired(error)) {
        const { reason } = /** @type {ApiRefusal} */ (error);
        this.dispatchEvent(new CustomEvent('sign-in', { detail: { reason } }));
      }
      this.fault = error instanceof ApiRefusal ? reasonWords(error.reason, error.details).sentence : t('office.noAnswer');
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** @param {() => void} again */
  renderFault(again) {
    if (!this.fault) return nothing;
    return html`
      <div class="kp-notice kp-notice--wait kp-notice--column" role="alert" data-test="office-fault">
        <p>${this.fault}</p>
        <button class="utrecht-button utrecht-button--secondary-action" data-test="office-again" @click=${again}>${t('retry')}</button>
      </div>`;
  }
}
