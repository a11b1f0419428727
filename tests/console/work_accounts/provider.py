# SPDX-License-Identifier: EUPL-1.2
"""Providers of work accounts: a real one, and one that does wrong on purpose, with whatever word a test has it sign."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import requests
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tests.end_to_end.server import START_SECONDS, free_port


@contextmanager
def running_provider() -> Iterator[str]:
    """Run a real provider, in a process of its own; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    deadline = time.monotonic() + START_SECONDS
    try:
        while not _answers(f"{url}/.well-known/openid-configuration"):
            assert time.monotonic() < deadline and process.poll() is None, "the provider did not start"
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=10).ok
    except requests.ConnectionError:
        return False


@dataclass
class Provider:
    """What it says of itself, its keys, and how it makes the word that it gives for a code."""

    url: str
    client: str = "kindpakket"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    itself: dict[str, Any] = field(default_factory=dict)
    #: Changes the claims before they are signed.
    twist: Callable[[dict[str, Any]], None] = lambda claims: None
    #: Signs the claims; its own way of doing so when a test wants another.
    sign: Callable[[Provider, dict[str, Any]], str] | None = None
    nonce: str = ""
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            **self.itself,
        }

    def word(self) -> str:
        """The signed word about who signed in."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": self.client,
            "sub": "person-1",
            "nonce": self.nonce,
            "iat": now,
            "exp": now + 300,
        }
        self.twist(claims)
        if self.sign is not None:
            return self.sign(self, claims)
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def keys(self) -> dict[str, Any]:
        """Its public keys."""
        return {"keys": KeySet([self.key]).as_dict(private=False)["keys"]}


@contextmanager
def provider_that_does_wrong() -> Iterator[Provider]:
    """Run such a provider."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._tell(provider.keys() if self.path == "/keys" else provider.describe())

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            provider.asked.append(parse_qs(self.rfile.read(length).decode()))
            self._tell({"access_token": "a", "token_type": "Bearer", "id_token": provider.word()})

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Be silent."""

        def _tell(self, told: dict[str, Any]) -> None:
            content = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    provider = Provider(f"http://localhost:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def signed_with_the_clients_name(provider: Provider, claims: dict[str, Any]) -> str:
    """A word signed with a secret that is none, as if that were a key of the provider."""
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(provider.client * 4))


def not_signed(provider: Provider, claims: dict[str, Any]) -> str:
    """A word that nobody signed."""
    signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, provider.key)
    return f"eyJhbGciOiJub25lIn0.{signed.split('.')[1]}."


def signed_by_another(provider: Provider, claims: dict[str, Any]) -> str:
    """A word signed with a key that is not the provider's, under its name."""
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, stranger)
