// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The ticket's code: 75 bytes that a phone shows as a QR and a till reads. Pure.
 *
 * version 1 | shop 2 (0: any) | max cents 3 | valid until 4 (unix minutes) | r 32 | s 32 | v 1 (0 or 1), numbers big end
 * first, in base45 after `KP1:`: 117 characters.
 */
import * as base45 from './base45.js';
import { bytesToNumber, concatBytes, numberToBytes } from './bytes.js';
import { recover, signDigest } from './keys.js';
import { ticketId } from './signing.js';

/** @typedef {import('./keys.js').Signature} Signature */
/** @typedef {import('./signing.js').Domain} Domain */
/**
 * A signed ticket as it travels: the only shop that may charge it (0: any), the most that may be charged in euro cents,
 * the first second at which it is no longer valid (a whole minute), and the signature by the ticket key.
 * @typedef {{shop: number, maxCents: number, expiresAt: number, signature: Signature}} Ticket
 */

export const PREFIX = 'KP1:';
const VERSION = 1;
const LENGTH = 75;

/** The text is not a ticket: wrong prefix, alphabet, length or version. */
export class TicketUnreadable extends Error {}

/**
 * Signs a ticket with a one-time key.
 * @param {Uint8Array} key
 * @param {Domain} domain
 * @param {{shop?: number, maxCents: number, expiresAt: number}} terms `expiresAt` is a whole minute in epoch seconds
 * @returns {Ticket}
 */
export function signTicket(key, domain, { shop = 0, maxCents, expiresAt }) {
  if (expiresAt % 60 !== 0) throw new RangeError('a ticket expires at a whole minute');
  return { shop, maxCents, expiresAt, signature: signDigest(key, domain.ticketDigest({ shop, maxCents, expiresAt })) };
}

/**
 * Returns the text for the QR code.
 * @param {Ticket} ticket
 * @returns {string}
 */
export function writeTicket({ shop, maxCents, expiresAt, signature }) {
  return PREFIX + base45.encode(concatBytes(
    Uint8Array.of(VERSION), numberToBytes(shop, 2), numberToBytes(maxCents, 3), numberToBytes(expiresAt / 60, 4),
    signature.r, signature.s, Uint8Array.of(signature.recovery),
  ));
}

/**
 * Reads a ticket from the text of a QR code. Says nothing about whether it is true: only its signature does.
 * @param {string} text
 * @returns {Ticket}
 * @throws {TicketUnreadable} The text is not a ticket of this version.
 */
export function readTicket(text) {
  if (!text.startsWith(PREFIX)) throw new TicketUnreadable(`a ticket starts with ${PREFIX}`);
  const bytes = decoded(text.slice(PREFIX.length));
  if (bytes.length !== LENGTH) throw new TicketUnreadable(`a ticket has ${LENGTH} bytes, this one ${bytes.length}`);
  if (bytes[0] !== VERSION) throw new TicketUnreadable(`a ticket of version ${bytes[0]} is not known here`);
  if (bytes[74] > 1) throw new TicketUnreadable('the recovery bit of a signature is 0 or 1');
  return {
    shop: bytesToNumber(bytes.subarray(1, 3)),
    maxCents: bytesToNumber(bytes.subarray(3, 6)),
    expiresAt: bytesToNumber(bytes.subarray(6, 10)) * 60,
    signature: { r: bytes.slice(10, 42), s: bytes.slice(42, 74), recovery: bytes[74] },
  };
}

/**
 * Returns the ticket's id and its key's address; null if its signature is not one.
 * @param {Ticket} ticket
 * @param {Domain} domain
 * @returns {{ticketId: Uint8Array, ticketKey: Uint8Array} | null}
 */
export function identifyTicket(ticket, domain) {
  const digest = domain.ticketDigest(ticket);
  const ticketKey = recover(digest, ticket.signature);
  return ticketKey && { ticketId: ticketId(digest, ticketKey), ticketKey };
}

/** @param {string} text */
function decoded(text) {
  try {
    return base45.decode(text);
  } catch (error) {
    throw new TicketUnreadable(error instanceof Error ? error.message : '');
  }
}
