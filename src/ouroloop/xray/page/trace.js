// The trace, as the page's scripts use it.
//
// Theory of operation. The columns that Python wrote become typed arrays; runs, resources and jobs are told by their
// position in them, and runs are in the order in which they began. What is asked for often is worked out once: the
// runs of a resource, what a run has made, how deep a run is nested. Texts are made visible here, once for all: what
// the program called its functions and files may hold letters that hide or turn around what stands beside them.

import { baseName, shortened, visible } from './format.js';

export const NONE = -1;

/** A table's columns; of one that is the same in all rows only that value is there, and how many rows. */
function unfolded(table) {
  const column = (each) => (Array.isArray(each) ? each : new Array(each.count).fill(each.all));
  return Object.fromEntries(Object.entries(table).map(([name, each]) => [name, column(each)]));
}

/** Times, or other numbers, from their differences. */
function sums(differences) {
  const result = new Float64Array(differences.length);
  let sum = 0;
  for (let i = 0; i < result.length; i++) result[i] = sum += differences[i];
  return result;
}

/** Ends, from beginnings and lengths; what has not ended lasts `until`. */
function ends(began, lengths, until) {
  return began.map((time, i) => (lengths[i] < 0 ? until : time + lengths[i]));
}

/** Rows by the position that they belong to: those of position p are `rows[first[p]]` … `rows[first[p + 1] - 1]`. */
class Index {
  constructor(size, owners) {
    this.first = new Int32Array(size + 1);
    for (const owner of owners) if (owner >= 0) this.first[owner + 1]++;
    for (let i = 0; i < size; i++) this.first[i + 1] += this.first[i];
    const next = this.first.slice();
    this.rows = new Int32Array(this.first[size]);
    owners.forEach((owner, row) => {
      if (owner >= 0) this.rows[next[owner]++] = row;
    });
  }

  of(owner) {
    return owner < 0 ? [] : this.rows.subarray(this.first[owner], this.first[owner + 1]);
  }
}

function readRuns(columns, duration) {
  const began = sums(columns.began);
  return {
    count: began.length,
    number: sums(columns.number),
    kind: new Int16Array(columns.kind),
    resource: new Int32Array(columns.resource),
    name: new Int32Array(columns.name),
    began,
    ended: ends(began, columns.length, duration),
    unfinished: columns.length.map((length) => length < 0),
    outer: new Int32Array(columns.outer),
    turn: new Int32Array(sums(columns.turn)),
    step: new Int32Array(columns.step),
    place: new Int32Array(columns.place),
    why: columns.why,
    after: new Int32Array(columns.after),
    trigger: new Int32Array(columns.trigger),
    due: new Float64Array(columns.due),
    job: new Int32Array(columns.job),
    descriptor: new Int32Array(columns.descriptor),
  };
}

/** A time that may be missing (NONE), from its difference to `base`. */
const since = (base, differences) => base.map((time, i) => (differences[i] < 0 ? NONE : time + differences[i]));

function readResources(columns, types) {
  const made = sums(columns.made);
  return {
    count: made.length,
    types: types.map(([name, kind]) => [visible(name), kind]),
    number: sums(columns.number),
    type: new Int16Array(columns.type),
    cause: new Int32Array(columns.cause),
    made,
    place: new Int32Array(columns.place),
    wait: new Float64Array(columns.wait),
    repeats: columns.repeats,
    destroyed: since(made, columns.destroyed),
    settled: since(made, columns.settled),
    closing: since(made, columns.closing),
    settler: new Int32Array(columns.settler),
    parent: new Int32Array(columns.parent),
    detail: new Int32Array(columns.detail),
    due: columns.due,
  };
}

function readJobs(columns) {
  const queued = sums(columns.queued);
  return {
    count: queued.length,
    name: columns.name,
    resource: new Int32Array(columns.resource),
    thread: columns.thread,
    queued,
    started: since(queued, columns.started),
    finished: since(queued, columns.finished),
    delivered: since(queued, columns.delivered),
    run: new Int32Array(columns.run),
  };
}

function readSpans(columns) {
  const began = sums(columns.began);
  return { ...columns, count: began.length, began, ended: ends(began, columns.length, 0) };
}

export class Trace {
  constructor(columns) {
    Object.assign(this, columns); // what is a single number or text, and the digest
    this.texts = columns.texts.map(visible);
    this.sentences = columns.sentences.map(visible);
    this.runs = readRuns(unfolded(columns.runs), this.duration);
    this.resources = readResources(unfolded(columns.resources), columns.types);
    this.jobs = readJobs(columns.jobs);
    this.steps = readSpans(columns.steps);
    this.sleeps = readSpans(columns.sleeps);
    this.pauses = readSpans(columns.pauses);
    this.turns = sums(columns.turns);
    this.watches = { ...columns.watches, time: sums(columns.watches.time) };
    this.output = { ...columns.output, time: sums(columns.output.time) };
    this.sources = new Map(columns.sources.map(([file, lines]) => [file, new Map(lines)]));
    this.familyByKind = new Map(this.kinds);
    this.#index();
    this.began = this.runs.count > 0 ? this.runs.began[0] : 0;
    this.wallTime = columns.began;
  }

  #index() {
    const { runs, resources, jobs } = this;
    this.runsOfResource = new Index(resources.count, runs.resource);
    this.madeByRun = new Index(runs.count, resources.cause);
    this.outputOfRun = new Index(runs.count, this.output.run);
    this.jobOfRun = new Int32Array(runs.count).fill(NONE);
    for (let job = 0; job < jobs.count; job++) if (jobs.run[job] >= 0) this.jobOfRun[jobs.run[job]] = job;
    this.depth = new Uint8Array(runs.count);
    for (let run = 0; run < runs.count; run++) {
      const outer = runs.outer[run];
      if (outer >= 0 && outer < run) this.depth[run] = Math.min(254, this.depth[outer]) + 1;
    }
  }

  get title() {
    return visible(baseName(this.program));
  }

  // What things are called

  kindOf(run) {
    const { runs } = this;
    if (runs.kind[run] >= 0) return this.kinds[runs.kind[run]][0];
    return runs.resource[run] < 0 ? 'main' : this.kindOfResource(runs.resource[run]);
  }

  kindOfResource(resource) {
    return this.kinds[this.resources.types[this.resources.type[resource]][1]]?.[0] ?? 'resource';
  }

  familyOf(run) {
    return this.familyOfKind(this.kindOf(run));
  }

  familyOfKind(kind) {
    return this.familyByKind.get(kind) ?? 'other';
  }

  /** The name of the function that ran, or that asked for it, or "". */
  nameOf(run) {
    const own = this.texts[this.runs.name[run]];
    if (own) return shortened(own, 80);
    const place = this.runs.place[run];
    return place < 0 ? '' : shortened(this.texts[this.places.function[place]], 80);
  }

  /** "timer onOneSecond": what a run is called in one line. */
  labelOf(run) {
    const kind = this.kindOf(run);
    if (kind === 'main') return 'main program';
    if (kind === 'resource' && this.runs.resource[run] < 0) return 'callback'; // whose making is not in the trace
    const name = this.nameOf(run) || this.operationOf(run);
    return name && name !== kind ? `${kind} ${name}` : kind;
  }

  /** What the pool has done for a run: "open" of "fs.open"; "" if it has done nothing. */
  operationOf(run) {
    const job = this.jobFor(run);
    return job < 0 ? '' : shortened(this.texts[this.jobs.name[job]].replace(/^[^.]*\./, ''), 40);
  }

  /** What the pool's job is about, as far as a line has room: a file without its folder. */
  detailOfJob(job) {
    const resource = this.jobs.resource[job];
    return resource < 0 ? '' : baseName(this.texts[this.resources.detail[resource]] ?? '');
  }

  /** "app.js:12", or "" for a place that is not known. */
  placeName(place) {
    return place < 0 ? '' : `${baseName(this.texts[this.places.file[place]])}:${this.places.line[place]}`;
  }

  scheduledAt(run) {
    const resource = this.runs.resource[run];
    return resource < 0 ? NONE : this.resources.place[resource];
  }

  stepOf(run) {
    return this.texts[this.runs.step[run]] || 'main';
  }

  lengthOf(run) {
    return this.runs.ended[run] - this.runs.began[run];
  }

  // Causes

  /** The run that asked for this one; NONE if nobody did, or if that is lost. */
  causeOf(run) {
    const resource = this.runs.resource[run];
    return resource < 0 ? NONE : this.resources.cause[resource];
  }

  /** The chain of causes, the nearest first. */
  causesOf(run) {
    const chain = [];
    for (let at = this.causeOf(run); at >= 0 && at < (chain.at(-1) ?? run); at = this.causeOf(at)) chain.push(at);
    return chain;
  }

  /** The runs of the resources that a run has made, in the order in which they ran. */
  effectsOf(run) {
    const effects = [];
    for (const resource of this.madeByRun.of(run)) {
      for (const effect of this.runsOfResource.of(resource)) if (effect !== run) effects.push(effect);
    }
    return effects.sort((a, b) => a - b);
  }

  jobFor(run) {
    if (this.jobOfRun[run] >= 0) return this.jobOfRun[run];
    return this.runs.job[run] < this.jobs.count ? this.runs.job[run] : NONE;
  }
}

/** The first position of a sorted array whose value is not below (or, with `after`, is above) `value`. */
export function firstNotBelow(sorted, value, after = false) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value || (after && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
