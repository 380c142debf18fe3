'use strict';
// The class Console: formats what it is given and writes it as lines to two streams.
// Methods are bound to their console when it is made, so they can be handed around. They call each other and reach the
// streams through public properties (`this.log`, `this._stdout`), which programs replace. What programs do not see is
// in a State. Errors of the streams are ignored unless asked for: logging must not bring a program down.

const {
  codes: { ERR_CONSOLE_WRITABLE_STREAM, ERR_INCOMPATIBLE_OPTION_PAIR },
  isStackOverflowError,
} = require('internal/errors');
const { validateArray, validateInteger, validateObject, validateOneOf } = require('internal/validators');
const { formatWithOptions, inspect } = require('internal/util/inspect');
const stopwatch = () => require('internal/console/stopwatch'); // few programs take times
const traceEvents = require('internal/trace_events');

const DEFAULT_INDENTATION = 2;
const MOST_INDENTATION = 1000;
const CELL_ARRAY_LENGTH = 3;
const MOST_CELL_KEYS = 2;
const WITH_COLORS = { colors: true };
const WITHOUT_COLORS = {};

const kState = Symbol('kState');

function traceCount(label, count) {
  if (traceEvents.isOn('node.console')) traceEvents.emit('C', 'node.console', `count::${label}`, { data: count });
}

class State {
  counts = new Map();
  indentation = '';

  constructor(indentationWidth, colorMode, inspectOptions) {
    this.indentationWidth = indentationWidth;
    this.colorMode = colorMode;
    // Options, or a Map of options by stream.
    this.inspectOptions = inspectOptions;
  }

  /** The options for what is written to `stream`. */
  optionsFor(stream) {
    const { inspectOptions } = this;
    const options = inspectOptions instanceof Map ? inspectOptions.get(stream) : inspectOptions;
    const colors = this.colorMode === 'auto' ?
      require('internal/util/colors').shouldColorize(stream) :
      this.colorMode;
    if (options === undefined) return colors ? WITH_COLORS : WITHOUT_COLORS;
    return options.colors === undefined ? { ...options, colors } : options;
  }
}

function ignoreError() { /* A stream without listeners throws its errors. */ }

/** A write that fails later must not become an uncaught exception either. */
function makeErrorHandler(streamOf) {
  return (error) => {
    const stream = streamOf();
    if (error === null || stream._writableState.errorEmitted) return;
    if (stream.listenerCount('error') === 0) stream.once('error', ignoreError);
  };
}

function writeIgnoringErrors(stream, text, errorHandler) {
  const needsListener = stream.listenerCount('error') === 0;
  if (needsListener) stream.once('error', ignoreError);
  try {
    stream.write(text, errorHandler);
  } catch (error) {
    // The program's fault, not the stream's.
    if (isStackOverflowError(error)) throw error;
  } finally {
    if (needsListener) stream.removeListener('error', ignoreError);
  }
}

function writeLine(console, toStderr, text) {
  const { indentation } = console[kState];
  if (indentation !== '') text = indentation + text.replaceAll('\n', `\n${indentation}`);
  const stream = toStderr ? console._stderr : console._stdout;
  if (console._ignoreErrors === false) {
    stream.write(`${text}\n`);
    return;
  }
  writeIgnoringErrors(stream, `${text}\n`, toStderr ? console._stderrErrorHandler : console._stdoutErrorHandler);
}

function formatFor(console, toStderr, args) {
  if (args.length === 1 && typeof args[0] === 'string') return args[0];
  const stream = toStderr ? console._stderr : console._stdout;
  return formatWithOptions(console[kState].optionsFor(stream), ...args);
}

/**
 * The method `name` that writes a line. Subscribers of the diagnostics channel `console.<name>` get the arguments
 * before anything is formatted.
 */
function lineMethod(name, toStderr) {
  let channel;
  const { [name]: method } = {
    [name](...args) {
      channel ??= require('diagnostics_channel').channel(`console.${name}`);
      if (channel.hasSubscribers) channel.publish(args);
      writeLine(this, toStderr, formatFor(this, toStderr, args));
    },
  };
  return method;
}

const methods = {
  log: lineMethod('log', false),
  info: lineMethod('info', false),
  debug: lineMethod('debug', false),
  warn: lineMethod('warn', true),
  error: lineMethod('error', true),

  dir(object, options) {
    const base = this[kState].optionsFor(this._stdout);
    writeLine(this, false, inspect(object, { customInspect: false, ...base, ...options }));
  },

  time(label = 'default') {
    stopwatch().start(this._times, `${label}`);
  },

  timeEnd(label = 'default') {
    label = `${label}`;
    const time = stopwatch().read(this._times, label, 'timeEnd');
    if (time === undefined) return;
    this._times.delete(label);
    this.log('%s: %s', label, time);
  },

  timeLog(label = 'default', ...data) {
    label = `${label}`;
    const time = stopwatch().read(this._times, label, 'timeLog');
    if (time !== undefined) this.log('%s: %s', label, time, ...data);
  },

  trace: function trace(...args) {
    const error = { name: 'Trace', message: formatFor(this, true, args) };
    Error.captureStackTrace(error, trace);
    this.error(error.stack);
  },

  assert(expression, ...args) {
    if (expression) return;
    if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
    else args.unshift('Assertion failed');
    this.warn(...args);
  },

  clear() {
    if (!this._stdout.isTTY || process.env.TERM === 'dumb') return;
    const { clearScreenDown, cursorTo } = require('internal/readline/callbacks');
    cursorTo(this._stdout, 0, 0);
    clearScreenDown(this._stdout);
  },

  count(label = 'default') {
    label = `${label}`;
    const { counts } = this[kState];
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    traceCount(label, count);
    this.log(`${label}: ${count}`);
  },

  countReset(label = 'default') {
    label = `${label}`;
    if (!this[kState].counts.delete(label)) process.emitWarning(`Count for '${label}' does not exist`);
    else traceCount(label, 0);
  },

  group(...data) {
    if (data.length > 0) this.log(...data);
    const state = this[kState];
    state.indentation += ' '.repeat(state.indentationWidth);
  },

  groupEnd() {
    const state = this[kState];
    state.indentation = state.indentation.slice(0, Math.max(0, state.indentation.length - state.indentationWidth));
  },

  table(tabularData, properties) {
    if (properties !== undefined) validateArray(properties, 'properties');
    if (tabularData === null || typeof tabularData !== 'object') return this.log(tabularData);
    const base = this[kState].optionsFor(this._stdout);
    const toText = (value) => {
      const isLarge = value !== null && typeof value === 'object' && !Array.isArray(value) &&
        Object.keys(value).length > MOST_CELL_KEYS;
      const depth = isLarge ? -1 : 0;
      return inspect(value, { depth, maxArrayLength: CELL_ARRAY_LENGTH, breakLength: Infinity, ...base });
    };
    const { head, columns } = require('internal/console/table').tabulate(tabularData, properties, toText);
    this.log(require('internal/cli_table')(head, columns));
  },
};
methods.dirxml = methods.log;
methods.groupCollapsed = methods.group;

function hide(target, properties) {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(target, name, {
      __proto__: null, value, writable: true, enumerable: false, configurable: true,
    });
  }
}

/** Gives `target` the hidden part of a console; its `_stdout` and `_stderr` are the caller's work. */
function initialize(target, state, ignoreErrors) {
  hide(target, {
    _stdoutErrorHandler: makeErrorHandler(() => target._stdout),
    _stderrErrorHandler: makeErrorHandler(() => target._stderr),
    _ignoreErrors: Boolean(ignoreErrors),
    _times: new Map(),
  });
  Object.defineProperty(target, kState, { __proto__: null, value: state });
  Object.defineProperty(target, Symbol.toStringTag, {
    __proto__: null, value: 'console', writable: false, enumerable: false, configurable: true,
  });
}

/** Makes the methods found on `source` own methods of `target`, bound to it. */
function bindMethods(target, source) {
  for (const name of Object.keys(methods)) {
    const bound = source[name].bind(target);
    Object.defineProperty(bound, 'name', { __proto__: null, value: name });
    target[name] = bound;
  }
}

function validateInspectOptions(inspectOptions, colorMode) {
  validateObject(inspectOptions, 'options.inspectOptions');
  const all = inspectOptions instanceof Map ? inspectOptions.values() : [inspectOptions];
  for (const options of all) {
    if (options.colors !== undefined && colorMode !== undefined) {
      throw new ERR_INCOMPATIBLE_OPTION_PAIR('options.inspectOptions.color', 'colorMode');
    }
  }
}

/** A console that writes to the streams of `options`, or: `stdout, stderr, ignoreErrors = true`. */
function Console(options) {
  if (!new.target) return Reflect.construct(Console, arguments);
  if (!options || typeof options.write === 'function') {
    options = { stdout: options, stderr: arguments[1], ignoreErrors: arguments[2] };
  }
  const { stdout, stderr = stdout, ignoreErrors = true, colorMode, inspectOptions, groupIndentation } = options;
  if (typeof stdout?.write !== 'function') throw new ERR_CONSOLE_WRITABLE_STREAM('stdout');
  if (typeof stderr?.write !== 'function') throw new ERR_CONSOLE_WRITABLE_STREAM('stderr');
  if (colorMode !== undefined) validateOneOf(colorMode, 'colorMode', ['auto', true, false]);
  if (groupIndentation !== undefined) validateInteger(groupIndentation, 'groupIndentation', 0, MOST_INDENTATION);
  if (inspectOptions !== undefined) validateInspectOptions(inspectOptions, colorMode);

  bindMethods(this, this);
  hide(this, { _stdout: stdout, _stderr: stderr });
  const state = new State(groupIndentation ?? DEFAULT_INDENTATION, colorMode ?? 'auto', inspectOptions);
  initialize(this, state, ignoreErrors);
}
Object.assign(Console.prototype, methods);
Object.defineProperty(Console, Symbol.hasInstance, {
  __proto__: null,
  value: { [Symbol.hasInstance](instance) { return instance?.[kState] !== undefined; } }[Symbol.hasInstance],
});

/** The console of the process: takes its streams from `streams` when it first needs them. */
function makeGlobalConsole(streams) {
  const target = Object.create({});
  bindMethods(target, Console.prototype);
  initialize(target, new State(DEFAULT_INDENTATION, 'auto', undefined), true);
  for (const name of ['stdout', 'stderr']) {
    let stream;
    Object.defineProperty(target, `_${name}`, {
      __proto__: null,
      get() {
        return (stream ??= streams[name]);
      },
      set(value) {
        stream = value;
      },
      enumerable: false,
      configurable: true,
    });
  }
  return target;
}

module.exports = { Console, makeGlobalConsole };
