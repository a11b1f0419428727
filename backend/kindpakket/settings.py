# SPDX-License-Identifier: EUPL-1.2
"""Settings: the only room that reads the environment. Each is a variable `KINDPAKKET_...`."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit

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


LogFormat = Literal["console", "json"]


def _told(secret: SecretStr, file: str) -> str:
    if not file:
        return secret.get_secret_value()
    try:
        read = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read") from error
    if not read:
        raise ValueError(f"{file} holds nothing")
    return read


def _postgresql(address: SecretStr) -> SecretStr:
    written = address.get_secret_value()
    if written and urlsplit(written).scheme not in ("postgresql", "postgresql+psycopg"):
        raise ValueError(
            "it is the address of a PostgreSQL database: postgresql://NAME:PASSWORD@HOST/DATABASE"
        )
    return address


class Settings(BaseSettings):
    """How this installation runs.

    Attributes:
        data_dir: Journal, stores, keystore and deployment live here.
        database_url: The PostgreSQL database of both stores, each in a schema of its own; empty for SQLite files in
            `data_dir`.
        database_schema: What those two schemas are called before `_registry` and `_ledger`.
        ledger_url: SQLAlchemy URL of the ledger, if it is to be elsewhere.
        registry_url: SQLAlchemy URL of the registry, if it is to be elsewhere.
        chain_id: Number of the embedded chain.
        node_url: Where a node of another chain answers JSON-RPC, `http://` or `https://`; empty: the embedded chain.
        node_depth: How many blocks must follow a block of that chain before it is final.
        node_patience_seconds: How long that node is waited for, for an answer and for a final block, before whoever
            asked is told that it is not known yet.
        keystore_passphrase: Opens the keystore; empty: a passphrase file made in `data_dir` at first start.
        keystore_passphrase_file: A file that holds that passphrase instead, so that no environment does; empty: none.
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
        log_format: How lines of the log are written: for a person (`console`), or for a program (`json`).
        log_addresses: The line of each request also says which network address it came from.
        metrics_port: The port of this machine only on which Prometheus reads the metrics; 0: none.
        least_free_bytes: With less room than this for the data, the server says that it is not ready.
        oidc_issuer: The OpenID Connect provider at which staff sign in; empty: they sign in with passkeys.
        oidc_client_id: Who we are to that provider.
        oidc_client_secret: With what we prove that to it; empty where it asks for none.
        oidc_client_secret_file: A file that holds that instead; empty: none.
    """

    # An error of one setting would otherwise tell the values of all, secrets too.
    model_config = SettingsConfigDict(env_prefix="KINDPAKKET_", hide_input_in_errors=True)

    data_dir: Path = default_data_dir()
    database_url: Annotated[SecretStr, AfterValidator(_postgresql)] = SecretStr("")
    database_schema: str = Field(default="kindpakket", pattern=r"^[a-z][a-z0-9_]{0,39}$")
    ledger_url: SecretStr = SecretStr("")
    registry_url: SecretStr = SecretStr("")
    chain_id: int = 72910
    node_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    node_depth: int = Field(default=0, ge=0)
    node_patience_seconds: float = Field(default=30.0, gt=0)
    keystore_passphrase: SecretStr = SecretStr("")
    keystore_passphrase_file: str = ""
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
    log_format: LogFormat = "console"
    log_addresses: bool = False
    metrics_port: int = Field(default=0, ge=0, le=65535)
    least_free_bytes: int = Field(default=1_000_000_000, ge=0)
    oidc_issuer: Annotated[str, AfterValidator(_provider)] = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_client_secret_file: str = ""

    @model_validator(mode="after")
    def _holds_each_secret_once(self) -> Self:
        for name in ("keystore_passphrase", "oidc_client_secret"):
            if getattr(self, name).get_secret_value() and getattr(self, f"{name}_file"):
                raise ValueError(f"KINDPAKKET_{name.upper()} and KINDPAKKET_{name.upper()}_FILE are both set")
        return self

    @model_validator(mode="after")
    def _is_known_to_its_provider(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("KINDPAKKET_OIDC_ISSUER needs KINDPAKKET_OIDC_CLIENT_ID")
        return self

    def passphrase(self) -> str:
        """Return the passphrase that opens the keystore, as it is told to the server; empty when it is not.

        Raises:
            ValueError: Its file is not there, or holds nothing.
        """
        return _told(self.keystore_passphrase, self.keystore_passphrase_file)

    def client_secret(self) -> str:
        """Return with what we prove to the provider who we are; empty when it asks for nothing.

        Raises:
            ValueError: Its file is not there, or holds nothing.
        """
        return _told(self.oidc_client_secret, self.oidc_client_secret_file)

    @property
    def keystore_folder(self) -> Path:
        """Where the keys are."""
        return self.data_dir / "keystore"

    @property
    def deployment_file(self) -> Path:
        """What says where the contract is."""
        return self.data_dir / "deployment.json"

    @property
    def chain_folder(self) -> Path:
        """The folder of the journal, or of the outbox to a node; one process has it."""
        return self.data_dir / ("node" if self.node_url else "chain")

    @property
    def ledger_address(self) -> str:
        """The ledger's URL, with its default filled in. It may hold a password."""
        return self.ledger_url.get_secret_value() or self._address("ledger")

    @property
    def registry_address(self) -> str:
        """The registry's URL, with its default filled in. It may hold a password."""
        return self.registry_url.get_secret_value() or self._address("registry")

    def _address(self, store: str) -> str:
        database = self.database_url.get_secret_value()
        if not database:
            return f"sqlite:///{self.data_dir / store}.db"
        options = quote(f"-c search_path={self.database_schema}_{store}", safe="")
        return f"{database}{'&' if urlsplit(database).query else '?'}options={options}"

    @property
    def secure(self) -> bool:
        """Whether people reach this server over https."""
        return self.base_url.startswith("https:")
