// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The two trees of a proof, read exactly: the Merkle-Patricia trie of a block's receipts, and the tree of a published
 * head over the hashes of blocks. docs/protocol.md section 9. Pure.
 */
import { bytesToHex, concatBytes, numberToBytes } from './bytes.js';
import { keccak } from './keys.js';
import { readRlp } from './rlp.js';

/** @typedef {import('./rlp.js').RlpItem} RlpItem */

const HASH_BYTES = 32;
const BRANCH = 17;
const PAIR = 2;

/** The nodes do not lead from the root to the value. */
export class ProofWrong extends Error {}

/**
 * Follows the nodes of a trie from its root to the value of a key. Each node must be the one that the node before it names,
 * and none may be left over.
 * @param {Uint8Array} root
 * @param {Uint8Array} key
 * @param {Uint8Array[]} nodes
 * @returns {Uint8Array} The value.
 * @throws {ProofWrong | import('./rlp.js').RlpWrong}
 */
export function followTrie(root, key, nodes) {
  let way = Array.from(key).flatMap((byte) => [byte >> 4, byte & 15]);
  const waiting = [...nodes];
  /** @type {RlpItem} */
  let named = root;
  for (;;) {
    /** @type {RlpItem[]} */
    const node = Array.isArray(named) ? named : openNode(named, waiting.shift());
    if (node.length === BRANCH) {
      if (way.length === 0) return theLast(node[BRANCH - 1], waiting);
      named = node[way[0]];
      way = way.slice(1);
    } else {
      const { steps, isLeaf } = readSteps(node);
      if (steps.some((step, i) => step !== way[i])) throw new ProofWrong('a node is on another way');
      way = way.slice(steps.length);
      if (isLeaf) {
        if (way.length > 0) throw new ProofWrong('the value is another key\'s');
        return theLast(node[1], waiting);
      }
      if (steps.length === 0) throw new ProofWrong('a node leads nowhere');
      named = node[1];
    }
    if (named.length === 0) throw new ProofWrong('the key has no value');
  }
}

/**
 * Returns the root that a block's hash and its siblings lead to, in the tree over the blocks `firstBlock` to `lastBlock`.
 * @param {{firstBlock: number, lastBlock: number}} covered
 * @param {{block: number, hash: Uint8Array}} leaf
 * @param {Uint8Array[]} siblings Lowest first.
 * @returns {Uint8Array}
 * @throws {ProofWrong} The tree has no such block, or another number of siblings.
 */
export function rootOfHead({ firstBlock, lastBlock }, { block, hash }, siblings) {
  if (!(firstBlock <= block && block <= lastBlock)) throw new ProofWrong('the head does not cover the block');
  const waiting = [...siblings];
  let node = keccak(concatBytes(Uint8Array.of(0), numberToBytes(block, 8), hash));
  let place = block - firstBlock;
  for (let count = lastBlock - firstBlock + 1; count > 1; count = Math.ceil(count / 2)) {
    const isRight = place % 2 === 1;
    if (isRight || place + 1 < count) {
      const sibling = waiting.shift();
      if (sibling?.length !== HASH_BYTES) throw new ProofWrong('a sibling is missing');
      node = keccak(concatBytes(Uint8Array.of(1), ...(isRight ? [sibling, node] : [node, sibling])));
    }
    place = Math.floor(place / 2);
  }
  if (waiting.length > 0) throw new ProofWrong('there are siblings too many');
  return node;
}

/**
 * @param {Uint8Array} hash
 * @param {Uint8Array | undefined} bytes
 * @returns {RlpItem[]}
 */
function openNode(hash, bytes) {
  if (!bytes || hash.length !== HASH_BYTES || bytesToHex(keccak(bytes)) !== bytesToHex(hash)) {
    throw new ProofWrong('a node is not the one that is named');
  }
  const node = readRlp(bytes);
  if (!Array.isArray(node) || ![PAIR, BRANCH].includes(node.length)) throw new ProofWrong('a node is not one');
  return node;
}

/**
 * @param {RlpItem[]} node
 * @returns {{steps: number[], isLeaf: boolean}}
 */
function readSteps(node) {
  const [packed] = node;
  if (node.length !== PAIR || !(packed instanceof Uint8Array) || packed.length === 0 || packed[0] >> 4 > 3) {
    throw new ProofWrong('a node is not one');
  }
  const halves = Array.from(packed).flatMap((byte) => [byte >> 4, byte & 15]);
  const isOdd = halves[0] % 2 === 1;
  if (!isOdd && halves[1] !== 0) throw new ProofWrong('a node is not one');
  return { steps: halves.slice(isOdd ? 1 : 2), isLeaf: halves[0] > 1 };
}

/**
 * @param {RlpItem} value
 * @param {Uint8Array[]} waiting
 */
function theLast(value, waiting) {
  if (!(value instanceof Uint8Array) || value.length === 0) throw new ProofWrong('the key has no value');
  if (waiting.length > 0) throw new ProofWrong('there are nodes too many');
  return value;
}
