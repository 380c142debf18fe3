"""`ouroloop.Runtime`: JavaScript inside a Python program."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ouroloop import EngineBusyError, JavaScriptError, JavaScriptExit, JSFunction, JSObject, JSPromise, Runtime
from ouroloop.loop import Loop


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


@pytest.mark.parametrize(
    "value", [1, -0.5, 2**80, "text", "\N{SNAKE}", True, None, [1, [2]], {"a": {"b": [None]}}, b"\0\xff"])
def test_data_goes_and_comes_back(js: Runtime, value: Any) -> None:
    assert js.eval("(x) => x")(value) == value


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
