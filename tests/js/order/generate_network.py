"""Statements about what waits for the system: sockets, HTTP, datagrams, workers' pipes, the thread pool."""

from __future__ import annotations

from .generate_parts import Make, Maker, Parts, Place


class Network(Maker):
    """What begins a section of its own. Both ends of a connection are in the program itself."""

    def network_makers(self) -> list[Make]:
        return [
            self.a_socket, self.a_socket, self.an_http_exchange, self.an_http_exchange, self.a_fetch, self.a_datagram,
            self.a_fork, self.a_pool_call, self.a_pool_call, self.pool_calls, self.a_zlib_stream, self.a_compression,
            self.a_blob, self.a_directory, self.a_look_up,
        ]

    def told(self, of: str, *events: str) -> str:
        """Code that logs the events of what the variable `of` holds."""
        n = self.label()
        names = ", ".join(f"'{event}'" for event in events)
        return (
            f"for (const name of [{names}]) {of}.on(name, (x) => "
            f"log({n}, '{of}', name, x instanceof Error ? x : x?.length ?? '')); "
        )

    def a_socket(self, place: Place) -> Parts:
        n = self.label()
        end = self.pick("s.end('bye')", "s.end()", "s.pipe(s)", "s.destroy()", "s.write('x', () => s.end('y'))",
                        "s.resetAndDestroy()", f"s.destroy(err({n}))")
        options = self.pick("", "", "{ allowHalfOpen: true }, ", "{ pauseOnConnect: true }, ", "{ noDelay: true }, ")
        last = self.pick("c.on('close', () => v.close());", "v.close();", "s.on('close', () => v.close());")
        inside = last if last.startswith(("s.", "v.")) else ""
        start = self.pick("s.on('data', () => {", "s.once('data', () => {", "process.nextTick(() => {", "{")
        finish = "}" if start == "{" else "});"
        write = self.pick("c.write('hi');", "c.end('hi');", "c.write('a'); c.end('b');",
                          "c.end('a', () => log('sent'));")
        after = last if not inside else ""
        return [
            f"{{ const v = net.createServer({options}(s) => {{ log({n}, 'connection'); {inside} ",
            self.told("s", "data", "end", "close", "error", "finish", "drain"), f"s.resume(); {start} {end};",
            self.block(place.inside()), f"{finish} }}); ", self.told("v", "listening", "close", "error"),
            "v.listen(0, '127.0.0.1', () => { const c = net.connect(v.address().port, '127.0.0.1', () => {",
            self.block(place.inside()), "}); ",
            self.told("c", "connect", "ready", "data", "end", "close", "error", "finish"), f"{write} {after} }}); }}",
        ]

    def an_http_exchange(self, place: Place) -> Parts:
        n = self.label()
        agent = self.pick("", "", ", agent: false", ", agent: new http.Agent({ keepAlive: true, maxSockets: 1 })")
        answer = self.pick("a.end('ok');", "a.write('x'); a.end('y');", "q.pipe(a);", "a.writeHead(204).end();",
                           "a.destroy();", "a.flushHeaders(); process.nextTick(() => a.end('z'));",
                           "q.resume(); q.on('end', () => a.end('late'));",
                           "Readable.from(['p', 'q']).pipe(a);")
        send = self.pick("r.end();", "r.end('body');", "r.write('b'); r.end('c');", "r.flushHeaders(); r.end();")
        times = self.pick("1", "1", "2")
        method = self.pick("GET", "POST")
        return [
            f"{{ let left = {times}; const v = http.createServer((q, a) => {{ log({n}, q.method);",
            self.block(place.inside()), self.told("q", "end", "close", "aborted"), self.told("a", "finish", "close"),
            f" {answer} }}); ", self.told("v", "close", "connection", "error"),
            f"v.listen(0, '127.0.0.1', () => {{ for (let i = 0; i < {times}; i++) {{ const r = http.request({{ "
            f"port: v.address().port, host: '127.0.0.1', method: '{method}'{agent} }}, (s) => {{ "
            f"log({n}, s.statusCode);", self.block(place.inside()), self.told("s", "data", "end", "close", "error"),
            "}); ", self.told("r", "socket", "finish", "close", "error"),
            f"r.on('close', () => {{ if (!--left) v.close(); }}); {send} }} }}); }}",
        ]

    def a_fetch(self, place: Place) -> Parts:
        n = self.label()
        read = self.pick("r.text()", "r.json()", "r.arrayBuffer().then((v) => v.byteLength)", "r.body.cancel()")
        options = self.pick("", ", { method: 'POST', body: 'x' }", f", {{ signal: A[{n % 3}].signal }}")
        return self.in_async(place, [
            f"{{ const v = http.createServer((q, a) => {{ log({n}, q.method); a.end('{n}'); }}).listen(0, '127.0.0.1');"
            f" await once(v, 'listening'); try {{ const r = await fetch(`http://127.0.0.1:${{v.address().port}}`"
            f"{options}); log({n}, r.status);", self.block(place.inside(True)), f"log({n}, await {read}); "
            "} finally { v.close(); v.closeAllConnections(); } }",
        ])

    def a_datagram(self, place: Place) -> Parts:
        n = self.label()
        send = self.pick("u.send('x', u.address().port, '127.0.0.1');",
                         f"u.send(['x', 'y'], u.address().port, '127.0.0.1', (x) => log({n}, 'sent', x));")
        return [
            "{ const u = dgram.createSocket('udp4'); ", self.told("u", "listening", "close", "error"),
            f"u.on('message', (v) => {{ log({n}, v.length);", self.block(place.inside()),
            f"u.close(() => log({n}, 'closed')); }}); u.bind(0, '127.0.0.1', () => {{", self.block(place.inside()),
            f"{send} }}); }}",
        ]

    def a_fork(self, place: Place) -> Parts:
        n = self.label()
        end = self.pick("c.disconnect();", "c.send('end');", "c.kill();")
        return [
            "{ const c = processes.fork('./child.cjs', { silent: true }); ",
            self.told("c", "spawn", "disconnect", "exit", "close", "error"),
            f"c.once('message', (v) => {{ log({n}, v);", self.block(place.inside()),
            f"{end} }}); c.send({n}, (x) => log({n}, 'sent', x)); }}",
        ]

    def pool_job(self) -> str:
        """A call that ends with a callback's first parameters."""
        return self.pick(
            "crypto.randomBytes(3, ", "crypto.pbkdf2('p', 's', 1, 4, 'sha1', ", "crypto.scrypt('p', 's', 4, ",
            "crypto.randomFill(new Uint8Array(3), ", "crypto.hkdf('sha1', 'k', 's', 'i', 4, ",
            "crypto.generateKeyPair('ec', { namedCurve: 'P-256' }, ", "crypto.generateKey('hmac', { length: 64 }, ",
            "zlib.deflate('x', ", "zlib.gunzip('wrong', ", "zlib.brotliCompress('x', ", "fs.stat('.', ",
            "fs.readFile('text', ", "fs.open('none', ", "fs.readdir('.', ", "fs.realpath.native('.', ",
            "fs.mkdtemp('t', ", "fs.access('text', ", "fs.writeFile('new', 'x', ",
        )

    def a_pool_call(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.3):
            call = self.pick("digest('SHA-256', new Uint8Array(2))",
                             "generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt'])",
                             "importKey('raw', new Uint8Array(16), 'AES-GCM', true, ['encrypt'])")
            return self.in_async(place, [
                f"log({n}, typeof await crypto.subtle.{call});", self.block(place.inside(True))])
        return [f"{self.pool_job()}(x) => {{ log({n}, x?.code);", self.block(place.inside()), "});"]

    def pool_calls(self, place: Place) -> Parts:
        """One after the other, as the pool has one thread."""
        n = self.label()
        parts: Parts = []
        for index in range(self.random.randint(2, 3)):
            parts += [f"{self.pool_job()}(x) => {{ log({n}, {index}, x?.code);", self.block(place.inside()), "}); "]
        return ["{ ", *parts, "}"]

    def a_zlib_stream(self, place: Place) -> Parts:
        n = self.label()
        kind = self.pick("createGzip()", "createDeflate()", "createBrotliCompress()", "createDeflateRaw({ level: 1 })",
                         "createGunzip()")
        rest = self.pick("z.end('c');", f"z.flush(() => log({n}, 'flushed')); z.end();", "z.write('d'); z.end();",
                         "z.end(); z.destroy();", f"z.close(() => log({n}, 'closed'));")
        return [
            f"{{ const z = zlib.{kind}; ", self.told("z", "end", "finish", "close", "error", "drain"),
            f"z.on('data', () => {{ log({n}, 'data');", self.block(place.inside()),
            f"}}); z.write('a', (x) => log({n}, 'written', x)); {rest} }}",
        ]

    def a_compression(self, place: Place) -> Parts:
        n = self.label()
        chunk = self.pick("new Uint8Array(3)", "new Uint8Array(3)", "5")
        return self.in_async(place, [
            f"{{ const z = new {self.pick('CompressionStream', 'DecompressionStream')}('gzip'); const w = "
            f"z.writable.getWriter(); w.write({chunk}).then(() => log({n}, 'written'), (x) => log({n}, x.name)); "
            f"w.close().then(() => log({n}, 'closed'), (x) => log({n}, x.name)); "
            f"for await (const v of z.readable) {{ log({n}, v instanceof Uint8Array);",
            self.block(self.loop_place(place)), "} }",
        ])

    def a_blob(self, place: Place) -> Parts:
        n = self.label()
        read = self.pick("b.text()", "b.bytes().then((v) => v.length)", "b.slice(1).arrayBuffer().then(typeof 0)")
        if self.chance(0.5):
            return self.in_async(place, [f"{{ const b = new Blob(['{n}', 'x']); log({n}, await {read});",
                                         self.block(place.inside(True)), "}"])
        return self.in_async(place, [
            f"for await (const v of new Blob(['{n}']).stream()) {{ log({n}, v.length);",
            self.block(self.loop_place(place)), "}",
        ])

    def a_directory(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.5):
            return self.in_async(place, [
                f"for await (const v of await fs.promises.opendir('.')) {{ log({n});",
                self.block(self.loop_place(place)), "}",
            ])
        call = self.pick("cp('text', 'text2')", "rm('none', { force: true })", "mkdir('made', { recursive: true })",
                         "readdir('.', { recursive: true })", "rm('none')", "realpath('.')",
                         "copyFile('text', 'copied')",
                         "appendFile('text', 'z')", "truncate('text', 3)")
        return [
            f"fs.promises.{call}.then(() => {{ log({n});", self.block(place.inside()), f"}}, (x) => log({n}, x.code));"]

    def a_look_up(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.5):
            return [f"dns.lookup('127.0.0.1', (x, v) => {{ log({n}, x, v);", self.block(place.inside()), "});"]
        return [f"dns.promises.lookup('127.0.0.1').then((v) => {{ log({n}, v.address);", self.block(place.inside()),
                f"}}, (x) => log({n}, x));"]


class Resources(Maker):
    """What stands anywhere: async resources, their ids, hooks, observers, and what becomes of errors."""

    def resource_makers(self) -> list[tuple[Make, int]]:
        return [
            (self.a_resource, 1), (self.hooks_on_and_off, 1), (self.a_broadcast, 1),
            (self.an_observer, 1), (self.a_capture, 1), (self.a_removal, 1), (self.a_context_frame, 1),
            (self.an_emitter_resource, 1), (self.a_cloned_message, 1),
        ]

    def a_resource(self, place: Place) -> Parts:
        n = self.label()
        where = self.pick("process.nextTick", "setImmediate", "queueMicrotask")
        return [
            f"{{ const r = new AsyncResource('r{n}'); {where}(() => r.runInAsyncScope(() => {{",
            self.block(place.inside()), "})); }",
        ]

    def hooks_on_and_off(self, place: Place) -> Parts:
        return [self.pick("H.enable();", "H.disable();", "H.enable();"), self.block(place.nested())]

    def a_broadcast(self, place: Place) -> Parts:
        n = self.label()
        return [
            f"{{ const b = new BroadcastChannel('b{n}'), c = new BroadcastChannel('b{n}'); "
            f"c.onmessage = (v) => {{ log({n}, v.data); b.close(); c.close();",
            self.block(place.inside()), f"}}; b.postMessage({n}); }}",
        ]

    def an_observer(self, place: Place) -> Parts:
        n = self.label()
        return [
            f"{{ const o = new PerformanceObserver((v) => {{ log({n}, v.getEntries().length); o.disconnect();",
            self.block(place.inside()), f"}}); o.observe({{ entryTypes: ['mark'] }}); performance.mark('m{n}'); }}",
        ]

    def a_capture(self, place: Place) -> Parts:
        n = self.label()
        return [
            "if (!process.hasUncaughtExceptionCaptureCallback()) process.setUncaughtExceptionCaptureCallback((x) => { "
            f"log({n}, 'captured', x); process.setUncaughtExceptionCaptureCallback(null);",
            self.block(place.inside()), "});",
        ]

    def a_removal(self, place: Place) -> Parts:
        event = self.pick("unhandledRejection", "rejectionHandled", "warning")
        return [f"process.removeAllListeners('{event}');"]

    def a_context_frame(self, place: Place) -> Parts:
        n = self.label()
        return [self.pick("als.disable();", f"als2.enterWith({n});", f"log({n}, als2.getStore());")]

    def an_emitter_resource(self, place: Place) -> Parts:
        n = self.label()
        return [
            f"{{ const e = new EventEmitterAsyncResource({{ name: 'e{n}' }}); e.on('x', () => {{",
            self.block(place.inside()), "}); process.nextTick(() => e.emit('x')); }",
        ]

    def a_cloned_message(self, place: Place) -> Parts:
        n = self.label()
        what = self.pick(f"{{ n: {n} }}", "new Map([[1, 2]])", f"err({n})")
        return [
            f"{{ const {{ port1, port2 }} = new MessageChannel(); port2.onmessage = ({{ data: v }}) => {{ "
            f"log({n}, v instanceof Error ? v : typeof v); port1.close();", self.block(place.inside()),
            f"}}; port1.postMessage({what}); }}",
        ]
