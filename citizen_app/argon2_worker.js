// SPDX-License-Identifier: EUPL-1.2
/** @file Stretches a PIN beside the page, so that the page stays alive: PIN and salt in, 64 bytes out. */
import { ARGON2ID } from '/static/js/core/backup.js';
import { argon2id } from '/static/vendor/noble-hashes/argon2.js';

/** @typedef {{pin: Uint8Array, salt: Uint8Array}} Asked */

const scope = /** @type {{onmessage: ((event: MessageEvent<Asked>) => void) | null, postMessage(message: unknown): void}} */ (
  /** @type {unknown} */ (self));

scope.onmessage = ({ data: { pin, salt } }) => scope.postMessage(argon2id(pin, salt, ARGON2ID));
