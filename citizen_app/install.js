// SPDX-License-Identifier: EUPL-1.2
/** @file The app on the home screen: whether it is there, and whether this browser offers to put it there. */

/** A browser's offer; only some have it. @typedef {Event & {prompt(): Promise<unknown>}} Offer */

/** @type {Offer | null} */
let offer = null;

/** Fires `change` when an offer comes or goes. */
export const installation = new EventTarget();

/** @param {Offer | null} current */
function keep(current) {
  offer = current;
  installation.dispatchEvent(new Event('change'));
}

addEventListener('beforeinstallprompt', (event) => {
  // It is made at a place of ours, not across the screen.
  event.preventDefault();
  keep(/** @type {Offer} */ (event));
});
addEventListener('appinstalled', () => {
  keep(null);
  navigator.storage?.persist?.();
});

/** Tells whether the app was opened from the home screen. */
export function isInstalled() {
  return matchMedia('(display-mode: standalone)').matches || /** @type {any} */ (navigator).standalone === true;
}

/** Tells whether the browser can put the app on the home screen now. */
export function canInstall() {
  return offer !== null;
}

/** Asks the browser to put the app on the home screen. It asks the holder. */
export async function install() {
  const made = offer;
  keep(null);
  await made?.prompt();
}

/** Tells whether this is a browser on an iPhone or iPad, where an app on the home screen keeps things of its own. */
export function isIosBrowser() {
  return /** @type {any} */ (navigator).standalone === false;
}
