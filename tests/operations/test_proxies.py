# SPDX-License-Identifier: EUPL-1.2
"""What stands before the server: both proxies let through, wait, limit, refuse and keep silent as the server counts on.

scripts/clean_machine pays through each of them on a real Debian; here is what can be seen without one.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from clean_machine_lib import guide
from kindpakket import api
from kindpakket.api import access as api_access
from kindpakket.api import shop_applications as api_applications
from kindpakket.api.problems import problem
from kindpakket.console import PARTS, strangers
from kindpakket.console.sign_in_limits import sign_in_limit
from kindpakket.errors import RateTooHigh
from kindpakket.main import ROOT
from kindpakket.settings import Settings

SERVICE = ROOT / "scripts" / "service"


def test_both_proxies_let_the_server_refuse_what_is_too_large_and_wait_for_an_import() -> None:
    nginx, caddy = ((SERVICE / name).read_text("utf-8") for name in ("nginx.conf", "Caddyfile"))
    assert Settings().max_body_bytes == 1 << 20
    assert "client_max_body_size 2m;" in nginx
    assert "max_size 2MiB" in caddy
    assert "proxy_read_timeout 120s;" in nginx
    assert "response_header_timeout 120s" in caddy
    # Set and not added to: by it wrong guesses are counted.
    assert "X-Forwarded-For $remote_addr;" in nginx
    assert "X-Forwarded-For {remote_host}" in caddy


def test_no_proxy_writes_who_asked_for_what() -> None:
    nginx, caddy = ((SERVICE / name).read_text("utf-8") for name in ("nginx.conf", "Caddyfile"))
    assert re.findall(r"^\s*access_log (\w+);", nginx, flags=re.MULTILINE) == ["off", "off"]
    # Refusals and upstream errors are of a lower level, and name the request.
    assert re.findall(r"^\s*error_log \S+ (\w+);", nginx, flags=re.MULTILINE) == ["crit"]
    # The one log is that of errors, which is global and would have the request.
    (excluded,) = re.findall(
        r"^\{\n\tlog \{\n(?:\t\t#.*\n)*\t\texclude (.*)\n\t\}\n\}$", caddy, flags=re.MULTILINE
    )
    assert set(excluded.split()) == {"http.log.error", "http.handlers.reverse_proxy"}
    assert len(re.findall(r"^\s*log\b", caddy, flags=re.MULTILINE)) == 1


def paths_with_a_limit() -> Iterator[str]:
    """The addresses at which the server itself counts who asks: guesses, sign-ins, applications."""
    limits = {
        api_access.guess_limit,
        api_applications.application_limit,
        strangers.application_limit,
        sign_in_limit,
    }

    def is_limited(dependant: Dependant) -> bool:
        return dependant.call in limits or any(map(is_limited, dependant.dependencies))

    rooms = [
        importlib.import_module(f"kindpakket.api.{one.name}") for one in pkgutil.iter_modules(api.__path__)
    ]
    routers = [("/api/v1", room.router) for room in rooms if hasattr(room, "router")]
    for prefix, router in [*routers, *(("", part.router) for part in PARTS)]:
        for route in router.routes:
            if isinstance(route, APIRoute) and is_limited(route.dependant):
                yield f"{prefix}{route.path}"


def test_nginx_limits_where_codes_are_tried_and_no_payment() -> None:
    nginx = (SERVICE / "nginx.conf").read_text("utf-8")
    ((guarded, _),) = re.findall(r"location ~ (\S+) \{\n    limit_req zone=(\w+) ", nginx)
    limited = set(paths_with_a_limit())
    assert {"/api/v1/tills", "/gemeente/aanmelden", "/winkel-aanmelden/stand"} < limited
    for path in limited:
        assert re.search(guarded, path), path
    for path in ("/api/v1/tills/me", "/api/v1/redemptions/0x1", "/api/v1/budgets/me/events", "/winkel/"):
        assert not re.search(guarded, path)
    # Whose key is empty is not counted.
    (never,) = re.findall(r'map \$uri \$kindpakket_limited \{\n  ~(\S+) "";', nginx)
    assert re.search(never, "/api/v1/redemptions/0x1")
    assert not re.search(never, "/api/v1/budgets/me/events")
    assert "limit_conn_zone $kindpakket_limited " in nginx
    (network,) = re.findall(r'^  "~(\S+)" \$1;$', nginx, flags=re.MULTILINE)
    assert [found[1] for found in [re.search(network, "2001:db8:1:2:a:b:c:d")] if found] == ["2001:db8:1:2:"]
    assert not re.search(network, "192.0.2.1")
    # A picture on another site uses up no sign-in of those who see it.
    assert "limit_req_zone $kindpakket_visitor$kindpakket_from zone=kindpakket_asked:" in nginx
    (another,) = re.findall(
        r'map \$http_sec_fetch_site \$kindpakket_from \{\n  ~(\S+) " by another site";', nginx
    )
    assert re.search(another, "cross-site")
    assert re.search(another, "same-site")
    assert not re.search(another, "same-origin")


def test_nginx_has_connections_for_more_than_one_address_may_hold() -> None:
    # A request that is passed on has two; what one worker has must do, for it may get all of them.
    (one_address,) = re.findall(
        r"limit_conn kindpakket_open (\d+);", (SERVICE / "nginx.conf").read_text("utf-8")
    )
    (all_of_a_worker,) = re.findall(r"worker_connections (\d+);", guide.blocks()["nginx"])
    assert int(all_of_a_worker) > 4 * 2 * int(one_address)


def test_nginx_refuses_who_asks_too_much_as_the_server_does() -> None:
    (said,) = re.findall(r"return 429 '(.*)';", (SERVICE / "nginx.conf").read_text("utf-8"))
    told = json.loads(said)
    refusal = RateTooHigh(retry_after_seconds=told["retryAfterSeconds"])
    assert told == json.loads(bytes(problem(Request({"type": "http", "headers": []}), refusal).body))


def test_the_answers_that_stay_open_are_named_as_the_api_names_them() -> None:
    nginx = (SERVICE / "nginx.conf").read_text("utf-8")
    (path,) = re.findall(r"location = (/api/\S+) \{\n\s+proxy_buffering off;", nginx)
    description = (ROOT / "backend" / "kindpakket" / "api" / "news.py").read_text("utf-8")
    assert f'"{path.removeprefix("/api/v1")}"' in description
