"""Statements about streams, Node's and the web's."""

from __future__ import annotations

from .generate_parts import Make, Maker, Parts, Place


class Streams(Maker):
    """Node's."""

    def stream_makers(self) -> list[tuple[Make, int]]:
        return [
            (self.a_readable, 3), (self.a_pipeline, 3), (self.a_writable, 2), (self.a_transform, 2),
            (self.a_loop_over_stream, 3), (self.a_promised_pipeline, 2), (self.a_stream_operator, 2),
            (self.a_composition, 1), (self.a_wait_for_stream, 1), (self.lines_of_a_stream, 1),
        ]

    def chunks(self) -> str:
        return "[" + ", ".join(f"'{self.label()}'" for _ in range(self.random.randint(1, 3))) + "]"

    def source(self, place: Place) -> Parts:
        if self.chance(0.5):
            return [f"Readable.from({self.chunks()})"]
        if self.chance(0.5):
            return ["Readable.from((async function* () {", self.block(place.inside(True, True), 2), "})())"]
        when = self.pick("this.push({})", "process.nextTick(() => this.push({}))", "setImmediate(() => this.push({}))")
        push = when.format("i < 3 ? String(i++) : null")
        return [f"(() => {{ let i = 0; return new Readable({{ read() {{ {push}; }} }}); }})()"]

    def a_readable(self, place: Place) -> Parts:
        n = self.label()
        return [
            f"{{ const s = S[{n % 3}] = ", *self.source(place), f"; s.on('data', (v) => {{ log({n}, String(v));",
            self.block(place.inside()), "}); for (const name of ['end', 'close', 'error', 'pause', 'resume']) "
            f"s.on(name, (x) => log({n}, name, x)); }}",
        ]

    def sink(self, place: Place) -> Parts:
        n = self.label()
        done = self.pick(
            "done()", "process.nextTick(done)", "setImmediate(done)", "queueMicrotask(done)", f"done(err({n}))",
        )
        final = self.pick(
            "", f", final(done) {{ log({n}); done(); }}", f", final(done) {{ log({n}); setImmediate(done); }}",
        )
        water = self.pick("", "", "highWaterMark: 1, ")
        return [
            f"new Writable({{ {water}objectMode: true, write(v, _, done) {{ log({n}, String(v));",
            self.block(Place(place.depth - 1, returns=False)), f"{done}; }}{final} }})",
        ]

    def a_writable(self, place: Place) -> Parts:
        n = self.label()
        writes = "".join(f"w.write('{i}', (x) => log({n}, {i}, x)); " for i in range(self.random.randint(1, 3)))
        end = self.pick("w.end();", f"w.end(() => log({n}));", "w.destroy();", f"w.destroy(err({n}));",
                        "process.nextTick(() => w.end());")
        return [
            "{ const w = ", *self.sink(place), "; for (const name of ['finish', 'close', 'error', 'drain']) "
            f"w.on(name, (x) => log({n}, name, x)); {writes}{end} }}",
        ]

    def a_transform(self, place: Place) -> Parts:
        n = self.label()
        done = self.pick("done(null, v)", "process.nextTick(done, null, v)", "setImmediate(done, null, v)")
        return [
            f"{{ const t = new Transform({{ objectMode: true, transform(v, _, done) {{ log({n}, String(v));",
            self.block(Place(place.depth - 1, returns=False)), f"{done}; }} }}); "
            "for (const name of ['data', 'end', 'finish', 'close', 'error']) "
            f"t.on(name, (x) => log({n}, name, x instanceof Error ? x : String(x ?? ''))); ", *self.source(place),
            ".on('error', (x) => log(x)).pipe(t); }",
        ]

    def middle(self, place: Place) -> Parts:
        n = self.label()
        kind = self.random.random()
        if kind < 0.3:
            return ["new PassThrough({ objectMode: true }), "]
        if kind < 0.6:
            return [
                f"async function* (source) {{ for await (const v of source) {{ log({n}, String(v));",
                self.block(Place(place.depth - 1, True, True, False)), "yield v; } }, ",
            ]
        return []

    def a_pipeline(self, place: Place) -> Parts:
        n = self.label()
        return [
            "pipeline(", *self.source(place), ", ", *self.middle(place), *self.sink(place), f", (x) => {{ log({n}, x);",
            self.block(place.inside()), "});",
        ]

    def a_loop_over_stream(self, place: Place) -> Parts:
        return self.in_async(place, [
            "for await (const v of ", *self.source(place), f") {{ log({self.label()}, String(v));",
            self.block(self.loop_place(place)), "}",
        ])

    def a_promised_pipeline(self, place: Place) -> Parts:
        n = self.label()
        options = self.pick("", "", f", {{ signal: A[{n % 3}].signal }}", ", { end: false }")
        parts: Parts = [
            "promised.pipeline(", *self.source(place), ", ", *self.middle(place), *self.sink(place), f"{options})",
        ]
        if place.awaits:
            return [f"log({n}, await ", *parts, ");"]
        return [*parts, f".then((v) => {{ log({n}, v);", self.block(place.inside()), f"}}, (x) => log({n}, x));"]

    def a_stream_operator(self, place: Place) -> Parts:
        n = self.label()
        kind = self.pick("map", "filter", "flatMap", "forEach", "reduce", "toArray", "take", "drop", "some", "find")
        if kind in ("toArray", "take", "drop"):
            call: Parts = [f"{kind}({'' if kind == 'toArray' else 1})"]
        elif kind == "reduce":
            call = ["reduce(async (sum, v) => {", self.block(Place(place.depth - 1, True, returns=False)),
                    f"return sum + String(v); }}, '{n}')"]
        else:
            options = self.pick("", ", { concurrency: 2 }") if kind != "reduce" else ""
            result = "[v]" if kind == "flatMap" else "v"
            call = [f"{kind}(async (v) => {{ log({n}, String(v));",
                    self.block(Place(place.depth - 1, True, returns=False)), f"return {result}; }}{options})"]
        ending = ".toArray()" if kind in ("map", "filter", "flatMap", "take", "drop") else ""
        return [*self.source(place), ".", *call, f"{ending}.then((v) => log({n}, v), (x) => log({n}, x));"]

    def a_composition(self, place: Place) -> Parts:
        n = self.label()
        inner: Parts = [
            f"async function* (source) {{ for await (const v of source) {{ log({n}, String(v));",
            self.block(Place(place.depth - 1, True, True, False)), "yield v; } }",
        ]
        made = self.pick("compose(", "Readable.from(['x', 'y']).compose(")
        return [
            f"{{ const s = {made}", *inner, "); for (const name of ['data', 'end', 'close', 'error']) "
            f"s.on(name, (x) => log({n}, name, x instanceof Error ? x : String(x ?? ''))); ",
            "s.end('q'); }" if made == "compose(" else "}",
        ]

    def a_wait_for_stream(self, place: Place) -> Parts:
        n = self.label()
        options = self.pick("", "", f", {{ signal: A[{n % 3}].signal }}", ", { cleanup: true }", ", { error: false }")
        how = self.pick("s.resume()", "s.resume()", "s.destroy()", f"s.destroy(err({n}))", "s.read()")
        return [
            "{ const s = ", *self.source(place), f"; promised.finished(s{options}).then((v) => {{ log({n}, v);",
            self.block(place.inside()), f"}}, (x) => log({n}, x)); s.on('error', (x) => log({n}, x)); {how}; }}",
        ]

    def lines_of_a_stream(self, place: Place) -> Parts:
        n = self.label()
        made = f"readline.createInterface({{ input: Readable.from(['{n}a\\n{n}b\\n', '{n}c']) }})"
        if self.chance(0.4):
            return [
                f"{{ const r = {made}; r.on('line', (v) => {{ log({n}, v);", self.block(place.inside()),
                f"}}); r.on('close', () => log({n}, 'close')); }}",
            ]
        return self.in_async(place, [
            f"for await (const v of {made}) {{ log({n}, v);", self.block(self.loop_place(place)), "}",
        ])


class WebStreams(Maker):
    """The web's."""

    def web_makers(self) -> list[tuple[Make, int]]:
        return [
            (self.a_web_stream, 3), (self.a_web_reader, 2), (self.a_web_transform, 2), (self.a_web_pipe, 2),
            (self.a_web_writer, 2), (self.a_web_tee, 1), (self.a_web_byte_reader, 1), (self.a_stream_of_the_web, 1),
        ]

    def web_source(self, place: Place) -> Parts:
        """A ReadableStream."""
        kind = self.random.random()
        if kind < 0.15:
            return ["ReadableStream.from([", *self.values(place), "])"]
        if kind < 0.25:
            return ["ReadableStream.from((async function* () {", self.block(place.inside(True, True), 2), "})())"]
        if kind < 0.32:
            return ["Readable.toWeb(", *self.node_source(place), ")"]
        is_bytes = self.chance(0.15)
        chunk = "new Uint8Array([i])" if is_bytes else "i"
        water = self.pick("", "", "", ", { highWaterMark: 0 }", ", { highWaterMark: 2 }", ", { highWaterMark: 4 }")
        return [
            "((i = 0) => new ReadableStream({ ", "type: 'bytes', " if is_bytes else "", *self.web_start(place, chunk),
            *self.web_pull(place, chunk), *self.web_cancel(place), f"}}{water}))()",
        ]

    def node_source(self, place: Place) -> Parts:
        return [f"Readable.from(['{self.label()}', '{self.label()}'])"]

    def web_start(self, place: Place, chunk: str) -> Parts:
        n = self.label()
        kind = self.random.random()
        if kind < 0.6:
            return []
        if kind < 0.8:
            return [
                f"start(c) {{ log({n}); i = 9; c.enqueue({chunk}); i = 0;", self.block(self.body_place(place)), "}, ",
            ]
        return [f"async start(c) {{ log({n}); await ", *self.value(place), f"; c.enqueue({chunk}); }}, "]

    def web_pull(self, place: Place, chunk: str) -> Parts:
        n = self.label()
        end = self.pick("return c.close()", "return c.close()", "return c.close()", f"return c.error(err({n}))",
                        f"throw err({n})")
        head = f"log({n}); if (i++ === 2) {end}; "
        add = f"c.enqueue({chunk});"
        kind = self.random.random()
        if kind < 0.25:
            return [f"pull(c) {{ {head}{add} }}, "]
        if kind < 0.4:
            return [f"pull(c) {{ {head}{add}", self.block(place.inside()), "}, "]
        if kind < 0.6:
            return [f"async pull(c) {{ {head}await ", *self.value(place), f"; {add} }}, "]
        if kind < 0.75:
            return [f"async pull(c) {{ {head}", self.block(Place(place.depth - 1, True, returns=False)), f"{add} }}, "]
        later = self.pick(f"process.nextTick(() => {{ {add} }})", f"return tick().then(() => {{ {add} }})",
                          f"queueMicrotask(() => {{ {add} }})", f"{add} return thenable({n})")
        return [f"pull(c) {{ {head}{later}; }}, "]

    def web_cancel(self, place: Place) -> Parts:
        n = self.label()
        kind = self.random.random()
        if kind < 0.5:
            return []
        if kind < 0.75:
            return [f"cancel(x) {{ log({n}, 'cancel', x);", self.block(place.inside()), "}, "]
        return [f"async cancel(x) {{ log({n}, 'cancel', x); await ", *self.value(place), f"; log({n}); }}, "]

    def web_sink(self, place: Place) -> Parts:
        """A WritableStream."""
        n = self.label()
        parts: Parts = ["new WritableStream({ "]
        if self.chance(0.2):
            parts += [f"async start() {{ log({n}, 'start'); await ", *self.value(place), "; }, "]
        head = self.pick("", "async ")
        parts += [f"{head}write(v) {{ log({n}, 'write', v);", self.block(place.inside(bool(head))), "}, "]
        if self.chance(0.6):
            parts += [f"close() {{ log({n}, 'close'); return ", *self.value(place), "; }, "]
        if self.chance(0.4):
            parts += [f"abort(x) {{ log({n}, 'abort', x);", self.block(place.inside()), "}, "]
        water = self.pick("", "", ", { highWaterMark: 3 }", ", { highWaterMark: 1, size: () => 2 }")
        return [*parts, f"}}{water})"]

    def web_middle(self, place: Place) -> Parts:
        """A TransformStream."""
        n = self.label()
        if self.chance(0.2):
            return ["new TransformStream()"]
        head = self.pick("", "async ")
        how = self.pick("c.enqueue(v);", "c.enqueue(v);", "c.enqueue(v); c.enqueue(v);", "", "c.terminate();",
                        f"c.error(err({n}));")
        parts: Parts = [f"new TransformStream({{ {head}transform(v, c) {{ log({n}, v);",
                        self.block(Place(place.depth - 1, bool(head), returns=False)), f"{how} }}, "]
        if self.chance(0.3):
            parts += [f"flush(c) {{ log({n}, 'flush'); c.enqueue('f'); return ", *self.value(place), "; }, "]
        if self.chance(0.3):
            parts += [f"cancel(x) {{ log({n}, 'cancel', x); return ", *self.value(place), "; }, "]
        return [*parts, self.pick("})", "})", "}, { highWaterMark: 2 })", "}, {}, { highWaterMark: 2 })")]

    def a_web_stream(self, place: Place) -> Parts:
        n = self.label()
        through: Parts = [".pipeThrough(", *self.web_middle(place), ")"] if self.chance(0.2) else []
        values = self.pick("", "", ".values()", ".values({ preventCancel: true })")
        return self.in_async(place, [
            "for await (const v of ", *self.web_source(place), *through, f"{values}) {{ log({n}, v);",
            self.block(self.loop_place(place)), "}",
        ])

    def a_web_reader(self, place: Place) -> Parts:
        n = self.label()
        end = self.pick("", f"r.cancel({n}).then((v) => log({n}, v), (x) => log({n}, x));", "r.releaseLock();")
        return [
            "{ const r = ", *self.web_source(place),
            f".getReader(); r.closed.then(() => log({n}, 'closed'), (x) => log({n}, x)); for (let i = 0; i < 4; i++) "
            f"r.read().then((v) => {{ log({n}, v);", self.block(place.inside()), f"}}, (x) => log({n}, x)); {end} }}",
        ]

    def a_web_byte_reader(self, place: Place) -> Parts:
        n = self.label()
        how = self.pick("c.enqueue(new Uint8Array([i, i]));",
                        "c.byobRequest.view[0] = i; c.byobRequest.respond(1);")
        return self.in_async(place, [
            "{ const r = ((i = 0) => new ReadableStream({ type: 'bytes', async pull(c) { "
            f"log({n}); if (i++ === 2) {{ c.close(); return c.byobRequest?.respond(0); }} await ", *self.value(place),
            f"; {how} }} }}))().getReader({{ mode: 'byob' }}); for (let v; !v?.done;) {{ "
            f"v = await r.read(new Uint8Array(2)); log({n}, v.done, v.value?.length);",
            self.block(self.loop_place(place)),
            "} }",
        ])

    def a_web_transform(self, place: Place) -> Parts:
        n = self.label()
        return [
            "{ const t = ", *self.web_middle(place), f"; const w = t.writable.getWriter(); w.write({n}).then(() => "
            f"log({n}, 'written'), (x) => log({n}, x)); w.close().then(() => log({n}, 'closed'), (x) => log({n}, x)); "
            f"(async () => {{ for await (const v of t.readable) {{ log({n}, v);", self.block(self.loop_place(place)),
            f"}} }})().catch((x) => log({n}, x)); }}",
        ]

    def a_web_pipe(self, place: Place) -> Parts:
        n = self.label()
        options = self.pick("", "", "", f", {{ signal: A[{n % 3}].signal }}", ", { preventClose: true }",
                            ", { preventAbort: true }", ", { preventCancel: true }")
        return [
            *self.web_source(place), ".pipeTo(", *self.web_sink(place), f"{options}).then(() => {{ log({n}, 'piped');",
            self.block(place.inside()), f"}}, (x) => log({n}, x));",
        ]

    def a_web_writer(self, place: Place) -> Parts:
        n = self.label()
        writes = "".join(
            f"w.write({i}).then(() => log({n}, {i}), (x) => log({n}, {i}, x)); "
            for i in range(self.random.randint(1, 3)))
        end = self.pick("close()", "close()", f"abort(err({n}))")
        return [
            "{ const w = ", *self.web_sink(place),
            f".getWriter(); w.closed.then(() => log({n}, 'closed'), (x) => log({n}, 'closed', x)); {writes}"
            f"w.ready.then(() => {{ log({n}, 'ready');", self.block(place.inside()),
            f"}}, (x) => log({n}, 'ready', x)); "
            f"w.{end}.then(() => log({n}, 'end'), (x) => log({n}, 'end', x)); }}",
        ]

    def a_web_tee(self, place: Place) -> Parts:
        n = self.label()
        return [
            "for (const s of ", *self.web_source(place),
            f".tee()) (async () => {{ for await (const v of s) {{ log({n}, v);", self.block(self.loop_place(place)),
            f"}} }})().then(() => log({n}), (x) => log({n}, x));",
        ]

    def a_stream_of_the_web(self, place: Place) -> Parts:
        n = self.label()
        return [
            "{ const s = Readable.fromWeb(", *self.web_source(place), ", { objectMode: true }); "
            f"s.on('data', (v) => {{ log({n}, v);", self.block(place.inside()),
            f"}}); for (const name of ['end', 'close', 'error']) s.on(name, (x) => log({n}, name, x)); }}",
        ]
