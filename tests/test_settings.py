# SPDX-License-Identifier: EUPL-1.2
"""Settings: whoever runs the server finds each of them in the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from kindpakket.settings import Settings

RUNNING = Path(__file__).resolve().parents[1] / "docs" / "running.md"


def test_each_setting_is_in_the_table_of_the_documents() -> None:
    told = re.findall(r"^\| `KINDPAKKET_([A-Z_]+)` \|", RUNNING.read_text("utf-8"), flags=re.MULTILINE)
    assert len(told) == len(set(told))
    assert set(Settings.model_fields) <= {name.lower() for name in told}


def test_one_setting_puts_both_stores_into_one_database() -> None:
    settings = Settings(database_url="postgresql://kindpakket@db.example.nl/kindpakket?sslmode=verify-full")
    schemas = {
        "ledger": settings.ledger_address,
        "registry": settings.registry_address,
    }
    for store, address in schemas.items():
        assert address == (
            "postgresql://kindpakket@db.example.nl/kindpakket?sslmode=verify-full"
            f"&options=-c%20search_path%3Dkindpakket_{store}"
        )
    other = settings.model_copy(update={"database_schema": "proef"})
    assert other.registry_address.endswith("search_path%3Dproef_registry")


def test_without_it_they_are_files_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.ledger_address == f"sqlite:///{tmp_path}/ledger.db"
    assert settings.registry_address == f"sqlite:///{tmp_path}/registry.db"


def test_a_store_that_is_elsewhere_stays_there() -> None:
    settings = Settings(database_url="postgresql:///kindpakket", ledger_url="sqlite:////var/lib/ledger.db")
    assert settings.ledger_address == "sqlite:////var/lib/ledger.db"
    assert settings.registry_address.startswith("postgresql:///kindpakket?options=")


@pytest.mark.parametrize(
    "wrong",
    [
        {"database_url": "mysql://kindpakket:geheim@localhost/kindpakket"},
        {"database_url": "postgresql:///kindpakket", "database_schema": "a; DROP SCHEMA public"},
        {"keystore_passphrase": "geheim", "oidc_issuer": "https://login.example.nl"},
    ],
    ids=["another kind", "a schema that is none", "a secret beside a fault"],
)
def test_a_setting_that_cannot_be_right_is_refused_and_no_secret_told(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(wrong)
    assert "geheim" not in f"{refused.value}"
