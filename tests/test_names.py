# SPDX-License-Identifier: EUPL-1.2
"""One thing has one name: in the ABI, in Python, in the API, in the protocol's text and in every language."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from kindpakket import errors, events
from kindpakket.api.problems import camel
from kindpakket.chain.artifacts import load_artifacts
from kindpakket.main import ROOT, STATIC

LANGUAGES = ("nl", "en")
LOCAL_RESULTS = {
    "accepted",
    "already_redeemed",
    "refunded",
    "already_refunded",
    "no_answer",
    "refund_no_answer",
    "clock",
}
"""What a till shows that is no refusal or failure of the backend."""

OPENZEPPELIN_ERRORS = {
    "AccessControlBadConfirmation",
    "AccessControlEnforcedDefaultAdminDelay",
    "AccessControlEnforcedDefaultAdminRules",
    "AccessControlInvalidDefaultAdmin",
    "AccessControlUnauthorizedAccount",
    "InvalidShortString",
    "SafeCastOverflowedUintDowncast",
    "StringTooLong",
}
OPENZEPPELIN_EVENTS = {
    "DefaultAdminDelayChangeCanceled",
    "DefaultAdminDelayChangeScheduled",
    "DefaultAdminTransferCanceled",
    "DefaultAdminTransferScheduled",
    "EIP712DomainChanged",
    "RoleAdminChanged",
    "RoleGranted",
    "RoleRevoked",
}


def subclasses(base: type) -> list[type]:
    return [leaf for child in base.__subclasses__() for leaf in (child, *subclasses(child))]


def abi_of(kind: str) -> dict[str, list[str]]:
    return {
        item["name"]: [argument["name"] for argument in item["inputs"]]
        for item in load_artifacts()["abi"]
        if item["type"] == kind
    }


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def reasons() -> set[str]:
    abstract = {errors.ContractRefusal}
    named = [*subclasses(errors.Refusal), *subclasses(errors.Failure)]
    return {error.reason() for error in named if error not in abstract}


def test_every_error_of_the_contract_is_a_class_in_python_and_the_other_way_round() -> None:
    contract = set(abi_of("error")) - OPENZEPPELIN_ERRORS
    assert contract == {error.__name__ for error in subclasses(errors.ContractRefusal)}


def test_an_error_carries_the_same_number_of_values_in_python_as_in_the_contract() -> None:
    abi = abi_of("error")
    for error in subclasses(errors.ContractRefusal):
        assert len(dataclasses.fields(error)) == len(abi[error.__name__]), error.__name__


def test_every_event_of_the_contract_is_a_value_in_python_with_the_same_names() -> None:
    abi = {name: names for name, names in abi_of("event").items() if name not in OPENZEPPELIN_EVENTS}
    assert set(abi) == set(events.EVENTS)
    for name, arguments in abi.items():
        fields = [field.name for field in dataclasses.fields(events.EVENTS[name])]
        assert fields == [snake(argument) for argument in arguments], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_sentence_in_every_language(language: str) -> None:
    texts = json.loads((STATIC / "text" / f"reasons.{language}.json").read_text("utf-8"))
    assert set(texts) == reasons() | LOCAL_RESULTS
    for reason, text in texts.items():
        assert text["title"] and text["sentence"], reason


def test_every_audience_has_the_same_texts_in_every_language() -> None:
    files = sorted((STATIC / "text").glob("*.nl.json"))
    assert {file.name.split(".")[0] for file in files} >= {
        "citizen",
        "common",
        "console",
        "merchant",
        "reasons",
    }
    for file in files:
        dutch = json.loads(file.read_text("utf-8"))
        for language in LANGUAGES:
            other = json.loads(file.with_name(file.name.replace(".nl.", f".{language}.")).read_text("utf-8"))
            assert _keys(other) == _keys(dutch), f"{file.name} and {language}"


def test_the_protocol_names_every_reason_with_its_status_and_values() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text("utf-8")
    rows = {
        match["reason"]: match
        for match in re.finditer(
            r"^\| `(?P<reason>\w+)` \| (?P<status>\d+) \| .* \| (?P<values>.*) \|$", text, re.M
        )
    }
    assert set(rows) == reasons()
    for error in subclasses(errors.Refusal):
        if error is errors.ContractRefusal:
            continue
        assert int(rows[error.reason()]["status"]) == error.status, error.reason()
        named = set(re.findall(r"`(\w+)`", rows[error.reason()]["values"]))
        assert named == {camel(name) for name in error.public}, error.reason()


def test_a_shop_is_never_told_a_balance_or_a_voucher() -> None:
    for error in subclasses(errors.ContractRefusal):
        told = set(getattr(error, "public", ()))
        assert not told & {"balance_cents", "voucher", "number", "ticket_key"}, error.__name__


def _keys(texts: dict[str, object], above: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in texts.items():
        found |= _keys(value, f"{above}{key}.") if isinstance(value, dict) else {above + key}
    return found
