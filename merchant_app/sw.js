// SPDX-License-Identifier: EUPL-1.2
/** @file The till's service worker: its files are there without network. Requests to the API pass it by. */
importScripts('/static/js/offline_shell.js');

const OWN = [
  'amount_entry.js', 'days.js', 'icon.svg', 'keyboard_scanner.js', 'main.js', 'manifest.webmanifest', 'merchant.css',
  'office.js', 'parts/bar.js', 'parts/category_name.js', 'parts/code_camera.js', 'parts/fetching.js', 'parts/icons.js',
  'parts/language_switch.js', 'parts/moment.js', 'parts/payment_line.js', 'parts/qr.js', 'parts/reason_words.js',
  'parts/save_file.js', 'parts/summary_lines.js', 'payment_flow.js', 'pending.js', 'practice.js', 'scanner_worker.js', 'screens/amount.css',
  'screens/amount.js', 'screens/help.js', 'screens/menu.js', 'screens/office.css', 'screens/pair.js',
  'screens/payment.js', 'screens/payouts.js', 'screens/period.js', 'screens/practice.js', 'screens/refund.js',
  'screens/result.css', 'screens/result.js', 'screens/scan.css', 'screens/scan.js', 'screens/standing.js', 'screens/tills.js',
  'screens/today.css', 'screens/today.js', 'shell.js', 'sounds.js', 'till.js', 'till_files.js', 'verdict.js',
];

const SHARED = [
  'css/app.css', 'css/theme.css', 'js/api.js', 'js/core/base45.js', 'js/core/bytes.js', 'js/core/characters.js', 'js/core/code.js', 'js/core/keys.js',
  'js/core/letter.js', 'js/core/signing.js', 'js/decoder.js', 'js/direction.js', 'js/money.js', 'js/parts.js', 'js/scanner.js', 'js/scanner_worker.js', 'js/signals.js', 'js/text.js',
  'js/time.js', 'js/vault.js', 'js/wake_lock.js', 'text/languages.json',
  'vendor/lean-qr.js', 'vendor/lit.js', 'vendor/noble-hashes/_md.js',
  'vendor/noble-hashes/_u64.js', 'vendor/noble-hashes/hkdf.js', 'vendor/noble-hashes/hmac.js', 'vendor/noble-hashes/sha2.js',
  'vendor/noble-hashes/sha3.js', 'vendor/noble-hashes/utils.js', 'vendor/noble-secp256k1.js', 'vendor/utrecht.css',
  'vendor/voorbeeld.css', 'vendor/zxing/reader.js', 'vendor/zxing/share.js', 'vendor/zxing/zxing_reader.wasm',
];

const TEXTS = [
  'text/common.en.json', 'text/common.nl.json', 'text/merchant.en.json', 'text/merchant.nl.json', 'text/reasons.en.json',
  'text/reasons.nl.json',
];

/** @type {any} */ (globalThis).keepShell({
  name: 'till',
  page: '/winkel/',
  files: [...OWN.map((file) => `/winkel/${file}`), ...SHARED.map((file) => `/static/${file}`)],
  texts: TEXTS.map((file) => `/static/${file}`),
});
