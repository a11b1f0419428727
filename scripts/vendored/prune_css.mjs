// SPDX-License-Identifier: EUPL-1.2
/** @file Keeps of the design system's CSS the components that the screens use, and the tokens that those need. */

const COMPONENTS = [
  'alert', 'body', 'button', 'button-group', 'checkbox', 'document', 'form-field', 'form-field-description',
  'form-field-error-message', 'form-fieldset', 'form-label', 'heading-1', 'heading-2', 'heading-3', 'heading-4', 'link',
  'number-data', 'ordered-list', 'paragraph', 'radio-button', 'root', 'select', 'separator', 'skip-link', 'surface',
  'table', 'table-container', 'textarea', 'textbox', 'unordered-list',
];
/** Variants that no screen uses. */
const UNUSED = /--(ready|warning|submit|sticky|disabled-|pseudo)|\.utrecht-button--subtle\.|utrecht-checkbox--custom/;
const KEPT = new RegExp(`\\.utrecht-(${COMPONENTS.join('|')})(?![a-z0-9-]|$)|\\.utrecht-(${COMPONENTS.join('|')})(--|$)`);
const ANY = /\.utrecht-[a-z0-9]/;

/** Splits CSS into its statements: what comes before the braces, and what is between them. */
function* statements(css) {
  let start = 0;
  for (let i = 0; i < css.length; i += 1) {
    if (css.startsWith('/*', i)) {
      i = css.indexOf('*/', i) + 1;
    } else if (css[i] === ';') {
      start = i + 1;
    } else if (css[i] === '{') {
      let depth = 1;
      let end = i + 1;
      for (; depth > 0; end += 1) depth += css[end] === '{' ? 1 : css[end] === '}' ? -1 : 0;
      yield { head: css.slice(start, i).replace(/\/\*[^]*?\*\//g, '').trim(), body: css.slice(i + 1, end - 1) };
      i = end - 1;
      start = end;
    }
  }
}

function selectorsKept(head) {
  return head.split(/,(?![^(]*\))/).map((one) => one.trim())
    .filter((one) => ANY.test(one) && KEPT.test(one) && !UNUSED.test(one) && [...one.matchAll(/\.utrecht-[a-z0-9-]+/g)]
      .every(([name]) => KEPT.test(name)));
}

/** Takes out comments and the spaces that only lay out. */
const tightened = (body) => body.replace(/\/\*[^]*?\*\//g, '').replace(/\s+/g, ' ').replace(/\( | (?=\))/g, (space) => space.trim());

function keepRules(css) {
  let kept = '';
  for (const { head, body } of statements(css)) {
    if (head.startsWith('@media') || head.startsWith('@supports')) {
      const inside = keepRules(body);
      if (inside) kept += `${head} {\n${inside}}\n`;
    } else if (!head.startsWith('@')) {
      const selectors = selectorsKept(head);
      if (selectors.length) kept += `${selectors.join(',\n')} {${tightened(body)}}\n`;
    }
  }
  return kept;
}

/**
 * @param {string} componentsCss All components of the library.
 * @param {string} tokensCss All tokens of a theme, on `:root`.
 * @returns {{components: string, tokens: string}} What is kept of each.
 */
export function pruneCss(componentsCss, tokensCss) {
  const notice = componentsCss.match(/\/\*\*[^]*?\*\//)[0];
  const components = `${notice}\n${keepRules(componentsCss)}`;
  const values = new Map([...tokensCss.matchAll(/^\s*(--[\w-]+):\s*([^;]*);/gm)].map(([, name, value]) => [name, value]));
  const needed = new Set();
  const need = (name) => {
    if (needed.has(name) || !values.has(name)) return;
    needed.add(name);
    for (const [, other] of values.get(name).matchAll(/var\((--[\w-]+)/g)) need(other);
  };
  for (const [, name] of components.matchAll(/var\(\s*(--[\w-]+)/g)) need(name);
  for (const name of values.keys()) if (name.startsWith('--basis-')) need(name);
  const lines = [...values].filter(([name]) => needed.has(name)).map(([name, value]) => `  ${name}: ${value};`);
  return { components, tokens: `:root {\n${lines.join('\n')}\n}\n` };
}
