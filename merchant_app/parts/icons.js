// SPDX-License-Identifier: EUPL-1.2
/** @file Signs and icons, drawn as lines of one width; each stands beside a word, so none is read aloud. */
import { html, svg } from '/static/vendor/lit.js';

const PATHS = {
  check: svg`<path d="M4 13l5 5L20 6"/>`,
  circle: svg`<path d="M19.5 9A8 8 0 1 0 20 12"/><path d="M20 4v5h-5"/><path d="M8.5 12.2l2.5 2.5 4.5-5"/>`,
  turning: svg`<path d="M19.5 9A8 8 0 1 0 20 12"/><path d="M20 4v5h-5"/>`,
  cross: svg`<path d="M5 5l14 14M19 5L5 19"/>`,
  back: svg`<path d="M15 5l-7 7 7 7"/>`,
  forward: svg`<path d="M9 5l7 7-7 7"/>`,
  erase: svg`<path d="M9 6h11v12H9l-6-6z"/><path d="M12 9.5l5 5M17 9.5l-5 5"/>`,
  torch: svg`<path d="M8 3h8v4l-2 3v11h-4V10L8 7z"/><path d="M12 13v2"/>`,
  keyboard: svg`<path d="M3 6h18v12H3z"/><path d="M7 10h.01M11 10h.01M15 10h.01M8 14h8"/>`,
  help: svg`<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8h.01"/>`,
  camera: svg`<path d="M4 8h4l1.5-2.5h5L16 8h4v11H4z"/><circle cx="12" cy="13.2" r="3.4"/>`,
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  return html`<svg class="icon icon-${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${PATHS[name]}</svg>`;
}
