"""The client of all echo servers: every connection sends a message, waits for all of it to come back, and again.

Arguments: port, connections, seconds, bytes in a message. The first half second warms the server up and does not count.
"""

import json
import select
import socket
import sys
from time import perf_counter, process_time

WARM_UP = 0.5

port, connections, seconds, size = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
message = bytes(i % 251 for i in range(size))
epoll = select.epoll()
sockets = []
receive, send = {}, {}
for _ in range(connections):
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setblocking(False)
    sockets.append(client)
    receive[client.fileno()], send[client.fileno()] = client.recv, client.send
    epoll.register(client, select.EPOLLIN)
partial: dict[int, bytes] = {}


def round_trips(seconds: float) -> tuple[int, float]:
    """Answer every echo with the next message for so long; how many came back, in what time."""
    done = 0
    start = now = perf_counter()
    end = start + seconds
    while now < end:
        ready = epoll.poll(10)
        if not ready:
            sys.exit("no echo came back for 10 seconds")
        for fd, _ in ready:
            data = receive[fd](size)
            if data != message:
                if not data:
                    sys.exit("the server closed a connection")
                data = partial.pop(fd, b"") + data
                if not message.startswith(data):
                    sys.exit("the echo is not what was sent")
                if data != message:
                    partial[fd] = data
                    continue
            send[fd](message)
            done += 1
        now = perf_counter()
    return done, now - start


for client in sockets:
    client.send(message)
warm_up, _ = round_trips(min(WARM_UP, seconds))
cpu = process_time()
done, elapsed = round_trips(seconds)
busy = (process_time() - cpu) / elapsed
print(json.dumps({"operations": done, "seconds": elapsed, "client_busy": busy, "all_operations": done + warm_up}))
