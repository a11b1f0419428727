# SPDX-License-Identifier: EUPL-1.2
"""What a device keeps secret stays on it, and stays encrypted: every request and every storage is watched.

Given a phone through a whole journey, and a till through a sale
  no request carries the seed, the till's key or the letter's code, in any writing
  no storage holds them readable: not a database, local storage, a cache, a cookie, the address
  keys of the browser's own cannot be taken out of it
  nothing is asked of anyone but the server
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from coincurve import PrivateKey
from playwright.sync_api import BrowserContext, Page, Playwright, Request, expect

from kindpakket.tickets import keys
from tests.support import Town

from .conftest import Browsers
from .server import Server
from .test_journey import open_letter, pair, press, type_code

SECRET_BYTES = 32
#: What is made by chance, and what is sealed, is noted.
NOTE_SECRETS = """
const note = (view) => { noteSecret([...new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength)]); };
const fill = crypto.getRandomValues.bind(crypto);
crypto.getRandomValues = (array) => { fill(array); note(array); return array; };
const seal = crypto.subtle.encrypt.bind(crypto.subtle);
crypto.subtle.encrypt = (algorithm, key, plain) => { note(plain); return seal(algorithm, key, plain); };
"""
#: All that a page can find again later, as one text; bytes as hexadecimal digits.
READ_ALL = """async () => {
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const tell = (value) => {
    if (value instanceof CryptoKey) return {cryptoKey: value.type, extractable: value.extractable};
    if (value instanceof ArrayBuffer) return hex(value);
    if (ArrayBuffer.isView(value)) return hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (Array.isArray(value)) return value.map(tell);
    if (value instanceof Map) return [...value].map(tell);
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, tell(one)]));
    }
    return value;
  };
  const answer = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const found = {here: location.href, history: history.state, local: {...localStorage}, session: {...sessionStorage}};
  for (const {name} of await indexedDB.databases()) {
    const opened = await answer(indexedDB.open(name));
    for (const store of opened.objectStoreNames) {
      const records = opened.transaction(store).objectStore(store);
      found[`${name}/${store}`] = [tell(await answer(records.getAllKeys())), tell(await answer(records.getAll()))];
    }
    opened.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const kept of await cache.matchAll()) found[`${name}${kept.url}`] = hex(await kept.arrayBuffer());
  }
  return JSON.stringify(found);
}"""


@dataclass
class Watch:
    """A browser that is watched from before its first page.

    Attributes:
        made: The secrets of 32 bytes that its pages made or sealed.
        sent: Every request as text: address, headers, body.
    """

    page: Page
    made: set[bytes] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    @property
    def context(self) -> BrowserContext:
        """Its profile."""
        return self.page.context

    def start(self) -> None:
        """Begin to watch."""
        self.context.expose_function("noteSecret", self._note)
        self.context.add_init_script(NOTE_SECRETS)
        self.context.on("request", self._hear)

    def kept(self) -> str:
        """All that it keeps, as one text."""
        return f"{self.page.evaluate(READ_ALL)} {self.context.cookies()}"

    def _note(self, made: list[int]) -> None:
        if len(made) == SECRET_BYTES:
            self.made.add(bytes(made))

    def _hear(self, request: Request) -> None:
        body = request.post_data_buffer or b""
        headers = " ".join(f"{name}: {value}" for name, value in request.headers.items())
        self.sent.append(f"{request.url} {headers} {body.decode('utf-8', 'replace')} {body.hex()}")
        self.hosts.add(urlsplit(request.url).netloc)


def writings(secret: bytes) -> list[str]:
    """How a secret could be written down, without what differs between writings."""
    plain = base64.b64encode(secret).decode().rstrip("=")
    numbers = ", ".join(str(byte) for byte in secret)
    return [
        secret.hex(),
        plain,
        plain.replace("+", "-").replace("/", "_"),
        numbers,
        numbers.replace(" ", ""),
        # As the text of a file that a cache keeps.
        secret.hex().encode().hex(),
        plain.encode().hex(),
    ]


def find_written(secret: bytes, text: str) -> list[str]:
    """Which writings of a secret stand in a text."""
    return [one for one in writings(secret) if one.lower() in text.lower()]


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


def test_a_phone_and_a_till_keep_their_secrets(served: Server, town: Town, browsers: Browsers) -> None:
    letter = town.letters.pop(0)
    phone, till = Watch(browsers.open("parent")), Watch(browsers.open("till", width=800, height=900))
    for one in (phone, till):
        one.start()
    open_letter(phone.page, served, letter["code"])
    phone.page.get_by_test_id("show-code").click()
    asked = phone.page.get_by_test_id("choose-child").first
    expect(asked.or_(phone.page.get_by_test_id("ticket-as-text"))).to_be_visible()
    if asked.count():
        phone.page.get_by_test_id("choose-child").first.click()
    phone.page.get_by_test_id("ticket-as-text").click()
    shown = phone.page.get_by_test_id("ticket-text").inner_text()
    pair(till.page, served, town, town.shops[0])
    type_code(till.page, shown)
    press(till.page, "1250")
    expect(till.page.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    expect(phone.page.get_by_test_id("payment-done")).to_be_visible()
    phone.page.get_by_test_id("payment-wrong").click()
    phone.page.get_by_test_id("check-payment").click()
    phone.page.reload()
    expect(phone.page.locator("h1")).to_be_visible()
    for watch in (phone, till):
        watch.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    # The right secrets were seen being made: what the server knows of them is derived from them.
    [seed] = [one for one in phone.made if any(keys.access_token(one) in sent for sent in phone.sent)]
    [till_key] = [
        one
        for one in till.made
        if any(keys.address_of(PrivateKey(one)).hex() in sent.lower() for sent in till.sent)
    ]
    for watch, secret in ((phone, seed), (till, till_key)):
        kept = watch.kept()
        assert len(watch.sent) > 20 and len(kept) > 10_000
        assert [sent for sent in watch.sent if find_written(secret, sent)] == []
        assert find_written(secret, kept) == []
        assert set(re.findall(r'"extractable":(\w+)', kept)) == {"false"}
        assert watch.hosts == {urlsplit(served.url).netloc}
    code = letter["code"].replace("-", "")
    for text in [*phone.sent, phone.kept()]:
        assert code not in text.replace("-", "")

    # And a secret that did lie about would be found.
    for writing in writings(seed):
        phone.page.evaluate("(writing) => localStorage.setItem('lies-about', writing)", writing)
        assert find_written(seed, phone.kept()) != [], writing
