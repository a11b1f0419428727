# SPDX-License-Identifier: EUPL-1.2
"""What strangers, other sites and bent proxies try over HTTP. Limits: test_bounded_http.py; roles: test_roles.py.

Given requests that say we are another host, in every way that there is
  no answer of any page or operation names that host, leads there, or says so to a cache
Given any answer, also of a refusal, a failure or a bug, of a page or the API
  it stays out of caches, out of frames, is what it says it is, and over https asks for https from then on
  a file to keep has a name of letters, digits, dots and dashes
Given a browser
  its session's cookie is out of reach, also when it is taken away; one that was planted before signing in opens nothing
  a session opens pages only, and a token the API only, so that no other site can use either
  a form counts with the hidden text of its own session only, and only from our own pages
Given addresses that climb out of a folder, and messages that readers of JSON disagree about
  there is nothing, or a refusal, and never a bug
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from kindpakket.console import PARTS
from kindpakket.console.visits import SESSION_COOKIE
from kindpakket.main import create_app
from kindpakket.services import Services
from kindpakket.settings import Settings

from .console.browser import Browser
from .console.test_roles import fill_in, operations_of_staff
from .support import Town, new_sign_in_code

EVIL = "evil.example"
EVIL_HEADERS = {
    "x-forwarded-host": EVIL,
    "x-forwarded-proto": "https",
    "x-forwarded-server": EVIL,
    "x-forwarded-prefix": f"//{EVIL}",
    "forwarded": f"host={EVIL};proto=https",
    "x-original-url": f"//{EVIL}/",
    "x-rewrite-url": f"//{EVIL}/",
}
SAFE_NAME = re.compile(r'attachment; filename="[a-z0-9][a-z0-9.-]*\.(csv|pdf|xml|md|xlsx)"', re.IGNORECASE)


@pytest.fixture
def secure(services: Services, town: Town) -> Iterator[Browser]:
    """A browser over https, in which a member of staff with every role signed in."""
    services.settings = services.settings.model_copy(update={"base_url": "https://kind.example"})
    with TestClient(
        create_app(services), raise_server_exceptions=False, base_url="https://kind.example"
    ) as client:
        browser = Browser(client)
        browser.open("/gemeente/aanmelden")
        browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services))
        yield browser


def pages() -> list[str]:
    """Every page that can be opened, also the public ones."""
    return sorted(
        re.sub(r"\{[a-z_]+(:path)?\}", "1", route.path.replace("{place}", "1-0"))
        for part in PARTS
        for route in part.router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    )


def answers_of(browser: Browser, town: Town, headers: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """The answer of every page, of every operation of staff that reads, and of some files."""
    client = browser.client
    others = ("/ouder/", "/ouder", "/winkel/", "/static/css/app.css", "/static/nothing", "/winkel-aanmelden/")
    for path in (*pages(), *others):
        yield path, client.get(path, headers=headers, follow_redirects=False)
    token = {"authorization": f"Bearer {town.desk.token}"}
    for method, path in operations_of_staff(client).values():
        if method == "GET":
            address = f"/api/v1{fill_in(path)}"
            yield address, client.get(address, headers=headers | token, follow_redirects=False)
    for path in (
        "/api/v1",
        "/api/v1/",
        "/api/v1/openapi.json",
        "/api/v1/fund",
        "/api/v1/heads/",
        "/api/v1/nothing",
    ):
        yield path, client.get(path, headers=headers, follow_redirects=False)


# ---------------------------------------------------------------- hosts and caches


def test_no_answer_names_the_host_that_a_request_says_we_are(secure: Browser, town: Town) -> None:
    count = 0
    session = secure.client.cookies[SESSION_COOKIE]
    headers = {"host": EVIL, "cookie": f"{SESSION_COOKIE}={session}", **EVIL_HEADERS}
    for path, answer in answers_of(secure, town, headers):
        told = f"{answer.headers} {answer.content.decode('latin-1')}"
        assert EVIL not in told, path
        assert "://" not in answer.headers.get("location", ""), path
        count += answer.status_code == 200
    assert count > 50, "they are pages, and not refusals of that host"


def test_links_that_are_sent_to_people_are_of_the_address_that_was_set(
    services: Services, secure: Browser
) -> None:
    page = secure.open("/gemeente/medewerkers")
    fields = page.forms["/gemeente/medewerkers"] | {"name": "Bram", "roles": ["auditor"]}
    secure.send("/gemeente/medewerkers", fields, headers={"host": EVIL, **EVIL_HEADERS})
    assert "https://kind.example/gemeente/aanmelden?uitnodiging=ja#code=" in secure.answer.text
    assert EVIL not in secure.answer.text


def test_every_answer_stays_out_of_caches_and_frames_and_asks_for_https(secure: Browser, town: Town) -> None:
    seen = set()
    for path, answer in answers_of(secure, town, {}):
        headers = answer.headers
        seen.add(answer.status_code)
        assert headers.get_list("strict-transport-security") == ["max-age=31536000; includeSubDomains"], path
        assert headers.get_list("x-content-type-options") == ["nosniff"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        is_ours = not path.startswith(("/static/", "/ouder", "/winkel/"))
        if (is_ours and answer.status_code != 308) or answer.status_code >= 400:
            assert headers.get_list("cache-control") == ["no-store"], path
        if "content-disposition" in headers:
            assert SAFE_NAME.fullmatch(headers["content-disposition"]), headers["content-disposition"]
    assert {200, 404} <= seen


REFUSED: list[tuple[int, str, str, dict[str, Any]]] = [
    (400, "POST", "/api/v1/staff-sessions", {"json": {}}),
    (401, "GET", "/api/v1/payout-runs", {}),
    (401, "GET", "/api/v1/budgets/me", {}),
    (404, "GET", "/api/v1/nothing", {}),
    (405, "DELETE", "/api/v1/fund", {}),
    (413, "POST", "/api/v1/staff-sessions", {"content": b"x" * 1_100_000}),
    (401, "GET", "/gemeente/", {}),
    (401, "POST", "/gemeente/aanmelden", {"data": {"code": "x"}}),
    (404, "GET", "/nothing", {}),
    (405, "DELETE", "/gemeente/", {}),
    (400, "GET", "/gemeente/aanmelden?uitnodiging=x", {}),
    (413, "POST", "/gemeente/aanmelden", {"content": b"code=" + b"x" * 1_100_000}),
]


@pytest.mark.parametrize(
    "status, method, path, sent", REFUSED, ids=[f"{s} {m} {p}" for s, m, p, _ in REFUSED]
)
def test_a_refusal_stays_out_of_caches(
    client: TestClient, status: int, method: str, path: str, sent: dict[str, Any]
) -> None:
    headers = (
        {"content-type": "application/x-www-form-urlencoded"} if b"code=" in sent.get("content", b"") else {}
    )
    answer = client.request(method, path, headers=headers, **sent)
    assert answer.status_code == status
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


def test_a_bug_is_answered_with_all_headers_and_none_of_its_insides(
    services: Services, secure: Browser
) -> None:
    services.ledger.close()
    del services.ledger
    for path in ("/gemeente/", "/api/v1/programmes"):
        answer = secure.client.get(path)
        assert answer.status_code == 500
        assert answer.headers.get_list("cache-control") == ["no-store"], path
        assert "strict-transport-security" in answer.headers and "content-security-policy" in answer.headers
        assert ("api-version" in answer.headers) == path.startswith("/api/")
        assert "ledger" not in answer.text and "Traceback" not in answer.text


# ---------------------------------------------------------------- cookies, sessions, forms


def test_every_cookie_is_for_https_and_for_no_script(services: Services, secure: Browser) -> None:
    answers = [
        secure.client.post(
            "/gemeente/aanmelden", data={"code": new_sign_in_code(services)}, follow_redirects=False
        ),
        secure.client.get("/gemeente/?taal=en"),
    ]
    csrf = secure.open("/gemeente/").forms["/gemeente/afmelden"]
    answers.append(secure.client.post("/gemeente/afmelden", data=csrf, follow_redirects=False))
    cookies = [cookie.lower() for answer in answers for cookie in answer.headers.get_list("set-cookie")]
    assert len(cookies) == 3
    for cookie in cookies:
        assert "secure" in cookie and "httponly" in cookie and "samesite=" in cookie, cookie
        assert "domain=" not in cookie


def test_a_session_that_was_planted_before_signing_in_opens_nothing(
    services: Services, browser: Browser
) -> None:
    planted = "x" * 43
    browser.client.cookies.set(SESSION_COOKIE, planted, path="/gemeente", domain="testserver.local")
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services))
    cookies = {cookie.value for cookie in browser.client.cookies.jar if cookie.name == SESSION_COOKIE}
    assert len(cookies - {planted}) == 1
    assert services.registry.staff.session(planted.encode(), now=services.now()) is None
    answer = browser.client.get("/gemeente/", headers={"cookie": f"{SESSION_COOKIE}={planted}"})
    assert answer.status_code == 401


def test_two_sign_ins_are_two_sessions_and_end_apart(services: Services, browser: Browser) -> None:
    tokens = []
    for _ in range(2):
        browser.open("/gemeente/aanmelden")
        browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services))
        tokens.append(browser.client.cookies[SESSION_COOKIE])
    first, second = tokens
    assert first != second
    browser.open("/gemeente/")
    browser.submit("/gemeente/afmelden")
    client = browser.client
    assert client.get("/gemeente/", headers={"cookie": f"{SESSION_COOKIE}={second}"}).status_code == 401
    assert client.get("/gemeente/", headers={"cookie": f"{SESSION_COOKIE}={first}"}).status_code == 200


def test_a_form_counts_with_the_text_of_its_own_session_only(services: Services, browser: Browser) -> None:
    texts = []
    for _ in range(2):
        browser.open("/gemeente/aanmelden")
        browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services))
        texts.append(browser.open("/gemeente/").forms["/gemeente/afmelden"]["csrf"])
    former, own = texts
    assert former != own and len(own) >= 43
    for typed in (former, "", own[:-1], own + "x", own.swapcase(), "é"):
        browser.send("/gemeente/afmelden", {"csrf": typed})
        assert browser.status == 403, typed
    for site in ("cross-site", "same-site", "x"):
        browser.send("/gemeente/afmelden", {"csrf": own}, headers={"sec-fetch-site": site})
        assert browser.status == 403, site
    browser.send("/gemeente/afmelden", {"csrf": own}, headers={"sec-fetch-site": "same-origin"})
    assert browser.status == 200
    browser.open("/gemeente/")
    assert browser.status == 401, "signed out, by that form and no other"


def test_a_session_of_pages_opens_no_operation_and_a_token_no_page(
    client: TestClient, services: Services, town: Town
) -> None:
    # Both know the same session; what differs is that a browser sends cookies along by itself, and tokens never.
    token = town.desk.token
    for method, path in operations_of_staff(client).values():
        answer = client.request(
            method, f"/api/v1{fill_in(path)}", headers={"cookie": f"{SESSION_COOKIE}={token}"}
        )
        assert answer.status_code == 401, path
    assert client.get("/gemeente/", headers={"authorization": f"Bearer {token}"}).status_code == 401


@pytest.fixture
def browser(services: Services) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with TestClient(create_app(services), raise_server_exceptions=False) as client:
        yield Browser(client)


# ---------------------------------------------------------------- addresses and messages


@pytest.mark.parametrize("folder", ["/static/", "/ouder/", "/winkel/", "/static/js/"])
def test_no_address_leads_out_of_a_folder(client: TestClient, folder: str) -> None:
    up = ("../", "%2e%2e/", "..%2f", "%2e%2e%2f", "..%5c", "%252e%252e/", "....//", "..;/", "%c0%ae%c0%ae/")
    targets = (
        "backend/kindpakket/settings.py",
        "settings.py",
        "../settings.py",
        "etc/passwd",
        "pyproject.toml",
    )
    tried = [
        *(f"{folder}{one * depth}{target}" for one in up for depth in range(1, 8) for target in targets),
        *(
            f"{folder}{rest}"
            for rest in ("//etc/passwd", "%2fetc%2fpasswd", "file:///etc/passwd", "app.js%00.html")
        ),
    ]
    for address in tried:
        answer = client.get(address)
        assert answer.status_code in (400, 404), address
        assert "root:" not in answer.text and "BaseSettings" not in answer.text, address


JSON_TRICKS = [
    b'{"signInCode": "a", "signInCode": "b"}',
    b'{"signInCode": NaN}',
    b'{"signInCode": -Infinity}',
    b'{"signInCode": ' + b"9" * 5000 + b"}",
    b'{"signInCode": 1e999999}',
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b'{"signInCode": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
    b'{"signInCode": "\\ud800"}',
    b'{"signInCode": "\\u0000"}',
    b'\xef\xbb\xbf{"signInCode": "a"}',
    '{"signInCode": "a"}'.encode("utf-16"),
    b'{"__proto__": {"roles": ["administrator"]}, "signInCode": "a"}',
    b'{"signInCode": {"$gt": ""}}',
    b"null",
    b'"x"',
    b"",
    b"\xff\xfe\xfd",
]


@pytest.mark.parametrize(
    "path", ["/staff-sessions", "/letter-lookups", "/tills", "/activations", "/shop-applications"]
)
def test_no_trick_of_json_is_a_bug_or_a_way_in(client: TestClient, path: str) -> None:
    for content in JSON_TRICKS:
        answer = client.post(f"/api/v1{path}", content=content, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 401, 404, 429), content[:40]
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_compressed_body_is_never_unpacked(client: TestClient) -> None:
    bomb = gzip.compress(b'{"signInCode": "' + b" " * (1 << 24) + b'"}')
    for content in (bomb, gzip.compress(b'{"signInCode": "wrong"}')):
        answer = client.post(
            "/api/v1/staff-sessions",
            content=content,
            headers={"content-type": "application/json", "content-encoding": "gzip"},
        )
        assert (answer.status_code, answer.json()["reason"]) == (400, "request_invalid")


@pytest.mark.parametrize(
    "trick", ["%0d%0aX-Injected: 1", "%0aX-Injected:%201", "%E5%98%8A%E5%98%8DX-Injected: 1"]
)
def test_no_address_writes_a_header_of_its_own(client: TestClient, town: Town, trick: str) -> None:
    for address in (
        f"/{trick}",
        f"/gemeente/aanmelden?next=/{trick}",
        f"/gemeente/{trick}",
        f"/api/v1/fund?language={trick}",
        f"/api/v1/bookkeeping?from={trick}&until=2026-01-01",
        f"/api/v1/payout-runs/1/files/{trick}",
        f"/open-data/{trick}",
    ):
        answer = client.get(
            address, headers={"authorization": f"Bearer {town.desk.token}"}, follow_redirects=False
        )
        assert "x-injected" not in answer.headers, address
        assert not any("\n" in value or "\r" in value for value in answer.headers.values()), address
        assert answer.status_code < 500, address


@pytest.mark.parametrize("amount", ["1e2", "100.5", '"100"', "true", "null", "-1", "1" * 400, "NaN", "[100]"])
def test_an_amount_is_a_whole_number_of_cents_or_nothing(client: TestClient, town: Town, amount: str) -> None:
    answer = client.post(
        f"/api/v1/programmes/{town.programme}/deposits",
        content=f'{{"paymentReference": "x", "amountCents": {amount}}}',
        headers={"authorization": f"Bearer {town.desk.token}", "content-type": "application/json"},
    )
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "address",
    ["/gemeente/aanmelden?next=//evil.example", "/gemeente/?terug=https://evil.example", "//evil.example/"],
)
def test_nobody_is_led_to_another_site(services: Services, browser: Browser, address: str) -> None:
    browser.open("/gemeente/aanmelden")
    fields = browser.page.forms["/gemeente/aanmelden"] | {"code": new_sign_in_code(services)}
    if address.startswith("/gemeente/aanmelden"):
        answer = browser.client.post(address, data=fields, follow_redirects=False)
        assert answer.headers.get("location", "/gemeente/") == "/gemeente/"
    answer = browser.client.get(address, follow_redirects=False)
    assert EVIL not in answer.headers.get("location", "")


def test_settings_that_cannot_be_are_refused_without_what_they_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KINDPAKKET_KEYSTORE_PASSPHRASE", "a very secret passphrase")
    monkeypatch.setenv("KINDPAKKET_OIDC_CLIENT_SECRET", "a very secret secret")
    wrong = {"OIDC_ISSUER": "https://login.example", "KEYSTORE_PASSPHRASE_FILE": "/x", "CHAIN_ID": "x"}
    for name, value in wrong.items():
        with monkeypatch.context() as patch:
            patch.setenv(f"KINDPAKKET_{name}", value)
            with pytest.raises(ValueError) as refused:
                Settings(data_dir=tmp_path)
            assert "very secret" not in f"{refused.value} {refused.value!r}"
    assert "very secret" not in repr(Settings(data_dir=tmp_path))
