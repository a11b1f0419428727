// SPDX-License-Identifier: EUPL-1.2
/**
 * @file A payment is checked against proofs of a real chain, and every byte that is changed in one is called out.
 *
 * given a true proof
 * ├── when anything in it, or in what the phone shows, is changed
 * │   └── it is refused at the step that it is about
 * ├── when the phone saw another block or head before
 * │   └── it is refused
 * ├── when no head covers the block yet
 * │   └── all but that step is good
 * └── when nothing is changed
 *     └── every step is good
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fromHex, toHex } from '../../backend/kindpakket/static/js/core/bytes.js';
import * as keys from '../../backend/kindpakket/static/js/core/keys.js';
import { checkPayment, findChangedHeads } from '../../backend/kindpakket/static/js/core/proof.js';
import { RlpWrong, readRlp, writeNumber } from '../../backend/kindpakket/static/js/core/rlp.js';
import { Domain } from '../../backend/kindpakket/static/js/core/signing.js';
import { rootOfHead } from '../../backend/kindpakket/static/js/core/trie.js';

/** @typedef {import('../../backend/kindpakket/static/js/core/proof.js').Payment} Payment */
/** @typedef {import('../../backend/kindpakket/static/js/core/proof.js').Proof} Proof */
/** @typedef {import('../../backend/kindpakket/static/js/core/proof.js').Head} Head */

const vectors = JSON.parse(readFileSync(new URL('../vectors/proof.json', import.meta.url), 'utf8'));
const domain = new Domain(vectors.chainId, vectors.contract);
const seed = fromHex(vectors.seed);
/** @type {{payment: Payment, proof: Proof}[]} */
const all = vectors.payments;
const [alone] = all;
/** One among many: its trie has branches. */
const among = all[all.length - 1];

/**
 * Checks, and writes the outcome as one text: `ours good, written good, …`.
 * @param {Payment} payment
 * @param {Proof} proof
 * @param {{heads?: Head[], hashSeen?: string, seed?: Uint8Array, domain?: Domain}} [own]
 */
function outcome(payment, proof, own = {}) {
  const ticketKey = keys.addressOf(keys.ticketKey(own.seed ?? seed, payment));
  return checkPayment(payment, proof, { domain, heads: vectors.heads, ...own, ticketKey })
    .map(({ name, state }) => `${name} ${state}`).join(', ');
}

/** @type {Record<string, string>} Where a check ends. */
const ENDS = {
  ours: 'ours wrong',
  written: 'ours good, written wrong',
  inBlock: 'ours good, written good, inBlock wrong',
  published: 'ours good, written good, inBlock good, published wrong',
};
const GOOD = 'ours good, written good, inBlock good, published good';

/**
 * Changes one bit of a byte of hexadecimal.
 * @param {string} hex
 * @param {number} place
 */
function flip(hex, place) {
  const bytes = fromHex(hex);
  bytes[place] ^= 1;
  return toHex(bytes);
}

/**
 * Returns every text of hexadecimal with one bit changed in one byte: all of them, or the ones that are named.
 * @param {string} hex
 * @param {number} [step]
 */
function* flipped(hex, step = 1) {
  for (let place = 0; place < fromHex(hex).length; place += step) yield { place, changed: flip(hex, place) };
}

describe('a proof in which something is changed is refused', () => {
  test('every byte of the id, at the ticket', () => {
    for (const { payment, proof } of [alone, among]) {
      for (const { changed } of flipped(payment.redemptionId)) {
        assert.equal(outcome({ ...payment, redemptionId: changed }, { ...proof, redemptionId: changed }), ENDS.ours);
        assert.equal(outcome(payment, { ...proof, redemptionId: changed }), ENDS.ours);
      }
    }
  });

  test('every word of the ticket, at the ticket', () => {
    const { payment, proof } = alone;
    for (const words of [{ shop: payment.shop }, { maxCents: proof.ticket.maxCents + 1 }, { expiresAt: proof.ticket.expiresAt + 60 },
      { maxCents: -1 }]) {
      assert.equal(outcome(payment, { ...proof, ticket: { ...proof.ticket, ...words } }), ENDS.ours);
    }
  });

  test('another seed, chain or contract, at the ticket', () => {
    const { payment, proof } = alone;
    assert.equal(outcome(payment, proof, { seed: flipSeed() }), ENDS.ours);
    assert.equal(outcome(payment, proof, { domain: new Domain(vectors.chainId + 1, vectors.contract) }), ENDS.ours);
    assert.equal(outcome(payment, proof, { domain: new Domain(vectors.chainId, flip(vectors.contract, 0)) }), ENDS.ours);
  });

  test('an amount above what the ticket allowed, or a time at which it had expired, at the ticket', () => {
    const { payment, proof } = alone;
    assert.equal(outcome({ ...payment, amountCents: proof.ticket.maxCents + 1 }, proof), ENDS.ours);
    assert.equal(outcome({ ...payment, at: proof.ticket.expiresAt }, proof), ENDS.ours);
  });

  test('an amount, shop, kind, voucher or number that is not in the register, at the register', () => {
    for (const { payment, proof } of [alone, among]) {
      for (const other of [{ amountCents: payment.amountCents - 1 }, { amountCents: payment.amountCents + 1 },
        { shop: payment.shop + 1 }, { category: payment.category + 1 }]) {
        assert.equal(outcome({ ...payment, ...other }, proof), ENDS.written);
      }
      const ticketKey = keys.addressOf(keys.ticketKey(seed, payment));
      for (const other of [{ voucher: payment.voucher + 1 }, { number: payment.number + 1 }]) {
        const steps = checkPayment({ ...payment, ...other }, proof, { domain, heads: vectors.heads, ticketKey });
        assert.equal(steps.at(-1)?.name, 'written');
        assert.equal(steps.at(-1)?.state, 'wrong');
      }
    }
  });

  test('every byte of the receipt, at the register or at the block', () => {
    for (const { payment, proof } of [alone, among]) {
      for (const { changed } of flipped(proof.receipt)) {
        assert.ok([ENDS.written, ENDS.inBlock].includes(outcome(payment, { ...proof, receipt: changed })));
      }
      assert.equal(outcome(payment, { ...proof, receipt: `${proof.receipt}00` }), ENDS.written);
      assert.equal(outcome(payment, { ...proof, receipt: '0x' }), ENDS.written);
      assert.equal(outcome(payment, { ...proof, receipt: 'not hexadecimal' }), ENDS.written);
    }
  });

  test('the true receipt of another payment, at the register', () => {
    const { payment, proof } = among;
    const { proof: other } = all[all.length - 2];
    assert.equal(outcome(payment, { ...proof, receipt: other.receipt, nodes: other.nodes, index: other.index }), ENDS.written);
  });

  test('another place of the event, at the register', () => {
    const { payment, proof } = alone;
    for (const logPlace of [1, -1, 0.5, 2 ** 53]) {
      assert.equal(outcome(payment, { ...proof, logPlace }), ENDS.written);
    }
  });

  test('every byte of every node, one too few, one too many, or another order, at the block', () => {
    for (const { payment, proof } of [alone, among]) {
      proof.nodes.forEach((node, i) => {
        for (const { changed } of flipped(node, proof.nodes.length > 1 ? 5 : 1)) {
          assert.equal(outcome(payment, { ...proof, nodes: proof.nodes.map((one, j) => (j === i ? changed : one)) }), ENDS.inBlock);
        }
        assert.equal(outcome(payment, { ...proof, nodes: proof.nodes.filter((_, j) => j !== i) }), ENDS.inBlock);
      });
      assert.equal(outcome(payment, { ...proof, nodes: [...proof.nodes, proof.nodes[0]] }), ENDS.inBlock);
      assert.equal(outcome(payment, { ...proof, nodes: [] }), ENDS.inBlock);
    }
    assert.ok(among.proof.nodes.length > 2);
    assert.equal(outcome(among.payment, { ...among.proof, nodes: among.proof.nodes.slice().reverse() }), ENDS.inBlock);
  });

  test('another index, at the block', () => {
    for (const { payment, proof } of [alone, among]) {
      for (const index of [proof.index + 1, proof.index - 1, -1, 0.5, 2 ** 53, NaN]) {
        assert.equal(outcome(payment, { ...proof, index }), ENDS.inBlock);
      }
    }
  });

  test('every byte of the header, or of the hash, at the block', () => {
    const { payment, proof } = among;
    for (const { changed } of flipped(proof.header)) {
      assert.equal(outcome(payment, { ...proof, header: changed }), ENDS.inBlock);
      // A server that also tells the hash of the changed header does not get past the head.
      const hash = toHex(keys.keccak(fromHex(changed)));
      assert.ok([ENDS.inBlock, ENDS.published].includes(outcome(payment, { ...proof, header: changed, hash })));
    }
    for (const { changed } of flipped(proof.hash)) {
      assert.equal(outcome(payment, { ...proof, hash: changed }), ENDS.inBlock);
    }
    assert.equal(outcome(payment, { ...proof, header: `${proof.header}00` }), ENDS.inBlock);
  });

  test('another number or time of the block than the phone was told, at the block', () => {
    const { payment, proof } = alone;
    assert.equal(outcome({ ...payment, block: payment.block + 1 }, proof), ENDS.inBlock);
    assert.equal(outcome(payment, { ...proof, block: proof.block + 1 }), ENDS.inBlock);
    assert.equal(outcome({ ...payment, at: payment.at - 1 }, proof), ENDS.inBlock);
  });

  test('another block than at an earlier check, at the block', () => {
    const { payment, proof } = alone;
    assert.equal(outcome(payment, proof, { hashSeen: flip(proof.hash, 31) }), ENDS.inBlock);
    assert.equal(outcome(payment, proof, { hashSeen: proof.hash }), GOOD);
  });

  test('every byte of every sibling, one too few or too many, at the head', () => {
    for (const { payment, proof } of [alone, among]) {
      const { head, siblings } = /** @type {NonNullable<Proof['covered']>} */ (proof.covered);
      assert.ok(siblings.length > 0);
      siblings.forEach((sibling, i) => {
        for (const { changed } of flipped(sibling)) {
          assert.equal(outcome(payment, { ...proof, covered: { head, siblings: siblings.map((one, j) => (j === i ? changed : one)) } }), ENDS.published);
        }
        assert.equal(outcome(payment, { ...proof, covered: { head, siblings: siblings.filter((_, j) => j !== i) } }), ENDS.published);
      });
      assert.equal(outcome(payment, { ...proof, covered: { head, siblings: [...siblings, siblings[0]] } }), ENDS.published);
      assert.equal(outcome(payment, { ...proof, covered: { head, siblings: siblings.map((one) => `${one}00`) } }), ENDS.published);
    }
  });

  test('every part of the head, told or published, at the head', () => {
    const { payment, proof } = alone;
    const { head, siblings } = /** @type {NonNullable<Proof['covered']>} */ (proof.covered);
    /** @type {Partial<Head>[]} */
    const changes = [{ on: '2026-11-19' }, { firstBlock: head.firstBlock + 1 }, { firstBlock: head.firstBlock - 1 }, { block: head.block + 1 },
      { hash: flip(head.hash, 0) }, { root: flip(head.root, 31) }];
    for (const change of changes) {
      const changed = { ...head, ...change };
      assert.equal(outcome(payment, { ...proof, covered: { head: changed, siblings } }), ENDS.published);
      assert.equal(outcome(payment, proof, { heads: [changed] }), ENDS.published);
    }
    for (const change of [{ firstBlock: head.firstBlock + 1 }, { root: flip(head.root, 0) }, { block: head.block + 1 }]) {
      const changed = { ...head, ...change };
      assert.equal(outcome(payment, { ...proof, covered: { head: changed, siblings } }, { heads: [changed] }), ENDS.published);
    }
  });

  test('a head that is published and not told, or told and not published, at the head', () => {
    const { payment, proof } = alone;
    assert.equal(outcome(payment, { ...proof, covered: null }), ENDS.published);
    assert.equal(outcome(payment, proof, { heads: [] }), ENDS.published);
  });

  test('an answer of another form, at its first step', () => {
    const { payment, proof } = alone;
    for (const name of Object.keys(proof)) {
      if (name === 'covered') continue;
      for (const value of [undefined, null, {}, [], 'x', 7.5]) {
        assert.match(outcome(payment, /** @type {Proof} */ ({ ...proof, [name]: value })), / wrong$/, `${name} ${value}`);
      }
    }
  });
});

function flipSeed() {
  return fromHex(flip(vectors.seed, 0));
}

describe('a true proof', () => {
  test('is good at every step, alone and among many', () => {
    for (const { payment, proof } of all) assert.equal(outcome(payment, proof), GOOD);
  });

  test('is good in capitals too', () => {
    const { payment, proof } = alone;
    const capitals = (/** @type {string} */ hex) => `0x${hex.slice(2).toUpperCase()}`;
    assert.equal(outcome(payment, { ...proof, hash: capitals(proof.hash), header: capitals(proof.header) }), GOOD);
  });

  test('says that no head covers the block yet', () => {
    const { payment, proof } = alone;
    const notYet = 'ours good, written good, inBlock good, published notYet';
    assert.equal(outcome(payment, { ...proof, covered: null }, { heads: [] }), notYet);
    const earlier = { ...vectors.heads[0], firstBlock: 0, block: proof.block - 1 };
    assert.equal(outcome(payment, { ...proof, covered: null }, { heads: [earlier] }), notYet);
  });
});

describe('published heads', () => {
  const [head] = vectors.heads;

  test('that are changed or gone are found', () => {
    assert.deepEqual(findChangedHeads([head], []), [head]);
    for (const change of [{ hash: flip(head.hash, 0) }, { root: flip(head.root, 0) }, { block: head.block + 1 }, { firstBlock: 0 }]) {
      assert.deepEqual(findChangedHeads([head], [{ ...head, ...change }]), [head]);
    }
  });

  test('that are the same, or new, are not', () => {
    assert.deepEqual(findChangedHeads([head], [head, { ...head, on: '2026-11-20' }]), []);
    assert.deepEqual(findChangedHeads([], [head]), []);
  });

  test('of one block have its leaf as their root', () => {
    const hash = new Uint8Array(32);
    const root = rootOfHead({ firstBlock: 7, lastBlock: 7 }, { block: 7, hash }, []);
    assert.equal(toHex(root), toHex(keys.keccak(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 7, ...hash))));
  });
});

describe('RLP', () => {
  test('that a writer would not have written is refused', () => {
    for (const hex of ['', '8100', '817f', 'b800', 'b90001ff', 'b80100', 'c1', 'c281', '8201', '0000', 'f800', 'f80100', 'bf01ffffffffffffff']) {
      assert.throws(() => readRlp(fromHex(hex)), RlpWrong, hex);
    }
  });

  test('is read as it was written', () => {
    assert.equal(toHex(/** @type {Uint8Array} */ (readRlp(fromHex('83646f67')))), '0x646f67');
    assert.deepEqual(readRlp(fromHex('c0')), []);
    const nested = readRlp(fromHex('c7c0c1c0c3c0c1c0'));
    assert.deepEqual(nested, [[], [[]], [[], [[]]]]);
    const long = /** @type {Uint8Array} */ (readRlp(fromHex(`b838${'61'.repeat(56)}`)));
    assert.equal(long.length, 56);
  });

  test('writes numbers as keys', () => {
    for (const [number, hex] of /** @type {[number, string][]} */ ([[0, '0x80'], [1, '0x01'], [127, '0x7f'], [128, '0x8180'], [256, '0x820100']])) {
      assert.equal(toHex(writeNumber(number)), hex);
    }
  });
});
