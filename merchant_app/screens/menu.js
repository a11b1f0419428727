// SPDX-License-Identifier: EUPL-1.2
/** @file Menu: everything beside paying, each one tap away. An owner's till has more of it. */
import { t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { bar, focusHeading } from '../parts/bar.js';
import { icon } from '../parts/icons.js';
import { languageSwitch } from '../parts/language_switch.js';

/** @typedef {import('../payment_flow.js').ScreenName} ScreenName */

/** Fires `open` with `{screen}`, and `back`. */
export class MenuScreen extends LitElement {
  static properties = { till: { attribute: false }, isPractice: { attribute: false } };

  constructor() {
    super();
    /** @type {import('../till.js').Till} */
    this.till = /** @type {any} */ (undefined);
    this.isPractice = false;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void focusHeading(this);
  }

  render() {
    const isOwner = this.till.record?.role === 'owner';
    return html`
      <main class="kp-screen" id="content">
        ${bar(this, languageSwitch())}
        <div class="kp-stack">
          <h1 class="utrecht-heading-1" tabindex="-1">${t('menu.title')}</h1>
          <nav aria-label=${t('menu.title')}>
            <ul class="kp-list menu">
              ${this.line('today', 'circle', t('today.title'), t('menu.today'))}
              ${this.isPractice ? nothing : html`
                ${this.line('period', 'calendar', t('period.title'), t('menu.period'))}
                ${isOwner ? this.line('payouts', 'coins', t('payouts.title'), t('menu.payouts')) : nothing}
                ${isOwner ? this.line('tills', 'till', t('tills.title'), t('menu.tills')) : nothing}
                ${isOwner ? this.line('standing', 'check', t('standing.title'), t('menu.standing')) : nothing}
                ${this.line('practice', 'practice', t('practice.title'), t('menu.practice'))}`}
              ${this.line('help', 'help', t('help.title'), t('menu.help'))}
            </ul>
          </nav>
        </div>
      </main>`;
  }

  /**
   * @param {ScreenName} screen
   * @param {Parameters<typeof icon>[0]} sign
   * @param {string} title
   * @param {string} says
   */
  line(screen, sign, title, says) {
    return html`
      <li>
        <button class="kp-list__line" data-test="open-${screen}"
          @click=${() => this.dispatchEvent(new CustomEvent('open', { detail: { screen } }))}>
          ${icon(sign)}
          <span class="line-what menu-what"><strong>${title}</strong><small>${says}</small></span>
          ${icon('forward')}
        </button>
      </li>`;
  }
}

customElements.define('kp-menu', MenuScreen);
