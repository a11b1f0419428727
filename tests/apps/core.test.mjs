// SPDX-License-Identifier: EUPL-1.2
/** @file The browser core against the same test vectors as Solidity and Python. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as base45 from '../../backend/kindpakket/static/js/core/base45.js';
import { fromHex, numberToBytes, toHex } from '../../backend/kindpakket/static/js/core/bytes.js';
import * as code from '../../backend/kindpakket/static/js/core/code.js';
import * as keys from '../../backend/kindpakket/static/js/core/keys.js';
import * as letter from '../../backend/kindpakket/static/js/core/letter.js';
import { Domain, ticketId } from '../../backend/kindpakket/static/js/core/signing.js';
import { TICKETS, TicketTree, fingerprint, leaf } from '../../backend/kindpakket/static/js/core/tree.js';

/** @param {string} name */
const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
/** @param {{chainId: number, contract: string}} domain */
const domainOf = ({ chainId, contract }) => new Domain(chainId, contract);
/** @param {{r: string, s: string, recovery: number}} signature */
const signatureOf = ({ r, s, recovery }) => ({ r: fromHex(r), s: fromHex(s), recovery });

/**
 * @param {Uint8Array} seed
 * @param {number} voucher
 * @param {number} generation
 */
function treeOf(seed, voucher, generation) {
  const ticketKeys = Array.from({ length: TICKETS }, (_, place) => (
    keys.addressOf(keys.ticketKey(seed, { voucher, number: TICKETS * generation + place }))));
  return { tree: new TicketTree(ticketKeys, generation), ticketKeys };
}

test('base45 refuses texts that no bytes encode to', () => {
  for (const text of vectors('base45').refused) assert.throws(() => base45.decode(text), RangeError, text);
});

test('base45 writes and reads what the vectors say', () => {
  for (const { bytes, text } of vectors('base45').valid) {
    assert.equal(base45.encode(fromHex(bytes)), text);
    assert.equal(toHex(base45.decode(text)), bytes);
  }
});

test('a number that does not fit its bytes is refused', () => {
  assert.throws(() => numberToBytes(65_536, 2), RangeError);
  assert.throws(() => numberToBytes(-1, 2), RangeError);
  assert.equal(toHex(numberToBytes(65_535, 2)), '0xffff');
});

test('a signature that the contract would not take recovers no address', () => {
  for (const one of vectors('keys').refusedSignatures) {
    assert.equal(keys.recover(fromHex(one.digest), signatureOf(one)), null, one.why);
  }
});

test('keys, addresses and the access token are derived as the vectors say', () => {
  const { seed, accessToken, keys: derived } = vectors('keys');
  assert.equal(keys.accessToken(fromHex(seed)), accessToken);
  for (const { info, key, address } of derived) {
    assert.equal(toHex(keys.deriveKey(fromHex(seed), info)), key);
    assert.equal(toHex(keys.addressOf(fromHex(key))), address);
  }
});

test('signatures are the same to the byte, and recover their signer', () => {
  for (const one of vectors('keys').signatures) {
    assert.equal(keys.sign(fromHex(one.key), fromHex(one.digest)), one.signature);
    const signature = keys.fromCompact(fromHex(one.signature));
    assert.deepEqual(signature, signatureOf(one));
    assert.equal(toHex(keys.toCompact(signature)), one.signature);
    assert.equal(toHex(/** @type {Uint8Array} */ (keys.recover(fromHex(one.digest), signature))), one.address);
  }
});

test('a compact signature of another length is refused', () => {
  assert.throws(() => keys.fromCompact(new Uint8Array(65)), RangeError);
});

test('a tree refuses too few ticket keys, and the same key twice', () => {
  const { ticketKeys } = treeOf(fromHex(vectors('tree').seed), 12, 0);
  assert.throws(() => new TicketTree(ticketKeys.slice(1), 0), RangeError);
  assert.throws(() => new TicketTree([ticketKeys[1], ...ticketKeys.slice(1)], 0), RangeError);
});

test('trees have the roots, fingerprints and siblings of the vectors', () => {
  const { seed, voucher, holder, generations } = vectors('tree');
  assert.equal(toHex(keys.addressOf(keys.holderKey(fromHex(seed), { voucher }))), holder);
  for (const { generation, ticketRoot, fingerprint: print, places } of generations) {
    const { tree, ticketKeys } = treeOf(fromHex(seed), voucher, generation);
    assert.equal(toHex(tree.root), ticketRoot);
    assert.equal(toHex(fingerprint(fromHex(holder), tree.root)), print);
    for (const { place, number, ticketKey, leaf: hash, siblings } of places) {
      assert.equal(toHex(ticketKeys[place]), ticketKey);
      assert.equal(toHex(leaf(ticketKeys[place], number)), hash);
      assert.deepEqual(tree.siblings(place).map(toHex), siblings);
    }
  }
});

test('a text that is not a ticket is unreadable', () => {
  for (const { why, text } of vectors('ticket').unreadable) {
    assert.throws(() => code.readTicket(text), code.TicketUnreadable, why);
  }
});

test('tickets are signed, written, read and identified as the vectors say', () => {
  const { domain, seed, voucher, tickets } = vectors('ticket');
  for (const { number, shop, maxCents, expiresAt, digest, signature, text, ticketId: id, ticketKey } of tickets) {
    const key = keys.ticketKey(fromHex(seed), { voucher, number });
    const ticket = code.signTicket(key, domainOf(domain), { shop, maxCents, expiresAt });
    assert.equal(toHex(domainOf(domain).ticketDigest(ticket)), digest);
    assert.equal(toHex(keys.toCompact(ticket.signature)), signature);
    assert.equal(code.writeTicket(ticket), text);
    assert.equal(text.length, 117);
    assert.deepEqual(code.readTicket(text), ticket);
    const found = code.identifyTicket(ticket, domainOf(domain));
    assert.equal(toHex(/** @type {any} */ (found).ticketId), id);
    assert.equal(toHex(/** @type {any} */ (found).ticketKey), ticketKey);
    assert.equal(toHex(ticketId(fromHex(digest), fromHex(ticketKey))), id);
  }
});

test('a ticket of another contract is another key, so that nobody knows it', () => {
  const { domain, tickets } = vectors('ticket');
  const elsewhere = new Domain(domain.chainId + 1, domain.contract);
  const found = code.identifyTicket(code.readTicket(tickets[0].text), elsewhere);
  assert.notEqual(found && toHex(found.ticketKey), tickets[0].ticketKey);
});

test('a ticket that does not expire at a whole minute is refused', () => {
  const { domain, seed } = vectors('ticket');
  assert.throws(() => code.signTicket(fromHex(seed), domainOf(domain), { maxCents: 1, expiresAt: 61 }), RangeError);
});

test('charges and refunds are signed as the vectors say', () => {
  const { domain, tillKey, till, charges, refunds } = vectors('charge');
  const signed = domainOf(domain);
  assert.equal(toHex(keys.addressOf(fromHex(tillKey))), till);
  for (const one of charges) {
    const digest = signed.chargeDigest({ ...one, ticketId: fromHex(one.ticketId) });
    assert.equal(toHex(digest), one.digest);
    assert.equal(keys.sign(fromHex(tillKey), digest), one.signature);
  }
  for (const one of refunds) {
    const digest = signed.refundDigest({ ...one, ticketId: fromHex(one.ticketId) });
    assert.equal(toHex(digest), one.digest);
    assert.equal(keys.sign(fromHex(tillKey), digest), one.signature);
  }
});

test('activations and renewals are signed as the vectors say', () => {
  const { domain, letterSecret, activations, renewals } = vectors('activation');
  const signed = domainOf(domain);
  for (const one of activations) {
    const digest = signed.activationDigest({
      voucher: one.voucher, generation: one.generation, holder: fromHex(one.holder), ticketRoot: fromHex(one.ticketRoot),
    });
    assert.equal(toHex(digest), one.digest);
    assert.equal(keys.sign(letter.letterKey(fromHex(letterSecret), one.position), digest), one.signature);
  }
  for (const one of renewals) {
    const digest = signed.renewalDigest({
      voucher: one.voucher, generation: one.generation, holder: fromHex(one.holder), ticketRoot: fromHex(one.ticketRoot),
    });
    assert.equal(toHex(digest), one.digest);
    assert.equal(keys.sign(fromHex(one.holderKey), digest), one.signature);
  }
});

test('a letter code with a fault is unreadable', () => {
  for (const { why, text } of vectors('letter').refused) {
    assert.throws(() => letter.parseCode(text), letter.LetterUnreadable, why);
  }
});

test('letter codes are written and read as the vectors say, also as people type them', () => {
  const { letters, alsoRead } = vectors('letter');
  for (const one of letters) {
    const secret = fromHex(one.secret);
    assert.equal(letter.formatCode(secret), one.code);
    assert.equal(toHex(letter.parseCode(one.code)), one.secret);
    assert.equal(letter.letterId(secret), one.letterId);
    for (const { position, address } of one.keys) {
      assert.equal(toHex(keys.addressOf(letter.letterKey(secret, position))), address);
    }
  }
  for (const { text, secret } of alsoRead) assert.equal(toHex(letter.parseCode(text)), secret, text);
});

test('a letter code is found in the address that its picture holds', () => {
  const [{ code: written }] = vectors('letter').letters;
  assert.equal(letter.codeInText(`https://kindpakket.example/ouder/#brief=${written}`), written);
  assert.equal(letter.codeInText(written), written);
});
