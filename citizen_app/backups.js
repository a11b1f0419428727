// SPDX-License-Identifier: EUPL-1.2
/** @file Backups of this phone: the seed, encrypted under a letter and a PIN, kept by the server and asked back. */
import { ApiRefusal } from '/static/js/api.js';
import { backupId, openSeed, pinProof, pinSalt } from '/static/js/core/backup.js';
import { toHex, utf8ToBytes } from '/static/js/core/bytes.js';

/** @typedef {import('./keyring.js').Keyring} Keyring */
/** @typedef {import('/static/js/vault.js').Vault} Vault */
/** A letter's secret and its PIN, stretched. @typedef {{secret: Uint8Array, stretched: Uint8Array}} Opening */

const WORKER = '/ouder/argon2_worker.js';
const WAITING = 'backup/';
const KEPT = 'backupsKept';

/** What this phone keeps elsewhere. A backup is kept here too until the server has it. */
export class Backups {
  #vault;
  #ask;

  /**
   * @param {Vault} vault
   * @param {typeof import('/static/js/api.js').request} ask
   */
  constructor(vault, ask) {
    this.#vault = vault;
    this.#ask = ask;
    /** Whether the server keeps one of this seed, or will as soon as it can be reached. */
    this.isKept = false;
    /** Whether the server has yet to get one. */
    this.isWaiting = false;
  }

  async load() {
    const kept = /** @type {string[]} */ (await this.#vault.get(KEPT) ?? []);
    this.isWaiting = (await this.#vault.list(WAITING)).length > 0;
    this.isKept = kept.length > 0 || this.isWaiting;
  }

  /**
   * Encrypts the seed and keeps that here; `send` brings it to the server.
   * @param {Keyring} keyring
   * @param {Opening} opening
   */
  async prepare(keyring, opening) {
    const sealed = await keyring.seal(opening);
    await this.#vault.put(`${WAITING}${sealed.backupId}`, sealed);
    await this.load();
  }

  /**
   * Brings what waits to the server.
   * @param {Keyring} keyring
   * @throws {ApiRefusal | import('/static/js/api.js').NoAnswer}
   */
  async send(keyring) {
    for (const [key, { backupId: id, proofHash, blob }] of await this.#vault.list(WAITING)) {
      try {
        await this.#ask('PUT', `/backups/${id}`, { body: { proofHash, blob }, token: keyring.accessToken() });
      } catch (error) {
        if (error instanceof ApiRefusal && !error.retry) await this.#vault.delete(key);
        await this.load();
        throw error;
      }
      await this.#vault.update(KEPT, (/** @type {string[] | undefined} */ kept = []) => [...new Set([...kept, id])]);
      await this.#vault.delete(key);
    }
    await this.load();
  }

  /**
   * Asks for the seed that a letter and its PIN open. A wrong PIN is counted by the server.
   * @param {Opening} opening
   * @returns {Promise<Uint8Array>}
   * @throws {ApiRefusal | import('/static/js/api.js').NoAnswer | import('/static/js/core/backup.js').BackupUnreadable}
   */
  async retrieve(opening) {
    const body = { backupId: backupId(opening.secret), proof: toHex(pinProof(opening.stretched)) };
    const { blob } = await this.#ask('POST', '/backup-retrievals', { body });
    return openSeed(blob, opening);
  }

  /** Forgets which backups there are: they went with the former seed. */
  async forget() {
    for (const [key] of await this.#vault.list(WAITING)) await this.#vault.delete(key);
    await this.#vault.delete(KEPT);
    await this.load();
  }
}

/**
 * Stretches a PIN, which takes a second or a few, in a worker.
 * @param {string} pin
 * @param {Uint8Array} secret The letter's.
 * @returns {Promise<Opening>}
 */
export function stretchPin(pin, secret) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { type: 'module' });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve({ secret, stretched: data });
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      reject(new WorkerMissing(event.message));
    };
    worker.postMessage({ pin: utf8ToBytes(pin), salt: pinSalt(secret) });
  });
}

/** The file that stretches PINs could not be fetched or run. */
export class WorkerMissing extends Error {}
