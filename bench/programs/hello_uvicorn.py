"""An HTTP server that greets: uvicorn with httptools. Argument: "asyncio" or "uvloop". Prints its port as JSON."""

import json
import socket
import sys
from typing import Any

import uvicorn

START = {
    "type": "http.response.start", "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"13")],
}
BODY = {"type": "http.response.body", "body": b"Hello, World!"}


async def greet(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    await send(BODY)


# With the protocol named, as in uvicorn itself: else asyncio leaves Nagle's delay on, which costs 40 ms a response.
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(2048)
print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
config = uvicorn.Config(
    greet, loop=sys.argv[1], http="httptools", ws="none", lifespan="off", interface="asgi3", log_level="warning",
    access_log=False, timeout_keep_alive=600,
)
uvicorn.Server(config).run(sockets=[listener])
