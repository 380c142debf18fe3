"""Opens HTTP connections, has one request answered on each, and keeps them open and idle.

Arguments: port, how many. Prints the number as JSON when all are open; at a line on standard input, prints how many are
still open, and ends.
"""

import json
import resource
import socket
import sys

REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"

port, count = int(sys.argv[1]), int(sys.argv[2])
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
sockets = []
for _ in range(count):
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.sendall(REQUEST)
    answer = b""
    while b"Hello, World!" not in answer:
        piece = client.recv(4096)
        if not piece:
            sys.exit(f"the server closed connection {len(sockets) + 1} before it had answered")
        answer += piece
    sockets.append(client)
print(json.dumps({"connections": len(sockets)}), flush=True)
sys.stdin.readline()


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


print(json.dumps({"connections": sum(map(is_open, sockets))}), flush=True)
