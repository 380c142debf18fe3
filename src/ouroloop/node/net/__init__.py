"""net: TCP and Unix-domain servers and connections.

Theory of operation. A `Socket` is a Duplex stream over a loop's Tcp or Pipe handle; a `Server` makes one for each
connection it accepts. A name with several addresses is tried address by address, IPv6 and IPv4 by turns, each attempt
with a limited time, until one answers (`auto_select_family`).

The machinery of streams is only used where it is needed. As long as a socket is flowing and has nothing buffered, what
arrives goes from recv(2) straight to the 'data' listeners; as long as nothing is queued, `write` is one send(2). So an
echo, `socket.on("data", socket.write)`, touches no buffer at all, and what the kernel does not take is buffered,
counted and announced by 'drain' as in any stream.

What surprises people: a socket reads ahead before anybody listens, up to `high_water_mark`, then leaves the rest in the
kernel. When the other side ends, this side is ended too, unless `allow_half_open`. A socket that was idle for its
timeout only says so ('timeout'); it goes on living until somebody destroys it. And `server.close()` ends the listening;
the server's 'close' comes when the last of its connections is gone.

`socket.py` and `server.py` are the two classes, `connecting.py` is a connection that is on its way, `address.py` what
all of these say alike.
"""

from .address import AddressInfo, checked_port, is_ip, is_ipv4, is_ipv6
from .block_list import BlockList
from .connecting import (
    get_default_auto_select_family,
    get_default_auto_select_family_attempt_timeout,
    set_default_auto_select_family,
    set_default_auto_select_family_attempt_timeout,
)
from .server import Server, ServerError, create_server
from .socket import Socket, connect, create_connection

__all__ = [
    "AddressInfo", "BlockList", "Server", "ServerError", "Socket", "checked_port", "connect", "create_connection",
    "create_server", "get_default_auto_select_family", "get_default_auto_select_family_attempt_timeout", "is_ip",
    "is_ipv4", "is_ipv6", "set_default_auto_select_family", "set_default_auto_select_family_attempt_timeout",
]
