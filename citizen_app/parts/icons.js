// SPDX-License-Identifier: EUPL-1.2
/** @file Signs drawn with lines. Each stands beside a word, or is named by one. */
import { svg, html } from '/static/vendor/lit.js';

/** @param {import('lit').SVGTemplateResult} lines */
const icon = (lines) => html`<svg class="kp-icon" viewBox="0 0 24 24" aria-hidden="true">${lines}</svg>`;
/**
 * One that points on or back, and so the other way in a language from right to left.
 * @param {import('lit').SVGTemplateResult} lines
 */
const pointer = (lines) => html`<svg class="kp-icon kp-icon--onward" viewBox="0 0 24 24" aria-hidden="true">${lines}</svg>`;

export const back = pointer(svg`<path d="M15 5l-7 7 7 7"/>`);
export const forward = pointer(svg`<path d="M9 5l7 7-7 7"/>`);
export const check = icon(svg`<path d="M5 12.5l5 5 9-11"/>`);
export const cross = icon(svg`<path d="M6 6l12 12M18 6L6 18"/>`);
export const pencil = icon(svg`<path d="M4 20l1-4L16 5l3 3L8 19z"/>`);
export const question = icon(svg`<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 17h.01"/>`);
export const camera = icon(svg`<path d="M4 8h3l2-3h6l2 3h3v11H4z"/><circle cx="12" cy="13" r="3.5"/>`);
export const keyboard = icon(svg`<rect x="3" y="6" width="18" height="12" rx="2"/><path d="M7 10h.01M12 10h.01M17 10h.01M8 14h8"/>`);
export const code = icon(svg`<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2M20 14v6h-4"/>`);
export const shop = icon(svg`<path d="M4 10v10h16V10M3 10l2-6h14l2 6a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0"/>`);
export const cloudOff = icon(svg`<path d="M4 4l16 16M8.5 8.7A5 5 0 0 0 6 18h11M10.5 6.2A6 6 0 0 1 18 11a4 4 0 0 1 2.6 5.6"/>`);
export const sheet = icon(svg`<path d="M6 3h9l4 4v14H6zM14 3v5h5M9 13h7M9 17h7"/>`);
export const clock = icon(svg`<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>`);
export const info = icon(svg`<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 8h.01"/>`);
export const key = icon(svg`<circle cx="8" cy="15" r="4.5"/><path d="M11.5 11.5L20 3M16 7l3 3"/>`);
export const home = icon(svg`<path d="M4 11l8-7 8 7M6 10v10h12V10M12 20v-6"/>`);
