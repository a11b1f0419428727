// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Listens to the server's events. Read with fetch, so that the token travels in a header and never in an address;
 * connects again by itself, after ever longer pauses.
 */
import { BASE } from './api.js';
import { rest, within } from './signals.js';

const SHORTEST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** The server says something every 15 seconds; a line that is silent for longer than this is dead. */
const SILENCE_MS = 40_000;
/** A line that held so long was a good one: the next pause is short again. */
const GOOD_LINE_MS = 10_000;
const REFUSED = [401, 403, 404];

/**
 * Listens until the signal says so, or the server no longer knows who asks.
 * @param {string} path Below `/api/v1`.
 * @param {object} options
 * @param {string} options.token
 * @param {AbortSignal} options.signal
 * @param {(name: string) => void} options.onEvent Called with the name of each event.
 * @param {(isOpen: boolean) => void} options.onLine Called when the line opens and when it ends.
 */
export async function listen(path, { token, signal, onEvent, onLine }) {
  let pause = SHORTEST_PAUSE_MS;
  while (!signal.aborted) {
    const openedAt = Date.now();
    try {
      if (!await readLine(path, { token, signal, onEvent, onLine })) return;
    } catch {
      // The line broke, or never came about: what the poll is for.
    } finally {
      onLine(false);
    }
    if (Date.now() - openedAt > GOOD_LINE_MS) pause = SHORTEST_PAUSE_MS;
    // Not all phones at once after the server was away.
    await rest(pause * (0.75 + Math.random() / 2), signal);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
}

/**
 * Reads one line to its end.
 * @param {string} path
 * @param {Parameters<typeof listen>[1]} options
 * @returns {Promise<boolean>} Whether it makes sense to connect again.
 */
async function readLine(path, { token, signal, onEvent, onLine }) {
  return within({ milliseconds: SILENCE_MS, signal }, async (ending, again) => {
    const response = await fetch(BASE + path, {
      headers: { Accept: 'text/event-stream', Authorization: `Bearer ${token}` },
      signal: ending,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    if (!response.ok || !response.body) return !REFUSED.includes(response.status);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser(onEvent);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return true;
      again();
      onLine(true);
      parser.read(value);
    }
  });
}

/** Finds the events in what comes, however it is cut. Their data is left alone: an event says that there is news. */
export class EventParser {
  #unread = '';
  #name = '';
  #onEvent;

  /** @param {(name: string) => void} onEvent */
  constructor(onEvent) {
    this.#onEvent = onEvent;
  }

  /** @param {string} text */
  read(text) {
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('event: ')) this.#name = line.slice('event: '.length);
      if (line === '' && this.#name) {
        this.#onEvent(this.#name);
        this.#name = '';
      }
    }
  }
}
