// SPDX-License-Identifier: EUPL-1.2
/** @file To another phone of the family: after a warning, a code for two minutes that hands everything over. */
import { language, t } from '/static/js/text.js';
import { formatCountdown, serverNowExact } from '/static/js/time.js';
import { keepAwake } from '/static/js/wake_lock.js';
import { html } from '/static/vendor/lit.js';
import { titleBar } from '../parts/bar.js';
import * as icons from '../parts/icons.js';
import '../parts/qr.js';
import { Screen } from '../parts/screen.js';

const ASK_MS = 2000;

/** When the other phone has it all, this phone is told so and main.js shows that. */
export class HandoverScreen extends Screen {
  static properties = { ...Screen.properties, code: { state: true }, secondsLeft: { state: true }, isOver: { state: true } };

  constructor() {
    super();
    /** @type {{text: string, expiresAt: number} | null} */
    this.code = null;
    this.secondsLeft = 0;
    this.isOver = false;
    this.timers = /** @type {number[]} */ ([]);
    this.releaseScreen = () => {};
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.hide();
  }

  render() {
    return this.code ? this.shown(this.code.text) : this.warning();
  }

  warning() {
    const { isOffline } = this.phone;
    return html`
      <main class="kp-screen">
        ${titleBar(t('handover.title'))}
        ${this.isOver ? html`<p class="kp-notice kp-notice--wait" role="status" data-test="handover-over">${icons.clock}<span>${t('handover.over')}</span></p>` : ''}
        <p>${t('handover.lead')}</p>
        <ol class="utrecht-ordered-list">${['1', '2', '3'].map((step) => html`
          <li class="utrecht-ordered-list__item">${t(`handover.step${step}`)}</li>`)}</ol>
        <p class="kp-notice kp-notice--wait" data-test="handover-warning">${icons.info}<span>${t('handover.warning')}</span></p>
        ${isOffline ? html`<p class="kp-notice">${icons.cloudOff}<span>${t('handover.offline')}</span></p>` : html`
          <button type="button" class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large"
            data-test="handover-show" @click=${() => this.show()}>${icons.code}${t('handover.show')}</button>`}
      </main>`;
  }

  /** @param {string} text */
  shown(text) {
    return html`
      <main class="kp-screen ticket">
        ${titleBar(t('handover.scan'))}
        <div class="ticket__code"><kp-qr data-test="handover-qr" .text=${text} .label=${t('handover.qr')}></kp-qr></div>
        <p class="ticket__left"><span class="kp-figures" role="timer" lang=${language()}>${t('handover.left',
    { time: formatCountdown(this.secondsLeft) })}</span></p>
        <p class="kp-quiet ticket__left">${t('handover.stay')}</p>
        <button type="button" class="utrecht-button utrecht-button--secondary-action kp-button--wide" data-test="handover-hide"
          @click=${() => this.hide()}>${t('handover.hide')}</button>
      </main>`;
  }

  show() {
    this.code = this.phone.safekeeping.writeHandover();
    this.isOver = false;
    this.releaseScreen = keepAwake();
    this.count();
    this.timers = [setInterval(() => this.count(), 250), setInterval(() => this.phone.refresh(), ASK_MS)]
      .map(Number);
  }

  count() {
    if (!this.code) return;
    this.secondsLeft = this.code.expiresAt - serverNowExact();
    if (this.secondsLeft > 0) return;
    this.hide();
    this.isOver = true;
  }

  hide() {
    this.code = null;
    this.releaseScreen();
    this.timers.forEach((timer) => clearInterval(timer));
    this.timers = [];
  }
}

customElements.define('kp-handover', HandoverScreen);
