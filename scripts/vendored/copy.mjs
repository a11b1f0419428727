// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Copies the browser files of other projects into static/vendor, without bare imports, and writes vendor.json:
 * which version each file is of, its licence and its checksum.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';
import { pruneCss } from './prune_css.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(HERE, 'node_modules');
const TARGET = join(HERE, '../../backend/kindpakket/static/vendor');

/** The one lit file: what our screens use of it. */
const LIT = `
export { LitElement, html, svg, nothing, noChange, render } from 'lit';
export { repeat } from 'lit/directives/repeat.js';
export { keyed } from 'lit/directives/keyed.js';
export { ref, createRef } from 'lit/directives/ref.js';
export { live } from 'lit/directives/live.js';
export { classMap } from 'lit/directives/class-map.js';
export { ifDefined } from 'lit/directives/if-defined.js';
`;
const HASH_FILES = ['_blake', '_md', '_u64', 'argon2', 'blake2', 'hkdf', 'hmac', 'sha2', 'sha3', 'utils'];

/** @type {{name: string, version: string, licence: string, file: string, sha256: string}[]} */
const written = [];

const read = (path) => readFileSync(join(PACKAGES, path), 'utf8');
const manifest = (name) => JSON.parse(read(`${name}/package.json`));

function write(name, file, content, licence = manifest(name).license) {
  const bytes = typeof content === 'string' ? Buffer.from(content.replace(/\n?\/\/# sourceMappingURL=.*\n?/g, '\n')) : content;
  mkdirSync(dirname(join(TARGET, file)), { recursive: true });
  writeFileSync(join(TARGET, file), bytes);
  const { version } = manifest(name);
  written.push({ name, version, licence, file, sha256: createHash('sha256').update(bytes).digest('hex') });
}

/** Without comments and layout, names as they are: two thirds of these files is documentation that phones need not load. */
function tightened(path) {
  const { code } = transformSync(read(path), { format: 'esm', minifyWhitespace: true, legalComments: 'inline', target: 'es2022' });
  return code;
}

function writeTypes(file, source, names = '*') {
  writeFileSync(join(TARGET, file), `// SPDX-License-Identifier: EUPL-1.2\n// Types only: those of the package, from tests/node_modules.\n${source
    .map((from) => `export ${names} from '${from}';`).join('\n')}\n`);
}

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET, { recursive: true });

const bundle = buildSync({
  stdin: { contents: LIT, resolveDir: HERE }, bundle: true, format: 'esm', minify: true, write: false, target: 'es2022',
  legalComments: 'inline',
});
write('lit', 'lit.js', bundle.outputFiles[0].text);
writeFileSync(join(TARGET, 'lit.d.ts'),
  `// SPDX-License-Identifier: EUPL-1.2\n// Types only: those of the package, from tests/node_modules.${LIT}`);

for (const file of HASH_FILES) write('@noble/hashes', `noble-hashes/${file}.js`, tightened(`@noble/hashes/${file}.js`));
for (const file of ['argon2', 'hkdf', 'hmac', 'sha2', 'sha3', 'utils']) {
  writeTypes(`noble-hashes/${file}.d.ts`, [`@noble/hashes/${file}.js`]);
}
write('@noble/secp256k1', 'noble-secp256k1.js', tightened('@noble/secp256k1/index.js'));
writeTypes('noble-secp256k1.d.ts', ['@noble/secp256k1']);
write('lean-qr', 'lean-qr.js', read('lean-qr/index.mjs'));
writeTypes('lean-qr.d.ts', ['lean-qr']);

// The reader would fetch its wasm from another site unless told otherwise; here it is the file beside it.
const elsewhere = /`https:\/\/[^`]*`/;
const shared = read('zxing-wasm/dist/es/share.js');
if (!elsewhere.test(shared)) throw new Error('zxing-wasm changed where it looks for its wasm');
write('zxing-wasm', 'zxing/share.js', shared.replace(elsewhere, 'new URL(`./${e}`, import.meta.url).href'));
write('zxing-wasm', 'zxing/reader.js', read('zxing-wasm/dist/es/reader/index.js').replace('"../share.js"', '"./share.js"'));
write('zxing-wasm', 'zxing/zxing_reader.wasm', readFileSync(join(PACKAGES, 'zxing-wasm/dist/reader/zxing_reader.wasm')));
writeTypes('zxing/reader.d.ts', ['zxing-wasm/reader']);

// For the receipts that the server makes; the package is MIT, the font in it is not.
for (const [folder, weight] of [['400Regular', 'Regular'], ['700Bold', 'Bold']]) {
  write('@expo-google-fonts/noto-sans', `fonts/NotoSans-${weight}.ttf`,
    readFileSync(join(PACKAGES, `@expo-google-fonts/noto-sans/${folder}/NotoSans_${folder}.ttf`)), 'OFL-1.1');
}

const { components, tokens } = pruneCss(
  read('@utrecht/component-library-css/dist/index.css'),
  read('@nl-design-system-unstable/voorbeeld-design-tokens/dist/variables.css'),
);
write('@utrecht/component-library-css', 'utrecht.css', components);
write('@nl-design-system-unstable/voorbeeld-design-tokens', 'voorbeeld.css', tokens);

for (const [name, licence] of [
  ['lit', 'lit/LICENSE'], ['@noble/hashes', '@noble/hashes/LICENSE'], ['@noble/secp256k1', '@noble/secp256k1/LICENSE'],
  ['lean-qr', 'lean-qr/LICENSE'], ['zxing-wasm', 'zxing-wasm/LICENSE'],
  ['@expo-google-fonts/noto-sans', '@expo-google-fonts/noto-sans/LICENSE_FONT'],
  ['@utrecht/component-library-css', '@utrecht/component-library-css/LICENSE.md'],
]) {
  cpSync(join(PACKAGES, licence), join(TARGET, 'licences', `${name.replace('@', '').replace('/', '-')}.txt`));
}
writeFileSync(join(TARGET, 'vendor.json'), `${JSON.stringify(written, null, 2)}\n`);
process.stdout.write(`${written.length} files in static/vendor\n`);
