// SPDX-License-Identifier: EUPL-1.2
/** @file Amount: what the customer has to pay, typed on large keys or on a keyboard. Amounts in euro cents. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { centsOf, press } from '../amount_entry.js';
import { categoryName } from '../parts/category_name.js';
import { icon } from '../parts/icons.js';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '00', '0', 'Backspace'];

/** Fires `entry` with every change, `charge` with `{amountCents, category}`, and `back`. */
export class AmountScreen extends LitElement {
  static properties = {
    maxCents: { attribute: false },
    lowerThanCents: { attribute: false },
    categories: { attribute: false },
    category: { attribute: false },
    entry: { attribute: false },
    notKept: { attribute: false },
    stray: { attribute: false },
    fault: { state: true },
  };

  constructor() {
    super();
    /** What the code allows. */
    this.maxCents = 0;
    /** @type {number | null} What was too much for this code, when less is to be asked. */
    this.lowerThanCents = null;
    /** @type {number[]} */
    this.categories = [];
    /** @type {number | null} */
    this.category = null;
    /** @type {import('../amount_entry.js').Entry} */
    this.entry = /** @type {any} */ (undefined);
    /** Whether the last charge could not be kept, and so was not sent. */
    this.notKept = false;
    /** @type {import('../payment_flow.js').Stray | null} */
    this.stray = null;
    this.fault = '';
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener('keydown', this.onKey);
    void this.updateComplete.then(() => /** @type {HTMLElement | null} */ (this.querySelector('h1'))?.focus());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('keydown', this.onKey);
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    // The last that happened is what is said.
    if (changed.has('stray') && this.stray) this.fault = '';
  }

  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      this.dispatchEvent(new CustomEvent('back'));
      return;
    }
    if (event.key === 'Enter') {
      // A key that is still held was pressed for another screen.
      if (event.repeat) {
        event.preventDefault();
        return;
      }
      // On a button that has the focus, Enter means that button.
      if (event.target instanceof HTMLButtonElement) return;
      event.preventDefault();
      this.submit();
      return;
    }
    if (/^[0-9.,]$|^Backspace$|^Delete$/.test(event.key)) {
      event.preventDefault();
      this.press(event.key);
    }
  };

  /** @param {string} key */
  press(key) {
    this.fault = '';
    this.dispatchEvent(new CustomEvent('entry', { detail: { entry: press(this.entry, key) } }));
  }

  submit() {
    const amountCents = centsOf(this.entry);
    const category = this.categories.length > 1 ? this.category : this.categories[0] ?? this.category;
    if (amountCents === 0) this.fault = t('amount.zero');
    else if (this.lowerThanCents !== null && amountCents >= this.lowerThanCents) this.fault = t('amount.notLower');
    else if (category === null) this.fault = t('amount.categoryMissing');
    else this.dispatchEvent(new CustomEvent('charge', { detail: { amountCents, category } }));
  }

  render() {
    const cents = centsOf(this.entry);
    const max = formatEuros(this.maxCents, language(), { whole: true });
    const above = cents > this.maxCents;
    return html`
      <main class="kp-screen amount" id="content">
        <header class="kp-bar">
          <button class="kp-icon-button" data-test="amount-back" @click=${() => this.dispatchEvent(new CustomEvent('back'))}>
            ${icon('back')} ${t('amount.rescan')}
          </button>
        </header>
        <div class="amount-sheet">
          <h1 class="amount-title" tabindex="-1">${t('amount.title')}</h1>
          <output class="amount-display ${cents ? '' : 'amount-empty'}" data-test="amount-display" aria-live="polite">
            ${formatEuros(cents, language())}
          </output>
          ${this.lowerThanCents === null
            ? html`<p class="amount-max ${above ? 'amount-above' : ''}" data-test="amount-max">${t('amount.max', { max })}</p>`
            : html`<p class="amount-lower" data-test="amount-lower">
                ${t('amount.lower', { amount: formatEuros(this.lowerThanCents, language()) })}
              </p>`}
          ${this.categories.length > 1 ? this.renderCategories() : nothing}
          <p class="amount-fault" role="alert" data-test="amount-fault">${this.said(above, max)}</p>
          <div class="keys" role="group" aria-label=${t('amount.keys')}>${KEYS.map((key) => this.renderKey(key))}</div>
          <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="amount-submit" @click=${this.submit}>
            ${t('amount.submit')}
          </button>
        </div>
      </main>`;
  }

  /**
   * @param {boolean} above
   * @param {string} max
   */
  said(above, max) {
    if (this.fault) return this.fault;
    if (this.stray) return t(this.stray.isCode ? 'amount.otherCode' : 'amount.barcode');
    if (this.notKept) return t('amount.notKept');
    return above ? t('amount.above', { max }) : '';
  }

  /** @param {string} key */
  renderKey(key) {
    if (key === 'Backspace') {
      return html`<button class="key" data-test="key-back" aria-label=${t('amount.erase')}
        @click=${() => this.press(key)}>${icon('erase')}</button>`;
    }
    return html`<button class="key" data-test="key-${key}" @click=${() => this.press(key)}>${key}</button>`;
  }

  renderCategories() {
    return html`
      <fieldset class="categories">
        <legend class="utrecht-form-label">${t('amount.category')}</legend>
        ${this.categories.map((category) => html`
          <label class="category">
            <input type="radio" name="category" value=${category} data-test="category-${category}"
              .checked=${category === this.category} @change=${() => {
                this.category = category;
                this.fault = '';
              }}>
            <span>${categoryName(category)}</span>
          </label>`)}
      </fieldset>`;
  }
}

customElements.define('kp-amount', AmountScreen);
