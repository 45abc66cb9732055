"""A real browser for tests: Chromium, driven by the DevTools protocol over its own pipe."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium here; apt-get install chromium to try the page in a browser"
)
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "Space": 32}


class Browser:
    """One tab. What it is asked for comes back as JSON data."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._numbers = itertools.count(1)
        self._left = b""
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def _next(self) -> Any:
        while b"\0" not in self._left:
            more = os.read(self._read, 1 << 20)
            if not more:
                raise AssertionError("the browser ended")
            self._left += more
        text, _, self._left = self._left.partition(b"\0")
        return json.loads(text)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def size(self, width: int, height: int = 900) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def theme(self, name: str) -> None:
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def do(self, script: str) -> Any:
        """What the script's last expression is."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if self.do(script):
                    return
            except AssertionError:
                """Between two documents there is none to ask."""
            time.sleep(0.05)
        raise AssertionError(f"never true: {script}\n{self.text()[:1500]}")

    def text(self) -> str:
        return str(self.do("document.body.innerText"))

    def click(self, words: str, within: str = "main") -> None:
        """Click the first link, button or summary of these words."""
        found = (
            f"[...document.querySelectorAll('{within} a, {within} button, {within} summary')]"
            f".find(each => each.innerText.trim() === {json.dumps(words)})"
        )
        self.wait(f"!!{found}")
        self.do(f"{found}.click()")

    def fill(self, id: str, value: str) -> None:
        self.do(f"document.getElementById({json.dumps(id)}).value = {json.dumps(value)}")

    def press(self, key: str) -> None:
        code = KEYS[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)

    def shot(self, path: Path) -> None:
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=False)
        path.write_bytes(base64.b64decode(found["data"]))


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser with a profile of its own."""
    ours_read, theirs_write = os.pipe()
    theirs_read, ours_write = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        command += ["--hide-scrollbars", "--force-color-profile=srgb", f"--user-data-dir={profile}"]
        # Chromium reads from descriptor 3 and writes to 4.
        shell = f'exec "$@" 3<&{theirs_read} 4>&{theirs_write}'
        process = subprocess.Popen(
            ["bash", "-c", shell, "chromium", *command],
            pass_fds=(theirs_read, theirs_write),
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_read)
        os.close(theirs_write)
        try:
            yield Browser(ours_read, ours_write)
        finally:
            process.terminate()
            process.wait(10)
            os.close(ours_read)
            os.close(ours_write)
