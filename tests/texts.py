# SPDX-License-Identifier: EUPL-1.2
"""What the screens say, in every language: read, compared, measured. `scripts/texts` tells what is missing.

Dutch is the first language: what it has, every other language of the same audience must have, with the same values to
fill in. A form for a number (`one`, `other`) is there in as many forms as the language has.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kindpakket.main import STATIC

FOLDER = STATIC / "text"
FIRST = "nl"
#: Who reads a file besides the audience it is named after.
FILES_OF = {
    "citizen": ("common", "reasons", "citizen"),
    "merchant": ("common", "reasons", "merchant"),
    "console": ("console",),
    "receipt": ("receipt",),
    "print": ("print",),
}
MARK = "machineMade"
#: The forms of a number that a language has. Source: Unicode CLDR, plural rules.
PLURALS = {
    "ar": ("zero", "one", "two", "few", "many", "other"),
    "en": ("one", "other"),
    "nl": ("one", "other"),
    "pl": ("one", "few", "many", "other"),
    "tr": ("one", "other"),
    "uk": ("one", "few", "many", "other"),
}
PLURAL = re.compile(r"(.*)\.(zero|one|two|few|many|other)")
#: Reasons that only a till or the municipality is told. A language for parents does without them.
NOT_FOR_PHONES = {
    "accepted",
    "already_redeemed",
    "already_refunded",
    "amount_above_maximum",
    "amount_above_ticket",
    "amount_zero",
    "balance_too_high",
    "balance_too_low",
    "batch_unknown",
    "category_not_allowed",
    "clock",
    "csv_invalid",
    "extension_too_short",
    "household_changed",
    "household_unknown",
    "import_unfinished",
    "last_administrator",
    "letters_already_shown",
    "member_is_oneself",
    "no_answer",
    "owner_required",
    "pairing_code_invalid",
    "passkey_invalid",
    "passkey_unknown",
    "payment_already_recorded",
    "programme_not_ended",
    "programme_terms_invalid",
    "provider_unreachable",
    "reason_zero",
    "redemption_unknown",
    "refund_above_redemption",
    "refund_by_another_shop",
    "refund_no_answer",
    "refund_outdated",
    "refunded",
    "role_missing",
    "role_required",
    "settlement_above_owed",
    "shop_not_allowed",
    "shop_number_invalid",
    "shop_unknown",
    "sign_in_code_invalid",
    "sign_in_elsewhere",
    "staff_name_taken",
    "staff_unknown",
    "ticket_already_used",
    "ticket_expired",
    "ticket_for_another_shop",
    "ticket_id_wrong",
    "ticket_not_redeemed",
    "ticket_signature_invalid",
    "ticket_unknown",
    "till_already_added",
    "till_name_taken",
    "till_removed",
    "till_unknown",
    "unallocated_too_low",
    "unreadable",
    "note_not_allowed",
    "voucher_changed",
    "voucher_not_blocked",
    "opening_key_used",
    "policy_text_invalid",
    "closing_too_early",
    "vouchers_not_swept",
    "rest_changed",
    "same_person",
    "payout_account_missing",
    "nothing_owed",
    "payout_run_unknown",
    "payout_run_open",
    "payout_run_decided",
    "payout_run_outdated",
    "payout_proposal_changed",
    "payout_file_not_ready",
    "transfer_not_returned",
    "statement_invalid",
    "statement_of_another_account",
    "payout_unfinished",
    "payout_file_altered",
    "work_account_invalid",
    "work_account_required",
    "work_account_unknown",
    "inspection_unknown",
    "nothing_to_acknowledge",
    "shop_suspended",
    "shop_name_taken",
    "application_unknown",
    "application_open",
    "submission_used",
    "application_decided",
    "application_changed",
    "application_not_assessed",
    "nothing_missing",
    "account_change_unknown",
    "account_change_open",
    "account_change_decided",
    "account_change_outdated",
    "account_of_another_merchant",
    "shop_joins_later",
    "suspension_unfinished",
    "top_up_unfinished",
}


@dataclass(frozen=True)
class Language:
    """A line of languages.json. Without audiences it is for all."""

    code: str
    name: str
    audiences: list[str] = field(default_factory=lambda: list(FILES_OF))


LANGUAGES = [Language(**one) for one in json.loads((FOLDER / "languages.json").read_text("utf-8"))]


def languages_of(audience: str) -> list[str]:
    """The languages in which an audience is spoken to."""
    return [language.code for language in LANGUAGES if audience in language.audiences]


def read(name: str, language: str) -> dict[str, str]:
    """The texts of a file by dotted key, in their order."""

    def flat(tree: dict[str, Any], prefix: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in tree.items():
            found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        return found

    return flat(json.loads((FOLDER / f"{name}.{language}.json").read_text("utf-8")), "")


def gaps(text: str) -> set[str]:
    """The values that a text wants filled in."""
    return set(re.findall(r"{(\w+)}", text))


def is_machine_made(language: Language) -> bool:
    """Whether a machine translated it, and no speaker has read it yet."""
    return MARK in read("common" if language.audiences != ["console"] else "console", language.code)


def plural_stem(key: str, texts: Mapping[str, str]) -> str:
    """The key without its form for a number; empty if it has none."""
    plural = PLURAL.fullmatch(key)
    if plural and {f"{plural[1]}.one", f"{plural[1]}.other"} <= texts.keys():
        return plural[1]
    return ""


def wanted(name: str, language: Language) -> dict[str, str]:
    """The keys that a file must have in a language, each with its Dutch text."""
    dutch = read(name, FIRST)
    is_for_phones = name == "reasons" and language.audiences == ["citizen"]
    found: dict[str, str] = {}
    for key, text in dutch.items():
        if is_for_phones and key.partition(".")[0] in NOT_FOR_PHONES:
            continue
        stem = plural_stem(key, dutch)
        forms = PLURALS[language.code] if stem else ()
        found |= {f"{stem}.{form}": dutch[f"{stem}.other"] for form in forms} or {key: text}
    return found


def faults_of(name: str, language: Language) -> list[str]:
    """What is missing, left over or filled in differently, a line each."""
    try:
        has = read(name, language.code)
    except FileNotFoundError:
        return [f"{name}.{language.code}.json: there is no such file"]
    found: list[str] = []
    if (MARK in has) != is_machine_made(language):
        found.append(f"{MARK}: this mark stands in every file of a language, or in none")
    wants = wanted(name, language)
    found += [f"{key}: missing ({text})" for key, text in wants.items() if key not in has]
    found += [f"{key}: not in Dutch" for key in has if key not in wants and key != MARK]
    for key, text in wants.items():
        # A form for exactly one or two may leave the number out: "one shop".
        may_lack = {"count"} if plural_stem(key, wants) else set()
        if key in has and not gaps(text) - may_lack <= gaps(has[key]) <= gaps(text):
            found.append(f"{key}: takes {sorted(gaps(has[key]))}, in Dutch {sorted(gaps(text))}")
    return [f"{name}.{language.code}.json: {fault}" for fault in found]


def files_of(language: Language) -> list[str]:
    """The files that a language must have."""
    names = [name for audience in language.audiences for name in FILES_OF[audience]]
    return sorted(set(names))


def main() -> None:
    """Tell what the languages lack; in the end, whether that is nothing."""
    found = [
        fault for language in LANGUAGES for name in files_of(language) for fault in faults_of(name, language)
    ]
    print("\n".join(found) or "Every language has every text.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
