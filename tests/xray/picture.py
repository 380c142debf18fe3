"""The picture of the README: the trace of `examples/tour.js`, as the page shows it.

    python tests/xray/picture.py docs/trace.png
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
SIZE = {"width": 1200, "height": 960}


def main(target: str) -> None:
    """Run the tour, open its page, go to the immediate that a file's callback asked for, and take the picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "trace.html"
        command = [sys.executable, "-m", "ouroloop", "trace", "--format", "html", "-o", str(file), "examples/tour.js"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]")
        page.select_option("#kind", "immediate")
        page.click("#rows tr:last-child button >> nth=0")
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' }); document.activeElement.blur()")
        page.wait_for_timeout(200)
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
