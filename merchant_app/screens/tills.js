// SPDX-License-Identifier: EUPL-1.2
/** @file Tills: those of the shop, one more by a code that the new till scans, and removing one at once. Owners only. */
import { language, t } from '/static/js/text.js';
import { formatCountdown, formatDay, formatTime, serverNow } from '/static/js/time.js';
import { html, nothing } from '/static/vendor/lit.js';
import { bar } from '../parts/bar.js';
import { FetchingScreen } from '../parts/fetching.js';
import { icon } from '../parts/icons.js';
import '../parts/qr.js';

/** @typedef {import('../office.js').ListedTill} ListedTill */
/** @typedef {import('../till.js').Role} Role */

const ROLES = /** @type {const} */ (['cashier', 'owner']);
/** While a code is shown: how often is looked whether a till came. */
const LOOK_MILLISECONDS = 2500;

/** Fires `back` and `sign-in`. */
export class TillsScreen extends FetchingScreen {
  static properties = {
    own: { attribute: false },
    tills: { state: true },
    adding: { state: true },
    role: { state: true },
    invitation: { state: true },
    removing: { state: true },
    left: { state: true },
    joined: { state: true },
  };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;
  #lookedAt = 0;

  constructor() {
    super();
    /** This till's own address. */
    this.own = '';
    /** @type {ListedTill[] | null} */
    this.tills = null;
    /** Whether a till is being added. */
    this.adding = false;
    /** @type {Role} */
    this.role = 'cashier';
    /** @type {import('../office.js').Invitation | null} */
    this.invitation = null;
    this.left = 0;
    /** The name of a till that just came. */
    this.joined = '';
    /** The till that is about to be removed. */
    this.removing = '';
  }

  connectedCallback() {
    super.connectedCallback();
    this.#clock = setInterval(() => this.tick(), 1000);
    void this.fetch();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  async fetch() {
    await this.attempt(async () => {
      this.tills = await this.office.fetchTills();
    });
  }

  tick() {
    if (!this.invitation) return;
    this.left = this.invitation.expiresAt - serverNow();
    if (this.left <= 0) this.invitation = null;
    else if (Date.now() - this.#lookedAt >= LOOK_MILLISECONDS) void this.look();
  }

  /** Looks whether the invited till has come, quietly: a lost connection is no reason to take the code away. */
  async look() {
    this.#lookedAt = Date.now();
    const before = new Set(this.tills?.map(({ till, pairedAt }) => `${till} ${pairedAt}`));
    try {
      const tills = await this.office.fetchTills();
      const came = tills.find(({ till, pairedAt }) => !before.has(`${till} ${pairedAt}`));
      if (!came || !this.invitation) return;
      this.tills = tills;
      this.joined = came.name;
      this.invitation = null;
      this.adding = false;
    } catch {
      // The next look may find it.
    }
  }

  async invite() {
    this.joined = '';
    await this.attempt(async () => {
      this.invitation = await this.office.invite(this.role);
      this.left = this.invitation.expiresAt - serverNow();
    });
  }

  /** @param {ListedTill} till */
  async takeOff({ till }) {
    await this.attempt(async () => {
      await this.office.removeTill(till);
      this.removing = '';
      this.tills = await this.office.fetchTills();
    });
  }

  stopAdding() {
    this.adding = false;
    this.invitation = null;
  }

  render() {
    return html`
      <main class="kp-screen" id="content">
        ${this.adding ? html`
          <header class="kp-bar">
            <button class="kp-icon-button" data-test="back" @click=${this.stopAdding}>${icon('back')} ${t('tills.title')}</button>
          </header>` : bar(this)}
        <div class="kp-stack kp-stack--wide">
          <h1 class="utrecht-heading-1" tabindex="-1">${t(this.adding ? 'tills.add' : 'tills.title')}</h1>
          ${this.renderFault(() => void (this.adding ? this.invite() : this.fetch()))}
          ${this.joined ? html`
            <p class="kp-notice kp-notice--good" role="status" data-test="till-joined">${t('tills.joined', { name: this.joined })}</p>` : nothing}
          ${this.adding ? this.renderAdding() : this.renderTills()}
        </div>
      </main>`;
  }

  renderTills() {
    if (!this.tills) return this.busy ? html`<p role="status">${t('loading')}</p>` : nothing;
    return html`
      <ul class="kp-list">${this.tills.map((till) => this.renderTill(till))}</ul>
      ${this.removing ? nothing : html`
        <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="till-add" @click=${() => {
          this.adding = true;
          this.joined = '';
        }}>${icon('plus')} ${t('tills.add')}</button>`}`;
  }

  /** @param {ListedTill} till */
  renderTill(till) {
    const isOwn = till.till === this.own;
    return html`
      <li class="till-line" data-test="till">
        <div class="kp-list__line">
          <span class="line-what"><strong>${till.name}</strong>
            <small>${t(`role.${till.role}`)} · ${isOwn ? t('tills.own') : this.seen(till)}</small></span>
          ${isOwn ? nothing : html`
            <button class="kp-icon-button" data-test="till-remove" aria-label=${t('tills.removeNamed', { name: till.name })}
              @click=${() => {
                this.removing = till.till;
              }}>${icon('remove')} ${t('tills.remove')}</button>`}
        </div>
        ${this.removing === till.till ? html`
          <div class="kp-notice kp-notice--wait kp-notice--column" role="alert">
            <p>${t('tills.removeExplain', { name: till.name })}</p>
            <div class="kp-row">
              <button class="utrecht-button utrecht-button--primary-action" data-test="till-remove-yes" ?disabled=${this.busy}
                @click=${() => this.takeOff(till)}>${t('tills.removeYes')}</button>
              <button class="utrecht-button utrecht-button--secondary-action" data-test="till-remove-no" @click=${() => {
                this.removing = '';
              }}>${t('tills.removeNo')}</button>
            </div>
          </div>` : nothing}
      </li>`;
  }

  /** @param {ListedTill} till */
  seen({ lastSeenAt, pairedAt }) {
    const at = lastSeenAt ?? pairedAt;
    const day = formatDay(at, language(), { today: t('today'), yesterday: t('yesterday') });
    return t('tills.seen', { day, time: formatTime(at, language()) });
  }

  renderAdding() {
    if (this.invitation) return this.renderInvitation(this.invitation);
    return html`
      <fieldset class="roles">
        <legend class="utrecht-form-label">${t('tills.who')}</legend>
        ${ROLES.map((role) => html`
          <label class="role">
            <input type="radio" name="role" value=${role} data-test="role-${role}" .checked=${role === this.role} @change=${() => {
              this.role = role;
            }}>
            <span class="line-what"><strong>${t(`role.${role}`)}</strong><small>${t(`tills.may.${role}`)}</small></span>
          </label>`)}
      </fieldset>
      <button class="utrecht-button utrecht-button--primary-action kp-button--wide kp-button--large" data-test="till-invite"
        ?disabled=${this.busy} @click=${this.invite}>${t('tills.showCode')}</button>`;
  }

  /** @param {import('../office.js').Invitation} invitation */
  renderInvitation({ pairingCode }) {
    const address = `${location.origin}/winkel/#koppel=${pairingCode}`;
    return html`
      <ol class="steps">
        <li>${t('tills.step1', { address: `${location.host}/winkel/` })}</li>
        <li>${t('tills.step2')}</li>
      </ol>
      <kp-qr class="invitation" .text=${address} .label=${t('tills.qr')}></kp-qr>
      <p class="invitation-code code" data-test="invitation-code">${pairingCode}</p>
      <p class="kp-quiet invitation-left" data-test="invitation-left">
        ${t(`role.${this.role}`)} · ${t('tills.valid', { left: formatCountdown(this.left) })}
      </p>`;
  }
}

customElements.define('kp-tills', TillsScreen);
