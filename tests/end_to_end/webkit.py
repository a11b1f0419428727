# SPDX-License-Identifier: EUPL-1.2
"""WebKit, the engine of Safari on iPhone and iPad: Debian's WebKitGTK, driven through its own WebDriver.

Playwright's own WebKit comes from a server that not every machine reaches; Debian's is the same engine, and is kept
up to date with Debian's other packages. It has no window of its own: it shows in an X server that nobody looks at.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver import WebKitGTK
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from .browsers import PATIENCE_MS

Seen = TypeVar("Seen")

DRIVER = "/usr/bin/WebKitWebDriver"
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
LANGUAGE_KEPT = "kindpakket-language"
#: What a page in motion may answer: it is looked at again.
IN_MOTION = (ElementNotInteractableException, NoSuchElementException, StaleElementReferenceException)

CAMERA = """
const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 960 });
const paper = canvas.getContext('2d');
const code = new Image();
code.src = `data:image/png;base64,${arguments[0]}`;
let tick = 0;
setInterval(() => {
  paper.fillStyle = 'white';
  paper.fillRect(0, 0, 640, 960);
  if (code.complete) paper.drawImage(code, 0, 20, 480, 480 * code.height / code.width);
  paper.fillStyle = 'black';
  paper.fillRect((tick += 8) % 600, 4, 8, 8);
}, 100);
MediaDevices.prototype.getUserMedia = async () => canvas.captureStream(10);
"""
"""A camera that films a picture: the page gets a stream of it, and everything after that is the real thing."""


def find_mini_browser() -> str:
    """Debian's browser around WebKit.

    Raises:
        AssertionError: There is none; scripts/test installs it.
    """
    found = sorted(Path("/").glob(MINI_BROWSERS.lstrip("/")))
    assert found, "no WebKit on this machine: run scripts/test, which installs it"
    return str(found[-1])


@contextmanager
def unseen_screen() -> Iterator[str]:
    """Run an X server that nobody looks at; gives its name."""
    readable, writable = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writable), "-screen", "0", "1400x1200x24", "-nolisten", "tcp"],
        pass_fds=[writable],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writable)
    try:
        with os.fdopen(readable) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@dataclass
class Safari:
    """A page in WebKit. Each has a profile of its own, which is gone when it closes."""

    screen: str
    width: int = 430
    height: int = 860
    driver: WebKitGTK = field(init=False)

    def __post_init__(self) -> None:
        """Start the browser."""
        options = Options()
        options.binary_location = find_mini_browser()
        options.add_argument("--automation")
        options.add_argument("--enable-media-stream=true")
        service = Service(DRIVER, env={**os.environ, "DISPLAY": self.screen})
        self.driver = WebKitGTK(options=options, service=service)
        self.driver.set_window_size(self.width, self.height)
        self.driver.set_script_timeout(PATIENCE_MS / 1000)

    def close(self) -> None:
        """End it, with its driver."""
        self.driver.quit()

    def open(self, url: str) -> None:
        """Go to an address, as someone who chose Dutch there: this browser takes its language from the machine."""
        self.driver.get(url)
        if self.run("return document.documentElement.lang") != "nl":
            self.run("localStorage.setItem(arguments[0], 'nl')", LANGUAGE_KEPT)
            self.driver.refresh()

    def wait(self, look: Callable[[], Seen], what: str) -> Seen:
        """Look again until there is something, and give that."""
        try:
            return WebDriverWait(self.driver, PATIENCE_MS / 1000, 0.1, IN_MOTION).until(lambda _: look())
        except TimeoutException:
            raise AssertionError(f"{what} never came; shown: {self.text()}") from None

    def all(self, name: str) -> list[WebElement]:
        """What carries this name for tests, and is shown."""
        found = self.driver.find_elements(By.CSS_SELECTOR, f'[data-test="{name}"]')
        return [element for element in found if element.is_displayed()]

    def one(self, name: str, *, place: int = 0) -> WebElement:
        """The element of this name, waited for."""
        return self.wait(lambda: self.all(name)[place : place + 1], name)[0]

    def click(self, name: str, *, place: int = 0) -> None:
        """Tap it."""

        def tap() -> bool:
            for element in self.all(name)[place : place + 1]:
                element.click()
                return True
            return False

        self.wait(tap, name)

    def fill(self, name: str, text: str) -> None:
        """Type into it."""
        self.one(name).send_keys(text)

    def sees(self, name: str, text: str) -> None:
        """Wait until it says this."""
        self.wait(lambda: any(text in plain(element.text) for element in self.all(name)), f"{name}: {text}")

    def attribute(self, name: str, attribute: str) -> str | None:
        """An attribute of it."""
        return self.wait(lambda: self.one(name).get_attribute(attribute), f"{name}[{attribute}]")

    def text(self) -> str:
        """All that the page says."""
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)


def plain(text: str) -> str:
    """The text with its fixed spaces as ordinary ones."""
    return text.replace("\u00a0", " ")
