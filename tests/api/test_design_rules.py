# SPDX-License-Identifier: EUPL-1.2
"""The API keeps the Dutch rules for APIs, each tested under its own name.

Source: NLGov REST API Design Rules 2.2, https://gitdocumentatie.logius.nl/publicatie/api/adr/

the OpenAPI description
├── /core/doc-openapi, /core/publish-openapi: it is OpenAPI 3, in one place, readable from any site
├── /core/doc-openapi-contact, /core/semver: it says whom to write to, and which version it is
├── /core/uri-version: the major version is in the address of the server
├── /core/no-trailing-slash, /core/path-segments-kebab-case, /core/query-keys-camel-case, /core/naming-collections
├── /core/http-methods, /core/http-safety: GET and DELETE carry no body
├── /core/error-handling/problem-details, /core/error-handling/invalid-input: each operation's faults are problems
├── /core/version-header: each answer is said to have it
└── /core/no-sensitive-data-in-uris: no address has a place for a name, an account or a token
the answers
├── each refusal is a problem with the version, whoever refuses: a path, a method, a body, a token, a bug, a limit
├── all faults of a request are told at once
├── a wrong method is told the right ones
└── /transport/security-headers: each answer has them
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from kindpakket.api.app import API_VERSION
from kindpakket.services import Services
from tests.support import InProcess, Town

PROBLEM = "application/problem+json"
METHODS = {"get", "put", "post", "delete"}
SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
#: What there is one of, of which no collection is made: what follows a thing is a view of it or a state that it is in.
SINGULAR = {
    "fund",  # the fund of this server
    "me",  # who calls
    "account",
    "block",
    "bookkeeping",
    "closing-statement",
    "outlook",
    "paper",
    "proof",
    "receipt",
    "report",
    "voucher-use",
}
#: Words for what is a person's or a secret; numbers of ours and hashes say nothing outside.
SENSITIVE = re.compile(
    r"name|iban|account(?!-changes)|email|bsn|phone|token|code(?!-)|secret|reference", re.IGNORECASE
)

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def description(client: TestClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    described: dict[str, Any] = answer.json()
    return described


@pytest.fixture
def operations(description: dict[str, Any]) -> list[Operation]:
    return list(operations_of(description))


def operations_of(description: dict[str, Any]) -> Iterator[Operation]:
    for path, found in description["paths"].items():
        for method, operation in found.items():
            yield method, path, operation


def segments(path: str) -> list[str]:
    return [one for one in path.split("/") if one and not one.startswith("{")]


# ---------------------------------------------------------------- the OpenAPI description


def test_doc_openapi_it_is_a_description_in_version_3(description: dict[str, Any]) -> None:
    assert re.fullmatch(r"3(\.\d+){1,2}", description["openapi"])


def test_publish_openapi_each_operation_has_a_name_of_its_own_and_says_what_it_does(
    operations: list[Operation],
) -> None:
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names)) > 80
    for _, _, operation in operations:
        assert operation["description"].strip() and operation["tags"], operation["operationId"]


def test_doc_openapi_contact_it_says_whom_to_write_to(
    description: dict[str, Any], services: Services
) -> None:
    contact = description["info"]["contact"]
    assert contact == {
        "name": "Gemeente Zuidhorn",
        "url": f"{services.settings.base_url}/",
        "email": services.settings.email,
    }


def test_semver_its_version_is_one(description: dict[str, Any]) -> None:
    assert re.fullmatch(SEMVER, description["info"]["version"])


def test_uri_version_the_address_has_the_major_version_only(description: dict[str, Any]) -> None:
    major = description["info"]["version"].partition(".")[0]
    assert [one["url"] for one in description["servers"]] == [f"/api/v{major}"]


def test_no_trailing_slash_no_path_has_one_and_one_is_not_found(
    client: TestClient, operations: list[Operation]
) -> None:
    for method, path, _ in operations:
        assert not path.endswith("/")
        answer = client.request(method, f"/api/v1{path}/", follow_redirects=False)
        assert (answer.status_code, answer.json()["reason"]) == (404, "not_found"), path


def test_path_segments_kebab_case_each_is(operations: list[Operation]) -> None:
    for segment in {one for _, path, _ in operations for one in segments(path)}:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", segment), segment


def test_naming_collections_each_is_a_plural(operations: list[Operation]) -> None:
    for segment in {one for _, path, _ in operations for one in segments(path)} - SINGULAR:
        assert segment.endswith("s"), segment
    assert {one for _, path, _ in operations for one in segments(path)} >= SINGULAR, (
        "nothing is excused in vain"
    )


def test_query_keys_camel_case_each_is(operations: list[Operation]) -> None:
    names = {
        parameter["name"]
        for _, _, operation in operations
        for parameter in operation.get("parameters", [])
        if parameter["in"] != "header"
    }
    assert {"dryRun", "ticketId"} <= names
    for name in names:
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", name), name


def test_http_methods_only_the_standard_ones_and_no_body_where_none_belongs(
    operations: list[Operation],
) -> None:
    assert {method for method, _, _ in operations} == METHODS
    for method, path, operation in operations:
        if method in ("get", "delete"):
            assert "requestBody" not in operation, path


def test_problem_details_each_operation_says_that_its_faults_are_problems(
    description: dict[str, Any], operations: list[Operation]
) -> None:
    for _, path, operation in operations:
        assert {"400", "4XX", "5XX"} <= set(operation["responses"]), path
        for status, response in operation["responses"].items():
            if status[0] in "45":
                content = response["content"]
                assert content == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}, path
    schema = description["components"]["schemas"]["Problem"]
    assert {"type", "title", "status", "detail"} <= set(schema["required"])


def test_version_header_each_answer_is_said_to_have_it(operations: list[Operation]) -> None:
    for _, path, operation in operations:
        for status, response in operation["responses"].items():
            assert "API-Version" in response["headers"], (path, status)


def test_no_sensitive_data_in_uris_no_address_has_a_place_for_any(operations: list[Operation]) -> None:
    for _, path, operation in operations:
        for parameter in operation.get("parameters", []):
            if parameter["in"] in ("path", "query"):
                assert not SENSITIVE.search(parameter["name"]), (path, parameter["name"])


def test_date_time_each_date_is_one_and_each_moment_is_a_number(description: dict[str, Any]) -> None:
    """Instants are epoch seconds by decision (conventions): no zone can be left out of a number."""
    for name, schema in description["components"]["schemas"].items():
        for member, told in schema.get("properties", {}).items():
            shapes = [told, *told.get("anyOf", [])]
            if re.search(r"(^on|On)$", member):
                assert any(one.get("format") == "date" for one in shapes), (name, member)
            if re.search(r"(^at|At)$", member):
                assert any(one.get("type") == "integer" for one in shapes), (name, member)
            assert not any(one.get("format") in ("date-time", "time") for one in shapes), (name, member)


# ---------------------------------------------------------------- the answers


def test_each_refusal_is_a_problem_with_the_version_whoever_refuses(client: TestClient) -> None:
    json = {"content-type": "application/json"}
    refused = {
        "no such path": client.get("/api/v1/nothing"),
        "the address alone": client.get("/api/v1/"),
        "a wrong method": client.patch("/api/v1/fund"),
        "a HEAD": client.request("HEAD", "/api/v1/fund"),
        "no token": client.get("/api/v1/budgets/me"),
        "another scheme": client.get("/api/v1/budgets/me", headers={"authorization": "Basic eDp5"}),
        "a wrong query": client.get("/api/v1/fund?trailing=1"),
        "broken JSON": client.post("/api/v1/letter-lookups", content=b"{", headers=json),
        "no JSON": client.post(
            "/api/v1/letter-lookups", content=b"{}", headers={"content-type": "text/plain"}
        ),
        "not UTF-8": client.post("/api/v1/letter-lookups", content=b'"\xff"', headers=json),
        "too large": client.post("/api/v1/letter-lookups", content=b"x" * 2_000_000, headers=json),
        "a form": client.post("/api/v1/letter-lookups", data={"letterId": "0"}),
    }
    statuses = {name: answer.status_code for name, answer in refused.items()}
    assert statuses == {
        "no such path": 404,
        "the address alone": 404,
        "a wrong method": 405,
        "a HEAD": 405,
        "no token": 401,
        "another scheme": 401,
        "a wrong query": 400,
        "broken JSON": 400,
        "no JSON": 400,
        "not UTF-8": 400,
        "too large": 413,
        "a form": 400,
    }
    for name, answer in refused.items():
        assert answer.headers["content-type"] == PROBLEM, name
        assert answer.headers["api-version"] == API_VERSION, name
        assert answer.headers["cache-control"] == "no-store", name
        if name != "a HEAD":
            told = answer.json()
            assert told["status"] == answer.status_code, name
            assert told["type"] == f"urn:kindpakket:reason:{told['reason']}", name
            assert told["detail"].startswith(told["title"]), name


def test_a_bug_is_a_problem_with_the_version(client: TestClient, services: Services) -> None:
    services.ledger.close()
    del services.ledger
    answer = client.get("/api/v1/programmes")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert answer.headers["api-version"] == API_VERSION
    assert answer.headers["cache-control"] == "no-store"


def test_an_address_of_another_version_is_a_problem_too(client: TestClient) -> None:
    for path in ("/api", "/api/", "/api/v1", "/api/v2/fund", "/api/openapi.json"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM), path
        assert answer.headers["api-version"] == API_VERSION, path


def test_every_401_says_how_to_sign_in(town: Town, client: TestClient) -> None:
    till = town.new_till(town.shops[0])
    town.desk.ask("DELETE", f"/shops/{town.shops[0]}/tills/{till.address}")
    removed = {"authorization": f"Bearer {till.client.token}"}
    for headers, reason in (({}, "sign_in_required"), (removed, "till_removed")):
        answer = client.get("/api/v1/tills/me", headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (401, reason)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_invalid_input_all_faults_of_a_request_are_told_at_once(desk: InProcess, client: TestClient) -> None:
    answer = client.post(
        "/api/v1/programmes",
        json={"name": "", "startsOn": "yesterday", "endsOn": "2026-02-30", "categories": [0], "extra": 1},
        headers={"authorization": f"Bearer {desk.token}"},
    )
    assert (answer.status_code, answer.json()["reason"]) == (400, "request_invalid")
    assert {fault["at"] for fault in answer.json()["errors"]} >= {
        "name",
        "startsOn",
        "endsOn",
        "categories.0",
        "maxRedemptionCents",
        "policyText",
        "extra",
    }


def test_a_wrong_method_is_told_the_right_ones(client: TestClient, operations: list[Operation]) -> None:
    by_path = itertools.groupby(sorted(operations, key=lambda one: one[1]), key=lambda one: one[1])
    for path, found in by_path:
        answer = client.patch(f"/api/v1{re.sub(r'{[^}]*}', '1', path)}")
        assert answer.status_code == 405, path
        told = set(answer.headers["allow"].split(", "))
        assert told >= {method.upper() for method, _, _ in found}, path


def test_security_headers_each_answer_has_them(client: TestClient) -> None:
    """HSTS is sent where people come over https only: see test_server.py."""
    for path in ("/api/v1/fund", "/api/v1/nothing", "/api/v1/budgets/me"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
