// SPDX-License-Identifier: EUPL-1.2
/** @file The shell of the till: which screen is shown, keys of a hardware scanner, the way back, and the mark of practice. */
import { onLanguageChange, t } from '/static/js/text.js';
import { LitElement, html, nothing, render } from '/static/vendor/lit.js';
import { EMPTY } from './amount_entry.js';
import { KeyboardScanner } from './keyboard_scanner.js';
import { Office } from './office.js';
import { PaymentFlow } from './payment_flow.js';
import './screens/amount.js';
import './screens/help.js';
import './screens/menu.js';
import './screens/pair.js';
import './screens/payment.js';
import './screens/payouts.js';
import './screens/period.js';
import './screens/practice.js';
import './screens/refund.js';
import './screens/result.js';
import './screens/scan.js';
import './screens/standing.js';
import './screens/tills.js';
import './screens/today.js';
import { Till, pendingStore } from './till.js';

/** @typedef {import('./payment_flow.js').ScreenName} ScreenName */

/** Where the way back leads; everything else leads to the next customer. */
const BACK = /** @type {Partial<Record<ScreenName, ScreenName>>} */ ({
  refund: 'payment', period: 'menu', payouts: 'menu', tills: 'menu', standing: 'menu', practice: 'menu', help: 'menu',
});

export class TillShell extends PaymentFlow {
  #keyboard = new KeyboardScanner();
  /** What was typed before the keys that may be a scanner's. */
  #entryBefore = EMPTY;
  #isGuarded = false;
  /** @type {ScreenName} Where the payment that is looked at was found. */
  #listed = 'today';

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.office = new Office(this.till);
    this.pending = this.newQueue(this.store);
    addEventListener('keydown', this.onKey, { capture: true });
    addEventListener('online', () => this.pending.askNow());
    addEventListener('popstate', () => this.onBrowserBack());
    onLanguageChange(() => this.redraw());
    if (this.till.record) void this.begin();
    else this.screen = 'pair';
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (changed.has('practice')) document.documentElement.classList.toggle('practising', this.practice !== null);
    // The back key of a phone leads back to the next customer first, and only from there out of the app.
    if (this.screen !== 'scan' && this.screen !== 'pair' && !this.#isGuarded) {
      history.pushState('till', '');
      this.#isGuarded = true;
    }
  }

  onBrowserBack() {
    this.#isGuarded = false;
    if (this.screen === 'result' && this.result?.reason !== 'asking') this.closeResult();
    else if (this.screen !== 'scan' && this.screen !== 'pair' && this.screen !== 'result') this.back();
    this.requestUpdate();
  }

  pair = (/** @type {string} */ code, /** @type {string} */ name) => this.till.pair(code, name);

  back() {
    if (this.screen === 'payment') this.screen = this.#listed;
    else if (BACK[this.screen]) this.screen = /** @type {ScreenName} */ (BACK[this.screen]);
    else this.toScan();
  }

  /**
   * @param {import('./till.js').Redemption} payment
   * @param {ScreenName} from
   */
  openPayment(payment, from) {
    this.payment = payment;
    this.#listed = from;
    this.screen = 'payment';
  }

  async unpair() {
    await this.till.unpair();
    this.summary = null;
    this.screen = 'pair';
  }

  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === 'text') return;
    // A key that is held comes as quickly as a scanner's.
    if (event.repeat) return;
    const { ours, code, begins, isOther } = this.#keyboard.press(event.key, event.timeStamp);
    if (begins) this.#entryBefore = this.entry;
    if (!ours) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.screen === 'amount' && !(code && this.practice)) {
      if (code || isOther) this.keepPayment(this.#entryBefore, code);
      return;
    }
    const busy = this.screen === 'pair' || (this.screen === 'result' && this.result?.reason === 'asking');
    if (code && !busy) this.takeCode(code);
  };

  /** Draws the shell and the screen in it again, in the language of now. */
  redraw() {
    this.requestUpdate();
    for (const screen of this.children) if (screen instanceof LitElement) screen.requestUpdate();
  }

  render() {
    return html`${this.practice ? this.renderPracticeMark() : nothing}${this.renderScreen()}`;
  }

  renderPracticeMark() {
    return html`
      <div class="practice-mark" role="status" data-test="practice-mark">
        <strong class="practice-word">${t('practice.word')}</strong>
        <span class="practice-says">${t('practice.nothingPaid')}</span>
        <button class="practice-stop" data-test="practice-stop" @click=${() => this.stopPractice()}>${t('practice.stop')}</button>
      </div>
      <div class="practice-border" aria-hidden="true"></div>`;
  }

  renderScreen() {
    const back = () => this.back();
    const unanswered = this.queue.unanswered;
    switch (this.screen) {
      case 'pair':
        return html`<kp-pair .pair=${this.pair} .name=${this.till.record?.name ?? ''} .code=${this.pairingCode} .unpaired=${this.unpaired}
          @paired=${() => this.begin()}></kp-pair>`;
      case 'amount':
        return html`<kp-amount .maxCents=${this.scanned?.ticket.maxCents ?? 0} .lowerThanCents=${this.lowerThanCents}
          .categories=${this.active.record?.categories ?? []} .category=${this.category} .entry=${this.entry} .notKept=${this.notKept}
          .stray=${this.stray}
          @entry=${(/** @type {CustomEvent} */ event) => {
            this.entry = event.detail.entry;
            this.stray = null;
          }}
          @charge=${(/** @type {CustomEvent} */ event) => this.charge(event.detail)} @back=${back}></kp-amount>`;
      case 'result':
        return html`<kp-result .result=${this.result} @done=${() => this.closeResult()} @ask-now=${() => this.queue.askNow()}
          @pair=${() => this.signInAgain('sign_in_required')} @other-amount=${() => this.askForLess()}></kp-result>`;
      case 'today':
        return html`<kp-today .summary=${this.summary} .stale=${this.stale} .unanswered=${unanswered}
          .isPractice=${this.practice !== null}
          @open=${(/** @type {CustomEvent} */ event) => this.openPayment(event.detail.payment, 'today')}
          @days=${() => {
            this.screen = 'period';
          }}
          @refresh=${() => this.fetchSummary()} @ask-now=${() => this.queue.askNow()} @back=${back}></kp-today>`;
      case 'payment':
        return html`<kp-payment .payment=${this.payment} .record=${this.active.record}
          @refund=${() => this.payment && this.startRefund(this.payment)} @back=${back}></kp-payment>`;
      case 'refund':
        return html`<kp-refund .payment=${this.payment} .notKept=${this.notKept}
          @refund=${(/** @type {CustomEvent} */ event) => this.refund(event.detail)} @back=${back}></kp-refund>`;
      default:
        return this.renderAround(back, unanswered.length);
    }
  }

  /**
   * @param {() => void} back
   * @param {number} waiting
   */
  renderAround(back, waiting) {
    const open = (/** @type {CustomEvent} */ event) => {
      this.screen = event.detail.screen;
    };
    const signIn = (/** @type {CustomEvent} */ event) => this.signInAgain(event.detail.reason);
    switch (this.screen) {
      case 'menu':
        return html`<kp-menu .till=${this.till} .waiting=${waiting} .isPractice=${this.practice !== null} @open=${open} @back=${back}></kp-menu>`;
      case 'period':
        return html`<kp-period .office=${this.office} @sign-in=${signIn} @back=${back}
          @open=${(/** @type {CustomEvent} */ event) => this.openPayment(event.detail.payment, 'period')}></kp-period>`;
      case 'payouts':
        return html`<kp-payouts .office=${this.office} @sign-in=${signIn} @back=${back}></kp-payouts>`;
      case 'tills':
        return html`<kp-tills .office=${this.office} .own=${this.till.record?.till ?? ''} @sign-in=${signIn} @back=${back}></kp-tills>`;
      case 'standing':
        return html`<kp-standing .record=${this.till.record} .stale=${this.stale} @refresh=${() => this.fetchTerms()} @back=${back}></kp-standing>`;
      case 'practice':
        return html`<kp-practice .waiting=${waiting} @start=${() => this.startPractice()} @back=${back}></kp-practice>`;
      case 'help':
        return html`<kp-help .till=${this.till} .waiting=${waiting} @unpair=${() => this.unpair()} @back=${back}></kp-help>`;
      default:
        return html`<kp-scan .till=${this.till} .summary=${this.summary} .waiting=${waiting} .ignored=${this.ignored}
          .isPractice=${this.practice !== null} @open=${open}
          @code=${(/** @type {CustomEvent} */ event) => this.takeCode(event.detail.text)}></kp-scan>`;
    }
  }
}

customElements.define('kp-till', TillShell);

/**
 * Shows the screens of this till.
 * @param {HTMLElement} root
 * @param {import('/static/js/vault.js').Vault} vault
 * @param {string} pairingCode Came with the address, or empty.
 */
export async function openShell(root, vault, pairingCode) {
  const till = await Till.open(vault);
  render(html`<kp-till .till=${till} .store=${pendingStore(vault)} .pairingCode=${pairingCode}></kp-till>`, root);
}
