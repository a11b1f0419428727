// SPDX-License-Identifier: EUPL-1.2
/** @file Budget: what is left, until when, for which child; and the way to a code. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { formatDate } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import { notices } from '../parts/bar.js';
import { childName, hindrance, payable } from '../parts/children.js';
import * as icons from '../parts/icons.js';
import { keepHints } from '../parts/keep_hints.js';
import { entryLine, listEntries } from '../parts/payment_line.js';
import { Screen } from '../parts/screen.js';

/** @typedef {import('../phone.js').Voucher} Voucher */

const LAST_ENTRIES = 3;
const NAME_LENGTH = 24;

/** The first screen once a letter is on the phone. */
export class BudgetScreen extends Screen {
  static properties = { ...Screen.properties, naming: { state: true } };

  constructor() {
    super();
    /** @type {number | null} The voucher whose child is being given a name. */
    this.naming = null;
  }

  render() {
    const { vouchers } = this.phone;
    const entries = listEntries(this.phone.payments);
    const open = vouchers.filter((one) => !['ended', 'notStarted'].includes(hindrance(one) ?? ''));
    const total = open.reduce((sum, one) => sum + one.balanceCents, 0);
    const canPay = payable(this.phone).length > 0 && !this.phone.isUnknown;
    return html`
      <main class="kp-screen">
        <header class="kp-bar"><span class="kp-brand">${t('appName')}</span>
          <a class="kp-icon-button" href="#/hulp" data-test="help">${icons.question}<span>${t('help')}</span></a></header>
        ${notices(this.phone)}
        <section class="kp-stack budget__top">
          <h1 class="budget__total" tabindex="-1" data-test="budget-total">
            <span class="kp-amount">${formatEuros(total, language())}</span>
            <span class="budget__left">${t('budget.left')}</span></h1>
          ${this.until(open)}
        </section>
        ${this.phone.letters.hasBlocked ? html`<p class="kp-notice" data-test="left-blocked">${icons.info}<span>${t('budget.leftBlocked',
      { phone: this.phone.fund?.phone ?? '' })}</span></p>` : nothing}
        <ul class="kp-list budget__children">${vouchers.map((one) => this.child(one))}</ul>
        ${this.naming === null ? html`<div class="kp-stack">
          ${canPay ? html`<a class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
            href="#/code" data-test="show-code">${icons.code}${t('budget.showCode')}</a>`
    : this.phone.isUnknown ? html`<a class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
            href="#/brief" data-test="another-letter">${t('gone.letter')}</a>`
      : html`<p class="kp-notice" data-test="cannot-pay">${icons.info}<span>${t('budget.cannotPay',
      { phone: this.phone.fund?.phone ?? '' })}</span></p>`}
          <a class="utrecht-button utrecht-button--secondary-action kp-button--wide" href="#/winkels"
            data-test="shops">${icons.shop}${t('budget.where')}</a>
        </div>` : nothing}
        <section class="kp-stack">
          <div class="kp-row kp-row--apart">
            <h2 class="utrecht-heading-2">${t('budget.payments')}</h2>
            ${entries.length > LAST_ENTRIES ? html`<a class="kp-icon-button" href="#/betalingen"
              data-test="history">${t('budget.all')}${icons.forward}</a>` : nothing}
          </div>
          ${entries.length === 0 ? html`<p class="kp-quiet">${t('budget.noPayments')}</p>` : html`
            <ul class="kp-list">${entries.slice(0, LAST_ENTRIES).map((one) => html`<li>${entryLine(one)}</li>`)}</ul>`}
        </section>
        ${keepHints(this.phone)}
      </main>`;
  }

  /**
   * One date if it is the same for all.
   * @param {Voucher[]} open
   */
  until(open) {
    const ends = new Set(open.map(({ endsAt }) => endsAt));
    if (ends.size !== 1) return nothing;
    return html`<p data-test="budget-until">${this.lastDay(open[0])}</p>`;
  }

  /** @param {Voucher} voucher */
  lastDay({ endsAt }) {
    return t('budget.until', { date: formatDate(endsAt - 1, language()) });
  }

  /** @param {Voucher} voucher */
  child(voucher) {
    const { voucher: number, balanceCents, programmeName } = voucher;
    if (this.naming === number) return this.nameForm(number);
    const programmes = new Set(this.phone.vouchers.map(({ programme }) => programme));
    const ends = new Set(this.phone.vouchers.map(({ endsAt }) => endsAt));
    const why = hindrance(voucher);
    const name = childName(this.phone, number);
    return html`
      <li class="child" data-test="child" data-voucher=${number}>
        <div class="child__who">
          <span class="kp-strong">${name}</span>
          <button type="button" class="kp-icon-button child__rename" data-test="child-rename" @click=${() => { this.naming = number; }}>
            ${icons.pencil}<span class="kp-hidden">${t('budget.rename', { name })}</span></button>
          ${programmes.size > 1 ? html`<span class="kp-quiet child__more">${programmeName}</span>` : nothing}
          ${ends.size > 1 ? html`<span class="kp-quiet child__more">${this.lastDay(voucher)}</span>` : nothing}
          ${why && why !== 'empty' ? html`<span class="kp-quiet child__more">${t(`budget.${why}`,
    { phone: this.phone.fund?.phone ?? '', date: formatDate(voucher.startsAt, language()) })}</span>` : nothing}
        </div>
        <span class="kp-figures child__amount" data-test="child-balance">${formatEuros(balanceCents, language())}</span>
      </li>`;
  }

  /** @param {number} voucher */
  nameForm(voucher) {
    return html`
      <li class="child">
        <form class="child__form" @submit=${(/** @type {SubmitEvent} */ event) => this.rename(event, voucher)}>
          <label class="utrecht-form-label" for="child-name">${t('budget.nameOf')}</label>
          <input class="utrecht-textbox utrecht-textbox--html-input" id="child-name" data-test="child-name" name="name"
            maxlength=${NAME_LENGTH} autocomplete="off" .value=${this.phone.names[voucher] ?? ''}>
          <p class="utrecht-form-field-description">${t('budget.nameStays')}</p>
          <div class="kp-row">
            <button class="utrecht-button utrecht-button--primary-action" data-test="child-name-save">${t('save')}</button>
            <button type="button" class="utrecht-button utrecht-button--subtle"
              @click=${() => { this.naming = null; }}>${t('cancel')}</button>
          </div>
        </form>
      </li>`;
  }

  /**
   * @param {SubmitEvent} event
   * @param {number} voucher
   */
  async rename(event, voucher) {
    event.preventDefault();
    const name = new FormData(/** @type {HTMLFormElement} */ (event.target)).get('name');
    await this.phone.nameChild(voucher, String(name ?? ''));
    this.naming = null;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (changed.has('naming') && this.naming !== null) /** @type {HTMLElement | null} */ (this.querySelector('#child-name'))?.focus();
  }
}

customElements.define('kp-budget', BudgetScreen);
