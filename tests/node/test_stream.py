"""Streams: twins of what Node's streams do, and what is our own."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from twins import NODE, Program, by_name, run_javascript, run_python

from ouroloop.node.environment import Environment
from ouroloop.node.promise import Promise
from ouroloop.node.stream import (
    Duplex,
    PassThrough,
    Readable,
    StreamError,
    Transform,
    Writable,
    finished,
    pipeline,
)

PROGRAMS = [
    Program(
        "a readable flows from the next tick on, then ends and closes",
        """
        r = Readable(read=lambda self, size: None)
        for event in ("end", "close", "resume", "readable"):
            r.once(event, lambda event=event: log(event)) if event != "readable" else None
        r.push("a")
        r.push("b")
        r.push(None)
        r.on("data", lambda d: log("data", d.decode()))
        next_tick(log, "tick")
        log("main")
        """,
        """
        const r = new Readable({read() {}});
        for (const event of ["end", "close", "resume"]) r.once(event, () => log(event));
        r.push("a");
        r.push("b");
        r.push(null);
        r.on("data", d => log("data", d));
        next_tick(log, "tick");
        log("main");
        """,
        "main | data a | data b | resume | tick | end | close",
    ),
    Program(
        "what is pushed within _read comes tick by tick",
        """
        n = 0
        def read(self, size):
            global n
            n += 1
            log("read", n)
            self.push("c" + str(n) if n < 4 else None)
        r = Readable(read=read)
        r.on("data", lambda d: (log("data", d.decode()), next_tick(log, "tick"), queue_microtask(log, "m")))
        r.on("end", lambda: log("end"))
        """,
        """
        let n = 0;
        const r = new Readable({read() { n++; log("read", n); this.push(n < 4 ? "c" + n : null); }});
        r.on("data", d => (log("data", d), next_tick(log, "tick"), queue_microtask(() => log("m"))));
        r.on("end", () => log("end"));
        """,
        "read 1 | read 2 | data c1 | read 3 | data c2 | read 4 | data c3 | tick | tick | end | tick | m | m | m",
    ),
    Program(
        "a source that is slow",
        """
        n = 0
        def read(self, size):
            log("read")
            set_immediate(give, self)
        def give(self):
            global n
            n += 1
            log("push", n)
            self.push("c" + str(n) if n < 3 else None)
        r = Readable(read=read)
        r.on("data", lambda d: (log("data", d.decode()), next_tick(log, "tick")))
        r.on("end", lambda: log("end"))
        r.on("close", lambda: log("close"))
        """,
        """
        let n = 0;
        const give = self => { n++; log("push", n); self.push(n < 3 ? "c" + n : null); };
        const r = new Readable({read() { log("read"); set_immediate(give, this); }});
        r.on("data", d => (log("data", d), next_tick(log, "tick")));
        r.on("end", () => log("end"));
        r.on("close", () => log("close"));
        """,
        "read | push 1 | data c1 | tick | read | push 2 | data c2 | tick | read | push 3 | end | close",
    ),
    Program(
        "a readable stops asking at its high water mark",
        """
        n = 0
        def read(self, size):
            global n
            n += 1
            log("read", n, size)
            log(self.push("12345"))
        r = Readable(read=read, high_water_mark=12)
        r.read(0)
        set_immediate(lambda: (log(r.readable_length), log(r.read(3).decode()), log(r.readable_length)))
        """,
        """
        let n = 0;
        const py = v => v === true ? "True" : v === false ? "False" : v;
        const r = new Readable({highWaterMark: 12, read(size) {
            n++; log("read", n, size); log(py(this.push("12345")));
        }});
        r.read(0);
        set_immediate(() => (log(r.readableLength), log(r.read(3)), log(r.readableLength)));
        """,
        "read 1 12 | True | read 2 12 | True | read 3 12 | False | 15 | 123 | 12",
    ),
    Program(
        "readable events and read with sizes",
        """
        r = Readable(read=lambda self, size: None)
        def readable():
            log("readable", r.readable_length)
            while True:
                chunk = r.read(4)
                if chunk is None:
                    break
                log("read", chunk.decode())
        r.on("readable", readable)
        r.on("end", lambda: log("end"))
        r.push("abcdef")
        set_immediate(lambda: (r.push("gh"), r.push("ij"), set_immediate(r.push, None)))
        """,
        """
        const r = new Readable({read() {}});
        r.on("readable", () => {
            log("readable", r.readableLength);
            for (let chunk; (chunk = r.read(4)) !== null;) log("read", chunk);
        });
        r.on("end", () => log("end"));
        r.push("abcdef");
        set_immediate(() => (r.push("gh"), r.push("ij"), set_immediate(() => r.push(null))));
        """,
        "readable 6 | read abcd | readable 6 | read efgh | readable 2 | read ij | end",
    ),
    Program(
        "pause and resume",
        """
        r = Readable(read=lambda self, size: None)
        r.on("data", lambda d: (log("data", d.decode()), r.pause(), set_immediate(r.resume)))
        r.on("pause", lambda: log("pause"))
        r.on("resume", lambda: log("resume"))
        r.on("end", lambda: log("end"))
        for c in "abc":
            r.push(c)
        r.push(None)
        """,
        """
        const r = new Readable({read() {}});
        r.on("data", d => (log("data", d), r.pause(), set_immediate(() => r.resume())));
        r.on("pause", () => log("pause"));
        r.on("resume", () => log("resume"));
        r.on("end", () => log("end"));
        for (const c of "abc") r.push(c);
        r.push(null);
        """,
        "resume | data a | pause | resume | data b | pause | resume | data c | pause | end | resume",
    ),
    Program(
        "set_encoding puts split characters together",
        """
        r = Readable(read=lambda self, size: None)
        r.set_encoding("utf-8")
        r.on("data", lambda d: log("data", d))
        r.push(b"a\\xe2\\x82")
        r.push(b"\\xac")
        r.push(None)
        """,
        """
        const r = new Readable({read() {}});
        r.setEncoding("utf8");
        r.on("data", d => log("data", d));
        r.push(Buffer.from([0x61, 0xe2, 0x82]));
        r.push(Buffer.from([0xac]));
        r.push(null);
        """,
        "data a | data €",
    ),
    Program(
        "unshift puts back at the front",
        """
        r = Readable(read=lambda self, size: None)
        r.push("world")
        r.push(None)
        def readable():
            chunk = r.read()
            if chunk == b"world":
                r.unshift("hello ")
            log("chunk", chunk.decode() if chunk else "null")
        r.on("readable", readable)
        r.on("end", lambda: log("end"))
        """,
        """
        const r = new Readable({read() {}});
        r.push("world");
        r.push(null);
        r.on("readable", () => {
            const chunk = r.read();
            if (String(chunk) === "world") r.unshift("hello ");
            log("chunk", chunk);
        });
        r.on("end", () => log("end"));
        """,
        "chunk world | chunk hello  | end",
    ),
    Program(
        "destroy with an error: error, then close, and nothing more",
        """
        r = Readable(read=lambda self, size: None)
        for event in ("data", "end", "close"):
            r.on(event, lambda *a, event=event: log(event))
        r.on("error", lambda e: log("error", text(e)))
        r.push("a")
        r.destroy(error("x"))
        log(r.destroyed, r.push("b"))
        next_tick(log, "tick")
        """,
        """
        const r = new Readable({read() {}});
        for (const event of ["data", "end", "close"]) r.on(event, () => log(event));
        r.on("error", e => log("error", text(e)));
        r.push("a");
        r.destroy(error("x"));
        log(r.destroyed ? "True" : "False", r.push("b") ? "True" : "False");
        next_tick(log, "tick");
        """,
        "True False | data | error x | close | tick",
    ),
    Program(
        "an error in _read destroys",
        """
        r = Readable(read=lambda self, size: fail("x"))
        r.on("error", lambda e: log("error", text(e)))
        r.on("close", lambda: log("close"))
        r.on("data", lambda d: log("data"))
        """,
        """
        const r = new Readable({read() { fail("x"); }});
        r.on("error", e => log("error", text(e)));
        r.on("close", () => log("close"));
        r.on("data", d => log("data"));
        """,
        "error x | close",
    ),
    Program(
        "push after the end is an error",
        """
        r = Readable(read=lambda self, size: None)
        r.on("error", lambda e: log("error", e.code))
        r.push(None)
        r.push("x")
        """,
        """
        const r = new Readable({read() {}});
        r.on("error", e => log("error", e.code));
        r.push(null);
        r.push("x");
        """,
        "error ERR_STREAM_PUSH_AFTER_EOF",
    ),
    Program(
        "a writable takes one chunk at a time, then finishes and closes",
        """
        def write(self, chunk, callback):
            log("write", chunk.decode())
            set_immediate(lambda: (log("done", chunk.decode()), callback(None)))
        w = Writable(write=write)
        for event in ("finish", "close", "prefinish"):
            w.on(event, lambda event=event: log(event))
        w.write("a", lambda e: log("cb a"))
        w.write("b", lambda e: log("cb b"))
        w.end("c", lambda e: log("cb end"))
        log("main", w.writable_length)
        """,
        """
        const w = new Writable({write(chunk, encoding, callback) {
            log("write", chunk); set_immediate(() => (log("done", chunk), callback()));
        }});
        for (const event of ["finish", "close", "prefinish"]) w.on(event, () => log(event));
        w.write("a", () => log("cb a"));
        w.write("b", () => log("cb b"));
        w.end("c", () => log("cb end"));
        log("main", w.writableLength);
        """,
        "write a | main 3 | done a | write b | cb a | done b | write c | cb b | done c | prefinish | cb end | "
        "finish | close",
    ),
    Program(
        "a writable that takes at once calls back in the next tick",
        """
        w = Writable(write=lambda self, chunk, callback: (log("write", chunk.decode()), callback(None)))
        w.on("finish", lambda: log("finish"))
        w.write("a", lambda e: log("cb a"))
        next_tick(log, "tick")
        w.write("b", lambda e: log("cb b"))
        w.end(lambda e: log("cb end"))
        queue_microtask(log, "microtask")
        log("main")
        """,
        """
        const w = new Writable({write(chunk, encoding, callback) { log("write", chunk); callback(); }});
        w.on("finish", () => log("finish"));
        w.write("a", () => log("cb a"));
        next_tick(log, "tick");
        w.write("b", () => log("cb b"));
        w.end(() => log("cb end"));
        queue_microtask(() => log("microtask"));
        log("main");
        """,
        "write a | write b | main | cb a | tick | cb b | cb end | finish | microtask",
    ),
    Program(
        "write answers False at the high water mark, drain follows",
        """
        w = Writable(high_water_mark=3, write=lambda self, chunk, callback: set_immediate(callback, None))
        w.on("drain", lambda: log("drain", w.writable_length))
        log(w.write("a"), w.write("b"), w.writable_need_drain, w.write("c"), w.writable_need_drain, w.write("d"))
        """,
        """
        const w = new Writable({highWaterMark: 3, write(chunk, encoding, callback) { set_immediate(callback); }});
        w.on("drain", () => log("drain", w.writableLength));
        const py = v => v ? "True" : "False";
        log(py(w.write("a")), py(w.write("b")), py(w.writableNeedDrain), py(w.write("c")), py(w.writableNeedDrain),
            py(w.write("d")));
        """,
        "True True False False True False | drain 0",
    ),
    Program(
        "cork gathers chunks for _writev",
        """
        def writev(self, chunks, callback):
            log("writev", *[c.decode() for c in chunks])
            callback(None)
        w = Writable(write=lambda self, c, callback: (log("write", c.decode()), callback(None)), writev=writev)
        w.on("finish", lambda: log("finish"))
        w.write("a")
        w.cork()
        w.write("b")
        w.write("c", lambda e: log("cb c"))
        log("corked", w.writable_corked)
        w.uncork()
        w.write("d")
        w.end()
        """,
        """
        const w = new Writable({
            write(c, encoding, callback) { log("write", c); callback(); },
            writev(chunks, callback) { log("writev", ...chunks.map(c => c.chunk)); callback(); },
        });
        w.on("finish", () => log("finish"));
        w.write("a");
        w.cork();
        w.write("b");
        w.write("c", () => log("cb c"));
        log("corked", w.writableCorked);
        w.uncork();
        w.write("d");
        w.end();
        """,
        "write a | corked 1 | writev b c | write d | cb c | finish",
    ),
    Program(
        "final comes before finish",
        """
        def final(self, callback):
            log("final")
            set_immediate(lambda: (log("final done"), callback(None)))
        w = Writable(write=lambda self, c, callback: (log("write"), callback(None)), final=final)
        for event in ("prefinish", "finish", "close"):
            w.on(event, lambda event=event: log(event))
        w.end("x", lambda e: log("cb"))
        log("main")
        """,
        """
        const w = new Writable({
            write(c, encoding, callback) { log("write"); callback(); },
            final(callback) { log("final"); set_immediate(() => (log("final done"), callback())); },
        });
        for (const event of ["prefinish", "finish", "close"]) w.on(event, () => log(event));
        w.end("x", () => log("cb"));
        log("main");
        """,
        "write | final | main | final done | prefinish | cb | finish | close",
    ),
    Program(
        "a failing write fails what waits behind it",
        """
        w = Writable(write=lambda self, c, callback: set_immediate(callback, error("x")))
        w.on("error", lambda e: log("error", text(e)))
        w.on("close", lambda: log("close"))
        w.on("finish", lambda: log("finish"))
        w.write("a", lambda e: log("a", text(e)))
        w.write("b", lambda e: log("b", text(e)))
        w.end(lambda e: log("end", text(e)))
        """,
        """
        const w = new Writable({write(c, encoding, callback) { set_immediate(callback, error("x")); }});
        w.on("error", e => log("error", text(e)));
        w.on("close", () => log("close"));
        w.on("finish", () => log("finish"));
        w.write("a", e => log("a", text(e)));
        w.write("b", e => log("b", text(e)));
        w.end(e => log("end", text(e)));
        """,
        "a x | b x | end x | error x | close",
    ),
    Program(
        "a write that fails at once",
        """
        w = Writable(write=lambda self, c, callback: callback(error("x")))
        w.on("error", lambda e: log("error", text(e)))
        w.on("close", lambda: log("close"))
        log(w.write("a", lambda e: log("a", text(e))))
        log(w.write("b", lambda e: log("b", text(e))))
        next_tick(log, "tick")
        """,
        """
        const w = new Writable({write(c, encoding, callback) { callback(error("x")); }});
        w.on("error", e => log("error", text(e)));
        w.on("close", () => log("close"));
        const py = v => v ? "True" : "False";
        log(py(w.write("a", e => log("a", text(e)))));
        log(py(w.write("b", e => log("b", text(e)))));
        next_tick(log, "tick");
        """,
        "False | False | a x | b x | tick | error x | close",
    ),
    Program(
        "write after end",
        """
        w = Writable(write=lambda self, c, callback: callback(None))
        w.on("error", lambda e: log("error", e.code))
        w.on("finish", lambda: log("finish"))
        w.on("close", lambda: log("close"))
        w.end("a")
        w.write("b", lambda e: log("cb", e.code))
        w.end(lambda e: log("end", e.code if e else e))
        """,
        """
        const w = new Writable({write(c, encoding, callback) { callback(); }});
        w.on("error", e => log("error", e.code));
        w.on("finish", () => log("finish"));
        w.on("close", () => log("close"));
        w.end("a");
        w.write("b", e => log("cb", e.code));
        w.end(e => log("end", e ? e.code : "None"));
        """,
        "cb ERR_STREAM_WRITE_AFTER_END | error ERR_STREAM_WRITE_AFTER_END | close | end ERR_STREAM_DESTROYED",
    ),
    Program(
        "destroying a writable tells those who wait",
        """
        w = Writable(write=lambda self, c, callback: None)
        w.on("close", lambda: log("close"))
        w.on("error", lambda e: log("error"))
        w.write("a", lambda e: log("a", e.code))
        w.write("b", lambda e: log("b", e.code))
        w.end(lambda e: log("end", e.code))
        w.destroy()
        """,
        """
        const w = new Writable({write(c, encoding, callback) {}});
        w.on("close", () => log("close"));
        w.on("error", () => log("error"));
        w.write("a", e => log("a", e.code));
        w.write("b", e => log("b", e.code));
        w.end(e => log("end", e.code));
        w.destroy();
        """,
        "close",
    ),
    Program(
        "construct comes first, and holds back reads and writes",
        """
        def construct(self, callback):
            log("construct")
            set_immediate(lambda: (log("constructed"), callback(None)))
        w = Writable(construct=construct, write=lambda self, c, callback: (log("write"), callback(None)),
                     destroy=lambda self, e, callback: (log("destroy"), callback(e)))
        w.on("finish", lambda: log("finish"))
        w.on("close", lambda: log("close"))
        w.end("x")
        r = Readable(construct=construct, read=lambda self, size: (log("read"), self.push(None)))
        r.on("end", lambda: log("r end"))
        r.resume()
        """,
        """
        const construct = callback => { log("construct"); set_immediate(() => (log("constructed"), callback())); };
        const w = new Writable({
            construct, write(c, encoding, callback) { log("write"); callback(); },
            destroy(e, callback) { log("destroy"); callback(e); },
        });
        w.on("finish", () => log("finish"));
        w.on("close", () => log("close"));
        w.end("x");
        const r = new Readable({construct, read() { log("read"); this.push(null); }});
        r.on("end", () => log("r end"));
        r.resume();
        """,
        "construct | construct | constructed | write | finish | destroy | close | constructed | read | r end",
    ),
    Program(
        "a construct that fails",
        """
        w = Writable(construct=lambda self, callback: callback(error("x")),
                     write=lambda self, c, callback: log("never"))
        w.on("error", lambda e: log("error", text(e)))
        w.on("close", lambda: log("close"))
        w.write("x", lambda e: log("cb", text(e)))
        """,
        """
        const w = new Writable({construct(callback) { callback(error("x")); }, write() { log("never"); }});
        w.on("error", e => log("error", text(e)));
        w.on("close", () => log("close"));
        w.write("x", e => log("cb", text(e)));
        """,
        "cb x | error x | close",
    ),
    Program(
        "pipe keeps to the pace of the sink",
        """
        n = 0
        def read(self, size):
            global n
            n += 1
            self.push("c" + str(n) if n < 6 else None)
        r = Readable(read=read, high_water_mark=4)
        def write(self, chunk, callback):
            log("write", chunk.decode())
            set_immediate(callback, None)
        w = Writable(high_water_mark=4, write=write)
        for event in ("pause", "resume", "end"):
            r.on(event, lambda event=event: log(event))
        for event in ("drain", "finish", "close", "unpipe"):
            w.on(event, lambda *a, event=event: log(event))
        w.on("pipe", lambda source: log("pipe", source is r))
        log(r.pipe(w) is w)
        """,
        """
        let n = 0;
        const py = v => v ? "True" : "False";
        const r = new Readable({highWaterMark: 4, read() { n++; this.push(n < 6 ? "c" + n : null); }});
        const w = new Writable({highWaterMark: 4, write(chunk, encoding, callback) {
            log("write", chunk); set_immediate(callback);
        }});
        for (const event of ["pause", "resume", "end"]) r.on(event, () => log(event));
        for (const event of ["drain", "finish", "close", "unpipe"]) w.on(event, () => log(event));
        w.on("pipe", source => log("pipe", py(source === r)));
        log(py(r.pipe(w) === w));
        """,
        "pipe True | True | resume | write c1 | pause | write c2 | drain | resume | write c3 | pause | write c4 | "
        "drain | resume | write c5 | end | finish | pause | unpipe | close",
    ),
    Program(
        "pipe to two sinks waits for the slower",
        """
        n = 0
        def read(self, size):
            global n
            n += 1
            self.push(str(n) if n < 5 else None)
        r = Readable(read=read, high_water_mark=1)
        def sink(name, delay):
            def write(self, chunk, callback):
                log(name, chunk.decode())
                set_timeout(callback, delay, None)
            w = Writable(high_water_mark=1, write=write)
            w.on("finish", lambda: log(name, "finish"))
            return w
        r.pipe(sink("fast", 1))
        r.pipe(sink("slow", 20))
        """,
        """
        let n = 0;
        const r = new Readable({highWaterMark: 1, read() { n++; this.push(n < 5 ? String(n) : null); }});
        const sink = (name, delay) => {
            const w = new Writable({highWaterMark: 1, write(chunk, encoding, callback) {
                log(name, chunk); set_timeout(callback, delay);
            }});
            w.on("finish", () => log(name, "finish"));
            return w;
        };
        r.pipe(sink("fast", 1));
        r.pipe(sink("slow", 20));
        """,
        "fast 1 | slow 1 | fast 2 | slow 2 | fast 3 | slow 3 | fast 4 | slow 4 | fast finish | slow finish",
    ),
    Program(
        "unpipe stops the flow",
        """
        r = Readable(read=lambda self, size: None)
        w = Writable(write=lambda self, c, callback: (log("write", c.decode()), callback(None)))
        w.on("unpipe", lambda source: log("unpipe"))
        r.pipe(w)
        r.push("a")
        set_immediate(lambda: (r.unpipe(w), r.push("b"), log(r.readable_flowing, r.readable_length)))
        """,
        """
        const r = new Readable({read() {}});
        const w = new Writable({write(c, encoding, callback) { log("write", c); callback(); }});
        w.on("unpipe", () => log("unpipe"));
        r.pipe(w);
        r.push("a");
        set_immediate(() => (r.unpipe(w), r.push("b"), log(r.readableFlowing ? "True" : "False", r.readableLength)));
        """,
        "write a | unpipe | False 1",
    ),
    Program(
        "an error of the sink ends the pipe, not the source",
        """
        r = Readable(read=lambda self, size: None)
        w = Writable(write=lambda self, c, callback: callback(error("x")))
        w.on("error", lambda e: log("error", text(e)))
        w.on("unpipe", lambda source: log("unpipe"))
        r.pipe(w)
        r.push("a")
        set_immediate(lambda: log(r.destroyed, w.destroyed))
        """,
        """
        const r = new Readable({read() {}});
        const w = new Writable({write(c, encoding, callback) { callback(error("x")); }});
        w.on("error", e => log("error", text(e)));
        w.on("unpipe", () => log("unpipe"));
        r.pipe(w);
        r.push("a");
        const py = v => v ? "True" : "False";
        set_immediate(() => log(py(r.destroyed), py(w.destroyed)));
        """,
        "unpipe | error x | False True",
    ),
    Program(
        "a transform transforms, and flushes at the end",
        """
        t = Transform(transform=lambda self, c, callback: (self.push(c), callback(None, c.upper())),
                      flush=lambda self, callback: (log("flush"), callback(None, "!")))
        for event in ("end", "finish", "close", "prefinish"):
            t.on(event, lambda event=event: log(event))
        t.on("data", lambda d: log("data", d.decode()))
        t.write("a")
        t.write("b", lambda e: log("cb b"))
        t.end(lambda e: log("cb end"))
        log("main")
        """,
        """
        const t = new Transform({
            transform(c, encoding, callback) { this.push(c); callback(null, String(c).toUpperCase()); },
            flush(callback) { log("flush"); callback(null, "!"); },
        });
        for (const event of ["end", "finish", "close", "prefinish"]) t.on(event, () => log(event));
        t.on("data", d => log("data", d));
        t.write("a");
        t.write("b", () => log("cb b"));
        t.end(() => log("cb end"));
        log("main");
        """,
        "data a | data A | data b | data B | flush | data ! | prefinish | main | cb b | end | cb end | finish | "
        "close",
    ),
    Program(
        "a transform waits when nobody reads",
        """
        t = Transform(high_water_mark=2, transform=lambda self, c, callback: (log("t", c.decode()), callback(None, c)))
        for c in "abcdefgh":
            log(t.write(c))
        def look():
            log("buffered", t.readable_length, t.writable_length)
            t.on("data", lambda d: log("data", d.decode()))
        set_immediate(look)
        """,
        """
        const t = new Transform({highWaterMark: 2, transform(c, encoding, callback) {
            log("t", c); callback(null, c);
        }});
        for (const c of "abcdefgh") log(t.write(c) ? "True" : "False");
        set_immediate(() => {
            log("buffered", t.readableLength, t.writableLength);
            t.on("data", d => log("data", d));
        });
        """,
        "t a | True | t b | True | False | False | False | False | False | False | buffered 2 7 | t c | data a | "
        "t d | data b | t e | data c | t f | data d | t g | data e | t h | data f | data g | data h",
    ),
    Program(
        "a failing transform",
        """
        t = Transform(transform=lambda self, c, callback: callback(error("x")))
        t.on("error", lambda e: log("error", text(e)))
        t.on("close", lambda: log("close"))
        t.on("data", lambda d: log("data"))
        t.write("a", lambda e: log("cb", text(e)))
        """,
        """
        const t = new Transform({transform(c, encoding, callback) { callback(error("x")); }});
        t.on("error", e => log("error", text(e)));
        t.on("close", () => log("close"));
        t.on("data", d => log("data"));
        t.write("a", e => log("cb", text(e)));
        """,
        "cb x | error x | close",
    ),
    Program(
        "the sides of a duplex are independent, and close comes after both",
        """
        d = Duplex(read=lambda self, size: None, write=lambda self, c, callback: (log("write"), callback(None)))
        for event in ("end", "finish", "close"):
            d.on(event, lambda event=event: log(event))
        d.on("data", lambda c: log("data", c.decode()))
        d.push("in")
        d.push(None)
        set_timeout(lambda: (log("still writable", d.writable), d.end("out")), 5)
        """,
        """
        const d = new Duplex({read() {}, write(c, encoding, callback) { log("write"); callback(); }});
        for (const event of ["end", "finish", "close"]) d.on(event, () => log(event));
        d.on("data", c => log("data", c));
        d.push("in");
        d.push(null);
        set_timeout(() => (log("still writable", d.writable ? "True" : "False"), d.end("out")), 5);
        """,
        "data in | end | still writable True | write | finish | close",
    ),
    Program(
        "without half-open the end of one side ends the other",
        """
        d = Duplex(allow_half_open=False, read=lambda self, size: None, write=lambda self, c, callback: callback(None))
        for event in ("end", "finish", "close"):
            d.on(event, lambda event=event: log(event))
        d.resume()
        d.push(None)
        next_tick(log, "tick")
        """,
        """
        const d = new Duplex({allowHalfOpen: false, read() {}, write(c, encoding, callback) { callback(); }});
        for (const event of ["end", "finish", "close"]) d.on(event, () => log(event));
        d.resume();
        d.push(null);
        next_tick(log, "tick");
        """,
        "tick | end | finish | close",
    ),
    Program(
        "pipeline calls back once at the end",
        """
        r = Readable(read=lambda self, size: (self.push("a"), self.push(None)))
        t = PassThrough()
        w = Writable(write=lambda self, c, callback: (log("write", c.decode()), callback(None)))
        for name, stream in (("r", r), ("t", t), ("w", w)):
            stream.on("close", lambda name=name: log(name, "close"))
        log(pipeline(r, t, w, lambda e: log("done", e)) is w)
        """,
        """
        const r = new Readable({read() { this.push("a"); this.push(null); }});
        const t = new PassThrough();
        const w = new Writable({write(c, encoding, callback) { log("write", c); callback(); }});
        for (const [name, stream] of [["r", r], ["t", t], ["w", w]]) stream.on("close", () => log(name, "close"));
        log(pipeline(r, t, w, e => log("done", e ? e : "None")) === w ? "True" : "False");
        """,
        "True | write a | r close | t close | w close | done None",
    ),
    Program(
        "pipeline destroys all when one fails",
        """
        r = Readable(read=lambda self, size: self.push("a"))
        t = Transform(transform=lambda self, c, callback: callback(error("x")))
        w = Writable(write=lambda self, c, callback: callback(None))
        for name, stream in (("r", r), ("t", t), ("w", w)):
            stream.on("close", lambda name=name, stream=stream: log(name, "close", stream.destroyed))
        pipeline(r, t, w, lambda e: log("done", text(e)))
        """,
        """
        const r = new Readable({read() { this.push("a"); }});
        const t = new Transform({transform(c, encoding, callback) { callback(error("x")); }});
        const w = new Writable({write(c, encoding, callback) { callback(); }});
        for (const [name, stream] of [["r", r], ["t", t], ["w", w]])
            stream.on("close", () => log(name, "close", stream.destroyed ? "True" : "False"));
        pipeline(r, t, w, e => log("done", text(e)));
        """,
        "t close True | r close True | w close True | done x",
    ),
    Program(
        "pipeline fails when the source closes early",
        """
        r = Readable(read=lambda self, size: None)
        w = Writable(write=lambda self, c, callback: callback(None))
        w.on("close", lambda: log("w close"))
        pipeline(r, w, lambda e: log("done", e.code))
        r.destroy()
        """,
        """
        const r = new Readable({read() {}});
        const w = new Writable({write(c, encoding, callback) { callback(); }});
        w.on("close", () => log("w close"));
        pipeline(r, w, e => log("done", e.code));
        r.destroy();
        """,
        "w close | done ERR_STREAM_PREMATURE_CLOSE",
    ),
    Program(
        "finished: end, error, early close",
        """
        a = Readable(read=lambda self, size: self.push(None))
        b = Readable(read=lambda self, size: None)
        c = Readable(read=lambda self, size: None)
        d = Writable(write=lambda self, c, callback: callback(None))
        for name, stream in (("a", a), ("b", b), ("c", c), ("d", d)):
            finished(stream, lambda e=None, name=name: log(name, (getattr(e, "code", None) or text(e)) if e else e))
        a.resume()
        b.destroy(error("x"))
        c.destroy()
        d.end("x")
        """,
        """
        const a = new Readable({read() { this.push(null); }});
        const b = new Readable({read() {}});
        const c = new Readable({read() {}});
        const d = new Writable({write(c, encoding, callback) { callback(); }});
        for (const [name, stream] of [["a", a], ["b", b], ["c", c], ["d", d]])
            finished(stream, e => log(name, e ? e.code || text(e) : "None"));
        a.resume();
        b.destroy(error("x"));
        c.destroy();
        d.end("x");
        """,
        "b x | c ERR_STREAM_PREMATURE_CLOSE | d None | a None",
    ),
    Program(
        "an async for reads to the end, and destroys",
        """
        r = Readable(read=lambda self, size: None)
        r.on("close", lambda: log("close"))
        for c in "abc":
            r.push(c)
        set_immediate(lambda: (r.push("d"), r.push(None)))
        async def f():
            async for chunk in r:
                log("chunk", chunk.decode())
            log("over", r.destroyed)
        go(f())
        """,
        """
        const r = new Readable({read() {}});
        r.on("close", () => log("close"));
        for (const c of "abc") r.push(c);
        set_immediate(() => (r.push("d"), r.push(null)));
        (async () => {
            for await (const chunk of r) log("chunk", chunk);
            log("over", r.destroyed ? "True" : "False");
        })();
        """,
        "chunk abc | chunk d | close | over True",
    ),
    Program(
        "an async for raises the stream's error",
        """
        r = Readable(read=lambda self, size: None)
        r.push("a")
        set_immediate(lambda: r.destroy(error("x")))
        async def f():
            try:
                async for chunk in r:
                    log("chunk", chunk.decode())
            except Exception as e:
                log("caught", text(e))
        go(f())
        """,
        """
        const r = new Readable({read() {}});
        r.push("a");
        set_immediate(() => r.destroy(error("x")));
        (async () => {
            try { for await (const chunk of r) log("chunk", chunk); } catch (e) { log("caught", text(e)); }
        })();
        """,
        "chunk a | caught x",
    ),
    Program(
        "leaving an async for destroys the stream",
        """
        r = Readable(read=lambda self, size: self.push("x"))
        r.on("close", lambda: log("close"))
        async def f():
            async for chunk in r:
                log("chunk")
                break
            log("left")
        go(f())
        """,
        """
        const r = new Readable({read() { this.push("x"); }});
        r.on("close", () => log("close"));
        (async () => {
            for await (const chunk of r) { log("chunk"); break; }
            log("left");
        })();
        """,
        "chunk | left | close",
    ),
    Program(
        "object mode counts objects",
        """
        r = Readable(object_mode=True, read=lambda self, size: None)
        for n in range(16):
            more = r.push({"n": n})
        log(more, r.readable_length, r.read()["n"])
        r.push(None)
        r.on("data", lambda d: log(d["n"]) if d["n"] > 13 else None)
        r.on("end", lambda: log("end"))
        """,
        """
        const r = new Readable({objectMode: true, read() {}});
        let more;
        for (let n = 0; n < 16; n++) more = r.push({n});
        log(more ? "True" : "False", r.readableLength, r.read().n);
        r.push(null);
        r.on("data", d => d.n > 13 ? log(d.n) : null);
        r.on("end", () => log("end"));
        """,
        "False 16 0 | 14 | 15 | end",
    ),
    Program(
        "an error nobody listens for is uncaught",
        """
        process.on("uncaughtException", lambda e, origin: log("uncaught", text(e)))
        r = Readable(read=lambda self, size: None)
        r.on("close", lambda: log("close"))
        r.destroy(error("x"))
        """,
        """
        process.on("uncaughtException", e => log("uncaught", text(e)));
        const r = new Readable({read() {}});
        r.on("close", () => log("close"));
        r.destroy(error("x"));
        """,
        "uncaught x",
    ),
    Program(
        "without auto_destroy an end is no close",
        """
        r = Readable(auto_destroy=False, read=lambda self, size: self.push(None))
        r.on("end", lambda: log("end"))
        r.on("close", lambda: log("close"))
        r.resume()
        w = Writable(auto_destroy=False, write=lambda self, c, callback: callback(error("x")))
        w.on("error", lambda e: log("error", w.destroyed))
        w.write("a")
        """,
        """
        const r = new Readable({autoDestroy: false, read() { this.push(null); }});
        r.on("end", () => log("end"));
        r.on("close", () => log("close"));
        r.resume();
        const w = new Writable({autoDestroy: false, write(c, encoding, callback) { callback(error("x")); }});
        w.on("error", e => log("error", w.destroyed ? "True" : "False"));
        w.write("a");
        """,
        "error False | end",
    ),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=by_name)
def test_streams_do_what_nodes_do(program: Program, env: Environment) -> None:
    assert run_python(env, program) == (program.order, program.code)


@pytest.mark.skipif(NODE is None, reason="OUROLOOP_NODE does not name a node binary")
@pytest.mark.parametrize("program", PROGRAMS, ids=by_name)
def test_node_does_what_is_recorded(program: Program, tmp_path: Path) -> None:
    assert run_javascript(program, tmp_path) == (program.order, program.code)


def counting(limit: int, **options: Any) -> Readable:
    """A stream of b"0", b"1" …"""
    numbers = iter(range(limit))
    return Readable(
        read=lambda self, size: self.push(next((str(n) for n in numbers), None)), **options
    )


def collecting(chunks: list[Any], **options: Any) -> Writable:
    """A sink that keeps what it gets."""
    return Writable(write=lambda self, chunk, callback: (chunks.append(chunk), callback(None)), **options)


def test_a_read_joins_and_splits_chunks(env: Environment) -> None:
    source = Readable(read=lambda self, size: None)
    for chunk in (b"abc", bytearray(b"def"), memoryview(b"ghi")):
        source.push(chunk)
    assert source.read(2) == b"ab"
    assert source.read(5) == b"cdefg"
    assert source.read(5) is None
    assert source.read() == b"hi"
    assert source.readable_length == 0


def test_reading_more_than_the_mark_raises_the_mark(env: Environment) -> None:
    source = Readable(high_water_mark=4, read=lambda self, size: None)
    source.push(b"12345678")
    assert source.read(9) is None
    assert source.readable_high_water_mark == 16


def test_what_was_left_before_the_end_comes_even_if_it_is_short(env: Environment) -> None:
    source = Readable(read=lambda self, size: None)
    source.push(b"abc")
    source.push(None)
    assert source.read(10) == b"abc"


@pytest.mark.parametrize("chunk", [1, ["a"], object()])
def test_only_bytes_and_str_are_chunks_outside_object_mode(env: Environment, chunk: object) -> None:
    with pytest.raises(TypeError, match="object mode"):
        collecting([]).write(chunk)
    errors: list[BaseException] = []
    source = Readable(read=lambda self, size: None)
    source.on("error", errors.append)
    env.run(lambda: source.push(chunk))
    assert [type(error) for error in errors] == [TypeError]


def test_none_cannot_be_written(env: Environment) -> None:
    with pytest.raises(TypeError, match="None"):
        collecting([], object_mode=True).write(None)


def test_false_values_are_chunks_in_object_mode(env: Environment) -> None:
    chunks: list[Any] = []
    env.run(lambda: pipeline(Readable.from_([0, "", False, b""]), collecting(chunks, object_mode=True)) and None)
    assert chunks == [0, "", False, b""]


def test_options_that_do_not_exist_are_refused(env: Environment) -> None:
    with pytest.raises(TypeError, match="no option highWaterMark"):
        Readable(highWaterMark=1)
    with pytest.raises(ValueError, match="high_water_mark"):
        Writable(high_water_mark=-1)


def test_without_methods_a_stream_says_what_is_missing(env: Environment) -> None:
    errors: list[BaseException] = []

    def program() -> None:
        source = Readable()
        source.on("error", errors.append)
        source.resume()
        with pytest.raises(StreamError, match="Writable has no _write"):
            Writable().write("x")
        with pytest.raises(StreamError, match="Transform has no _transform"):
            Transform().write("x")

    env.run(program)
    assert [str(error) for error in errors] == ["Readable has no _read method"]


def test_subclasses_write_the_underscore_methods(env: Environment) -> None:
    seen: list[Any] = []

    class Source(Readable):
        def _read(self, size: int) -> None:
            self.push("x")
            self.push(None)

    class Upper(Transform):
        def _transform(self, chunk: Any, callback: Any) -> None:
            callback(None, chunk.upper())

        def _flush(self, callback: Any) -> None:
            callback(None, "!")

    class Sink(Writable):
        def _write(self, chunk: Any, callback: Any) -> None:
            seen.append(chunk)
            callback(None)

        def _final(self, callback: Any) -> None:
            seen.append("final")
            callback(None)

        def _destroy(self, error: BaseException | None, callback: Any) -> None:
            seen.append("destroy")
            callback(error)

    env.run(lambda: Source().pipe(Upper()).pipe(Sink()) and None)
    assert seen == [b"X", b"!", "final", "destroy"]


def test_from_takes_iterables_and_asynchronous_iterables(env: Environment) -> None:
    async def numbers() -> Any:
        for n in range(3):
            await Promise.resolve()
            yield n

    async def read(source: Any) -> list[Any]:
        return [chunk async for chunk in Readable.from_(source)]

    async def main() -> None:
        assert await read([1, 2]) == [1, 2]
        assert await read(numbers()) == [0, 1, 2]
        assert await read("whole") == ["whole"]
        assert await read(b"bytes") == [b"bytes"]
        assert await read([Promise.resolve("awaited")]) == ["awaited"]
        assert await read([]) == []

    assert env.run(main) == 0


def test_from_tells_of_the_iterables_error(env: Environment) -> None:
    def broken() -> Any:
        yield 1
        raise ValueError("broken")

    async def main() -> None:
        with pytest.raises(ValueError, match="broken"):
            async for _ in Readable.from_(broken()):
                pass
        with pytest.raises(TypeError, match="None marks the end"):
            async for _ in Readable.from_([None]):
                pass

    assert env.run(main) == 0


def test_from_closes_a_generator_that_is_left_early(env: Environment) -> None:
    seen: list[str] = []

    def endless() -> Any:
        try:
            while True:
                yield "x"
        finally:
            seen.append("closed")

    async def main() -> None:
        async for _ in Readable.from_(endless()):
            break

    env.run(main)
    assert seen == ["closed"]


def test_from_does_not_run_ahead_of_its_reader(env: Environment) -> None:
    given: list[int] = []

    def numbers() -> Any:
        for n in range(100):
            given.append(n)
            yield n

    async def main() -> None:
        async for n in Readable.from_(numbers()):
            assert len(given) <= n + 3

    assert env.run(main) == 0
    assert len(given) == 100


def test_an_async_for_can_leave_the_stream_open(env: Environment) -> None:
    async def main() -> list[Any]:
        source = counting(3, high_water_mark=1)
        async for chunk in source.iterator(destroy_on_return=False):
            assert chunk == b"0"
            break
        assert not source.destroyed
        rest = [chunk async for chunk in source]
        assert rest == [b"1", b"2"]
        return rest

    assert env.run(main) == 0


def test_pipeline_returns_a_promise(env: Environment) -> None:
    chunks: list[Any] = []

    async def main() -> None:
        assert await pipeline(counting(3), PassThrough(), collecting(chunks)) is None
        broken = Transform(transform=lambda self, chunk, callback: callback(ValueError("x")))
        source = counting(3)
        with pytest.raises(ValueError, match="x"):
            await pipeline(source, broken, collecting([]))
        assert source.destroyed

    assert env.run(main) == 0
    assert chunks == [b"0", b"1", b"2"]


def test_stages_of_a_pipeline_may_be_functions(env: Environment) -> None:
    async def doubled(chunks: Any) -> Any:
        async for chunk in chunks:
            yield chunk * 2

    async def total(chunks: Any) -> int:
        return sum([chunk async for chunk in chunks])

    async def broken(chunks: Any) -> Any:
        async for _ in chunks:
            raise ValueError("in the middle")
        yield 0

    async def main() -> None:
        assert await pipeline([1, 2, 3], doubled, doubled, total) == 24
        chunks: list[Any] = []
        await pipeline([1, 2, 3], doubled, collecting(chunks, object_mode=True))
        assert chunks == [2, 4, 6]
        source = Readable.from_([1, 2, 3])
        with pytest.raises(ValueError, match="in the middle"):
            await pipeline(source, broken, total)
        assert source.destroyed

    assert env.run(main) == 0


def test_a_pipeline_needs_stages_that_fit(env: Environment) -> None:
    with pytest.raises(ValueError, match="two stages"):
        pipeline(counting(1))
    with pytest.raises(TypeError, match="last stage"):
        pipeline([1], collecting([]), PassThrough())
    with pytest.raises(TypeError, match="writable stream or a function"):
        pipeline([1], 3)


def test_pipeline_can_leave_the_last_stream_open(env: Environment) -> None:
    chunks: list[Any] = []
    sink = collecting(chunks)

    async def main() -> None:
        await pipeline(counting(2), sink, end=False)
        assert sink.writable

    env.run(main)
    assert chunks == [b"0", b"1"]


def test_finished_as_a_promise_and_its_stop(env: Environment) -> None:
    calls: list[Any] = []

    async def main() -> None:
        source = counting(2)
        stop = finished(source, calls.append)
        stop()
        source.resume()
        await finished(source)
        await finished(source)  # after the end, too
        sink = collecting([])
        sink.destroy()
        with pytest.raises(StreamError, match="Premature close"):
            await finished(sink)

    assert env.run(main) == 0
    assert calls == []


def test_finished_can_wait_for_one_side_only(env: Environment) -> None:
    duplex = Duplex(read=lambda self, size: self.push(None), write=lambda self, chunk, callback: callback(None))
    ended: list[Any] = []
    finished(duplex, ended.append, writable=False)
    env.run(lambda: duplex.resume() and None)
    assert ended == [None]
    assert duplex.writable


def test_a_callback_called_twice_is_an_error(env: Environment) -> None:
    codes: list[str] = []
    sink = Writable(write=lambda self, chunk, callback: (callback(None), callback(None)))
    sink.on("error", lambda error: codes.append(error.code))
    env.run(lambda: sink.write("x") and None)
    assert codes == ["ERR_MULTIPLE_CALLBACK"]


def test_one_side_of_a_duplex_may_be_missing(env: Environment) -> None:
    events: list[str] = []
    duplex = Duplex(writable=False, read=lambda self, size: self.push(None))
    duplex.on("close", lambda: events.append("close"))
    env.run(lambda: duplex.resume() and None)
    assert events == ["close"]
    assert not duplex.writable


def test_a_stream_nobody_holds_is_freed_without_the_garbage_collector(env: Environment) -> None:
    class Idle(Duplex):
        def _read(self, size: int) -> None:
            pass

    freed: list[bool] = []

    class Canary:
        def __del__(self) -> None:
            freed.append(True)

    stream: Any = Idle()
    stream.canary = Canary()
    gc.disable()
    try:
        del stream
        assert freed == [True]
    finally:
        gc.enable()


def test_a_long_pipe_keeps_its_buffers_small(env: Environment) -> None:
    most = 0

    def look(self: Any, chunk: Any, callback: Any) -> None:
        nonlocal most
        most = max(most, through.readable_length + through.writable_length + self.writable_length)
        env.immediates.set(callback, (None,))

    through = PassThrough(high_water_mark=1000)
    sink = Writable(high_water_mark=1000, write=look)
    chunk = b"x" * 100
    left = iter(range(500))
    source = Readable(
        high_water_mark=1000, read=lambda self, size: self.push(chunk if next(left, None) is not None else None)
    )
    done: list[Any] = []
    env.run(lambda: pipeline(source, through, sink, done.append) and None)
    assert done == [None]
    assert 1000 <= most <= 3500
