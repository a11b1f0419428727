// SPDX-License-Identifier: EUPL-1.2
/** @file The parent's app: opens what the phone keeps and shows the screen that the address names. */
import { loadText, onLanguageChange, t } from '/static/js/text.js';
import { VaultUnavailable } from '/static/js/vault.js';
import { html, keyed, render } from '/static/vendor/lit.js';
import { Phone } from './phone.js';
import './screens/activate.js';
import './screens/budget.js';
import './screens/help.js';
import './screens/history.js';
import './screens/shops.js';
import './screens/ticket.js';

const REFRESH_MS = 20_000;
const place = /** @type {HTMLElement} */ (document.querySelector('#app'));

/** A code that came with the address of the letter; taken out of the address at once. */
function takeLetterCode() {
  const code = /^#brief=([^&]*)/.exec(location.hash)?.[1];
  if (code === undefined) return '';
  history.replaceState(null, '', '#/brief');
  return code;
}

/**
 * @param {Phone} phone
 * @param {{code: string}} letter
 */
function screenFor(phone, letter) {
  const [name = '', part = ''] = location.hash.replace(/^#\/?/, '').split('/');
  const isEmpty = phone.vouchers.length === 0;
  if (name === 'winkels') return html`<kp-shops .phone=${phone}></kp-shops>`;
  if (name === 'hulp') return html`<kp-help .phone=${phone}></kp-help>`;
  if (name === 'brief' || isEmpty) {
    return html`<kp-activate .phone=${phone} .code=${letter.code} @activated=${() => {
      letter.code = '';
      location.hash = '#/';
    }}></kp-activate>`;
  }
  if (name === 'code') return html`<kp-ticket .phone=${phone} .voucher=${Number(part)}></kp-ticket>`;
  if (name === 'betalingen') return html`<kp-history .phone=${phone} .redemptionId=${part}></kp-history>`;
  return html`<kp-budget .phone=${phone}></kp-budget>`;
}

async function start() {
  const letter = { code: takeLetterCode() };
  await loadText('citizen');
  const phone = await Phone.open();

  let wasEmpty = phone.vouchers.length === 0;
  let visit = 0;
  const draw = () => {
    visit += 1;
    render(keyed(visit, screenFor(phone, letter)), place);
    document.title = t('appTitle');
    scrollTo(0, 0);
  };
  const visitAgain = async () => {
    draw();
    const screen = /** @type {any} */ (place.firstElementChild);
    await screen?.updateComplete;
    /** @type {HTMLElement | null} */ (place.querySelector('h1'))?.focus({ preventScroll: true });
  };
  addEventListener('hashchange', () => {
    const code = takeLetterCode();
    if (code) letter.code = code;
    visitAgain();
  });
  onLanguageChange(() => { document.title = t('appTitle'); });
  phone.addEventListener('change', () => {
    const isEmpty = phone.vouchers.length === 0;
    if (isEmpty === wasEmpty) return;
    wasEmpty = isEmpty;
    if (location.hash.startsWith('#/brief')) location.hash = '#/';
    else draw();
  });
  draw();

  const refresh = () => { if (document.visibilityState === 'visible') phone.refresh(); };
  listenWhileVisible(phone);
  addEventListener('online', refresh);
  addEventListener('offline', refresh);
  document.addEventListener('visibilitychange', refresh);
  setInterval(refresh, REFRESH_MS);
  refresh();
}

/**
 * Hears from the server as long as somebody looks; a phone in a pocket saves its battery.
 * @param {Phone} phone
 */
function listenWhileVisible(phone) {
  /** @type {AbortController | null} */
  let listening = null;
  const listenOrStop = () => {
    const isWanted = document.visibilityState === 'visible' && navigator.onLine && phone.vouchers.length > 0 && !phone.isUnknown;
    if (isWanted && !listening) {
      const own = new AbortController();
      listening = own;
      phone.listen(own.signal).finally(() => { if (listening === own) listening = null; });
    } else if (!isWanted && listening) {
      listening.abort();
      listening = null;
    }
  };
  document.addEventListener('visibilitychange', listenOrStop);
  addEventListener('online', listenOrStop);
  addEventListener('offline', listenOrStop);
  phone.addEventListener('change', listenOrStop);
  listenOrStop();
}

async function keepOffline() {
  try {
    await navigator.serviceWorker?.register('/ouder/sw.js', { scope: '/ouder/' });
  } catch {
    // Without it the app works, but only with network.
  }
}

keepOffline();
start().catch((error) => {
  const sentence = error instanceof VaultUnavailable ? t('vaultUnavailable') : t('cannotStart');
  render(html`<main class="kp-screen"><h1 class="utrecht-heading-1">${t('appName')}</h1><p>${sentence}</p></main>`, place);
  throw error;
});
