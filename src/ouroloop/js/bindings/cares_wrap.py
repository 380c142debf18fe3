"""cares_wrap: names to addresses, by the system (`loop.dns`) and by name servers (`node.dns`)."""

from __future__ import annotations

import socket

from ...loop import dns as loop_dns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...node.dns import Resolver
    from ..runtime import Runtime

_FAMILIES = {0: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}

# libuv's numbers of the resolver's errors.
_LIBUV = {
    "EAI_ADDRFAMILY": 3000, "EAI_AGAIN": 3001, "EAI_BADFLAGS": 3002, "EAI_FAIL": 3004, "EAI_FAMILY": 3005,
    "EAI_MEMORY": 3006, "EAI_NODATA": 3007, "EAI_NONAME": 3008, "EAI_OVERFLOW": 3009, "EAI_SERVICE": 3010,
    "EAI_SOCKTYPE": 3011,
}
_ERRORS = {getattr(socket, name): -number for name, number in _LIBUV.items() if hasattr(socket, name)}


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/dns`."""
    names = Names(runtime)
    return {
        "getaddrinfo": names.getaddrinfo, "getnameinfo": names.getnameinfo, "newResolver": names.new_resolver,
        "getServers": names.get_servers, "setServers": names.set_servers, "query": names.query,
        "setLocalAddress": names.set_local_address, "cancel": names.cancel,
    }


class Names:
    """The look-ups of a runtime, and its resolvers by number."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._resolvers: dict[int, Resolver] = {}

    @property
    def loop(self) -> Any:
        """The loop on which a resolver of `node.dns` works."""
        return self._runtime.loop

    def completion(self, callback: Callable[..., Any]) -> tuple[Callable[..., Any], None]:
        """What a resolver asks of who calls back (`Environment.completion`)."""
        return callback, None

    # The system's way

    def getaddrinfo(self, request: int, hostname: str, family: int, hints: int) -> None:
        """Complete `request` with `[address, family, address, family …]`."""
        def found(failure: Any, infos: Any) -> None:
            if failure is not None:
                self._runtime.complete(request, _errno(failure), None)
                return
            addresses = dict.fromkeys(
                (info[4][0], 6 if info[0] == socket.AF_INET6 else 4) for info in infos if info[0] in _FAMILIES.values())
            self._runtime.complete(request, 0, [part for address in addresses for part in address])

        loop_dns.getaddrinfo(
            self.loop, found, hostname, None, _FAMILIES[int(family)], socket.SOCK_STREAM, flags=int(hints))

    def getnameinfo(self, request: int, address: str, port: int) -> None:
        """Complete `request` with `[hostname, service]`."""
        def found(failure: Any, names: Any) -> None:
            self._runtime.complete(request, 0 if failure is None else _errno(failure), names and list(names))

        loop_dns.getnameinfo(self.loop, found, (address, int(port)), socket.NI_NAMEREQD)

    # Name servers

    def new_resolver(self, number: int, timeout: int, tries: int) -> None:
        """Make a resolver; the time a try has is in ms."""
        from ...node.dns import Resolver

        self._resolvers[number] = Resolver(timeout=int(timeout), tries=int(tries), env=self)

    def get_servers(self, number: int) -> list[str]:
        """The name servers' addresses."""
        return self._resolvers[number].get_servers()

    def set_servers(self, number: int, servers: list[str]) -> bool:
        """Whether they are set: not while queries are outstanding."""
        try:
            self._resolvers[number].set_servers(servers)
        except OSError:
            return False
        return True

    def set_local_address(self, number: int, ipv4: str, ipv6: str) -> None:
        """Which addresses queries are sent from."""
        self._resolvers[number].set_local_address(ipv4, ipv6)

    def cancel(self, number: int) -> None:
        """End outstanding queries with ECANCELLED."""
        self._resolvers[number].cancel()

    def query(self, number: int, request: int, method: str, name: str, ttl: bool) -> str | None:
        """Ask by a method of `Resolver`, then complete `request` with the records, or with c-ares' name of an error.
        """
        def answered(failure: Any, result: Any) -> None:
            self._runtime.complete(request, 0 if failure is None else failure.code, for_javascript(result))

        ask = getattr(self._resolvers[number], method)
        try:
            ask(name, answered, **({"ttl": True} if ttl else {}))
        except OSError as exc:
            return str(getattr(exc, "code", "EINVAL"))
        return None


def for_javascript(value: Any) -> Any:
    """Records as Node shows them: objects."""
    from ...node.dns import AnyRecord, CaaRecord, TlsaRecord

    if isinstance(value, AnyRecord):
        return {"type": value.type, **_fields_of_any(value)}
    if isinstance(value, CaaRecord):
        return {"critical": value.critical, value.tag: value.value}
    if isinstance(value, TlsaRecord):
        return {"certUsage": value.cert_usage, "selector": value.selector, "match": value.match, "data": value.data}
    if hasattr(value, "_asdict"):
        return value._asdict()
    return [for_javascript(each) for each in value] if isinstance(value, list) else value


def _fields_of_any(record: Any) -> dict[str, Any]:
    value = for_javascript(record.value)
    if isinstance(value, dict):
        return value
    return {"entries" if record.type == "TXT" else "value": value}


def _errno(failure: OSError) -> int:
    number = failure.errno or 0
    return _ERRORS.get(number, -3004) if isinstance(failure, socket.gaierror) else -number
