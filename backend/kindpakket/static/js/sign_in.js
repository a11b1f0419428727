// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The sign-in page: takes the code of the link out of the address, where the browser's history would keep it, and
 * puts it into the form. A fragment is never sent to a server. Without this file the link is pasted into the form.
 */

function takeCode() {
  const code = /^#code=(.+)$/.exec(location.hash)?.[1];
  if (code === undefined) return;
  history.replaceState(null, '', location.pathname + location.search);
  /** @type {HTMLInputElement} */ (document.querySelector('#code')).value = code;
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-code]'))) {
    part.hidden = part.dataset.code === 'none';
  }
  // The same page in another language takes the code along.
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('a[hreflang]'))) {
    link.hash = `code=${code}`;
  }
}

takeCode();
addEventListener('hashchange', takeCode);
