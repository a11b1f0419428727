// SPDX-License-Identifier: EUPL-1.2
/** @file Pair: this device becomes a till of a shop, with a code from the municipality. */
import { ALPHABET, checkCharacter, normaliseCode } from '/static/js/core/letter.js';
import { ApiRefusal } from '/static/js/api.js';
import { t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { languageSwitch } from '../parts/language_switch.js';
import { reasonWords } from '../parts/reason_words.js';

/** @typedef {import('../till.js').Till} Till */

/** Fires `paired` when this device is a till. */
export class PairScreen extends LitElement {
  static properties = {
    till: { attribute: false },
    code: { attribute: false },
    again: { attribute: false },
    busy: { state: true },
    faults: { state: true },
    refusal: { state: true },
  };

  constructor() {
    super();
    /** @type {Till} */
    this.till = /** @type {any} */ (undefined);
    /** What the address carried, or empty. */
    this.code = '';
    /** Whether it was paired before. */
    this.again = false;
    this.busy = false;
    /** @type {{code?: string, name?: string}} */
    this.faults = {};
    this.refusal = '';
  }

  createRenderRoot() {
    return this;
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    event.preventDefault();
    if (this.busy) return;
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    this.code = String(fields.get('code') ?? '').trim();
    const name = String(fields.get('name') ?? '').trim();
    this.faults = {
      ...(faultOfCode(this.code) && { code: t(faultOfCode(this.code)) }),
      ...(!name && { name: t('pair.nameMissing') }),
    };
    this.refusal = '';
    if (this.faults.code || this.faults.name) {
      await this.updateComplete;
      /** @type {HTMLElement | null} */ (this.querySelector('[aria-invalid="true"]'))?.focus();
      return;
    }
    this.busy = true;
    try {
      await this.till.pair(normaliseCode(this.code), name);
      this.dispatchEvent(new CustomEvent('paired'));
    } catch (error) {
      this.refusal = error instanceof ApiRefusal ? reasonWords(error.reason, error.details).sentence : t('pair.noAnswer');
    } finally {
      this.busy = false;
    }
  }

  render() {
    return html`
      <main class="kp-screen" id="content">
        <header class="kp-bar"><span class="kp-brand">${t('appName')}</span>${languageSwitch()}</header>
        <form class="kp-stack kp-stack--wide" novalidate @submit=${this.submit}>
          <h1 class="utrecht-heading-1">${t('pair.title')}</h1>
          <p class="utrecht-paragraph">${this.again ? t('pair.again') : t('pair.intro')}</p>
          ${this.refusal
            ? html`<p class="kp-notice kp-notice--bad" role="alert" data-test="pair-refusal">${this.refusal}</p>`
            : nothing}
          ${this.field('code', t('pair.code'), t('pair.codeHint'), this.code)}
          ${this.field('name', t('pair.name'), t('pair.nameHint'), this.till.record?.name ?? t('pair.nameDefault'))}
          <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="pair-submit" ?disabled=${this.busy}>
            ${this.busy ? t('pair.busy') : t('pair.submit')}
          </button>
        </form>
      </main>`;
  }

  /**
   * @param {'code' | 'name'} name
   * @param {string} label
   * @param {string} hint
   * @param {string} value
   */
  field(name, label, hint, value) {
    const fault = this.faults[name];
    return html`
      <div class="kp-field utrecht-form-field ${fault ? 'utrecht-form-field--invalid' : ''}">
        <label class="utrecht-form-label" for="pair-${name}">${label}</label>
        <p class="utrecht-form-field-description" id="pair-${name}-hint">${hint}</p>
        ${fault ? html`<p class="utrecht-form-field-error-message" id="pair-${name}-fault" role="alert">${fault}</p>` : nothing}
        <input class="utrecht-textbox ${name === 'code' ? 'code' : ''}" id="pair-${name}" name=${name} data-test="pair-${name}"
          .value=${value} maxlength=${name === 'code' ? 20 : 60} autocomplete="off" spellcheck="false"
          autocapitalize=${name === 'code' ? 'characters' : 'sentences'} aria-invalid=${fault ? 'true' : 'false'}
          aria-describedby="pair-${name}-hint ${fault ? `pair-${name}-fault` : ''}">
      </div>`;
  }
}

/**
 * A pairing code is 8 characters and a check character.
 * @param {string} code
 * @returns {string} The text key of the fault, or empty.
 */
function faultOfCode(code) {
  const characters = normaliseCode(code);
  if (characters === '') return 'pair.codeMissing';
  const known = characters.length === 9 && [...characters].every((one) => ALPHABET.includes(one));
  return known && checkCharacter(characters.slice(0, -1)) === characters.at(-1) ? '' : 'pair.codeWrong';
}

customElements.define('kp-pair', PairScreen);
