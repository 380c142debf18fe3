"""Order: small programs, and the exact order in which Node 24 runs what they set up. See `twins`."""

from __future__ import annotations

from pathlib import Path

import pytest
from twins import NODE, Program, by_name, run_javascript, run_python

from ouroloop.node.environment import Environment

PROGRAMS = [
    # Ticks and microtasks
    Program(
        "ticks run after the program and before microtasks",
        """
        queue_microtask(log, "microtask")
        next_tick(log, "tick")
        log("main")
        """,
        """
        queue_microtask(() => log("microtask"));
        next_tick(log, "tick");
        log("main");
        """,
        "main | tick | microtask",
    ),
    Program(
        "a tick set by a tick runs before microtasks",
        """
        queue_microtask(log, "m")
        next_tick(lambda: (log("t1"), next_tick(log, "t2")))
        """,
        """
        queue_microtask(() => log("m"));
        next_tick(() => (log("t1"), next_tick(log, "t2")));
        """,
        "t1 | t2 | m",
    ),
    Program(
        "a tick set by a microtask waits for all microtasks",
        """
        queue_microtask(lambda: (log("m1"), next_tick(log, "t"), queue_microtask(log, "m3")))
        queue_microtask(log, "m2")
        """,
        """
        queue_microtask(() => (log("m1"), next_tick(log, "t"), queue_microtask(() => log("m3"))));
        queue_microtask(() => log("m2"));
        """,
        "m1 | m2 | m3 | t",
    ),
    Program(
        "ticks and microtasks alternate until both are empty",
        """
        def tick(n):
            log("t" + str(n))
            if n < 3:
                queue_microtask(micro, n)
        def micro(n):
            log("m" + str(n))
            next_tick(tick, n + 1)
        next_tick(tick, 1)
        set_immediate(log, "immediate")
        """,
        """
        const tick = n => { log("t" + n); if (n < 3) queue_microtask(() => micro(n)); };
        const micro = n => { log("m" + n); next_tick(tick, n + 1); };
        next_tick(tick, 1);
        set_immediate(log, "immediate");
        """,
        "t1 | m1 | t2 | m2 | t3 | immediate",
    ),
    Program(
        "ticks take arguments and keep their order",
        """
        for n in range(4):
            next_tick(log, n, n * n)
        """,
        """
        for (let n = 0; n < 4; n++) next_tick(log, n, n * n);
        """,
        "0 0 | 1 1 | 2 4 | 3 9",
    ),
    Program(
        "the queues drain between two immediates",
        """
        set_immediate(lambda: (log("i1"), next_tick(log, "t1"), queue_microtask(log, "m1")))
        set_immediate(lambda: (log("i2"), queue_microtask(log, "m2"), next_tick(log, "t2")))
        """,
        """
        set_immediate(() => (log("i1"), next_tick(log, "t1"), queue_microtask(() => log("m1"))));
        set_immediate(() => (log("i2"), queue_microtask(() => log("m2")), next_tick(log, "t2")));
        """,
        "i1 | t1 | m1 | i2 | t2 | m2",
    ),
    Program(
        "the queues drain between two timers of one duration",
        """
        set_timeout(lambda: (log("a"), next_tick(log, "ta"), queue_microtask(log, "ma")), 2)
        set_timeout(lambda: (log("b"), queue_microtask(log, "mb"), next_tick(log, "tb")), 2)
        """,
        """
        set_timeout(() => (log("a"), next_tick(log, "ta"), queue_microtask(() => log("ma"))), 2);
        set_timeout(() => (log("b"), queue_microtask(() => log("mb")), next_tick(log, "tb")), 2);
        """,
        "a | ta | ma | b | tb | mb",
    ),
    Program(
        "the queues drain between timers of different durations that are due together",
        """
        set_timeout(lambda: (log("a"), queue_microtask(log, "ma"), next_tick(log, "ta")), 3)
        set_timeout(lambda: (log("b"), queue_microtask(log, "mb"), next_tick(log, "tb")), 4)
        busy(10)
        """,
        """
        set_timeout(() => (log("a"), queue_microtask(() => log("ma")), next_tick(log, "ta")), 3);
        set_timeout(() => (log("b"), queue_microtask(() => log("mb")), next_tick(log, "tb")), 4);
        busy(10);
        """,
        "a | ta | ma | b | tb | mb",
    ),
    # Promises
    Program(
        "an executor runs at once, its reactions later",
        """
        def executor(resolve, reject):
            log("executor")
            resolve(1)
            log("resolved")
        Promise(executor).then(lambda v: log("then", v))
        log("main")
        """,
        """
        const executor = (resolve, reject) => { log("executor"); resolve(1); log("resolved"); };
        new Promise(executor).then(v => log("then", v));
        log("main");
        """,
        "executor | resolved | main | then 1",
    ),
    Program(
        "two chains take turns",
        """
        Promise.resolve().then(lambda _: log("a1")).then(lambda _: log("a2")).then(lambda _: log("a3"))
        Promise.resolve().then(lambda _: log("b1")).then(lambda _: log("b2")).then(lambda _: log("b3"))
        """,
        """
        Promise.resolve().then(() => log("a1")).then(() => log("a2")).then(() => log("a3"));
        Promise.resolve().then(() => log("b1")).then(() => log("b2")).then(() => log("b3"));
        """,
        "a1 | b1 | a2 | b2 | a3 | b3",
    ),
    Program(
        "returning a promise from then costs three microtasks",
        """
        Promise.resolve().then(lambda _: Promise.resolve("x")).then(log)
        p = Promise.resolve()
        for n in range(5):
            p = p.then(lambda _, n=n: log(n))
        """,
        """
        Promise.resolve().then(() => Promise.resolve("x")).then(log);
        let p = Promise.resolve();
        for (let n = 0; n < 5; n++) p = p.then(() => log(n));
        """,
        "0 | 1 | 2 | x | 3 | 4",
    ),
    Program(
        "resolving with a promise costs two microtasks more",
        """
        Promise(lambda resolve, reject: resolve(Promise.resolve("adopted"))).then(log)
        p = Promise.resolve()
        for n in range(4):
            p = p.then(lambda _, n=n: log(n))
        """,
        """
        new Promise(resolve => resolve(Promise.resolve("adopted"))).then(log);
        let p = Promise.resolve();
        for (let n = 0; n < 4; n++) p = p.then(() => log(n));
        """,
        "0 | 1 | adopted | 2 | 3",
    ),
    Program(
        "Promise.resolve gives a promise back as it is",
        """
        p = Promise.resolve("p")
        log(Promise.resolve(p) is p)
        Promise.resolve(p).then(log)
        Promise.resolve("q").then(log)
        """,
        """
        const p = Promise.resolve("p");
        log(Promise.resolve(p) === p ? "True" : "False");
        Promise.resolve(p).then(log);
        Promise.resolve("q").then(log);
        """,
        "True | p | q",
    ),
    Program(
        "only the first settling counts",
        """
        def executor(resolve, reject):
            resolve("first")
            reject(error("second"))
            resolve("third")
            fail("fourth")
        Promise(executor).then(log, lambda e: log("rejected"))
        """,
        """
        new Promise((resolve, reject) => {
            resolve("first"); reject(error("second")); resolve("third"); fail("fourth");
        }).then(log, e => log("rejected"));
        """,
        "first",
    ),
    Program(
        "an executor that raises rejects",
        """
        Promise(lambda resolve, reject: fail("x")).catch(lambda e: log("caught", text(e))).then(lambda _: log("after"))
        log("main")
        """,
        """
        new Promise(() => fail("x")).catch(e => log("caught", text(e))).then(() => log("after"));
        log("main");
        """,
        "main | caught x | after",
    ),
    Program(
        "errors pass through then without a handler, one microtask each",
        """
        Promise.reject(error("x")).then(log).then(log).catch(lambda e: log(text(e)))
        p = Promise.resolve()
        for n in range(4):
            p = p.then(lambda _, n=n: log(n))
        """,
        """
        Promise.reject(error("x")).then(log).then(log).catch(e => log(text(e)));
        let p = Promise.resolve();
        for (let n = 0; n < 4; n++) p = p.then(() => log(n));
        """,
        "0 | 1 | x | 2 | 3",
    ),
    Program(
        "finally keeps the value and takes its time",
        """
        Promise.resolve("v").finally_(lambda: log("finally")).then(log)
        Promise.reject(error("e")).finally_(lambda: log("finally2")).catch(lambda e: log(text(e)))
        p = Promise.resolve()
        for n in range(5):
            p = p.then(lambda _, n=n: log(n))
        """,
        """
        Promise.resolve("v").finally(() => log("finally")).then(log);
        Promise.reject(error("e")).finally(() => log("finally2")).catch(e => log(text(e)));
        let p = Promise.resolve();
        for (let n = 0; n < 5; n++) p = p.then(() => log(n));
        """,
        "finally | finally2 | 0 | 1 | 2 | v | e | 3 | 4",
    ),
    Program(
        "finally that raises replaces the result",
        """
        Promise.resolve("v").finally_(lambda: fail("f")).then(log, lambda e: log("caught", text(e)))
        """,
        """
        Promise.resolve("v").finally(() => fail("f")).then(log, e => log("caught", text(e)));
        """,
        "caught f",
    ),
    Program(
        "all waits for all, and is one reaction behind the last",
        """
        Promise.all([Promise.resolve(1), 2, Promise.resolve(3)]).then(lambda v: log("all", *v))
        p = Promise.resolve()
        for n in range(4):
            p = p.then(lambda _, n=n: log(n))
        """,
        """
        Promise.all([Promise.resolve(1), 2, Promise.resolve(3)]).then(v => log("all", ...v));
        let p = Promise.resolve();
        for (let n = 0; n < 4; n++) p = p.then(() => log(n));
        """,
        "0 | all 1 2 3 | 1 | 2 | 3",
    ),
    Program(
        "all rejects with the first failure, and swallows the others",
        """
        Promise.all([Promise.resolve(1), Promise.reject(error("a")), Promise.reject(error("b"))]).catch(
            lambda e: log(text(e)))
        p = Promise.resolve()
        for n in range(4):
            p = p.then(lambda _, n=n: log(n))
        """,
        """
        Promise.all([Promise.resolve(1), Promise.reject(error("a")), Promise.reject(error("b"))]).catch(
            e => log(text(e)));
        let p = Promise.resolve();
        for (let n = 0; n < 4; n++) p = p.then(() => log(n));
        """,
        "0 | a | 1 | 2 | 3",
    ),
    Program(
        "all of nothing is fulfilled at once",
        """
        Promise.all([]).then(lambda v: log("all", len(v)))
        Promise.resolve().then(lambda _: log("then"))
        """,
        """
        Promise.all([]).then(v => log("all", v.length));
        Promise.resolve().then(() => log("then"));
        """,
        "all 0 | then",
    ),
    Program(
        "race takes the first",
        """
        slow = Promise(lambda resolve, reject: set_timeout(resolve, 200, "slow"))
        quick = Promise(lambda resolve, reject: set_timeout(resolve, 2, "quick"))
        Promise.race([slow, quick]).then(lambda v: log("race", v))
        slow.then(log)
        quick.then(log)
        """,
        """
        const slow = new Promise(resolve => set_timeout(resolve, 200, "slow"));
        const quick = new Promise(resolve => set_timeout(resolve, 2, "quick"));
        Promise.race([slow, quick]).then(v => log("race", v));
        slow.then(log);
        quick.then(log);
        """,
        "quick | race quick | slow",
    ),
    Program(
        "race of settled promises takes the first in the list",
        """
        Promise.race([Promise.resolve("a"), Promise.reject(error("b"))]).then(log, lambda e: log("failed"))
        Promise.race([Promise.reject(error("c")), Promise.resolve("d")]).then(log, lambda e: log("failed", text(e)))
        Promise.resolve().then(lambda _: log("x")).then(lambda _: log("y"))
        """,
        """
        Promise.race([Promise.resolve("a"), Promise.reject(error("b"))]).then(log, e => log("failed"));
        Promise.race([Promise.reject(error("c")), Promise.resolve("d")]).then(log, e => log("failed", text(e)));
        Promise.resolve().then(() => log("x")).then(() => log("y"));
        """,
        "x | a | failed c | y",
    ),
    Program(
        "any takes the first that succeeds",
        """
        Promise.any([Promise.reject(error("a")), Promise.resolve("b"), Promise.resolve("c")]).then(log)
        Promise.any([Promise.reject(error("d")), Promise.reject(error("e"))]).catch(
            lambda e: log(text(e), *[text(each) for each in e.errors]))
        Promise.any([]).catch(lambda e: log("none", len(e.errors)))
        """,
        """
        Promise.any([Promise.reject(error("a")), Promise.resolve("b"), Promise.resolve("c")]).then(log);
        Promise.any([Promise.reject(error("d")), Promise.reject(error("e"))]).catch(
            e => log(text(e), ...e.errors.map(text)));
        Promise.any([]).catch(e => log("none", e.errors.length));
        """,
        "none 0 | b | All promises were rejected d e",
    ),
    Program(
        "all_settled tells of each",
        """
        Promise.all_settled([Promise.resolve(1), Promise.reject(error("x")), 3]).then(
            lambda all: log(*[each["status"] for each in all]))
        Promise.resolve().then(lambda _: log("a")).then(lambda _: log("b")).then(lambda _: log("c"))
        """,
        """
        Promise.allSettled([Promise.resolve(1), Promise.reject(error("x")), 3]).then(
            all => log(...all.map(each => each.status)));
        Promise.resolve().then(() => log("a")).then(() => log("b")).then(() => log("c"));
        """,
        "a | fulfilled rejected fulfilled | b | c",
    ),
    Program(
        "a promise that resolves with itself is rejected",
        """
        p, resolve, reject = Promise.with_resolvers()
        resolve(p)
        p.catch(lambda e: log("cycle"))
        q = Promise.resolve().then(lambda _: q)
        q.catch(lambda e: log("cycle too"))
        """,
        """
        const {promise: p, resolve} = Promise.withResolvers();
        resolve(p);
        p.catch(e => log("cycle"));
        const q = Promise.resolve().then(() => q);
        q.catch(e => log("cycle too"));
        """,
        "cycle | cycle too",
    ),
    Program(
        "reactions of one promise run in the order they were added",
        """
        p, resolve, reject = Promise.with_resolvers()
        p.then(lambda v: log("1", v))
        p.then(lambda v: log("2", v))
        resolve("x")
        p.then(lambda v: log("3", v))
        next_tick(log, "tick")
        """,
        """
        const {promise: p, resolve} = Promise.withResolvers();
        p.then(v => log("1", v));
        p.then(v => log("2", v));
        resolve("x");
        p.then(v => log("3", v));
        next_tick(log, "tick");
        """,
        "tick | 1 x | 2 x | 3 x",
    ),
    # async and await
    Program(
        "an async function runs at once up to its first await",
        """
        async def f():
            log("f1")
            await Promise.resolve()
            log("f2")
        log("main1")
        go(f())
        log("main2")
        """,
        """
        const f = async () => { log("f1"); await null; log("f2"); };
        log("main1");
        f();
        log("main2");
        """,
        "main1 | f1 | main2 | f2",
    ),
    Program(
        "await of a settled promise costs one microtask",
        """
        async def f(name):
            for n in range(3):
                await Promise.resolve()
                log(name + str(n))
        go(f("a"))
        go(f("b"))
        Promise.resolve().then(lambda _: log("t1")).then(lambda _: log("t2"))
        """,
        """
        const f = async name => { for (let n = 0; n < 3; n++) { await Promise.resolve(); log(name + n); } };
        f("a");
        f("b");
        Promise.resolve().then(() => log("t1")).then(() => log("t2"));
        """,
        "a0 | b0 | t1 | a1 | b1 | t2 | a2 | b2",
    ),
    Program(
        "await of a pending promise goes on one microtask after it is settled",
        """
        p, resolve, reject = Promise.with_resolvers()
        async def f():
            log("got", await p)
        go(f())
        p.then(lambda v: log("then", v))
        set_immediate(lambda: (resolve("x"), log("resolved"), next_tick(log, "tick")))
        """,
        """
        const {promise: p, resolve} = Promise.withResolvers();
        const f = async () => { log("got", await p); };
        f();
        p.then(v => log("then", v));
        set_immediate(() => (resolve("x"), log("resolved"), next_tick(log, "tick")));
        """,
        "resolved | tick | got x | then x",
    ),
    Program(
        "returning a promise from an async function costs three microtasks",
        """
        async def f():
            return Promise.resolve("f")
        go(f()).then(log)
        p = Promise.resolve()
        for n in range(5):
            p = p.then(lambda _, n=n: log(n))
        """,
        """
        const f = async () => Promise.resolve("f");
        f().then(log);
        let p = Promise.resolve();
        for (let n = 0; n < 5; n++) p = p.then(() => log(n));
        """,
        "0 | 1 | f | 2 | 3 | 4",
    ),
    Program(
        "await raises what the promise was rejected with",
        """
        async def f():
            try:
                await Promise.reject(error("x"))
            except Exception as e:
                log("caught", text(e))
            finally:
                log("finally")
            return "done"
        go(f()).then(log)
        Promise.resolve().then(lambda _: log("a")).then(lambda _: log("b"))
        """,
        """
        const f = async () => {
            try { await Promise.reject(error("x")); } catch (e) { log("caught", text(e)); } finally { log("finally"); }
            return "done";
        };
        f().then(log);
        Promise.resolve().then(() => log("a")).then(() => log("b"));
        """,
        "caught x | finally | a | done | b",
    ),
    Program(
        "async functions awaiting started ones",
        """
        async def inner(n):
            log("inner", n)
            await Promise.resolve()
            log("inner end", n)
            return n
        async def outer():
            first, second = go(inner(1)), go(inner(2))
            log("sum", await first + await second)
        go(outer())
        log("main")
        """,
        """
        const inner = async n => { log("inner", n); await null; log("inner end", n); return n; };
        const outer = async () => {
            const first = inner(1), second = inner(2);
            log("sum", await first + await second);
        };
        outer();
        log("main");
        """,
        "inner 1 | inner 2 | main | inner end 1 | inner end 2 | sum 3",
    ),
    Program(
        "await of timers and ticks",
        """
        def tick():
            return Promise(lambda resolve, reject: next_tick(resolve))
        def sleep(ms):
            return Promise(lambda resolve, reject: set_timeout(resolve, ms, None))
        async def f():
            log("a")
            await tick()
            log("b")
            await sleep(2)
            log("c")
            await tick()
            log("d")
        go(f())
        next_tick(log, "tick")
        set_timeout(log, 100, "late")
        """,
        """
        const tick = () => new Promise(resolve => next_tick(resolve));
        const sleep = ms => new Promise(resolve => set_timeout(resolve, ms));
        const f = async () => { log("a"); await tick(); log("b"); await sleep(2); log("c"); await tick(); log("d"); };
        f();
        next_tick(log, "tick");
        set_timeout(log, 100, "late");
        """,
        "a | tick | b | c | d | late",
    ),
    Program(
        "asynchronous listeners do not hold up emit",
        """
        e = EventEmitter()
        async def listener(v):
            log("start", v)
            await Promise.resolve()
            log("end", v)
        e.on("x", listener)
        e.on("x", lambda v: log("second", v))
        log(e.emit("x", 1))
        """,
        """
        const e = new EventEmitter();
        e.on("x", async v => { log("start", v); await null; log("end", v); });
        e.on("x", v => log("second", v));
        log(e.emit("x", 1) ? "True" : "False");
        """,
        "start 1 | second 1 | True | end 1",
    ),
    # Timers
    Program(
        "timers of equal duration run in the order they were set",
        """
        for n in range(5):
            set_timeout(log, 3, n)
        """,
        """
        for (let n = 0; n < 5; n++) set_timeout(log, 3, n);
        """,
        "0 | 1 | 2 | 3 | 4",
    ),
    Program(
        "0, 1 and negative durations are one list",
        """
        set_timeout(log, 1, "one")
        set_timeout(log, 0, "zero")
        set_timeout(log, 0.5, "half")
        set_timeout(log, 1.9, "nearly two")
        """,
        """
        set_timeout(log, 1, "one");
        set_timeout(log, 0, "zero");
        set_timeout(log, 0.5, "half");
        set_timeout(log, 1.9, "nearly two");
        """,
        "one | zero | half | nearly two",
    ),
    Program(
        "timers run by due time, not by the order they were set",
        """
        set_timeout(log, 300, 300)
        set_timeout(log, 100, 100)
        set_timeout(log, 200, 200)
        set_timeout(log, 100, "100 again")
        """,
        """
        set_timeout(log, 300, 300);
        set_timeout(log, 100, 100);
        set_timeout(log, 200, 200);
        set_timeout(log, 100, "100 again");
        """,
        "100 | 100 again | 200 | 300",
    ),
    Program(
        "late timers run list by list: the list that was due first runs all that is due",
        """
        set_timeout(log, 5, "5a")
        set_timeout(log, 6, "6a")
        busy(3)
        set_timeout(log, 5, "5b")
        set_timeout(log, 6, "6b")
        busy(20)
        """,
        """
        set_timeout(log, 5, "5a");
        set_timeout(log, 6, "6a");
        busy(3);
        set_timeout(log, 5, "5b");
        set_timeout(log, 6, "6b");
        busy(20);
        """,
        "5a | 5b | 6a | 6b",
    ),
    Program(
        "due timers run before the first turn's immediates",
        """
        set_timeout(log, 1, "timer")
        set_immediate(log, "immediate")
        busy(10)
        """,
        """
        set_timeout(log, 1, "timer");
        set_immediate(log, "immediate");
        busy(10);
        """,
        "timer | immediate",
    ),
    Program(
        "a timer set in a timer of the same duration waits a turn",
        """
        set_timeout(lambda: (log("a"), set_timeout(log, 1, "c"), set_immediate(log, "i")), 1)
        set_timeout(log, 1, "b")
        busy(5)
        """,
        """
        set_timeout(() => (log("a"), set_timeout(log, 1, "c"), set_immediate(log, "i")), 1);
        set_timeout(log, 1, "b");
        busy(5);
        """,
        "a | b | i | c",
    ),
    Program(
        "a timer can be cancelled by an earlier one of the same moment",
        """
        set_timeout(lambda: (log("a"), clear_timeout(b)), 2)
        b = set_timeout(log, 2, "b")
        set_timeout(log, 2, "c")
        """,
        """
        set_timeout(() => (log("a"), clear_timeout(b)), 2);
        const b = set_timeout(log, 2, "b");
        set_timeout(log, 2, "c");
        """,
        "a | c",
    ),
    Program(
        "a timer can be cancelled by a tick between two of the same moment",
        """
        set_timeout(lambda: (log("a"), next_tick(clear_timeout, b)), 2)
        b = set_timeout(log, 2, "b")
        set_timeout(log, 2, "c")
        """,
        """
        set_timeout(() => (log("a"), next_tick(clear_timeout, b)), 2);
        const b = set_timeout(log, 2, "b");
        set_timeout(log, 2, "c");
        """,
        "a | c",
    ),
    Program(
        "an interval can clear itself",
        """
        n = 0
        def step():
            global n
            n += 1
            log("interval", n)
            if n == 3:
                clear_interval(t)
        t = set_interval(step, 1)
        """,
        """
        let n = 0;
        const t = set_interval(() => { log("interval", ++n); if (n === 3) clear_interval(t); }, 1);
        """,
        "interval 1 | interval 2 | interval 3",
    ),
    Program(
        "an interval cleared from elsewhere while others of its list go on",
        """
        a = set_interval(lambda: log("a"), 5)
        b = set_interval(lambda: (log("b"), clear_interval(a), clear_interval(b)), 5)
        set_timeout(log, 60, "end")
        """,
        """
        const a = set_interval(() => log("a"), 5);
        const b = set_interval(() => (log("b"), clear_interval(a), clear_interval(b)), 5);
        set_timeout(log, 60, "end");
        """,
        "a | b | end",
    ),
    Program(
        "an interval that raises goes on when somebody takes the error",
        """
        n = 0
        def step():
            global n
            n += 1
            if n == 3:
                clear_interval(t)
            fail(str(n))
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        t = set_interval(step, 1)
        """,
        """
        let n = 0;
        process.on("uncaughtException", e => log("caught", text(e)));
        const t = set_interval(() => { n++; if (n === 3) clear_interval(t); fail(String(n)); }, 1);
        """,
        "caught 1 | caught 2 | caught 3",
    ),
    Program(
        "refresh starts the time again",
        """
        t = set_timeout(log, 200, "refreshed")
        set_timeout(log, 250, "250")
        set_timeout(t.refresh, 100)
        """,
        """
        const t = set_timeout(log, 200, "refreshed");
        set_timeout(log, 250, "250");
        set_timeout(() => t.refresh(), 100);
        """,
        "250 | refreshed",
    ),
    Program(
        "refresh inside the callback makes it fire again",
        """
        n = 0
        def step():
            global n
            n += 1
            log("fired", n)
            if n < 3:
                t.refresh()
        t = set_timeout(step, 1)
        """,
        """
        let n = 0;
        const t = set_timeout(() => { log("fired", ++n); if (n < 3) t.refresh(); }, 1);
        """,
        "fired 1 | fired 2 | fired 3",
    ),
    Program(
        "refresh of a fired timer brings it back",
        """
        t = set_timeout(log, 1, "t")
        set_timeout(lambda: (log("again"), t.refresh()), 20)
        """,
        """
        const t = set_timeout(log, 1, "t");
        set_timeout(() => (log("again"), t.refresh()), 20);
        """,
        "t | again | t",
    ),
    Program(
        "an unref'ed timer does not keep the program",
        """
        set_timeout(log, 1000, "never").unref()
        set_timeout(log, 1, "timer")
        process.on("exit", lambda code: log("exit"))
        """,
        """
        set_timeout(log, 1000, "never").unref();
        set_timeout(log, 1, "timer");
        process.on("exit", code => log("exit"));
        """,
        "timer | exit",
    ),
    Program(
        "an unref'ed timer runs while something else keeps the program",
        """
        set_timeout(log, 1, "unref'ed").unref()
        set_timeout(log, 20, "timer")
        """,
        """
        set_timeout(log, 1, "unref'ed").unref();
        set_timeout(log, 20, "timer");
        """,
        "unref'ed | timer",
    ),
    Program(
        "ref again keeps the program again",
        """
        t = set_timeout(log, 5, "t").unref()
        log(t.has_ref())
        t.ref()
        log(t.has_ref())
        """,
        """
        const t = set_timeout(log, 5, "t").unref();
        log(t.hasRef() ? "True" : "False");
        t.ref();
        log(t.hasRef() ? "True" : "False");
        """,
        "False | True | t",
    ),
    # Immediates
    Program(
        "an immediate set by an immediate waits for the next turn",
        """
        set_immediate(lambda: (log("i1"), set_immediate(log, "i3"), next_tick(log, "t")))
        set_immediate(log, "i2")
        """,
        """
        set_immediate(() => (log("i1"), set_immediate(log, "i3"), next_tick(log, "t")));
        set_immediate(log, "i2");
        """,
        "i1 | t | i2 | i3",
    ),
    Program(
        "an immediate can be cancelled by the one before it",
        """
        set_immediate(lambda: (log("i1"), clear_immediate(b)))
        b = set_immediate(log, "i2")
        set_immediate(log, "i3")
        """,
        """
        set_immediate(() => (log("i1"), clear_immediate(b)));
        const b = set_immediate(log, "i2");
        set_immediate(log, "i3");
        """,
        "i1 | i3",
    ),
    Program(
        "all later immediates can be cancelled from a tick",
        """
        set_immediate(lambda: (log("i1"), next_tick(lambda: (clear_immediate(b), clear_immediate(c)))))
        b = set_immediate(log, "i2")
        c = set_immediate(log, "i3")
        """,
        """
        set_immediate(() => (log("i1"), next_tick(() => (clear_immediate(b), clear_immediate(c)))));
        const b = set_immediate(log, "i2");
        const c = set_immediate(log, "i3");
        """,
        "i1",
    ),
    Program(
        "an unref'ed immediate does not keep the program",
        """
        set_immediate(log, "never").unref()
        log("main")
        """,
        """
        set_immediate(log, "never").unref();
        log("main");
        """,
        "main",
    ),
    Program(
        "inside an I/O callback immediates come before timers",
        """
        io(lambda: (set_timeout(log, 0, "timer"), set_immediate(log, "immediate"), next_tick(log, "tick")))
        """,
        """
        io(() => (set_timeout(log, 0, "timer"), set_immediate(log, "immediate"), next_tick(log, "tick")));
        """,
        "tick | immediate | timer",
    ),
    Program(
        "inside an I/O callback immediates come before timers that are overdue",
        """
        io(lambda: (set_timeout(log, 1, "timer"), set_immediate(log, "immediate"), busy(5)))
        """,
        """
        io(() => (set_timeout(log, 1, "timer"), set_immediate(log, "immediate"), busy(5)));
        """,
        "immediate | timer",
    ),
    Program(
        "immediates in a timer come in the next check step, before the next timer",
        """
        set_timeout(lambda: (log("t1"), set_immediate(log, "i"), set_timeout(log, 0, "t2"), busy(5)), 1)
        """,
        """
        set_timeout(() => (log("t1"), set_immediate(log, "i"), set_timeout(log, 0, "t2"), busy(5)), 1);
        """,
        "t1 | i | t2",
    ),
    Program(
        "nested immediates and overdue timers take turns",
        """
        def immediate(n):
            log("i" + str(n))
            set_timeout(log, 1, "t" + str(n))
            busy(3)
            if n < 3:
                set_immediate(immediate, n + 1)
        io(lambda: immediate(1))
        """,
        """
        const immediate = n => {
            log("i" + n); set_timeout(log, 1, "t" + n); busy(3); if (n < 3) set_immediate(immediate, n + 1);
        };
        io(() => immediate(1));
        """,
        "i1 | i2 | t1 | t2 | i3 | t3",
    ),
    Program(
        "the queues drain after an I/O callback",
        """
        io(lambda: (log("io"), queue_microtask(log, "m"), next_tick(log, "t"), set_immediate(log, "i")))
        """,
        """
        io(() => (log("io"), queue_microtask(() => log("m")), next_tick(log, "t"), set_immediate(log, "i")));
        """,
        "io | t | m | i",
    ),
    # Errors
    Program(
        "an uncaught error ends the program with 1, after 'exit'",
        """
        process.on("exit", lambda code: log("exit", code))
        set_timeout(lambda: fail("x"), 1)
        set_timeout(log, 5, "never")
        """,
        """
        process.on("exit", code => log("exit", code));
        set_timeout(() => fail("x"), 1);
        set_timeout(log, 5, "never");
        """,
        "exit 1",
        code=1,
    ),
    Program(
        "an error in the main program that somebody takes",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e), origin))
        next_tick(log, "tick")
        queue_microtask(log, "microtask")
        set_immediate(log, "immediate")
        fail("main")
        """,
        """
        process.on("uncaughtException", (e, origin) => log("caught", text(e), origin));
        next_tick(log, "tick");
        queue_microtask(() => log("microtask"));
        set_immediate(log, "immediate");
        fail("main");
        """,
        "caught main uncaughtException | tick | microtask | immediate",
    ),
    Program(
        "an error in a tick leaves the others for later",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        next_tick(lambda: fail("t1"))
        next_tick(log, "t2")
        queue_microtask(log, "m")
        set_immediate(log, "i")
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        next_tick(() => fail("t1"));
        next_tick(log, "t2");
        queue_microtask(() => log("m"));
        set_immediate(log, "i");
        """,
        "caught t1 | t2 | m | i",
    ),
    Program(
        "an error in a microtask does not keep the others back",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        queue_microtask(lambda: fail("m1"))
        queue_microtask(log, "m2")
        next_tick(log, "t")
        set_immediate(log, "i")
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        queue_microtask(() => fail("m1"));
        queue_microtask(() => log("m2"));
        next_tick(log, "t");
        set_immediate(log, "i");
        """,
        "t | caught m1 | m2 | i",
    ),
    Program(
        "an error in an immediate lets the others run",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        set_immediate(lambda: (log("i1"), next_tick(log, "t1"), queue_microtask(log, "m1"), fail("i1")))
        set_immediate(lambda: (log("i2"), next_tick(log, "t2")))
        set_immediate(log, "i3")
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        set_immediate(() => (log("i1"), next_tick(log, "t1"), queue_microtask(() => log("m1")), fail("i1")));
        set_immediate(() => (log("i2"), next_tick(log, "t2")));
        set_immediate(log, "i3");
        """,
        "i1 | caught i1 | i2 | t1 | t2 | m1 | i3",
    ),
    Program(
        "an error in a timer lets the others run",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        set_timeout(lambda: (log("a"), next_tick(log, "ta"), queue_microtask(log, "ma"), fail("a")), 2)
        set_timeout(lambda: (log("b"), next_tick(log, "tb")), 2)
        set_timeout(log, 3, "c")
        busy(10)
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        set_timeout(() => (log("a"), next_tick(log, "ta"), queue_microtask(() => log("ma")), fail("a")), 2);
        set_timeout(() => (log("b"), next_tick(log, "tb")), 2);
        set_timeout(log, 3, "c");
        busy(10);
        """,
        "a | caught a | b | ta | tb | ma | c",
    ),
    Program(
        "an error in an I/O callback",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        io(lambda: (next_tick(log, "t"), queue_microtask(log, "m"), set_immediate(log, "i"), fail("io")))
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        io(() => (next_tick(log, "t"), queue_microtask(() => log("m")), set_immediate(log, "i"), fail("io")));
        """,
        "caught io | t | m | i",
    ),
    Program(
        "an error in a tick between two timers",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        set_timeout(lambda: (log("a"), next_tick(lambda: fail("x")), next_tick(log, "t")), 2)
        set_timeout(log, 2, "b")
        set_immediate(log, "i")
        busy(10)
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        set_timeout(() => (log("a"), next_tick(() => fail("x")), next_tick(log, "t")), 2);
        set_timeout(log, 2, "b");
        set_immediate(log, "i");
        busy(10);
        """,
        "a | caught x | b | t | i",
    ),
    Program(
        "an error in a listener leaves emit, and the listeners after it are not called",
        """
        e = EventEmitter()
        e.on("x", lambda: log("1"))
        e.on("x", lambda: fail("2"))
        e.on("x", lambda: log("3"))
        try:
            e.emit("x")
        except Exception as error:
            log("caught", text(error))
        """,
        """
        const e = new EventEmitter();
        e.on("x", () => log("1"));
        e.on("x", () => fail("2"));
        e.on("x", () => log("3"));
        try { e.emit("x"); } catch (error) { log("caught", text(error)); }
        """,
        "1 | caught 2",
    ),
    Program(
        "what an error in a tick left over runs with the next callback: here a timer",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        next_tick(lambda: fail("t1"))
        next_tick(log, "t2")
        queue_microtask(log, "m")
        set_timeout(log, 1, "timer")
        set_immediate(log, "i")
        busy(10)
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        next_tick(() => fail("t1"));
        next_tick(log, "t2");
        queue_microtask(() => log("m"));
        set_timeout(log, 1, "timer");
        set_immediate(log, "i");
        busy(10);
        """,
        "caught t1 | timer | t2 | m | i",
    ),
    Program(
        "what an error in an I/O callback left over runs with the next callback: here another one",
        """
        process.on("uncaughtException", lambda e, origin: (log("caught", text(e)), next_tick(log, "tick of listener")))
        io(lambda: (log("io1"), next_tick(log, "t"), queue_microtask(log, "m"), fail("io1")))
        io(lambda: log("io2"))
        busy(50)
        """,
        """
        process.on("uncaughtException", e => (log("caught", text(e)), next_tick(log, "tick of listener")));
        io(() => (log("io1"), next_tick(log, "t"), queue_microtask(() => log("m")), fail("io1")));
        io(() => log("io2"));
        busy(50);
        """,
        "io1 | caught io1 | io2 | t | tick of listener | m",
    ),
    Program(
        "an error in a microtask of an exit listener",
        """
        process.on("exit", lambda code: (log("exit", code), queue_microtask(lambda: (log("m"), fail("x")))))
        """,
        """
        process.on("exit", code => (log("exit", code), queue_microtask(() => (log("m"), fail("x")))));
        """,
        "exit 0 | m",
        code=1,
    ),
    Program(
        "when the last immediate raises, those it has set run before due timers",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        set_immediate(lambda: (set_timeout(log, 1, "timer"), set_immediate(log, "i2"), busy(5), fail("i1")))
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        set_immediate(() => (set_timeout(log, 1, "timer"), set_immediate(log, "i2"), busy(5), fail("i1")));
        """,
        "caught i1 | i2 | timer",
    ),
    Program(
        "a cancelled timer leaves no place in the order",
        """
        io(lambda: (clear_timeout(set_timeout(log, 2, "never")), set_timeout(log, 3, "3"), busy(10),
                    set_timeout(log, 2, "2"), busy(10)))
        """,
        """
        io(() => (clear_timeout(set_timeout(log, 2, "never")), set_timeout(log, 3, "3"), busy(10),
                  set_timeout(log, 2, "2"), busy(10)));
        """,
        "3 | 2",
    ),
    Program(
        "a timer refreshed in a long callback is due before the immediates of the next turn",
        """
        n = 0
        def step():
            global n
            n += 1
            log("fired", n)
            if n < 3:
                t.refresh()
            set_immediate(lambda: set_immediate(log, "second"))
            busy(5)
        t = set_timeout(step, 1)
        """,
        """
        let n = 0;
        const t = set_timeout(() => {
            log("fired", ++n);
            if (n < 3) t.refresh();
            set_immediate(() => set_immediate(log, "second"));
            busy(5);
        }, 1);
        """,
        "fired 1 | fired 2 | second | fired 3 | second | second",
    ),
    Program(
        "an error event nobody listens for is an uncaught error",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        set_immediate(lambda: (EventEmitter().emit("error", error("x")), log("never")))
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        set_immediate(() => (new EventEmitter().emit("error", error("x")), log("never")));
        """,
        "caught x",
    ),
    Program(
        "the monitor sees an error before the listeners",
        """
        process.on("uncaughtException", lambda e, origin: log("taken", text(e)))
        process.on("uncaughtExceptionMonitor", lambda e, origin: log("seen", text(e), origin))
        set_immediate(lambda: fail("x"))
        """,
        """
        process.on("uncaughtException", e => log("taken", text(e)));
        process.on("uncaughtExceptionMonitor", (e, origin) => log("seen", text(e), origin));
        set_immediate(() => fail("x"));
        """,
        "seen x uncaughtException | taken x",
    ),
    Program(
        "the monitor alone does not save the program",
        """
        process.on("uncaughtExceptionMonitor", lambda e, origin: log("seen", text(e)))
        process.on("exit", lambda code: log("exit", code))
        set_immediate(lambda: fail("x"))
        """,
        """
        process.on("uncaughtExceptionMonitor", e => log("seen", text(e)));
        process.on("exit", code => log("exit", code));
        set_immediate(() => fail("x"));
        """,
        "seen x | exit 1",
        code=1,
    ),
    Program(
        "an uncaughtException listener that raises ends the program with 7",
        """
        process.on("uncaughtException", lambda e, origin: (log("taken", text(e)), fail("second")))
        process.on("exit", lambda code: log("exit", code))
        set_immediate(lambda: fail("first"))
        """,
        """
        process.on("uncaughtException", e => (log("taken", text(e)), fail("second")));
        process.on("exit", code => log("exit", code));
        set_immediate(() => fail("first"));
        """,
        "taken first",
        code=7,
    ),
    Program(
        "an exit listener that raises after an uncaught error",
        """
        process.on("exit", lambda code: (log("exit", code), fail("second")))
        set_immediate(lambda: fail("first"))
        """,
        """
        process.on("exit", code => (log("exit", code), fail("second")));
        set_immediate(() => fail("first"));
        """,
        "exit 1",
        code=1,
    ),
    # Unhandled rejections
    Program(
        "an unhandled rejection is told after the queues are drained",
        """
        process.on("unhandledRejection", lambda e, p: log("unhandled", text(e)))
        Promise.reject(error("x"))
        next_tick(log, "tick")
        queue_microtask(log, "microtask")
        set_immediate(log, "immediate")
        """,
        """
        process.on("unhandledRejection", e => log("unhandled", text(e)));
        Promise.reject(error("x"));
        next_tick(log, "tick");
        queue_microtask(() => log("microtask"));
        set_immediate(log, "immediate");
        """,
        "tick | microtask | unhandled x | immediate",
    ),
    Program(
        "a rejection handled in a tick or a microtask is not told",
        """
        process.on("unhandledRejection", lambda e, p: log("unhandled", text(e)))
        a, b = Promise.reject(error("a")), Promise.reject(error("b"))
        next_tick(lambda: a.catch(lambda e: log("caught", text(e))))
        queue_microtask(lambda: b.catch(lambda e: log("caught", text(e))))
        """,
        """
        process.on("unhandledRejection", e => log("unhandled", text(e)));
        const a = Promise.reject(error("a")), b = Promise.reject(error("b"));
        next_tick(() => a.catch(e => log("caught", text(e))));
        queue_microtask(() => b.catch(e => log("caught", text(e))));
        """,
        "caught a | caught b",
    ),
    Program(
        "a rejection handled too late is told twice",
        """
        process.on("unhandledRejection", lambda e, p: log("unhandled", text(e)))
        process.on("rejectionHandled", lambda p: log("handled"))
        a = Promise.reject(error("a"))
        set_immediate(lambda: (a.catch(lambda e: log("caught", text(e))), next_tick(log, "tick"), log("immediate")))
        """,
        """
        process.on("unhandledRejection", e => log("unhandled", text(e)));
        process.on("rejectionHandled", () => log("handled"));
        const a = Promise.reject(error("a"));
        set_immediate(() => (a.catch(e => log("caught", text(e))), next_tick(log, "tick"), log("immediate")));
        """,
        "unhandled a | immediate | tick | caught a | handled",
    ),
    Program(
        "an unhandled rejection nobody listens for is an uncaught error",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e), origin))
        Promise.reject(error("x"))
        set_immediate(log, "immediate")
        """,
        """
        process.on("uncaughtException", (e, origin) => log("caught", text(e), origin));
        Promise.reject(error("x"));
        set_immediate(log, "immediate");
        """,
        "caught x unhandledRejection | immediate",
    ),
    Program(
        "an unhandled rejection ends the program with 1",
        """
        process.on("exit", lambda code: log("exit", code))
        async def f():
            await Promise.resolve()
            fail("x")
        go(f())
        set_immediate(log, "never")
        """,
        """
        process.on("exit", code => log("exit", code));
        const f = async () => { await null; fail("x"); };
        f();
        set_immediate(log, "never");
        """,
        "exit 1",
        code=1,
    ),
    Program(
        "several unhandled rejections are told in order, with the queues drained after",
        """
        process.on("unhandledRejection", lambda e, p: (
            log("unhandled", text(e)), next_tick(log, "t " + text(e)), queue_microtask(log, "m " + text(e))))
        Promise.reject(error("a"))
        Promise.reject(error("b"))
        """,
        """
        process.on("unhandledRejection", e => (
            log("unhandled", text(e)), next_tick(log, "t " + text(e)), queue_microtask(() => log("m " + text(e)))));
        Promise.reject(error("a"));
        Promise.reject(error("b"));
        """,
        "unhandled a | unhandled b | t a | t b | m a | m b",
    ),
    Program(
        "a listener for one rejection can handle the next",
        """
        process.on("unhandledRejection", lambda e, p: (log("unhandled", text(e)), b.catch(lambda e: log("caught"))))
        a = Promise.reject(error("a"))
        b = Promise.reject(error("b"))
        """,
        """
        process.on("unhandledRejection", e => (log("unhandled", text(e)), b.catch(e => log("caught"))));
        const a = Promise.reject(error("a"));
        const b = Promise.reject(error("b"));
        """,
        "unhandled a | unhandled b | caught | caught",
    ),
    Program(
        "a rejection listener that raises makes an uncaught error",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e), origin))
        process.on("unhandledRejection", lambda e, p: (log("unhandled", text(e)), fail("in listener")))
        Promise.reject(error("a"))
        Promise.reject(error("b"))
        set_immediate(log, "immediate")
        """,
        """
        process.on("uncaughtException", (e, origin) => log("caught", text(e), origin));
        process.on("unhandledRejection", e => (log("unhandled", text(e)), fail("in listener")));
        Promise.reject(error("a"));
        Promise.reject(error("b"));
        set_immediate(log, "immediate");
        """,
        "unhandled a | caught in listener uncaughtException | immediate",
    ),
    Program(
        "then's promise is the one that is unhandled",
        """
        process.on("unhandledRejection", lambda e, p: log("unhandled", p is derived))
        source = Promise.reject(error("x"))
        derived = source.then(log)
        """,
        """
        process.on("unhandledRejection", (e, p) => log("unhandled", p === derived ? "True" : "False"));
        const source = Promise.reject(error("x"));
        const derived = source.then(log);
        """,
        "unhandled True",
    ),
    Program(
        "a rejection in a timer is decided before the next timer",
        """
        process.on("unhandledRejection", lambda e, p: log("unhandled", text(e)))
        set_timeout(lambda: (log("a"), Promise.reject(error("x"))), 2)
        set_timeout(log, 2, "b")
        busy(5)
        """,
        """
        process.on("unhandledRejection", e => log("unhandled", text(e)));
        set_timeout(() => (log("a"), Promise.reject(error("x"))), 2);
        set_timeout(log, 2, "b");
        busy(5);
        """,
        "a | unhandled x | b",
    ),
    # The end
    Program(
        "beforeExit, then exit",
        """
        process.on("exit", lambda code: log("exit", code))
        process.on("beforeExit", lambda code: log("beforeExit", code))
        set_immediate(log, "immediate")
        """,
        """
        process.on("exit", code => log("exit", code));
        process.on("beforeExit", code => log("beforeExit", code));
        set_immediate(log, "immediate");
        """,
        "immediate | beforeExit 0 | exit 0",
    ),
    Program(
        "beforeExit can start something, and comes again after it",
        """
        n = 0
        def before(code):
            global n
            n += 1
            log("beforeExit", n)
            if n < 3:
                set_timeout(log, 1, "timer", n)
        process.on("beforeExit", before)
        """,
        """
        let n = 0;
        process.on("beforeExit", () => { log("beforeExit", ++n); if (n < 3) set_timeout(log, 1, "timer", n); });
        """,
        "beforeExit 1 | timer 1 | beforeExit 2 | timer 2 | beforeExit 3",
    ),
    Program(
        "ticks set in beforeExit run, but do not revive the program",
        """
        process.on("beforeExit", lambda code: (log("beforeExit"), next_tick(log, "t"), queue_microtask(log, "m")))
        process.on("exit", lambda code: log("exit"))
        """,
        """
        process.on("beforeExit", () => (log("beforeExit"), next_tick(log, "t"), queue_microtask(() => log("m"))));
        process.on("exit", () => log("exit"));
        """,
        "beforeExit | t | m | exit",
    ),
    Program(
        "nothing asynchronous runs after exit",
        """
        process.on("exit", lambda code: (log("exit"), next_tick(log, "t"), set_timeout(log, 0, "timer"),
                                         set_immediate(log, "immediate")))
        """,
        """
        process.on("exit", () => (log("exit"), next_tick(log, "t"), set_timeout(log, 0, "timer"),
                                  set_immediate(log, "immediate")));
        """,
        "exit",
    ),
    Program(
        "microtasks set in exit at the natural end",
        """
        process.on("exit", lambda code: (log("exit"), queue_microtask(log, "m")))
        """,
        """
        process.on("exit", () => (log("exit"), queue_microtask(() => log("m"))));
        """,
        "exit | m",
    ),
    Program(
        "process.exit ends at once",
        """
        process.on("exit", lambda code: log("exit", code))
        process.on("beforeExit", lambda code: log("never"))
        next_tick(log, "never")
        queue_microtask(log, "never")
        process.exit(3)
        log("never")
        """,
        """
        process.on("exit", code => log("exit", code));
        process.on("beforeExit", code => log("never"));
        next_tick(log, "never");
        queue_microtask(() => log("never"));
        process.exit(3);
        log("never");
        """,
        "exit 3",
        code=3,
    ),
    Program(
        "process.exit in a tick",
        """
        process.on("exit", lambda code: log("exit", code))
        next_tick(lambda: (log("t"), process.exit(4)))
        next_tick(log, "never")
        queue_microtask(log, "never")
        """,
        """
        process.on("exit", code => log("exit", code));
        next_tick(() => (log("t"), process.exit(4)));
        next_tick(log, "never");
        queue_microtask(() => log("never"));
        """,
        "t | exit 4",
        code=4,
    ),
    Program(
        "process.exit in a microtask",
        """
        process.on("exit", lambda code: log("exit", code))
        Promise.resolve().then(lambda _: process.exit(5)).then(lambda _: log("never"))
        queue_microtask(log, "never")
        set_immediate(log, "never")
        """,
        """
        process.on("exit", code => log("exit", code));
        Promise.resolve().then(() => process.exit(5)).then(() => log("never"));
        queue_microtask(() => log("never"));
        set_immediate(log, "never");
        """,
        "exit 5",
        code=5,
    ),
    Program(
        "process.exit in an async function",
        """
        process.on("exit", lambda code: log("exit", code))
        async def f():
            await Promise.resolve()
            log("f")
            process.exit(6)
        go(f()).then(lambda _: log("never"), lambda e: log("never"))
        """,
        """
        process.on("exit", code => log("exit", code));
        const f = async () => { await null; log("f"); process.exit(6); };
        f().then(() => log("never"), () => log("never"));
        """,
        "f | exit 6",
        code=6,
    ),
    Program(
        "process.exit in a timer, an immediate and an I/O callback",
        """
        process.on("exit", lambda code: log("exit", code))
        io(lambda: set_timeout(lambda: set_immediate(lambda: (log("i"), process.exit(2), log("never"))), 1))
        set_interval(lambda: None, 1)
        """,
        """
        process.on("exit", code => log("exit", code));
        io(() => set_timeout(() => set_immediate(() => (log("i"), process.exit(2), log("never"))), 1));
        set_interval(() => {}, 1);
        """,
        "i | exit 2",
        code=2,
    ),
    Program(
        "process.exit in an exit listener changes the code and is the last word",
        """
        process.on("exit", lambda code: (log("exit", code), process.exit(9), log("never")))
        process.on("exit", lambda code: log("never"))
        process.exit(1)
        """,
        """
        process.on("exit", code => (log("exit", code), process.exit(9), log("never")));
        process.on("exit", code => log("never"));
        process.exit(1);
        """,
        "exit 1",
        code=9,
    ),
    Program(
        "process.exit in an exit listener at the natural end",
        """
        process.on("exit", lambda code: (log("exit", code), process.exit(9)))
        process.on("exit", lambda code: log("never"))
        """,
        """
        process.on("exit", code => (log("exit", code), process.exit(9)));
        process.on("exit", code => log("never"));
        """,
        "exit 0",
        code=9,
    ),
    Program(
        "process.exit in beforeExit",
        """
        process.on("beforeExit", lambda code: (log("beforeExit", code), process.exit(8)))
        process.on("exit", lambda code: log("exit", code))
        """,
        """
        process.on("beforeExit", code => (log("beforeExit", code), process.exit(8)));
        process.on("exit", code => log("exit", code));
        """,
        "beforeExit 0 | exit 8",
        code=8,
    ),
    Program(
        "process.exit in an uncaughtException listener",
        """
        process.on("uncaughtException", lambda e, origin: (log("caught", text(e)), process.exit(11)))
        process.on("exit", lambda code: log("exit", code))
        set_timeout(lambda: fail("x"), 1)
        """,
        """
        process.on("uncaughtException", e => (log("caught", text(e)), process.exit(11)));
        process.on("exit", code => log("exit", code));
        set_timeout(() => fail("x"), 1);
        """,
        "caught x | exit 11",
        code=11,
    ),
    Program(
        "the exit code can be set beforehand, and in exit itself",
        """
        def set_code(code):
            process.exit_code = code
        set_code(5)
        process.on("beforeExit", lambda code: log("beforeExit", code))
        process.on("exit", lambda code: (log("exit", code), set_code(6)))
        """,
        """
        const set_code = code => { process.exitCode = code; };
        set_code(5);
        process.on("beforeExit", code => log("beforeExit", code));
        process.on("exit", code => (log("exit", code), set_code(6)));
        """,
        "beforeExit 5 | exit 5",
        code=6,
    ),
    Program(
        "an exit code set before an uncaught error",
        """
        def set_code(code):
            process.exit_code = code
        set_code(5)
        process.on("exit", lambda code: log("exit", code, process.exit_code))
        set_immediate(lambda: fail("x"))
        """,
        """
        process.exitCode = 5;
        process.on("exit", code => log("exit", code, process.exitCode));
        set_immediate(() => fail("x"));
        """,
        "exit 1 1",
        code=1,
    ),
    Program(
        "an exit listener that raises at the natural end",
        """
        process.on("exit", lambda code: (log("exit", code), fail("x")))
        process.on("exit", lambda code: log("never"))
        """,
        """
        process.on("exit", code => (log("exit", code), fail("x")));
        process.on("exit", code => log("never"));
        """,
        "exit 0",
        code=1,
    ),
    Program(
        "an exit listener that raises, with a listener for that",
        """
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        process.on("exit", lambda code: (log("exit", code), fail("x")))
        """,
        """
        process.on("uncaughtException", e => log("caught", text(e)));
        process.on("exit", code => (log("exit", code), fail("x")));
        """,
        "exit 0 | caught x",
    ),
    Program(
        "a beforeExit listener that raises, with a listener for that",
        """
        n = 0
        def before(code):
            global n
            n += 1
            log("beforeExit", n)
            if n == 1:
                fail("x")
        process.on("uncaughtException", lambda e, origin: log("caught", text(e)))
        process.on("beforeExit", before)
        process.on("exit", lambda code: log("exit", code))
        """,
        """
        let n = 0;
        process.on("uncaughtException", e => log("caught", text(e)));
        process.on("beforeExit", () => { log("beforeExit", ++n); if (n === 1) fail("x"); });
        process.on("exit", code => log("exit", code));
        """,
        "beforeExit 1 | caught x | beforeExit 2 | exit 0",
    ),
    Program(
        "warnings are emitted in the next tick",
        """
        process.on("warning", lambda w: log("warning", w.name, w.message))
        process.emit_warning("careful", "TestWarning")
        next_tick(log, "tick")
        queue_microtask(log, "microtask")
        log("main")
        """,
        """
        process.on("warning", w => log("warning", w.name, w.message));
        process.emitWarning("careful", "TestWarning");
        next_tick(log, "tick");
        queue_microtask(() => log("microtask"));
        log("main");
        """,
        "main | warning TestWarning careful | tick | microtask",
    ),
    Program(
        "events.once goes on one microtask after the event",
        """
        e = EventEmitter()
        async def f():
            [value] = await once(e, "x")
            log("once", value)
            try:
                await once(e, "y")
            except Exception as exc:
                log("failed", text(exc))
        go(f())
        e.emit("x", 1)
        log("emitted")
        set_immediate(lambda: (e.emit("error", error("z")), log("error emitted"), next_tick(log, "tick")))
        """,
        """
        const e = new EventEmitter();
        const f = async () => {
            const [value] = await once(e, "x");
            log("once", value);
            try { await once(e, "y"); } catch (exc) { log("failed", text(exc)); }
        };
        f();
        e.emit("x", 1);
        log("emitted");
        set_immediate(() => (e.emit("error", error("z")), log("error emitted"), next_tick(log, "tick")));
        """,
        "emitted | once 1 | error emitted | tick | failed z",
    ),
    Program(
        "everything at once",
        """
        async def f():
            log("f1")
            await Promise.resolve()
            log("f2")
            await Promise(lambda resolve, reject: set_immediate(resolve, None))
            log("f3")
        set_timeout(lambda: (log("timeout"), next_tick(log, "timeout tick")), 0)
        set_immediate(lambda: (log("immediate"), queue_microtask(log, "immediate microtask")))
        next_tick(lambda: (log("tick"), queue_microtask(log, "tick microtask")))
        Promise.resolve().then(lambda _: (log("then"), next_tick(log, "then tick")))
        go(f())
        log("main")
        busy(5)
        """,
        """
        const f = async () => {
            log("f1"); await null; log("f2"); await new Promise(resolve => set_immediate(resolve)); log("f3");
        };
        set_timeout(() => (log("timeout"), next_tick(log, "timeout tick")), 0);
        set_immediate(() => (log("immediate"), queue_microtask(() => log("immediate microtask"))));
        next_tick(() => (log("tick"), queue_microtask(() => log("tick microtask"))));
        Promise.resolve().then(() => (log("then"), next_tick(log, "then tick")));
        f();
        log("main");
        busy(5);
        """,
        "f1 | main | tick | then | f2 | tick microtask | "
        "then tick | timeout | timeout tick | immediate | immediate microtask | f3",
    ),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=by_name)
def test_a_python_program_runs_in_nodes_order(program: Program, env: Environment) -> None:
    assert run_python(env, program) == (program.order, program.code)


@pytest.mark.skipif(NODE is None, reason="OUROLOOP_NODE does not name a node binary")
@pytest.mark.parametrize("program", PROGRAMS, ids=by_name)
def test_node_runs_the_javascript_twin_in_the_recorded_order(program: Program, tmp_path: Path) -> None:
    assert run_javascript(program, tmp_path) == (program.order, program.code)


def test_every_program_has_a_name_of_its_own() -> None:
    names = [program.name for program in PROGRAMS]
    assert len(set(names)) == len(names) >= 60
