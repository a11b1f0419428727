# SPDX-License-Identifier: EUPL-1.2
"""The apps' files: compressed for who can read that, asked about each time, each version with its own validator.

Given a file of an app
  when the browser reads gzip: it comes compressed, and what is in it is the file
  when it does not: it comes as it is
  when the browser has this version: it is told so, without the file
  when the file has changed: the new one comes
Given anything else (an answer of the API, a page of the municipality)
  it is not compressed
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from kindpakket.main import STATIC
from kindpakket.served_files import ServedFiles

FILE = "/static/js/api.js"
AS_IT_IS = {"accept-encoding": "identity"}


def raw(client: TestClient, path: str, headers: dict[str, str]) -> tuple[httpx2.Response, bytes]:
    """An answer, and its body as it came."""
    with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5, deflate"])
def test_a_file_comes_compressed_for_who_reads_gzip(client: TestClient, accepted: str) -> None:
    answer, body = raw(client, FILE, {"accept-encoding": accepted})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert int(answer.headers["content-length"]) == len(body)
    assert gzip.decompress(body) == (STATIC / "js/api.js").read_bytes()


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "gzip; q=0.0"])
def test_a_file_comes_as_it_is_for_who_does_not_read_gzip(client: TestClient, accepted: str) -> None:
    answer, body = raw(client, FILE, {"accept-encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert body == (STATIC / "js/api.js").read_bytes()


def test_a_part_of_a_file_is_a_part_of_the_file_itself(client: TestClient) -> None:
    answer, body = raw(client, FILE, {"accept-encoding": "gzip", "range": "bytes=0-6"})
    assert (answer.status_code, body) == (206, b"// SPDX")


def test_a_picture_is_not_compressed_again(client: TestClient) -> None:
    answer, _ = raw(client, "/ouder/icon-192.png", {"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers


def test_who_has_this_version_is_told_so_without_the_file(client: TestClient) -> None:
    packed, _ = raw(client, FILE, {"accept-encoding": "gzip"})
    plain, _ = raw(client, FILE, AS_IT_IS)
    assert packed.headers["etag"] != plain.headers["etag"]
    for accepted, known in (("gzip", packed), ("identity", plain)):
        headers = {"accept-encoding": accepted, "if-none-match": known.headers["etag"]}
        answer, body = raw(client, FILE, headers)
        assert (answer.status_code, body) == (304, b"")
        assert answer.headers["etag"] == known.headers["etag"]


def test_a_changed_file_is_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / "words.json"
    client = TestClient(Starlette(routes=[Mount("/", ServedFiles(directory=tmp_path))]))
    for at, words in ((1_000_000_000, '{"word": "one"}'), (1_000_000_001, '{"word": "two"}')):
        file.write_text(words)
        os.utime(file, (at, at))
        answer = client.get("/words.json", headers={"accept-encoding": "gzip"})
        assert (answer.headers["content-encoding"], answer.text) == ("gzip", words)


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/gemeente/aanmelden", "/"])
def test_answers_that_are_no_files_are_not_compressed(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers
