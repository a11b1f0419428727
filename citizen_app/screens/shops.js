// SPDX-License-Identifier: EUPL-1.2
/** @file Where can I pay: the shops that take part, by kind of purchase, with a search box. */
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { notices, titleBar } from '../parts/bar.js';
import { Screen } from '../parts/screen.js';

/** @typedef {import('../phone.js').Shop} Shop */

/** The list of shops. */
export class ShopsScreen extends Screen {
  static properties = { ...Screen.properties, search: { state: true }, kind: { state: true } };

  constructor() {
    super();
    this.search = '';
    /** The kind of purchase to show; 0 for all. */
    this.kind = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.phone.readShops();
  }

  render() {
    const { shops } = this.phone;
    const found = (shops ?? []).filter((shop) => this.fits(shop));
    const categories = kindsOf(found).filter((one) => !this.kind || one === this.kind);
    return html`
      <main class="kp-screen">
        ${titleBar(t('shops.title'))}
        ${notices(this.phone)}
        <div class="kp-field">
          <label class="utrecht-form-label" for="shop-search">${t('shops.search')}</label>
          <input class="utrecht-textbox utrecht-textbox--html-input" id="shop-search" data-test="shop-search" type="search"
            autocomplete="off" .value=${this.search}
            @input=${(/** @type {InputEvent} */ event) => { this.search = /** @type {HTMLInputElement} */ (event.target).value; }}>
        </div>
        ${this.kinds(kindsOf(shops ?? []))}
        <p class="kp-hidden" role="status">${shops ? t('shops.found', { count: found.length }) : t('loading')}</p>
        ${!shops ? html`<p class="kp-quiet">${this.phone.isOffline ? t('offline') : t('loading')}</p>`
    : found.length === 0 ? html`<p>${t('shops.none')}</p>` : nothing}
        ${categories.map((category) => html`
          <section class="kp-stack shops__kind">
            <h2 class="utrecht-heading-3">${t(`category.${category}`)}</h2>
            <ul class="kp-list">${found.filter((shop) => shop.categories.includes(category)).map((shop) => html`
              <li class="shop" data-test="shop">
                <span class="kp-strong">${shop.name}</span>
                <span>${[shop.street, shop.town].filter(Boolean).join(', ')}</span>
                ${shop.opening ? html`<span class="kp-quiet">${shop.opening}</span>` : nothing}
              </li>`)}</ul>
          </section>`)}
      </main>`;
  }

  /**
   * The kinds of purchase, to choose one with a tap.
   * @param {number[]} kinds
   */
  kinds(kinds) {
    if (kinds.length < 2) return nothing;
    return html`
      <div class="kp-choices" role="group" aria-label=${t('shops.kinds')}>
        ${[0, ...kinds].map((kind) => html`<button type="button" class="kp-choice" data-test="shop-kind" data-kind=${kind}
          aria-pressed=${kind === this.kind} @click=${() => { this.kind = kind; }}>${kind ? t(`category.${kind}`) : t('shops.allKinds')}</button>`)}
      </div>`;
  }

  /** @param {Shop} shop */
  fits({ name, street, town, categories }) {
    if (this.kind && !categories.includes(this.kind)) return false;
    const words = [name, street, town, ...categories.map((one) => t(`category.${one}`))].join(' ').toLowerCase();
    return this.search.toLowerCase().split(/\s+/).every((word) => words.includes(word));
  }
}

/**
 * @param {Shop[]} shops
 * @returns {number[]} The kinds of purchase that they sell, in order.
 */
function kindsOf(shops) {
  return [...new Set(shops.flatMap(({ categories }) => categories))].sort((one, other) => one - other);
}

customElements.define('kp-shops', ShopsScreen);
