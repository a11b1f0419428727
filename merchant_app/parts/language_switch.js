// SPDX-License-Identifier: EUPL-1.2
/** @file A button with the name of the next language, in that language. */
import { language, languages, setLanguage } from '/static/js/text.js';
import { html } from '/static/vendor/lit.js';

/** The screens follow by themselves: the shell draws again when the language changes. */
export function languageSwitch() {
  const all = languages();
  const next = all[(all.findIndex(({ code }) => code === language()) + 1) % all.length];
  return html`<button class="kp-icon-button" type="button" lang=${next.code} data-test="language"
    @click=${() => setLanguage(next.code).catch(() => undefined)}>${next.name}</button>`;
}
