// SPDX-License-Identifier: EUPL-1.2
/**
 * @file What the screens say, in the language of who reads it. A language is a set of files `static/text/*.LANG.json` and
 * a line in `static/text/languages.json`, which says for which audiences if not for all.
 */

import { directionOf, isolated } from './direction.js';

/** @typedef {Record<string, string | number>} Params */
/**
 * A language as it stands in languages.json; without audiences it is for all.
 * @typedef {{code: string, name: string, audiences?: string[]}} Language
 */

/** A text did not come: there is nothing to say it with. The page itself has a sentence for that. */
export class TextsMissing extends Error {}

const FOLDER = '/static/text';
const KEPT = 'kindpakket-language';
const FALLBACK = 'nl';

/** @type {Map<string, string>} */
let texts = new Map();
/** @type {Language[]} */
let known = [{ code: FALLBACK, name: 'Nederlands' }];
let current = FALLBACK;
let loadedAudience = '';
const changed = new EventTarget();

/**
 * Loads the texts of an audience (`citizen`, `merchant`, `console`) in the remembered or the browser's language.
 * @param {string} audience
 */
export async function loadText(audience) {
  loadedAudience = audience;
  const all = /** @type {Language[]} */ (await read(`${FOLDER}/languages.json`));
  known = all.filter(({ audiences }) => !audiences || audiences.includes(audience));
  const codes = known.map(({ code }) => code);
  const wished = [remembered(), ...navigator.languages.map((one) => one.slice(0, 2))];
  await use(wished.find((one) => one && codes.includes(one)) ?? FALLBACK);
}

/** Returns the language in use, as its two-letter code. */
export function language() {
  return current;
}

/** Returns the languages there are, each with its name in itself. */
export function languages() {
  return known;
}

/** Returns the note that a machine translated the texts in use and no speaker has read them; empty when people made them. */
export function machineMade() {
  return texts.get('machineMade') ?? '';
}

/**
 * Uses another language from now on, and remembers it on this device.
 * @param {string} code
 */
export async function setLanguage(code) {
  await use(code);
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // Without storage the choice lasts until the page closes.
  }
  changed.dispatchEvent(new Event('language'));
}

/**
 * Calls back after the language has changed.
 * @param {() => void} callback
 */
export function onLanguageChange(callback) {
  changed.addEventListener('language', callback);
}

/**
 * Returns the text of a key with its `{params}` filled in. With a `count` the form of the key for that number is taken,
 * as `KEY.one` or `KEY.other`.
 * @param {string} key
 * @param {Params} [params]
 * @returns {string} The key itself when there is no such text.
 */
export function t(key, params = {}) {
  const form = typeof params.count === 'number' ? `.${new Intl.PluralRules(current).select(params.count)}` : '';
  const text = texts.get(key + form) ?? texts.get(`${key}.other`) ?? texts.get(key);
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? isolated(String(params[name]), current) : whole));
}

/**
 * Returns the title and the sentence of a reason; those of `internal_error` for one that is not known here.
 * @param {string} reason
 * @param {Params} [params]
 * @returns {{title: string, sentence: string}}
 */
export function reasonText(reason, params = {}) {
  const name = texts.has(`reasons.${reason}.sentence`) ? reason : 'internal_error';
  return { title: t(`reasons.${name}.title`, params), sentence: t(`reasons.${name}.sentence`, params) };
}

/** @param {string} code */
async function use(code) {
  const [common, reasons, own] = await Promise.all(
    ['common', 'reasons', loadedAudience].map((name) => read(`${FOLDER}/${name}.${code}.json`)));
  texts = new Map([...flat(common), ...flat(reasons, 'reasons.'), ...flat(own)]);
  current = code;
  document.documentElement.lang = code;
  document.documentElement.dir = directionOf(code);
}

/** @param {string} path */
async function read(path) {
  let response;
  try {
    response = await fetch(path);
    if (response.ok) return await response.json();
  } catch (error) {
    throw new TextsMissing(`${path}: ${error instanceof Error ? error.message : error}`);
  }
  throw new TextsMissing(`${path}: ${response.status}`);
}

/**
 * @param {Record<string, any>} tree
 * @param {string} [prefix]
 * @returns {[string, string][]}
 */
function flat(tree, prefix = '') {
  return Object.entries(tree).flatMap(([key, value]) => (
    typeof value === 'string' ? [/** @type {[string, string]} */ ([prefix + key, value])] : flat(value, `${prefix}${key}.`)));
}

function remembered() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
