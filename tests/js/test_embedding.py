"""`ouroloop.Runtime`: JavaScript inside a Python program."""

from __future__ import annotations

import asyncio
import copy
import datetime
import gc
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from js.commands import OURO, run

from ouroloop import EngineBusyError, JavaScriptError, JavaScriptExit, JSFunction, JSObject, JSPromise, Runtime
from ouroloop.loop import Loop
from ouroloop.node import Environment, Promise


@pytest.fixture
def js() -> Iterator[Runtime]:
    with Runtime() as runtime:
        yield runtime


@pytest.mark.parametrize(("source", "value"), [
    ("1 + 1", 2), ("'text'", "text"), ("true", True), ("null", None), ("undefined", None), ("0.5", 0.5),
    ("2n ** 70n", 2**70),
    ("[1, [2, 'x'], { a: null }]", [1, [2, "x"], {"a": None}]), ("new Uint8Array([1, 2])", b"\1\2"),
    ("new Date(0)", datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)), ("'\\u{1F40D}'", "\N{SNAKE}"),
])
def test_data_comes_as_a_copy(js: Runtime, source: str, value: Any) -> None:
    assert js.eval(source) == value


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [
    1, -0.5, 2**80, "text", "\N{SNAKE}", "a\0b", "\ud800", "x\udfff\N{SNAKE}", True, None, [1, [2]],
    {"a": {"b": [None]}}, b"\0\xff", {"\udc00": ["\ud800"], "__proto__": {"x": 1}}, nested(45), nested(300),
    "x" * 10**6,
])
def test_data_goes_and_comes_back(js: Runtime, value: Any) -> None:
    assert js.eval("(x) => x")(value) == value


def test_integers_of_any_size_go_and_come_back(js: Runtime) -> None:
    assert js.eval("(x) => -x")(-(2**20_000)) == 2**20_000


def test_a_list_that_contains_itself_does_so_there(js: Runtime) -> None:
    around: dict[str, Any] = {"list": [1]}
    around["list"].append(around)
    assert js.eval("(x) => x.list[1] === x && x.list[0]")(around) == 1


@pytest.mark.parametrize(("value", "iso"), [
    (datetime.date(2020, 2, 29), "2020-02-29T00:00:00.000Z"),
    (datetime.datetime(2020, 1, 1, 12, 0, 0, 5000, datetime.UTC), "2020-01-01T12:00:00.005Z"),
    (datetime.datetime.max.replace(tzinfo=datetime.UTC), "9999-12-31T23:59:59.999Z"),
])
def test_dates_arrive(js: Runtime, value: datetime.date, iso: str) -> None:
    assert js.eval("(x) => x.toISOString()")(value) == iso


@pytest.mark.parametrize("source", [
    "new Date(NaN)", "new Date(8.64e15)", "new Map([[1, 2]])", "Symbol('s')", "new SharedArrayBuffer(1)",
    "(function* () {})()",
    "(() => { const a = {}; a.a = a; return a; })()", "({ get x() { throw new Error('no'); } })",
    "new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; }, getPrototypeOf() { throw 3; } })",
    "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()", "globalThis",
])
def test_what_is_no_data_of_python_s_is_a_stand_in(js: Runtime, source: str) -> None:
    stand_in = js.eval(f"globalThis.kept = {source}")
    assert isinstance(stand_in, JSObject)
    assert repr(stand_in).startswith("<JavaScript ")
    assert js.eval("(x) => x === kept")(stand_in) is True


def test_properties_may_have_any_name(js: Runtime) -> None:
    thing = js.eval("({ _name: 'n', _number: 4, _runtime: 5, _self: 6, f() {} })")
    assert [thing._name, thing._number, thing._runtime, thing._self] == ["n", 4, 5, 6]
    thing._number = 7
    assert thing._number == 7


def test_functions_are_called_with_this_and_arguments(js: Runtime) -> None:
    counter = js.eval("({ n: 5, add(m) { return this.n += m; }, get big() { return this.n > 100; } })")
    assert isinstance(counter, JSObject)
    assert counter.add(2) == 7
    assert counter.n == 7
    counter.n = 200
    assert counter.big is True
    assert counter["n"] == 200
    assert "n" in counter
    assert "nothing" not in counter
    with pytest.raises(AttributeError, match="no property 'nothing'"):
        counter.nothing  # noqa: B018
    assert js.eval("(function () { return this.x; })").call(this={"x": 4}) == 4


def test_constructors_instances_and_iteration(js: Runtime) -> None:
    cls = js.eval("class Point { constructor(x) { this.x = x; } double() { return this.x * 2; } }; Point")
    assert cls.new(4).double() == 8
    assert list(js.eval("new Set([1, 2, 3])")) == [1, 2, 3]
    assert js.eval("const o = { f() {} }; o") == js.eval("o")


def test_iteration_asks_for_one_at_a_time(js: Runtime) -> None:
    numbers = js.eval("""
        globalThis.asked = [];
        ({
          *[Symbol.iterator]() {
            try { for (let n = 0; ; n++) { asked.push(n); yield { n, f() {} }; } } finally { asked.push('end'); }
          },
        })
    """)
    iterator = iter(numbers)
    assert [next(iterator).n for _ in range(3)] == [0, 1, 2]
    del iterator
    assert js.eval("asked") == [0, 1, 2, "end"]
    with pytest.raises(JavaScriptError, match="is not iterable"):
        list(js.eval("({ f() {} })"))


def test_async_iteration(js: Runtime) -> None:
    async def main() -> list[Any]:
        return [item async for item in js.eval("(async function* () { yield 1; await null; yield [2]; })()")]

    assert asyncio.run(main()) == [1, [2]]


def test_a_python_function_is_one_and_the_same_there(js: Runtime) -> None:
    def function() -> None: ...

    assert js.eval("(a, b) => a === b")(function, function) is True


def test_python_functions_are_functions_there(js: Runtime) -> None:
    js.globals.join = lambda *words: " ".join(map(str, words))
    assert js.eval("join('a', 1, [2])") == "a 1 [2]"
    assert js.eval("[1, 2, 3].map((n) => join(n)).length") == 3
    assert js.eval("(f) => f((x) => x + 1)")(lambda function: isinstance(function, JSFunction)) is True


def test_errors_keep_their_stack_and_their_cause(js: Runtime) -> None:
    with pytest.raises(JavaScriptError) as caught:
        js.eval("function inner() {\n  throw new TypeError('bad');\n}\ninner()", filename="here.js")
    assert (caught.value.name, caught.value.message) == ("TypeError", "bad")
    assert "at inner (here.js:2:9)" in (caught.value.stack or "")

    def fail() -> None:
        raise LookupError("python's own")

    js.globals.fail = fail
    assert js.eval("try { fail() } catch (e) { [e.name, e.message, e.pythonTraceback.includes('in fail')] }") == [
        "LookupError", "python's own", True]
    with pytest.raises(JavaScriptError) as through:
        js.eval("fail()")
    assert isinstance(through.value.__cause__, LookupError)


def test_a_syntax_error_is_an_error_like_others(js: Runtime) -> None:
    with pytest.raises(JavaScriptError, match="SyntaxError: Unexpected identifier 'b'"):
        js.eval("a b")


def test_anything_may_be_thrown(js: Runtime) -> None:
    with pytest.raises(JavaScriptError) as caught:
        js.eval("throw { code: 7 }")
    assert caught.value.value == {"code": 7}


def test_promises_are_awaited_in_asyncio(js: Runtime) -> None:
    async def double(x: int) -> int:
        await asyncio.sleep(0.01)
        return x * 2

    async def main() -> None:
        js.globals.double = double
        assert await js.eval("double(4).then((n) => n + 1)") == 9
        assert await js.eval("new Promise((ok) => setTimeout(() => ok('late'), 5))") == "late"
        with pytest.raises(JavaScriptError, match="Error: no"):
            await js.eval("Promise.reject(new Error('no'))")
        assert (await js.import_("node:path")).sep == "/"

    asyncio.run(main())


def test_wait_runs_the_loop(js: Runtime) -> None:
    assert js.wait(js.eval("new Promise((ok) => setTimeout(() => ok(1), 5))")) == 1
    with pytest.raises(RuntimeError, match="never be settled"):
        js.wait(js.eval("new Promise(() => {})"))
    with pytest.raises(TimeoutError):
        js.wait(js.eval("new Promise((ok) => setTimeout(ok, 60_000))"), time_limit=0.05)


PROGRAM = """
from ouroloop import Runtime
from ouroloop.node import current, timers_promises

async def main():
    js = Runtime(SHARED)
    async def later(x):
        await timers_promises.set_timeout(5)
        return x * 2
    async def inner():
        return await js.eval("new Promise((ok) => setTimeout(ok, 3, 'inner'))")
    js.globals.later, js.globals.inner = later, inner
    print(await js.eval("new Promise((ok) => setTimeout(ok, 10, 'timer'))"))
    print(await js.eval("Promise.all([later(4), inner(), inner()])"))
    try:
        await js.eval("Promise.reject(new RangeError('no'))")
    except Exception as exc:
        print(exc)
    js.close()
"""


@pytest.mark.parametrize("shared", ["", "loop=current().loop"])
def test_promises_are_awaited_in_a_program_on_ouroloop_node(tmp_path: Path, shared: str) -> None:
    (tmp_path / "program.py").write_text(PROGRAM.replace("SHARED", shared))
    done = run(OURO, "program.py", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "timer\n[8, 'inner', 'inner']\nRangeError: no\n"


def test_a_promise_that_nothing_can_settle_is_told_in_a_program_on_ouroloop_node(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "from ouroloop import Runtime\nasync def main():\n    await Runtime().eval('new Promise(() => {})')\n")
    done = run(OURO, "program.py", folder=tmp_path)
    assert done.returncode == 1
    assert "RuntimeError: the promise can never be settled" in done.stderr


def test_a_function_that_awaits_another_loop_s_work_is_told_of(js: Runtime) -> None:
    async def forever() -> None:
        await Promise()

    js.globals.forever = forever
    told = r"still awaits something; .* Runtime\(loop=ouroloop\.node\.current"
    with Environment(), pytest.raises(RuntimeError, match=told):
        js.wait(js.eval("forever()"))


def test_files_of_the_working_folder(js: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.cjs").write_text("exports.f = () => 'from a';")
    (tmp_path / "b.mjs").write_text("await null; export const b = 1;")
    monkeypatch.chdir(tmp_path)
    with Runtime() as here:
        assert here.require("./a.cjs").f() == "from a"
        promise = here.import_("./b.mjs")
        assert isinstance(promise, JSPromise)
        assert here.wait(promise).b == 1
        with pytest.raises(JavaScriptError, match="Cannot find module"):
            here.require("./none.cjs")


def test_a_time_limit_stops_what_takes_too_long(js: Runtime) -> None:
    with pytest.raises(TimeoutError, match="longer than its limit"):
        js.eval("for (;;);", time_limit=0.05)
    with pytest.raises(TimeoutError):
        js.eval("() => { for (;;); }").call(time_limit=0.05)
    assert js.eval("'still here'") == "still here"


def test_calling_in_while_javascript_runs_is_refused(js: Runtime) -> None:
    js.globals.again = lambda: js.eval("1")
    with pytest.raises(JavaScriptError, match="JavaScript is running") as caught:
        js.eval("again()")
    assert isinstance(caught.value.__cause__, EngineBusyError)


def test_runtimes_nest_and_follow_one_another() -> None:
    for _ in range(2):
        with Runtime() as outer:
            outer.eval("globalThis.who = 'outer'")
            with Runtime() as inner:
                inner.eval("globalThis.who = 'inner'")
                assert [outer.eval("who"), inner.eval("who"), outer.eval("who")] == ["outer", "inner", "outer"]
                assert outer.wait(outer.eval("new Promise((ok) => setTimeout(() => ok(who), 1))")) == "outer"
            assert outer.eval("who") == "outer"


def test_what_nobody_catches_is_raised_where_the_loop_runs(js: Runtime) -> None:
    js.eval("setTimeout(() => { throw new RangeError('later') }, 1)")
    with pytest.raises(JavaScriptError, match="RangeError: later"):
        js.run()
    with pytest.raises(JavaScriptExit) as caught:
        js.eval("process.exit(3)")
    assert caught.value.code == 3
    assert js.eval("1") == 1


def test_a_given_loop_is_shared_and_stays_open() -> None:
    loop = Loop()
    with Runtime(loop=loop) as js:
        assert js.loop is loop
        assert js.wait(js.eval("new Promise((ok) => setImmediate(() => ok(1)))")) == 1
    assert not loop.closed
    loop.run()
    loop.close()


def test_a_closed_runtime_says_so() -> None:
    js = Runtime()
    kept = js.eval("(() => 1)")
    js.close()
    js.close()
    with pytest.raises(RuntimeError, match="closed"):
        js.eval("1")
    with pytest.raises(RuntimeError, match="closed"):
        kept()


def test_what_cannot_cross_is_refused(js: Runtime) -> None:
    with pytest.raises(TypeError, match="object cannot be passed to JavaScript"):
        js.eval("(x) => x")(object())
    with Runtime() as other, pytest.raises(ValueError, match="another runtime"):
        js.eval("(x) => x")(other.eval("() => 1"))


# Wrong use: each gets an error that says what to do


def test_other_than_text_is_no_script(js: Runtime) -> None:
    for wrong in (None, 1, b"1", object()):
        for method in (js.eval, js.require, js.import_):
            with pytest.raises(TypeError, match=f"not {type(wrong).__name__}"):
                method(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="wait takes a promise"):
            js.wait(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="file's name is text"):
        js.eval("1", filename=None)  # type: ignore[arg-type]


def test_a_time_limit_is_a_number_of_seconds(js: Runtime) -> None:
    for wrong in ("1", True):
        with pytest.raises(TypeError, match="a number of seconds"):
            js.eval("1", time_limit=wrong)  # type: ignore[arg-type]
    for number in (-1, float("nan")):
        with pytest.raises(ValueError, match="a number of seconds"):
            js.eval("1", time_limit=number)
    assert [js.eval("1", time_limit=limit) for limit in (1e30, float("inf"), 10)] == [1, 1, 1]


def test_arguments_of_a_runtime_are_checked() -> None:
    for wrong in ("ab", [1], 5):
        with pytest.raises(TypeError, match="argv takes a list of texts"):
            Runtime(argv=wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="loop takes"):
        Runtime(loop=3)  # type: ignore[arg-type]


def test_another_runtime_s_promise_cannot_be_waited_for(js: Runtime) -> None:
    with Runtime() as other, pytest.raises(ValueError, match="another runtime"):
        js.wait(other.eval("Promise.resolve(1)"))


def in_thread(function: Callable[[], Any]) -> list[Any]:
    """What `function` returns or raises on another thread."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(function())
        except Exception as exc:
            found.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found


def test_another_thread_is_told_to_make_its_own(js: Runtime) -> None:
    function = js.eval("(x) => x")
    for use in (lambda: js.eval("1"), js.run, js.close, lambda: function(1), lambda: function.name):
        [error] = in_thread(use)
        assert isinstance(error, RuntimeError)
        assert "make another one in this thread" in str(error)
    assert js.eval("1") == 1


def test_a_runtime_that_is_dropped_is_closed() -> None:
    # Each has an isolate, and two descriptors.
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        runtime = Runtime()
        assert runtime.eval("({ answer() { return 42 } })").answer() == 42
        loop = runtime.loop
        del runtime
        assert loop.closed
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_runtime_on_a_given_loop_lives_on_with_it() -> None:
    loop = Loop()
    said: list[int] = []
    runtime = Runtime(loop=loop)
    runtime.globals.say = said.append
    runtime.eval("setTimeout(() => say(1), 1)")
    find = weakref.ref(runtime)
    del runtime
    gc.collect()
    loop.run()
    assert said == [1]
    again = find()
    assert again is not None
    again.close()
    loop.run()
    loop.close()


def test_a_runtime_may_outlive_its_thread_without_a_word(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent("""
        import gc, threading
        from ouroloop import Runtime

        kept = []

        def keep():
            kept.append(Runtime())
            kept[0].eval("1")

        def drop():
            runtime = Runtime()
            runtime.itself = runtime  # for the collector, in whatever thread that runs
            runtime.eval("setInterval(() => {}, 1)")

        for act in (keep, drop, drop, drop):
            thread = threading.Thread(target=act)
            thread.start()
            thread.join()
            gc.collect()
        try:
            kept[0].eval("1")
        except RuntimeError as exc:
            print("another thread" if "thread" in str(exc) else exc)
    """))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("another thread\n", "", 0)


def test_threads_have_runtimes_of_their_own(js: Runtime) -> None:
    def use() -> Any:
        with Runtime() as own:
            return own.wait(own.eval("new Promise((ok) => setTimeout(ok, 20, 6 * 7))"))

    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(use())) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert js.eval("1") == 1
    for thread in threads:
        thread.join()
    assert found == [42, 42, 42]


def test_a_forked_child_is_refused() -> None:
    program = """if True:
        import os, sys
        from ouroloop import Runtime
        js = Runtime()
        kept = js.eval("(() => 1)")
        child = os.fork()
        if child == 0:
            for use in (lambda: js.eval("1"), kept, js.close, Runtime):
                try:
                    use()
                except RuntimeError as exc:
                    assert "forked child" in str(exc), exc
                else:
                    sys.exit(3)
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert js.eval("2") == 2
    """
    subprocess.run([sys.executable, "-c", program], check=True, timeout=50)


def test_neither_a_runtime_nor_a_stand_in_is_copied(js: Runtime) -> None:
    for thing in (js, js.globals, js.eval("(() => 1)")):
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                attempt(thing)


def test_errors_are_pickled(js: Runtime) -> None:
    with pytest.raises(JavaScriptError) as caught:
        js.eval("throw new TypeError('bad')")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.name, again.message, again.stack, again.value) == ("TypeError", "bad", caught.value.stack, None)
    assert pickle.loads(pickle.dumps(JavaScriptExit(3))).code == 3


def test_the_loop_cannot_be_run_by_what_javascript_calls(js: Runtime) -> None:
    js.globals.run = lambda: js.run()
    with pytest.raises(JavaScriptError, match="cannot run the loop"):
        js.eval("run()")


# What is thrown


@pytest.mark.parametrize("source", [
    "1", "null", "undefined", "Symbol('s')", "{ toString() { throw 1; } }", "Object.create(null)",
    "new Proxy({}, { get() { throw 5; } })",
    "Object.defineProperty(new Error('x'), 'stack', { get() { throw 7; } })",
    "Object.assign(new Error('x'), { message: { toString() { throw 1; } }, name: Symbol('n') })",
])
def test_hostile_errors_are_raised(js: Runtime, source: str) -> None:
    with pytest.raises(JavaScriptError):
        js.eval(f"throw ({source})")


@pytest.mark.parametrize("exception", [KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError()])
def test_what_is_no_error_stops_javascript_and_comes_out_as_itself(js: Runtime, exception: BaseException) -> None:
    def stop() -> None:
        raise exception

    js.globals.stop = stop
    js.eval("globalThis.after = []")
    for source in (
        "try { stop(); } catch { after.push('caught'); } finally { after.push('finally'); }",
        "Promise.resolve().then(() => stop())",
    ):
        with pytest.raises(type(exception)):
            js.eval(source)
    for start in ("setTimeout", "setImmediate"):
        js.eval(f"{start}(() => stop()); {start}(() => after.push('{start}')); 0")
        with pytest.raises(type(exception)):
            js.run()
        js.run()
    assert js.eval("after") == ["setTimeout", "setImmediate"]


def test_a_python_exception_that_cannot_be_told_is_still_the_cause(js: Runtime) -> None:
    class Untold(Exception):
        def __str__(self) -> str:
            raise ValueError

    def fail() -> None:
        raise Untold

    js.globals.fail = fail
    with pytest.raises(JavaScriptError) as caught:
        js.eval("fail()")
    assert isinstance(caught.value.__cause__, Untold)


@pytest.mark.parametrize("source", [
    "process.nextTick(() => { throw new Error('later'); })", "queueMicrotask(() => { throw new Error('later'); })",
    "Promise.reject(new Error('later')); 0", "setTimeout(() => { throw new Error('later'); }, 1); 0",
    "setImmediate(() => { throw new Error('later'); }); 0",
])
def test_a_runtime_goes_on_after_what_nobody_caught(js: Runtime, source: str) -> None:
    for _ in range(3):
        with pytest.raises(JavaScriptError, match="Error: later"):
            js.eval(source)
            js.run()
        assert js.wait(js.eval("new Promise((ok) => setTimeout(() => setImmediate(ok, 1), 1))")) == 1


def test_a_runtime_goes_on_after_its_program_has_ended_itself(js: Runtime) -> None:
    for source in ("process.exit(4)", "setTimeout(() => process.exit(4), 1)", "setImmediate(() => process.exit(4))"):
        with pytest.raises(JavaScriptExit):
            js.eval(source)
            js.run()
        promise = js.eval("new Promise((ok) => process.nextTick(() => setTimeout(() => setImmediate(ok, 1), 1)))")
        assert js.wait(promise) == 1


def test_a_program_may_break_its_globals(js: Runtime) -> None:
    js.eval("""
        for (const name of ['Array', 'Promise', 'Object', 'Reflect', 'Map', 'Date']) delete globalThis[name];
        delete [].__proto__[Symbol.iterator];
        [].__proto__.map = [].__proto__.every = null;
    """)
    assert js.eval("(x) => x")([1, {"a": [2]}]) == [1, {"a": [2]}]


# Time, interruption, memory


def test_a_time_limit_holds_for_microtasks_too_and_leaves_no_thread(js: Runtime) -> None:
    with pytest.raises(TimeoutError):
        js.eval("Promise.resolve().then(() => { for (;;); })", time_limit=0.05)
    before = len(os.listdir("/proc/self/task"))
    for _ in range(100):
        assert js.eval("1", time_limit=30) == 1
    assert len(os.listdir("/proc/self/task")) == before


def test_time_limits_of_vm_and_of_the_call_around_it_hold_each_for_itself(js: Runtime) -> None:
    endless = "process.getBuiltinModule('vm').runInThisContext('for (;;);', {{ timeout: {} }})"
    with pytest.raises(JavaScriptError, match="timed out after 20ms"):
        js.eval(endless.format(20), time_limit=30)
    with pytest.raises(TimeoutError):
        js.eval(endless.format(30_000), time_limit=0.05)
    assert js.eval("1 + 1", time_limit=30) == 2


def test_a_keyboard_interrupt_ends_a_wait(js: Runtime) -> None:
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        js.wait(js.eval("new Promise((ok) => setTimeout(ok, 30_000))"))
    assert js.eval("1") == 1


def test_a_cancelled_coroutine_is_told_to_javascript(js: Runtime) -> None:
    async def sleep() -> None:
        await asyncio.sleep(30)

    async def main() -> Any:
        js.globals.sleep = sleep
        promise = js.eval("sleep().catch((e) => e.name)")
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        return await promise

    assert asyncio.run(main()) == "CancelledError"


def test_an_await_can_be_given_up(js: Runtime) -> None:
    async def later() -> Any:
        return await js.eval("new Promise((ok) => setTimeout(ok, 30_000))")

    async def main() -> Any:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(later(), 0.05)
        return await js.eval("Promise.resolve(3)")

    assert asyncio.run(main()) == 3


def test_a_runtime_may_be_closed_while_it_is_awaited() -> None:
    async def main() -> None:
        js = Runtime()
        js.globals.sleep = asyncio.sleep
        js.eval("sleep(0.1); 0")
        asyncio.get_running_loop().call_later(0.02, js.close)
        with pytest.raises(RuntimeError, match="closed"):
            await js.eval("new Promise((ok) => setTimeout(ok, 30_000))")
        await asyncio.sleep(0.1)

    asyncio.run(main())


def test_functions_and_exceptions_that_javascript_has_dropped_are_forgotten(js: Runtime) -> None:
    def fail() -> None:
        raise ValueError

    js.globals.fail = fail
    call = js.eval("(f) => f(1)")
    for _ in range(3000):
        call(lambda x: x)
        js.eval("try { fail(); } catch {}")
    assert len(js._values._functions) < 3000
    assert len(js._values._errors) < 3000
    assert js.eval("try { fail() } catch (e) { e.name }") == "ValueError"
