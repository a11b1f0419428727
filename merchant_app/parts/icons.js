// SPDX-License-Identifier: EUPL-1.2
/** @file Signs and icons, drawn as lines of one width; each stands beside a word, so none is read aloud. */
import { html, svg } from '/static/vendor/lit.js';

const PATHS = {
  check: svg`<path d="M4 13l5 5L20 6"/>`,
  circle: svg`<path d="M21 12A9 9 0 1 1 18.36 5.64"/><path d="M18.36 2.2V5.64H14.92"/><path d="M8 12.6l3 3 5-5.6"/>`,
  turning: svg`<path d="M19.5 9A8 8 0 1 0 20 12"/><path d="M20 4v5h-5"/>`,
  cross: svg`<path d="M5 5l14 14M19 5L5 19"/>`,
  back: svg`<path d="M15 5l-7 7 7 7"/>`,
  forward: svg`<path d="M9 5l7 7-7 7"/>`,
  erase: svg`<path d="M9 6h11v12H9l-6-6z"/><path d="M12 9.5l5 5M17 9.5l-5 5"/>`,
  torch: svg`<path d="M8 3h8v4l-2 3v11h-4V10L8 7z"/><path d="M12 13v2"/>`,
  keyboard: svg`<path d="M3 6h18v12H3z"/><path d="M7 10h.01M11 10h.01M15 10h.01M8 14h8"/>`,
  help: svg`<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8h.01"/>`,
  menu: svg`<path d="M4 6.5h16M4 12h16M4 17.5h16"/>`,
  calendar: svg`<path d="M4 6h16v14H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8"/>`,
  coins: svg`<ellipse cx="12" cy="6.5" rx="7.5" ry="3"/><path d="M4.5 6.5V12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3V6.5M4.5 12v5.5c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3V12"/>`,
  till: svg`<path d="M5 12h14l1.5 8h-17zM8 12V4h8v8M10.5 7h3M8 16h.01M12 16h.01M16 16h.01"/>`,
  practice: svg`<path d="M12 4L2.5 8.5 12 13l9.500-4.500zM6 10.500V16c1.500 1.700 3.700 2.500 6 2.500s4.500-.8 6-2.500v-5.500"/>`,
  refund: svg`<path d="M9 6L4 11l5 5"/><path d="M4 11h10a5.500 5.500 0 0 1 0 9h-3"/>`,
  print: svg`<path d="M7 9V3.500h10V9M7 17H4V9h16v8h-3M7 14h10v6.500H7z"/>`,
  download: svg`<path d="M12 4v11M7 10.500l5 5 5-5M4.500 20h15"/>`,
  remove: svg`<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  camera: svg`<path d="M4 8h4l1.5-2.5h5L16 8h4v11H4z"/><circle cx="12" cy="13.2" r="3.4"/>`,
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  return html`<svg class="icon icon-${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${PATHS[name]}</svg>`;
}
