// SPDX-License-Identifier: EUPL-1.2
/** @file Period: the shop's payments of any days, with their total, and as a table for a spreadsheet. Euro cents. */
import { formatEuros } from '/static/js/money.js';
import { language, t } from '/static/js/text.js';
import { isoDay, serverNow } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import { daysOf, faultOfDays } from '../days.js';
import { bar } from '../parts/bar.js';
import { FetchingScreen } from '../parts/fetching.js';
import { icon } from '../parts/icons.js';
import { paymentLine } from '../parts/payment_line.js';
import { saveFile } from '../parts/save_file.js';

const PRESETS = /** @type {const} */ (['week', 'month', 'lastMonth', 'year']);

/** The period that was looked at last, so that the way back from a payment leads to it. */
let last = /** @type {import('../office.js').Days | null} */ (null);

/** Fires `open` with `{payment}`, `back` and `sign-in`. */
export class PeriodScreen extends FetchingScreen {
  static properties = { days: { state: true }, period: { state: true }, dayFault: { state: true } };

  constructor() {
    super();
    /** @type {import('../office.js').Days} */
    this.days = last ?? daysOf('week', isoDay(serverNow()));
    /** @type {import('../office.js').Period | null} */
    this.period = null;
    this.dayFault = '';
  }

  connectedCallback() {
    super.connectedCallback();
    void this.fetch();
  }

  /** @param {import('../office.js').Days} days */
  choose(days) {
    this.days = days;
    const fault = faultOfDays(days);
    this.dayFault = fault && t(`period.fault.${fault}`);
    this.period = null;
    if (!fault) void this.fetch();
  }

  async fetch() {
    const { days } = this;
    last = days;
    await this.attempt(async () => {
      const period = await this.office.fetchPeriod(days);
      // Another period may have been chosen meanwhile.
      if (days === this.days) this.period = period;
    });
  }

  async fetchMore() {
    const { days, period } = this;
    if (!period?.next) return;
    const before = period.next;
    await this.attempt(async () => {
      const older = await this.office.fetchPeriod(days, before);
      if (days === this.days) this.period = { ...older, redemptions: [...period.redemptions, ...older.redemptions] };
    });
  }

  async save() {
    await this.attempt(async () => saveFile(await this.office.fetchTable(this.days, language())));
  }

  render() {
    return html`
      <main class="kp-screen" id="content">
        ${bar(this)}
        <div class="kp-stack kp-stack--wide">
          <h1 class="utrecht-heading-1" tabindex="-1">${t('period.title')}</h1>
          ${this.renderDays()}
          ${this.renderFault(() => void this.fetch())}
          ${this.busy && !this.period ? html`<p role="status">${t('loading')}</p>` : nothing}
          ${this.period ? this.renderPeriod(this.period) : nothing}
        </div>
      </main>`;
  }

  renderDays() {
    const today = isoDay(serverNow());
    return html`
      <div class="kp-stack">
        <div class="kp-choices" role="group" aria-label=${t('period.presets')}>
          ${PRESETS.map((preset) => {
            const days = daysOf(preset, today);
            const isChosen = days.from === this.days.from && days.until === this.days.until;
            return html`
              <button class="kp-choice" type="button" aria-pressed=${isChosen} data-test="period-${preset}"
                @click=${() => this.choose(days)}>${t(`period.${preset}`)}</button>`;
          })}
        </div>
        <div class="period-days">${this.renderDay('from')}${this.renderDay('until')}</div>
        ${this.dayFault ? html`
          <p class="utrecht-form-field-error-message" id="period-fault" role="alert" data-test="period-fault">${this.dayFault}</p>` : nothing}
      </div>`;
  }

  /** @param {'from' | 'until'} name */
  renderDay(name) {
    return html`
      <div class="kp-field utrecht-form-field">
        <label class="utrecht-form-label" for="period-${name}">${t(`period.${name}`)}</label>
        <input class="utrecht-textbox" type="date" id="period-${name}" data-test="period-${name}" min="2020-01-01" .value=${this.days[name]}
          aria-invalid=${this.dayFault ? 'true' : 'false'} aria-describedby=${this.dayFault ? 'period-fault' : ''}
          @change=${(/** @type {Event} */ event) => (
            this.choose({ ...this.days, [name]: /** @type {HTMLInputElement} */ (event.target).value }))}>
      </div>`;
  }

  /** @param {import('../office.js').Period} period */
  renderPeriod({ count, totalCents, refundedCents, redemptions, next }) {
    return html`
      <div class="total">
        <p class="total-amount" data-test="period-total">${formatEuros(totalCents, language())}</p>
        <p class="total-count" data-test="period-count">${t('scan.payments', { count })}${refundedCents
          ? ` · ${t('today.refunded', { amount: formatEuros(refundedCents, language()) })}` : ''}</p>
      </div>
      ${count ? html`
        <button class="utrecht-button utrecht-button--secondary-action" data-test="period-csv" ?disabled=${this.busy} @click=${this.save}>
          ${icon('download')} ${t('period.save')}
        </button>
        <ul class="kp-list" aria-label=${t('today.list')}>
          ${redemptions.map((one) => paymentLine(one, { withDay: true, onOpen: (payment) => this.open(payment) }))}
        </ul>` : html`<p class="utrecht-paragraph">${t('period.none')}</p>`}
      ${next ? html`
        <button class="utrecht-button utrecht-button--secondary-action kp-button--wide" data-test="period-more" ?disabled=${this.busy}
          @click=${this.fetchMore}>${t('period.more')}</button>` : nothing}`;
  }

  /** @param {import('../till.js').Redemption} payment */
  open(payment) {
    this.dispatchEvent(new CustomEvent('open', { detail: { payment } }));
  }
}

customElements.define('kp-period', PeriodScreen);
