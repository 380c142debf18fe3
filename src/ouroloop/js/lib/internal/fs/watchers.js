'use strict';

// Watching files: `watch` (told by the kernel) and `watchFile` (looked at again and again).

const EventEmitter = require('events');
const { Buffer } = require('buffer');
const { codes: { ERR_INVALID_ARG_VALUE }, AbortError } = require('internal/errors');
const {
  validateAbortSignal, validateBoolean, validateFunction, validateIgnoreOption, validateInteger, validateObject,
  validateOneOf, validateUint32,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { failure, getOptions, getValidatedPath } = require('internal/fs/arguments');
const stats = require('internal/fs/stats');
const handles = require('internal/handles');
const hooks = require('internal/async_hooks');

const binding = internalBinding('fs');

// watch

class FSWatcher extends EventEmitter {
  #handles = new Map(); // handle -> folder, relative to what is watched
  #path;
  #encoding;
  #isPersistent;
  #isRecursive;
  #isIgnored;

  constructor(ignore) {
    super();
    if (ignore != null) this.#isIgnored = matcherOf(ignore);
  }

  start(path, persistent, recursive, encoding) {
    if (this.#path !== undefined) return;
    this.#path = path;
    this.#encoding = encoding;
    this.#isPersistent = persistent;
    this.#isRecursive = recursive;
    this.#watch(path, '');
    if (recursive) this.#watchBelow(path, '');
  }

  /** Watch a directory that has just appeared, and tell of what is in it already. */
  #welcome(name) {
    const { join } = require('path');
    const path = join(asText(this.#path), name);
    if (!this.#isRecursive || [...this.#handles.values()].includes(name)) return;
    const { lstatSync, readdirSync } = require('fs');
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    this.#watch(path, name);
    for (const inside of readdirSync(path)) this.#tell('rename', Buffer.from(join(name, inside)));
  }

  #watch(path, prefix) {
    const handle = handles.open((errno, kind, name) => this.#changed(handle, errno, kind, name), 'FSEVENTWRAP');
    const errno = binding.watch(handle, path);
    if (errno < 0) {
      handles.close(handle);
      if (prefix !== '') return; // gone since
      const error = failure(errno, 'watch', path);
      error.filename = path;
      throw error;
    }
    hooks.recorder?.describe(handle, asText(path));
    this.#handles.set(handle, prefix);
    if (!this.#isPersistent) binding.refWatch(handle, false);
  }

  #watchBelow(path, prefix) {
    const fs = require('fs');
    const { join } = require('path');
    let entries;
    try {
      entries = fs.readdirSync(path, { withFileTypes: true });
    } catch {
      return; // not a directory, or gone since
    }
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      this.#watch(join(path, entry.name), join(prefix, entry.name));
      this.#watchBelow(join(path, entry.name), join(prefix, entry.name));
    }
  }

  #changed(handle, errno, kind, name) {
    if (errno < 0) {
      this.close();
      const error = failure(errno, 'watch', this.#path);
      error.filename = this.#path;
      this.emit('error', error);
      return;
    }
    const prefix = this.#handles.get(handle);
    let filename = name === null || name === undefined ? null : Buffer.from(name);
    if (filename !== null && prefix !== '') filename = Buffer.from(require('path').join(prefix, filename.toString()));
    this.#tell(kind, filename);
  }

  #tell(kind, filename) {
    const name = filename?.toString();
    if (name !== undefined && this.#isIgnored?.(name)) return;
    const isText = filename !== null && this.#encoding !== 'buffer';
    this.emit('change', kind, isText ? filename.toString(this.#encoding) : filename);
    if (kind === 'rename' && name !== undefined && this.#handles.size > 0) this.#welcome(name);
  }

  close() {
    if (this.#handles.size === 0) return;
    for (const handle of this.#handles.keys()) {
      binding.unwatch(handle);
      handles.close(handle);
    }
    this.#handles.clear();
    process.nextTick(() => this.emit('close'));
  }

  ref() {
    for (const handle of this.#handles.keys()) binding.refWatch(handle, true);
    return this;
  }

  unref() {
    for (const handle of this.#handles.keys()) binding.refWatch(handle, false);
    return this;
  }
}

/** Whether a name is among those that are of no interest: patterns, expressions, functions. */
function matcherOf(ignore) {
  const { matchesGlob } = require('internal/glob_pattern');
  const platform = process.platform === 'win32' ? 'win32' : 'posix';
  const tests = [ignore].flat().map((each) => {
    if (typeof each === 'function') return each;
    if (typeof each !== 'string') return (name) => each.test(name);
    // A pattern of one segment is for names in all folders.
    const pattern = each.includes('/') ? each : `**/${each}`;
    const { basename } = require('path');
    return (name) => matchesGlob(name, pattern, platform) || matchesGlob(basename(name), each, platform);
  });
  return (name) => tests.some((test) => test(name));
}

function watch(filename, options, listener) {
  if (typeof options === 'function') listener = options;
  filename = getValidatedPath(filename);
  options = { persistent: true, recursive: false, encoding: 'utf8', ...getOptions(options) };
  if (options.recursive !== undefined) validateBoolean(options.recursive, 'options.recursive');
  validateIgnoreOption(options.ignore, 'options.ignore');
  const watcher = new FSWatcher(options.ignore);
  watcher.start(filename, options.persistent ?? true, options.recursive ?? false, options.encoding ?? 'utf8');
  if (listener) watcher.addListener('change', listener);
  if (options.signal) closeOnAbort(watcher, options.signal);
  return watcher;
}

function closeOnAbort(watcher, signal) {
  if (signal.aborted) {
    process.nextTick(() => watcher.close());
    return;
  }
  const listener = () => watcher.close();
  signal.addEventListener('abort', listener);
  watcher.once('close', () => signal.removeEventListener('abort', listener));
}

/** `fs.promises.watch`: the changes, one after the other. */
async function* watchIterator(filename, options = kEmptyObject) {
  validateObject(options, 'options');
  const path = getValidatedPath(filename);
  const {
    persistent = true, recursive = false, encoding = 'utf8', maxQueue = 2048, overflow = 'ignore', signal, ignore,
  } = options;
  validateBoolean(persistent, 'options.persistent');
  validateBoolean(recursive, 'options.recursive');
  validateAbortSignal(signal, 'options.signal');
  validateInteger(maxQueue, 'options.maxQueue');
  validateOneOf(overflow, 'options.overflow', ['ignore', 'error']);
  validateIgnoreOption(ignore, 'options.ignore');
  if (encoding && encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
    throw new ERR_INVALID_ARG_VALUE('encoding', encoding, 'is invalid encoding');
  }
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });

  const events = [];
  let wake = Promise.withResolvers();
  const watcher = new FSWatcher(ignore);
  let failed;
  const fail = (error) => {
    failed = error;
    wake.resolve();
  };
  watcher.on('change', (eventType, name) => {
    if (events.length >= maxQueue) {
      if (overflow === 'error') {
        const { codes: { ERR_FS_WATCH_QUEUE_OVERFLOW } } = require('internal/errors');
        fail(new ERR_FS_WATCH_QUEUE_OVERFLOW(maxQueue));
      } else {
        process.emitWarning('fs.watch maxQueue exceeded');
      }
      return;
    }
    events.push({ __proto__: null, eventType, filename: name });
    wake.resolve();
  });
  watcher.on('error', fail);
  const onAbort = () => fail(new AbortError(undefined, { cause: signal.reason }));
  signal?.addEventListener('abort', onAbort);
  try {
    watcher.start(path, persistent, recursive, encoding);
    for (;;) {
      while (events.length > 0) yield events.shift();
      if (failed !== undefined) throw failed;
      await wake.promise;
      wake = Promise.withResolvers();
    }
  } finally {
    watcher.close();
    signal?.removeEventListener('abort', onAbort);
  }
}

// watchFile

class StatWatcher extends EventEmitter {
  #handle = 0;
  #bigint;
  #previous;
  #now; // what Python has written of the file, and of how it was before
  #before;

  constructor(bigint) {
    super();
    this.#bigint = bigint;
  }

  start(filename, persistent, interval) {
    this.#handle = handles.open((errno) => this.#changed(errno), 'STATWATCHER');
    validateUint32(interval, 'interval');
    const memory = new ArrayBuffer(2 * stats.SLOT_SIZE);
    this.#now = new Uint32Array(memory, 0, stats.SLOT_SIZE / 4);
    this.#before = new Uint32Array(memory, stats.SLOT_SIZE);
    binding.watchStat(this.#handle, filename, interval, internalBinding('memory').address(memory));
    hooks.recorder?.describe(this.#handle, asText(filename));
    if (!persistent) binding.refWatch(this.#handle, false);
  }

  #changed(errno) {
    const now = stats.take(this.#bigint, this.#now);
    const before = this.#previous ?? stats.take(this.#bigint, this.#before);
    if (errno < 0 && this.#previous !== undefined && Number(this.#previous.ctimeMs) === 0) return;
    this.#previous = now;
    this.emit('change', now, before);
  }

  stop() {
    if (this.#handle === 0) return;
    binding.unwatch(this.#handle);
    handles.close(this.#handle);
    this.#handle = 0;
    process.nextTick(() => this.emit('stop'));
  }

  ref() {
    if (this.#handle) binding.refWatch(this.#handle, true);
    return this;
  }

  unref() {
    if (this.#handle) binding.refWatch(this.#handle, false);
    return this;
  }
}

const statWatchers = new Map();

function watchFile(filename, options, listener) {
  filename = require('path').resolve(asText(getValidatedPath(filename)));
  if (options === null || typeof options !== 'object') {
    listener = options;
    options = kEmptyObject;
  }
  const { interval = 5007, persistent = true, bigint = false } = options;
  validateFunction(listener, 'listener');
  let watcher = statWatchers.get(filename);
  if (watcher === undefined) {
    watcher = new StatWatcher(bigint);
    watcher.start(filename, persistent, interval);
    statWatchers.set(filename, watcher);
  }
  watcher.addListener('change', listener);
  return watcher;
}

function asText(path) {
  return typeof path === 'string' ? path : Buffer.from(path).toString();
}

function unwatchFile(filename, listener) {
  filename = require('path').resolve(asText(getValidatedPath(filename)));
  const watcher = statWatchers.get(filename);
  if (watcher === undefined) return;
  if (typeof listener === 'function') watcher.removeListener('change', listener);
  else watcher.removeAllListeners('change');
  if (watcher.listenerCount('change') > 0) return;
  watcher.stop();
  statWatchers.delete(filename);
}

module.exports = { FSWatcher, StatWatcher, watch, watchFile, unwatchFile, watchIterator };
