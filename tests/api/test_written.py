# SPDX-License-Identifier: EUPL-1.2
"""Numbers, days and choices are taken as the description writes them, and in no other way.

Given a number, a choice or a day in an address
  when it has a sign, spaces, a point, zeros before it, a time or is another word for yes: refused
  when it is written as the description tells: taken
Given a day or a consent in a message
  when it is a number, another word or an instant: refused, and nothing is done
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from kindpakket.api.app import create_api
from kindpakket.demo.api_client import Refused
from kindpakket.services import Services
from tests.callers.world import APPLICATION
from tests.support import Town

WRONG: dict[str, list[str]] = {
    "integer": ["1.0", "+1", " 1 ", "1_0", "01", "1e1", "-0", "\u0661", "True", ""],
    "boolean": ["1", "0", "yes", "on", "t", "T", "True", "TRUE", " true", ""],
    "date": ["1767225600", "2026-01-01T00:00:00", "20260101", "2026-1-1", " 2026-01-01", "+2026-01-01", ""],
}
RIGHT: dict[str, tuple[str, Any]] = {
    "integer": ("10", 10),
    "boolean": ("true", True),
    "date": ("2026-01-31", date(2026, 1, 31)),
}
NO_DAYS: list[object] = [
    1767225600,
    "1767225600",
    1767225600.0,
    "2026-01-01T00:00:00",
    "2026-01-01Z",
    None,
    True,
]


def parameters(services: Services) -> Iterator[tuple[str, str, Any]]:
    """Every parameter in an address that is a number, a choice or a day: where it stands, its kind, what reads it."""
    api = create_api(services)
    described = {
        (operation["operationId"], parameter["name"]): parameter["schema"]
        for operations in api.openapi()["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
    }
    for context in iter_route_contexts(api.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for field in (*route.dependant.path_params, *route.dependant.query_params):
                schema = described[route.operation_id or route.name, field.alias]
                told = schema.get("anyOf", [schema])[0]
                kind = told.get("format", told["type"]) if "$ref" not in told else "enum"
                if kind in WRONG:
                    yield f"{route.operation_id}.{field.alias}", kind, field


def test_no_parameter_is_taken_that_is_written_in_another_way(services: Services) -> None:
    found = list(parameters(services))
    names = {name for name, _, _ in found}
    assert {"getReport.programme", "importHouseholds.amountCents", "importHouseholds.dryRun"} <= names
    assert {kind for _, kind, _ in found} == set(WRONG)
    taken = []
    for name, kind, field in found:
        right, meant = RIGHT[kind]
        assert field.validate(right, {}, loc=()) == (meant, []), name
        taken += [(name, wrong) for wrong in WRONG[kind] if not field.validate(wrong, {}, loc=())[1]]
    assert taken == []


@pytest.mark.parametrize("number", ["1.0", "+1", "%201%20", "01"])
def test_an_address_with_a_number_in_another_form_is_a_problem(
    town: Town, client: TestClient, number: str
) -> None:
    assert client.get(f"/api/v1/programmes/{town.programme}/rules").status_code == 200
    answer = client.get(f"/api/v1/programmes/{number}/rules")
    assert (answer.status_code, answer.json()["reason"]) == (400, "request_invalid")
    assert [fault["at"] for fault in answer.json()["errors"]] == ["programme"]


@pytest.mark.parametrize("wrong", NO_DAYS, ids=repr)
def test_a_message_with_a_day_in_another_form_opens_no_programme(town: Town, wrong: object) -> None:
    terms = {
        "name": "Kort",
        "startsOn": wrong,
        "endsOn": "2026-12-31",
        "categories": [1],
        "maxRedemptionCents": 100,
        "policyText": "Voor zwemles.",
    }
    with pytest.raises(Refused) as refused:
        town.desk.ask("POST", "/programmes", terms)
    assert refused.value.reason == "request_invalid"
    assert [fault["at"] for fault in refused.value.content["errors"]] == ["startsOn"]


@pytest.mark.parametrize("wrong", ["yes", "true", "t", 1, 1.0, None], ids=repr)
def test_a_consent_is_true_and_nothing_like_it(client: TestClient, wrong: object) -> None:
    answer = client.post("/api/v1/shop-applications", json=APPLICATION | {"agreesToRules": wrong})
    assert (answer.status_code, answer.json()["reason"]) == (400, "request_invalid")
    assert [fault["at"] for fault in answer.json()["errors"]] == ["agreesToRules"]
