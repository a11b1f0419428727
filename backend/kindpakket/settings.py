# SPDX-License-Identifier: EUPL-1.2
"""Settings: the only room that reads the environment. Each is a variable `KINDPAKKET_...`."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

import schwifty
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data_dir() -> Path:
    """Return where the demo and a plain `serve` keep their data: outside the code, in the home folder."""
    return Path.home() / ".local" / "share" / "kindpakket"


def _account(written: str) -> str:
    # schwifty's refusals are ValueErrors.
    return str(schwifty.IBAN(written)) if written else ""


def _proxy(written: str) -> str:
    # Not "*": then whoever asks could say that they are anybody.
    return str(ip_address(written)) if written else ""


def _provider(address: str) -> str:
    read = urlsplit(address)
    if (
        not address
        or read.scheme == "https"
        or (read.scheme == "http" and read.hostname in ("localhost", "127.0.0.1"))
    ):
        return address
    raise ValueError("a provider is reached over https")


class Settings(BaseSettings):
    """How this installation runs.

    Attributes:
        data_dir: Journal, stores, keystore and deployment live here.
        ledger_url: SQLAlchemy URL of the ledger; empty for a SQLite file in `data_dir`.
        registry_url: SQLAlchemy URL of the registry; empty for a SQLite file in `data_dir`.
        chain_id: Number of the embedded chain.
        node_url: Where a node of another chain answers JSON-RPC, `http://` or `https://`; empty: the embedded chain.
        node_depth: How many blocks must follow a block of that chain before it is final.
        keystore_passphrase: Opens the keystore; empty: a passphrase file made in `data_dir` at first start.
        base_url: How people reach this server from outside, without a slash at the end; for letters and links.
        proxy: Network address of the proxy before this server, which alone may say from where a request came; empty:
            people reach this server itself.
        municipality: Name on screens and letters.
        phone: Whom to call.
        email: Whom to write about the API; in its description.
        max_body_bytes: Larger requests are refused.
        session_seconds: How long a sign-in lasts.
        pairing_seconds: How long a pairing code lasts.
        sign_in_seconds: How long a sign-in link lasts.
        payout_iban: The municipality's account that shops are paid from; empty: no payouts.
        oidc_issuer: The OpenID Connect provider at which staff sign in; empty: they sign in with passkeys.
        oidc_client_id: Who we are to that provider.
        oidc_client_secret: With what we prove that to it; empty where it asks for none.
    """

    model_config = SettingsConfigDict(env_prefix="KINDPAKKET_")

    data_dir: Path = default_data_dir()
    ledger_url: str = ""
    registry_url: str = ""
    chain_id: int = 72910
    node_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    node_depth: int = Field(default=0, ge=0)
    keystore_passphrase: SecretStr = SecretStr("")
    base_url: str = "http://localhost:8000"
    proxy: Annotated[str, AfterValidator(_proxy)] = ""
    municipality: str = "Zuidhorn"
    phone: str = "14 0594"
    email: str = "kindpakket@zuidhorn.example"
    max_body_bytes: int = 1024 * 1024
    session_seconds: int = 8 * 3600
    pairing_seconds: int = 24 * 3600
    sign_in_seconds: int = 24 * 3600
    payout_iban: Annotated[str, AfterValidator(_account)] = ""
    oidc_issuer: Annotated[str, AfterValidator(_provider)] = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _is_known_to_its_provider(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("KINDPAKKET_OIDC_ISSUER needs KINDPAKKET_OIDC_CLIENT_ID")
        return self

    @property
    def ledger_address(self) -> str:
        """The ledger's URL, with its default filled in."""
        return self.ledger_url or f"sqlite:///{self.data_dir / 'ledger.db'}"

    @property
    def registry_address(self) -> str:
        """The registry's URL, with its default filled in."""
        return self.registry_url or f"sqlite:///{self.data_dir / 'registry.db'}"

    @property
    def secure(self) -> bool:
        """Whether people reach this server over https."""
        return self.base_url.startswith("https:")
