"""`HTTPParser` of `_http_common`, Node's own parser, which some packages (msw) use though it is no public one.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from js.commands import output

PROGRAM = """
const { HTTPParser } = require('_http_common');
const [, , kind, ...texts] = process.argv;
const parser = new HTTPParser();
parser.initialize(HTTPParser[kind], {});
const seen = [];
for (const name of ['kOnHeaders', 'kOnHeadersComplete', 'kOnBody', 'kOnMessageComplete']) {
  parser[HTTPParser[name]] = (...args) => {
    seen.push([name, ...args.map((each) => (Buffer.isBuffer(each) ? each.toString() : each))]);
  };
}
const results = texts.map((text) => {
  const result = parser.execute(Buffer.from(text));
  return result instanceof Error ? [result.message, result.code, result.bytesParsed] : result;
});
parser.close();
console.log(JSON.stringify([results, seen]));
"""


def parsed(command: list[str], folder: Path, kind: str, *texts: str) -> Any:
    return json.loads(output(command, "-e", PROGRAM, "-", kind, *texts, folder=folder))


@pytest.mark.parametrize(("texts", "expected"), [
    (["GET /a HTTP/1.1\r\nHost: x\r\n\r\n"], [[28], [
        ["kOnHeadersComplete", 1, 1, ["Host", "x"], 1, "/a", None, None, False, True], ["kOnMessageComplete"]]]),
    (["POST /b HTTP/1.0\r\nContent-Length: 3\r\n\r\na", "bc"], [[40, 2], [
        ["kOnHeadersComplete", 1, 0, ["Content-Length", "3"], 3, "/b", None, None, False, False],
        ["kOnBody", "a"], ["kOnBody", "bc"], ["kOnMessageComplete"]]]),
    (["PURGE / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: 1\r\n\r\n"], [[66], [
        ["kOnHeadersComplete", 1, 1, ["Transfer-Encoding", "chunked"], 29, "/", None, None, False, True],
        ["kOnBody", "hi"], ["kOnHeaders", ["T", "1"], "/"], ["kOnMessageComplete"]]]),
    (["bad\r\n\r\n"], [[["Parse Error", "HPE_INVALID_METHOD", 0]], []]),
    (["GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nrest"], [[51], [
        ["kOnHeadersComplete", 1, 1, ["Connection", "upgrade", "Upgrade", "x"], 1, "/", None, None, True, True],
        ["kOnMessageComplete"]]]),
])
def test_a_request_is_told_as_node_tells_it(
    texts: list[str], expected: Any, command: list[str], tmp_path: Path,
) -> None:
    assert parsed(command, tmp_path, "REQUEST", *texts) == expected


def test_a_response_is_told_as_node_tells_it(command: list[str], tmp_path: Path) -> None:
    text = "HTTP/1.1 201 Made\r\nContent-Length: 4\r\n\r\nab"
    assert parsed(command, tmp_path, "RESPONSE", text, "cd") == [[42, 2], [
        ["kOnHeadersComplete", 1, 1, ["Content-Length", "4"], None, None, 201, "Made", False, True],
        ["kOnBody", "ab"], ["kOnBody", "cd"], ["kOnMessageComplete"]]]
