// SPDX-License-Identifier: EUPL-1.2
/** @file The name of a kind of purchase in the language of the page. */
import { t } from '/static/js/text.js';

const NAMED = 6;

/**
 * @param {number} category
 * @returns {string}
 */
export function categoryName(category) {
  return category >= 1 && category <= NAMED ? t(`category.${category}`) : t('amount.otherCategory', { number: category });
}
