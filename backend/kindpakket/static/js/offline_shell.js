// SPDX-License-Identifier: EUPL-1.2
/**
 * @file What a service worker does to keep an app's files for use without network: `importScripts` it and call
 * `keepShell`. A page gets all its files from one complete set, so that versions never mix; after a visit the files are
 * asked again in the background and become the set of the next visit if they differ. Never answers for the API.
 */
(() => {
  const CHECK_AGAIN_MS = 60_000;
  const SETS_KEPT = 2;
  const COMPLETE = '/complete';
  const scope = /** @type {any} */ (globalThis);

  /**
   * @param {{name: string, page: string, files: string[], texts: string[]}} shell The app's name, the address of its page, its
   *   files, and those of each language (`NAME.LANG.json`): kept in the language that the worker's own address names
   *   (`?taal=LANG`), and in each other one that was asked for.
   */
  scope.keepShell = ({ name, page, files, texts }) => {
    const prefix = `shell-${name}-`;
    const language = new URL(scope.location.href).searchParams.get('taal');
    const all = [page, ...files, ...texts];
    /** @type {Map<string, string>} Which set a window was opened with. */
    const setOfWindow = new Map();
    let checkedAt = 0;

    /** Returns the names of the complete sets, newest first. */
    async function sets() {
      const names = (await caches.keys()).filter((key) => key.startsWith(prefix)).sort().reverse();
      const complete = await Promise.all(names.map(async (key) => Boolean(await (await caches.open(key)).match(COMPLETE))));
      return names.filter((_, i) => complete[i]);
    }

    /**
     * Returns what the newest set must have: all files, and the texts of the languages in use.
     * @param {string | undefined} before The newest set of now.
     */
    async function wanted(before) {
      const kept = before ? await Promise.all(texts.map(async (text) => (await caches.open(before)).match(text))) : [];
      return [page, ...files, ...texts.filter((text, i) => kept[i] || !language || text.includes(`.${language}.`))];
    }

    /** Fetches all files, and keeps them as the newest set if every one came and one of them is another. */
    async function refresh() {
      const before = await sets();
      const asked = await wanted(before[0]);
      const fetched = await Promise.all(asked.map((file) => fetch(file, { cache: 'no-cache' })));
      if (fetched.some((response) => !response.ok || response.redirected)) throw new Error('a file of the app is missing');
      const summary = await digestOf(await Promise.all(fetched.map((response) => response.clone().arrayBuffer())));
      if (before[0]?.endsWith(summary)) return;
      const next = `${prefix}${String(Date.now()).padStart(15, '0')}-${summary}`;
      const cache = await caches.open(next);
      await Promise.all(fetched.map((response, i) => cache.put(asked[i], response)));
      await cache.put(COMPLETE, new Response('yes'));
      const kept = [next, ...before].slice(0, SETS_KEPT);
      const names = (await caches.keys()).filter((key) => key.startsWith(prefix) && !kept.includes(key));
      await Promise.all(names.map((key) => caches.delete(key)));
    }

    scope.addEventListener('install', (/** @type {any} */ event) => {
      event.waitUntil(refresh().then(() => scope.skipWaiting()));
    });

    scope.addEventListener('activate', (/** @type {any} */ event) => {
      event.waitUntil(scope.clients.claim());
    });

    scope.addEventListener('fetch', (/** @type {any} */ event) => {
      const url = new URL(event.request.url);
      if (event.request.method !== 'GET' || url.origin !== scope.location.origin) return;
      const isVisit = event.request.mode === 'navigate';
      const path = isVisit ? page : url.pathname;
      if (!all.includes(path)) return;
      event.respondWith(answer(path, event.request, isVisit ? event.resultingClientId : event.clientId));
      if (isVisit && Date.now() - checkedAt > CHECK_AGAIN_MS) {
        checkedAt = Date.now();
        event.waitUntil(refresh().catch(() => undefined));
      }
    });

    /**
     * @param {string} path
     * @param {Request} request
     * @param {string} windowId
     */
    async function answer(path, request, windowId) {
      const complete = await sets();
      const opened = setOfWindow.get(windowId) ?? '';
      const set = complete.includes(opened) ? opened : complete[0];
      if (!set) return fetch(request);
      setOfWindow.set(windowId, set);
      const cache = await caches.open(set);
      const kept = await cache.match(path);
      if (kept) return kept;
      const fetched = await fetch(request);
      // A language that is asked for is there the next time, without network too.
      if (texts.includes(path) && fetched.ok) await cache.put(path, fetched.clone());
      return fetched;
    }
  };

  /** @param {ArrayBuffer[]} bodies */
  async function digestOf(bodies) {
    const digests = await Promise.all(bodies.map((body) => crypto.subtle.digest('SHA-256', body)));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(digests).arrayBuffer()));
    return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
})();
