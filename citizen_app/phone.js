// SPDX-License-Identifier: EUPL-1.2
/** @file What this phone knows, keeps and asks: its budget and payments, its letters, its codes. Screens read it and listen. */
import { ApiRefusal, NoAnswer, request, requestFile } from '/static/js/api.js';
import { listen } from '/static/js/events.js';
import { loadPart } from '/static/js/parts.js';
import { Domain } from '/static/js/core/signing.js';
import { Codes } from './codes.js';
import { Keyring } from './keyring.js';
import { Letters } from './letters.js';
import { hadBudget, markBudget, unmarkBudget } from './marker.js';
import { MovedElsewhere } from './moves.js';
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

/** A receipt is drawn when it is asked for. */
const SLOW_MS = 60_000;

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

  /** @param {import('/static/js/vault.js').Vault} vault */
  constructor(vault) {
    super();
    this.#vault = vault;
    this.codes = new Codes(vault, {
      ask: this.#ask.bind(this),
      keyring: () => this.#opened(),
      domain: () => this.#domain(),
      vouchers: () => this.vouchers,
      renewed: () => this.#readBudget(this.#opened()),
    });
    this.letters = new Letters(vault, {
      ask: this.#ask.bind(this),
      makeKeyring: () => this.#makeKeyring(),
      domain: () => this.#domain(),
      vouchers: () => this.vouchers,
      readBudget: (keyring) => this.#readBudget(keyring),
    });
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

  /**
   * Opens what this phone keeps.
   * @param {import('/static/js/vault.js').Vault} vault
   */
  static async open(vault) {
    const phone = new Phone(vault);
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
   * @throws {ApiRefusal | NoAnswer | import('./letters.js').LetterUsedElsewhere}
   */
  async activate(secret) {
    await this.#keepFund(await this.#ask('GET', '/fund'));
    await this.letters.activate(secret);
    await this.#settle();
  }

  /**
   * Asks whether one of these codes has been paid with. Of a phone that was retired meanwhile none has.
   * @param {number} voucher
   * @param {Set<number>} numbers
   * @param {AbortSignal} signal
   * @returns {Promise<Payment | null>}
   * @throws {ApiRefusal | NoAnswer}
   */
  async findPayment(voucher, numbers, signal) {
    if (!this.#keyring) return null;
    await this.#readPayments(this.#keyring, signal);
    return this.payments.find((one) => one.voucher === voucher && numbers.has(one.number)) ?? null;
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
    // What a check needs is loaded by who checks.
    const { checkAndKeep } = await loadPart(() => import('./checking.js'));
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
    await this.letters.load();
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
      if (this.letters.mayBeSent) await this.letters.send(keyring);
      await this.#attempt(() => this.safekeeping.finishMoves());
      await this.#readBudget(keyring);
      if (this.retired) return;
      await this.#readPayments(keyring);
      await this.codes.renew();
      await this.safekeeping.sendBackups();
    });
    this.#changed();
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
    await this.letters.load();
    [this.vouchers, this.payments, this.names] = [[], [], {}];
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

  /** @param {Fund} fund */
  async #keepFund({ chainId, contract, municipality, phone }) {
    // A phone number stays on one line.
    this.fund = { chainId, contract, municipality, phone: phone.replace(/ /g, '\u00a0') };
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

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
