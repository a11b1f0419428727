// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Shows how far long work is while the form that asked for it waits for its answer, and sends that form once. Without
 * this file the browser waits, and the server refuses what was done already.
 */

const ASK_MILLISECONDS = 500;

/** @param {HTMLFormElement} form `data-progress` is the address that tells how far it is, `data-total` what there is to do. */
function follow(form) {
  const shown = /** @type {HTMLElement} */ (form.querySelector('[data-progress-shown]'));
  const bar = /** @type {HTMLProgressElement} */ (shown.querySelector('progress'));
  const words = /** @type {HTMLElement} */ (shown.querySelector('[data-words]'));
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  let isSent = false;

  async function ask() {
    const answer = await fetch(/** @type {string} */ (form.dataset.progress));
    /** @type {{issued?: number, total?: number}} */
    const { issued = 0, total = 0 } = answer.ok ? await answer.json() : {};
    // It has not begun, or this is other work that waits.
    if (total !== Number(form.dataset.total)) return;
    [bar.max, bar.value] = [total, issued];
    words.textContent = /** @type {string} */ (words.dataset.words)
      .replace('{issued}', numbers.format(issued)).replace('{total}', numbers.format(total));
  }

  form.addEventListener('submit', (event) => {
    if (isSent) {
      event.preventDefault();
      return;
    }
    isSent = true;
    shown.hidden = false;
    shown.scrollIntoView({ block: 'nearest' });
    setInterval(() => ask().catch(() => undefined), ASK_MILLISECONDS);
  });
  // Who comes back to this page with the browser's button sees it as it was at first.
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form[data-progress]'))) follow(form);
