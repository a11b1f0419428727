# SPDX-License-Identifier: EUPL-1.2
"""The log: one object a line, nothing in it that must not be, and each warning in the administrator's documents.

Given the log as JSON
  when a request is answered: its line has method, template, status, milliseconds and the request's number
    never what stood in its address, its query, its headers or its body; its network address when that is asked for only
  when it is refused, or meets a bug: its lines, the answer's header and the problem have the same number
  when the chain or the database does not answer: a line that says so, without a trace
  when a library warns: that is a line, too
Given a request that says its own number: ours counts
Given the code: each event that is a warning or worse has a name that stays, and the documents say what to do about it
Given the server's start: a person is shown the link that signs in, a log never
"""

from __future__ import annotations

import ast
import io
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from kindpakket import cli, logs, vouchers
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.errors import ChainUnreachable, DatabaseUnreachable, Failure
from kindpakket.main import ROOT, create_app
from kindpakket.services import Services
from tests.support import Town

SEVERE = {"warning", "error", "exception", "critical"}
FROM_LIBRARIES = "library_warns"


@pytest.fixture
def lines(own_logs: None) -> Callable[[], list[dict[str, Any]]]:
    """What is logged from now on as JSON, read back."""
    file = io.StringIO()
    logs.write_logs(file, log_format="json", verbose=True)
    logs.write_logs_of_libraries(file, log_format="json")
    return lambda: [json.loads(line) for line in file.getvalue().splitlines()]


def test_an_answer_is_one_line_without_a_word_of_who_asked(
    lines: Callable[[], list[dict[str, Any]]], client: TestClient
) -> None:
    before = len(lines())
    client.post(
        f"/api/v1/redemptions/0x{'7' * 64}/refunds?naam=jansen-in-query",
        content=b'{"code": "jansen-in-body"}',
        headers={"Authorization": "Bearer jansen-in-token", "X-Request-Id": "jansen", "Cookie": "a=jansen"},
    )
    (line,) = lines()[before:]
    assert re.fullmatch(r"[0-9a-f]{16}", line.pop("request"))
    assert line.pop("milliseconds") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "debug",
        "event": "answered",
        "method": "POST",
        "route": "/api/v1/redemptions/{ticketId}/refunds",
        "status": 400,
    }


def test_the_network_address_is_there_when_it_is_asked_for(
    lines: Callable[[], list[dict[str, Any]]], services: Services
) -> None:
    services.settings.log_addresses = True
    TestClient(create_app(services), client=("192.0.2.7", 50_000)).get("/api/v1/fund")
    assert lines()[-1]["address"] == "192.0.2.7"


def test_what_load_balancers_ask_is_not_written(
    lines: Callable[[], list[dict[str, Any]]], client: TestClient
) -> None:
    before = len(lines())
    client.get("/health")
    client.get("/ready")
    assert len(lines()) == before


def test_a_refusal_has_one_number_in_its_lines_its_header_and_its_problem(
    lines: Callable[[], list[dict[str, Any]]], town: Town, client: TestClient
) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    (voucher,) = phone.next_numbers
    shown = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    before = len(lines())
    with pytest.raises(Refused) as refused:
        till.redeem(shown, amount_cents=5001, category=3)
    instance = refused.value.content["instance"]
    said, answered = lines()[before:]
    assert (said["event"], answered["event"]) == ("refused", "answered")
    assert {f"urn:kindpakket:request:{line['request']}" for line in (said, answered)} == {instance}


def test_the_number_is_ours_whatever_a_request_says(client: TestClient) -> None:
    answers = [client.get("/api/v1/fund", headers={"X-Request-Id": "ours"}) for _ in range(2)]
    numbers = {answer.headers["x-request-id"] for answer in answers}
    assert len(numbers) == 2
    assert "ours" not in numbers


def test_a_bug_has_a_line_with_its_trace_and_the_problem_has_its_number(
    lines: Callable[[], list[dict[str, Any]]], services: Services, client: TestClient
) -> None:
    services.ledger.close()
    del services.ledger
    answer = client.get("/api/v1/programmes")
    (line,) = [one for one in lines() if one["event"] == "internal_error"]
    assert (line["route"], line["level"]) == ("/api/v1/programmes", "error")
    assert "Traceback" in line["exception"]
    assert answer.json()["instance"] == f"urn:kindpakket:request:{line['request']}"
    assert answer.headers["x-request-id"] == line["request"]


@pytest.mark.parametrize("failure", [ChainUnreachable, DatabaseUnreachable])
def test_what_does_not_answer_beside_us_is_a_line_without_a_trace(
    lines: Callable[[], list[dict[str, Any]]],
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Failure],
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise failure("no answer from there") from ValueError("SECRET")

    monkeypatch.setattr(vouchers, "look_up_letter", fail)
    client.post("/api/v1/letter-lookups", json={"letterId": "7" * 32})
    (line,) = [one for one in lines() if one["event"] == "request_failed"]
    assert (line["reason"], line["because"]) == (failure.reason(), "no answer from there")
    assert "exception" not in line


def test_what_a_library_warns_of_is_a_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received from %s", "somebody")
    line = lines()[-1]
    assert (line["event"], line["level"], line["library"]) == (FROM_LIBRARIES, "warning", "uvicorn.error")
    assert line["message"] == "Invalid HTTP request received from somebody"


def test_a_log_for_people_has_the_same_in_words(own_logs: None, client: TestClient) -> None:
    file = io.StringIO()
    logs.write_logs(file, log_format="console", verbose=True)
    client.get("/api/v1/fund")
    assert re.match(
        r"timestamp=\S+ level=debug event=answered method=GET route=/api/v1/fund status=200 ", file.getvalue()
    )


def test_who_starts_the_server_for_programs_is_told_no_link(
    lines: Callable[[], list[dict[str, Any]]], services: Services
) -> None:
    cli.tell_programs(services)
    said = lines()[-2:]
    assert [line["event"] for line in said] == ["nobody_signed_in_yet", "serving"]
    assert "code=" not in json.dumps(said)


def severe_events() -> dict[str, str]:
    """Each event that is a warning or worse, with its level; one whose name is not a word in the code fails."""
    found = {FROM_LIBRARIES: "warning"}
    for file in (ROOT / "backend" / "kindpakket").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=level)) if level in SEVERE:
                    name = node.args[0]
                    assert isinstance(name, ast.Constant), f"{file.name}:{node.lineno}: {ast.unparse(name)}"
                    found[str(name.value)] = "error" if level == "exception" else level
    return found


def test_the_documents_say_what_to_do_about_each_warning() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (warning|error|critical) \| (.+?) \| (.+?) \|$",
        (ROOT / "docs" / "operations.md").read_text("utf-8"),
        flags=re.MULTILINE,
    )
    told = {name: level for name, level, meaning, remedy in rows if meaning and remedy}
    assert len(told) == len(rows)
    assert told == severe_events()


def test_every_logger_is_called_log() -> None:
    # Else the test above would not see what it says.
    for file in (ROOT / "backend" / "kindpakket").rglob("*.py"):
        made = re.findall(
            r"(\w+) = structlog\.get_logger|(\w+) = logging\.getLogger", file.read_text("utf-8")
        )
        assert {a or b for a, b in made} <= {"log", "root"}, file.name


def test_no_line_is_bound_to_what_another_request_left(client: TestClient) -> None:
    client.get("/api/v1/fund")
    assert structlog.contextvars.get_contextvars() == {}
