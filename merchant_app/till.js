// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The till: its key, which shop it belongs to, what it signs and what it asks. Amounts in euro cents, instants in
 * epoch seconds.
 */
import { ApiRefusal, request, requestTable } from '/static/js/api.js';
import { fromHex, toHex } from '/static/js/core/bytes.js';
import { identifyTicket, readTicket } from '/static/js/core/code.js';
import { addressOf, randomKey, sign } from '/static/js/core/keys.js';
import { Domain } from '/static/js/core/signing.js';
import { isoDay, serverNow } from '/static/js/time.js';
import { AskingPaused, keyOf } from './pending.js';

/** @typedef {import('/static/js/vault.js').Vault} Vault */
/** @typedef {import('./pending.js').Charge} Charge */
/** @typedef {import('./pending.js').RefundOrder} RefundOrder */
/** @typedef {import('./pending.js').Pending} Pending */
/** @typedef {import('./verdict.js').Answer} Answer */
/** @typedef {'owner' | 'cashier'} Role */
/**
 * How the shop stands in a programme: for what it may be paid, or since when and why it is suspended.
 * @typedef {{programme: number, programmeName: string, categories: number[], suspendedAt: number | null, because: string | null}} Standing
 */
/**
 * What a paired till knows: where it stands, what it may do and charge, where its signatures count, whom to call.
 * @typedef {{till: string, name: string, role: Role, shop: number, shopName: string, categories: number[], maxRedemptionCents: number,
 *   phone: string, standings?: Standing[], chainId: number, contract: string}} TillRecord
 */
/** What was given back of a payment. @typedef {{amountCents: number, at: number, tillName: string, reason: string | null}} Refund */
/**
 * A payment as its shop knows it.
 * @typedef {{redemptionId: string, tillName: string, category: number, amountCents: number, refundedCents: number,
 *   refunds: Refund[], at: number}} Redemption
 */
/** A day of the shop, as it was known at `at`. */
/** @typedef {{on: string, count: number, totalCents: number, redemptions: Redemption[], at: number}} Summary */
/** A code that can be charged. */
/** @typedef {{text: string, ticket: import('/static/js/core/code.js').Ticket, ticketId: string}} Scanned */

const KEY = 'till-key';
const TOKEN = 'till-token';
const RECORD = 'till';
const SUMMARY = 'summary';

/** A slow chain may need this long; the cashier is told earlier that there is no answer yet. */
const ANSWER_MILLISECONDS = 20_000;

/** The code is a ticket, but its signature is not one. */
export class SignatureInvalid extends Error {}

/**
 * @param {unknown} error
 * @returns {boolean} Whether this till must be paired again before it can ask anything.
 */
export function isSignInRequired(error) {
  return error instanceof ApiRefusal && error.status === 401;
}

/** This device as a till, from what the vault keeps. */
export class Till {
  /** @type {Vault} */
  #vault;
  /** @type {Uint8Array | null} */
  #key = null;
  #token = '';

  /**
   * @param {Vault} vault
   * @returns {Promise<Till>}
   */
  static async open(vault) {
    const till = new Till(vault);
    const token = await vault.getSecret(TOKEN);
    till.#key = await vault.getSecret(KEY);
    till.record = await vault.get(RECORD) ?? null;
    till.#token = new TextDecoder().decode(token ?? new Uint8Array());
    const kept = await vault.get(SUMMARY);
    if (kept?.on === isoDay(serverNow())) till.summary = kept;
    return till;
  }

  /** @param {Vault} vault */
  constructor(vault) {
    this.#vault = vault;
    /** @type {TillRecord | null} Null before it is paired. */
    this.record = null;
    /** @type {Summary | null} Today, as last known. */
    this.summary = null;
  }

  /**
   * Joins the shop of a pairing code. The key is kept before the code is used, so that after a lost answer the same
   * request can be sent again.
   * @param {string} pairingCode
   * @param {string} name
   * @throws {ApiRefusal} The code is not good.
   * @throws {import('/static/js/api.js').NoAnswer}
   */
  async pair(pairingCode, name) {
    const key = this.#key ?? randomKey();
    if (!this.#key) await this.#vault.putSecret(KEY, key);
    this.#key = key;
    const till = toHex(addressOf(key));
    try {
      const fund = await request('GET', '/fund');
      const { token } = await request('POST', '/tills', { body: { pairingCode, till, name }, timeoutMs: ANSWER_MILLISECONDS });
      const terms = await request('GET', '/tills/me', { token });
      await this.#vault.putSecret(TOKEN, new TextEncoder().encode(token));
      this.#token = token;
      await this.#keep({ ...termsOf(terms), till, chainId: fund.chainId, contract: fund.contract });
    } catch (error) {
      // The key is another shop's till: with the next code this device starts as a new one.
      if (error instanceof ApiRefusal && error.reason === 'till_already_added') await this.#forgetKey();
      throw error;
    }
  }

  /** Leaves the shop: its key ends there if the shop can be told now; then this device forgets key, token and day. */
  async unpair() {
    try {
      await this.request('DELETE', `/tills/${this.record?.till}`);
    } catch {
      // Without the key, which is forgotten below, nobody can do anything as this till.
    }
    await this.#vault.delete(RECORD);
    await this.#vault.delete(SUMMARY);
    await this.#vault.deleteSecret(TOKEN);
    await this.#forgetKey();
    this.record = null;
    this.summary = null;
    this.#token = '';
  }

  /**
   * Reads a code, without network. Whether it is true is for the contract to say.
   * @param {string} text
   * @returns {Scanned}
   * @throws {import('/static/js/core/code.js').TicketUnreadable}
   * @throws {SignatureInvalid}
   */
  readCode(text) {
    const ticket = readTicket(text);
    const identity = identifyTicket(ticket, this.#domain());
    if (identity === null) throw new SignatureInvalid();
    return { text, ticket, ticketId: toHex(identity.ticketId) };
  }

  /**
   * Signs a charge.
   * @param {Scanned} scanned
   * @param {{amountCents: number, category: number, askedAt: number}} asked
   * @returns {Charge}
   */
  sign({ text, ticketId }, { amountCents, category, askedAt }) {
    if (!this.#key || !this.record) throw new Error('a till signs after it was paired');
    const digest = this.#domain().chargeDigest({ ticketId: fromHex(ticketId), amountCents, category });
    const signature = sign(this.#key, digest);
    return { kind: 'charge', ticketId, ticket: text, amountCents, category, signature, till: this.record.till, askedAt };
  }

  /**
   * Signs an order to give back part or all of what is left of a payment.
   * @param {Redemption} payment
   * @param {{amountCents: number, reason: string, askedAt: number}} asked
   * @returns {RefundOrder}
   */
  signRefund(payment, { amountCents, reason, askedAt }) {
    if (!this.#key || !this.record) throw new Error('a till signs after it was paired');
    const ticketId = payment.redemptionId;
    const remainingCents = payment.amountCents - payment.refundedCents;
    const digest = this.#domain().refundDigest({ ticketId: fromHex(ticketId), amountCents, remainingCents });
    const signature = sign(this.#key, digest);
    return { kind: 'refund', ticketId, amountCents, remainingCents, reason, signature, till: this.record.till, askedAt };
  }

  /**
   * Asks what becomes of a request: the same question however often it is asked.
   * @param {Pending} request
   * @returns {Promise<Answer>} Booked, or refused for good.
   * @throws {AskingPaused} This till must be paired again first.
   * @throws {Error} No answer to the question: ask again later.
   */
  async ask(request) {
    try {
      return request.kind === 'refund' ? await this.#askRefund(request) : await this.#askCharge(request);
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      if (error.status === 401) throw new AskingPaused(error.reason);
      // A failure, or too many questions at once: that says nothing about the request.
      if (error.status >= 500 || error.status === 429) throw error;
      const refused = { reason: error.reason, details: error.details };
      // The server knows its own refunds: it says itself when this order was booked before.
      if (request.kind === 'refund') return refused;
      const maybePaidBefore = request.attempts > 0 || request.till !== this.record?.till;
      return maybePaidBefore ? this.#paidBeforeOr(refused, request) : refused;
    }
  }

  /**
   * Fetches today's payments of the shop.
   * @returns {Promise<Summary>}
   */
  async fetchDay() {
    const on = isoDay(serverNow());
    const day = await this.request('GET', `/redemptions?on=${on}`);
    this.summary = { ...day, at: serverNow() };
    await this.#vault.put(SUMMARY, this.summary);
    return /** @type {Summary} */ (this.summary);
  }

  /** Fetches what this till may charge now. A shop that takes part no longer keeps its last categories to ask with. */
  async fetchTerms() {
    const terms = termsOf(await this.request('GET', '/tills/me'));
    if (!this.record) return;
    const categories = terms.categories.length ? terms.categories : this.record.categories;
    await this.#keep({ ...this.record, ...terms, categories });
  }

  /** @param {Charge} charge */
  async #askCharge({ ticketId, ticket, amountCents, category, signature }) {
    const body = { ticket, amountCents, category, signature };
    return paid(await this.request('PUT', `/redemptions/${ticketId}`, { body, timeoutMs: ANSWER_MILLISECONDS }));
  }

  /**
   * @param {RefundOrder} order
   * @returns {Promise<Answer>}
   */
  async #askRefund({ ticketId, amountCents, remainingCents, reason, signature }) {
    const body = { amountCents, remainingCents, reason, signature };
    const path = `/redemptions/${ticketId}/refunds`;
    const { result, redemption } = await this.request('POST', path, { body, timeoutMs: ANSWER_MILLISECONDS });
    return { reason: result === 'accepted' ? 'refunded' : result, details: { amountCents, redemption } };
  }

  /**
   * An earlier try that got no answer may have been paid after all; a refusal of this one does not say.
   * @param {Answer} refused
   * @param {Charge} charge
   * @returns {Promise<Answer>}
   */
  async #paidBeforeOr(refused, charge) {
    try {
      const answer = paid(await this.request('GET', `/redemptions/${charge.ticketId}`));
      return answer.details.amountCents === charge.amountCents ? answer : refused;
    } catch (error) {
      if (error instanceof ApiRefusal && error.status === 404) return refused;
      throw error instanceof ApiRefusal && error.status === 401 ? new AskingPaused(error.reason) : error;
    }
  }

  /**
   * Asks the API as this till.
   * @param {string} method
   * @param {string} path
   * @param {{body?: unknown, timeoutMs?: number}} [options]
   * @returns {Promise<any>}
   * @throws {ApiRefusal}
   * @throws {import('/static/js/api.js').NoAnswer}
   */
  request(method, path, options = {}) {
    return request(method, path, { ...options, token: this.#token });
  }

  /**
   * Fetches a table as this till.
   * @param {string} path
   * @param {string} language
   */
  requestTable(path, language) {
    return requestTable(path, { token: this.#token, language });
  }

  #domain() {
    if (!this.record) throw new Error('a till knows its contract after it was paired');
    return new Domain(this.record.chainId, this.record.contract);
  }

  /** @param {TillRecord} record */
  async #keep(record) {
    await this.#vault.put(RECORD, record);
    this.record = record;
  }

  async #forgetKey() {
    await this.#vault.deleteSecret(KEY);
    this.#key = null;
  }
}

/**
 * Keeps pending requests in the vault.
 * @param {Vault} vault
 * @returns {import('./pending.js').Store}
 */
export function pendingStore(vault) {
  return {
    // What an older version of this app kept were charges only.
    all: async () => (await vault.list('pending/')).map(([, request]) => ({ kind: 'charge', ...request })),
    put: (request) => vault.put(`pending/${keyOf(request)}`, request),
    remove: (key) => vault.delete(`pending/${key}`),
  };
}

/**
 * @param {any} answer
 * @returns {Answer}
 */
function paid({ result, redemption }) {
  return { reason: result, details: { amountCents: redemption.amountCents, at: redemption.at } };
}

/** @param {any} terms */
function termsOf({ name, role, shop, shopName, categories, maxRedemptionCents, phone, standings }) {
  return { name, role, shop, shopName, categories, maxRedemptionCents, phone, standings };
}
