// SPDX-License-Identifier: EUPL-1.2
/** @file Says in one sentence what stood in the way, for the screens that bring a budget to this phone. */
import { ApiRefusal, NoAnswer } from '/static/js/api.js';
import { BackupUnreadable, HandoverUnreadable } from '/static/js/core/backup.js';
import { reasonText, t } from '/static/js/text.js';
import { WorkerMissing } from '../backups.js';
import { MovedElsewhere, SamePhone } from '../moves.js';
import { LetterUsedElsewhere } from '../letters.js';
import { HandoverExpired, LetterOfOthers } from '../safekeeping.js';

/** @type {[new (...values: any[]) => Error, string][]} */
const SENTENCES = [
  [NoAnswer, 'activate.noAnswer'],
  [WorkerMissing, 'activate.noAnswer'],
  [LetterUsedElsewhere, 'activate.usedElsewhere'],
  [LetterOfOthers, 'pin.otherLetter'],
  [HandoverUnreadable, 'restore.codeUnreadable'],
  [HandoverExpired, 'restore.codeExpired'],
  [SamePhone, 'restore.samePhone'],
  [MovedElsewhere, 'restore.movedElsewhere'],
  [BackupUnreadable, 'restore.unreadable'],
];

/**
 * @param {unknown} error
 * @param {import('../phone.js').Phone} phone
 * @returns {string}
 */
export function explain(error, { fund }) {
  const phone = fund?.phone ?? '';
  const known = SENTENCES.find(([kind]) => error instanceof kind);
  if (known) return t(known[1], { phone });
  if (!(error instanceof ApiRefusal)) throw error;
  if (error.reason === 'backup_proof_wrong') return t('restore.wrongPin', { count: error.details.triesLeft });
  for (const place of ['restore.refused', 'activate.refused']) {
    const key = `${place}.${error.reason}`;
    const sentence = t(key, { phone });
    if (sentence !== key) return sentence;
  }
  return reasonText(error.reason, { phone, ...error.details }).sentence;
}
