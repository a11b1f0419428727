#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// A compiler that stays loaded: a line of standard JSON in, a line of standard JSON out, until the input ends.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

const packages = path.join(process.argv[2], 'node_modules');
const solc = require(path.join(packages, 'solc'));

const findImport = (name) => {
  const file = path.join(packages, name);
  return fs.existsSync(file) ? { contents: fs.readFileSync(file, 'utf8') } : { error: `File not found: ${name}` };
};
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(`${JSON.stringify(JSON.parse(solc.compile(line, { import: findImport })))}\n`);
});
