// SPDX-License-Identifier: EUPL-1.2
/** @file Sends the form of a page that only passes something on, and takes what it had out of the address before. */
history.replaceState(null, '', location.pathname);
/** @type {HTMLFormElement | null} */ (document.querySelector('[data-go-on]'))?.submit();
