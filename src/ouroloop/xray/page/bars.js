// Bars: intervals on one line of a lane that do not overlap, however many, of which only the visible ones are touched.
//
// Theory of operation. Beginnings and ends are sorted, so that the first visible bar is found by halving. Bars that
// are narrower than a pixel are merged: all that begin within one pixel's width are one, and the next is found by
// halving again; so drawing costs as many steps as the lane has pixels, not as it has bars. The pixels' limits are
// multiples of their width from the beginning of the scale, not of the view, or else bars would flicker while it moves.

import { firstNotBelow } from './trace.js';

const MANY = 4;

export class Bars {
  /** `items` are what the bars stand for (positions), `paints` their colours' numbers. */
  constructor(began, ended, items, paints) {
    this.began = began;
    this.ended = ended;
    this.items = items;
    this.paints = paints;
    this.left = began;
    this.right = ended;
    this.sums = new Float64Array(began.length + 1); // of the lengths of the bars before each, on the scale
  }

  /** Where the bars are on this scale. */
  place(scale) {
    this.left = scale.all(this.began);
    this.right = scale.all(this.ended);
    for (let bar = 0; bar < this.left.length; bar++) {
      this.sums[bar + 1] = this.sums[bar] + Math.max(0, this.right[bar] - this.left[bar]);
    }
  }

  /**
   * Calls `paint(left, right, bar, share)` for each visible bar; `pixel` is a pixel's width on the scale. `share` is 1,
   * but for a pixel that holds many bars: how much of it they fill.
   */
  each(from, to, pixel, paint) {
    const { left, right } = this;
    let bar = Math.max(0, firstNotBelow(right, from));
    while (bar < left.length && left[bar] <= to) {
      if (right[bar] - left[bar] >= pixel) {
        paint(left[bar], right[bar], bar, 1);
        bar++;
        continue;
      }
      const limit = (Math.floor(left[bar] / pixel) + 1) * pixel;
      const next = Math.max(bar + 1, firstNotBelow(left, limit));
      const wide = this.#firstWide(bar, next, pixel);
      const share = wide - bar < MANY ? 1 : (this.sums[wide] - this.sums[bar]) / pixel;
      paint(left[bar], left[bar] + pixel, bar, Math.min(1, share));
      bar = wide;
    }
  }

  /** A bar that begins within the pixel may be wide itself, and only the last one may: they do not overlap. */
  #firstWide(bar, next, pixel) {
    const last = next - 1;
    return last > bar && this.right[last] - this.left[last] >= pixel ? last : next;
  }

  /** The bar at a place of the scale, or the nearest one that is not further than `reach`; -1 if there is none. */
  at(place, reach) {
    const { left, right } = this;
    const next = firstNotBelow(left, place, true);
    if (next > 0 && right[next - 1] >= place) return next - 1;
    const before = next > 0 ? place - right[next - 1] : Infinity;
    const after = next < left.length ? left[next] - place : Infinity;
    if (Math.min(before, after) > reach) return -1;
    return before <= after ? next - 1 : next;
  }
}

/** Bars of the given positions of columns that have beginnings and ends. */
export function barsOf(items, began, ended, paintOf) {
  const sorted = Int32Array.from(items);
  if (sorted.some((item, i) => i > 0 && began[item] < began[sorted[i - 1]])) {
    sorted.sort((a, b) => began[a] - began[b] || ended[a] - ended[b]); // most are in order, and comparing costs
  }
  let last = 0;
  const ends = Float64Array.from(sorted, (item) => last = Math.max(last, ended[item]));
  return new Bars(Float64Array.from(sorted, (item) => began[item]), ends, sorted, Uint8Array.from(sorted, paintOf));
}
