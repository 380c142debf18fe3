"""`ouro trace --live`: the page while the program runs, which is left alone."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from js.commands import OURO, environment, run, write

LIVE = [*OURO, "trace", "--live", "--format", "json"]


def start(folder: Path, name: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [*LIVE, name], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    assert process.stderr is not None
    found = re.fullmatch(
        r"ouro trace: (http://127\.0\.0\.1:\d+/) shows the program while it runs\n", process.stderr.readline())
    assert found
    return process, found[1]


def ask(url: str, host: str = "") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.read().decode()


PROGRAMS = {
    "app.js": "let n = 0; setInterval(function beat() { if (++n === 80) process.exit(3); }, 50);",
    "app.py": "from ouroloop.node import process, set_interval, set_timeout\n"
              "set_interval(lambda: None, 50)\nset_timeout(process.exit, 4000, 3)\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_page_grows_while_the_program_runs(name: str, tmp_path: Path) -> None:
    write(tmp_path, PROGRAMS)
    process, url = start(tmp_path, name)
    status, outer = ask(url)
    assert status == 200
    assert 'src="/trace"' in outer
    time.sleep(0.3)
    first = int(ask(f"{url}version")[1])
    early = ask(f"{url}trace")[1]
    assert f"{name}" in early.replace("&#46;", ".")
    assert '"stillRuns":true' in early.replace(" ", "")
    time.sleep(1.2)
    assert int(ask(f"{url}version")[1]) > first
    assert len(ask(f"{url}trace")[1]) > len(early)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 3
    assert told.startswith("ouro trace: trace.json: ")


def test_it_answers_only_by_its_own_address(tmp_path: Path) -> None:
    write(tmp_path, PROGRAMS)
    process, url = start(tmp_path, "app.js")
    assert ask(url, "evil.example")[0] == 403
    assert ask(f"{url}other")[0] == 404
    process.kill()
    process.communicate()


def test_it_does_not_keep_the_program_going(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": "console.log(1)"})
    done = run(LIVE, "app.js", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1\n")


def test_a_browser_that_leaves_is_no_news_to_the_program(tmp_path: Path) -> None:
    write(tmp_path, PROGRAMS)
    process, url = start(tmp_path, "app.js")
    host = url.split("/")[2]
    for request in (f"GET /trace HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), b"\0\r\n\r\n", b"GET"):
        with socket.create_connection(("127.0.0.1", int(host.split(":")[1]))) as browser:
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            browser.sendall(request)
    assert ask(f"{url}trace")[0] == 200
    _, told = process.communicate(timeout=30)
    assert re.fullmatch("ouro trace: trace.json: .*\n", told), told
