// SPDX-License-Identifier: EUPL-1.2
/** @file Asks the API: one request, one parsed answer, or one of two errors. docs/protocol.md section 6 has the messages. */
import { noteServerTime } from './time.js';

const BASE = '/api/v1';
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
 * @throws {ApiRefusal}
 * @throws {NoAnswer}
 */
export async function requestTable(path, { token, language, timeoutMs = 3 * TIMEOUT_MS }) {
  const headers = { Accept: 'text/csv', 'Accept-Language': language, Authorization: `Bearer ${token}` };
  let response;
  let text;
  try {
    response = await fetch(BASE + path, {
      headers, signal: AbortSignal.timeout(timeoutMs), cache: 'no-store', credentials: 'omit', redirect: 'error',
    });
    text = await response.text();
  } catch (error) {
    throw new NoAnswer(`GET ${path}: ${error instanceof Error ? error.message : error}`);
  }
  if (!response.ok) throw refusalOf(path, response.status, text);
  // A reader takes the mark at the start of the file away; a spreadsheet wants it.
  return { text: `\ufeff${text}`, name: /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'kindpakket.csv' };
}

/**
 * @param {string} path
 * @param {number} status
 * @param {string} text
 */
function refusalOf(path, status, text) {
  try {
    const answer = JSON.parse(text);
    if (typeof answer.reason === 'string') return new ApiRefusal(answer.reason, status, answer.retry === true, answer);
  } catch {
    // Not the API's.
  }
  return new NoAnswer(`GET ${path}: ${status} without a reason`);
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
    response = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    answer = await response.json();
  } catch (error) {
    throw new NoAnswer(`${method} ${path}: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof answer?.now === 'number') noteServerTime(answer.now);
  if (response.ok) return answer;
  if (typeof answer?.reason !== 'string') throw new NoAnswer(`${method} ${path}: ${response.status} without a reason`);
  throw new ApiRefusal(answer.reason, response.status, answer.retry === true, answer);
}
