// SPDX-License-Identifier: EUPL-1.2
/** @file Standing: for what this shop may be paid in each programme, or since when and why the municipality suspended it. */
import { t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { bar, focusHeading } from '../parts/bar.js';
import { categoryName } from '../parts/category_name.js';
import { icon } from '../parts/icons.js';
import { momentWords } from '../parts/moment.js';

/** @typedef {import('../till.js').Standing} Standing */

/** Fires `back`, and `refresh` when it opens. */
export class StandingScreen extends LitElement {
  static properties = { record: { attribute: false }, stale: { attribute: false } };

  constructor() {
    super();
    /** @type {import('../till.js').TillRecord | null} */
    this.record = null;
    /** Whether the last attempt to ask how it stands failed. */
    this.stale = false;
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
    const standings = this.record?.standings ?? [];
    return html`
      <main class="kp-screen" id="content">
        ${bar(this)}
        <div class="kp-stack">
          <h1 class="utrecht-heading-1" tabindex="-1">${t('standing.title')}</h1>
          <p class="utrecht-paragraph">${this.record?.shopName}</p>
          ${this.stale ? html`<p class="kp-notice kp-notice--wait" role="status">${t('standing.offline')}</p>` : nothing}
          ${standings.length ? standings.map((one) => this.renderProgramme(one)) : html`<p class="utrecht-paragraph">${t('standing.none')}</p>`}
          ${standings.some((one) => one.because) ? html`
            <p class="utrecht-paragraph">${t('standing.owed')}</p>
            <p class="utrecht-paragraph">${t('help.phone', { phone: this.record?.phone ?? '' })}</p>` : nothing}
        </div>
      </main>`;
  }

  /** @param {Standing} standing */
  renderProgramme({ programmeName, categories, suspendedAt, because }) {
    const isOut = because !== null && suspendedAt !== null;
    return html`
      <section class="kp-notice kp-notice--column ${isOut ? 'kp-notice--bad' : 'kp-notice--good'}" data-test="standing">
        <h2 class="utrecht-heading-2">${programmeName}</h2>
        ${isOut ? html`
          <p>${icon('cross')} ${t('standing.suspended', { moment: momentWords(suspendedAt) })}</p>
          <p data-test="standing-because">${t('standing.reason', { why: t(`suspended.${because}`) })}</p>` : html`
          <p>${icon('check')} ${t('standing.takesPart', { categories: categories.map(categoryName).join(', ') })}</p>`}
      </section>`;
  }
}

customElements.define('kp-standing', StandingScreen);
