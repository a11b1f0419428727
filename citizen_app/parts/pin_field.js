// SPDX-License-Identifier: EUPL-1.2
/** @file A field for a PIN: five digits, hidden, on a keyboard of digits. */
import { PIN_DIGITS } from '/static/js/core/backup.js';
import { html, nothing } from '/static/vendor/lit.js';

/**
 * @param {{name: string, label: string, help?: string, fault?: string}} field
 */
export function pinField({ name, label, help, fault }) {
  return html`
    <div class="kp-field">
      <label class="utrecht-form-label" for=${name}>${label}</label>
      ${help ? html`<p class="utrecht-form-field-description" id="${name}-help">${help}</p>` : nothing}
      <input class="utrecht-textbox utrecht-textbox--html-input pin ${fault ? 'utrecht-textbox--invalid' : ''}" type="password"
        inputmode="numeric" pattern="[0-9]*" autocomplete="off" id=${name} name=${name} data-test=${name} maxlength=${PIN_DIGITS}
        required aria-invalid=${fault ? 'true' : 'false'} aria-describedby="${help ? `${name}-help` : ''} ${fault ? `${name}-fault` : ''}">
      ${fault ? html`<p class="utrecht-form-field-error-message" id="${name}-fault" role="alert" data-test="pin-fault">${fault}</p>` : nothing}
    </div>`;
}

/**
 * Reads what was typed into the fields of a form.
 * @param {SubmitEvent} event
 * @param {string[]} names
 */
export function typedIn(event, ...names) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  return names.map((name) => String(form.get(name) ?? '').trim());
}
