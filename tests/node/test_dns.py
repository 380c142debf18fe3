"""node.dns, against a small name server on the loopback interface."""

from __future__ import annotations

import errno
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pycares
import pytest
from running import run_main as run

from ouroloop.node import dns
from ouroloop.node.environment import Environment
from ouroloop.node.promise import Promise

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, NAPTR, TLSA, ANY, CAA = 1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 52, 255, 257

# pycares ends its channels in a thread of its own, started with the first channel and never ended.
pycares.Channel().close()


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def string(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


def address(text: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


RECORDS: dict[str, list[tuple[int, int, bytes]]] = {
    "a.test": [(A, 60, address("192.0.2.1")), (A, 30, address("192.0.2.2")), (AAAA, 5, address("2001:db8::1"))],
    "alias.test": [(CNAME, 60, name("a.test"))],
    "mail.test": [(MX, 60, b"\0\x0a" + name("mx1.test")), (MX, 60, b"\0\x14" + name("mx2.test"))],
    "text.test": [(TXT, 60, string("v=spf1 ") + string("-all")), (TXT, 60, string("second"))],
    "srv.test": [(SRV, 60, struct.pack("!HHH", 1, 5, 8080) + name("host.test"))],
    "tlsa.test": [(TLSA, 60, b"\3\1\1" + b"digest")],
    "ns.test": [(NS, 60, name("ns1.test"))],
    "soa.test": [
        (SOA, 60, name("ns.test") + name("admin.test") + struct.pack("!IIIII", 2024, 900, 901, 902, 60)),
    ],
    "naptr.test": [
        (NAPTR, 60, struct.pack("!HH", 30, 100) + string("s") + string("SIP+D2U") + string("") + name("sip.test")),
    ],
    "caa.test": [(CAA, 60, b"\0" + string("issue") + b"ca.test")],
    "ptr.test": [(PTR, 60, name("pointed.test"))],
    "1.2.0.192.in-addr.arpa": [(PTR, 60, name("one.test")), (PTR, 60, name("two.test"))],
}
CODES = {"servfail.test": 2, "missing.test": 3, "refused.test": 5, "formerr.test": 1, "notimp.test": 4}


class NameServer:
    """Answers from `RECORDS`; names in `silent` get no answer."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.asked: list[str] = []
        self.drop = 0
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while True:
            query, client = self.socket.recvfrom(4096)
            if query == b"stop":
                return
            answer = self.answer(query)
            if answer:
                self.socket.sendto(answer, client)

    def answer(self, query: bytes) -> bytes:
        position, labels = 12, []
        while query[position]:
            labels.append(query[position + 1 : position + 1 + query[position]].decode())
            position += 1 + query[position]
        asked = ".".join(labels).lower()
        (kind,) = struct.unpack_from("!H", query, position + 1)
        self.asked.append(asked)
        if self.drop or asked == "silent.test":
            self.drop -= bool(self.drop)
            return b""
        found = [record for record in RECORDS.get(asked, ()) if kind in (record[0], ANY)]
        code = CODES.get(asked, 0)
        answers = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", each, 1, ttl, len(data)) + data for each, ttl, data in found
        )
        return (
            query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(found), 0, 0) + query[12 : position + 5] + answers
        )

    def stop(self) -> None:
        self.socket.sendto(b"stop", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


@pytest.fixture
def server(env: Environment) -> Iterator[NameServer]:
    server = NameServer()
    dns.set_servers([server.address])
    yield server
    server.stop()


def result_of(env: Environment, ask: Callable[[], Promise[Any] | None]) -> Any:
    results: list[Any] = []

    async def main() -> None:
        promise = ask()
        assert promise is not None
        try:
            results.append(await promise)
        except OSError as exc:
            results.append(exc)

    run(env, main)
    return results[0]


class TestRecords:
    @pytest.mark.parametrize(
        ("function", "hostname", "expected"),
        [
            ("resolve4", "a.test", ["192.0.2.1", "192.0.2.2"]),
            ("resolve6", "a.test", ["2001:db8::1"]),
            ("resolve", "a.test", ["192.0.2.1", "192.0.2.2"]),
            ("resolve_cname", "alias.test", ["a.test"]),
            ("resolve_mx", "mail.test", [dns.MxRecord(10, "mx1.test"), dns.MxRecord(20, "mx2.test")]),
            ("resolve_txt", "text.test", [["v=spf1 -all"], ["second"]]),
            ("resolve_srv", "srv.test", [dns.SrvRecord("host.test", 8080, 1, 5)]),
            ("resolve_tlsa", "tlsa.test", [dns.TlsaRecord(3, 1, 1, b"digest")]),
            ("resolve_ns", "ns.test", ["ns1.test"]),
            ("resolve_soa", "soa.test", dns.SoaRecord("ns.test", "admin.test", 2024, 900, 901, 902, 60)),
            ("resolve_naptr", "naptr.test", [dns.NaptrRecord("s", "SIP+D2U", "", "sip.test", 30, 100)]),
            ("resolve_caa", "caa.test", [dns.CaaRecord(0, "issue", "ca.test")]),
            ("resolve_ptr", "ptr.test", ["pointed.test"]),
            ("reverse", "192.0.2.1", ["one.test", "two.test"]),
        ],
    )
    def test_each_type_is_given_as_node_gives_it(
        self, env: Environment, server: NameServer, function: str, hostname: str, expected: Any
    ) -> None:
        assert result_of(env, lambda: getattr(dns, function)(hostname)) == expected

    @pytest.mark.parametrize(
        ("rrtype", "hostname"), [("A", "a.test"), ("AAAA", "a.test"), ("MX", "mail.test"), ("TXT", "text.test")]
    )
    def test_resolve_takes_the_type_by_name(
        self, env: Environment, server: NameServer, rrtype: str, hostname: str
    ) -> None:
        assert result_of(env, lambda: dns.resolve(hostname, rrtype))

    def test_with_ttl_addresses_tell_how_long_they_may_be_kept(self, env: Environment, server: NameServer) -> None:
        assert result_of(env, lambda: dns.resolve4("a.test", ttl=True)) == [("192.0.2.1", 60), ("192.0.2.2", 30)]
        assert result_of(env, lambda: dns.resolve6("a.test", ttl=True)) == [dns.AddressRecord("2001:db8::1", 5)]

    def test_resolve_any_gives_records_of_every_type(self, env: Environment, server: NameServer) -> None:
        assert result_of(env, lambda: dns.resolve_any("a.test")) == [
            ("A", ("192.0.2.1", 60)), ("A", ("192.0.2.2", 30)), ("AAAA", ("2001:db8::1", 5)),
        ]

    def test_a_callback_gets_error_and_result(self, env: Environment, server: NameServer) -> None:
        calls: list[Any] = []

        def main() -> None:
            assert dns.resolve4("a.test", lambda *args: calls.append(args)) is None
            dns.resolve("a.test", lambda *args: calls.append(args))
            dns.resolve4("missing.test", lambda error, found: calls.append((error.code, found)))

        run(env, main)
        assert sorted(calls, key=str) == [
            ("ENOTFOUND", None), (None, ["192.0.2.1", "192.0.2.2"]), (None, ["192.0.2.1", "192.0.2.2"]),
        ]

    def test_100_queries_at_once(self, env: Environment, server: NameServer) -> None:
        found: list[Any] = []

        def main() -> None:
            for _ in range(100):
                dns.resolve4("a.test", lambda error, result: found.append((error, result)))

        run(env, main)
        assert found == [(None, ["192.0.2.1", "192.0.2.2"])] * 100


class TestErrors:
    @pytest.mark.parametrize(
        ("hostname", "code"),
        [
            ("missing.test", "ENOTFOUND"), ("empty.test", "ENODATA"), ("servfail.test", "ESERVFAIL"),
            ("refused.test", "EREFUSED"), ("formerr.test", "EFORMERR"), ("notimp.test", "ENOTIMP"),
            ("bad..name", "EBADNAME"), ("x" * 64 + ".test", "EBADNAME"),
        ],
    )
    def test_each_failure_has_nodes_code(self, env: Environment, server: NameServer, hostname: str, code: str) -> None:
        error = result_of(env, lambda: dns.resolve4(hostname))
        assert isinstance(error, dns.DNSError)
        assert (error.code, error.syscall, error.hostname) == (code, "queryA", hostname)
        assert str(error) == f"queryA {code} {hostname}"

    def test_a_server_that_is_not_there_is_econnrefused(self, env: Environment) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.connect(probe.getsockname())  # it holds the port, and hears nobody but itself
            dns.set_servers([f"127.0.0.1:{probe.getsockname()[1]}"])
            error = result_of(env, lambda: dns.resolve_mx("a.test"))
        assert (error.code, error.errno, error.syscall) == ("ECONNREFUSED", errno.ECONNREFUSED, "queryMx")

    def test_a_server_that_does_not_answer_is_etimeout(self, env: Environment, server: NameServer) -> None:
        def ask() -> Promise[Any] | None:
            resolver = dns.Resolver(timeout=30, tries=1)
            resolver.set_servers([server.address])
            return resolver.resolve4("silent.test")

        error = result_of(env, ask)
        assert (error.code, error.errno) == ("ETIMEOUT", errno.ETIMEDOUT)
        assert server.asked == ["silent.test"]

    def test_a_lost_answer_is_asked_for_again(self, env: Environment, server: NameServer) -> None:
        server.drop = 1

        def ask() -> Promise[Any] | None:
            resolver = dns.Resolver(timeout=30, tries=3)
            resolver.set_servers([server.address])
            return resolver.resolve4("a.test")

        assert result_of(env, ask) == ["192.0.2.1", "192.0.2.2"]
        assert server.asked == ["a.test", "a.test"]

    def test_an_error_raised_by_a_callback_reaches_uncaught_exception(
        self, env: Environment, server: NameServer
    ) -> None:
        caught: list[BaseException] = []
        env.process.on("uncaughtException", lambda error, origin: caught.append(error))
        found: list[Any] = []

        def main() -> None:
            dns.resolve4("a.test", lambda error, result: 1 // 0)
            dns.resolve4("a.test", lambda error, result: found.append(result))

        run(env, main)
        assert [type(error) for error in caught] == [ZeroDivisionError]
        assert found == [["192.0.2.1", "192.0.2.2"]]

    def test_bad_arguments_are_refused_at_once(self, env: Environment) -> None:
        with pytest.raises(ValueError, match="MADEUP"):
            dns.resolve("a.test", "MADEUP")
        with pytest.raises(TypeError, match="5"):
            dns.resolve4(5)  # type: ignore[arg-type]
        with pytest.raises(dns.DNSError) as raised:
            dns.reverse("a.test")
        assert (raised.value.code, raised.value.errno, raised.value.syscall) == (
            "EINVAL", errno.EINVAL, "getHostByAddr",
        )
        for wrong in ({"timeout": -2}, {"tries": 0}):
            with pytest.raises(ValueError, match="must be"):
                dns.Resolver(**wrong)


class TestResolver:
    def test_cancel_ends_its_own_queries_only(self, env: Environment, server: NameServer) -> None:
        log: list[Any] = []

        def main() -> None:
            resolver = dns.Resolver()
            resolver.set_servers([server.address])
            resolver.resolve4("silent.test", lambda error, found: log.append(error.code))
            resolver.resolve_mx("silent.test", lambda error, found: log.append(error.code))
            dns.resolve4("a.test", lambda error, found: log.append(len(found)))
            resolver.cancel()
            log.append("cancelled")

        run(env, main)
        assert log[0] == "cancelled"
        assert sorted(log[1:], key=str) == [2, "ECANCELLED", "ECANCELLED"]

    def test_a_cancelled_resolver_may_be_used_again(self, env: Environment, server: NameServer) -> None:
        log: list[Any] = []

        async def main() -> None:
            resolver = dns.Resolver()
            resolver.set_servers([server.address])
            for _ in range(2):
                promise = resolver.resolve4("silent.test")
                resolver.cancel()
                try:
                    await promise  # type: ignore[misc]
                except dns.DNSError as exc:
                    log.append(exc.code)
                log.append(await resolver.resolve6("a.test"))  # type: ignore[misc]

        run(env, main)
        assert log == ["ECANCELLED", ["2001:db8::1"]] * 2

    def test_servers_are_given_back_as_they_were_set(self, env: Environment) -> None:
        dns.set_servers(["127.0.0.1:9", "[::1]:53", "8.8.8.8", "[2001:db8::1]:5353"])
        assert dns.get_servers() == ["127.0.0.1:9", "::1", "8.8.8.8", "[2001:db8::1]:5353"]
        for wrong in ("name", "1.2.3.4:0", "1.2.3.4:99999", "[::1", "1.2.3.4:x", ""):
            with pytest.raises(ValueError, match="invalid IP address"):
                dns.set_servers([wrong])
        assert dns.get_servers()[0] == "127.0.0.1:9"

    def test_servers_cannot_change_while_queries_are_outstanding(self, env: Environment, server: NameServer) -> None:
        def main() -> None:
            dns.resolve4("a.test", lambda error, found: None)
            with pytest.raises(dns.DNSError) as raised:
                dns.set_servers(["127.0.0.1"])
            assert raised.value.errno == errno.EBUSY

        run(env, main)

    def test_servers_of_one_resolver_are_not_those_of_another(self, env: Environment, server: NameServer) -> None:
        resolver = dns.Resolver()
        resolver.set_servers(["192.0.2.53"])
        assert dns.get_servers() == [server.address]
        assert resolver.get_servers() == ["192.0.2.53"]

    def test_an_environment_may_close_with_queries_outstanding(self, server: NameServer) -> None:
        called: list[Any] = []
        with Environment():
            dns.set_servers([server.address])
            dns.resolve4("silent.test", lambda *args: called.append(args))
        assert called == []

    def test_an_unused_resolver_keeps_nothing_alive(self, env: Environment) -> None:
        handles = len(list(env.loop.walk()))
        resolver = dns.Resolver()
        assert resolver.get_servers() is not None
        assert len(list(env.loop.walk())) == handles
        assert not env.loop.alive


class TestLookup:
    def test_localhost_is_found_by_the_system(self, env: Environment) -> None:
        assert result_of(env, lambda: dns.lookup("localhost", family=4)) == ("127.0.0.1", 4)

    def test_a_callback_gets_error_address_and_family(self, env: Environment) -> None:
        calls: list[Any] = []

        def main() -> None:
            dns.lookup("localhost", lambda *args: calls.append(args), family=4)
            dns.lookup("no-such-name.invalid", lambda error, *rest: calls.append((error.syscall, *rest)))

        run(env, main)
        assert sorted(calls, key=str) == [("getaddrinfo", None, None), (None, "127.0.0.1", 4)]

    def test_all_gives_a_list(self, env: Environment) -> None:
        calls: list[Any] = []
        run(env, lambda: dns.lookup("localhost", lambda *args: calls.append(args), all=True))
        [(error, found)] = calls
        assert error is None
        assert dns.LookupAddress("127.0.0.1", 4) in found
        assert len(set(found)) == len(found)

    @pytest.mark.parametrize(("text", "family"), [("127.0.0.1", 4), ("::1", 6), ("fe80::1%lo", 6)])
    def test_an_address_is_its_own_result(self, env: Environment, text: str, family: int) -> None:
        order: list[str] = []

        def main() -> None:
            dns.lookup(text, lambda error, address, family: order.append((address, family)))  # type: ignore[arg-type]
            dns.lookup(text, lambda error, found: order.append(found), all=True)  # type: ignore[arg-type]
            order.append("called")

        run(env, main)
        assert order == ["called", (text, family), [(text, family)]]
        assert env.loop.pool.threads == 0

    def test_an_unknown_name_is_a_dns_error(self, env: Environment) -> None:
        error = result_of(env, lambda: dns.lookup("no-such-name.invalid"))
        assert isinstance(error, dns.DNSError)
        assert error.code in ("ENOTFOUND", "EAI_AGAIN")
        assert error.hostname == "no-such-name.invalid"

    def test_the_order_of_families_can_be_chosen(self) -> None:
        found = [dns.LookupAddress("::1", 6), dns.LookupAddress("127.0.0.1", 4), dns.LookupAddress("::2", 6)]
        assert dns._ordered(found, "verbatim") == found
        assert [each.family for each in dns._ordered(found, "ipv4first")] == [4, 6, 6]
        assert [each.address for each in dns._ordered(found, "ipv6first")] == ["::1", "::2", "127.0.0.1"]

    def test_the_default_order_can_be_set(self, env: Environment) -> None:
        assert dns.get_default_result_order() == "verbatim"
        dns.set_default_result_order("ipv4first")
        try:
            assert dns.get_default_result_order() == "ipv4first"
        finally:
            dns.set_default_result_order("verbatim")
        with pytest.raises(ValueError, match="ipv5first"):
            dns.set_default_result_order("ipv5first")  # type: ignore[arg-type]

    def test_lookup_service_names_host_and_service(self, env: Environment) -> None:
        found = result_of(env, lambda: dns.lookup_service("127.0.0.1", 80))
        assert found == dns.Service(socket.getnameinfo(("127.0.0.1", 80), 0)[0], "http")

    def test_bad_arguments_are_refused_at_once(self, env: Environment) -> None:
        for call in (
            lambda: dns.lookup("x", family=5), lambda: dns.lookup("x", hints=1 << 20),
            lambda: dns.lookup_service("localhost", 80), lambda: dns.lookup_service("127.0.0.1", 65536),
        ):
            with pytest.raises(ValueError, match=r"must be|may be"):
                call()
        with pytest.raises(TypeError, match="string"):
            dns.lookup(None)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="function"):
            dns.lookup("x", "callback")  # type: ignore[arg-type]
