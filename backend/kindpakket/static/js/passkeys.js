// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Passkeys on the municipality's pages: asks the server what to ask, asks the device, and sends the form with its
 * answer. Where a browser has no passkeys, the forms stay hidden.
 */

/**
 * Writes bytes as text for an address: base64url, without padding.
 * @param {ArrayBuffer} buffer
 * @returns {string}
 */
function toText(buffer) {
  const characters = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(characters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * Reads what `toText` writes.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function toBytes(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
}

/**
 * @param {PublicKeyCredentialDescriptorJSON[]} credentials
 * @returns {PublicKeyCredentialDescriptor[]}
 */
function describe(credentials = []) {
  return credentials.map((one) => ({ type: 'public-key', id: toBytes(one.id) }));
}

/**
 * Lets the device make a passkey.
 * @param {any} options
 */
async function add(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: describe(options.excludeCredentials),
    },
  });
  const credential = /** @type {PublicKeyCredential} */ (made);
  const response = /** @type {AuthenticatorAttestationResponse} */ (credential.response);
  return answer(credential, { attestationObject: toText(response.attestationObject) });
}

/**
 * Lets the device sign with a passkey that it has.
 * @param {any} options
 */
async function signIn(options) {
  const found = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      allowCredentials: describe(options.allowCredentials),
    },
  });
  const credential = /** @type {PublicKeyCredential} */ (found);
  const response = /** @type {AuthenticatorAssertionResponse} */ (credential.response);
  return answer(credential, {
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: response.userHandle ? toText(response.userHandle) : '',
  });
}

/**
 * @param {PublicKeyCredential} credential
 * @param {Record<string, string>} parts What only this kind of answer has.
 * @returns {string}
 */
function answer(credential, parts) {
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response: { clientDataJSON: toText(credential.response.clientDataJSON), ...parts },
  });
}

/** @param {boolean} isShown */
function showFault(isShown) {
  const fault = /** @type {HTMLElement} */ (document.querySelector('[data-passkey-fault]'));
  fault.hidden = !isShown;
}

/** @param {SubmitEvent} event */
async function send(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  showFault(false);
  try {
    const csrf = new FormData(form).get('csrf');
    const asked = await fetch(`${form.action}/vraag`, {
      method: 'POST',
      body: new URLSearchParams(csrf === null ? {} : { csrf: `${csrf}` }),
    });
    if (!asked.ok) throw new Error(`the server answers ${asked.status}`);
    const options = await asked.json();
    const credential = form.dataset.passkey === 'add' ? await add(options) : await signIn(options);
    /** @type {HTMLInputElement} */ (form.querySelector('[name=credential]')).value = credential;
    form.submit();
  } catch {
    // The person changed their mind, the device knows no passkey or has this one already, or there is no network.
    showFault(true);
  }
}

if (globalThis.PublicKeyCredential !== undefined) {
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('[data-passkey]'))) {
    form.hidden = false;
    form.addEventListener('submit', send);
  }
  for (const missing of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-passkey-missing]'))) {
    missing.hidden = true;
  }
}
