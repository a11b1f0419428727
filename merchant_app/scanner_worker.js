// SPDX-License-Identifier: EUPL-1.2
/** @file The scanner's worker, in the scope of the till's service worker, so that scanning works without network. */
import '/static/js/scanner_worker.js';
