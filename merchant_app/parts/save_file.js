// SPDX-License-Identifier: EUPL-1.2
/** @file Saves a text as a file on this device. */

/** Long enough for the slowest browser to begin with it. */
const KEPT_MILLISECONDS = 60_000;

/** @param {{text: string, name: string}} file */
export function saveFile({ text, name }) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MILLISECONDS);
}
