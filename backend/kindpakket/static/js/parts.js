// SPDX-License-Identifier: EUPL-1.2
/** @file Parts of an app that are loaded when they are first needed, so that a first visit is short. */
import { html } from '../vendor/lit.js';
import { NoAnswer } from './api.js';
import { t } from './text.js';

/**
 * Loads a part. Later visits have all parts with them; only a first visit can miss one.
 * @template T
 * @param {() => Promise<T>} load An `import()`.
 * @returns {Promise<T>}
 * @throws {NoAnswer} There is no network, and the part was not kept yet.
 */
export async function loadPart(load) {
  try {
    return await load();
  } catch (error) {
    // A browser says that a file did not come by a TypeError; all else is a fault of ours.
    if (!(error instanceof TypeError)) throw error;
    throw new NoAnswer(error.message);
  }
}

/**
 * Asks for all files of a part at once: it will be loaded, and each of its files names others.
 * @param {string[]} files
 */
export function loadSoon(files) {
  for (const href of files) document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href }));
}

/** Shows what the page itself says when the app cannot. */
export function showLate() {
  document.querySelector('.kp-late')?.classList.add('kp-late--now');
}

/** What is shown when a screen did not come. A browser asks for it once more only when the app is opened again. */
export function notLoaded() {
  return html`
    <main class="kp-screen" data-test="not-loaded">
      <h1 class="utrecht-heading-2" tabindex="-1">${t('offline')}</h1>
      <p>${t('notLoaded')}</p>
      <button type="button" class="utrecht-button utrecht-button--primary-action kp-button--large"
        @click=${() => location.reload()}>${t('retry')}</button>
    </main>`;
}
