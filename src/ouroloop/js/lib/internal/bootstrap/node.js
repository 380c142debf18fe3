'use strict';

// The globals, the process object, and what is to happen when a process starts.
//
// Theory of operation. This runs while the snapshot is built: it makes all that is the same in every process. `start()`
// runs in each process: it joins what depends on it (memory shared with Python, the options, argv, env) and gives
// Python the functions by which the loop enters JavaScript. Globals that most programs do not touch are made when first
// read.

const process_ = require('internal/process/object');

const { prepareStackTrace } = Error;
if (prepareStackTrace === undefined) delete Error.prepareStackTrace;

function define(name, value, enumerable = false) {
  Object.defineProperty(globalThis, name, { __proto__: null, value, writable: true, enumerable, configurable: true });
}

/** A global that is read from `id` (under `key`) when first touched. */
function defineLazily(id, names, enumerable = false) {
  for (const name of names) {
    Object.defineProperty(globalThis, name, {
      __proto__: null,
      configurable: true,
      enumerable,
      get() {
        const value = require(id)[name];
        const property = { __proto__: null, value, writable: true, enumerable, configurable: true };
        Reflect.defineProperty(globalThis, name, property); // not where the program has frozen its globals
        return value;
      },
      set(value) {
        define(name, value, enumerable);
      },
    });
    const { get, set } = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(get, 'name', { value: `get ${name}` });
    Object.defineProperty(set, 'name', { value: `set ${name}` });
  }
}

/** The fetch itself is read when it is first called. */
function fetch(input, init = undefined) {
  return require('internal/fetch/fetch').fetch(input, init);
}

function makeGlobals() {
  define('global', globalThis, true);
  Object.defineProperty(globalThis, Symbol.toStringTag, {
    __proto__: null, value: 'global', writable: false, enumerable: false, configurable: true,
  });

  const timers = require('timers');
  define('clearImmediate', timers.clearImmediate, true);
  define('setImmediate', timers.setImmediate, true);
  define('clearInterval', timers.clearInterval, true);
  define('clearTimeout', timers.clearTimeout, true);
  define('setInterval', timers.setInterval, true);
  define('setTimeout', timers.setTimeout, true);
  define('queueMicrotask', require('internal/process/task_queues').queueMicrotask, true);
  defineLazily('internal/structured_clone', ['structuredClone'], true);
  defineLazily('buffer', ['atob', 'btoa'], true);
  defineLazily('perf_hooks', ['performance'], true);
  define('fetch', fetch, true);
  defineLazily('internal/webcrypto', ['crypto'], true);
  defineLazily('internal/navigator', ['navigator'], true);

  const { Buffer } = require('buffer');
  accessor('process', process_.process);
  accessor('Buffer', Buffer);
  define('console', require('internal/console/global'));

  const { URL, URLSearchParams } = require('internal/url');
  define('URL', URL);
  define('URLSearchParams', URLSearchParams);
  define('EventTarget', require('internal/event_target').EventTarget);
  define('Event', require('internal/event_target').Event);
  const { TextEncoder, TextDecoder } = require('internal/encoding');
  define('TextEncoder', TextEncoder);
  define('TextDecoder', TextDecoder);
  const { AbortController, AbortSignal } = require('internal/abort_controller');
  define('AbortController', AbortController);
  define('AbortSignal', AbortSignal);
  define('DOMException', require('internal/dom_exception').DOMException);

  defineLazily('internal/event_target', ['CustomEvent']);
  defineLazily('internal/navigator', ['Navigator']);
  defineLazily('internal/webcrypto', ['Crypto', 'CryptoKey', 'SubtleCrypto']);
  defineLazily('internal/urlpattern', ['URLPattern']);
  defineLazily('buffer', ['Blob', 'File']);
  defineLazily('internal/message_channel', ['BroadcastChannel', 'MessageChannel', 'MessagePort', 'MessageEvent']);
  defineLazily('internal/fetch/formdata', ['FormData']);
  defineLazily('internal/fetch/headers', ['Headers']);
  defineLazily('internal/fetch/request', ['Request']);
  defineLazily('internal/fetch/response', ['Response']);
  defineLazily('internal/fetch/close_event', ['CloseEvent']);
  defineLazily('internal/fetch/websocket', ['WebSocket']);
  defineLazily('perf_hooks', [
    'Performance', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure', 'PerformanceObserver',
    'PerformanceObserverEntryList', 'PerformanceResourceTiming',
  ]);
  defineLazily('stream/web', [
    'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest',
    'ReadableByteStreamController', 'ReadableStreamDefaultController', 'TransformStream',
    'TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultController',
    'WritableStreamDefaultWriter', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'TextEncoderStream',
    'TextDecoderStream', 'CompressionStream', 'DecompressionStream',
  ]);
}

/** `process` and `Buffer` are accessors in Node, so that assignments to them are seen. */
function accessor(name, value) {
  Object.defineProperty(globalThis, name, {
    __proto__: null,
    get() {
      return value;
    },
    set(replacement) {
      value = replacement;
    },
    enumerable: false,
    configurable: true,
  });
}

makeGlobals();

// What nearly every program needs, so that no process has to compile it again. Each costs every process: 1 ms for 250
// KB of sources. What is not here comes with V8's code cache, when a program first asks for it.
for (const id of [
  'internal/requests', 'internal/handles', 'internal/main', 'internal/process/report_error', 'internal/process/stdio',
  'internal/process/warning', 'internal/modules/cjs/loader', 'internal/modules/esm/loader',
  'internal/modules/esm/resolve', 'internal/modules/esm_syntax', 'module', 'fs', 'internal/fs/streams',
  'os', 'stream', 'diagnostics_channel', 'internal/streams/from', 'internal/util/colors',
  // What `import 'fs'` asks for, since it gives all that `fs` has by name.
  'internal/fs/dir', 'internal/fs/promises', 'internal/fs/utf8_stream',
]) require(id);

/** Compiling WebAssembly is done by threads of V8's; a program that awaits it goes on for as long as that takes. */
function watchWebAssembly() {
  const native = internalBinding('timers');
  for (const name of ['compile', 'instantiate']) {
    const original = WebAssembly[name];
    const watched = { [name](...args) {
      native.watchTasks();
      return Reflect.apply(original, this, args);
    } }[name];
    Object.defineProperty(watched, 'length', { value: 1, configurable: true });
    Object.defineProperty(WebAssembly, name, { value: watched, writable: true, enumerable: true, configurable: true });
    const streaming = { [`${name}Streaming`](source, ...rest) {
      return require('internal/wasm_web_api').compileFrom(source, name, watched, ...rest);
    } }[`${name}Streaming`];
    Object.defineProperty(WebAssembly, streaming.name,
      { value: streaming, writable: true, enumerable: true, configurable: true });
  }
}

/** The globals that the command line decides on. */
function chooseGlobals() {
  const { getOptionValue } = require('internal/options');
  if (!getOptionValue('--experimental-global-navigator')) delete globalThis.navigator;
  if (getOptionValue('--experimental-eventsource')) defineLazily('internal/fetch/eventsource', ['EventSource']);
  if (getOptionValue('--experimental-websocket')) return;
  delete globalThis.WebSocket;
  delete globalThis.CloseEvent;
}

/** Called by Python in a new process, with its facts: what the loop calls, by name, and where the shared memory is. */
function start(facts) {
  require('internal/options').initialize(facts.options);
  const memory = require('internal/timers').initialize(facts);
  require('internal/process/promises').listen();
  process_.start(facts);
  chooseGlobals();
  if (!facts.hasIntl) require('internal/intl').replaceWhatAborts();
  if (typeof WebAssembly === 'object') watchWebAssembly();
  if (facts.isRecorded) require('internal/recorder').start(facts.loopStart);
  const { processTimers, processImmediate } = require('internal/timers');
  const { complete } = require('internal/requests');
  const { emit, read } = require('internal/handles');
  const { afterTasks } = require('internal/process/task_queues');
  const main = require('internal/main');
  return {
    __proto__: null, processTimers, processImmediate, complete, emit, read, afterTasks, runMain: main.run,
    deliverFiles: require('internal/fs/ring').deliver, beforeExit: main.beforeExit, exit: main.exit,
    embedding: main.embedding, keepOrigins: () => require('internal/holders').keepOrigins(),
    tellHolders: () => require('internal/holders').tell(), memory,
  };
}

module.exports = { start };
