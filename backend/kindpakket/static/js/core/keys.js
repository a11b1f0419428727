// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Keys: secp256k1 keys derived from a seed or a letter, addresses, signatures. Pure.
 *
 * HKDF is RFC 5869 with SHA-256; the reduction to a key is that of FIPS 186-5 A.2.1; the short signature is ERC-2098.
 */
import { hkdf } from '../../vendor/noble-hashes/hkdf.js';
import { hmac } from '../../vendor/noble-hashes/hmac.js';
import { sha256 } from '../../vendor/noble-hashes/sha2.js';
import { keccak_256 } from '../../vendor/noble-hashes/sha3.js';
import * as secp256k1 from '../../vendor/noble-secp256k1.js';
import { bytesToHex, concatBytes, numberToBytes, toHex, utf8ToBytes } from './bytes.js';

secp256k1.hashes.sha256 = sha256;
secp256k1.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

const SALT = utf8ToBytes('kindpakket/v1');
const ORDER = secp256k1.Point.CURVE().n;

/**
 * An ECDSA signature: 32 bytes r, 32 bytes s, recovery bit 0 or 1.
 * @typedef {{r: Uint8Array, s: Uint8Array, recovery: number}} Signature
 */

/** @param {Uint8Array} bytes */
export const keccak = (bytes) => /** @type {Uint8Array} */ (keccak_256(bytes));

/**
 * Returns `length` bytes of HKDF-SHA256 over the secret, with our salt and this info.
 * @param {Uint8Array} secret
 * @param {string} info
 * @param {number} length
 * @returns {Uint8Array}
 */
export function derive(secret, info, length) {
  return hkdf(sha256, secret, SALT, utf8ToBytes(info), length);
}

/**
 * Returns the private key that `info` names: 48 bytes of HKDF, modulo (order - 1), plus 1.
 * @param {Uint8Array} secret
 * @param {string} info
 * @returns {Uint8Array} 32 bytes
 */
export function deriveKey(secret, info) {
  const number = BigInt(toHex(derive(secret, info, 48))) % (ORDER - 1n) + 1n;
  return numberToBytes(number, 32);
}

/**
 * Returns the one-time key of a voucher's ticket.
 * @param {Uint8Array} seed
 * @param {{voucher: number, number: number}} ticket `number` is 256 × generation + place
 * @returns {Uint8Array}
 */
export function ticketKey(seed, { voucher, number }) {
  return deriveKey(seed, `ticket/${voucher}/${number}`);
}

/**
 * Returns the key with which a phone holds a voucher.
 * @param {Uint8Array} seed
 * @param {{voucher: number}} of
 * @returns {Uint8Array}
 */
export function holderKey(seed, { voucher }) {
  return deriveKey(seed, `holder/${voucher}`);
}

/**
 * Returns what a phone shows to read its own budget.
 * @param {Uint8Array} seed
 * @returns {string} 32 bytes, hexadecimal
 */
export function accessToken(seed) {
  return bytesToHex(derive(seed, 'access', 32));
}

/**
 * Returns what the backend keeps of the access token: its SHA-256.
 * @param {Uint8Array} seed
 * @returns {string} `0x` and hexadecimal
 */
export function accessTokenHash(seed) {
  return toHex(sha256(derive(seed, 'access', 32)));
}

/**
 * Returns the 20-byte address of a private key.
 * @param {Uint8Array} key
 * @returns {Uint8Array}
 */
export function addressOf(key) {
  return addressOfPublic(secp256k1.getPublicKey(key, false));
}

/** @param {Uint8Array} publicKey 65 bytes, uncompressed */
function addressOfPublic(publicKey) {
  return keccak(publicKey.subarray(1)).subarray(12);
}

/**
 * Signs a 32-byte digest (deterministic, RFC 6979, with the lower of the two possible s).
 * @param {Uint8Array} key
 * @param {Uint8Array} digest
 * @returns {Signature}
 */
export function signDigest(key, digest) {
  const signed = secp256k1.sign(digest, key, { prehash: false, format: 'recovered', lowS: true });
  return { recovery: signed[0], r: signed.slice(1, 33), s: signed.slice(33, 65) };
}

/**
 * Signs a digest and writes the signature as JSON takes it: 64 bytes r and vs, hexadecimal after `0x`.
 * @param {Uint8Array} key
 * @param {Uint8Array} digest
 * @returns {string}
 */
export function sign(key, digest) {
  return toHex(toCompact(signDigest(key, digest)));
}

/**
 * Writes r, and s with the recovery bit in its highest bit: 64 bytes.
 * @param {Signature} signature
 * @returns {Uint8Array}
 */
export function toCompact({ r, s, recovery }) {
  const vs = Uint8Array.from(s);
  vs[0] |= recovery << 7;
  return concatBytes(r, vs);
}

/**
 * Reads 64 bytes r and vs.
 * @param {Uint8Array} bytes
 * @returns {Signature}
 * @throws {RangeError} Not 64 bytes.
 */
export function fromCompact(bytes) {
  if (bytes.length !== 64) throw new RangeError('a signature is 64 bytes');
  const s = bytes.slice(32);
  const recovery = s[0] >> 7;
  s[0] &= 127;
  return { r: bytes.slice(0, 32), s, recovery };
}

/**
 * Returns the address that signed the digest; null for what the contract would not take as a signature.
 * @param {Uint8Array} digest
 * @param {Signature} signature
 * @returns {Uint8Array | null}
 */
export function recover(digest, { r, s, recovery }) {
  if (BigInt(toHex(s)) > ORDER >> 1n || recovery > 1) return null;
  try {
    const signed = concatBytes(Uint8Array.of(recovery), r, s);
    const compressed = secp256k1.recoverPublicKey(signed, digest, { prehash: false });
    return addressOfPublic(secp256k1.Point.fromBytes(compressed).toBytes(false));
  } catch {
    return null;
  }
}

/**
 * Makes a random private key.
 * @returns {Uint8Array}
 */
export function randomKey() {
  return secp256k1.utils.randomSecretKey();
}
