"""The page of a trace in a real browser, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ouroloop.xray.model import Trace
from ouroloop.xray.page import to_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's browser, headless."""
    library = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed; pip install '.[test]' brings it")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with library.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opener:
    """Opens pages, and keeps what went wrong in them."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._contexts: list[Any] = []
        self.failures: list[str] = []

    def __call__(self, trace: Trace, address: str = "", **context: Any) -> Any:
        """The page of a trace, open and ready."""
        file = self._folder / "trace.html"
        file.write_text(to_html(trace), encoding="utf-8")
        given = {"offline": True, "viewport": {"width": 1280, "height": 900}, **context}
        self._contexts.append(self._browser.new_context(**given))
        page = self._contexts[-1].new_page()
        page.on("console", lambda message: self.failures.append(message.text))
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.on("dialog", lambda dialog: (self.failures.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self._requested(request.url))
        page.goto(file.as_uri() + address)
        page.wait_for_selector("html[data-ready]", timeout=30_000)
        return page

    def _requested(self, url: str) -> None:
        if not url.startswith(self._folder.as_uri()) and url != "data:,":
            self.failures.append(f"asked for {url}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Opener]:
    """Opens pages; afterwards nothing may have gone wrong in them: no error, no message, no request."""
    opener = Opener(browser, tmp_path)
    yield opener
    opener.close()
    assert opener.failures == []
