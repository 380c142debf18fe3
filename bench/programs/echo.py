"""A TCP echo server, ours. Prints its port as JSON."""

import json
from typing import Any

from ouroloop.node import net


def serve(socket: Any) -> None:
    socket.on("data", socket.write)
    socket.on("error", lambda error: None)


server = net.create_server(serve)
server.listen(0, "127.0.0.1", lambda: print(json.dumps({"port": server.address().port}), flush=True))
