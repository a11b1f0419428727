# SPDX-License-Identifier: EUPL-1.2
"""The bank's side: which payments it got in which file. It pays whatever it gets, so it may get each only once."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlsplit

from defusedxml import ElementTree

from .stage import ANSWER_SECONDS, PATIENCE_SECONDS, STEP_SECONDS, Caller, GivenUp, Stage


@dataclass
class Bank:
    """What the bank paid: euro cents by end-to-end id."""

    stage: Stage
    paid_cents: dict[str, int] = field(default_factory=dict)

    def fetch(self, caller: Caller, path: str) -> bytes:
        """Download a file, which is no JSON, until it is there."""
        address = urlsplit(self.stage.server.url)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not self.stage.is_over:
            connection = http.client.HTTPConnection(
                address.hostname or "", address.port, timeout=ANSWER_SECONDS
            )
            try:
                headers = {"Authorization": f"Bearer {caller.token}"}
                connection.request("GET", f"/api/v1{path}", headers=headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status == 200:
                    return content
                if answer.status == 401:
                    # Whoever asks anything signs in first.
                    caller.ask("GET", path.rpartition("/files/")[0])
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(STEP_SECONDS)
        raise GivenUp(f"GET {path}")

    def pay(self, content: bytes, *, run: int) -> int:
        """Pay a file; return how much that is."""
        sum_cents = 0
        document = ElementTree.fromstring(content)
        for payment in document.iterfind(".//{*}CdtTrfTxInf"):
            identity = payment.findtext(".//{*}EndToEndId") or ""
            cents = int(Decimal(payment.findtext(".//{*}InstdAmt") or "0") * 100)
            if identity in self.paid_cents:
                self.stage.found(f"the bank got {identity} of run {run} twice")
            self.paid_cents[identity] = cents
            sum_cents += cents
        return sum_cents
