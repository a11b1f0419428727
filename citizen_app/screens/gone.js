// SPDX-License-Identifier: EUPL-1.2
/** @file What to do when the budget is not on this phone any more: on another phone, replaced, or deleted by the browser. */
import { language, t } from '/static/js/text.js';
import { formatDay, formatTime } from '/static/js/time.js';
import { html } from '/static/vendor/lit.js';
import { languageChoice } from '../parts/bar.js';
import * as icons from '../parts/icons.js';
import { Screen } from '../parts/screen.js';

/** Says why, and shows the way back. */
export class GoneScreen extends Screen {
  render() {
    const { retired } = this.phone;
    const why = retired?.because ?? 'deleted';
    const phone = this.phone.fund?.phone ?? '';
    return html`
      <main class="kp-screen" data-test="gone" data-because=${why}>
        <header class="kp-bar"><span class="kp-brand">${t('appName')}</span>${languageChoice()}</header>
        <h1 class="utrecht-heading-1" tabindex="-1">${t(`gone.${why}.title`)}</h1>
        <p class="start__lead">${t(`gone.${why}.why`, { since: retired ? since(retired.at) : '' })}</p>
        ${retired ? html`<p class="kp-notice kp-notice--wait">${icons.info}<span>${t(`gone.${why}.notYou`, { phone })}</span></p>` : ''}
        <div class="kp-stack">${why === 'replaced' ? this.letter('primary') : [this.back('primary'), this.letter('secondary')]}</div>
        ${why === 'replaced' ? '' : html`<p class="kp-quiet kp-push">${t('gone.help', { phone })}</p>`}
      </main>`;
  }

  /** @param {'primary' | 'secondary'} rank */
  back(rank) {
    return html`<a class="utrecht-button utrecht-button--${rank}-action kp-button--wide kp-button--large" href="#/terug"
      data-test="gone-restore">${t('gone.restore')}</a>`;
  }

  /** @param {'primary' | 'secondary'} rank */
  letter(rank) {
    return html`<a class="utrecht-button utrecht-button--${rank}-action kp-button--wide kp-button--large" href="#/brief"
      data-test="gone-letter">${t('gone.letter')}</a>`;
  }
}

/** @param {number} at */
function since(at) {
  const lang = language();
  return `${formatDay(at, lang, { today: t('today'), yesterday: t('yesterday') })}, ${t('atTime', { time: formatTime(at, lang) })}`;
}

customElements.define('kp-gone', GoneScreen);
