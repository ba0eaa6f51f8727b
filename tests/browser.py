"""A real browser for tests: Chromium without a window, driven through its DevTools protocol.

It speaks through a pipe, so that no port and no package is needed. Tests that ask for a browser are
skipped where there is none (on Debian: ``apt-get install chromium``).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WHY = "there is no Chromium: apt-get install chromium"


def found() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


needs_browser = pytest.mark.skipif(found() is None or os.name != "posix", reason=WHY)


class Browser:
    """One page; ``requests`` are the addresses that it has asked for, ``errors`` what its scripts
    have raised."""

    def __init__(self, folder: Path) -> None:
        path = found()
        assert path is not None, WHY
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        command = (
            f'exec "$0" "$@" 3<&{to_read} 4>&{to_write} {to_read}<&- {to_write}>&-'
            if min(to_read, to_write) > 4
            else f'exec 8<&{to_read} 9>&{to_write}; exec "$0" "$@" 3<&8 4>&9 8<&- 9>&-'
        )
        self._process = subprocess.Popen(
            [
                "bash", "-c", command, path,
                "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank",
            ],
            pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_read)
        os.close(to_write)
        self._number = 0
        self._rest = b""
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._events: list[dict[str, Any]] = []
        self._session = ""
        targets = self.send("Target.getTargets")["targetInfos"]
        page = next(one for one in targets if one["type"] == "page")
        attached = self.send("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Do ``method`` and give its result; events that come meanwhile are kept.

        Raises:
            RuntimeError: the browser says that it cannot, or it has ended.
        """
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            given = self._next()
            if given.get("id") == number:
                if "error" in given:
                    raise RuntimeError(f"{method}: {given['error']['message']}")
                return given["result"]
            self._note(given)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._read, 1 << 20)
            if not more:
                raise RuntimeError("the browser has ended")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)

    def _note(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        given = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif event.get("method") == "Runtime.exceptionThrown":
            details = given["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif event.get("method") == "Log.entryAdded" and given["entry"]["level"] == "error":
            self.errors.append(given["entry"]["text"])

    def open(self, address: str) -> None:
        """Go there, and wait until it is loaded."""
        self._events.clear()
        self.send("Page.navigate", url=address)
        while not any(one.get("method") == "Page.loadEventFired" for one in self._events):
            self._note(self._next())

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise.

        Raises:
            RuntimeError: it throws.
        """
        given = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in given:
            details = given["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return given["result"].get("value")

    def wait(self, condition: str, seconds: float = 20.0) -> None:
        """Until a JavaScript expression is true.

        Raises:
            RuntimeError: it is not in ``seconds``.
        """
        self.evaluate(
            f"""new Promise((done, fail) => {{
                const end = performance.now() + {1000 * seconds};
                const what = {json.dumps(condition)};
                const look = () => {{
                    if ({condition}) done(true);
                    else if (performance.now() > end) fail(new Error(what));
                    else setTimeout(look, 10);
                }};
                look();
            }})"""
        )

    def text(self, selector: str) -> str:
        """What is to be read in the first element that fits."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def click(self, selector: str) -> None:
        """Press the mouse over the middle of the first element that fits."""
        x, y = self.evaluate(
            f"""(() => {{
                const part = document.querySelector({json.dumps(selector)});
                part.scrollIntoView({{block: "center", inline: "center"}});
                const box = part.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key where the focus is."""
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}),
            )  # fmt: skip

    def resize(self, width: int, height: int, phone: bool = False) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=phone,
        )  # fmt: skip

    def prefer(self, scheme: str, media: str = "") -> None:
        """A "light" or "dark" colour scheme; ``media`` "print" shows it as on paper."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", media=media, features=features)

    def picture(self, path: Path, whole: bool = True) -> None:
        """Write what is on screen, or the whole page, as PNG."""
        given = self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(given["data"]))

    def paper(self, path: Path) -> None:
        """Write the page as PDF."""
        given = self.send("Page.printToPDF", printBackground=True)
        path.write_bytes(base64.b64decode(given["data"]))

    def close(self) -> None:
        self._session = ""
        try:
            os.write(self._write, json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
            self._process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        os.close(self._write)


@contextmanager
def opened(folder: Path) -> Iterator[Browser]:
    """A browser that is closed at the end; ``folder`` is for what it keeps."""
    made = Browser(folder)
    try:
        yield made
    finally:
        made.close()
