// SPDX-License-Identifier: EUPL-1.2
/** @file What is at the top of a screen: the way back, and room for one thing more. */
import { t } from '/static/js/text.js';
import { html, nothing } from '/static/vendor/lit.js';
import { icon } from './icons.js';

/**
 * @param {LitElement} screen Fires `back`.
 * @param {unknown} [more]
 * @typedef {import('/static/vendor/lit.js').LitElement} LitElement
 */
export function bar(screen, more = nothing) {
  return html`
    <header class="kp-bar">
      <button class="kp-icon-button" data-test="back" @click=${() => screen.dispatchEvent(new CustomEvent('back'))}>
        ${icon('back')} ${t('back')}
      </button>
      ${more}
    </header>`;
}

/**
 * Gives the heading of a new screen the focus, to be read first.
 * @param {LitElement} screen
 */
export async function focusHeading(screen) {
  await screen.updateComplete;
  /** @type {HTMLElement | null} */ (screen.querySelector('h1'))?.focus();
}
