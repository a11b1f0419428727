# SPDX-License-Identifier: EUPL-1.2
"""Texts that cannot be kept: refused with words, wherever one can be sent, and never an error of ours.

Given a text with a control character, which PostgreSQL does not keep, or with half a character, which has no encoding
  no message of the API takes it, in any field
  when it is in a form of a page: 400
"""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError
from starlette.testclient import TestClient

from kindpakket.api.app import create_api
from kindpakket.api.models import Message
from kindpakket.services import Services
from tests.console.browser import Browser
from tests.support import Town, new_sign_in_code

UNKEPT = ["a\0b", "a\x1bb", "a\ud800b"]


def fields_sent_to_us(api: FastAPI) -> dict[str, Any]:
    """Every field of every message that an operation takes, by its name, and what it takes."""
    models = {model.__name__: model for model in Message.__subclasses__()}
    fields = {}
    for operations in api.openapi()["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            # What auditors ask the chain is in JSON-RPC's words: nothing of it is kept.
            if content and operation["operationId"] != "queryChain":
                # A message that may be left out stands beside nothing.
                schema = next(
                    one for one in content["schema"].get("anyOf", [content["schema"]]) if "$ref" in one
                )
                name = schema["$ref"].rpartition("/")[2]
                for field, told in models[name].model_fields.items():
                    fields[f"{name}.{field}"] = Annotated[told.annotation, field, *told.metadata]
    return fields


def test_no_message_takes_a_text_that_cannot_be_kept(services: Services) -> None:
    fields = fields_sent_to_us(create_api(services))
    # A programme's text is checked by its own rules, which say what is wrong with it.
    del fields["ProgrammeOpening.policy_text"]
    assert "TopUpOrder.note" in fields and "Deposit.payment_reference" in fields
    taken = []
    for name, kind in fields.items():
        for text in UNKEPT:
            try:
                TypeAdapter(kind).validate_python(text)
            except ValidationError:
                continue
            taken.append((name, text))
    assert taken == []


@pytest.mark.parametrize("text", [r"a\u0000b", r"a\ud800b"])
def test_such_a_text_is_a_problem_and_not_a_bug(client: TestClient, text: str) -> None:
    for content in (f'{{"signInCode": "{text}"}}', f'{{"{text}": 1}}'):
        answer = client.post(
            "/api/v1/staff-sessions", content=content, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["reason"]) == (400, "request_invalid")


def test_no_form_of_a_page_takes_one(services: Services, town: Town, client: TestClient) -> None:
    browser = Browser(client)
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name="Anna"))
    browser.open(f"/gemeente/tegoeden?programma={town.programme}")
    browser.submit("/gemeente/tegoeden/huishoudens", reference="A-\0")
    assert (browser.status, browser.page.headings) == (400, ["Dit adres of formulier klopt niet"])
