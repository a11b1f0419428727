# SPDX-License-Identifier: EUPL-1.2
"""What holds for every answer of the server: clear refusals, no stack trace, headers, the description of the API."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from kindpakket.services import Services

PROBLEM = "application/problem+json"


def test_an_unknown_address_is_a_problem(client: TestClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    assert answer.json()["reason"] == "not_found"


def test_a_wrong_method_is_a_problem(client: TestClient) -> None:
    answer = client.delete("/api/v1/fund")
    assert (answer.status_code, answer.json()["reason"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("content_type", ["application/json", "text/csv", "application/octet-stream"])
def test_a_body_of_ten_megabytes_is_refused(client: TestClient, content_type: str) -> None:
    for path in ("/api/v1/activations", "/api/v1/letter-lookups", "/api/v1/tills"):
        answer = client.post(path, content=b"x" * 10_000_000, headers={"content-type": content_type})
        assert (answer.status_code, answer.json()["reason"]) == (413, "body_too_large"), path


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b"{}" * 9, b"[" * 5000, b'{"letterId":1e400}'],
)
def test_broken_json_is_a_problem_without_a_stack_trace(client: TestClient, content: bytes) -> None:
    answer = client.post(
        "/api/v1/letter-lookups", content=content, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert "Traceback" not in answer.text


def test_a_bug_is_answered_without_its_insides(client: TestClient, services: Services) -> None:
    services.ledger.close()
    del services.ledger
    answer = client.get("/api/v1/programmes")
    assert (answer.status_code, answer.json()["reason"]) == (500, "internal_error")
    assert "ledger" not in answer.text


def test_every_answer_has_the_version_and_stays_out_of_caches(client: TestClient) -> None:
    for path in ("/api/v1/fund", "/api/v1/nothing"):
        headers = client.get(path).headers
        assert headers["api-version"] == "1.0.0"
        assert headers["cache-control"] == "no-store"


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for path in ("/api/v1/fund", "/ouder/", "/winkel/", "/"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self' 'wasm-unsafe-eval';" in policy
        assert "unsafe-inline" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'self';" in policy
        assert not set(re.findall(r"(?:default|style|connect|worker)-src ([^;]*)", policy)) - {"'self'"}


def test_every_page_has_the_headers_that_pages_go_by(client: TestClient) -> None:
    for path in ("/ouder/", "/winkel/", "/", "/gemeente/aanmelden", "/gemeente/bestaat-niet"):
        headers = client.get(path).headers
        assert headers["x-frame-options"] == "DENY", path
        assert headers["permissions-policy"].startswith("camera=(self), microphone=()")
        assert headers["cross-origin-opener-policy"] == "same-origin"


def test_the_description_documents_problems_and_no_422(client: TestClient) -> None:
    description = client.get("/api/v1/openapi.json").json()
    for path, operations in description["paths"].items():
        assert path == path.lower() or "{" in path
        for operation in operations.values():
            assert "422" not in operation["responses"], path
            assert {"4XX", "5XX"} <= set(operation["responses"]), path
