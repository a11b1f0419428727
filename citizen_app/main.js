// SPDX-License-Identifier: EUPL-1.2
/** @file The parent's app: opens what the phone keeps and shows the screen that the address names. */
import { handoverInText } from '/static/js/core/backup.js';
import { loadText, onLanguageChange, t } from '/static/js/text.js';
import { VaultUnavailable } from '/static/js/vault.js';
import { html, keyed, render } from '/static/vendor/lit.js';
import { Phone } from './phone.js';
import './screens/activate.js';
import './screens/budget.js';
import './screens/gone.js';
import './screens/handover.js';
import './screens/help.js';
import './screens/history.js';
import './screens/lost.js';
import './screens/pin.js';
import './screens/restore.js';
import './screens/shops.js';
import './screens/ticket.js';
import './screens/who.js';

const REFRESH_MS = 20_000;
const place = /** @type {HTMLElement} */ (document.querySelector('#app'));

/**
 * What came in from outside and waits for its screen: the code of a letter, the secret of a letter just opened, the code of
 * another phone.
 */
const arrived = { code: '', secret: /** @type {Uint8Array | null} */ (null), handover: '' };

/** Takes a code that came with the address out of it at once. */
function takeFromAddress() {
  const handover = handoverInText(location.hash);
  const code = /^#brief=([^&]*)/.exec(location.hash)?.[1];
  if (handover !== null) {
    arrived.handover = handover;
    history.replaceState(null, '', '#/terug');
  } else if (code !== undefined) {
    arrived.code = code;
    history.replaceState(null, '', '#/brief');
  }
}

/**
 * Goes to a place, also when the address is there already.
 * @param {string} hash
 */
function goTo(hash) {
  if (location.hash === hash) dispatchEvent(new Event('hashchange'));
  else location.hash = hash;
}

/** @param {Phone} phone */
function activation(phone) {
  return html`<kp-activate .phone=${phone} .code=${arrived.code}
    @activated=${(/** @type {CustomEvent<Uint8Array>} */ { detail }) => {
    arrived.code = '';
    arrived.secret = phone.safekeeping.hasPin ? null : detail;
    goTo(arrived.secret ? '#/pincode' : '#/');
  }}
    @restore=${(/** @type {CustomEvent<string>} */ { detail }) => {
    arrived.code = detail;
    goTo('#/terug');
  }}
    @handover=${(/** @type {CustomEvent<string>} */ { detail }) => {
    arrived.handover = detail;
    goTo('#/terug');
  }}></kp-activate>`;
}

/** @param {Phone} phone */
function restoration(phone) {
  const { code, handover } = arrived;
  [arrived.code, arrived.handover] = ['', ''];
  return html`<kp-restore .phone=${phone} .code=${code} .handover=${handover} @restored=${() => goTo('#/')}></kp-restore>`;
}

/** @param {Phone} phone */
function screenFor(phone) {
  const [name = '', part = ''] = location.hash.replace(/^#\/?/, '').split('/');
  const isEmpty = phone.vouchers.length === 0;
  if (name === 'winkels') return html`<kp-shops .phone=${phone}></kp-shops>`;
  if (name === 'hulp') return html`<kp-help .phone=${phone}></kp-help>`;
  if (name === 'kwijt') return html`<kp-lost .phone=${phone}></kp-lost>`;
  if (name === 'wie') return html`<kp-who .phone=${phone}></kp-who>`;
  if (name === 'terug' || isEmpty && phone.safekeeping.isMoving) return restoration(phone);
  if (isEmpty && name !== 'brief' && (phone.retired || phone.isSeedLost)) return html`<kp-gone .phone=${phone}></kp-gone>`;
  if (name === 'brief' || isEmpty) return activation(phone);
  if (name === 'pincode') {
    const { secret } = arrived;
    arrived.secret = null;
    return html`<kp-pin .phone=${phone} .secret=${secret}></kp-pin>`;
  }
  if (name === 'overzetten') return html`<kp-handover .phone=${phone}></kp-handover>`;
  if (name === 'code') return html`<kp-ticket .phone=${phone} .voucher=${Number(part)}></kp-ticket>`;
  if (name === 'betalingen') return html`<kp-history .phone=${phone} .redemptionId=${part}></kp-history>`;
  return html`<kp-budget .phone=${phone}></kp-budget>`;
}

async function start() {
  takeFromAddress();
  await loadText('citizen');
  const phone = await Phone.open();

  let wasEmpty = phone.vouchers.length === 0;
  let visit = 0;
  const draw = () => {
    visit += 1;
    render(keyed(visit, screenFor(phone)), place);
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
    takeFromAddress();
    visitAgain();
  });
  // The address may have changed while all that was loading.
  takeFromAddress();
  onLanguageChange(() => { document.title = t('appTitle'); });
  phone.addEventListener('change', () => {
    const isEmpty = phone.vouchers.length === 0;
    if (isEmpty === wasEmpty) return;
    wasEmpty = isEmpty;
    // A screen that brings vouchers here goes on by itself.
    if (/** @type {any} */ (place.firstElementChild)?.isBusy) return;
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
