"""Statements about what Node offers beside streams: ports, files, child processes, domains, channels, warnings."""

from __future__ import annotations

from .generate_parts import EVENTS, Make, Maker, Parts, Place


class Services(Maker):
    """What may stand anywhere, and what begins a section of its own (`input_makers`)."""

    def service_makers(self) -> list[tuple[Make, int]]:
        return [
            (self.a_port, 1), (self.a_promised_interval, 1), (self.an_any_signal, 1), (self.a_time_limit, 1),
            (self.a_warning, 1), (self.a_throwing_listener, 1), (self.a_domain, 1), (self.a_channel, 2),
            (self.a_traced_promise, 1), (self.a_disposable_stack, 1), (self.an_array_from, 2), (self.a_promisified, 1),
            (self.a_scheduler_wait, 1), (self.a_builtin_import, 1), (self.a_snapshot, 1), (self.an_exit_listener, 1),
            (self.an_aborted, 1), (self.an_iterator_of_events, 1),
        ]

    def input_makers(self) -> list[Make]:
        """What waits for the system. Nothing else may be under way, for it would race with it."""
        return [
            self.a_file_stream, self.a_file_handle, self.lines_of_a_file, self.a_copy, self.a_child, self.a_command,
            self.a_file_import, self.a_file_import, self.file_calls,
        ]

    # Anywhere

    def a_port(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.4):
            return self.in_async(place, [
                f"{{ const {{ port1, port2 }} = new MessageChannel(); port1.postMessage({n}); "
                f"log({n}, await once(port2, 'message').then(([v]) => v)); port1.close();",
                self.block(place.inside(True)), "}",
            ])
        count = self.pick("", f"port1.postMessage({n}); ")
        return [
            f"{{ const {{ port1, port2 }} = new MessageChannel(); port2.on('message', (v) => {{ log({n}, v); "
            "port2.close();", self.block(place.inside()), f"}}); port2.on('close', () => log({n}, 'close')); "
            f"{count}port1.postMessage({n}); }}",
        ]

    def a_promised_interval(self, place: Place) -> Parts:
        n = self.label()
        options = self.pick("", f", {{ signal: A[{n % 3}].signal }}")
        return [
            f"(async () => {{ let left = 2; for await (const v of timers.setInterval(1, {n}{options})) {{ log({n}, v); "
            "busy(2.2); if (!left--) break;", self.block(self.loop_place(place)),
            f"}} }})().then(() => log({n}), (x) => log({n}, x)); busy(2.2);",
        ]

    def an_any_signal(self, place: Place) -> Parts:
        n = self.label()
        return [
            f"AbortSignal.any([A[{n % 3}].signal, A[{(n + 1) % 3}].signal]).addEventListener('abort', () => {{",
            self.block(place.inside()), "});",
        ]

    def a_time_limit(self, place: Place) -> Parts:
        return [
            "{ const s = AbortSignal.timeout(1); s.addEventListener('abort', () => {", self.block(place.inside()),
            "}); timer(() => {}); }",  # which waits for it: the signal's own keeps nothing alive
        ]

    def a_warning(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.6):
            return [f"process.emitWarning('w{n}');"]
        return ["process.once('warning', (w) => {", self.block(place.inside()), "});"]

    def a_throwing_listener(self, place: Place) -> Parts:
        n = self.label()
        event = self.pick(
            "unhandledRejection", "unhandledRejection", "rejectionHandled", "uncaughtException", "warning",
        )
        end = self.pick("", f"throw err({n});") if event != "uncaughtException" else ""
        how = self.pick("once", "prependOnceListener")
        return [
            f"process.{how}('{event}', () => {{ log({n}, '{event}');", self.block(self.body_place(place)),
            f"{end} }});",
        ]

    def a_domain(self, place: Place) -> Parts:
        n = self.label()
        return [
            "{ const d = process.getBuiltinModule('domain').create(); "
            f"d.on('error', (x) => {{ log({n}, 'domain', x);", self.block(place.inside()), "}); d.run(() => {",
            self.block(place.inside(), 2), "}); }",
        ]

    def a_channel(self, place: Place) -> Parts:
        n = self.label()
        kind = self.random.random()
        if kind < 0.4:
            return [f"channels.subscribe('c{n % 2}', (v) => {{ log({n}, v);", self.block(place.inside()), "});"]
        if kind < 0.5:
            return [f"channels.channel('c{n % 2}').bindStore(als, (v) => v);"]
        if kind < 0.7:
            return [f"channels.channel('c{n % 2}').runStores({n}, () => {{", self.block(place.inside()), "});"]
        return [f"if (burn()) channels.channel('c{n % 2}').publish({n});"]

    def a_traced_promise(self, place: Place) -> Parts:
        n = self.label()
        return [
            f"{{ const t = channels.tracingChannel('t{n}'); const on = (name) => () => log({n}, name); t.subscribe("
            "{ start: on('start'), end: on('end'), asyncStart: on('asyncStart'), asyncEnd: on('asyncEnd'), "
            "error: on('error') }); t.tracePromise(async () => {", self.block(place.inside(True)),
            f"}}).then((v) => log({n}, v), (x) => log({n}, x)); }}",
        ]

    def a_disposable_stack(self, place: Place) -> Parts:
        n = self.label()
        if not place.awaits:
            return [
                f"{{ using s = new DisposableStack(); s.defer(() => log({n})); s.defer(() => {{",
                self.block(self.body_place(place)), "});", self.block(place.nested()), "}",
            ]
        return [
            f"{{ await using s = new AsyncDisposableStack(); s.defer(() => log({n})); s.defer(async () => {{",
            self.block(Place(place.depth - 1, True, returns=False)), "});", self.block(place.nested()), "}",
        ]

    def an_array_from(self, place: Place) -> Parts:
        n = self.label()
        kind = self.random.random()
        if kind < 0.5:
            source: Parts = ["[", *self.values(place), "]"]
        else:
            source = ["(async function* () {", self.block(place.inside(True, True), 2), "})()"]
        mapper: Parts = []
        if self.chance(0.4):
            mapper = [f", async (v) => {{ log({n}, v);", self.block(place.inside(True)), "}"]
        return ["Array.fromAsync(", *source, *mapper, f").then((v) => log({n}, v), (x) => log({n}, x));"]

    def a_promisified(self, place: Place) -> Parts:
        n = self.label()
        what = self.pick(
            f"setImmediate)({n})", f"(v, f) => process.nextTick(f, null, v))({n})", f"(f) => f(err({n})))()",
        )
        return [
            f"promisify({what}.then((v) => {{ log({n}, v);", self.block(place.inside()), f"}}, (x) => log({n}, x));",
        ]

    def a_scheduler_wait(self, place: Place) -> Parts:
        n = self.label()
        what = self.pick("wait(1)", "yield()")
        return [
            f"timers.scheduler.{what}.then((v) => {{ log({n}, v);", self.block(place.inside()),
            f"}}, (x) => log({n}, x)); busy(2.2);",
        ]

    def a_builtin_import(self, place: Place) -> Parts:
        n = self.label()
        if place.awaits:
            return [f"log({n}, typeof (await import('node:path')).join);"]
        return [f"import('node:path').then((v) => {{ log({n}, typeof v.join);", self.block(place.inside()), "});"]

    def a_snapshot(self, place: Place) -> Parts:
        where = self.pick("process.nextTick", "setImmediate", "queueMicrotask")
        return [f"{{ const inside = AsyncLocalStorage.snapshot(); {where}(() => inside(() => {{",
                self.block(place.inside()), "})); }"]

    def an_exit_listener(self, place: Place) -> Parts:
        return ["process.once('exit', () => {", self.block(place.inside()), "});"]

    def an_aborted(self, place: Place) -> Parts:
        n = self.label()
        return [f"aborted(A[{n % 3}].signal, E).then(() => {{ log({n}, 'aborted');", self.block(place.inside()), "});"]

    def an_iterator_of_events(self, place: Place) -> Parts:
        n = self.label()
        step = self.pick("next()", "next()", "return()", f"throw(err({n}))")
        return [
            f"{{ const it = on(E[{n % 3}], {self.pick(*EVENTS)}, {{ close: ['b'] }}); "
            f"it.next().then((v) => log({n}, v.value, v.done), (x) => log({n}, x)); "
            f"process.nextTick(() => it.{step}?.then((v) => log({n}, v.value, v.done), (x) => log({n}, x))); }}",
        ]

    # A section of its own

    def file_source(self) -> str:
        water = self.pick("", ", { highWaterMark: 4 }", ", { encoding: 'utf8', highWaterMark: 5 }", ", { end: 6 }")
        return f"fs.createReadStream('text'{water})"

    def a_file_stream(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.5):
            return self.in_async(place, [
                f"for await (const v of {self.file_source()}) {{ log({n}, v.length);",
                self.block(self.loop_place(place)),
                "}",
            ])
        return [
            f"{{ const s = {self.file_source()}; for (const name of ['open', 'ready', 'end', 'close', 'error']) "
            f"s.on(name, (x) => log({n}, name, x instanceof Error ? x : '')); "
            f"s.on('data', (v) => {{ log({n}, v.length);",
            self.block(place.inside()), "}); }",
        ]

    def a_file_handle(self, place: Place) -> Parts:
        n = self.label()
        steps: Parts = []
        for _ in range(self.random.randint(1, 3)):
            call = self.pick("h.stat().then((v) => v.size)", "h.readFile('utf8')",
                             "h.read(new Uint8Array(3), 0, 3, 0).then((v) => v.bytesRead)",
                             "h.read({ length: 2 }).then((v) => v.bytesRead)")
            steps += [f"log({n}, await {call});", self.block(place.inside(True))]
        if self.chance(0.5):
            return self.in_async(place, [f"{{ await using h = await fs.promises.open('text'); log({n});", *steps, "}"])
        return self.in_async(place, [
            f"{{ const h = await fs.promises.open('text'); try {{ log({n});", *steps,
            f"}} finally {{ await h.close(); log({n}, 'closed'); }} }}",
        ])

    def lines_of_a_file(self, place: Place) -> Parts:
        n = self.label()
        made = self.pick("readline.createInterface({ input: fs.createReadStream('text') })",
                         "(await fs.promises.open('text')).readLines()")
        return [
            f"(async () => {{ for await (const v of {made}) {{ log({n}, v);", self.block(self.loop_place(place)),
            f"}} }})().then(() => log({n}), (x) => log({n}, x));",
        ]

    def a_copy(self, place: Place) -> Parts:
        n = self.label()
        each = f"async function* (s) {{ for await (const v of s) {{ log({n}, v.length); yield v; }} }}, "
        through = self.pick("", "new PassThrough(), ", each)
        return [
            f"promised.pipeline({self.file_source()}, {through}fs.createWriteStream('copy{n}'))"
            f".then(() => {{ log({n}, 'copied');",
            self.block(place.inside()), f"}}, (x) => log({n}, x));",
        ]

    def a_child(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.5):
            listen = f"for (const name of ['spawn', 'exit', 'close', 'error']) c.on(name, (x) => log({n}, name, x)); "
            return [
                f"{{ const c = processes.spawn('sh', ['-c', 'exit {n % 4}'], {{ stdio: 'ignore' }}); {listen}"
                f"c.on('exit', () => {{", self.block(place.inside()), "}); }",
            ]
        return [
            f"{{ const c = processes.spawn('sh', ['-c', 'echo {n}']); "
            f"c.stdout.on('data', (v) => {{ log({n}, v.length);",
            self.block(place.inside()), f"}}); c.stdout.on('end', () => log({n}, 'end')); "
            f"c.on('close', (x) => {{ log({n}, 'close', x);",
            self.block(place.inside()), "}); }",
        ]

    def a_command(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.5):
            return [
                f"processes.exec('echo {n}; exit {n % 2}', (x, v) => {{ log({n}, x?.code, v);",
                self.block(place.inside()), "});",
            ]
        return [
            f"promisify(processes.execFile)('echo', ['{n}']).then((v) => {{ log({n}, v.stdout);",
            self.block(place.inside()),
            f"}}, (x) => log({n}, x));",
        ]

    def a_file_import(self, place: Place) -> Parts:
        n = self.label()
        name = self.pick(
            "leaf.mjs", "tree.mjs", "leaf.cjs", "waits.mjs", "throws.mjs", "none.mjs", "wrong.mjs", "throws.cjs",
        )
        if self.chance(0.5):
            return self.in_async(
                place, [f"log({n}, (await import('./{name}')).default);", self.block(place.inside(True))])
        again = self.pick("", f" import('./{name}').then((v) => log({n}, 'again', v.default), (x) => log({n}, x));")
        return [
            f"import('./{name}').then((v) => {{ log({n}, v.default);", self.block(place.inside()),
            f"}}, (x) => log({n}, x.name));{again}",
        ]

    def file_calls(self, place: Place) -> Parts:
        n = self.label()
        call = self.pick(
            "readFile('text', 'utf8'", "stat('none'", "writeFile('new', 'x'", "readdir('.'", "access('text'",
        )
        show = "x?.code"
        if self.chance(0.5):
            return [f"fs.{call}, (x, v) => {{ log({n}, {show});", self.block(place.inside()), "});"]
        return [
            f"fs.promises.{call}).then(() => {{ log({n});", self.block(place.inside()),
            f"}}, (x) => log({n}, {show}));",
        ]
