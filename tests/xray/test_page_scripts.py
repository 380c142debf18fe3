"""The page's scripts that need no browser, as modules of their own: scales, and bars that are merged below a pixel."""

from __future__ import annotations

from pathlib import Path

from js.commands import OURO, run

import ouroloop.xray.page

PAGE = Path(ouroloop.xray.page.__file__).parent

SCALES = """
import assert from 'node:assert';
import { scaleOf } from '%(page)s/scale.js';

const runs = { count: 3, began: Float64Array.of(1e6, 2e6, 900e6), ended: Float64Array.of(2e6, 3e6, 910e6) };
const jobs = { started: Float64Array.of(5e6), finished: Float64Array.of(400e6) };
const trace = { duration: 1000e6, runs, jobs };
for (const name of ['true', 'folded', 'even']) {
  const scale = scaleOf(trace, name);
  let last = -1;
  for (let time = 0; time <= trace.duration; time += 997e3) {
    const width = scale.width(time);
    assert.ok(width >= last, name);
    if (name !== 'even') assert.ok(Math.abs(scale.time(width) - time) < 1, name);
    last = width;
  }
  assert.strictEqual(scale.width(trace.duration), scale.length);
}

const folded = scaleOf(trace, 'folded');
const widthOf = (from, to) => folded.width(to) - folded.width(from);
assert.strictEqual(widthOf(1e6, 3e6), 2e6, 'what runs keeps its width');
assert.ok(widthOf(3e6, 900e6) + widthOf(910e6, 1000e6) <= 0.61 * 13e6, 'gaps take no more than a part of that');
assert.ok(widthOf(3e6, 900e6) > widthOf(910e6, 1000e6), 'the longer gap is the wider one');
assert.deepStrictEqual(folded.gaps, [[3e6, 900e6], [910e6, 1000e6]]);

const even = scaleOf(trace, 'even');
assert.strictEqual(even.width(2e6) - even.width(1e6), even.width(910e6) - even.width(900e6));
console.log('ok');
"""

BARS = """
import assert from 'node:assert';
import { Bars, barsOf } from '%(page)s/bars.js';

const began = new Float64Array(20000);
const ended = new Float64Array(20000);
let now = 0;
for (let i = 0; i < began.length; i++) {
  began[i] = now += (i * 7919) %% 13;
  ended[i] = now += (i * 104729) %% 17 + (i %% 500 === 0 ? 400 : 0);
}
const items = Array.from(began, (_, i) => i);
const bars = barsOf(items, began, ended, (i) => i %% 9);
bars.place({ all: (times) => times });

for (const [from, to, pixel] of [[0, now, now / 1000], [now / 3, now / 3 + 900, 1], [5000, 60000, 55]]) {
  let painted = 0;
  let last = -Infinity;
  const covered = new Set();
  bars.each(from, to, pixel, (left, right, bar, share) => {
    assert.ok(left >= last, 'from left to right, once each');
    assert.ok(right > left && share > 0 && share <= 1);
    for (let x = Math.floor(left / pixel); x <= Math.floor(right / pixel); x++) covered.add(x);
    last = left;
    painted++;
  });
  assert.ok(painted <= 2.1 * (to - from) / pixel + 2, `${painted} for ${(to - from) / pixel} pixels`);
  for (const i of items) {
    if (ended[i] < from || began[i] > to || ended[i] === began[i]) continue;
    assert.ok(covered.has(Math.floor(Math.max(began[i], from) / pixel)), `bar ${i} is not seen`);
  }
}

assert.strictEqual(bars.items[bars.at((began[500] + ended[500]) / 2, 0)], 500);
const apart = barsOf([0, 1], [10, 30], [20, 40], () => 0);
apart.place({ all: (times) => times });
assert.deepStrictEqual([15, 22, 25, 28, 99].map((x) => apart.at(x, 3)), [0, 0, -1, 1, -1]);
assert.ok(new Bars([], [], [], []).at(1, 1) === -1);
console.log('ok');
"""


def passes(source: str, folder: Path) -> None:
    (folder / "check.mjs").write_text(source % {"page": PAGE.as_uri()})
    done = run(OURO, "check.mjs", folder=folder)
    assert done.stdout == "ok\n", done


def test_scales_go_forward_fold_what_is_idle_and_come_back(tmp_path: Path) -> None:
    passes(SCALES, tmp_path)


def test_bars_are_merged_below_a_pixel_and_none_is_lost(tmp_path: Path) -> None:
    passes(BARS, tmp_path)


def test_in_the_page_the_scripts_are_one_and_no_two_of_their_names_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text(ouroloop.xray.page._script())
    done = run(OURO, "--check", "page.js", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
