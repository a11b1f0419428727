// SPDX-License-Identifier: EUPL-1.2
/** @file Keeping safe: a PIN beside the letter, the way back to a budget, and the way to another phone of the family. */
import { readHandover } from '/static/js/core/backup.js';
import { letterId } from '/static/js/core/letter.js';
import { TICKETS } from '/static/js/core/tree.js';
import { serverNow } from '/static/js/time.js';
import { Backups, stretchPin } from './backups.js';
import { MovedElsewhere, Moves } from './moves.js';

/** @typedef {import('./keyring.js').Keyring} Keyring */
/**
 * What this needs of its phone. `settle` asks everything again once vouchers came.
 * @typedef {{ask: typeof import('/static/js/api.js').request, keyring(): Keyring, makeKeyring(): Promise<Keyring>,
 *   domain(): import('/static/js/core/signing.js').Domain, vouchers(): {voucher: number}[],
 *   activate(secret: Uint8Array): Promise<void>, readFund(): Promise<void>, settle(): Promise<void>, changed(): void}} Host
 */

/** So long a hand-over code is taken by the other phone. */
export const HANDOVER_SECONDS = 120;

const LOST_SOME = 'hasLostSome';
/** With which generation a voucher came to this phone: what was paid with an earlier one was paid with another phone. */
const ARRIVED = 'arrived/';
const GONE_WITH_THE_SEED = ['budget', 'payments', 'names', LOST_SOME, ARRIVED, 'progress/', 'signed/', 'activation/'];

/** The letter's vouchers are not on this phone. */
export class LetterOfOthers extends Error {}

/** The code of the other phone is older than two minutes. */
export class HandoverExpired extends Error {}

/** The safekeeping of one phone. */
export class Safekeeping {
  #vault;
  #host;
  #backups;
  #moves;

  /**
   * @param {import('/static/js/vault.js').Vault} vault
   * @param {Host} host
   */
  constructor(vault, host) {
    this.#vault = vault;
    this.#host = host;
    this.#backups = new Backups(vault, host.ask);
    this.#moves = new Moves(vault, host.ask);
    /** Some, not all, of the vouchers went elsewhere; until the holder has read that. */
    this.hasLostSome = false;
  }

  /** Whether a PIN keeps this phone's budget. */
  get hasPin() {
    return this.#backups.isKept;
  }

  /** Whether the server has yet to get what the PIN keeps. */
  get isWaitingToSend() {
    return this.#backups.isWaiting;
  }

  /** Whether vouchers of another phone are on their way to this one. */
  get isMoving() {
    return this.#moves.isUnderWay;
  }

  async load() {
    await this.#backups.load();
    await this.#moves.load();
    this.hasLostSome = await this.#vault.get(LOST_SOME) ?? false;
  }

  /**
   * Notes which vouchers came to this phone and whether some went elsewhere, before the phone takes over what it reads now.
   * @param {{voucher: number, generation: number}[]} vouchers
   */
  async noteVouchers(vouchers) {
    const before = new Set(this.#host.vouchers().map(({ voucher }) => voucher));
    for (const { voucher, generation } of vouchers) {
      await this.#vault.update(`${ARRIVED}${voucher}`, (kept) => kept ?? (before.has(voucher) ? 0 : generation));
      before.delete(voucher);
    }
    if (before.size === 0) return;
    for (const voucher of before) await this.#vault.delete(`${ARRIVED}${voucher}`);
    this.hasLostSome = true;
    await this.#vault.put(LOST_SOME, true);
  }

  /** The holder has read that some vouchers went elsewhere. */
  async noteLossRead() {
    this.hasLostSome = false;
    await this.#vault.delete(LOST_SOME);
    this.#host.changed();
  }

  /**
   * Tells whether a payment was made before its voucher came to this phone.
   * @param {{voucher: number, number: number}} payment
   */
  async isOfFormerPhone({ voucher, number }) {
    return Math.floor(number / TICKETS) < (await this.#vault.get(`${ARRIVED}${voucher}`) ?? 0);
  }

  /**
   * Keeps the seed under a letter of this phone and a PIN. When the network fails in between it is sent later.
   * @param {Uint8Array} secret The letter's.
   * @param {string} pin
   * @throws {import('/static/js/api.js').ApiRefusal | import('/static/js/api.js').NoAnswer | LetterOfOthers}
   */
  async choosePin(secret, pin) {
    const { vouchers } = await this.#lookUp(secret);
    const own = new Set(this.#host.vouchers().map(({ voucher }) => voucher));
    if (!vouchers.some(({ voucher }) => own.has(voucher))) throw new LetterOfOthers();
    const keyring = this.#host.keyring();
    await this.#backups.prepare(keyring, await stretchPin(pin, secret));
    await this.#backups.send(keyring);
  }

  /**
   * Moves everything of the phone that kept a backup under this letter and PIN to this phone; its codes die at once. The
   * same letter and PIN open this phone's own backup afterwards. A letter that was never used is opened instead.
   * @param {Uint8Array} secret The letter's.
   * @param {string} pin
   * @throws {import('/static/js/api.js').ApiRefusal | import('/static/js/api.js').NoAnswer | MovedElsewhere}
   */
  async restore(secret, pin) {
    const { vouchers } = await this.#lookUp(secret);
    if (vouchers.every(({ activated }) => !activated)) {
      await this.#host.activate(secret);
      return;
    }
    const opening = await stretchPin(pin, secret);
    const seed = await this.#backups.retrieve(opening);
    const keyring = await this.#host.makeKeyring();
    await this.#moves.begin(seed, keyring);
    await this.#backups.prepare(keyring, opening);
    await this.#arrive();
  }

  /**
   * Moves everything of the phone that shows this code to this phone; the other's codes die at once.
   * @param {string} text
   * @throws {import('/static/js/core/backup.js').HandoverUnreadable | HandoverExpired | MovedElsewhere}
   */
  async takeOver(text) {
    const { seed, expiresAt } = readHandover(text);
    await this.#host.readFund();
    if (serverNow() >= expiresAt) throw new HandoverExpired();
    await this.#moves.begin(seed, await this.#host.makeKeyring());
    await this.#arrive();
  }

  /** Writes the code that hands everything over to another phone, for two minutes. Whoever sees it can take it. */
  writeHandover() {
    const expiresAt = serverNow() + HANDOVER_SECONDS;
    return { text: `${location.origin}/ouder/#telefoon=${this.#host.keyring().writeHandover(expiresAt)}`, expiresAt };
  }

  /** Moves what is not moved yet. */
  async finishMoves() {
    if (this.isMoving) await this.#moves.finish(this.#host.keyring(), this.#host.domain());
  }

  /** Sends the backups that wait, once there is something to keep. */
  async sendBackups() {
    if (!this.isMoving) await this.#backups.send(this.#host.keyring());
  }

  /** Forgets what belonged to a seed that opens nothing any more: its payments, its codes, the names of children. */
  async forgetAll() {
    for (const key of GONE_WITH_THE_SEED) {
      for (const [found] of await this.#vault.list(key)) await this.#vault.delete(found);
    }
    this.hasLostSome = false;
    await this.#backups.forget();
  }

  async #arrive() {
    await this.#host.readFund();
    await this.finishMoves();
    await this.#host.settle();
    if (this.#host.vouchers().length === 0) throw new MovedElsewhere();
  }

  /**
   * @param {Uint8Array} secret
   * @returns {Promise<{vouchers: {voucher: number, activated: boolean}[]}>}
   */
  #lookUp(secret) {
    return this.#host.ask('POST', '/letter-lookups', { body: { letterId: letterId(secret) } });
  }
}
