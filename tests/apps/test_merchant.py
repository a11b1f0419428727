# SPDX-License-Identifier: EUPL-1.2
"""The till's app: its own tests in Node, the files it keeps for use without network, its texts in every language."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from kindpakket.main import ROOT, STATIC
from tests.texts import languages_of, read

APP = ROOT / "merchant_app"
HERE = Path(__file__).parent
LANGUAGES = languages_of("merchant")
LOCAL_REASONS = {
    "accepted",
    "already_redeemed",
    "refunded",
    "already_refunded",
    "no_answer",
    "refund_no_answer",
    "clock",
}
CHOICES = {
    "role": {"owner", "cashier"},
    "tills.may": {"owner", "cashier"},
    "refund.reason": {"returned", "mistake", "price", "other"},
    "practice.code": {"paid", "low", "expired", "used", "silent"},
    "period": {"week", "month", "lastMonth", "year"},
    "period.fault": {"missing", "turned", "long"},
}
"""What screens name by putting a key together."""

CAMERA_FAULTS = {"refused", "missing", "busy", "unsupported", "broken"}


def node(*arguments: str) -> str:
    """What Node prints; its complaint if it fails."""
    done = subprocess.run(["node", *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def kept() -> set[str]:
    """What the service worker keeps, as it says itself."""
    said = node(
        "--eval",
        "globalThis.importScripts = () => {};"
        "globalThis.keepShell = ({page, files, texts}) => console.log(JSON.stringify([page, ...files, ...texts]));"
        f"require({json.dumps(str(APP / 'sw.js'))});",
    )
    return set(json.loads(said))


def file_of(address: str) -> Path:
    """The file that is served at an address."""
    if address == "/winkel/":
        return APP / "index.html"
    if address.startswith("/static/"):
        return STATIC / address.removeprefix("/static/")
    return APP / address.removeprefix("/winkel/")


def loaded_by(address: str) -> set[str]:
    """The addresses that a page, a module, a worker's starter or a style sheet loads."""
    patterns = {
        ".html": r'(?:href|src)="([^"]+\.(?:js|css|svg|webmanifest))"',
        ".css": r'@import url\("([^"]+)"\)',
        ".js": r"""(?:\b(?:from|import) ?|\bimport\(|new URL\()["']([./][\w./-]+\.js)["']""",
    }
    file = file_of(address)
    found = re.findall(patterns.get(file.suffix, r"(?!)"), file.read_text("utf-8", errors="ignore"))
    folder = Path(address if address.endswith("/") else address.rpartition("/")[0])
    return {one if one.startswith("/") else _joined(folder, one) for one in found}


def _joined(folder: Path, relative: str) -> str:
    parts = list(folder.parts)
    for part in relative.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return str(Path(*parts))


def test_the_rules_of_the_till_pass_their_tests_in_node() -> None:
    node("--test", *(str(file) for file in sorted(HERE.glob("merchant*.test.mjs"))))


def test_the_till_keeps_every_file_it_loads_for_use_without_network() -> None:
    found: set[str] = set()
    waiting = {"/winkel/"}
    while waiting:
        address = waiting.pop()
        found.add(address)
        waiting |= loaded_by(address) - found
    # The worker of the shared scanner is started through one in the scope of the till's own service worker.
    assert "/winkel/scanner_worker.js" in found
    assert found - kept() == set()


def test_the_till_keeps_the_decoder_and_its_texts_in_every_language() -> None:
    texts = {
        f"/static/text/{name}.{language}.json"
        for name in ("merchant", "common", "reasons")
        for language in LANGUAGES
    }
    assert texts | {"/static/text/languages.json", "/static/vendor/zxing/zxing_reader.wasm"} <= kept()


def test_every_file_that_the_till_keeps_exists() -> None:
    assert [address for address in sorted(kept()) if not file_of(address).is_file()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_a_screen_of_the_till_names_exists(language: str) -> None:
    texts = read("common", language) | read("merchant", language)
    named = {
        key for file in APP.rglob("*.js") for key in re.findall(r"'((?:\w+\.)+\w+)'", file.read_text("utf-8"))
    }
    sections = {key.partition(".")[0] for key in texts if "." in key}
    wanted = {key for key in named if key.partition(".")[0] in sections and not key.endswith(".js")}
    wanted |= {f"scan.{fault}" for fault in CAMERA_FAULTS}
    wanted |= {f"{section}.{name}" for section, names in CHOICES.items() for name in names}
    assert {key for key in wanted if key not in texts and f"{key}.other" not in texts} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_title_and_a_sentence_without_shouting(language: str) -> None:
    reasons: dict[str, dict[str, str]] = json.loads(
        (STATIC / "text" / f"reasons.{language}.json").read_text("utf-8")
    )
    assert reasons.keys() >= LOCAL_REASONS
    for reason, words in reasons.items():
        assert words.keys() == {"title", "sentence"}, reason
        assert all(words.values()) and "!" not in "".join(words.values()), reason


def test_no_style_keeps_what_a_finger_touched_last_as_if_it_were_pointed_at() -> None:
    files = [*(STATIC / "css").rglob("*.css"), *APP.rglob("*.css")]
    for file in files:
        unguarded = re.sub(
            r"@media \(hover: (?:hover|none)\) \{.*?\n\}", "", file.read_text("utf-8"), flags=re.S
        )
        assert ":hover" not in unguarded, file.name
    assert len(files) > 8


def test_no_screen_of_the_till_writes_html_as_text_or_styles_in_place() -> None:
    for file in [*APP.rglob("*.js"), *APP.rglob("*.html")]:
        text = file.read_text("utf-8")
        assert "innerHTML" not in text and "style=" not in text, file.name
