// The queues as they were when a callback began, or when it was through.
//
// Theory of operation. Nobody recorded the queues: they follow from the records. A timer waits from when it was made
// until it ran or was cleared, an immediate until its run, a job from when it was queued until a thread took it. So
// one look over all resources tells which were waiting at a moment; of 100,000 that takes a millisecond.
//
// What surprises people: the callback that is just beginning is in no queue any more; an interval is in none while it
// runs. And a promise's reaction waits in the queue of microtasks only from when its promise was settled.

import { NONE } from './trace.js';

const WAITING = {
  timer: 'timers', interval: 'timers', immediate: 'immediates', tick: 'ticks',
  await: 'microtasks', microtask: 'microtasks',
};

export class Queues {
  constructor(trace) {
    this.trace = trace;
    // Which queue resources of each type wait in, so that the look over all of them compares numbers only.
    this.queueOfType = trace.resources.types.map(([, kind]) => WAITING[trace.kinds[kind]?.[0]]);
    this.running = NONE; // the resource of the callback that is beginning
  }

  /** What was waiting when `run` began, or when it was through. */
  at(run, isThrough = false) {
    const time = isThrough ? this.trace.runs.ended[run] : this.trace.runs.began[run];
    this.running = isThrough ? NONE : this.trace.runs.resource[run];
    const queues = { timers: [], immediates: [], ticks: [], microtasks: [], closing: [] };
    const { resources } = this.trace;
    for (let resource = 0; resource < resources.count && resources.made[resource] <= time; resource++) {
      const queue = this.queueOfType[resources.type[resource]];
      if (queue !== undefined) this.#add(queues[queue], queue, resource, run, time);
      else if (resources.closing[resource] >= 0) this.#addClosing(queues.closing, resource, time);
    }
    queues.timers.sort((a, b) => a.due - b.due);
    for (const name of ['ticks', 'microtasks', 'immediates']) queues[name].sort(inOrder);
    return { ...queues, pending: this.#pending(run, time), watched: this.#watched(time), pool: this.#pool(time) };
  }

  #add(list, queue, resource, run, time) {
    const { trace } = this;
    const { destroyed } = trace.resources;
    if (destroyed[resource] >= 0 && destroyed[resource] <= time) return;
    const runs = trace.runsOfResource.of(resource);
    const next = this.#next(runs, run, time);
    const repeats = queue === 'timers' && (trace.resources.repeats[resource] || runs.length > 1);
    if (next === NONE && runs.length > 0 && !repeats) return; // it has run
    if (resource === this.running) return;
    if (queue === 'microtasks' && !this.#isReady(resource, next, run, time)) return;
    list.push({ resource, run: next, due: queue === 'timers' ? this.#due(resource, time) : NONE });
  }

  /** The first of a resource's runs that had not begun; NONE if there is none. */
  #next(runs, run, time) {
    for (const each of runs) if (each > run && this.trace.runs.began[each] >= time) return each;
    return NONE;
  }

  #due(resource, time) {
    const { resources } = this.trace;
    const starts = resources.due[resource];
    let due = resources.made[resource] + resources.wait[resource] * 1e6;
    for (let i = 0; starts && i < starts.length && resources.made[resource] + starts[i] <= time; i += 2) {
      due = resources.made[resource] + starts[i + 1];
    }
    return due;
  }

  #isReady(resource, next, run, time) {
    const { resources, runs } = this.trace;
    if (next === NONE) return false; // it never became ready, or its record is lost
    const parent = resources.parent[resource];
    if (parent >= 0) return resources.settled[parent] >= 0 && resources.settled[parent] <= time;
    if (runs.trigger[next] >= 0 && runs.trigger[next] > run) return false;
    return this.#drainOf(next) === this.#drainOf(run);
  }

  /** The loop's callback after which a run was drained, or that it is. */
  #drainOf(run) {
    return this.trace.runs.after[run] >= 0 ? this.trace.runs.after[run] : run;
  }

  #addClosing(list, resource, time) {
    const { closing, destroyed } = this.trace.resources;
    if (closing[resource] <= time && (destroyed[resource] < 0 || destroyed[resource] > time)) {
      list.push({ resource, run: NONE, due: NONE });
    }
  }

  /** Callbacks of this turn's pending step that were put off before now. */
  #pending(run, time) {
    const { runs, resources, texts } = this.trace;
    const pending = [];
    for (let next = run + 1; next < runs.count && runs.turn[next] <= runs.turn[run] + 1; next++) {
      if (texts[runs.step[next]] !== 'pending' || runs.outer[next] >= 0 || runs.after[next] >= 0) continue;
      const resource = runs.resource[next];
      if (resource >= 0 && resources.made[resource] <= time) pending.push({ resource, run: next, due: NONE });
    }
    return pending;
  }

  #watched(time) {
    const { watches, texts } = this.trace;
    const watched = new Map();
    for (let i = 0; i < watches.time.length && watches.time[i] <= time; i++) {
      if (watches.events[i] === 0) watched.delete(watches.descriptor[i]);
      else watched.set(watches.descriptor[i], { events: watches.events[i], owner: texts[watches.owner[i]] });
    }
    return [...watched].sort(([a], [b]) => a - b).map(([descriptor, what]) => ({ descriptor, ...what }));
  }

  #pool(time) {
    const { jobs } = this.trace;
    const pool = { queued: [], running: [], finished: [] };
    for (let job = 0; job < jobs.count; job++) {
      if (jobs.queued[job] > time || (jobs.delivered[job] >= 0 && jobs.delivered[job] <= time)) continue;
      if (jobs.started[job] < 0 || jobs.started[job] > time) pool.queued.push(job);
      else if (jobs.finished[job] < 0 || jobs.finished[job] > time) pool.running.push(job);
      else pool.finished.push(job);
    }
    return pool;
  }
}

/** By the order in which they ran; what never ran comes last. */
function inOrder(a, b) {
  if (a.run === b.run) return a.resource - b.resource;
  if (a.run === NONE || b.run === NONE) return a.run === NONE ? 1 : -1;
  return a.run - b.run;
}
