'use strict';

// Histograms with a fixed relative error (after Gil Tene's HdrHistogram).
//
// Theory of operation. Values are counted in slots. Slots stand in buckets, each of which covers twice the range of
// the one before with the same number of slots, enough of them that a slot is never wider than the wanted number of
// decimal figures allows. So a value's slot is found from its highest bit and the few bits below, and a value is
// known only up to its slot: `min` is its slot's lowest value, `max` its highest, `mean` counts each slot by its
// middle.
//
// What surprises people: what is above `highest` is only counted, as `exceeds`.

const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { validateArray, validateInteger, validateNumber, validateObject } = require('internal/validators');
const { customInspectSymbol } = require('internal/util');
const { CLONEABLE, defineTransferMode, kClone, kDeserialize } = require('internal/worker/js_transferable');
const { inspectAs } = require('internal/util/class_looks');

const kKey = Symbol('constructor key');
const NOTHING_MIN = 2n ** 63n - 1n;

/** How many bits an integer below 2^53 has. */
function bitLength(value) {
  const high = Math.floor(value / 2 ** 32);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(value);
}

/** Which values share a slot. */
class Layout {
  constructor({ lowest, highest, figures }) {
    this.unitBits = bitLength(lowest) - 1;
    this.slotBits = Math.ceil(Math.log2(2 * 10 ** figures)); // slots of the first bucket, as a power of two
    this.half = 2 ** (this.slotBits - 1); // slots of each of the others
    let covered = 2 ** (this.slotBits + this.unitBits);
    let buckets = 1;
    for (; covered <= highest; covered *= 2) buckets++;
    this.length = (buckets + 1) * this.half;
  }

  indexOf(value) {
    const bucket = Math.max(0, bitLength(value) - this.slotBits - this.unitBits);
    return bucket * this.half + Math.floor(value / 2 ** (bucket + this.unitBits));
  }

  #bucketOf(index) {
    return Math.max(0, Math.floor(index / this.half) - 1);
  }

  lowestOf(index) {
    const bucket = this.#bucketOf(index);
    return (index - bucket * this.half) * 2 ** (bucket + this.unitBits);
  }

  widthOf(index) {
    return 2 ** (this.#bucketOf(index) + this.unitBits);
  }

  highestOf(index) {
    return this.lowestOf(index) + this.widthOf(index) - 1;
  }

  middleOf(index) {
    return this.lowestOf(index) + Math.floor(this.widthOf(index) / 2);
  }
}

/** The counts of a histogram. Clones share them. */
class Counts {
  constructor(range) {
    this.range = range;
    this.layout = new Layout(range);
    this.slots = undefined;
    this.reset();
  }

  reset() {
    this.slots?.fill(0);
    this.total = 0;
    this.exceeds = 0;
    this.min = Infinity;
    this.max = 0;
    this.first = 0; // no slot before this one counts anything, nor one after `last`
    this.last = -1;
  }

  add(value, times = 1) {
    if (value > this.range.highest) {
      this.exceeds += times;
      return;
    }
    const index = this.layout.indexOf(value);
    this.slots ??= new Float64Array(this.layout.length);
    this.slots[index] += times;
    if (this.total === 0) this.first = this.last = index;
    else if (index < this.first) this.first = index;
    else if (index > this.last) this.last = index;
    this.total += times;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  /** `visit(index, count)` for every slot that counts something, in order, until it returns true. */
  each(visit) {
    for (let index = this.first; index <= this.last; index++) {
      if (this.slots[index] !== 0 && visit(index, this.slots[index])) return;
    }
  }

  /** The mean of `transform(middle of a slot)` over all values. */
  average(transform) {
    let sum = 0;
    this.each((index, count) => {
      sum += count * transform(this.layout.middleOf(index));
    });
    return sum / this.total;
  }

  mean() {
    return this.average((value) => value);
  }

  stddev() {
    const mean = this.mean();
    return Math.sqrt(this.average((value) => (value - mean) ** 2));
  }

  skewness() {
    const mean = this.mean();
    const deviation = this.stddev();
    if (!(deviation > 0)) return 0;
    const third = this.average((value) => (value - mean) * (value - mean) * (value - mean));
    return third / (deviation * deviation * deviation);
  }

  /** Excess kurtosis; of fewer than four values there is none. */
  kurtosis() {
    const mean = this.mean();
    const variance = this.average((value) => (value - mean) * (value - mean));
    if (this.total < 4 || variance === 0) return 0;
    const fourth = this.average((value) => (value - mean) * (value - mean) * (value - mean) * (value - mean));
    return fourth / (variance * variance) - 3;
  }

  /** The slot in which a percentile lies. */
  indexAt(percentile) {
    const wanted = Math.max(1, Math.floor(percentile / 100 * this.total + 0.5));
    let seen = 0;
    let found = 0;
    this.each((index, count) => {
      seen += count;
      found = index;
      return seen >= wanted;
    });
    return found;
  }

  /** How many values are not above `value`'s slot. */
  countUpTo(value) {
    const limit = value < 0 ? -1 : this.layout.indexOf(value);
    let seen = 0;
    this.each((index, count) => {
      if (index > limit) return true;
      seen += count;
      return false;
    });
    return seen;
  }

  /** `[percentile, slot]`: 0, 50, 75, each time half of what is left, until all values are below; then 100. */
  percentiles() {
    const result = [];
    let seen = 0;
    let next = 0;
    this.each((index, count) => {
      seen += count;
      const reached = 100 * seen / this.total;
      while (next <= reached) {
        result.push([next, index]);
        if (seen === this.total) break;
        next += 100 / 2 ** (Math.floor(Math.log2(100 / (100 - next))) + 1);
      }
    });
    result.push([100, Math.max(0, this.last)]);
    return result;
  }
}

let countsOf;

class Histogram {
  #counts;

  static {
    countsOf = (value, name = 'Histogram') => {
      if (!isHistogram(value)) throw new ERR_INVALID_THIS(name);
      return value.#counts;
    };
  }

  constructor(key, range) {
    if (key !== kKey) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#counts = range instanceof Counts ? range : new Counts(range);
  }

  static is(value) {
    return value === Object(value) && #counts in value;
  }

  get count() {
    return countsOf(this).total;
  }

  get countBigInt() {
    return BigInt(countsOf(this).total);
  }

  get min() {
    return Number(this.minBigInt);
  }

  get minBigInt() {
    const { layout, min, total } = countsOf(this);
    return total === 0 ? NOTHING_MIN : BigInt(layout.lowestOf(layout.indexOf(min)));
  }

  get max() {
    const { layout, max, total } = countsOf(this);
    return total === 0 ? 0 : layout.highestOf(layout.indexOf(max));
  }

  get maxBigInt() {
    return BigInt(this.max);
  }

  get mean() {
    return countsOf(this).mean();
  }

  get stddev() {
    return countsOf(this).stddev();
  }

  get skewness() {
    return countsOf(this).skewness();
  }

  get kurtosis() {
    return countsOf(this).kurtosis();
  }

  get exceeds() {
    return countsOf(this).exceeds;
  }

  get exceedsBigInt() {
    return BigInt(this.exceeds);
  }

  get percentiles() {
    const counts = countsOf(this);
    return new Map(counts.percentiles().map(([percentile, index]) => [percentile, counts.layout.lowestOf(index)]));
  }

  get percentilesBigInt() {
    return new Map([...this.percentiles].map(([percentile, value]) => [percentile, BigInt(value)]));
  }

  percentile(percentile) {
    const counts = countsOf(this);
    validatePercentile(percentile, 'percentile');
    return counts.layout.highestOf(counts.indexAt(percentile));
  }

  percentileBigInt(percentile) {
    return BigInt(this.percentile(percentile));
  }

  percentilesAt(percentiles) {
    countsOf(this);
    validateArray(percentiles, 'percentiles');
    for (const [index, percentile] of percentiles.entries()) validatePercentile(percentile, `percentiles[${index}]`);
    return new Map([...percentiles].sort((a, b) => a - b).map((each) => [each, this.percentile(each)]));
  }

  /** The share of values not above `value`. */
  cdf(value) {
    const counts = countsOf(this);
    validateNumber(value, 'value');
    return counts.total === 0 ? 0 : counts.countUpTo(value) / counts.total;
  }

  ccdf(value) {
    return 1 - this.cdf(value);
  }

  countAt(value) {
    const { layout, slots } = countsOf(this);
    validateNumber(value, 'value');
    return value < 0 ? 0 : slots?.[layout.indexOf(value)] ?? 0;
  }

  reset() {
    countsOf(this).reset();
  }

  toJSON() {
    const { count, min, max, mean, exceeds, stddev, skewness, kurtosis, percentiles } = this;
    return {
      count, min, max, mean, exceeds, stddev, skewness, kurtosis, percentiles: Object.fromEntries(percentiles),
    };
  }

  [customInspectSymbol](depth, options) {
    if (depth < 0) return `[${this.constructor.name}]`;
    const { min, max, mean, exceeds, stddev, skewness, kurtosis, count, percentiles } = this;
    const properties = { min, max, mean, exceeds, stddev, skewness, kurtosis, count, percentiles };
    return inspectAs({ constructor: Histogram }, 'Histogram', properties, depth, options);
  }

  [kClone]() {
    return { type: 'internal/histogram:Histogram', data: countsOf(this) };
  }

  static [kDeserialize](counts) {
    return new Histogram(kKey, counts);
  }
}

const isHistogram = Histogram.is;
delete Histogram.is;

function validatePercentile(percentile, name) {
  validateNumber(percentile, name);
  if (!(percentile > 0 && percentile <= 100)) throw new ERR_OUT_OF_RANGE(name, '> 0 && <= 100', percentile);
}

/** A value that can be recorded, as a number. */
function toRecordable(value, name = 'val') {
  if (typeof value === 'bigint') {
    if (value < 1n || value > NOTHING_MIN) throw outOfRange();
    return Number(value);
  }
  validateInteger(value, name, 1);
  return value;
}

function outOfRange() {
  const error = new ERR_OUT_OF_RANGE('val', 'a positive integer', 0);
  error.message = 'value is out of range';
  return error;
}

class RecordableHistogram extends Histogram {
  #previous;

  record(val) {
    recordableCounts(this).add(toRecordable(val));
  }

  /** Record how many ns have passed since the last call. */
  recordDelta() {
    const counts = recordableCounts(this);
    const time = process.hrtime.bigint();
    if (this.#previous !== undefined) counts.add(Math.max(1, Number(time - this.#previous)));
    this.#previous = time;
  }

  /** Record a value, and those that waiting for it has kept from being recorded every `expectedInterval`. */
  recordCorrected(val, expectedInterval) {
    const counts = recordableCounts(this);
    let value = toRecordable(val);
    const interval = toRecordable(expectedInterval, 'expectedInterval');
    for (; value >= 1; value -= interval) {
      counts.add(value);
      if (value - interval < interval) return;
    }
  }

  add(other) {
    const counts = recordableCounts(this);
    const theirs = otherCounts(other);
    theirs.each((index, count) => counts.add(theirs.layout.middleOf(index), count) && false);
    counts.exceeds += theirs.exceeds;
    if (theirs.total > 0) {
      counts.min = Math.min(counts.min, theirs.min);
      counts.max = Math.max(counts.max, theirs.max);
    }
  }

  [kClone]() {
    return { type: 'internal/histogram:RecordableHistogram', data: countsOf(this) };
  }

  static [kDeserialize](counts) {
    return new RecordableHistogram(kKey, counts);
  }
}

function recordableCounts(value) {
  if (!(value instanceof RecordableHistogram)) throw new ERR_INVALID_THIS('RecordableHistogram');
  return countsOf(value);
}

function otherCounts(other) {
  if (!(other instanceof RecordableHistogram)) throw new ERR_INVALID_ARG_TYPE('other', 'RecordableHistogram', other);
  return countsOf(other);
}

for (const Class of [Histogram, RecordableHistogram]) defineTransferMode(Class, CLONEABLE, isHistogram);

function validateBound(value, name, least) {
  if (typeof value === 'bigint') return Number(value);
  validateInteger(value, name, least);
  return value;
}

function createHistogram(options = {}) {
  validateObject(options, 'options');
  const { lowest = 1, highest = Number.MAX_SAFE_INTEGER, figures = 3 } = options;
  const low = validateBound(lowest, 'options.lowest', 1);
  const high = validateBound(highest, 'options.highest', 2 * low);
  validateInteger(figures, 'options.figures', 1, 5);
  return new RecordableHistogram(kKey, { lowest: low, highest: high, figures });
}

module.exports = { Histogram, RecordableHistogram, createHistogram, countsOf, kKey };
