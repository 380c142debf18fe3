'use strict';

// Trace events: what happened when, in Chrome's Trace Event Format, which about:tracing and Perfetto read.
//
// Theory of operation. A category is on while somebody wants it: --trace-event-categories for the whole run, a Tracing
// object of node:trace_events while it is enabled. Whoever has something to tell asks `isOn(category)` first, which is
// one look-up in an empty map while nobody listens. What is told is kept, and written when the process ends.
//
// What surprises people: "node" is each of node's categories; and a category is written with those that it belongs to
// ("node,node.console"). The file's name may hold ${pid} and ${rotation}.
//
// What is recorded here: node.bootstrap, node.console, node.module_timer and node.promises.rejections. V8's own
// categories, and those of Node's inner C++ parts, may be asked for and stay empty.

const { getOptionValue } = require('internal/options');

const wanted = new Map(); // category -> by how many
let events = null; // null until there was a reason to keep any

const parentsOf = (category) =>
  category.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'));

function enable(categories) {
  events ??= [];
  for (const each of categories) wanted.set(each, (wanted.get(each) ?? 0) + 1);
}

function disable(categories) {
  for (const each of categories) {
    const left = wanted.get(each) - 1;
    if (left > 0) wanted.set(each, left);
    else wanted.delete(each);
  }
}

/** Whether events of a category are recorded now. */
function isOn(category) {
  return wanted.size > 0 && parentsOf(category).some((each) => wanted.has(each));
}

/** The categories that are on, as one text; undefined for none. */
function enabledCategories() {
  return wanted.size === 0 ? undefined : [...wanted.keys()].join(',');
}

const microseconds = (ms) => Math.round(ms * 1000);

/** Records an event. `phase` is the format's letter; `at` is when it was, in ms of `performance.now()`. */
function emit(phase, category, name, args = {}, at = performance.now()) {
  const isPair = phase === 'b' || phase === 'n' || phase === 'e';
  events.push({
    pid: process.pid, tid: process.pid, ts: microseconds(performance.timeOrigin + at), tts: microseconds(at), ph: phase,
    cat: parentsOf(category).join(), name, dur: 0, tdur: 0, ...(isPair ? { id: '0x0' } : undefined), args,
  });
}

/** Runs `work` between the two events of a span. */
function span(category, name, work) {
  emit('b', category, name);
  try {
    return work();
  } finally {
    emit('e', category, name);
  }
}

/** At start-up: what the command line asks for. */
function initialize() {
  const list = getOptionValue('--trace-event-categories');
  if (list) enable(list.split(','));
}

function metadata(name, args) {
  return { pid: process.pid, tid: process.pid, ts: 0, tts: 0, ph: 'M', cat: '__metadata', name, dur: 0, tdur: 0, args };
}

function bootstrap() {
  const { nodeTiming } = require('perf_hooks').performance;
  for (const name of ['nodeStart', 'v8Start', 'environment', 'bootstrapComplete', 'loopStart', 'loopExit']) {
    if (nodeTiming[name] >= 0) emit('I', 'node.bootstrap', name, {}, nodeTiming[name]);
  }
}

/** Where what was recorded is written. */
function file() {
  const pattern = getOptionValue('--trace-event-file-pattern') || 'node_trace.${rotation}.log';
  return pattern.replaceAll('${pid}', process.pid).replaceAll('${rotation}', '1');
}

/** The process ends: write what was recorded. */
function flush() {
  if (events === null) return;
  if (isOn('node.bootstrap')) bootstrap();
  const { versions, arch, platform, release, execPath, version } = process;
  events.push(
    metadata('process_name', { name: execPath }), metadata('version', { node: version.slice(1) }),
    metadata('thread_name', { name: 'JavaScriptMainThread' }),
    metadata('node', { process: { versions, arch, platform, release } }));
  require('fs').writeFileSync(file(), JSON.stringify({ traceEvents: events }));
  events = null;
}

module.exports = { disable, emit, enable, enabledCategories, file, flush, initialize, isOn, span };
