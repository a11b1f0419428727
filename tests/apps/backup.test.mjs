// SPDX-License-Identifier: EUPL-1.2
/** @file Backups and hand-over codes against the same test vectors as Python. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as backup from '../../backend/kindpakket/static/js/core/backup.js';
import { fromHex, toHex, utf8ToBytes } from '../../backend/kindpakket/static/js/core/bytes.js';
import { argon2id } from '../../backend/kindpakket/static/vendor/noble-hashes/argon2.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/backup.json', import.meta.url), 'utf8'));
/** @param {{letterSecret: string, stretched: string}} one */
const openingOf = ({ letterSecret, stretched }) => ({ secret: fromHex(letterSecret), stretched: fromHex(stretched) });

test('a changed, cut or foreign backup is refused', async () => {
  const [first, second] = vectors.backups;
  for (const { why, blob } of vectors.refusedBlobs) {
    await assert.rejects(backup.openSeed(blob, openingOf(first)), backup.BackupUnreadable, why);
  }
  await assert.rejects(backup.openSeed(first.blob, openingOf(second)), backup.BackupUnreadable, 'another letter');
  const wrongPin = { ...openingOf(first), stretched: fromHex(second.stretched) };
  await assert.rejects(backup.openSeed(first.blob, wrongPin), backup.BackupUnreadable, 'another PIN');
  const wrongLetter = { ...openingOf(first), secret: fromHex(second.letterSecret) };
  await assert.rejects(backup.openSeed(first.blob, wrongLetter), backup.BackupUnreadable, 'the PIN alone');
});

test('a PIN that is none, or that anyone would try first, is not taken', () => {
  for (const [judgement, pins] of Object.entries(vectors.pins)) {
    for (const pin of pins) assert.equal(backup.judgePin(pin), judgement, pin);
  }
});

test('a PIN is stretched as the vectors say', () => {
  for (const { letterSecret, pin, salt, stretched } of vectors.backups) {
    assert.equal(toHex(backup.pinSalt(fromHex(letterSecret))), salt);
    assert.equal(toHex(argon2id(utf8ToBytes(pin), fromHex(salt), backup.ARGON2ID)), stretched);
  }
});

test('a seed is encrypted, named and proved as the vectors say, and comes back', async () => {
  for (const one of vectors.backups) {
    const kept = await backup.sealSeed(fromHex(one.seed), { ...openingOf(one), nonce: fromHex(one.nonce) });
    assert.deepEqual(kept, { backupId: one.backupId, proofHash: one.proofHash, blob: one.blob });
    assert.equal(toHex(backup.pinProof(fromHex(one.stretched))), one.proof);
    assert.equal(toHex(await backup.openSeed(kept.blob, openingOf(one))), one.seed);
  }
});

test('two backups of the same seed look unrelated', async () => {
  const [one] = vectors.backups;
  const [first, second] = [await backup.sealSeed(fromHex(one.seed), openingOf(one)), await backup.sealSeed(fromHex(one.seed), openingOf(one))];
  assert.notEqual(first.blob, second.blob);
  assert.ok(!first.blob.includes(one.seed.slice(2)));
});

test('a hand-over code that is cut off, mistyped or of another version is refused', () => {
  for (const { why, text } of vectors.refusedHandovers) {
    assert.throws(() => backup.readHandover(text), backup.HandoverUnreadable, why);
  }
});

test('a hand-over code is written and read as the vectors say', () => {
  for (const { seed, expiresAt, text } of vectors.handovers) {
    assert.equal(backup.writeHandover(fromHex(seed), expiresAt), text);
    const read = backup.readHandover(text);
    assert.deepEqual([toHex(read.seed), read.expiresAt], [seed, expiresAt]);
    assert.equal(backup.handoverInText(`https://example.nl/ouder/#telefoon=${text}`), text);
    assert.equal(backup.handoverInText(`https://example.nl/ouder/#brief=${text}`), null);
  }
});
