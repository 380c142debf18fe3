'use strict';

// Functions of the process object that need nothing of it: the exit code, figures, signals sent, another program taken
// up.
//
// What surprises people: `process.exit()` may be called by an 'exit' listener; the last code given counts. execve()
// that fails ends the process, for what was to be replaced may be half gone.

const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_UNKNOWN_SIGNAL,
  },
  errnoException,
} = require('internal/errors');
const {
  validateArray, validateInteger, validateNumber, validateObject, validateString,
} = require('internal/validators');
const { getOptionValue } = require('internal/options');
const monotonic = require('internal/clock');
const { forget, getVariable } = require('internal/process/environment');

const binding = internalBinding('process');
const { os: { signals: signalNumbers } } = internalBinding('constants');

// Output that must not depend on anything

function _rawDebug(...args) {
  binding.writeError(`${require('internal/util/inspect').format(...args)}\n`);
}

// The end

let exitCode;

function validateExitCode(value, name) {
  if (value === null || value === undefined) return;
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  validateInteger(Number.isNaN(number) ? value : number, name);
}

/** `process.exitCode`. */
const exitCodeAccessor = {
  __proto__: null,
  get() {
    return exitCode;
  },
  set(value) {
    validateExitCode(value, 'code');
    exitCode = value ?? undefined;
  },
  enumerable: true,
  configurable: false,
};

function reallyExit(code) {
  code = +(code || 0) | 0;
  if (getOptionValue('--trace-exit')) traceExit(code);
  require('internal/trace_events').flush();
  require('internal/async_hooks').recorder?.deliver();
  binding.reallyExit(code);
}

function abort() {
  require('internal/async_hooks').recorder?.deliver();
  binding.abort();
}

function traceExit(code) {
  const error = {};
  Error.captureStackTrace(error, reallyExit);
  const frames = error.stack.replace('Error', '');
  _rawDebug(`(node:${process.pid}) WARNING: Exited the environment with code ${code}${frames}\n`);
}

/** 'exit' or 'beforeExit'; whoever looks is told. */
function emitLast(name, code) {
  const { recorder } = require('internal/async_hooks');
  const emit = () => process.emit(name, code);
  return recorder === undefined ? emit() : recorder.emits(name, emit);
}

function exit(code) {
  if (arguments.length > 0) process.exitCode = code;
  if (!process._exiting) {
    process._exiting = true;
    emitLast('exit', +(exitCode || 0));
  }
  process.reallyExit(exitCode || 0);
}

// Signals

function kill(pid, signal) {
  // eslint-disable-next-line eqeqeq -- what looks like a number counts as one
  if (pid != (pid | 0)) throw new ERR_INVALID_ARG_TYPE('pid', 'number', pid);
  let number = signal;
  if (typeof signal !== 'number' || signal !== (signal | 0)) {
    number = signalNumbers[signal || 'SIGTERM'];
    if (number === undefined) throw new ERR_UNKNOWN_SIGNAL(signal);
  }
  const errno = process._kill(pid | 0, number);
  if (errno < 0) throw errnoException(errno, 'kill');
  return true;
}

// Figures

function memoryUsage() {
  const [rss, heapTotal, heapUsed, external, arrayBuffers] = binding.memoryUsage();
  return { rss, heapTotal, heapUsed, external, arrayBuffers };
}
memoryUsage.rss = () => binding.resident();

function usageSince(previous, thread) {
  if (previous) {
    validateObject(previous, 'prevValue');
    for (const part of ['user', 'system']) {
      const value = previous[part];
      validateNumber(value, `prevValue.${part}`);
      if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
        throw new ERR_INVALID_ARG_VALUE.RangeError(`prevValue.${part}`, value);
      }
    }
  }
  const [user, system] = binding.cpuUsage(thread);
  return { user: user - (previous?.user ?? 0), system: system - (previous?.system ?? 0) };
}

function resourceUsage() {
  const [
    userCPUTime, systemCPUTime, maxRSS, sharedMemorySize, unsharedDataSize, unsharedStackSize, minorPageFault,
    majorPageFault, swappedOut, fsRead, fsWrite, ipcSent, ipcReceived, signalsCount, voluntaryContextSwitches,
    involuntaryContextSwitches,
  ] = binding.resourceUsage();
  return {
    userCPUTime, systemCPUTime, maxRSS, sharedMemorySize, unsharedDataSize, unsharedStackSize, minorPageFault,
    majorPageFault, swappedOut, fsRead, fsWrite, ipcSent, ipcReceived, signalsCount, voluntaryContextSwitches,
    involuntaryContextSwitches,
  };
}

const EXACT_SECONDS = 9e6; // so many, in ns, are a number without loss: one BigInt is to be made, not three

function hrtime(previous) {
  monotonic.read();
  const seconds = monotonic.seconds();
  const nanoseconds = monotonic.nanoseconds();
  if (previous === undefined) return [seconds, nanoseconds];
  validateArray(previous, 'time');
  if (previous.length !== 2) throw new ERR_OUT_OF_RANGE('time', 2, previous.length);
  const whole = seconds - previous[0];
  const rest = nanoseconds - previous[1];
  return rest < 0 ? [whole - 1, rest + 1e9] : [whole, rest];
}
hrtime.bigint = function bigint() {
  monotonic.read();
  const seconds = monotonic.seconds();
  const nanoseconds = monotonic.nanoseconds();
  if (seconds < EXACT_SECONDS) return BigInt(seconds * 1e9 + nanoseconds);
  return BigInt(seconds) * 1000000000n + BigInt(nanoseconds);
};

// What keeps a process going

function refOf(maybe, method) {
  const fn = maybe?.[Symbol.for(`nodejs.${method}`)] ?? maybe?.[Symbol.for(`node:${method}`)] ?? maybe?.[method];
  if (typeof fn === 'function') Reflect.apply(fn, maybe, []);
}

// The environment

function loadEnvFile(path = undefined) {
  const { readFileSync } = require('fs');
  const { getValidatedPath } = require('internal/fs/arguments');
  const variables = binding.parseEnvFile(readFileSync(getValidatedPath(path ?? '.env'), 'utf8'));
  for (const [name, value] of Object.entries(variables)) {
    if (getVariable(name) != null) continue;
    forget();
    binding.envSet(name, value);
  }
}

// Flags that NODE_OPTIONS may have

function allowedFlags() {
  return require('internal/process/flag_set').makeFlagSet(internalBinding('options').allowedInEnvironment());
}

// Another program

function execve(path, args = [], env = { ...process.env }) {
  validateString(path, 'execPath');
  validateArray(args, 'args');
  args.forEach((arg, index) => {
    if (typeof arg !== 'string' || arg.includes('\0')) {
      throw new ERR_INVALID_ARG_VALUE(`args[${index}]`, arg, 'must be a string without null bytes');
    }
  });
  validateObject(env, 'env');
  for (const [name, value] of Object.entries(env)) {
    if (typeof value !== 'string' || value.includes('\0') || name.includes('\0')) {
      throw new ERR_INVALID_ARG_VALUE('env', env, 'must be an object with string keys and values without null bytes');
    }
  }
  require('internal/async_hooks').recorder?.deliver();
  const { code, stack } = errnoException(binding.execve(path, args, Object.entries(env)), 'execve');
  _rawDebug(`process.execve failed with error code ${code}\n${stack.slice(stack.indexOf('\n') + 1)}`);
  abort(); // as Node does: what was to be replaced may be half gone
}

const cpuUsage = (previous) => usageSince(previous, false);
const threadCpuUsage = (previous) => usageSince(previous, true);

module.exports = {
  _rawDebug, abort, allowedFlags, cpuUsage, emitLast, execve, exit, exitCodeAccessor, hrtime, kill, loadEnvFile,
  memoryUsage, reallyExit, refOf, resourceUsage, threadCpuUsage,
};
