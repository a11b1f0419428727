// SPDX-License-Identifier: EUPL-1.2
/** @file Pair: this device becomes a till of a shop, with a code from the owner or the municipality, scanned or typed. */
import { ALPHABET, checkCharacter, normaliseCode } from '/static/js/core/characters.js';
import { ApiRefusal, NoAnswer } from '/static/js/api.js';
import { loadPart } from '/static/js/parts.js';
import { t } from '/static/js/text.js';
import { LitElement, html, nothing } from '/static/vendor/lit.js';
import { icon } from '../parts/icons.js';
import { languageSwitch } from '../parts/language_switch.js';
import { reasonWords } from '../parts/reason_words.js';

/** Fires `paired` when this device is a till; `pair` makes it one. */
export class PairScreen extends LitElement {
  static properties = {
    pair: { attribute: false },
    name: { attribute: false },
    code: { attribute: false },
    unpaired: { attribute: false },
    scanning: { state: true },
    busy: { state: true },
    faults: { state: true },
    refusal: { state: true },
  };

  constructor() {
    super();
    /** @type {(code: string, name: string) => Promise<void>} */
    this.pair = async () => undefined;
    /** What it was called before, if it was a till. */
    this.name = '';
    /** What the address carried, or empty. */
    this.code = '';
    /** Why it is not paired any more; empty for a device that never was. */
    this.unpaired = '';
    this.scanning = false;
    this.busy = false;
    /** @type {{code?: string, name?: string}} */
    this.faults = {};
    this.refusal = '';
  }

  createRenderRoot() {
    return this;
  }

  /** @param {string} text */
  async take(text) {
    const code = codeIn(text);
    if (faultOfCode(code)) {
      this.refusal = t('pair.notACode');
      return;
    }
    this.refusal = '';
    this.faults = {};
    this.code = code;
    await this.stopScanning('name');
  }

  async scan() {
    try {
      await loadPart(() => import('../parts/code_camera.js'));
      this.scanning = true;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.refusal = t('pair.noAnswer');
    }
  }

  /** @param {'name' | 'scan'} focused */
  async stopScanning(focused) {
    this.scanning = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(`[data-test="pair-${focused}"]`))?.focus();
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    event.preventDefault();
    if (this.busy) return;
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    // A hardware scanner types the whole address into the field.
    this.code = codeIn(String(fields.get('code') ?? '').trim());
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
      await this.join(normaliseCode(this.code), name);
      this.dispatchEvent(new CustomEvent('paired'));
    } catch (error) {
      const said = error instanceof ApiRefusal ? reasonWords(error.reason, error.details).sentence : t('pair.noAnswer');
      if (isNameTaken(error)) await this.offerName(said, error.details.freeName);
      else this.refusal = said;
    } finally {
      this.busy = false;
    }
  }

  /**
   * Pairs. A name that nobody chose gets the next number that is free.
   * @param {string} code
   * @param {string} name
   */
  async join(code, name) {
    try {
      await this.pair(code, name);
    } catch (error) {
      if (!isNameTaken(error) || name !== this.proposedName()) throw error;
      await this.pair(code, error.details.freeName);
    }
  }

  /**
   * Says why a name cannot be, and puts one in its place that can: one more press of the button does.
   * @param {string} said
   * @param {string} freeName
   */
  async offerName(said, freeName) {
    this.faults = { name: said };
    await this.updateComplete;
    const field = /** @type {HTMLInputElement} */ (this.querySelector('#pair-name'));
    field.value = freeName;
    field.focus();
  }

  proposedName() {
    return this.name || t('pair.nameDefault');
  }

  render() {
    return html`
      <main class="kp-screen" id="content">
        <header class="kp-bar"><span class="kp-brand">${t('appName')}</span>${languageSwitch()}</header>
        ${this.scanning ? this.renderScanning() : this.renderForm()}
      </main>`;
  }

  renderScanning() {
    return html`
      <div class="kp-stack kp-stack--wide">
        <h1 class="utrecht-heading-1">${t('pair.scanTitle')}</h1>
        <p class="utrecht-paragraph">${t('pair.scanHint')}</p>
        ${this.renderRefusal()}
        <kp-code-camera @text=${(/** @type {CustomEvent} */ event) => this.take(event.detail.text)}></kp-code-camera>
        <button class="utrecht-button utrecht-button--secondary-action kp-button--wide" data-test="pair-scan-stop"
          @click=${() => this.stopScanning('scan')}>${t('pair.typeInstead')}</button>
      </div>`;
  }

  renderForm() {
    return html`
      <form class="kp-stack kp-stack--wide" novalidate @submit=${this.submit}>
        <h1 class="utrecht-heading-1">${t('pair.title')}</h1>
        <p class="utrecht-paragraph" data-test="pair-intro">${this.intro()}</p>
        ${this.renderRefusal()}
        <button class="utrecht-button utrecht-button--secondary-action kp-button--wide" type="button" data-test="pair-scan"
          @click=${() => this.scan()}>${icon('camera')} ${t('pair.scan')}</button>
        ${this.field('code', t('pair.code'), t('pair.codeHint'), this.code)}
        ${this.field('name', t('pair.name'), t('pair.nameHint'), this.proposedName())}
        <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="pair-submit" ?disabled=${this.busy}>
          ${this.busy ? t('pair.busy') : t('pair.submit')}
        </button>
      </form>`;
  }

  intro() {
    if (this.unpaired === 'till_removed') return t('pair.removed');
    return this.unpaired ? t('pair.again') : t('pair.intro');
  }

  renderRefusal() {
    return this.refusal ? html`<p class="kp-notice kp-notice--bad" role="alert" data-test="pair-refusal">${this.refusal}</p>` : nothing;
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
          .value=${value} maxlength=${name === 'code' ? 200 : 60} autocomplete="off" spellcheck="false"
          autocapitalize=${name === 'code' ? 'characters' : 'sentences'} aria-invalid=${fault ? 'true' : 'false'}
          aria-describedby="pair-${name}-hint ${fault ? `pair-${name}-fault` : ''}">
      </div>`;
  }
}

/**
 * @param {unknown} error
 * @returns {error is ApiRefusal}
 */
function isNameTaken(error) {
  return error instanceof ApiRefusal && error.reason === 'till_name_taken';
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

/**
 * Returns the pairing code of a text that was scanned: the address of the till with the code behind it, or the code.
 * @param {string} text
 * @returns {string}
 */
function codeIn(text) {
  return /#koppel=([^&]+)/i.exec(text)?.[1] ?? text;
}

customElements.define('kp-pair', PairScreen);
