"""A dashboard of its own for the browser's tests, and a browser that notes whatever it should not have met."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.conftest import NOBODY_LISTENS

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
HERE = {"localhost", "127.0.0.1"}
START_S = 60

NewPage = Callable[..., Page]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running_dashboard(folder: Path) -> Iterator[str]:
    """The address of a dashboard that runs until the with-block ends, and has written no traceback by then.

    Args:
        folder: its home, empty: it has never run on this machine, as far as it can tell.
    """
    port = free_port()
    environment = {
        **os.environ,
        "HOME": str(folder),
        "JITAI_CACHE_DIR": str(folder / "cache"),
        "JITAI_DATA_DIR": str(folder / "data"),
        "OLLAMA_HOST": NOBODY_LISTENS,
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless=true"]
    with (folder / "log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            address, give_up = f"http://localhost:{port}", time.monotonic() + START_S
            while not answers(f"{address}/_stcore/health"):
                if process.poll() is not None or time.monotonic() > give_up:
                    log.seek(0)
                    pytest.fail(f"the dashboard did not start:\n{log.read()}")
                time.sleep(0.1)
            yield address
            log.seek(0)
            assert "Traceback" not in (written := log.read()), written
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard that most tests share."""
    with running_dashboard(tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, or else Playwright's."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield started
        started.close()


def is_streamlits_own_probe(message: ConsoleMessage) -> bool:
    """On /preferences, Streamlit first looks for itself under /preferences/_stcore, then at the root."""
    place = urlsplit(message.location.get("url", "")).path
    return "404" in message.text and "/_stcore/" in place and not place.startswith("/_stcore/")


@contextmanager
def session_of(browser: Browser, **settings: Any) -> Iterator[BrowserContext]:
    """A browser session; at its end, nothing may have left this machine and nothing may have been complained about."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **settings})
    context.set_default_timeout(20_000)
    outside: list[str] = []
    complaints: list[str] = []

    def note_address(url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname not in HERE:
            outside.append(url)

    def note_complaint(message: ConsoleMessage) -> None:
        if message.type == "error" and not is_streamlits_own_probe(message):
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def watch(page: Page) -> None:
        page.on("request", lambda request: note_address(request.url))
        page.on("websocket", lambda socket: note_address(socket.url))
        page.on("console", note_complaint)
        page.on("pageerror", lambda error: complaints.append(str(error)))

    context.on("page", watch)
    try:
        yield context
        assert outside == []
        assert complaints == []
    finally:
        context.close()


def handed_over(page: Page, name: str) -> bytes:
    """A file of the Live page's "Hand over", which is opened for it and closed again.

    Args:
        page: with the whole run.
        name: of the file: scenario, report, log or bundle.
    """
    opener = page.locator(".st-key-hand_over").get_by_role("button").first
    expect(opener).to_be_enabled(timeout=60_000)
    opener.click()
    with page.expect_download() as download:
        page.locator(f".st-key-download_{name}").get_by_role("button").click()
    page.keyboard.press("Escape")
    return Path(download.value.path()).read_bytes()


@pytest.fixture
def new_page(browser: Browser, dashboard: str) -> Iterator[NewPage]:
    """Opens pages of the dashboard, each in a browser session of its own."""
    with ExitStack() as sessions:

        def open_page(path: str = "live", **settings: Any) -> Page:
            page = sessions.enter_context(session_of(browser, **settings)).new_page()
            page.goto(f"{dashboard}/{path}")
            page.locator("h1").first.wait_for()
            return page

        yield open_page
