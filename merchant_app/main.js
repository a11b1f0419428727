// SPDX-License-Identifier: EUPL-1.2
/** @file Starts the till: its texts, what this device keeps, its first screen, and its files for use without network. */
import { loadText, t } from '/static/js/text.js';
import { openVault } from '/static/js/vault.js';
import { html, render } from '/static/vendor/lit.js';
import './shell.js';
import { allowSounds } from './sounds.js';
import { Till, pendingStore } from './till.js';

/** Takes a pairing code from the address, and out of it, so that it stays in no history. */
function takePairingCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get('koppel') ?? '';
  if (location.hash) history.replaceState(null, '', location.pathname);
  return code;
}

async function start() {
  const pairingCode = takePairingCode();
  await loadText('merchant');
  document.title = t('appName');
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  root.textContent = '';
  try {
    const vault = await openVault('till');
    // Without this a browser that needs space may throw away the key and the charges that wait.
    void navigator.storage?.persist?.();
    const till = await Till.open(vault);
    render(html`<kp-till .till=${till} .store=${pendingStore(vault)} .pairingCode=${pairingCode}></kp-till>`, root);
  } catch (error) {
    render(html`<main class="kp-screen"><p class="kp-notice kp-notice--bad" role="alert">${t('cannotKeep')}</p></main>`, root);
    throw error;
  }
  allowSounds();
  void navigator.serviceWorker?.register('sw.js', { scope: './' });
}

// An address with a new pairing code, in a window that is open already.
addEventListener('hashchange', () => location.reload());
void start();
