// Scales: from time to width.
//
// Theory of operation. A scale is a line with bends: two sorted lists, times and widths, and between two of their
// entries it is straight. The true scale has no bends. The folded one presses together the stretches in which nothing
// ran, which are nearly all of a program's life: a gap of more than a millisecond is drawn as the logarithm of its
// length, so that all gaps together take no more room than what ran. The even one gives each event the same width: it
// shows the order and nothing else. Widths have no unit; the timeline fits them to its pixels.

import { firstNotBelow } from './trace.js';

const SHORTEST_GAP = 1e6; // ns: what is shorter is not folded

export class Scale {
  /** `gaps` are the folded stretches, as pairs of times. */
  constructor(times, widths, gaps = []) {
    this.times = times;
    this.widths = widths;
    this.gaps = gaps;
    this.length = widths[widths.length - 1];
  }

  width(time) {
    return interpolated(this.times, this.widths, time);
  }

  time(width) {
    return interpolated(this.widths, this.times, width);
  }

  /** The widths of a list of times. */
  all(times) {
    return times.map((time) => this.width(time));
  }
}

function interpolated(from, to, value) {
  const last = from.length - 1;
  if (value <= from[0]) return to[0];
  if (value >= from[last]) return to[last];
  const right = firstNotBelow(from, value, true);
  const left = right - 1;
  const length = from[right] - from[left];
  return length === 0 ? to[right] : to[left] + ((value - from[left]) / length) * (to[right] - to[left]);
}

/** The stretches in which neither the main thread ran anything nor the collector stopped it, of some length. */
function gapsOf(trace) {
  const gaps = [];
  let until = 0;
  const note = (began, ended) => {
    if (began - until > SHORTEST_GAP) gaps.push([until, began]);
    until = Math.max(until, ended);
  };
  for (let run = 0; run < trace.runs.count; run++) note(trace.runs.began[run], trace.runs.ended[run]);
  note(trace.duration, trace.duration);
  return gaps;
}

const folded = (length, unit) => (length <= unit ? length : unit * (1 + Math.log(length / unit)));

/** From which length on gaps are folded, so that together they get `room`. */
function foldingUnit(gaps, room) {
  const sum = (unit) => gaps.reduce((total, [began, ended]) => total + folded(ended - began, unit), 0);
  let low = 1;
  let high = gaps.reduce((most, [began, ended]) => Math.max(most, ended - began), 1);
  if (sum(high) <= room) return high;
  for (let i = 0; i < 50; i++) {
    const middle = Math.sqrt(low * high);
    if (sum(middle) > room) high = middle;
    else low = middle;
  }
  return low;
}

function trueScale(trace) {
  return new Scale([0, trace.duration], [0, trace.duration]);
}

function foldedScale(trace) {
  const gaps = gapsOf(trace);
  const busy = trace.duration - gaps.reduce((total, [began, ended]) => total + ended - began, 0);
  const unit = foldingUnit(gaps, Math.max(busy, 1) * 0.6);
  const times = [0];
  const widths = [0];
  let width = 0;
  const add = (time, more) => {
    if (time <= times[times.length - 1]) return;
    times.push(time);
    widths.push(width += more);
  };
  for (const [began, ended] of gaps) {
    add(began, began - times[times.length - 1]);
    add(ended, folded(ended - began, unit));
  }
  add(trace.duration, trace.duration - times[times.length - 1]);
  return new Scale(Float64Array.from(times), Float64Array.from(widths), gaps.filter(([a, b]) => b - a > unit));
}

function evenScale(trace) {
  const { runs, jobs } = trace;
  const all = [runs.began, runs.ended, jobs.started.filter((t) => t >= 0), jobs.finished.filter((t) => t >= 0)];
  const sorted = Float64Array.from([0, trace.duration, ...all.flatMap((times) => [...times])]).sort();
  const times = sorted.filter((time, i) => i === 0 || time > sorted[i - 1]);
  return new Scale(times, times.map((_, i) => i));
}

const SCALES = { true: trueScale, folded: foldedScale, even: evenScale };

export function scaleOf(trace, name) {
  if (trace.duration <= 0) return new Scale([0, 1], [0, 1]);
  return SCALES[name](trace);
}
