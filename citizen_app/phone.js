// SPDX-License-Identifier: EUPL-1.2
/** @file What this phone knows, keeps and asks: its budget and payments, its letters, its codes. Screens read it and listen. */
import { ApiRefusal, NoAnswer, request, requestFile } from '/static/js/api.js';
import { listen } from '/static/js/events.js';
import { letterId } from '/static/js/core/letter.js';
import { Domain } from '/static/js/core/signing.js';
import { serverNow } from '/static/js/time.js';
import { openVault } from '/static/js/vault.js';
import { checkAndKeep } from './checking.js';
import { Keyring } from './keyring.js';
import { hadBudget, markBudget, unmarkBudget } from './marker.js';
import { MovedElsewhere } from './moves.js';
import { RENEW_BELOW, countFresh, takeNumber } from './numbers.js';
import { Safekeeping } from './safekeeping.js';

/**
 * @typedef {{chainId: number, contract: string, municipality: string, phone: string}} Fund
 * @typedef {{voucher: number, programme: number, programmeName: string, startsAt: number, endsAt: number,
 *   maxRedemptionCents: number, issuedCents: number, balanceCents: number, generation: number, blocked: boolean,
 *   numbersUsed: number[]}} Voucher
 * @typedef {{redemptionId: string, voucher: number, number: number, shop: number, shopName: string, category: number,
 *   amountCents: number, refundedCents: number, at: number, block: number, refunds?: Refund[]}} Payment
 * @typedef {{amountCents: number, at: number, toBudget: boolean}} Refund
 * @typedef {{shop: number, name: string, categories: number[], street: string, town: string, opening: string}} Shop
 * @typedef {import('./checking.js').Checked} Checked
 * Since when this phone has no vouchers any more (epoch seconds), and why.
 * @typedef {{at: number, because: 'moved' | 'replaced'}} Retired
 */

const CODE_SECONDS = 300;
/** Money moves by a block on the chain: those requests may take longer. */
const SLOW_MS = 60_000;
/** So long after the last code has expired its keys may be replaced: no clock is exactly right. Seconds. */
const RENEWAL_REST_SECONDS = 60;

const TOO_MANY = 429;
/** So long nothing is asked again when the answer was "too often" and did not say for how long. Seconds. */
const REST_SECONDS = 60;

/** A voucher of the letter was handed over before, and not to this phone. */
export class LetterUsedElsewhere extends Error {}

/**
 * This phone. Fires `change` when something that a screen shows has changed, `news` when the server says that something
 * was booked.
 */
export class Phone extends EventTarget {
  #vault;
  /** @type {Keyring | null} */
  #keyring = null;
  /** @type {Promise<void> | null} */
  #refreshing = null;
  /** Before this letters are not sent again; epoch seconds. */
  #restsUntil = 0;

  /** @param {import('/static/js/vault.js').Vault} vault */
  constructor(vault) {
    super();
    this.#vault = vault;
    this.safekeeping = new Safekeeping(vault, {
      ask: this.#ask.bind(this),
      keyring: () => this.#opened(),
      makeKeyring: () => this.#makeKeyring(),
      domain: () => this.#domain(),
      vouchers: () => this.vouchers,
      activate: (secret) => this.activate(secret),
      readFund: async () => this.#keepFund(await this.#ask('GET', '/fund')),
      settle: () => this.#settle(),
      changed: () => this.#changed(),
    });
    /** @type {Fund | null} */
    this.fund = null;
    /** @type {Voucher[]} */
    this.vouchers = [];
    /** When `vouchers` was true, epoch seconds; 0 when it never was. */
    this.balanceAt = 0;
    /** Up to which block `vouchers` holds what was booked. */
    this.balanceBlock = 0;
    /** @type {Payment[]} */
    this.payments = [];
    /** @type {Shop[] | null} */
    this.shops = null;
    /** @type {Record<number, string>} Names of children, by voucher; they stay on this phone. */
    this.names = {};
    /** A letter was sent and its answer did not come yet. */
    this.isWaiting = false;
    /** It was asked too often, so it is asked again a little later. */
    this.isTooBusy = false;
    this.isOffline = !navigator.onLine;
    /** The server tells by itself when something is booked. */
    this.isListening = false;
    /** The municipality does not know this phone (any more). */
    this.isUnknown = false;
    /** @type {Retired | null} Its vouchers are on another phone, or wait for a new letter. */
    this.retired = null;
    /** There was a budget here, and the browser deleted the seed. */
    this.isSeedLost = false;
  }

  /** Opens what this phone keeps. */
  static async open() {
    const phone = new Phone(await openVault('citizen'));
    await phone.#load();
    return phone;
  }

  /** Asks everything again that a screen shows, and finishes what was left unfinished. Never throws. */
  refresh() {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /**
   * Hands the vouchers of a letter over to this phone. What is sent is kept first, and sent again until it is answered.
   * @param {Uint8Array} secret The letter's.
   * @throws {ApiRefusal | NoAnswer | LetterUsedElsewhere}
   */
  async activate(secret) {
    const fund = await this.#ask('GET', '/fund');
    await this.#keepFund(fund);
    const { vouchers } = await this.#ask('POST', '/letter-lookups', { body: { letterId: letterId(secret) } });
    const keyring = await this.#makeKeyring();
    const kept = await this.#vault.get(`activation/${letterId(secret)}`);
    if (!kept) {
      const used = vouchers.filter((/** @type {{activated: boolean}} */ one) => one.activated);
      if (used.length > 0) {
        await this.#readBudget(keyring);
        const own = new Set(this.vouchers.map(({ voucher }) => voucher));
        if (!used.every((/** @type {{voucher: number}} */ one) => own.has(one.voucher))) throw new LetterUsedElsewhere();
        if (used.length === vouchers.length) {
          this.#changed();
          return;
        }
      }
      // Always all of the letter: what this phone has already is answered as it was before.
      const body = await keyring.makeActivation(this.#domain(), { secret, vouchers });
      await this.#vault.put(`activation/${body.letterId}`, body);
    }
    await this.#sendActivations(keyring);
    await this.#settle();
  }

  /**
   * Returns a number for a new code, never shown before while there are such. It is kept as shown before this returns.
   * @param {number} voucher
   * @returns {Promise<number | null>} Null when there is none until the phone has been online.
   */
  async takeNumber(voucher) {
    const known = this.#voucher(voucher);
    /** @type {number | null} */
    let number = null;
    await this.#vault.update(`progress/${voucher}`, (progress) => {
      const taken = takeNumber(progress, known);
      number = taken.number;
      return taken.progress;
    });
    return number;
  }

  /**
   * Signs a code with this number. The same number with another maximum or a later end is the same payment: of all of
   * them together one can be used, once.
   * @param {number} voucher
   * @param {number} number
   * @param {number} maxCents
   * @returns {Promise<{text: string, expiresAt: number}>}
   */
  async makeCode(voucher, number, maxCents) {
    const expiresAt = Math.ceil((serverNow() + CODE_SECONDS) / 60) * 60;
    await this.#vault.put('lastCodeExpiresAt', expiresAt);
    return { text: this.#opened().makeTicket(this.#domain(), { voucher, number }, { maxCents, expiresAt }), expiresAt };
  }

  /**
   * Asks whether a code has been paid with.
   * @param {number} voucher
   * @param {number} number
   * @param {AbortSignal} signal
   * @returns {Promise<Payment | null>}
   * @throws {ApiRefusal | NoAnswer}
   */
  async findPayment(voucher, number, signal) {
    await this.#readPayments(this.#opened(), signal);
    return this.payments.find((one) => one.voucher === voucher && one.number === number) ?? null;
  }

  /**
   * Hears from the server when something is booked, until the signal says so. Without letters there is nothing to hear.
   * @param {AbortSignal} signal
   */
  async listen(signal) {
    if (!this.#keyring) return;
    await listen('/budgets/me/events', {
      token: this.#keyring.accessToken(),
      signal,
      onEvent: () => this.#hearNews(),
      onLine: (isOpen) => this.#setListening(isOpen),
    });
  }

  /** Asks what is left now. Never throws. */
  async readBalance() {
    await this.#attempt(() => this.#readBudget(this.#opened()));
    this.#changed();
  }

  /**
   * Checks a payment: with this phone's own keys, the proof that the server gives of it, and the published heads. What was
   * seen at an earlier check must still be so.
   * @param {Payment} payment
   * @returns {Promise<Checked>}
   * @throws {ApiRefusal | NoAnswer}
   */
  async checkPayment(payment) {
    const keyring = this.#opened();
    const { heads } = await this.#ask('GET', '/heads');
    const proof = await this.#ask('GET', `/budgets/me/payments/${payment.redemptionId}/proof`, { token: keyring.accessToken() });
    return checkAndKeep(this.#vault, payment, { proof, heads }, {
      domain: this.#domain(), ticketKey: keyring.ticketKeyOf(payment),
    });
  }

  /**
   * Asks for the receipt of a payment.
   * @param {Payment} payment
   * @param {string} language
   * @returns {Promise<Blob>} A PDF.
   * @throws {ApiRefusal | NoAnswer}
   */
  async readReceipt({ redemptionId }, language) {
    return requestFile(`/budgets/me/payments/${redemptionId}/receipt`, { token: this.#opened().accessToken(), language, timeoutMs: SLOW_MS });
  }

  /**
   * Gives a child a name, which stays on this phone. An empty one takes it away.
   * @param {number} voucher
   * @param {string} name
   */
  async nameChild(voucher, name) {
    this.names = { ...this.names, [voucher]: name.trim() };
    await this.#vault.put('names', this.names);
    this.#changed();
  }

  /** Asks which shops take part; keeps the last answer for when there is none. Never throws. */
  async readShops() {
    await this.#attempt(async () => {
      this.shops = (await this.#ask('GET', '/shops')).shops;
      await this.#vault.put('shops', this.shops);
    });
    this.#changed();
  }

  /** @param {boolean} isOpen */
  #setListening(isOpen) {
    if (isOpen === this.isListening) return;
    this.isListening = isOpen;
    // Who waits must ask now: something may have happened while there was no line, or happen without being heard.
    this.dispatchEvent(new Event('news'));
  }

  #hearNews() {
    this.dispatchEvent(new Event('news'));
    // What is being asked now may have been answered before the news.
    if (this.#refreshing) this.#refreshing.then(() => this.refresh());
    else this.refresh();
  }

  async #load() {
    this.#keyring = await Keyring.open(this.#vault);
    this.fund = await this.#vault.get('fund') ?? null;
    const budget = await this.#vault.get('budget');
    if (budget) [this.vouchers, this.balanceAt, this.balanceBlock] = [budget.vouchers, budget.now, budget.block ?? 0];
    this.payments = await this.#vault.get('payments') ?? [];
    this.shops = await this.#vault.get('shops') ?? null;
    this.names = await this.#vault.get('names') ?? {};
    this.isWaiting = (await this.#vault.list('activation/')).length > 0;
    this.retired = await this.#vault.get('retired') ?? null;
    await this.safekeeping.load();
    this.isSeedLost = !this.#keyring && !this.retired && (this.vouchers.length > 0 || hadBudget());
    // Without its seed a budget is a picture of what was.
    if (this.isSeedLost) this.vouchers = [];
    else if (this.vouchers.length > 0) markBudget();
  }

  async #refresh() {
    const keyring = this.#keyring;
    await this.#attempt(async () => {
      await this.#keepFund(await this.#ask('GET', '/fund'));
      if (!keyring) return;
      if (this.isWaiting && serverNow() >= this.#restsUntil) await this.#sendActivations(keyring);
      await this.#attempt(() => this.safekeeping.finishMoves());
      await this.#readBudget(keyring);
      if (this.retired) return;
      await this.#readPayments(keyring);
      await this.#renewTickets(keyring);
      await this.safekeeping.sendBackups();
    });
    this.#changed();
  }

  /** @param {Keyring} keyring */
  async #sendActivations(keyring) {
    this.isWaiting = true;
    for (const [key, body] of await this.#vault.list('activation/')) {
      try {
        await this.#ask('POST', '/activations', { body, timeoutMs: SLOW_MS });
      } catch (error) {
        this.isTooBusy = error instanceof ApiRefusal && error.status === TOO_MANY;
        if (this.isTooBusy) {
          // That says nothing about the letter: what is kept stays, and is asked again later.
          this.#restsUntil = serverNow() + (/** @type {ApiRefusal} */ (error).details.retryAfterSeconds ?? REST_SECONDS);
        } else if (error instanceof ApiRefusal && !error.retry) {
          await this.#vault.delete(key);
          this.isWaiting = (await this.#vault.list('activation/')).length > 0;
        }
        throw error;
      }
      await this.#vault.delete(key);
    }
    this.isWaiting = false;
    this.isTooBusy = false;
    await this.#readBudget(keyring);
  }

  /** @param {Keyring} keyring */
  async #readBudget(keyring) {
    try {
      const { now, block, vouchers } = await this.#ask('GET', '/budgets/me', { token: keyring.accessToken() });
      this.isUnknown = false;
      await this.safekeeping.noteVouchers(vouchers);
      [this.vouchers, this.balanceAt, this.balanceBlock] = [vouchers, now, block];
      await this.#vault.put('budget', { now, block, vouchers });
      markBudget();
    } catch (error) {
      if (error instanceof ApiRefusal && error.reason === 'phone_retired') await this.#retire(error.details);
      else if (!(error instanceof ApiRefusal && error.reason === 'sign_in_required')) throw error;
      else this.isUnknown = this.vouchers.length > 0;
    }
  }

  /**
   * Another phone has the vouchers, or a new letter waits for them: this seed opens nothing any more.
   * @param {Record<string, any>} details
   */
  async #retire({ retiredAt, because }) {
    // What is on its way to this seed will be opened by it.
    if (this.safekeeping.isMoving) return;
    this.retired = { at: retiredAt, because };
    await this.#vault.put('retired', this.retired);
    unmarkBudget();
    await this.safekeeping.forgetAll();
    await Keyring.retire(this.#vault);
    this.#keyring = null;
    [this.vouchers, this.payments, this.names, this.isWaiting] = [[], [], {}, false];
  }

  /** Opens the seed of this phone, or makes one: a new one when the former was retired or lost. */
  async #makeKeyring() {
    this.#keyring = await Keyring.openOrMake(this.#vault);
    await this.#vault.delete('retired');
    [this.retired, this.isSeedLost] = [null, false];
    return this.#keyring;
  }

  /** Vouchers came to this phone. */
  async #settle() {
    // Without this a browser may delete what it keeps when space runs out. It may refuse; then nothing is lost yet.
    await navigator.storage?.persist?.();
    await this.#readBudget(this.#opened());
    await this.refresh();
  }

  /**
   * @param {Keyring} keyring
   * @param {AbortSignal} [signal]
   */
  async #readPayments(keyring, signal) {
    if (this.isUnknown) return;
    try {
      this.payments = (await this.#ask('GET', '/budgets/me/payments', { token: keyring.accessToken(), signal })).payments;
      await this.#vault.put('payments', this.payments);
    } catch (error) {
      // The phone is told at once that its code pays nothing any more.
      if (error instanceof ApiRefusal && error.reason === 'phone_retired') this.refresh();
      throw error;
    }
  }

  /** @param {Keyring} keyring */
  async #renewTickets(keyring) {
    const lastCodeExpiresAt = await this.#vault.get('lastCodeExpiresAt') ?? 0;
    if (serverNow() < lastCodeExpiresAt + RENEWAL_REST_SECONDS) return;
    for (const voucher of this.vouchers) {
      const isOpen = !voucher.blocked && voucher.balanceCents > 0 && serverNow() < voucher.endsAt;
      if (isOpen && countFresh(await this.#vault.get(`progress/${voucher.voucher}`), voucher) < RENEW_BELOW) {
        const body = await keyring.makeRenewal(this.#domain(), voucher);
        await this.#ask('POST', '/ticket-renewals', { body, token: keyring.accessToken(), timeoutMs: SLOW_MS });
        await this.#readBudget(keyring);
      }
    }
  }

  /** @param {Fund} fund */
  async #keepFund({ chainId, contract, municipality, phone }) {
    this.fund = { chainId, contract, municipality, phone };
    await this.#vault.put('fund', this.fund);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Parameters<typeof request>[2]} [options]
   */
  async #ask(method, path, options) {
    try {
      const answer = await request(method, path, options);
      this.#setOffline(false);
      return answer;
    } catch (error) {
      if (!options?.signal?.aborted) this.#setOffline(error instanceof NoAnswer);
      throw error;
    }
  }

  /** @param {() => Promise<void>} action */
  async #attempt(action) {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiRefusal || error instanceof NoAnswer || error instanceof MovedElsewhere)) throw error;
    }
  }

  /** @param {boolean} isOffline */
  #setOffline(isOffline) {
    if (isOffline === this.isOffline) return;
    this.isOffline = isOffline;
    this.#changed();
  }

  #domain() {
    if (!this.fund) throw new Error('the fund is known since the first letter');
    return new Domain(this.fund.chainId, this.fund.contract);
  }

  #opened() {
    if (!this.#keyring) throw new Error('there is a seed since the first letter');
    return this.#keyring;
  }

  /** @param {number} voucher */
  #voucher(voucher) {
    const known = this.vouchers.find((one) => one.voucher === voucher);
    if (!known) throw new Error(`voucher ${voucher} is not on this phone`);
    return known;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
