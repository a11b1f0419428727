// SPDX-License-Identifier: EUPL-1.2
/** @file Today: the shop's payments of today with their total, and what still waits for an answer. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatTime } from '/static/js/time.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { categoryName } from '../parts/category_name.js';
import { icon } from '../parts/icons.js';

/** Fires `back`, `refresh` and `ask-now`. */
export class TodayScreen extends LitElement {
  static properties = {
    summary: { attribute: false },
    stale: { attribute: false },
    unanswered: { attribute: false },
  };

  constructor() {
    super();
    /** @type {import('../till.js').Summary | null} */
    this.summary = null;
    /** Whether the last attempt to fetch the list failed. */
    this.stale = false;
    /** @type {import('../pending.js').Pending[]} */
    this.unanswered = [];
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.dispatchEvent(new CustomEvent('refresh'));
    void this.updateComplete.then(() => /** @type {HTMLElement | null} */ (this.querySelector('h1'))?.focus());
  }

  render() {
    const { summary } = this;
    return html`
      <main class="kp-screen" id="content">
        <header class="kp-bar">
          <button class="kp-icon-button" data-test="back" @click=${() => this.dispatchEvent(new CustomEvent('back'))}>
            ${icon('back')} ${t('back')}
          </button>
          <button class="kp-icon-button" data-test="refresh" @click=${() => this.dispatchEvent(new CustomEvent('refresh'))}>
            ${icon('turning')} ${t('today.refresh')}
          </button>
        </header>
        <div class="kp-stack kp-stack--wide">
          <h1 class="utrecht-heading-1" tabindex="-1">${t('today.title')}</h1>
          ${this.unanswered.length ? this.renderWaiting() : nothing}
          ${this.stale ? html`
            <p class="kp-notice kp-notice--wait" role="status">
              ${summary ? t('today.offline', { time: formatTime(summary.at, language()) }) : t('today.noList')}
            </p>` : nothing}
          ${summary ? html`
            <div class="total">
              <p class="total-amount" data-test="today-total">${formatEuros(summary.totalCents, language())}</p>
              <p class="total-count" data-test="today-count">${t('scan.payments', { count: summary.count })}</p>
            </div>
            ${summary.redemptions.length
              ? html`<ul class="kp-list" aria-label=${t('today.list')}>${summary.redemptions.map((one) => this.renderLine(one))}</ul>`
              : html`<p class="utrecht-paragraph">${t('today.none')}</p>`}` : nothing}
        </div>
      </main>`;
  }

  renderWaiting() {
    return html`
      <section class="waiting" aria-labelledby="waiting-title" data-test="waiting-list">
        <h2 class="waiting-title" id="waiting-title">${icon('turning')} ${t('today.waiting')}</h2>
        <p class="waiting-intro">${t('today.waitingIntro')}</p>
        <ul class="kp-list">
          ${this.unanswered.map((charge) => html`
            <li class="kp-list__line" data-test="waiting-item">
              <span class="line-what">${t('today.asked', { time: formatTime(charge.askedAt, language()) })}</span>
              <span class="kp-figures kp-strong">${formatEuros(charge.amountCents, language())}</span>
            </li>`)}
        </ul>
        <button class="utrecht-button utrecht-button--secondary-action" data-test="ask-now" @click=${() => this.dispatchEvent(new CustomEvent('ask-now'))}>
          ${t('today.askNow')}
        </button>
      </section>`;
  }

  /** @param {import('../till.js').Redemption} one */
  renderLine(one) {
    const refunded = one.refundedCents
      ? ` · ${t('today.refunded', { amount: formatEuros(one.refundedCents, language()) })}` : '';
    return html`
      <li class="kp-list__line" data-test="today-item">
        <span class="line-what">${t('today.at', { time: formatTime(one.at, language()) })}
          <small>${categoryName(one.category)} · ${one.tillName}${refunded}</small></span>
        <span class="kp-figures kp-strong">${formatEuros(one.amountCents, language())}</span>
      </li>`;
  }
}

customElements.define('kp-today', TodayScreen);
