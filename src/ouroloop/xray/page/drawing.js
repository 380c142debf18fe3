// Drawing the timeline on its canvas: lanes, bars, folds, the axis, and the arrows of what is selected.
//
// Theory of operation. Every frame is drawn anew from the view (which part of the scale is seen); only what is visible
// is looked at (`bars.js`). Bars are drawn colour by colour, for changing that costs, and from whole pixel to whole
// pixel, for halves cost too.

import { grouped } from './format.js';
import { PAINTS } from './lanes.js';

export const AXIS = 22; // pixels at the top
const LEAST_TICK = 95; // pixels between two ticks
const LEAST_LABEL = 22; // pixels of a bar that gets a label
const LEAST_SHARE = 0.2; // of a lane's height, for however few bars in a pixel
const EFFECT_ARROWS = 60; // arrows to what a callback scheduled, at most
const CAUSE_ARROWS = 12; // arrows along the chain of causes, at most

const COLOURS = ['paper', 'ink', 'muted', 'line', 'on-bar', 'accent', 'effect', 'fold', 'hatch', 'select'];

export class Drawing {
  constructor(canvas, trace) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false });
    this.trace = trace;
    this.widths = new Map(); // of labels, in pixels
    this.readColours();
  }

  /** The style sheet's colours, which may have changed. */
  readColours() {
    const probe = document.body.appendChild(document.createElement('i')); // variables as such are not resolved
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    this.paints = PAINTS.map(read);
    this.colours = Object.fromEntries(COLOURS.map((name) => [name, read(name)]));
    this.font = `11px ${getComputedStyle(probe).fontFamily}`;
    probe.remove();
    this.hatch = this.#hatching(this.paints[PAINTS.indexOf('sleep')], this.colours.hatch);
  }

  #hatching(colour, lines) {
    const tile = new OffscreenCanvas(6, 6);
    const context = tile.getContext('2d');
    context.fillStyle = colour;
    context.fillRect(0, 0, 6, 6);
    context.strokeStyle = lines;
    context.beginPath();
    for (const x of [-3, 3, 9]) {
      context.moveTo(x - 3, 6);
      context.lineTo(x + 3, 0);
    }
    context.stroke();
    return this.context.createPattern(tile, 'repeat');
  }

  resize(width, height) {
    const ratio = window.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    this.ratio = ratio;
  }

  /** Draw what `view` sees: its scale, from, to, gutter, lanes, selected (a run) and hovered ({ row, bar }). */
  draw(view) {
    const { context } = this;
    this.view = view;
    this.perUnit = (this.width - view.gutter) / (view.to - view.from);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = this.colours.paper;
    context.fillRect(0, 0, this.width, this.height);
    context.save();
    context.beginPath();
    context.rect(view.gutter, 0, this.width - view.gutter, this.height);
    context.clip();
    this.#folds();
    this.#axis();
    for (const lane of view.lanes) for (const row of lane.rows) this.#row(lane, row);
    if (view.selected >= 0) this.#selection(view.selected);
    if (view.hovered) this.#outline(view.hovered.lane, view.hovered.row, view.hovered.bar, this.colours.ink, 1);
    context.restore();
    this.#gutter();
  }

  x(place) {
    return this.view.gutter + (place - this.view.from) * this.perUnit;
  }

  xOfTime(time) {
    return this.x(this.view.scale.width(time));
  }

  // The axis

  #folds() {
    const { context, view } = this;
    const { scale } = view;
    const seen = scale.gaps.filter(([began, ended]) => scale.width(ended) > view.from && scale.width(began) < view.to);
    this.folds = seen.map(([began, ended]) => [this.xOfTime(began), this.xOfTime(ended), ended]);
    context.fillStyle = this.colours.fold;
    for (const [left, right] of this.folds) context.fillRect(left, AXIS, Math.max(1, right - left), this.height - AXIS);
  }

  #axis() {
    const { context, view } = this;
    const end = view.scale.time(view.to);
    context.strokeStyle = this.colours.line;
    context.fillStyle = this.colours.muted;
    context.lineWidth = 1;
    context.font = this.font;
    context.textBaseline = 'middle';
    context.beginPath();
    let free = view.gutter + 2;
    for (const [x, time, step] of this.#marks(end)) {
      const text = tickLabel(time, step);
      const width = this.#measure(text);
      if (x < free || x + width + 6 > this.width) continue;
      context.moveTo(Math.round(x) + 0.5, 4);
      context.lineTo(Math.round(x) + 0.5, this.height);
      context.fillText(text, x + 4, AXIS / 2);
      free = x + width + 14;
    }
    context.stroke();
  }

  /** What the axis names: the ends of folds, and round times where nothing is folded. */
  #marks(end) {
    const folds = this.folds.filter(([, right]) => right > this.view.gutter && right < this.width);
    const marks = folds.map(([, right, time]) => [right, time, 1e6]);
    for (const mark of this.#ticks(end)) {
      // A fold's end comes first: it is the only time that is told of what follows, if that is short.
      if (!this.folds.some(([left, right]) => mark[0] > left - 60 && mark[0] < right + 60)) marks.push(mark);
    }
    return marks.sort((a, b) => a[0] - b[0]);
  }

  /** Round times at a distance that leaves room for their labels: x, time, and the step between two. */
  *#ticks(end) {
    const { view } = this;
    const timeAt = (x) => view.scale.time(view.from + (x - view.gutter) / this.perUnit);
    let fold = 0;
    for (let x = view.gutter; x < this.width;) {
      while (fold < this.folds.length && this.folds[fold][1] <= x) fold++;
      const [left, right] = this.folds[fold] ?? [Infinity, Infinity];
      if (x >= left) {
        x = right;
        continue;
      }
      const from = timeAt(x);
      // A scale may bend: what a round step is here is found from how much time the pixels before the next fold hold.
      const seen = Math.min(LEAST_TICK, left - x);
      const step = roundStep(((timeAt(x + seen) - from) / seen) * LEAST_TICK);
      const time = Math.ceil(from / step) * step;
      if (time > end) return;
      const at = this.xOfTime(time);
      if (at < left) yield [at, time, step];
      x = Math.min(Math.max(at, x) + 1, Math.max(left, x + 1));
    }
  }

  // Bars

  #row(lane, row) {
    const { context, view } = this;
    const top = lane.top + row.y;
    const boxes = this.paints.map(() => []); // by colour: x, width and height in turn
    const labels = [];
    row.bars.each(view.from, view.to, 1 / this.perUnit, (left, right, bar, share) => {
      const x = this.#snapped(Math.max(this.x(left), -10));
      const end = this.#snapped(Math.min(this.x(right), this.width + 10));
      const width = row.marks ? 2 : Math.max(1, end - x - (end - x > 3 ? 0.5 : 0));
      const height = row.height * Math.max(LEAST_SHARE, share); // a crowd of bars is as high as it is dense
      boxes[row.bars.paints[bar]].push(x, width, height);
      if (width >= LEAST_LABEL && row.height >= 12) labels.push([x, width, bar]);
    });
    context.globalAlpha = row.faint ? 0.45 : 1;
    boxes.forEach((list, paint) => this.#boxes(list, top + row.height, row.hatched ? this.hatch : this.paints[paint]));
    context.globalAlpha = 1;
    this.#labels(row, top, labels);
  }

  /** One by one: a path of many boxes is slower by far, where no graphics processor draws. */
  #boxes(list, foot, colour) {
    const { context } = this;
    context.fillStyle = colour;
    for (let i = 0; i < list.length; i += 3) context.fillRect(list[i], foot - list[i + 2], list[i + 1], list[i + 2]);
  }

  #snapped(x) {
    return Math.round(x * this.ratio) / this.ratio;
  }

  #labels(row, top, labels) {
    const { context, view } = this;
    context.font = this.font;
    context.textBaseline = 'middle';
    context.fillStyle = row.plain ? this.colours.ink : this.colours['on-bar'];
    for (const [x, width, bar] of labels) {
      const left = Math.max(x, view.gutter) + 4;
      const text = this.#fitting(row.label(row.bars.items[bar]), Math.min(x + width, this.width) - left - 3);
      if (text) context.fillText(text, left, top + row.height / 2 + 0.5);
    }
  }

  #measure(text) {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.widths.size > 20000) this.widths.clear();
      this.context.font = this.font;
      this.widths.set(text, width = this.context.measureText(text).width);
    }
    return width;
  }

  /** As much of a text as there is room for; "" if that is next to nothing. */
  #fitting(text, room) {
    const width = this.#measure(text);
    if (width <= room) return text;
    const letters = Math.floor((room / width) * text.length) - 1;
    return letters < 3 ? '' : `${text.slice(0, letters).trimEnd()}…`;
  }

  #gutter() {
    const { context, view } = this;
    context.fillStyle = this.colours.paper;
    context.fillRect(0, 0, view.gutter - 1, this.height);
    context.font = this.font;
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    context.fillStyle = this.colours.muted;
    for (const lane of view.lanes) {
      if (lane.height < 10) continue;
      const text = this.#fitting(lane.label, view.gutter - 10);
      context.fillText(text, view.gutter - 8, lane.top + lane.rows[0].height / 2 + 0.5);
    }
    context.textAlign = 'left';
  }

  // What is selected, and its arrows

  /** Where a run is: its lane's row, and the middle of its bar's lower edge at a time. */
  #foot(run, time) {
    const main = this.view.lanes.find((lane) => lane.key === 'main');
    const row = main.rows[Math.min(this.trace.depth[run], main.rows.length - 1)];
    return { x: this.xOfTime(time), y: main.top + row.y + row.height };
  }

  #selection(run) {
    const { trace, context } = this;
    const x = Math.round(this.xOfTime(trace.runs.began[run])) + 0.5;
    context.strokeStyle = this.colours.select;
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, AXIS);
    context.lineTo(x, this.height);
    context.stroke();
    context.setLineDash([]);
    this.#arrows(run);
    const foot = this.#foot(run, trace.runs.began[run]);
    const main = this.view.lanes.find((lane) => lane.key === 'main');
    const row = main.rows[Math.min(trace.depth[run], main.rows.length - 1)];
    const width = Math.max(3, this.xOfTime(trace.runs.ended[run]) - foot.x);
    context.strokeStyle = this.colours.select;
    context.lineWidth = 2.5;
    context.strokeRect(foot.x - 1, foot.y - row.height - 1, width + 2, row.height + 2);
  }

  #outline(lane, row, bar, colour, thickness) {
    const { context } = this;
    const left = this.x(row.bars.left[bar]);
    const width = Math.max(3, this.x(row.bars.right[bar]) - left);
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(left - 0.5, lane.top + row.y + 0.5, width, row.height - 1);
  }

  #arrows(run) {
    const { trace } = this;
    let effect = 0;
    for (const each of trace.effectsOf(run)) {
      if (++effect > EFFECT_ARROWS) break;
      this.#arrow(run, each, this.colours.effect, 1, [3, 3]);
    }
    const trigger = trace.runs.trigger[run];
    if (trigger >= 0 && trigger !== trace.causeOf(run)) {
      this.context.strokeStyle = this.context.fillStyle = this.colours.accent;
      this.context.lineWidth = 1.5;
      this.context.setLineDash([1, 3]);
      const settled = Math.min(trace.runs.ended[trigger], trace.runs.began[run]);
      this.#curve(this.#foot(trigger, settled), this.#foot(run, trace.runs.began[run]));
      this.context.setLineDash([]);
    }
    const chain = [run, ...trace.causesOf(run)];
    for (let i = Math.min(chain.length - 1, CAUSE_ARROWS); i > 0; i--) {
      this.context.globalAlpha = i === 1 ? 1 : Math.max(0.25, 0.7 - i * 0.1);
      this.#arrow(chain[i], chain[i - 1], this.colours.accent, i === 1 ? 2 : 1.2, []);
    }
    this.context.globalAlpha = 1;
  }

  /** From a run, when it made the other's resource, to that other; by way of the pool if there was a job. */
  #arrow(cause, run, colour, thickness, dashes) {
    const { trace, context } = this;
    const made = trace.resources.made[trace.runs.resource[run]];
    const from = this.#foot(cause, Math.min(Math.max(made, trace.runs.began[cause]), trace.runs.ended[cause]));
    const to = this.#foot(run, trace.runs.began[run]);
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = thickness;
    context.setLineDash(dashes);
    const stops = this.#jobStops(run);
    const points = [from, ...stops, to];
    for (let i = 0; i + 1 < points.length; i += 2) this.#curve(points[i], points[i + 1]);
    context.setLineDash([]);
  }

  /** The beginning and the end of the pool's job for a run; nothing if there was none. */
  #jobStops(run) {
    const { trace } = this;
    const job = trace.jobFor(run);
    if (job < 0 || trace.jobs.started[job] < 0 || trace.jobs.finished[job] < 0) return [];
    const lane = this.view.lanes.find(({ key }) => key === `pool ${trace.texts[trace.jobs.thread[job]]}`);
    if (!lane) return [];
    return [
      { x: this.xOfTime(trace.jobs.started[job]), y: lane.top + 1, down: true },
      { x: this.xOfTime(trace.jobs.finished[job]), y: lane.top + 1, up: true },
    ];
  }

  #curve(from, to) {
    const { context } = this;
    if (Math.max(from.x, to.x) < this.view.gutter - 50 || Math.min(from.x, to.x) > this.width + 50) return;
    const dip = to.down || from.up ? 12 : Math.min(26, 9 + Math.abs(to.x - from.x) / 12);
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.bezierCurveTo(
      from.x, from.y + (from.up ? -dip : dip), to.x, to.y + (to.down ? -dip : dip), to.x, to.y + (to.down ? -4 : 4));
    context.stroke();
    const size = 4;
    const tail = to.down ? -6 : 6;
    context.beginPath();
    context.moveTo(to.x, to.y);
    context.lineTo(to.x - size, to.y + tail);
    context.lineTo(to.x + size, to.y + tail);
    context.fill();
  }
}

/** The next round number of ns: 1, 2 or 5 times a power of ten. */
function roundStep(ns) {
  const power = 10 ** Math.floor(Math.log10(Math.max(ns, 1)));
  return [1, 2, 5, 10].find((factor) => factor * power >= ns) * power;
}

function tickLabel(time, step) {
  const decimals = Math.max(0, 6 - Math.floor(Math.log10(step)));
  if (step >= 1e9) return `${grouped(Math.round(time / 1e9))} s`;
  const whole = grouped(Math.floor(time / 1e6 + 1e-9));
  if (decimals === 0) return `${whole} ms`;
  return `${whole}${((time / 1e6) % 1).toFixed(decimals).slice(1)} ms`;
}
