# SPDX-License-Identifier: EUPL-1.2
"""Who may call what: every operation of the API, asked by every kind of caller, so that it makes sense.

Given the API's own description
  every operation has its line in the table, and says of itself who may call it: the same
Given an operation, asked as it must be, of what exists
  when a kind of caller asks that it is not for: exactly the refusal that is theirs, and nothing has changed
  when one asks that it is for: it is answered; of what is another family's or another shop's, it is not
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kindpakket.registry.tables import metadata
from kindpakket.staff import Role
from tests.ledger.databases import connect

from .asking import Ask, ask_for
from .kinds import Kind, may_call, refusal_of
from .streams import hear
from .table import TABLE
from .world import World

#: Its answer does not end.
STREAM = "followBudget"


def operations_of(world: World) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, address and description of each operation, by its id."""
    client = world.client_of(Kind.NOBODY)
    described = client.get("/api/v1/openapi.json").json()
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    }


def send(client: TestClient, method: str, path: str, ask: Ask, token: str) -> tuple[int, dict[str, Any]]:
    """The status of an answer, and what a refusal says."""
    answer = ask.send(client, method, path, token)
    return answer.status_code, answer.json() if answer.status_code >= 400 else {}


def everything_in(world: World) -> dict[str, Any]:
    """What the registry holds, row by row, and how long the chain is."""
    with connect(world.services.settings.registry_address) as connection:
        held: dict[str, Any] = {
            name: sorted(map(repr, connection.execute(select(table))))
            for name, table in metadata.tables.items()
        }
    return held | {"head": world.services.chain.head().number}


def test_every_operation_has_its_line_and_says_who_may_call_it(world: World) -> None:
    found = operations_of(world)
    assert set(found) == set(TABLE)
    for operation, (_, _, described) in found.items():
        assert set(described["x-callers"]) == set(TABLE[operation].callers), operation


def test_what_stands_before_an_operation_is_what_its_description_says(world: World) -> None:
    schemes = {
        "phone": {"phone"},
        "till": {"cashier", "owner"},
        "staff": {*map(str, Role)},
        "auditKey": {"audit_key"},
    }
    for operation, (_, _, described) in operations_of(world).items():
        open_to = {
            caller for one in described.get("security", []) for name in one for caller in schemes[name]
        }
        callers = set(described["x-callers"])
        assert callers == {"anyone"} if not open_to else callers <= open_to, operation


@pytest.mark.parametrize("operation", TABLE)
def test_an_operation_is_for_its_callers_only(world: World, operation: str) -> None:
    method, path, _ = operations_of(world)[operation]
    line = TABLE[operation]
    strangers = [kind for kind in Kind if not may_call(kind, line.callers)]
    ask = ask_for(operation)(world, Kind.NOBODY) if strangers else Ask()
    before = everything_in(world)
    for kind in strangers:
        status, refusal = send(world.client_of(kind), method, path, ask, world.tokens[kind])
        assert (status, refusal.get("reason")) == refusal_of(kind, line.callers), kind
        if refusal["reason"] == "role_required":
            assert set(refusal["roles"]) == set(line.callers) & {*Role}, kind
    assert everything_in(world) == before, "who is refused changes nothing"


@pytest.mark.parametrize("operation", TABLE)
def test_an_operation_answers_its_callers_about_what_is_theirs(world: World, operation: str) -> None:
    method, path, _ = operations_of(world)[operation]
    line = TABLE[operation]
    for kind in (kind for kind in Kind if may_call(kind, line.callers)):
        ask = ask_for(operation)(world, kind)
        refusal: dict[str, Any] = {}
        if operation == STREAM:
            status, _ = hear(world.app, f"/api/v1{path}", token=world.tokens[kind])
        else:
            status, refusal = send(world.client_of(kind), method, path, ask, world.tokens[kind])
        assert (status, refusal.get("reason", "")) == line.answer_to(kind), (kind, refusal)
