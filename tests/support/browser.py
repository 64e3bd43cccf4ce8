"""A real browser for tests: headless Chromium, driven over the WebDriver protocol: JSON over HTTP, on this machine."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DRIVER = ("chromedriver", "chromium-driver", "chromium.chromedriver")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-dev-shm-usage --hide-scrollbars --window-size=1280,900 --force-device-scale-factor=1"
)
KEYS = {"Escape": "\ue00c", "Tab": "\ue004", "Enter": "\ue007", "Left": "\ue012", "Up": "\ue013", "Right": "\ue014"}


def installed() -> tuple[str, str] | None:
    """Return the browser and its driver; None where one of them is missing."""
    browser, driver = (next(filter(None, map(shutil.which, names)), None) for names in (CHROMIUM, DRIVER))
    return (browser, driver) if browser and driver else None


@dataclass(frozen=True)
class Browser:
    """A window of the browser."""

    http: httpx.Client

    def send(self, path: str, **body: Any) -> Any:
        answer = self.http.post(path, json=body)
        value = answer.json()["value"]
        assert answer.status_code == 200, value
        return value

    def open(self, path: Path) -> None:
        self.send("url", url=path.resolve().as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a function body in the page and return what it returns."""
        return self.send("execute/sync", script=script, args=list(arguments))

    def wait(self, condition: str, *arguments: Any) -> Any:
        """Return the value of an expression as soon as it is true, in a minute at most."""
        for _ in range(3_000):
            if value := self.run(f"return {condition}", *arguments):
                return value
            time.sleep(0.02)
        raise AssertionError(f"never came true: {condition}")

    def move(self, left: float, top: float, *, click: bool = False) -> None:
        """Move the mouse to a place of the window."""
        actions: list[dict[str, Any]] = [{"type": "pointerMove", "x": round(left), "y": round(top), "duration": 0}]
        if click:
            actions += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.send("actions", actions=[{"type": "pointer", "id": "mouse", "actions": actions}])

    def wheel(self, left: float, top: float, by: int) -> None:
        """Turn the wheel at a place of the window."""
        turn = {"type": "scroll", "x": round(left), "y": round(top), "deltaX": 0, "deltaY": by, "duration": 0}
        self.send("actions", actions=[{"type": "wheel", "id": "wheel", "actions": [turn]}])

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by their name in `KEYS` or as they are."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.send("actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def command(self, name: str, **parameters: Any) -> Any:
        """Send a command of the browser's own protocol."""
        return self.send("goog/cdp/execute", cmd=name, params=parameters)

    def media(self, scheme: str = "light", kind: str = "screen") -> None:
        """Show the page as with this colour scheme, or as it is printed."""
        scheme_of = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", media=kind, features=scheme_of)

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.http.get("screenshot").json()["value"]))

    def problems(self) -> list[str]:
        """Return what the page has logged as warning or error since the last time, but for advice about speed."""
        messages = [str(entry["message"]) for entry in self.send("se/log", type="browser")]
        return [message for message in messages if "willReadFrequently" not in message]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a browser with a profile of its own."""
    found = installed()
    assert found is not None
    port = _free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen([found[1], f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as http:
                yield from _session(http, found[0], profile)
        finally:
            driver.terminate()
            driver.wait()


def _session(http: httpx.Client, binary: str, profile: str) -> Iterator[Browser]:
    options = {"binary": binary, "args": [*FLAGS.split(), f"--user-data-dir={profile}"]}
    wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
    _wait_for(http)
    answer = http.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
    base = f"{http.base_url}/session/{answer['sessionId']}/"
    with httpx.Client(base_url=base, timeout=120, trust_env=False) as own:
        try:
            yield Browser(own)
        finally:
            http.delete(f"/session/{answer['sessionId']}")


def _wait_for(http: httpx.Client) -> None:
    for _ in range(1_500):
        try:
            if http.get("/status").json()["value"]["ready"]:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError("the driver of the browser does not answer")


def typed(page: Browser, field: str, text: str) -> None:
    """Type a text into a field of a page, key by key, in the place of what is there."""
    page.run("const f = document.getElementById(arguments[0]); f.value = ''; f.focus()", field)
    page.press(*text)
