// The lanes: which there are, what lies in each, and what each bar says.
//
// Theory of operation. A lane has rows, a row has bars and knows what to say of each: a short label that is written on
// it where there is room, and a longer text for whoever points at it. Rows that stand for callbacks say so (`runs`),
// so that a click on one of their bars selects.

import { duration, grouped, moment, shortened, visible } from './format.js';
import { barsOf } from './bars.js';

/** Colours by number; the names are those of the style sheet's variables. */
export const PAINTS = [
  'main', 'timer', 'immediate', 'tick', 'promise', 'network', 'work', 'closing', 'other',
  'sleep', 'pause', 'turn', 'turn-odd', 'output', 'error-output',
];
const STEP_FAMILY = { timers: 'timer', poll: 'network', check: 'immediate', closing: 'closing', main: 'main' };
const paint = (name) => PAINTS.indexOf(name);

const everything = (columns) => Array.from({ length: columns.count }, (_, i) => i);

function row(y, height, bars, label, about, more = {}) {
  return { y, height, bars, label, about, ...more };
}

function turnLane(trace) {
  const began = trace.turns;
  const ended = began.map((_, i) => (i + 1 < began.length ? began[i + 1] : trace.duration));
  const items = Array.from(began, (_, i) => i);
  const bars = barsOf(items, began, ended, (turn) => paint(turn % 2 ? 'turn-odd' : 'turn'));
  const number = (turn) => turn + trace.firstTurn;
  return lane('turn', 'turn', [row(0, 16, bars, (turn) => String(number(turn)), (turn) => [
    `Turn ${grouped(number(turn))} of the loop`,
    `${moment(began[turn])}, lasted ${duration(ended[turn] - began[turn])}`,
  ], { plain: true })]);
}

function stepLane(trace) {
  const { steps } = trace;
  const name = (step) => trace.texts[steps.name[step]];
  const bars = barsOf(everything(steps), steps.began, steps.ended, (step) => paint(STEP_FAMILY[name(step)] ?? 'other'));
  const ofTurn = (step) => (steps.turn[step] > 0 ? ` of turn ${grouped(steps.turn[step])}` : '');
  const about = (step) => [
    name(step) === 'between' ? 'Between two steps: the system let something else run' :
      `Step ${name(step)}${ofTurn(step)}`,
    `${moment(steps.began[step])}, lasted ${duration(steps.ended[step] - steps.began[step])}`,
  ];
  return lane('step', 'step', [row(0, 16, bars, name, about, { faint: true, plain: true })]);
}

const BAR = 24;
const NESTED = 15;
const ARROWS = 30; // room below the callbacks, for the arrows between them

function mainLane(trace) {
  const deepest = trace.depth.reduce((most, depth) => Math.max(most, depth), 0);
  const about = (run) => [
    trace.labelOf(run),
    `${moment(trace.runs.began[run])}, took ${duration(trace.lengthOf(run))}`,
    trace.runs.unfinished[run] && 'did not return',
    trace.scheduledAt(run) >= 0 && `asked for at ${trace.placeName(trace.scheduledAt(run))}`,
  ];
  const paintOf = (run) => paint(trace.familyOf(run));
  const rows = [];
  for (let depth = 0; depth <= Math.min(deepest, 8); depth++) {
    const items = [];
    for (let run = 0; run < trace.runs.count; run++) if (trace.depth[run] === depth) items.push(run);
    const y = depth === 0 ? 0 : BAR + 1 + (depth - 1) * (NESTED + 1);
    const bars = barsOf(items, trace.runs.began, trace.runs.ended, paintOf);
    rows.push(row(y, depth === 0 ? BAR : NESTED, bars, (run) => trace.labelOf(run), about, { runs: true }));
  }
  const made = lane('main', 'main', rows);
  made.height += ARROWS;
  return made;
}

function sleepLane(trace) {
  const { sleeps } = trace;
  const length = (sleep) => duration(sleeps.ended[sleep] - sleeps.began[sleep]);
  const waker = ([descriptor, , owner]) => `${visible(owner)} (${descriptor})`;
  const woke = (sleep) => sleeps.woke[sleep].map(waker).join(', ');
  const bars = barsOf(everything(sleeps), sleeps.began, sleeps.ended, () => paint('sleep'));
  return lane('sleep', 'asleep', [row(0, 16, bars, (sleep) => length(sleep), (sleep) => [
    `Asleep in the event queue for ${length(sleep)}`,
    sleeps.timeout[sleep] < 0 ? 'until something would happen' : `for ${sleeps.timeout[sleep]} ms at most`,
    sleeps.woke[sleep].length > 0 ? `woken by ${shortened(woke(sleep), 120)}` : 'woken by the clock',
  ], { hatched: true, plain: true })]);
}

function poolLanes(trace) {
  const { jobs } = trace;
  const ofThread = new Map();
  for (let job = 0; job < jobs.count; job++) {
    const thread = trace.texts[jobs.thread[job]];
    if (jobs.started[job] < 0 || thread === '') continue;
    if (!ofThread.has(thread)) ofThread.set(thread, []);
    ofThread.get(thread).push(job);
  }
  const finished = jobs.finished.map((time) => (time < 0 ? trace.duration : time));
  const name = (job) => shortened(trace.texts[jobs.name[job]], 60);
  const about = (job) => [
    `${name(job)} on ${trace.texts[jobs.thread[job]]}`,
    `${moment(jobs.started[job])}, took ${duration(finished[job] - jobs.started[job])}`,
    `waited ${duration(jobs.started[job] - jobs.queued[job])} in the pool's queue`,
  ];
  const height = ofThread.size <= 12 ? 16 : Math.max(3, Math.floor(200 / ofThread.size));
  const lanes = [...ofThread].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return lanes.map(([thread, items]) => lane(`pool ${thread}`, thread.replace(/^thread\s*/, 'pool '), [
    row(0, height, barsOf(items, jobs.started, finished, () => paint('work')), name, about, { jobs: true }),
  ]));
}

function pauseLane(trace) {
  const { pauses } = trace;
  if (pauses.count === 0) return [];
  const kind = (pause) => trace.texts[pauses.kind[pause]];
  const bars = barsOf(everything(pauses), pauses.began, pauses.ended, () => paint('pause'));
  return [lane('pause', 'GC', [row(0, 14, bars, kind, (pause) => [
    `Garbage collection: ${kind(pause)}`,
    `${moment(pauses.began[pause])}, took ${duration(pauses.ended[pause] - pauses.began[pause])}`,
  ])])];
}

function outputLane(trace) {
  const { output } = trace;
  if (output.time.length === 0) return [];
  const text = (line) => shortened(trace.texts[output.text[line]].trim(), 200);
  const paintOf = (line) => paint(output.descriptor[line] === 2 ? 'error-output' : 'output');
  const bars = barsOf(Array.from(output.time, (_, i) => i), output.time, output.time, paintOf);
  return [lane('output', 'output', [row(0, 14, bars, () => '', (line) => [
    `Written to ${output.descriptor[line] === 2 ? 'standard error' : 'standard output'}`, text(line),
  ], { marks: true })])];
}

function lane(key, label, rows) {
  return { key, label, rows, top: 0, height: Math.max(...rows.map(({ y, height }) => y + height)) };
}

const GAP = 6; // between lanes

/** All lanes of a trace, from top to bottom. */
export function lanesOf(trace, top) {
  const lanes = [
    ...(trace.turns.length > 0 ? [turnLane(trace)] : []),
    ...(trace.steps.count > 0 ? [stepLane(trace)] : []),
    mainLane(trace),
    ...(trace.sleeps.count > 0 ? [sleepLane(trace)] : []),
    ...poolLanes(trace), ...pauseLane(trace), ...outputLane(trace),
  ];
  for (const each of lanes) {
    each.top = top;
    top += each.height + (each.key === 'turn' ? 2 : Math.min(GAP, Math.round(each.height / 3)));
  }
  return lanes;
}
