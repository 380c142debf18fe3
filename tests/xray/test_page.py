"""The page of a trace, in a real browser: what a reader sees, does and is told."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Any

import pytest
from xray import page_traces
from xray.browser import Opener, browser, open_page
from xray.tracing import traced

from ouroloop.xray.model import Trace

__all__ = ["browser", "open_page"]

PROGRAM = """\
const fs = require('fs');

function crunch() {
  const until = performance.now() + 200;
  while (performance.now() < until);
}

fs.readFile(__filename, function onRead() {
  console.log('it is read');
  setTimeout(function onTime() { console.log('late'); }, 10);
  setImmediate(crunch);
});
process.nextTick(function onTick() {});
"""

FRAMES = """async () => {
  const canvas = document.getElementById('lanes');
  const box = canvas.getBoundingClientRect();
  const times = [];
  let last;
  for (let i = 0; i < 60; i++) {
    const now = await new Promise(requestAnimationFrame);
    if (last !== undefined) times.push(now - last);
    last = now;
    const deltaX = i < 30 ? 40 : -40;
    const place = { clientX: box.left + 400, clientY: box.top + 80 };
    canvas.dispatchEvent(new WheelEvent('wheel', { deltaX, ...place, cancelable: true }));
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}"""


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Of a program that reads a file, blocks the loop, and has a timer that is late for it."""
    return traced(tmp_path_factory.mktemp("traced"), PROGRAM)[1]


def number_of(trace: Trace, name: str) -> int:
    return next(run.number for run in trace.runs.values() if run.name == name)


def title(page: Any) -> str:
    return page.inner_text("#callback-title")


def seen(page: Any) -> str:
    """Which part of the trace is in view: the place and the size of the overview's frame, when it is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.get_attribute("#overview-frame", "style")


def test_the_first_sight_tells_what_blocked_the_loop_and_whom_it_made_late(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    story = page.inner_text("#story")
    assert re.search(r"blocked for [2-9]\d\d ms by immediate crunch \(at program.js:3\)", story), story
    assert re.search(r"timer onTime ran [1-9]\d\d ms late, held up by immediate crunch", story), story
    assert "main program" in title(page)


def test_it_is_closed_to_everything_but_its_own_script(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    page.evaluate("""() => {
      const script = document.createElement('script');
      script.textContent = 'window.intruded = true';
      document.body.append(script);
    }""")
    assert page.evaluate("window.intruded") is None
    assert any("Content Security Policy" in failure for failure in open_page.failures)
    open_page.failures.clear()


def test_a_callback_is_found_in_the_lanes_and_selected_by_a_click(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    page.check("#scale input[value=true]", force=True)
    box = page.locator("#lanes").bounding_box()
    y = box["y"] + 80  # within the main thread's bars
    for x in range(int(box["x"]) + 100, int(box["x"] + box["width"]), 20):
        page.mouse.move(x, y)
        if page.is_visible("#tip") and "crunch" in page.inner_text("#tip"):
            break
    assert "asked for at program.js:11" in page.inner_text("#tip")
    page.mouse.down()
    page.mouse.up()
    assert "immediate crunch" in title(page)


def test_the_source_line_that_asked_for_it_is_lit(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace, f"#run-{number_of(trace, 'crunch')}")
    assert "setImmediate(crunch);" in page.inner_text(".line.lit >> nth=0")
    assert "program.js:11" in page.inner_text("#sources figcaption >> nth=0")


def test_causes_are_followed_back_to_the_main_program(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace, f"#run-{number_of(trace, 'crunch')}")
    chain = page.locator("#chain li").all_inner_texts()
    assert "main program" in chain[0] and "crunch" in chain[-1] and len(chain) >= 3
    page.keyboard.press("c")
    assert "file" in title(page)
    effects = " ".join(page.locator("#effects li").all_inner_texts())
    assert "onTime" in effects and "crunch" in effects
    page.click("#effects button:has-text('crunch')")
    assert "immediate crunch" in title(page)
    page.click("#chain button >> nth=0")
    assert "main program" in title(page)


def test_the_player_steps_through_all_callbacks_and_shows_the_queues(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    titles = [title(page)]
    while page.is_enabled("#forward"):
        page.click("#forward")
        titles.append(title(page))
    assert len(titles) == len(trace.runs)
    page.click("#back")
    assert title(page) == titles[-2]
    while "crunch" not in title(page):
        page.click("#back")
    assert page.inner_text("#turn-steps [aria-current=step] h4") == "check"
    assert "onTime" in page.inner_text(".step-timers") and "onTime" not in page.inner_text(".step-check")
    assert "it is read" in page.inner_text("#output") and "late" not in page.inner_text("#output")
    assert "Callback" in page.inner_text("#spoken") and "crunch" in page.inner_text("#spoken")


QUEUES = """\
process.nextTick(function tickA() {});
process.nextTick(function tickB() {});
Promise.resolve().then(function microC() {});
queueMicrotask(function microD() {});
setImmediate(function immediateE() {});
setTimeout(function timeF() {}, 400);
const every = setInterval(function everyG() { if (++count === 2) clearInterval(every); }, 300);
let count = 0;
"""


def waiting(page: Any) -> dict[str, str]:
    found = {name: page.inner_text(f".step-{name} .waiting") for name in ("check", "timers")}
    return found | {name: page.inner_text(f"#{name}") for name in ("ticks", "microtasks")}


def test_each_queue_holds_what_waited_when_a_callback_began(open_page: Opener, tmp_path: Path) -> None:
    trace = traced(tmp_path, QUEUES)[1]
    page = open_page(trace, f"#run-{number_of(trace, 'tickA')}")
    before = waiting(page)
    assert "tickA runs now" in " ".join(before["ticks"].split()) and "tickB" in before["ticks"]
    assert "microC" in before["microtasks"] and "microD" in before["microtasks"]
    assert "immediateE" in before["check"]
    assert before["timers"].index("everyG") < before["timers"].index("timeF")
    page.click("#forward")
    assert "tickA" not in waiting(page)["ticks"] and "tickB" in title(page)
    page.goto(f"{page.url.split('#')[0]}#run-{number_of(trace, 'everyG')}")
    assert "everyG" in title(page) and waiting(page)["timers"].split("runs now")[1].split()[0] == "timeF"
    page.check("#when input[value=through]", force=True)
    assert "everyG" in waiting(page)["timers"].split("has just run")[1]
    page.click("#first")
    assert {"tickA", "tickB"} <= set(waiting(page)["ticks"].split())


def test_everything_can_be_done_with_keys(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "timeline":
            break
    assert page.evaluate("document.activeElement.id") == "timeline"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("End")
    assert page.is_disabled("#forward")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#position") == "1"
    page.keyboard.press("ArrowUp")
    assert "main program" in title(page)
    page.keyboard.press("ArrowDown")
    assert "main program" not in title(page)
    whole = seen(page)
    page.keyboard.press("+")
    near = seen(page)
    page.keyboard.press("Shift+ArrowRight")
    assert len({whole, near, seen(page)}) == 3
    page.keyboard.press("0")
    assert seen(page) == whole
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "callback"


def test_wheel_pinch_drag_and_buttons_zoom_and_move(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    box = page.locator("#lanes").bounding_box()
    whole = seen(page)
    page.mouse.move(box["x"] + 600, box["y"] + 80)
    page.mouse.wheel(0, -400)
    zoomed = seen(page)
    assert zoomed != whole and "in view" in page.inner_text("#seen")
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 80, steps=3)
    page.mouse.up()
    dragged = seen(page)
    assert dragged != zoomed
    page.mouse.wheel(300, 0)
    assert seen(page) != dragged
    page.click("#zoom-fit")
    assert seen(page) == whole
    page.keyboard.down("Control")
    page.mouse.move(box["x"] + 600, box["y"] + 80)
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    assert seen(page) != whole


def test_two_fingers_zoom(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace, has_touch=True)
    whole = seen(page)
    page.evaluate("""() => {
      const canvas = document.getElementById('lanes');
      canvas.setPointerCapture = () => {};
      const box = canvas.getBoundingClientRect();
      const send = (type, pointerId, x) => canvas.dispatchEvent(new PointerEvent(
        type, { pointerId, pointerType: 'touch', button: 0, clientX: box.left + x, clientY: box.top + 80 }));
      send('pointerdown', 1, 500);
      send('pointerdown', 2, 600);
      send('pointermove', 2, 800);
      send('pointerup', 1, 500);
      send('pointerup', 2, 800);
    }""")
    assert seen(page) != whole


def test_a_wheel_that_turns_down_scrolls_the_page_when_all_is_in_view(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    box = page.locator("#lanes").bounding_box()
    page.mouse.move(box["x"] + 600, box["y"] + 80)
    page.mouse.wheel(0, 300)
    assert page.evaluate("""async () => {
      for (let i = 0; i < 200 && scrollY < 100; i++) await new Promise(requestAnimationFrame);
      return scrollY;
    }""") >= 100


def test_light_and_dark_follow_the_system_and_the_switch(open_page: Opener, trace: Trace) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = open_page(trace).evaluate(ground)
    page = open_page(trace, color_scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark
    corner = """(() => {
      const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      context.drawImage(document.getElementById('lanes'), 2, 2, 1, 1, 0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).join(', ');
    })()"""
    seen(page)
    assert page.evaluate(corner) in dark
    page.click("#theme")
    seen(page)
    assert page.evaluate(ground) == light and page.evaluate(corner) in light
    assert page.get_attribute("#theme", "aria-pressed") == "false"


def test_the_table_finds_filters_and_orders(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    assert page.locator("#rows tr").count() == min(50, len(trace.runs))
    page.fill("#find", "crunch")
    assert page.locator("#rows tr").count() == 1
    page.click("#rows button >> nth=0")
    assert "immediate crunch" in title(page)
    page.fill("#find", "")
    page.select_option("#order", "length")
    assert "crunch" in page.inner_text("#rows tr >> nth=0")
    page.select_option("#kind", "timer")
    assert "onTime" in page.inner_text("#rows tr >> nth=0")


def test_links_to_parts_of_the_page_leave_the_selection_alone(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace, f"#run-{number_of(trace, 'crunch')}")
    page.click("nav a[href='#summary']")
    page.click("nav a[href='#all']")
    seen(page)
    assert "immediate crunch" in title(page)


def test_what_is_hostile_stays_text(open_page: Opener) -> None:
    page = open_page(page_traces.hostile(), "#run-1")
    assert "<img src=x onerror=alert(1)>" in page.title()
    assert page.evaluate("document.scripts.length") == 1
    assert page.locator("img").count() == 0
    for part in ("#program", "#callback-title", "#why", "#sources", "#output", ".step-poll", "#dropped ~ main"):
        assert "</script><script>document.title=" in page.inner_text(part) or "onerror" in page.inner_text(part), part
    assert "\u202e" not in page.inner_text("body") and "\x1b" not in page.inner_text("body")
    assert "oldest records gave way" in page.inner_text("#dropped")


def test_a_trace_without_anything_opens(open_page: Opener) -> None:
    page = open_page(Trace("ouro", [], 0.0, 0, 0, 0))
    assert "No callback was recorded" in page.inner_text("#story")


@pytest.mark.parametrize("width", [320, 700, 1920])
def test_nothing_sticks_out_of_a_window(open_page: Opener, trace: Trace, width: int) -> None:
    page = open_page(trace, viewport={"width": width, "height": 700})
    for _ in range(min(8, len(trace.runs))):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("ArrowRight")


def test_on_paper_there_are_no_controls_and_no_dark(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace, color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert not page.is_visible(".player") and not page.is_visible("#theme") and page.is_visible("#story")
    assert page.evaluate("getComputedStyle(document.body).color") != "rgb(228, 231, 236)"
    assert len(page.pdf()) > 10_000
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.is_visible(".player")


def test_every_control_has_a_name(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    nameless = page.evaluate("""() => {
      const named = (each) => each.innerText.trim() || each.getAttribute('aria-label') || each.labels?.length;
      const controls = [...document.querySelectorAll('button, a[href], input, select')];
      return controls.filter((each) => !named(each)).map((each) => each.outerHTML);
    }""")
    assert nameless == []


@pytest.fixture(scope="module")
def large() -> Trace:
    return page_traces.large(100_000)


@pytest.mark.timeout(180)
def test_100_000_events_open_in_two_seconds_and_move_smoothly(open_page: Opener, large: Trace) -> None:
    # Of three, and of a machine that has nothing else to do: others may be using this one.
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    opened, frames = [], []
    for _ in range(3):
        page = open_page(large)
        opened.append(page.evaluate("performance.measure('open', { start: 0, end: 'ready' }).duration"))
        page.keyboard.press("+")
        crowded = page.evaluate(FRAMES)
        for _ in range(8):
            page.keyboard.press("+")
        frames.append(max(crowded, page.evaluate(FRAMES)))
        page.context.close()
        if opened[-1] < 2000 and frames[-1] < 20:
            break
    assert min(opened) < 2000 * crowd, (opened, crowd)
    assert min(frames) < 34 * crowd, (frames, crowd)  # ms: a frame is 16.7, and one that comes late makes 33.3
    print(f"opened in {opened} ms, frames of {frames} ms")


def test_the_picture_of_the_colours_can_be_read() -> None:
    """Contrast as WCAG 2 has it (AA: 4.5 for text), in both themes."""
    style = Path(__file__).parents[2].joinpath("src/ouroloop/xray/page/colours.css").read_text()
    found = re.findall(r"--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));", style)
    themes = [{name: pair[which] or single for name, *pair, single in found} for which in (0, 1)]
    bars = ("main", "timer", "immediate", "tick", "promise", "network", "work", "closing", "other", "pause")
    for colours in themes:
        for text, grounds in {
                "ink": ("paper", "panel", "lit", "present", "turn", "turn-odd", "sleep"), "accent": ("paper", "panel"),
                "muted": ("paper", "panel", "present", "lit"), "warn-ink": ("warn",), "on-bar": bars,
                "error-output": ("panel",), "string": ("panel", "lit")}.items():
            for ground in grounds:
                assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def _contrast(a: str, b: str) -> float:
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_letters_can_be_left_to_the_timeline(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace, f"#run-{number_of(trace, 'onTime')}")
    page.click(".keys summary")
    page.uncheck("#single-keys")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("c")  # its cause
    assert "onTime" in title(page)
    page.keyboard.press("ArrowLeft")
    assert "onTime" not in title(page)
    page.keyboard.press("ArrowRight")
    page.focus("#timeline")
    page.keyboard.press("c")
    assert "onRead" in title(page)


def test_work_without_a_function_is_called_as_what_was_done(open_page: Opener, trace: Trace) -> None:
    page = open_page(trace)
    page.select_option("#kind", "file")
    rows = page.inner_text("#rows")
    assert all(f"file {name}" in rows for name in ("open", "fstat", "read", "onRead"))
    page.click("#rows button >> nth=0")
    assert "program.js" in page.inner_text("#callback-facts")


def test_a_program_that_still_runs_is_said_to(open_page: Opener, trace: Trace) -> None:
    page = open_page(dataclasses.replace(trace, still_runs=True))
    assert page.inner_text("#facts").endswith("still running")
