"""`python -m tests.js.order.generate`: random programs, run with Node and with another runtime, and what differs.

    python -m tests.js.order.generate --node /usr/bin/node --count 2000 --seed 1
    python -m tests.js.order.generate --node /usr/bin/node --runtime 'deno run -A' --count 200
    python -m tests.js.order.generate --node /usr/bin/node --seed 17 --count 1 --print

A program that differs is shrunk while it still differs, and printed with both outputs. The exit code is 1 if one did.

Theory of operation. A program is a tree of statements, each with blocks of others, and is made from its seed alone. It
has up to four sections; each begins when the one before has come to rest (`beforeExit`), in the phase of the loop that
chance chose. Programs are exact by construction: a timer is due before the callback that set it is left (`busy`), so
that it never races with the immediates; a file operation only begins a section, when nothing else is under way; what
could go on for ever takes from a limited `fuel`; what waits for the system (files, child processes) has a section to
itself, with neither timers nor immediates. Node runs ticks after V8's own tasks too, such as collecting garbage when
memory is short: it is told to have none (`_STEADY`). What differs is run again under Node, also with a single thread,
where the tasks that are left come at other times. If Node differs from itself, the program is discarded.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..commands import NODE
from .generate_network import Network, Resources
from .generate_parts import EVENTS, Block, Make, Parts, Piece, Place, render
from .generate_services import Services
from .generate_streams import Streams, WebStreams
from .table import Outcome, Program, run

_COMMONJS = """\
'use strict';
const { EventEmitter, EventEmitterAsyncResource, once, on } = require('events');
const { Readable, Writable, Transform, PassThrough, Duplex, compose, pipeline, finished } = require('stream');
const { AsyncLocalStorage, AsyncResource, createHook } = require('async_hooks');
const timers = require('timers/promises');
const { aborted, callbackify, promisify } = require('util');
const fs = require('fs');
const promised = require('stream/promises');
const readline = require('readline');
const processes = require('child_process');
const channels = require('diagnostics_channel');
const net = require('net');
const http = require('http');
const dgram = require('dgram');
const dns = require('dns');
const crypto = require('crypto');
const zlib = require('zlib');
"""
_MODULE = """\
import { EventEmitter, EventEmitterAsyncResource, once, on } from 'node:events';
import { Readable, Writable, Transform, PassThrough, Duplex, compose, pipeline, finished } from 'node:stream';
import { AsyncLocalStorage, AsyncResource, createHook } from 'node:async_hooks';
import * as timers from 'node:timers/promises';
import { aborted, callbackify, promisify } from 'node:util';
import * as fs from 'node:fs';
import * as promised from 'node:stream/promises';
import * as readline from 'node:readline';
import * as processes from 'node:child_process';
import * as channels from 'node:diagnostics_channel';
import * as net from 'node:net';
import * as http from 'node:http';
import * as dgram from 'node:dgram';
import * as dns from 'node:dns';
import * as crypto from 'node:crypto';
import * as zlib from 'node:zlib';
"""
_PRELUDE = """\
const als = new AsyncLocalStorage(), als2 = new AsyncLocalStorage();
let fuel = 60, lines = 0;
const show = (x) => {
  if (x instanceof AggregateError) return `${x.name}(${x.errors.map(show)})`;
  if (x instanceof Error) return `${x.name}:${x.message.slice(0, 50)}`;
  if (Array.isArray(x)) return `[${x.map(show)}]`;
  if (typeof x !== 'object' || x === null) return String(x);
  if ('status' in x) return `${x.status}:${show(x.value ?? x.reason)}`;
  return 'done' in x ? `${show(x.value)}/${x.done}` : 'object';
};
const log = (...words) => {
  if (++lines > 1500) process.reallyExit(99);
  const store = als.getStore();
  console.log(words.map(show).join(' ') + (store === undefined ? '' : ` @${store}`));
};
globalThis.log = log;
const err = (n) => new Error(`e${n}`);
const busy = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};
const burn = () => fuel-- > 0;
const timer = (f, ms = 1) => {
  const made = setTimeout(f, ms);
  busy(ms + 1.2);
  return made;
};
const tick = (v) => new Promise((r) => process.nextTick(r, v));
const turn = (v) => new Promise((r) => setImmediate(r, v));
const nap = (v, options) => {
  const made = timers.setTimeout(1, v, options);
  busy(2.2);
  return made;
};
const rest = () => {
  Object.values(T).forEach(clearTimeout);
  Object.values(I).forEach(clearImmediate);
};
const thenable = (v) => ({ then(f) { f(v); } });
const slow = (v) => ({ then(f) { process.nextTick(f, v); } });
const unkind = (v) => ({ then(f, g) { g(v); } });
const broken = (v) => ({ then(f) { throw v; } });
class Sub extends Promise {}
class Loud extends Promise {
  then(...handlers) {
    if (burn()) log('then');
    return super.then(...handlers);
  }
}
const D = Array.from({ length: 4 }, () => Promise.withResolvers());
const E = Array.from({ length: 3 }, (_, i) => new EventEmitter({ captureRejections: i === 1 }));
const A = Array.from({ length: 3 }, () => new AbortController());
const X = new EventTarget();
const T = {}, I = {}, G = {}, S = {};
const emit = (e, name, v) => { if (burn()) e.emit(name, v); };
E.forEach((e, i) => e.on('error', (x) => log('error event', i, x)));
process.on('uncaughtException', (x, origin) => log('uncaught', x, origin));
process.on('unhandledRejection', (x) => log('unhandled', x));
process.on('rejectionHandled', () => log('handled late'));
process.on('warning', (x) => log('warning', x.message.split('\\n')[0].slice(0, 60)));
process.on('exit', (code) => log('exit', code));
const seen = new Map();
const told = [];
const tell = (event) => (n) => { if (seen.has(n)) told.push(`${event} ${seen.get(n)}`); };
const H = createHook({
  init(n, type) {
    if (type !== 'Immediate' && type[0] !== 'r') return;
    seen.set(n, `${type} ${seen.size}`);
    tell('init')(n);
  },
  before: tell('before'), after: tell('after'), destroy: tell('destroy'),
});
process.on('exit', () => log(told.join('\\n')));
const sections = [];
let resting = 0;
process.on('beforeExit', () => {
  log('at rest', ++resting);
  sections.shift()?.();
});
"""

# Beside the program.
_FILES = {
    "text": "".join(f"line {n}\n" for n in range(5)),
    "leaf.mjs": "log('leaf'); export default 1;",
    "leaf.cjs": "log('leaf.cjs'); module.exports = 2;",
    "tree.mjs": "import './leaf.mjs'; import leaf from './leaf.cjs'; log('tree'); export default leaf;",
    "waits.mjs":
        "log('waits'); await null; await new Promise((r) => process.nextTick(r)); log('has'); export default 3;",
    "throws.mjs": "log('throws'); throw new Error('module');",
    "throws.cjs": "log('throws.cjs'); throw new Error('script');",
    "child.cjs":
        "process.on('message', (v) => { if (v === 'end') process.disconnect(); else process.send(v); });",
    "wrong.mjs": "import { no } from './leaf.mjs';",
}

# How a section after the first begins.
_PHASES = [
    "{}", "process.nextTick({})", "setImmediate({})", "timer({})", "fs.stat('.', {})",
    "fs.promises.stat('.').then({})", "queueMicrotask({})", "fs.readFile('none', {})",
]

# Statements that take a phase of the loop: they would race with a file or a child process.
_LOUD = {
    "an_immediate", "a_timer", "a_broadcast", "an_observer", "a_cloned_message",
    "an_interval", "a_refresh", "an_abortable", "a_promised_interval", "a_time_limit",
    "a_scheduler_wait", "a_port", "a_late_catch", "a_clear",
}


class Generator(Streams, WebStreams, Services, Network, Resources):
    """Makes statements. What it may use is chosen once for a program, so that programs are about something."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._left = self.random.randint(12, 45)  # statements still to make
        every: list[tuple[Make, int]] = [
            (self.a_tick, 5), (self.a_microtask, 4), (self.an_immediate, 5), (self.a_timer, 4), (self.a_chain, 6),
            (self.an_async_call, 7), (self.a_promise, 3), (self.a_loop_over_generator, 5), (self.a_generator, 3),
            (self.a_loop_over_iterator, 3), (self.a_try, 4), (self.a_clear, 2), (self.an_interval, 1),
            (self.a_refresh, 1), (self.a_listener, 4), (self.an_emit, 4), (self.a_wait_for_event, 3),
            (self.a_loop_over_events, 2), (self.a_context, 4), (self.a_bound_context, 1),
            (self.an_abort, 2), (self.an_abortable, 2), (self.a_settling, 4), (self.an_exit_code, 1),
            (self.an_event_target, 2), (self.a_callbackified, 1),
            (self.a_disposal, 1), (self.a_late_catch, 2), (self.a_step_of_generator, 2), (self.a_combination, 3),
            (self.a_revival, 1), *self.stream_makers(), *self.web_makers(), *self.service_makers(),
            *self.resource_makers(),
        ]
        kept = [entry for entry in every if self.random.random() < 0.5] or every
        self._makers = kept
        self._quiet_makers = [entry for entry in kept if entry[0].__name__ not in _LOUD] or [(self.a_tick, 1)]

    def block(self, place: Place, least: int = 1) -> Block:
        """Statements, at least one log among them."""
        made = Block([self.log()])
        most = self.random.randint(least, 4)
        while place.depth > 0 and self._left > 0 and len(made) < most:
            self._left -= 1
            made.append(Piece(self.statement(place)))
        if self.chance(0.06):
            made.append(Piece([f"throw err({self.label()});"]))
        elif place.returns and self.chance(0.08):
            made.append(Piece(["return ", *self.value(place), ";"]))
        elif place.loop and self.chance(0.15):
            made.append(Piece([self.pick("break;", "continue;")]))
        return made

    def log(self) -> Piece:
        return Piece([f"log({self.label()});"])

    def statement(self, place: Place) -> Parts:
        if place.yields and self.chance(0.35):
            return self.a_yield(place)
        if place.awaits and self.chance(0.35):
            return self.an_await(place)
        makers = self._quiet_makers if self.quiet else self._makers
        [(maker, _)] = self.random.choices(makers, [weight for _, weight in makers])
        return maker(place)

    # Values, most of them to be awaited

    def value(self, place: Place) -> Parts:
        n = self.label()
        if place.depth > 0 and self.chance(0.12):
            return ["(async () => {", self.block(place.inside(awaits=True)), "})()"]
        if place.depth > 0 and self.chance(0.08):
            return [f"Promise.resolve({n}).then(() => ", *self.value(place.inside()), ")"]
        if place.depth > 0 and self.chance(0.08):
            return ["new Promise((r) => r(", *self.value(place.inside()), "))"]
        return [self.pick(
            str(n), str(n), f"Promise.resolve({n})", f"Promise.resolve({n})", f"Promise.reject(err({n}))",
            f"thenable({n})", f"slow({n})", f"unkind(err({n}))", f"broken(err({n}))", f"tick({n})", f"turn({n})",
            f"nap({n})", f"Sub.resolve({n})", f"Loud.resolve({n})", f"new Sub((r) => r({n}))",
            f"new Loud((r) => r({n}))", f"D[{n % 4}].promise", f"Promise.resolve(thenable({n}))",
            f"new Promise((r) => r(thenable({n})))", f"(async () => thenable({n}))()",
        )]

    def an_await(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.3):
            return ["await ", *self.value(place), ";"]
        return [f"log({n}, await ", *self.value(place), ");"]

    def a_yield(self, place: Place) -> Parts:
        n = self.label()
        kind = self.random.random()
        if kind < 0.25:
            return [f"log({n}, yield ", *self.value(place), ");"]
        if kind < 0.4:
            return ["yield* (async function* () {", self.block(place.inside(True, True)), "})();"]
        if kind < 0.5:
            return ["yield* [", *self.value(place), f", {n}];"]
        return ["yield ", *self.value(place), ";"]

    # Queues and phases

    def a_tick(self, place: Place) -> Parts:
        return ["process.nextTick(() => {", self.block(place.inside()), "});"]

    def a_microtask(self, place: Place) -> Parts:
        return ["queueMicrotask(() => {", self.block(place.inside()), "});"]

    def an_immediate(self, place: Place) -> Parts:
        n = self.label()
        unref = self.pick("", "", "", ".unref()", ".unref().ref()")
        asynchronous = self.chance(0.2)
        head = "async " if asynchronous else ""
        return [f"I[{n % 6}] = setImmediate({head}() => {{", self.block(place.inside(asynchronous)), f"}}){unref};"]

    def a_timer(self, place: Place) -> Parts:
        n = self.label()
        unref = self.pick("", "", "", ".unref()", ".unref().ref()")
        asynchronous = self.chance(0.2)
        head = "async " if asynchronous else ""
        ms = self.pick("", "", ", 0", ", 6")
        return [f"T[{n % 6}] = timer({head}() => {{", self.block(place.inside(asynchronous)), f"}}{ms}){unref};"]

    def a_clear(self, place: Place) -> Parts:
        n = self.random.randrange(6)
        return [self.pick(
            f"clearImmediate(I[{n}]);", f"clearTimeout(T[{n}]);", f"I[{n}]?.unref();", f"T[{n}]?.unref();",
        )]

    def an_interval(self, place: Place) -> Parts:
        n = self.label()
        return [
            f"{{ let left = {1 + n % 3}; const every = setInterval(() => {{ busy(2.2); "
            "if (!left--) return clearInterval(every);",
            self.block(place.inside()), "}, 1); busy(2.2); }",
        ]

    def a_refresh(self, place: Place) -> Parts:
        n = self.random.randrange(6)
        return [f"if (T[{n}] && burn()) {{ T[{n}].refresh(); busy(8); }}"]

    # Promises

    def a_chain(self, place: Place) -> Parts:
        parts: Parts = ["Promise.resolve(", *self.value(place), ")"]
        if self.chance(0.15):
            parts = ["Promise.try(() => {", self.block(place.inside()), "})"]
        for _ in range(self.random.randint(1, 3)):
            kind = self.pick("then", "then", "then", "catch", "finally")
            head = self.pick("", "", "async ")
            parts += [f".{kind}({head}({'' if kind == 'finally' else 'v'}) => {{"]
            parts += [self.block(place.inside(bool(head))), "})"]
        return [*parts, ";"]

    def an_async_call(self, place: Place) -> Parts:
        n = self.label()
        tail = self.pick("", f".then((v) => log({n}, v))", f".then((v) => log({n}, v), (x) => log({n}, x))",
                         f".catch((x) => log({n}, x))", f".finally(() => log({n}))")
        return ["(async () => {", self.block(place.inside(awaits=True), 2), f"}})(){tail};"]

    def a_promise(self, place: Place) -> Parts:
        n = self.label()
        kind = self.pick("Promise", "Promise", "Sub", "Loud")
        settle = self.pick(f"resolve({n});", f"reject(err({n}));", f"resolve(thenable({n}));", f"resolve(tick({n}));")
        return [
            f"new {kind}((resolve, reject) => {{", self.block(Place(place.depth - 1, returns=False)),
            f"{settle} }}).then((v) => log({n}, v), (x) => log({n}, x));",
        ]

    def a_combination(self, place: Place) -> Parts:
        n = self.label()
        method = self.pick("all", "race", "any", "allSettled")
        values = self.values(place)
        kind = self.pick("Promise", "Promise", "Sub")
        start = "await " if place.awaits and self.chance(0.5) else ""
        return [f"{start}{kind}.{method}([", *values, f"]).then((v) => log({n}, v), (x) => log({n}, x));"]

    def a_settling(self, place: Place) -> Parts:
        n = self.label()
        which = self.random.randrange(4)
        return [self.pick(
            f"D[{which}].resolve({n});", f"D[{which}].reject(err({n}));", f"D[{which}].resolve(thenable({n}));",
            f"D[{which}].promise.then((v) => log({n}, v));", f"D[{which}].promise.catch((x) => log({n}, x));",
        )]

    def a_late_catch(self, place: Place) -> Parts:
        n = self.label()
        when = self.pick("process.nextTick", "queueMicrotask", "setImmediate", "timer")
        return [
            f"{{ const p = Promise.reject(err({n})); {when}(() => p.catch((x) => {{", self.block(place.inside()),
            "})); }",
        ]

    def a_try(self, place: Place) -> Parts:
        parts: Parts = ["try {", self.block(place.nested(), 2)]
        kind = self.random.random()
        if kind < 0.8:
            parts += [f"}} catch (x) {{ log({self.label()}, x);", self.block(place.nested())]
        if kind > 0.5:
            parts += ["} finally {", self.block(place.nested())]
        return [*parts, "}"]

    def a_disposal(self, place: Place) -> Parts:
        n = self.label()
        if not place.awaits:
            return [f"{{ using u = {{ [Symbol.dispose]() {{ log({n}); }} }};", self.block(place.nested()), "}"]
        return [
            f"{{ await using u = {{ async [Symbol.asyncDispose]() {{ log({n}); await null; }} }};",
            self.block(place.nested()), "}",
        ]

    # Generators and loops

    def a_loop_over_generator(self, place: Place) -> Parts:
        return self.in_async(place, [
            "for await (const v of (async function* () {", self.block(place.inside(True, True), 3),
            f"}})()) {{ log({self.label()}, v);", self.block(self.loop_place(place)), "}",
        ])

    def a_loop_over_iterator(self, place: Place) -> Parts:
        n = self.label()
        values = self.values(place)
        kind = self.random.random()
        if kind < 0.5:
            source: Parts = ["[", *values, "]"]
        else:
            result = "{ value: i, done: i++ >= 2 }"
            following = self.pick(result, f"Promise.resolve({result})", f"thenable({result})", f"tick({result})")
            ending = self.pick("", f", return(v) {{ log({n}); return {{ done: true }}; }}",
                               f", async return(v) {{ log({n}); return {{}}; }}")
            source = ["{ [Symbol.asyncIterator]() { let i = 0; return { next() {", self.block(Place(0, returns=False)),
                      f"return {following}; }}{ending} }}; }} }}"]
        return self.in_async(place, [
            "for await (const v of ", *source, f") {{ log({self.label()}, v);", self.block(self.loop_place(place)), "}",
        ])

    def a_generator(self, place: Place) -> Parts:
        n = self.label()
        return [f"G[{n % 3}] = (async function* () {{", self.block(place.inside(True, True), 3), "})();"]

    def a_step_of_generator(self, place: Place) -> Parts:
        n = self.label()
        step = self.pick(f"next({n})", f"next({n})", f"next({n})", f"return({n})", f"return(Promise.resolve({n}))",
                         f"throw(err({n}))")
        return [f"G[{self.random.randrange(3)}]?.{step}.then((v) => log({n}, v), (x) => log({n}, x));"]

    # Events

    def a_listener(self, place: Place) -> Parts:
        n = self.label()
        asynchronous = self.chance(0.4)
        head = "async " if asynchronous else ""
        how = self.pick("on", "on", "once", "prependListener")
        return [
            f"E[{n % 3}].{how}({self.pick(*EVENTS)}, {head}(v) => {{ log({n}, v);",
            self.block(place.inside(asynchronous)), "});",
        ]

    def an_emit(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.1):
            return [f"emit(E[{n % 3}], 'error', err({n}));"]
        return [f"emit(E[{n % 3}], {self.pick(*EVENTS)}, {n});"]

    def a_wait_for_event(self, place: Place) -> Parts:
        n = self.label()
        signal = self.pick("", "", f", {{ signal: A[{n % 3}].signal }}")
        waiting = f"once(E[{self.random.randrange(3)}], {self.pick(*EVENTS)}{signal})"
        if place.awaits:
            return [f"log({n}, await {waiting});"]
        return [f"{waiting}.then((v) => {{ log({n}, v);", self.block(place.inside()), f"}}, (x) => log({n}, x));"]

    def a_loop_over_events(self, place: Place) -> Parts:
        n = self.label()
        signal = self.pick("", f", {{ signal: A[{n % 3}].signal }}")
        return [
            f"(async () => {{ for await (const [v] of on(E[{n % 3}], {self.pick(*EVENTS)}{signal})) {{ log({n}, v);",
            self.block(Place(place.depth - 1, True, False, False, True)),
            f"if (!burn()) break; }} }})().catch((x) => log({n}, x));",
        ]

    def an_event_target(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.5):
            return [f"if (burn()) X.dispatchEvent(new Event({self.pick(*EVENTS)}));"]
        asynchronous = self.chance(0.4)
        head = "async " if asynchronous else ""
        options = self.pick("", ", { once: true }", f", {{ signal: A[{n % 3}].signal }}")
        return [
            f"X.addEventListener({self.pick(*EVENTS)}, {head}() => {{", self.block(place.inside(asynchronous)),
            f"}}{options});",
        ]

    def an_abort(self, place: Place) -> Parts:
        n = self.label()
        if self.chance(0.5):
            return [f"A[{n % 3}].abort({self.pick('', f'err({n})')});"]
        return [f"A[{n % 3}].signal.addEventListener('abort', () => {{", self.block(place.inside()), "});"]

    def an_abortable(self, place: Place) -> Parts:
        n = self.label()
        options = f"{{ signal: A[{n % 3}].signal }}"
        waiting = self.pick(f"nap({n}, {options})", f"timers.setImmediate({n}, {options})")
        return [f"{waiting}.then((v) => {{ log({n}, v);", self.block(place.inside()), f"}}, (x) => log({n}, x));"]

    # Contexts and the rest

    def a_context(self, place: Place) -> Parts:
        n = self.label()
        kind = self.random.random()
        if kind < 0.1:
            return [f"als.enterWith({n});"]
        if kind < 0.2:
            return ["als.exit(() => {", self.block(place.inside()), "});"]
        asynchronous = self.chance(0.4)
        head = "async " if asynchronous else ""
        return [f"als.run({n}, {head}() => {{", self.block(place.inside(asynchronous), 2), "});"]

    def a_bound_context(self, place: Place) -> Parts:
        how = self.pick("AsyncLocalStorage.bind", "AsyncResource.bind")
        where = self.pick("process.nextTick", "setImmediate", "queueMicrotask")
        return [f"{where}({how}(() => {{", self.block(place.inside()), "}));"]

    def a_callbackified(self, place: Place) -> Parts:
        n = self.label()
        return ["callbackify(async () => {", self.block(place.inside(True)), f"}})((x, v) => log({n}, x, v));"]

    def an_exit_code(self, place: Place) -> Parts:
        n = self.label()
        return [self.pick(f"process.exitCode = {n % 20};", f"process.exitCode = {n % 20};", f"process.exit({n % 20});")]

    def a_revival(self, place: Place) -> Parts:
        return ["process.once('beforeExit', () => {", self.block(place.inside()), "});"]

    # The program

    def quiet_block(self, place: Place) -> Block:
        """One thing that waits for the system, alone: what others have left behind unreferenced is taken away."""
        self.quiet = True
        try:
            return Block([Piece(["rest();"]), Piece(self.random.choice(self.system_makers())(place))])
        finally:
            self.quiet = False

    def system_makers(self) -> list[Make]:
        return self.random.choice([self.input_makers(), self.network_makers(), self.network_makers()])

    def program(self) -> Source:
        module = self.chance(0.3)
        sections = []
        for number in range(self.random.randint(1, 4)):
            self._left = max(self._left, 6)
            place = Place(4, module and not number, False, bool(number))
            if number and self.chance(0.3):
                sections.append(Section("{}", self.quiet_block(place)))
                continue
            phase = "" if not number else self.pick(*_PHASES)
            sections.append(Section(phase, Block(self.block(place, 3) + self.block(place, 3))))
        return Source(module, sections)


@dataclass
class Section:
    """Statements, and how they are called; the first section, which has no phase, is the main program itself."""

    phase: str
    body: Block


@dataclass
class Source:
    """A whole program."""

    module: bool
    sections: list[Section]

    def text(self) -> str:
        later = "".join(
            f"sections.push(() => {section.phase.format('() => {' + chr(10) + render(section.body, '  ') + '}')});\n"
            if section.phase != "{}" else f"sections.push(() => {{\n{render(section.body, '  ')}}});\n"
            for section in self.sections if section.phase
        )
        main = "".join(render(section.body) for section in self.sections if not section.phase)
        return (_MODULE if self.module else _COMMONJS) + _PRELUDE + "\n" + later + main

    def own_text(self) -> str:
        """Without the prelude."""
        return self.text().partition(_PRELUDE)[2].strip()

    def program(self) -> Program:
        return Program("random", "random", {"main.mjs" if self.module else "main.cjs": self.text()} | _FILES)

    def blocks(self) -> Iterator[Block]:
        """All blocks, outer ones first."""
        waiting = [section.body for section in self.sections]
        while waiting:
            block = waiting.pop(0)
            yield block
            waiting += [inner for piece in block for inner in piece.blocks()]


# Running

_STEADY = ("--no-minor-gc-task",)

Ask = Callable[[Source], "tuple[Outcome, Outcome]"]


def attempt(source: Source, command: list[str]) -> Outcome:
    """What a program does."""
    with tempfile.TemporaryDirectory(prefix="ouro-", ignore_cleanup_errors=True) as folder:
        try:
            return run(source.program(), command, Path(folder), 20)
        except subprocess.TimeoutExpired:
            return Outcome("(does not end)", -1)


def both(source: Source, node: list[str], runtime: list[str]) -> tuple[Outcome, Outcome]:
    return attempt(source, node), attempt(source, runtime)


def judge(source: Source, node: list[str], runtime: list[str]) -> tuple[Outcome, Outcome] | None:
    """Both outcomes, if they differ; `None` if they do not, or not always. Raises `Varies` if Node's alone do."""
    node = [*node, *_STEADY]
    first = both(source, node, runtime)
    if first[0] == first[1]:
        return None
    for flags in ([], ["--single-threaded"], [], ["--single-threaded"], [], ["--single-threaded"]):
        if attempt(source, [*node, *flags]) != first[0]:
            raise Varies
    for _ in range(2):
        if attempt(source, runtime) == first[0]:
            return None
    return first


class Varies(Exception):
    """A program does not do the same again under Node."""


# Shrinking


def shrink(source: Source, differs: Callable[[Source], bool], seconds: float) -> Source:
    """A smaller program that still differs: parts are left out, or replaced by what is in them, as long as it does."""
    deadline = time.monotonic() + seconds
    smaller = True
    while smaller:
        smaller = False
        for change in list(changes(source)):
            if time.monotonic() > deadline:
                return source
            undo = change()
            if undo is None:
                continue
            if differs(source):
                smaller = True
            else:
                undo()
    return source


Undo = Callable[[], None]


def changes(source: Source) -> Iterator[Callable[[], Undo | None]]:
    """What could make a program smaller; each does it, and returns how to take it back."""
    for section in list(source.sections):
        yield lambda section=section: _without(source.sections, section)
    for block in list(source.blocks()):
        if len(block) > 3:
            middle = len(block) // 2
            for half in (block[:middle], block[middle:]):
                yield lambda block=block, half=half: _without_all(block, half)
        for piece in list(block):
            yield lambda block=block, piece=piece: _without(block, piece)
            for inner in piece.blocks():
                yield lambda block=block, piece=piece, inner=inner: _replaced(block, piece, inner)


def _position(items: list, item: object) -> int | None:
    return next((index for index, found in enumerate(items) if found is item), None)


def _without(items: list, item: object) -> Undo | None:
    return _replaced(items, item, [])


def _without_all(block: Block, pieces: list[Piece]) -> Undo | None:
    before = list(block)
    block[:] = [piece for piece in block if _position(pieces, piece) is None]
    return lambda: block.__setitem__(slice(None), before)


def _replaced(items: list, item: object, others: list) -> Undo | None:
    index = _position(items, item)
    if index is None:
        return None
    before = list(items)
    items[index : index + 1] = others

    def undo() -> None:
        items[:] = before

    return undo


# The command


def main(arguments: list[str] | None = None) -> int:
    """Run; 1 if a program differs."""
    options = _parse(arguments)
    if options.print:
        for seed in range(options.seed, options.seed + options.count):
            print(Generator(seed).program().text())
        return 0
    node, runtime = shlex.split(options.node), shlex.split(options.runtime)
    counts = {"same": 0, "differ": 0, "vary": 0}

    def one(seed: int) -> tuple[int, Source, tuple[Outcome, Outcome] | None, bool]:
        source = Generator(seed).program()
        try:
            return seed, source, judge(source, node, runtime), False
        except Varies:
            return seed, source, None, True

    with ThreadPoolExecutor(options.jobs) as pool:
        for seed, source, found, varies in pool.map(one, range(options.seed, options.seed + options.count)):
            counts["vary" if varies else "differ" if found else "same"] += 1
            if found:
                _tell(seed, source, found, node, runtime, options)
            elif sum(counts.values()) % 100 == 0:
                print(f"# {counts}", flush=True)
    print(f"{counts['same']} programs the same, {counts['differ']} differ, {counts['vary']} vary under Node")
    return 1 if counts["differ"] else 0


def _tell(
    seed: int, source: Source, found: tuple[Outcome, Outcome], node: list[str], runtime: list[str],
    options: argparse.Namespace,
) -> None:
    print(f"\n===== seed {seed} differs", flush=True)
    if options.shrink <= 0:
        return

    def differs(candidate: Source) -> bool:
        try:
            return judge(candidate, node, runtime) is not None
        except Varies:
            return False

    source = shrink(source, differs, options.shrink)
    theirs, ours = both(source, [*node, *_STEADY], runtime)
    print(source.own_text())
    print(f"----- Node, exit {theirs.code}\n{theirs.output}\n----- {options.runtime}, exit {ours.code}\n{ours.output}")
    sys.stdout.flush()


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.js.order.generate", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--node", default=NODE, metavar="PATH", help="Node's binary (or the variable OUROLOOP_NODE)")
    parser.add_argument(
        "--runtime", default=shlex.join([sys.executable, "-m", "ouroloop"]), metavar="COMMAND",
        help="the runtime to compare (this checkout's ouro)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the first program's seed (1)")
    parser.add_argument("--count", type=int, default=100, metavar="N", help="how many programs (100)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="how many at a time")
    parser.add_argument(
        "--shrink", type=float, default=60, metavar="SECONDS", help="at most, for each that differs (60); 0: do not"
    )
    parser.add_argument("--print", action="store_true", help="print the programs instead of running them")
    options = parser.parse_args(arguments)
    if options.node is None and not options.print:
        parser.error("give Node's binary with --node")
    return options


if __name__ == "__main__":
    sys.exit(main())
