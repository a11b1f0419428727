// SPDX-License-Identifier: EUPL-1.2
/** @file Looks at a page from inside, for audits.py: what does not fit, what can be used, where the focus is. */
(() => {
  const CONTROLS = 'a[href], button, input, select, textarea, summary';
  /** Tables and the navigation of a small screen may be pushed aside; these have no text, or none that is seen. */
  const MAY_BE_WIDE = '.utrecht-table-container, [class*="table"], [class*="-nav"], .kp-hidden, svg, video';
  /** @type {HTMLElement[]} */
  let controls = [];

  /** @param {HTMLElement} one */
  const nameOf = (one) => (
    `${one.localName}.${one.className} "${(one.textContent || one.getAttribute('name') || one.ariaLabel || '').trim().slice(0, 40)}"`);

  /** Lists what is wider than the window, and text that its own box cuts off. */
  function findWide() {
    const { clientWidth, scrollWidth } = document.documentElement;
    const found = scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide`] : [];
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('body *'))) {
      const { left, right, width } = one.getBoundingClientRect();
      const hasWords = [...one.childNodes].some((node) => node instanceof Text && node.data.trim());
      if (!hasWords || width < 2 || !one.checkVisibility() || one.closest(MAY_BE_WIDE)) continue;
      if (right > clientWidth + 1 || left < -1) found.push(`${nameOf(one)} sticks out`);
      const isCut = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible';
      if (isCut) found.push(`${nameOf(one)} is cut off`);
    }
    return found;
  }

  /** Begins at the top, and lists what can be used; a group of radio buttons is one. */
  function listControls() {
    const groups = new Set();
    controls = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(CONTROLS))].filter((one) => {
      const { type, name, disabled } = /** @type {HTMLInputElement} */ (one);
      if (disabled || type === 'hidden' || one.tabIndex < 0 || !one.checkVisibility()) return false;
      if (type !== 'radio') return true;
      return !groups.has(name) && groups.add(name);
    });
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    return controls.map(nameOf);
  }

  /** Tells which of them has the focus, and whether that is seen: on itself, or on what stands for it. */
  function focus() {
    const one = /** @type {HTMLInputElement | null} */ (document.activeElement);
    const hasRing = (/** @type {Element} */ element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    };
    const isSame = (/** @type {HTMLElement} */ other) => other === one
      || (one?.type === 'radio' && /** @type {HTMLInputElement} */ (other).name === one.name);
    const shown = [one, one?.nextElementSibling].filter((element) => element !== null && element !== undefined);
    return { place: controls.findIndex(isSame), isSeen: shown.some(hasRing) };
  }

  Object.assign(globalThis, { audits: { findWide, listControls, focus } });
})();
