// SPDX-License-Identifier: EUPL-1.2
/** @file Starts the parent's app. A first visit gets a welcome and nothing more; all else comes when it is asked for. */
import { NoAnswer } from '/static/js/api.js';
import { loadPart, loadSoon, notLoaded, showLate } from '/static/js/parts.js';
import { TextsMissing, language, loadText, onLanguageChange, t } from '/static/js/text.js';
import { VaultUnavailable, openVault } from '/static/js/vault.js';
import { html, render } from '/static/vendor/lit.js';
import { APP_FILES } from './app_files.js';
import { hadBudget } from './marker.js';
import { welcome } from './parts/welcome.js';

const place = /** @type {HTMLElement} */ (document.querySelector('#app'));

async function start() {
  if (!isFirstPlace()) loadSoon(APP_FILES);
  await loadText('citizen');
  document.title = t('appTitle');
  const vault = await openVault('citizen');
  if (isFirstPlace() && !hadBudget() && await vault.isEmpty()) showWelcome(vault);
  else await open(vault);
}

/** Whether the address names nothing that a first visit cannot show. */
function isFirstPlace() {
  return /^#?\/?$/.test(location.hash);
}

/** @param {import('/static/js/vault.js').Vault} vault */
function showWelcome(vault) {
  const leave = new AbortController();
  /** @param {import('./app.js').View} [view] */
  const goOn = (view) => {
    leave.abort();
    loadSoon(APP_FILES);
    render(html`<main class="kp-screen centred" aria-busy="true"><div class="turning" aria-hidden="true"></div>
      <h1 class="utrecht-heading-2">${t('loading')}</h1></main>`, place);
    open(vault, view).catch(explain);
  };
  const draw = () => {
    if (leave.signal.aborted) return;
    render(welcome({ onScan: () => goOn('scan'), onType: () => goOn('type') }), place);
    document.title = t('appTitle');
  };
  onLanguageChange(draw);
  addEventListener('hashchange', () => goOn(), { signal: leave.signal });
  draw();
}

/**
 * @param {import('/static/js/vault.js').Vault} vault
 * @param {import('./app.js').View} [view]
 */
async function open(vault, view) {
  const { openApp } = await loadPart(() => import('./app.js'));
  await openApp(vault, view);
}

async function keepOffline() {
  if (!navigator.onLine) return;
  try {
    await navigator.serviceWorker?.register(`/ouder/sw.js?taal=${language()}`, { scope: '/ouder/' });
  } catch {
    // Without it the app works, but only with network.
  }
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof TextsMissing) {
    showLate();
    return;
  }
  if (error instanceof NoAnswer) {
    render(notLoaded(), place);
    return;
  }
  const sentence = error instanceof VaultUnavailable ? t('vaultUnavailable') : t('cannotStart');
  render(html`<main class="kp-screen"><h1 class="utrecht-heading-1">${t('appName')}</h1><p>${sentence}</p></main>`, place);
  throw error;
}

start().then(keepOffline).catch(explain);
