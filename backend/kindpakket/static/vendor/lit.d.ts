// SPDX-License-Identifier: EUPL-1.2
// Types only: those of the package, from tests/node_modules.
export { LitElement, html, svg, nothing, noChange, render } from 'lit';
export { repeat } from 'lit/directives/repeat.js';
export { keyed } from 'lit/directives/keyed.js';
export { ref, createRef } from 'lit/directives/ref.js';
export { live } from 'lit/directives/live.js';
export { classMap } from 'lit/directives/class-map.js';
export { ifDefined } from 'lit/directives/if-defined.js';
