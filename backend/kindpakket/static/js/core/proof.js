// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Checks a payment without anyone's word for it: from the phone's own key up to the published head. Pure; what
 * each step means is in docs/protocol.md section 9.
 */
import { bytesToHex, bytesToNumber, fromHex, toHex, utf8ToBytes } from './bytes.js';
import { keccak } from './keys.js';
import { readRlp, writeNumber } from './rlp.js';
import { ticketId } from './signing.js';
import { followTrie, rootOfHead } from './trie.js';

/** @typedef {import('./rlp.js').RlpItem} RlpItem */
/** @typedef {import('./signing.js').Domain} Domain */
/**
 * What the phone knows of a payment.
 * @typedef {{redemptionId: string, voucher: number, number: number, shop: number, category: number, amountCents: number,
 *   at: number, block: number}} Payment
 */
/** @typedef {{on: string, firstBlock: number, block: number, hash: string, root: string, at: number}} Head */
/**
 * What the server says proves it.
 * @typedef {{redemptionId: string, ticket: {shop: number, maxCents: number, expiresAt: number}, block: number,
 *   hash: string, header: string, index: number, receipt: string, nodes: string[], logPlace: number,
 *   covered: {head: Head, siblings: string[]} | null}} Proof
 */
/** @typedef {'ours' | 'written' | 'inBlock' | 'published'} StepName */
/**
 * A step of the check: good, wrong, or not possible yet. After a wrong one no step follows.
 * @typedef {{name: StepName, state: 'good' | 'wrong' | 'notYet'}} Step
 */

const REDEEMED = toHex(keccak(utf8ToBytes('Redeemed(bytes32,uint32,uint16,uint16,uint16,uint8,uint32,address)')));
const DYNAMIC_FEE_TYPE = 2;
const RECEIPT = { status: 0, logs: 3, length: 4 };
const HEADER = { receiptsRoot: 5, number: 8, timestamp: 11, leastLength: 15 };
const WORD = 32;

/**
 * Checks a payment. Never throws for what the server said: what cannot be read is wrong.
 * @param {Payment} payment What the phone shows, and asks the truth of.
 * @param {Proof} proof
 * @param {object} own What the phone has of itself.
 * @param {Domain} own.domain
 * @param {Uint8Array} own.ticketKey The address of the key of this payment's voucher and number, from the phone's own seed.
 * @param {Head[]} own.heads The heads as they were published.
 * @param {string} [own.hashSeen] The hash of the payment's block in an earlier check.
 * @returns {Step[]}
 */
export function checkPayment(payment, proof, { domain, ticketKey, heads, hashSeen }) {
  /** @type {[StepName, () => boolean | null][]} */
  const checks = [
    ['ours', () => isOurs(payment, proof, domain, ticketKey)],
    ['written', () => isWritten(payment, proof, domain)],
    ['inBlock', () => isInBlock(payment, proof, hashSeen)],
    ['published', () => isPublished(proof, heads)],
  ];
  /** @type {Step[]} */
  const steps = [];
  for (const [name, check] of checks) {
    const outcome = attempt(check);
    steps.push({ name, state: outcome === null ? 'notYet' : outcome ? 'good' : 'wrong' });
    if (outcome === false) break;
  }
  return steps;
}

/**
 * Tells which heads are not what they were: changed, or gone.
 * @param {Head[]} kept The ones seen before.
 * @param {Head[]} published The ones published now.
 * @returns {Head[]} Those of the kept ones.
 */
export function findChangedHeads(kept, published) {
  const now = new Map(published.map((head) => [head.on, head]));
  return kept.filter((head) => {
    const other = now.get(head.on);
    return !other || !isSameHead(head, other);
  });
}

/**
 * @param {Payment} payment
 * @param {Proof} proof
 * @param {Domain} domain
 * @param {Uint8Array} ticketKey
 */
function isOurs({ redemptionId, amountCents, shop, at }, { redemptionId: proved, ticket }, domain, ticketKey) {
  const id = toHex(ticketId(domain.ticketDigest(ticket), ticketKey));
  return isSame(id, redemptionId) && isSame(proved, redemptionId) && amountCents <= ticket.maxCents && at < ticket.expiresAt
    && (ticket.shop === 0 || ticket.shop === shop);
}

/**
 * @param {Payment} payment
 * @param {Proof} proof
 * @param {Domain} domain
 */
function isWritten(payment, { receipt, logPlace }, domain) {
  const bytes = fromHex(receipt);
  if (bytes[0] !== DYNAMIC_FEE_TYPE) return false;
  const read = listOf(readRlp(bytes.subarray(1)));
  if (read.length !== RECEIPT.length || numberOf(read[RECEIPT.status]) !== 1) return false;
  const [contract, topics, content] = listOf(listOf(read[RECEIPT.logs])[logPlace]);
  const [event, id, voucher, shop] = listOf(topics).map(bytesOf);
  const words = bytesOf(content);
  const word = (/** @type {number} */ place) => wordOf(words.subarray(place * WORD, (place + 1) * WORD));
  return isSame(toHex(bytesOf(contract)), domain.contract)
    && isSame(toHex(event), REDEEMED)
    && isSame(toHex(id), payment.redemptionId)
    && wordOf(voucher) === payment.voucher
    && wordOf(shop) === payment.shop
    && words.length === 5 * WORD
    && word(1) === payment.number
    && word(2) === payment.category
    && word(3) === payment.amountCents;
}

/**
 * @param {Payment} payment
 * @param {Proof} proof
 * @param {string | undefined} hashSeen
 */
function isInBlock(payment, { block, hash, header, index, receipt, nodes }, hashSeen) {
  const bytes = fromHex(header);
  const members = listOf(readRlp(bytes));
  if (members.length < HEADER.leastLength || !Number.isSafeInteger(index) || index < 0) return false;
  const found = followTrie(bytesOf(members[HEADER.receiptsRoot]), writeNumber(index), nodes.map(fromHex));
  return isSame(toHex(found), receipt)
    && isSame(toHex(keccak(bytes)), hash)
    && (hashSeen === undefined || isSame(hash, hashSeen))
    && numberOf(members[HEADER.number]) === block
    && block === payment.block
    && numberOf(members[HEADER.timestamp]) === payment.at;
}

/**
 * @param {Proof} proof
 * @param {Head[]} heads
 * @returns {boolean | null} Null when no head covers the block yet.
 */
function isPublished({ block, hash, covered }, heads) {
  const published = heads.find((head) => head.firstBlock <= block && block <= head.block);
  if (!covered) return published ? false : null;
  if (!published || !isSameHead(published, covered.head)) return false;
  const range = { firstBlock: published.firstBlock, lastBlock: published.block };
  const root = rootOfHead(range, { block, hash: fromHex(hash) }, covered.siblings.map(fromHex));
  return isSame(toHex(root), published.root) && (block !== published.block || isSame(hash, published.hash));
}

/**
 * @param {Head} one
 * @param {Head} other
 */
function isSameHead(one, other) {
  return one.on === other.on && one.firstBlock === other.firstBlock && one.block === other.block
    && isSame(one.hash, other.hash) && isSame(one.root, other.root);
}

/**
 * Hexadecimal is the same in either case.
 * @param {string} one
 * @param {string} other
 */
function isSame(one, other) {
  return one.toLowerCase() === other.toLowerCase();
}

/** @param {() => boolean | null} check */
function attempt(check) {
  try {
    return check();
  } catch {
    // Whatever cannot be read, or leads nowhere, proves nothing.
    return false;
  }
}

/**
 * @param {RlpItem} item
 * @returns {RlpItem[]}
 */
function listOf(item) {
  if (!Array.isArray(item)) throw new TypeError('not a list');
  return item;
}

/**
 * @param {RlpItem} item
 * @returns {Uint8Array}
 */
function bytesOf(item) {
  if (!(item instanceof Uint8Array)) throw new TypeError('not bytes');
  return item;
}

/** @param {RlpItem} item A whole number without zeros in front. */
function numberOf(item) {
  const bytes = bytesOf(item);
  if (bytes.length > 6 || bytes[0] === 0) throw new TypeError('not a number');
  return bytesToNumber(bytes);
}

/** @param {Uint8Array} word 32 bytes that hold a number of at most 6. */
function wordOf(word) {
  if (word.length !== WORD || !/^0{52}/.test(bytesToHex(word))) throw new TypeError('not a number');
  return bytesToNumber(word.subarray(WORD - 6));
}
