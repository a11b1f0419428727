// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Backups: a seed that only its letter and its PIN open together, and the hand-over code of a phone. Pure.
 *
 * The PIN is stretched with Argon2id, which takes seconds and so is done elsewhere, in a worker: what comes in here is
 * `stretched`, 64 bytes. Half of it makes the key, the other half proves to the server that letter and PIN are known.
 */
import { sha256 } from '../../vendor/noble-hashes/sha2.js';
import { bytesToHex, bytesToNumber, concatBytes, fromHex, numberToBytes, toHex, utf8ToBytes } from './bytes.js';
import { derive } from './keys.js';

/** Memory in KiB, passes, lanes, bytes out. */
export const ARGON2ID = { m: 19_456, t: 2, p: 1, dkLen: 64 };
export const PIN_DIGITS = 5;
const VERSION = 1;
const NONCE_BYTES = 12;
const SEED_BYTES = 32;
const BLOB_BYTES = 1 + NONCE_BYTES + SEED_BYTES + 16;
const CHECK_BYTES = 4;
const HANDOVER_BYTES = 1 + SEED_BYTES + 4 + CHECK_BYTES;

/** What was opened is not a backup of this letter and PIN. */
export class BackupUnreadable extends Error {}

/** The text is not a hand-over code. */
export class HandoverUnreadable extends Error {}

/**
 * Tells whether a text can be a PIN, and is not one of the first that anyone would try.
 * @param {string} text
 * @returns {'good' | 'form' | 'easy'} `form`: not five digits; `easy`: all the same, or counting up or down.
 */
export function judgePin(text) {
  if (!/^[0-9]{5}$/.test(text)) return 'form';
  const steps = new Set([...text].slice(1).map((digit, i) => Number(digit) - Number(text[i])));
  const [step] = steps;
  return steps.size === 1 && Math.abs(step) <= 1 ? 'easy' : 'good';
}

/**
 * Returns the name of a letter's backup, which does not open it.
 * @param {Uint8Array} secret The letter's.
 * @returns {string} 16 bytes, hexadecimal
 */
export function backupId(secret) {
  return bytesToHex(derive(secret, 'backup', 16));
}

/**
 * Returns the salt with which the PIN is stretched.
 * @param {Uint8Array} secret The letter's.
 */
export function pinSalt(secret) {
  return derive(secret, 'backup salt', 16);
}

/**
 * Returns what shows to the server that letter and PIN are known.
 * @param {Uint8Array} stretched
 */
export function pinProof(stretched) {
  return stretched.slice(32, 64);
}

/**
 * Encrypts a seed: the request that keeps it. `backupId` goes into the address, the rest into the body.
 * @param {Uint8Array} seed
 * @param {{secret: Uint8Array, stretched: Uint8Array, nonce?: Uint8Array}} opening The letter's secret and the stretched
 *   PIN; the nonce is random unless a test names one.
 * @returns {Promise<{backupId: string, proofHash: string, blob: string}>}
 */
export async function sealSeed(seed, { secret, stretched, nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES)) }) {
  const sealed = await crypto.subtle.encrypt(algorithm(secret, nonce), await backupKey(secret, stretched), Uint8Array.from(seed));
  return {
    backupId: backupId(secret),
    proofHash: toHex(sha256(pinProof(stretched))),
    blob: toHex(concatBytes(Uint8Array.of(VERSION), nonce, new Uint8Array(sealed))),
  };
}

/**
 * Decrypts the seed of a backup.
 * @param {string} blob Hexadecimal, as the server gives it.
 * @param {{secret: Uint8Array, stretched: Uint8Array}} opening
 * @returns {Promise<Uint8Array>}
 * @throws {BackupUnreadable} Another version, another letter or PIN, or the bytes were changed.
 */
export async function openSeed(blob, { secret, stretched }) {
  const bytes = fromHex(blob);
  if (bytes.length !== BLOB_BYTES || bytes[0] !== VERSION) throw new BackupUnreadable('not a backup of this version');
  const nonce = bytes.slice(1, 1 + NONCE_BYTES);
  try {
    const key = await backupKey(secret, stretched);
    return new Uint8Array(await crypto.subtle.decrypt(algorithm(secret, nonce), key, bytes.slice(1 + NONCE_BYTES)));
  } catch {
    throw new BackupUnreadable('another letter or PIN, or changed bytes');
  }
}

/**
 * Writes the code with which a phone hands everything over; it goes into the fragment of an address.
 * @param {Uint8Array} seed
 * @param {number} expiresAt Epoch seconds.
 * @returns {string} 82 hexadecimal capitals
 */
export function writeHandover(seed, expiresAt) {
  const content = concatBytes(Uint8Array.of(VERSION), seed, numberToBytes(expiresAt, 4));
  return bytesToHex(concatBytes(content, sha256(content).slice(0, CHECK_BYTES))).toUpperCase();
}

/**
 * Finds a hand-over code in what a camera read or an address holds.
 * @param {string} text
 * @returns {string | null} Not yet read.
 */
export function handoverInText(text) {
  return /#telefoon=([^&]*)/.exec(text)?.[1] ?? null;
}

/**
 * Reads a hand-over code.
 * @param {string} text
 * @returns {{seed: Uint8Array, expiresAt: number}}
 * @throws {HandoverUnreadable} Cut off, mistyped, or of another version.
 */
export function readHandover(text) {
  if (!/^([0-9A-F]{2})+$/.test(text)) throw new HandoverUnreadable('not hexadecimal capitals');
  const bytes = fromHex(text.toLowerCase());
  const content = bytes.slice(0, -CHECK_BYTES);
  if (bytes.length !== HANDOVER_BYTES || bytes[0] !== VERSION) throw new HandoverUnreadable('not a code of this version');
  if (bytesToHex(sha256(content).slice(0, CHECK_BYTES)) !== bytesToHex(bytes.slice(-CHECK_BYTES))) {
    throw new HandoverUnreadable('a character is wrong');
  }
  return { seed: content.slice(1, 1 + SEED_BYTES), expiresAt: bytesToNumber(content.slice(1 + SEED_BYTES)) };
}

/**
 * @param {Uint8Array} secret
 * @param {Uint8Array} stretched
 */
function backupKey(secret, stretched) {
  const key = derive(concatBytes(stretched.slice(0, 32), secret), 'backup key', 32);
  return crypto.subtle.importKey('raw', Uint8Array.from(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/**
 * @param {Uint8Array} secret
 * @param {Uint8Array} nonce
 */
function algorithm(secret, nonce) {
  return { name: 'AES-GCM', iv: Uint8Array.from(nonce), additionalData: Uint8Array.from(utf8ToBytes(backupId(secret))) };
}
