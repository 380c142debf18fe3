"""An HTTP server that greets, ours. Prints its port as JSON."""

import json
from typing import Any

from ouroloop.node import http

HEADERS = {"Content-Type": "text/plain", "Content-Length": "13"}


def greet(request: Any, response: Any) -> None:
    response.write_head(200, HEADERS)
    response.end("Hello, World!")


server = http.create_server(greet)
server.keep_alive_timeout = 600_000
server.listen(0, "127.0.0.1", lambda: print(json.dumps({"port": server.address().port}), flush=True))
