// SPDX-License-Identifier: EUPL-1.2
/** @file The parent's app behind the first visit: opens what the phone keeps and shows the screen that the address names. */
import { NoAnswer } from '/static/js/api.js';
import { handoverInText } from '/static/js/core/backup.js';
import { loadPart, notLoaded } from '/static/js/parts.js';
import { onLanguageChange, t } from '/static/js/text.js';
import { html, keyed, render } from '/static/vendor/lit.js';
import { Phone } from './phone.js';

/**
 * Each screen is loaded when it is first needed: a first visit loads one.
 * @satisfies {Record<string, () => Promise<unknown>>}
 */
const SCREENS = {
  activate: () => import('./screens/activate.js'),
  budget: () => import('./screens/budget.js'),
  gone: () => import('./screens/gone.js'),
  handover: () => import('./screens/handover.js'),
  help: () => import('./screens/help.js'),
  history: () => import('./screens/history.js'),
  lost: () => import('./screens/lost.js'),
  pin: () => import('./screens/pin.js'),
  restore: () => import('./screens/restore.js'),
  shops: () => import('./screens/shops.js'),
  ticket: () => import('./screens/ticket.js'),
  who: () => import('./screens/who.js'),
};
/** @typedef {keyof typeof SCREENS} ScreenName */
/** @typedef {'start' | 'scan' | 'type'} View */

/** @type {Set<ScreenName>} */
const loaded = new Set();

/**
 * Loads screens. A phone that shows a budget has the screen with the code too, and soon all: the network may go away.
 * @param {ScreenName[]} names
 * @returns {Promise<boolean>} Whether all came.
 */
async function load(names) {
  try {
    await loadPart(() => Promise.all(names.map(async (name) => {
      await SCREENS[name]();
      loaded.add(name);
    })));
    return true;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return false;
  }
}

/** @type {Record<string, ScreenName>} The screens that any phone has, by their place in the address. */
const PLACES = { winkels: 'shops', hulp: 'help', kwijt: 'lost', wie: 'who', terug: 'restore' };
/** @type {Record<string, ScreenName>} Those of a phone with vouchers. */
const OWN_PLACES = { pincode: 'pin', overzetten: 'handover', code: 'ticket', betalingen: 'history' };

const REFRESH_MS = 20_000;
const place = /** @type {HTMLElement} */ (document.querySelector('#app'));

/**
 * What came in from outside and waits for its screen: the code of a letter, the secret of a letter just opened, the code of
 * another phone.
 */
const arrived = { code: '', secret: /** @type {Uint8Array | null} */ (null), handover: '', view: /** @type {View} */ ('start') };

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
  const { view } = arrived;
  arrived.view = 'start';
  return html`<kp-activate .phone=${phone} .code=${arrived.code} .view=${arrived.code ? 'type' : view}
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

/**
 * Returns which screen the address names on this phone.
 * @param {Phone} phone
 * @returns {ScreenName}
 */
function screenNamed(phone) {
  const [name = ''] = placeParts();
  const isEmpty = phone.vouchers.length === 0;
  if (PLACES[name]) return PLACES[name];
  if (isEmpty && phone.safekeeping.isMoving) return 'restore';
  if (isEmpty && name !== 'brief' && (phone.retired || phone.isSeedLost)) return 'gone';
  if (name === 'brief' || isEmpty) return 'activate';
  return OWN_PLACES[name] ?? 'budget';
}

function placeParts() {
  return location.hash.replace(/^#\/?/, '').split('/');
}

/**
 * @param {ScreenName} name
 * @param {Phone} phone
 */
function screenOf(name, phone) {
  const [, part = ''] = placeParts();
  switch (name) {
    case 'activate': return activation(phone);
    case 'restore': return restoration(phone);
    case 'pin': return pinChoice(phone);
    case 'ticket': return html`<kp-ticket .phone=${phone} .voucher=${Number(part)}></kp-ticket>`;
    case 'history': return html`<kp-history .phone=${phone} .redemptionId=${part}></kp-history>`;
    case 'shops': return html`<kp-shops .phone=${phone}></kp-shops>`;
    case 'help': return html`<kp-help .phone=${phone}></kp-help>`;
    case 'lost': return html`<kp-lost .phone=${phone}></kp-lost>`;
    case 'who': return html`<kp-who .phone=${phone}></kp-who>`;
    case 'gone': return html`<kp-gone .phone=${phone}></kp-gone>`;
    case 'handover': return html`<kp-handover .phone=${phone}></kp-handover>`;
    case 'budget': return html`<kp-budget .phone=${phone}></kp-budget>`;
  }
}

/** @param {Phone} phone */
function pinChoice(phone) {
  const { secret } = arrived;
  arrived.secret = null;
  return html`<kp-pin .phone=${phone} .secret=${secret}></kp-pin>`;
}

/**
 * Opens the app.
 * @param {import('/static/js/vault.js').Vault} vault
 * @param {View} [view] Of the letter screen, when that is what is asked for.
 */
export async function openApp(vault, view = 'start') {
  takeFromAddress();
  arrived.view = view;
  const phone = await Phone.open(vault);

  let wasEmpty = phone.vouchers.length === 0;
  let wasRetired = phone.retired !== null;
  let visit = 0;
  const draw = async () => {
    visit += 1;
    const own = visit;
    const name = screenNamed(phone);
    const isLoaded = loaded.has(name) || await load(name === 'budget' ? ['budget', 'ticket'] : [name]);
    // Who went on meanwhile is not taken back.
    if (own !== visit) return;
    render(keyed(visit, isLoaded ? screenOf(name, phone) : notLoaded()), place);
    document.title = t('appTitle');
    scrollTo(0, 0);
    if (phone.vouchers.length > 0) load(/** @type {ScreenName[]} */ (Object.keys(SCREENS)));
  };
  const visitAgain = async () => {
    await draw();
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
    const isRetired = phone.retired !== null;
    const hasChanged = isEmpty !== wasEmpty;
    // The budget may be gone a moment before the server says why.
    const isTold = isEmpty && isRetired && !wasRetired;
    [wasEmpty, wasRetired] = [isEmpty, isRetired];
    // A screen that brings vouchers here goes on by itself.
    if (!(hasChanged || isTold) || /** @type {any} */ (place.firstElementChild)?.isBusy) return;
    if (!location.hash.startsWith('#/brief')) draw();
    else if (hasChanged) location.hash = '#/';
  });
  await draw();

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
