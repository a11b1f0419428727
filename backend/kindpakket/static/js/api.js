// SPDX-License-Identifier: EUPL-1.2
/** @file Asks the API: one request, one parsed answer, or one of two errors. docs/protocol.md section 6 has the messages. */
import { within } from './signals.js';
import { noteServerTime } from './time.js';

export const BASE = '/api/v1';
const TIMEOUT_MS = 10_000;

/** The API refused, or failed and said so. `retry` says whether the same request may help later, unchanged. */
export class ApiRefusal extends Error {
  /**
   * @param {string} reason From the closed list of docs/protocol.md section 7.
   * @param {number} status
   * @param {boolean} retry
   * @param {Record<string, any>} details All members of the answer, among them what was asked and what was possible.
   */
  constructor(reason, status, retry, details) {
    super(reason);
    this.reason = reason;
    this.status = status;
    this.retry = retry;
    this.details = details;
  }
}

/** No answer came, or one that is not the API's: nothing is known of what became of the request. */
export class NoAnswer extends Error {}

/**
 * Fetches a table as the text of a file, in the language of who asks.
 * @param {string} path Below `/api/v1`.
 * @param {{token: string, language: string, timeoutMs?: number}} options
 * @returns {Promise<{text: string, name: string}>} The file and what it is called.
 * @throws {ApiRefusal | NoAnswer}
 */
export async function requestTable(path, { token, language, timeoutMs = 3 * TIMEOUT_MS }) {
  const { file, name } = await fetchFile(path, { Accept: 'text/csv', ...headersOf(token, language) }, timeoutMs);
  // A reader takes the mark at the start of the file away; a spreadsheet wants it.
  return { text: `\ufeff${await file.text()}`, name: name ?? 'kindpakket.csv' };
}

/**
 * Asks for a file.
 * @param {string} path Below `/api/v1`.
 * @param {{token: string, language: string, timeoutMs?: number}} options
 * @returns {Promise<Blob>}
 * @throws {ApiRefusal | NoAnswer}
 */
export async function requestFile(path, { token, language, timeoutMs = TIMEOUT_MS }) {
  return (await fetchFile(path, headersOf(token, language), timeoutMs)).file;
}

/**
 * @param {string} token
 * @param {string} language
 */
function headersOf(token, language) {
  return { Authorization: `Bearer ${token}`, 'Accept-Language': language };
}

/**
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {number} timeoutMs
 * @returns {Promise<{file: Blob, name: string | undefined}>}
 */
async function fetchFile(path, headers, timeoutMs) {
  let response;
  let answer;
  try {
    [response, answer] = await within({ milliseconds: timeoutMs }, async (signal) => {
      const got = await fetch(BASE + path, { headers, signal, cache: 'no-store', credentials: 'omit', redirect: 'error' });
      return [got, await (got.ok ? got.blob() : got.json().catch(() => null))];
    });
  } catch (error) {
    throw new NoAnswer(`GET ${path}: ${error instanceof Error ? error.message : error}`);
  }
  if (response.ok) {
    const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
    return { file: answer, name };
  }
  if (typeof answer?.reason !== 'string') throw new NoAnswer(`GET ${path}: ${response.status} without a reason`);
  throw new ApiRefusal(answer.reason, response.status, answer.retry === true, answer);
}

/**
 * Sends a request and returns the answer's JSON.
 * @param {string} method
 * @param {string} path Below `/api/v1`, for example `/fund`.
 * @param {{body?: unknown, token?: string, signal?: AbortSignal, timeoutMs?: number}} [options]
 * @returns {Promise<any>}
 * @throws {ApiRefusal} The API said no.
 * @throws {NoAnswer} Offline, too late, or not an answer of the API.
 */
export async function request(method, path, { body, token, signal, timeoutMs = TIMEOUT_MS } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  let answer;
  try {
    [response, answer] = await within({ milliseconds: timeoutMs, signal }, async (ending) => {
      const got = await fetch(BASE + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: ending,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
      return [got, await got.json()];
    });
  } catch (error) {
    throw new NoAnswer(`${method} ${path}: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof answer?.now === 'number') noteServerTime(answer.now);
  if (response.ok) return answer;
  if (typeof answer?.reason !== 'string') throw new NoAnswer(`${method} ${path}: ${response.status} without a reason`);
  throw new ApiRefusal(answer.reason, response.status, answer.retry === true, answer);
}
