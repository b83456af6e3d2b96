"""A real Chromium for tests: open a page, run scripts in it, press keys, hear every error it reports."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

QUIET = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--remote-debugging-port=0"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
]
PATIENCE = 60  # seconds for an answer, on a machine that is busy
KEYS = {"Tab": 9, "Enter": 13, "ArrowDown": 40, "ArrowUp": 38, " ": 32}


class Page:
    """One tab, spoken to in the DevTools protocol."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.n_sent = socket, 0
        self.faults: list[str] = []  # console errors and uncaught exceptions
        self.requested: list[str] = []  # every address the page asked for
        self._loaded = False
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the browser's answer to one command."""
        self.n_sent += 1
        self.socket.send(json.dumps({"id": self.n_sent, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(PATIENCE))
            if message.get("id") == self.n_sent:
                assert "error" not in message, message
                return dict(message["result"])
            self._hear(message)

    def _hear(self, event: dict[str, Any]) -> None:
        method, about = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.faults.append(json.dumps(about["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.faults.append(json.dumps(about["args"]))
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.faults.append(about["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requested.append(about["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded = True

    def open(self, address: str, *, width: int = 1280, height: int = 1000) -> None:
        """Open an address in a window of that size, and wait until it is there."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self._loaded = False
        self.send("Page.navigate", url="about:blank")
        self._wait()
        self.requested.clear()
        self._loaded = False
        self.send("Page.navigate", url=address)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self._loaded:
            assert time.monotonic() < end, "the page did not load"
            self._hear(json.loads(self.socket.recv(PATIENCE)))

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page; a promise is waited for."""
        found = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def axe_violations(self, within: str = ":root") -> list[str]:
        """Return what axe-core finds wrong with the page as it is: the rule, and the first place that breaks it.

        It is asked for violations alone: to name each of the thousands of cells that break nothing takes minutes.
        """
        spec = find_spec("axe_core_python")
        assert spec is not None
        assert spec.submodule_search_locations is not None
        script = Path(spec.submodule_search_locations[0]) / "axe.min.js"
        self.run(script.read_text(encoding="utf-8") + ";0")
        told = "found => found.violations.map(one => one.id + ': ' + one.nodes[0].html)"
        options = "{resultTypes: ['violations']}"
        return [str(one) for one in self.run(f"axe.run({json.dumps(within)}, {options}).then({told})")]

    def press(self, *keys: str) -> None:
        """Press and let go of keys, as a person without a mouse does."""
        for key in keys:
            code = {"key": key, "windowsVirtualKeyCode": KEYS[key], "code": key if key != " " else "Space"}
            text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
            self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **code, **text)
            self.send("Input.dispatchKeyEvent", type="keyUp", **code)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.send("Input.insertText", text=text)


@contextmanager
def open_browser(folder: Path) -> Iterator[Page]:
    """Start Chromium with its profile in a folder and yield a tab; downloads go to `folder/downloads`."""
    process = subprocess.Popen(
        [str(shutil.which("chromium")), *QUIET, f"--user-data-dir={folder / 'profile'}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = _port(folder / "profile" / "DevToolsActivePort", process)
        with connect(_tab(port), max_size=None, open_timeout=PATIENCE) as socket:
            page = Page(socket)
            (folder / "downloads").mkdir(exist_ok=True)
            page.send("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder / "downloads"))
            yield page
    finally:
        process.kill()
        process.wait()


def _port(file: Path, process: "subprocess.Popen[bytes]") -> int:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        assert process.poll() is None, "chromium ended before it started"
        time.sleep(0.05)
    raise AssertionError("chromium did not start")


def _tab(port: int) -> str:
    import urllib.request

    address = f"http://127.0.0.1:{port}/json/list"
    assert urlsplit(address).hostname == "127.0.0.1"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        tabs = json.load(answer)
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
