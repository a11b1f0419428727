// SPDX-License-Identifier: EUPL-1.2
/** @file Starts the till: its texts, what this device keeps, its first screen, and its files for use without network. */
import { NoAnswer } from '/static/js/api.js';
import { loadPart, loadSoon, notLoaded, showLate } from '/static/js/parts.js';
import { TextsMissing, language, loadText, onLanguageChange, t } from '/static/js/text.js';
import { openVault } from '/static/js/vault.js';
import { html, render } from '/static/vendor/lit.js';
import './screens/pair.js';
import { allowSounds } from './sounds.js';
import { TILL_FILES } from './till_files.js';

/** @typedef {import('/static/js/vault.js').Vault} Vault */

const root = /** @type {HTMLElement} */ (document.getElementById('app'));

/** Takes a pairing code from the address, and out of it, so that it stays in no history. */
function takePairingCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get('koppel') ?? '';
  if (location.hash) history.replaceState(null, '', location.pathname);
  return code;
}

/**
 * Shows the screens of a till that is paired.
 * @param {Vault} vault
 * @param {string} [pairingCode]
 */
async function openTill(vault, pairingCode = '') {
  loadSoon(TILL_FILES);
  const { openShell } = await loadPart(() => import('./shell.js'));
  await openShell(root, vault, pairingCode);
}

/**
 * Shows how this device becomes a till. All else is loaded when it is one: a first visit is short.
 * @param {Vault} vault
 * @param {string} pairingCode
 */
function openPairing(vault, pairingCode) {
  /** @type {(code: string, name: string) => Promise<void>} */
  const pair = async (code, name) => {
    const { Till } = await loadPart(() => import('./till.js'));
    await (await Till.open(vault)).pair(code, name);
  };
  render(html`<kp-pair .pair=${pair} .code=${pairingCode} @paired=${() => openTill(vault).catch(explain)}></kp-pair>`, root);
  onLanguageChange(() => /** @type {import('/static/vendor/lit.js').LitElement | null} */ (root.querySelector(':scope > kp-pair'))?.requestUpdate());
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof TextsMissing) {
    showLate();
    return;
  }
  if (error instanceof NoAnswer) {
    render(notLoaded(), root);
    return;
  }
  render(html`<main class="kp-screen"><p class="kp-notice kp-notice--bad" role="alert">${t('cannotKeep')}</p></main>`, root);
  throw error;
}

async function start() {
  try {
    await loadText('merchant');
    document.title = t('appName');
    const pairingCode = takePairingCode();
    const vault = await openVault('till');
    // Without this a browser that needs space may throw away the key and the charges that wait.
    void navigator.storage?.persist?.();
    if (await vault.isEmpty()) openPairing(vault, pairingCode);
    else await openTill(vault, pairingCode);
  } catch (error) {
    explain(error);
  }
  allowSounds();
  if (navigator.onLine) await navigator.serviceWorker?.register(`sw.js?taal=${language()}`, { scope: './' }).catch(() => undefined);
}

// An address with a new pairing code, in a window that is open already.
addEventListener('hashchange', () => location.reload());
void start();
