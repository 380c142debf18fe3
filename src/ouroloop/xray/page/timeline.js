// The timeline: which part of the trace is seen, and what of it is selected.
//
// Theory of operation. The view is an interval of the scale. Whatever changes it asks for one frame, in which all is
// drawn. Above the lanes stands the overview: the whole trace, drawn once, and on it a frame that shows what is seen.

import { AXIS, Drawing } from './drawing.js';
import { duration } from './format.js';
import { lanesOf } from './lanes.js';
import { scaleOf } from './scale.js';
import { byId, element } from './dom.js';

const REACH = 6; // pixels beside a bar that still count as on it
const CLOSEST = 20; // ns that the window shows at the least

export class Timeline {
  constructor(trace, onSelect) {
    this.trace = trace;
    this.onSelect = onSelect;
    this.selected = -1;
    this.hovered = null;
    this.lanes = lanesOf(trace, AXIS + 6);
    this.drawing = new Drawing(byId('lanes'), trace);
    this.overview = byId('overview');
    this.tip = byId('tip');
    this.frame = 0;
    this.setScale('folded');
    new ResizeObserver(() => this.resize()).observe(byId('lanes').parentElement);
    this.resize();
  }

  get plotWidth() {
    return this.width - this.gutter;
  }

  resize() {
    this.width = Math.max(200, byId('lanes').parentElement.clientWidth);
    this.gutter = this.width < 600 ? 62 : 86;
    const last = this.lanes[this.lanes.length - 1];
    this.drawing.resize(this.width, last.top + last.height + 8);
    this.#drawOverview();
    this.refresh();
  }

  /** The colours have changed. */
  recolour() {
    this.drawing.readColours();
    this.resize();
  }

  /** Draw again, in the next frame. */
  refresh() {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    this.drawing.draw(this);
    this.#frameOverview();
  }

  // What is seen

  setScale(name) {
    const middle = this.scale && this.scale.time((this.from + this.to) / 2);
    const whole = !this.scale || this.to - this.from > 0.98 * (this.scale.length - this.start);
    this.scaleName = name;
    this.scale = scaleOf(this.trace, name);
    for (const lane of this.lanes) for (const row of lane.rows) row.bars.place(this.scale);
    // What was before the program is of no interest here: it would be the longest bar of many.
    this.start = name === 'true' ? this.scale.width(this.trace.began) : this.#startOf();
    if (whole) this.fit();
    else this.#lookAt(this.scale.width(middle), this.scale.length / 10);
    if (this.width) this.#drawOverview();
  }

  #startOf() {
    const began = this.scale.width(this.trace.began);
    return began - (this.scale.length - began) * 0.01;
  }

  fit() {
    const margin = (this.scale.length - this.start) * 0.005;
    this.look(this.start - margin, this.scale.length + margin);
  }

  get whole() {
    return this.to - this.from >= (this.scale.length - this.start) * 1.009;
  }

  /** See the scale from here to there, as far as there is any. */
  look(from, to) {
    const margin = (this.scale.length - this.start) * 0.005;
    const most = this.scale.length + margin - (this.start - margin);
    const least = this.scaleName === 'even' ? 4 : CLOSEST;
    const length = Math.min(most, Math.max(least, to - from));
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(middle - length / 2, this.start - margin), this.scale.length + margin - length);
    this.to = this.from + length;
    this.refresh();
  }

  /** Zoom by a factor about a place of the canvas, in pixels; about the selected callback, or the middle, without. */
  zoom(factor, x = this.#focusX()) {
    const place = this.placeAt(x);
    this.look(place - (place - this.from) / factor, place + (this.to - place) / factor);
  }

  #focusX() {
    const middle = this.gutter + this.plotWidth / 2;
    if (this.selected < 0) return middle;
    const x = this.xOf(this.selected);
    return x < this.gutter || x > this.width ? middle : x;
  }

  pan(pixels) {
    const by = (pixels / this.plotWidth) * (this.to - this.from);
    this.look(this.from + by, this.to + by);
  }

  placeAt(x) {
    return this.from + ((x - this.gutter) / this.plotWidth) * (this.to - this.from);
  }

  xOf(run) {
    const place = this.scale.width(this.trace.runs.began[run]);
    return this.gutter + ((place - this.from) / (this.to - this.from)) * this.plotWidth;
  }

  // What is selected

  /** Select a run, and see to it that it is in view. */
  select(run) {
    this.selected = run;
    const x = this.xOf(run);
    const margin = this.plotWidth * 0.06;
    if (x < this.gutter + margin * 0.2 || x > this.width - margin) {
      const place = this.scale.width(this.trace.runs.began[run]);
      const length = this.to - this.from;
      this.look(place - length / 3, place + (length * 2) / 3);
    }
    this.refresh();
  }

  /** Fill a good part of the view with a run. */
  zoomTo(run) {
    const left = this.scale.width(this.trace.runs.began[run]);
    const right = this.scale.width(this.trace.runs.ended[run]);
    const room = Math.max(right - left, CLOSEST * 10);
    this.look(left - room, right + room);
  }

  /** What is at a place of the canvas: { lane, row, bar }, or null. */
  at(x, y) {
    if (x < this.gutter) return null;
    for (const lane of this.lanes) {
      for (const row of lane.rows) {
        const top = lane.top + row.y;
        if (y < top || y > top + row.height) continue;
        const bar = row.bars.at(this.placeAt(x), (REACH / this.plotWidth) * (this.to - this.from));
        return bar < 0 ? null : { lane, row, bar };
      }
    }
    return null;
  }

  hover(x, y) {
    const found = this.at(x, y);
    if (found?.row !== this.hovered?.row || found?.bar !== this.hovered?.bar) {
      this.hovered = found;
      this.refresh();
    }
    this.#showTip(found, x, y);
  }

  unhover() {
    this.hovered = null;
    this.tip.hidden = true;
    this.refresh();
  }

  #showTip(found, x, y) {
    this.tip.hidden = !found;
    if (!found) return;
    const [title, ...lines] = found.row.about(found.row.bars.items[found.bar]).filter(Boolean);
    this.tip.replaceChildren(element('strong', {}, title), ...lines.map((line) => element('span', {}, line)));
    const left = Math.min(x + 14, this.width - this.tip.offsetWidth - 4);
    this.tip.style.transform = `translate(${Math.max(4, left)}px, ${y + 18}px)`;
  }

  /** A click: select the callback there; a job's is the one that got its outcome. */
  click(x, y) {
    const found = this.at(x, y);
    if (!found) return;
    const item = found.row.bars.items[found.bar];
    if (found.row.runs) this.onSelect(item);
    else if (found.row.jobs) this.#selectJob(item);
    else if (found.row.marks && this.trace.output.run[item] >= 0) this.onSelect(this.trace.output.run[item]);
  }

  #selectJob(job) {
    const { jobs, runsOfResource } = this.trace;
    const run = jobs.run[job] >= 0 ? jobs.run[job] : runsOfResource.of(jobs.resource[job])[0];
    if (run !== undefined && run >= 0) this.onSelect(run);
  }

  // The overview

  #drawOverview() {
    const { overview, drawing } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = this.plotWidth;
    overview.style.marginLeft = `${this.gutter}px`;
    overview.style.width = `${width}px`;
    overview.width = Math.round(width * ratio);
    overview.height = Math.round(30 * ratio);
    const context = overview.getContext('2d');
    context.scale(ratio, ratio);
    const length = this.scale.length - this.start;
    const perUnit = width / length;
    context.fillStyle = drawing.colours.fold;
    for (const [began, ended] of this.scale.gaps) {
      const left = (this.scale.width(began) - this.start) * perUnit;
      context.fillRect(left, 0, (this.scale.width(ended) - this.start) * perUnit - left, 30);
    }
    this.#overviewOf('main', 3, 15, context, perUnit);
    for (const lane of this.lanes) if (lane.key.startsWith('pool')) this.#overviewOf(lane.key, 20, 7, context, perUnit);
  }

  #overviewOf(key, top, height, context, perUnit) {
    const [row] = this.lanes.find((lane) => lane.key === key).rows;
    row.bars.each(this.start, this.scale.length, 1 / perUnit, (left, right, bar) => {
      context.fillStyle = this.drawing.paints[row.bars.paints[bar]];
      context.fillRect((left - this.start) * perUnit, top, Math.max(1, (right - left) * perUnit), height);
    });
  }

  #frameOverview() {
    const part = (place) => ((place - this.start) / (this.scale.length - this.start)) * 100;
    const left = Math.max(0, part(this.from));
    const frame = byId('overview-frame');
    frame.style.left = `calc(${this.gutter}px + ${(left / 100) * this.plotWidth}px)`;
    frame.style.width = `${(Math.max(0.3, Math.min(100, part(this.to)) - left) / 100) * this.plotWidth}px`;
    const length = this.scale.time(this.to) - this.scale.time(this.from);
    byId('seen').textContent = this.whole ? '' : `${duration(length)} in view`;
  }

  /** Move the view so that the overview's place x (in pixels of the plot) is its middle. */
  lookAtOverview(x) {
    this.#lookAt(this.start + (x / this.plotWidth) * (this.scale.length - this.start), this.to - this.from);
  }

  #lookAt(middle, length) {
    this.look(middle - length / 2, middle + length / 2);
  }
}
