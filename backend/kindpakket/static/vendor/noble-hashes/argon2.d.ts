// SPDX-License-Identifier: EUPL-1.2
// Types only: those of the package, from tests/node_modules.
export * from '@noble/hashes/argon2.js';
