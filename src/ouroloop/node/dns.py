"""dns: names to addresses, by the system or by asking a name server.

Theory of operation. There are two ways, and they may well disagree. `lookup` and `lookup_service` ask the operating
system (getaddrinfo(3), on the thread pool, as slow work): they know /etc/hosts and whatever else nsswitch.conf names.
Everything else asks name servers itself, through c-ares: a `Resolver` has a c-ares channel, whose sockets are watched
by the loop and whose retries are due by a loop timer, so a query takes no thread. The functions of this module use one
resolver that belongs to the environment.

What surprises people: `net.connect` and `http.get` use `lookup`, so `set_servers` does not change what they find. A
timer and the sockets of a resolver exist only while queries are outstanding. And c-ares joins the strings of one TXT
record: `resolve_txt` gives each record as a list, as Node does, but of one string.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal, NamedTuple

import pycares

from ..loop import Loop, Timer
from ..loop import dns as loop_dns
from ..loop.poll import Poll
from ..loop.queue import READABLE, WRITABLE
from . import environment
from .environment import Environment, require_callable
from .promise import Promise

Callback = Callable[..., object]
Order = Literal["verbatim", "ipv4first", "ipv6first"]

ADDRCONFIG = int(socket.AI_ADDRCONFIG)
"""A hint: only addresses of families that this machine itself has an address of."""
V4MAPPED = int(socket.AI_V4MAPPED)
"""A hint, with family 6: IPv4 addresses as mapped IPv6 ones where there are no real ones."""
ALL = int(socket.AI_ALL)
"""A hint, with V4MAPPED: mapped addresses too where there are real ones."""

NODATA, FORMERR, SERVFAIL, NOTFOUND = "ENODATA", "EFORMERR", "ESERVFAIL", "ENOTFOUND"
NOTIMP, REFUSED = "ENOTIMP", "EREFUSED"
BADQUERY, BADNAME, BADFAMILY, BADRESP = "EBADQUERY", "EBADNAME", "EBADFAMILY", "EBADRESP"
CONNREFUSED, TIMEOUT, EOF, FILE, NOMEM = "ECONNREFUSED", "ETIMEOUT", "EOF", "EFILE", "ENOMEM"
DESTRUCTION, BADSTR, BADFLAGS, NONAME, BADHINTS = "EDESTRUCTION", "EBADSTR", "EBADFLAGS", "ENONAME", "EBADHINTS"
NOTINITIALIZED, CANCELLED = "ENOTINITIALIZED", "ECANCELLED"

_ERRNO_OF_CODE = {
    CONNREFUSED: errno.ECONNREFUSED, TIMEOUT: errno.ETIMEDOUT, CANCELLED: errno.ECANCELED, NOMEM: errno.ENOMEM,
    NOTFOUND: socket.EAI_NONAME, NODATA: socket.EAI_NODATA, SERVFAIL: socket.EAI_FAIL,
}


class DNSError(OSError):
    """A name or address could not be looked up. `code` is Node's ("ENOTFOUND", "ETIMEOUT" …), `syscall` says what was
    tried ("getaddrinfo", "queryA" …), `hostname` for what."""

    def __init__(self, number: int | None, code: str, syscall: str, hostname: str) -> None:
        message = f"{syscall} {code} {hostname}" if hostname else f"{syscall} {code}"
        super().__init__(number, message)
        self.code = code
        self.syscall = syscall
        self.hostname = hostname

    def __str__(self) -> str:
        return str(self.strerror)


# The system's way

class LookupAddress(NamedTuple):
    """An address and its family, 4 or 6."""

    address: str
    family: int


class Service(NamedTuple):
    """What `lookup_service` finds."""

    hostname: str
    service: str


_default_order: Order = "verbatim"
_FAMILIES = {0: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}


def get_default_result_order() -> Order:
    """The order of addresses that `lookup` uses where none is asked for: "verbatim" at first."""
    return _default_order


def set_default_result_order(order: Order) -> None:
    """Set what `get_default_result_order` returns."""
    global _default_order
    _require_order(order)
    _default_order = order


def _require_order(order: str) -> None:
    if order not in ("verbatim", "ipv4first", "ipv6first"):
        raise ValueError(f"the order must be 'verbatim', 'ipv4first' or 'ipv6first', not {order!r}")


def lookup(
    hostname: str, callback: Callback | None = None, *, family: int | str = 0, hints: int = 0,
    all: bool = False, order: Order | None = None, verbatim: bool | None = None,
) -> Promise[Any] | None:
    """The first address of `hostname`, or with `all` a list of all, as the operating system finds them.

    `callback(error, address, family)`, with `all` `callback(error, addresses)`; without one, a promise of a
    `LookupAddress` or a list of them. `family` is 4, 6 or 0 for both; `hints` are `ADDRCONFIG`, `V4MAPPED`, `ALL`.
    `order` is "verbatim" (the system's), "ipv4first" or "ipv6first". An address is its own result.
    The error is a `DNSError`. https://nodejs.org/api/dns.html#dnslookuphostname-options-callback
    """
    number = {"IPv4": 4, "IPv6": 6}.get(family, family) if isinstance(family, str) else family
    if not isinstance(hostname, str):
        raise TypeError(f"the host name must be a string, not {hostname!r}")
    if number not in _FAMILIES:
        raise ValueError(f"the family must be 0, 4 or 6, not {family!r}")
    if hints & ~(ADDRCONFIG | V4MAPPED | ALL):
        raise ValueError(f"the hints may be ADDRCONFIG, V4MAPPED and ALL, not {hints!r}")
    if order is None:
        order = _default_order if verbatim is None else "verbatim" if verbatim else "ipv4first"
    _require_order(order)
    env = environment.current()
    deliver, promise = _lookup_completion(env, callback, all)
    literal = _family_of(hostname)
    if not hostname or literal:
        found = [LookupAddress(hostname, literal)] if literal else []
        env.next_tick(_deliver_inside, callback, promise, found, all)
        return promise

    def found_by_system(failure: OSError | None, infos: list[Any] | None) -> None:
        if failure is not None:
            deliver(lookup_error(failure, "getaddrinfo", hostname), [])
        else:
            deliver(None, _ordered(_addresses(infos or []), order))

    loop_dns.getaddrinfo(
        env.loop, found_by_system, hostname, None, _FAMILIES[number], socket.SOCK_STREAM, flags=hints
    )
    return promise


def _lookup_completion(
    env: Environment, callback: Callback | None, all: bool
) -> tuple[Callable[[OSError | None, list[LookupAddress]], None], Promise[Any] | None]:
    if callback is None:
        settle, promise = env.completion(None)
        return lambda failure, found: settle(failure, None if failure else found if all else found[0]), promise
    require_callable(callback)

    def deliver(failure: OSError | None, found: list[LookupAddress]) -> None:
        if all:
            env.make_callback(callback, failure, None if failure else found)
        elif failure is not None:
            env.make_callback(callback, failure, None, None)
        else:
            env.make_callback(callback, None, *found[0])

    return deliver, None


def _deliver_inside(
    callback: Callback | None, promise: Promise[Any] | None, found: list[LookupAddress], all: bool
) -> None:
    """The same when the result is known at once, as a tick: the queues are being drained already."""
    first = found[0] if found else LookupAddress("", 4)
    if promise is not None:
        promise._resolve(found if all else first)
    elif callback is not None:
        if all:
            callback(None, found)
        else:
            callback(None, first.address or None, first.family)


def _family_of(text: str) -> int:
    """4 or 6 when `text` is an address, else 0."""
    try:
        socket.inet_pton(socket.AF_INET, text)
        return 4
    except (OSError, ValueError):
        pass
    try:
        socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
        return 6
    except (OSError, ValueError):
        return 0


def _addresses(infos: Iterable[Any]) -> list[LookupAddress]:
    found: dict[LookupAddress, None] = {}
    for family, _type, _proto, _canonical, address in infos:
        if family in (socket.AF_INET, socket.AF_INET6):
            found[LookupAddress(address[0], 6 if family == socket.AF_INET6 else 4)] = None
    return list(found)


def _ordered(found: list[LookupAddress], order: Order) -> list[LookupAddress]:
    if order == "verbatim":
        return found
    first = 4 if order == "ipv4first" else 6
    return sorted(found, key=lambda address: address.family != first)


def lookup_error(failure: OSError, syscall: str, hostname: str) -> OSError:
    """`failure` of the system's look-up, with Node's code: ENOTFOUND for a name that has no address."""
    if not isinstance(failure, socket.gaierror):
        return failure
    number = failure.errno or 0
    if number in (socket.EAI_NONAME, socket.EAI_NODATA):
        return DNSError(number, NOTFOUND, syscall, hostname)
    names = [name for name in dir(socket) if name.startswith("EAI_") and getattr(socket, name) == number]
    return DNSError(number, names[0] if names else "EAI_FAIL", syscall, hostname)


def lookup_service(
    address: str, port: int, callback: Callback | None = None
) -> Promise[Any] | None:
    """The host name and service name of `address` and `port`, as the operating system finds them (getnameinfo(3)).

    `callback(error, hostname, service)`; without one, a promise of a `Service`. The error is a `DNSError`.
    """
    if not _family_of(address):
        raise ValueError(f"the address must be an IPv4 or IPv6 address, not {address!r}")
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"the port must be a number from 0 to 65535, not {port!r}")
    env = environment.current()
    settle, promise = env.completion(None) if callback is None else (None, None)
    if callback is not None:
        require_callable(callback)

    def found(failure: OSError | None, names: tuple[str, str] | None) -> None:
        if failure is not None:
            failure = lookup_error(failure, "getnameinfo", address)
        service = None if names is None or failure is not None else Service(*names)
        if settle is not None:
            settle(failure, service)
        elif callback is not None:
            env.make_callback(callback, failure, *(service or (None, None)))

    loop_dns.getnameinfo(env.loop, found, (address, port), socket.NI_NAMEREQD)
    return promise


# Records, as name servers answer

class AddressRecord(NamedTuple):
    """An address and for how many seconds it may be kept."""

    address: str
    ttl: int


class MxRecord(NamedTuple):
    """A mail exchange."""

    priority: int
    exchange: str


class SrvRecord(NamedTuple):
    """Where a service is found."""

    name: str
    port: int
    priority: int
    weight: int


class SoaRecord(NamedTuple):
    """The start of authority: times in seconds."""

    nsname: str
    hostmaster: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minttl: int


class NaptrRecord(NamedTuple):
    """A rule to rewrite names with."""

    flags: str
    service: str
    regexp: str
    replacement: str
    order: int
    preference: int


class CaaRecord(NamedTuple):
    """Which authority may issue certificates. `tag` is "issue", "issuewild", "iodef" …"""

    critical: int
    tag: str
    value: str


class TlsaRecord(NamedTuple):
    """Which certificate a service has (RFC 6698)."""

    cert_usage: int
    selector: int
    match: int
    data: bytes


class AnyRecord(NamedTuple):
    """One answer to `resolve_any`: `type` is "A", "MX" …, `value` as the function for that type gives one record."""

    type: str
    value: Any


def _text(data: bytes | str) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "A": lambda data: data.addr,
    "AAAA": lambda data: data.addr,
    "CAA": lambda data: CaaRecord(data.critical, data.tag, data.value),
    "CNAME": lambda data: data.cname,
    "MX": lambda data: MxRecord(data.priority, data.exchange),
    "NAPTR": lambda data: NaptrRecord(
        data.flags, data.service, data.regexp, data.replacement, data.order, data.preference
    ),
    "NS": lambda data: data.nsdname,
    "PTR": lambda data: data.dname,
    "SOA": lambda data: SoaRecord(
        data.mname, data.rname, data.serial, data.refresh, data.retry, data.expire, data.minimum
    ),
    "SRV": lambda data: SrvRecord(data.target, data.port, data.priority, data.weight),
    "TLSA": lambda data: TlsaRecord(
        data.cert_usage, data.selector, data.matching_type, data.cert_association_data
    ),
    "TXT": lambda data: [_text(data.data)],
}
_TYPE_NUMBERS: dict[str, int] = {name: getattr(pycares, f"QUERY_TYPE_{name}") for name in (*_CONVERSIONS, "ANY")}
_TYPE_NAMES = {number: name for name, number in _TYPE_NUMBERS.items()}


class _Deadline(Timer):
    """A resolver's timer. It lives while queries are outstanding, so whoever closes all handles ends them too."""

    __slots__ = ("_resolver",)

    def __init__(self, resolver: Resolver, loop: Loop) -> None:
        super().__init__(loop)
        self._resolver = resolver

    def _stop_for_close(self) -> None:
        super()._stop_for_close()
        self._resolver._deadline_closed()


class Resolver:
    """Asks name servers, its own (`set_servers`) or those of the system. https://nodejs.org/api/dns.html#class-dnsresolver

    `timeout` is in ms for the first try, -1 for c-ares' own (2 s); `tries` is how often each server is asked.
    Every method takes a `callback(error, result)` or returns a promise; the error is a `DNSError`. `env` is who calls
    back, an `Environment` or what has its `loop` and `completion`; the current one by default.
    """

    def __init__(self, *, timeout: int = -1, tries: int = 4, env: Any = None) -> None:
        if not isinstance(timeout, int) or timeout < -1:
            raise ValueError(f"the timeout must be a number of ms, or -1, not {timeout!r}")
        if not isinstance(tries, int) or tries < 1:
            raise ValueError(f"the number of tries must be 1 or more, not {tries!r}")
        self._env = environment.current() if env is None else env
        self._timeout = timeout
        self._tries = tries
        self._servers: list[str] | None = None
        self._made: Any = None
        self._polls: dict[int, Poll] = {}
        self._deadline: _Deadline | None = None
        self._outstanding = 0
        self._ended = False

    # Servers

    def get_servers(self) -> list[str]:
        """The addresses of the name servers that are asked; with a port where that is not 53."""
        if self._servers is not None:
            return list(self._servers)
        return [_without_default_port(server) for server in self._channel().servers if server]

    def set_servers(self, servers: Iterable[str]) -> None:
        """Ask these servers: addresses, with a port if it is not 53 ("127.0.0.1:5353", "[::1]:5353").

        Raises `ValueError` for what is not an address, `DNSError` EBUSY while queries are outstanding.
        """
        wanted = [_without_default_port(server) for server in servers]
        if self._outstanding:
            raise DNSError(errno.EBUSY, "EBUSY", "setServers", "")
        self._servers = wanted
        if self._made is not None:
            self._made.servers = wanted

    def set_local_address(self, ipv4: str = "0.0.0.0", ipv6: str = "::0") -> None:
        """Send queries from these addresses of this machine. Raises `ValueError` for what is not an address."""
        channel = self._channel()
        channel.set_local_ip(ipv4)
        channel.set_local_ip(ipv6)

    # The channel

    def _channel(self) -> Any:
        """The `pycares.Channel`, made when first needed."""
        if self._made is None:
            options: dict[str, Any] = {"tries": self._tries, "sock_state_cb": _weak_callback(self)}
            if self._timeout >= 0:
                options["timeout"] = max(self._timeout, 1) / 1000
            if self._servers:
                options["servers"] = self._servers
            self._made = pycares.Channel(flags=pycares.ARES_FLAG_NOCHECKRESP, **options)
        return self._made

    def _socket_changed(self, fd: int, readable: bool, writable: bool) -> None:
        """c-ares tells what it waits for; for neither, just before it closes the socket."""
        poll = self._polls.get(fd)
        if not readable and not writable:
            if poll is not None:
                del self._polls[fd]
                if not poll.closing:
                    poll.close()
            return
        if poll is None:
            poll = self._polls[fd] = Poll(self._env.loop, fd)
        poll.start((READABLE if readable else 0) | (WRITABLE if writable else 0), partial(self._socket_ready, fd))

    def _socket_ready(self, fd: int, failure: OSError | None, events: int) -> None:
        both = failure is not None
        bad = pycares.ARES_SOCKET_BAD
        self._process(fd if both or events & READABLE else bad, fd if both or events & WRITABLE else bad)

    def _process(self, readable: int, writable: int) -> None:
        self._channel().process_fd(readable, writable)
        self._schedule()

    def _schedule(self) -> None:
        """Have c-ares look after its retries when the next is due."""
        deadline = self._deadline
        if deadline is not None and not deadline.closing:
            deadline.start(self._due, int(self._channel().timeout(1.0) * 1000) + 1)

    def _due(self) -> None:
        self._process(pycares.ARES_SOCKET_BAD, pycares.ARES_SOCKET_BAD)

    def _deadline_closed(self) -> None:
        if self._outstanding and self._made is not None:
            self._ended = True  # not by us: the loop is being emptied, and nobody wants to be called back
            self._made.cancel()

    # Queries

    def cancel(self) -> None:
        """End all outstanding queries of this resolver with ECANCELLED."""
        if self._outstanding:
            self._channel().cancel()

    def _ask(
        self, callback: Callback | None, syscall: str, hostname: str,
        ask: Callable[[Callable[[Any, int | None], None]], None], convert: Callable[[Any], Any],
    ) -> Promise[Any] | None:
        """Call `ask` with a callback for c-ares; deliver what `convert` makes of the answer.

        c-ares calls back in the midst of its own work, so the program is called from the loop's next pending step.
        """
        loop = self._env.loop
        deliver, promise = self._env.completion(callback)

        def answered(answer: Any, status: int | None) -> None:
            if status is None:
                found = convert(answer)
                finish(None if found else DNSError(socket.EAI_NODATA, NODATA, syscall, hostname), found or None)
            else:
                finish(_error_of(status, syscall, hostname), None)

        def finish(failure: DNSError | None, result: Any) -> None:
            self._outstanding -= 1
            if not self._outstanding and self._deadline is not None:
                deadline, self._deadline = self._deadline, None
                if not deadline.closing:
                    deadline.close()
            if not self._ended:
                loop.defer(deliver, failure, result)

        self._outstanding += 1
        if self._deadline is None:
            self._deadline = _Deadline(self, loop)
        try:
            ask(answered)
        except (pycares.AresError, UnicodeError) as exc:
            status = exc.args[0] if isinstance(exc, pycares.AresError) else pycares.errno.ARES_EBADNAME
            finish(_error_of(status, syscall, hostname), None)
        self._schedule()
        return promise

    def _query(
        self, hostname: str, rrtype: str, callback: Callback | None,
        pick: Callable[[Any], Any] | None = None,
    ) -> Promise[Any] | None:
        if not isinstance(hostname, str):
            raise TypeError(f"the host name must be a string, not {hostname!r}")
        number = _TYPE_NUMBERS[rrtype]
        convert = pick or (lambda record: _CONVERSIONS[rrtype](record.data))

        def answers(answer: Any) -> list[Any]:
            return [convert(record) for record in answer.answer if record.type == number]

        return self._ask(
            callback, f"query{_SYSCALLS.get(rrtype, rrtype.capitalize())}", hostname,
            lambda answered: self._channel().query(hostname, number, callback=answered), answers,
        )

    def resolve(
        self, hostname: str, rrtype: str | Callback = "A", callback: Callback | None = None
    ) -> Promise[Any] | None:
        """The records of the type named `rrtype` ("A", "MX" …), as the method for that type gives them.

        Raises `ValueError` for a type that is not known.
        """
        if callable(rrtype):
            return self.resolve4(hostname, rrtype)
        method = _METHODS.get(rrtype)
        if method is None:
            raise ValueError(f"the record type must be one of {', '.join(_METHODS)}, not {rrtype!r}")
        return method(self, hostname, callback)  # type: ignore[no-any-return]

    def resolve4(
        self, hostname: str, callback: Callback | None = None, *, ttl: bool = False
    ) -> Promise[Any] | None:
        """IPv4 addresses: a list of strings, or with `ttl` of `AddressRecord`s."""
        return self._query(hostname, "A", callback, _with_ttl if ttl else None)

    def resolve6(
        self, hostname: str, callback: Callback | None = None, *, ttl: bool = False
    ) -> Promise[Any] | None:
        """IPv6 addresses: a list of strings, or with `ttl` of `AddressRecord`s."""
        return self._query(hostname, "AAAA", callback, _with_ttl if ttl else None)

    def resolve_any(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """All records a server cares to tell: a list of `AnyRecord`s."""
        def records(answer: Any) -> list[AnyRecord]:
            return [_any_record(record) for record in answer.answer if _TYPE_NAMES.get(record.type) in _CONVERSIONS]

        return self._ask(
            callback, "queryAny", hostname,
            lambda answered: self._channel().query(hostname, _TYPE_NUMBERS["ANY"], callback=answered), records,
        )

    def resolve_caa(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Certification authority authorizations: a list of `CaaRecord`s."""
        return self._query(hostname, "CAA", callback)

    def resolve_cname(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Canonical names: a list of strings."""
        return self._query(hostname, "CNAME", callback)

    def resolve_mx(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Mail exchanges: a list of `MxRecord`s."""
        return self._query(hostname, "MX", callback)

    def resolve_naptr(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Rules to rewrite names with: a list of `NaptrRecord`s."""
        return self._query(hostname, "NAPTR", callback)

    def resolve_ns(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Name servers: a list of strings."""
        return self._query(hostname, "NS", callback)

    def resolve_ptr(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Pointers: a list of strings."""
        return self._query(hostname, "PTR", callback)

    def resolve_soa(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """The start of authority: one `SoaRecord`."""
        number = _TYPE_NUMBERS["SOA"]

        def first(answer: Any) -> SoaRecord | None:
            return next((_CONVERSIONS["SOA"](record.data) for record in answer.answer if record.type == number), None)

        return self._ask(
            callback, "querySoa", hostname,
            lambda answered: self._channel().query(hostname, number, callback=answered), first,
        )

    def resolve_srv(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Where a service is found: a list of `SrvRecord`s."""
        return self._query(hostname, "SRV", callback)

    def resolve_tlsa(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Certificates of services: a list of `TlsaRecord`s."""
        return self._query(hostname, "TLSA", callback)

    def resolve_txt(self, hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
        """Texts: a list of records, each a list of strings."""
        return self._query(hostname, "TXT", callback)

    def reverse(self, address: str, callback: Callback | None = None) -> Promise[Any] | None:
        """The names of an address: a list of strings. Raises `DNSError` EINVAL for what is not an address."""
        if not isinstance(address, str):
            raise TypeError(f"the address must be a string, not {address!r}")
        if not _family_of(address):
            raise DNSError(errno.EINVAL, "EINVAL", "getHostByAddr", address)
        return self._ask(
            callback, "getHostByAddr", address,
            lambda answered: self._channel().gethostbyaddr(address, callback=answered),
            lambda host: host.aliases or [host.name],
        )


def _weak_callback(resolver: Resolver) -> Callable[[int, bool, bool], None]:
    """For c-ares to call: must not keep the resolver alive, or its channel would never be given back."""
    reference = weakref.ref(resolver)

    def changed(fd: int, readable: bool, writable: bool) -> None:
        alive = reference()
        if alive is not None:
            alive._socket_changed(fd, readable, writable)

    return changed


_SYSCALLS = {"A": "A", "AAAA": "Aaaa"}
_METHODS: dict[str, Any] = {
    "A": Resolver.resolve4, "AAAA": Resolver.resolve6, "ANY": Resolver.resolve_any, "CAA": Resolver.resolve_caa,
    "CNAME": Resolver.resolve_cname, "MX": Resolver.resolve_mx, "NAPTR": Resolver.resolve_naptr,
    "NS": Resolver.resolve_ns, "PTR": Resolver.resolve_ptr, "SOA": Resolver.resolve_soa, "SRV": Resolver.resolve_srv,
    "TLSA": Resolver.resolve_tlsa, "TXT": Resolver.resolve_txt,
}


def _with_ttl(record: Any) -> AddressRecord:
    return AddressRecord(record.data.addr, record.ttl)


def _any_record(record: Any) -> AnyRecord:
    name = _TYPE_NAMES[record.type]
    return AnyRecord(name, _with_ttl(record) if name in ("A", "AAAA") else _CONVERSIONS[name](record.data))


def _error_of(status: int, syscall: str, hostname: str) -> DNSError:
    name = str(pycares.errno.errorcode.get(status, "ARES_ESERVFAIL")).removeprefix("ARES_")
    return DNSError(_ERRNO_OF_CODE.get(name), name, syscall, hostname)


def _without_default_port(server: str) -> str:
    """`server` as Node writes it. Raises `ValueError` for what is not an address, with or without a port."""
    if not isinstance(server, str):
        raise TypeError(f"the address of a name server must be a string, not {server!r}")
    address, port = server, "53"
    if server.startswith("["):
        address, bracket, rest = server[1:].partition("]")
        rest = rest if bracket else "no end"
        port = rest[1:] if rest.startswith(":") else "53" if not rest else "bad"
    elif server.count(":") == 1:
        address, _, port = server.partition(":")
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        raise ValueError(f"invalid IP address: {server}") from None
    if not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"invalid IP address: {server}")
    if port == "53":
        return address
    return f"[{address}]:{port}" if version == 6 else f"{address}:{port}"


# The environment's own resolver

def _resolver() -> Resolver:
    owned: dict[str, Any] = vars(environment.current())
    resolver = owned.get("_resolver")
    if not isinstance(resolver, Resolver):
        resolver = owned["_resolver"] = Resolver()
    return resolver


def get_servers() -> list[str]:
    """See `Resolver.get_servers`."""
    return _resolver().get_servers()


def set_servers(servers: Iterable[str]) -> None:
    """See `Resolver.set_servers`."""
    _resolver().set_servers(servers)


def resolve(
    hostname: str, rrtype: str | Callback = "A", callback: Callback | None = None
) -> Promise[Any] | None:
    """See `Resolver.resolve`."""
    return _resolver().resolve(hostname, rrtype, callback)


def resolve4(
    hostname: str, callback: Callback | None = None, *, ttl: bool = False
) -> Promise[Any] | None:
    """See `Resolver.resolve4`."""
    return _resolver().resolve4(hostname, callback, ttl=ttl)


def resolve6(
    hostname: str, callback: Callback | None = None, *, ttl: bool = False
) -> Promise[Any] | None:
    """See `Resolver.resolve6`."""
    return _resolver().resolve6(hostname, callback, ttl=ttl)


def resolve_any(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_any`."""
    return _resolver().resolve_any(hostname, callback)


def resolve_caa(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_caa`."""
    return _resolver().resolve_caa(hostname, callback)


def resolve_cname(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_cname`."""
    return _resolver().resolve_cname(hostname, callback)


def resolve_mx(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_mx`."""
    return _resolver().resolve_mx(hostname, callback)


def resolve_naptr(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_naptr`."""
    return _resolver().resolve_naptr(hostname, callback)


def resolve_ns(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_ns`."""
    return _resolver().resolve_ns(hostname, callback)


def resolve_ptr(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_ptr`."""
    return _resolver().resolve_ptr(hostname, callback)


def resolve_soa(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_soa`."""
    return _resolver().resolve_soa(hostname, callback)


def resolve_srv(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_srv`."""
    return _resolver().resolve_srv(hostname, callback)


def resolve_tlsa(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_tlsa`."""
    return _resolver().resolve_tlsa(hostname, callback)


def resolve_txt(hostname: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.resolve_txt`."""
    return _resolver().resolve_txt(hostname, callback)


def reverse(address: str, callback: Callback | None = None) -> Promise[Any] | None:
    """See `Resolver.reverse`."""
    return _resolver().reverse(address, callback)
