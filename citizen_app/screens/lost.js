// SPDX-License-Identifier: EUPL-1.2
/** @file Phone lost or stolen: what to do, on the phone that takes its place or to tell someone else. */
import { t } from '/static/js/text.js';
import { html } from '/static/vendor/lit.js';
import { titleBar } from '../parts/bar.js';
import { Screen } from '../parts/screen.js';

/** Two ways, the quicker one first. */
export class LostScreen extends Screen {
  render() {
    const phone = this.phone.fund?.phone ?? '';
    return html`
      <main class="kp-screen" data-test="lost-screen">
        ${titleBar(t('lost.title'))}
        <p class="start__lead kp-strong">${t('lost.lead')}</p>
        <section class="kp-stack">
          <h2 class="utrecht-heading-3">${t('lost.withPin')}</h2>
          <p>${t('lost.withPinHelp')}</p>
          ${this.phone.vouchers.length === 0 ? html`<a class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
            href="#/terug" data-test="lost-restore">${t('gone.restore')}</a>` : html`<p class="kp-quiet">${t('lost.onNewPhone')}</p>`}
        </section>
        <section class="kp-stack">
          <h2 class="utrecht-heading-3">${t('lost.withoutPin')}</h2>
          <p>${t('lost.withoutPinHelp', { phone })}</p>
        </section>
        <section class="kp-stack">
          <h2 class="utrecht-heading-3">${t('lost.until')}</h2>
          <p>${t('lost.lock')}</p>
          <p>${t('lost.codes')}</p>
        </section>
      </main>`;
  }
}

customElements.define('kp-lost', LostScreen);
