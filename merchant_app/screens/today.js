// SPDX-License-Identifier: EUPL-1.2
/** @file Today: the shop's payments of today with their total, and what still waits for an answer. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { bar, focusHeading } from '../parts/bar.js';
import { icon } from '../parts/icons.js';
import { momentWords } from '../parts/moment.js';
import { paymentLine } from '../parts/payment_line.js';

/** Fires `back`, `refresh`, `ask-now`, `days`, and `open` with `{payment}`. */
export class TodayScreen extends LitElement {
  static properties = {
    summary: { attribute: false },
    stale: { attribute: false },
    unanswered: { attribute: false },
    isPractice: { attribute: false },
  };

  constructor() {
    super();
    /** @type {import('../till.js').Summary | null} */
    this.summary = null;
    /** Whether the last attempt to fetch the list failed. */
    this.stale = false;
    /** @type {import('../pending.js').Pending[]} */
    this.unanswered = [];
    /** Whether the list is of practice: there are no other days then. */
    this.isPractice = false;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.dispatchEvent(new CustomEvent('refresh'));
    void focusHeading(this);
  }

  render() {
    const { summary } = this;
    return html`
      <main class="kp-screen" id="content">
        ${bar(this, html`
          <button class="kp-icon-button" data-test="refresh" @click=${() => this.dispatchEvent(new CustomEvent('refresh'))}>
            ${icon('turning')} ${t('today.refresh')}
          </button>`)}
        <div class="kp-stack kp-stack--wide">
          <h1 class="utrecht-heading-1" tabindex="-1">${t('today.title')}</h1>
          ${this.unanswered.length ? this.renderWaiting() : nothing}
          ${this.stale ? html`
            <p class="kp-notice kp-notice--wait" role="status">
              ${summary ? t('today.offline', { moment: momentWords(summary.at) }) : t('today.noList')}
            </p>` : nothing}
          ${summary ? html`
            <div class="total">
              <p class="total-amount" data-test="today-total">${formatEuros(summary.totalCents, language())}</p>
              <p class="total-count" data-test="today-count">${t('scan.payments', { count: summary.count })}</p>
            </div>
            ${summary.redemptions.length
              ? html`<ul class="kp-list" aria-label=${t('today.list')}>${summary.redemptions.map((one) => paymentLine(one, { onOpen: (payment) => this.open(payment) }))}</ul>`
              : html`<p class="utrecht-paragraph">${t('today.none')}</p>`}` : nothing}
          ${this.isPractice ? nothing : html`
            <button class="utrecht-button utrecht-button--secondary-action" data-test="open-period"
              @click=${() => this.dispatchEvent(new CustomEvent('days'))}>${icon('calendar')} ${t('today.otherDays')}</button>`}
        </div>
      </main>`;
  }

  renderWaiting() {
    return html`
      <section class="waiting" aria-labelledby="waiting-title" data-test="waiting-list">
        <h2 class="waiting-title" id="waiting-title">${icon('turning')} ${t('today.waiting')}</h2>
        <p class="waiting-intro">${t('today.waitingIntro')}</p>
        <ul class="kp-list">
          ${this.unanswered.map((request) => html`
            <li class="kp-list__line" data-test="waiting-item">
              <span class="line-what">
                ${t(request.kind === 'refund' ? 'today.askedRefund' : 'today.asked', { moment: momentWords(request.askedAt) })}
              </span>
              <span class="kp-figures kp-strong">${formatEuros(request.amountCents, language())}</span>
            </li>`)}
        </ul>
        <button class="utrecht-button utrecht-button--secondary-action" data-test="ask-now" @click=${() => this.dispatchEvent(new CustomEvent('ask-now'))}>
          ${t('today.askNow')}
        </button>
      </section>`;
  }

  /** @param {import('../till.js').Redemption} payment */
  open(payment) {
    this.dispatchEvent(new CustomEvent('open', { detail: { payment } }));
  }
}

customElements.define('kp-today', TodayScreen);
