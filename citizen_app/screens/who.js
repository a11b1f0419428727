// SPDX-License-Identifier: EUPL-1.2
/** @file Who sees what, honestly and in few words. A test counts them. */
import { t } from '/static/js/text.js';
import { html } from '/static/vendor/lit.js';
import { titleBar } from '../parts/bar.js';
import { Screen } from '../parts/screen.js';

const PARTIES = ['shop', 'municipality', 'operator', 'register', 'here'];

/** One line for each party. */
export class WhoScreen extends Screen {
  render() {
    return html`
      <main class="kp-screen" data-test="who-screen">
        ${titleBar(t('who.title'))}
        <dl class="kp-stack kp-stack--wide">${PARTIES.map((party) => html`
          <div><dt class="kp-strong">${t(`who.${party}.name`)}</dt><dd>${t(`who.${party}.sees`)}</dd></div>`)}</dl>
      </main>`;
  }
}

customElements.define('kp-who', WhoScreen);
