'use strict';

// child_process: other programs, as ChildProcess objects or run to their end.
//
// Theory of operation. Python starts the program (loop/process.py) with our ends of its pipes as stream handles.
// 'exit' comes when the program has ended, 'close' when its output has been read too.
//
// What surprises people: `spawnSync` runs a loop of its own until the program has ended; nothing else happens
// meanwhile. `fork` copies no process: it starts a new one, with a channel (`internal/child_process/channel`).

const EventEmitter = require('events');
const { Buffer } = require('buffer');
const {
  codes: {
    ERR_CHILD_PROCESS_IPC_REQUIRED, ERR_CHILD_PROCESS_STDIO_MAXBUFFER, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
    ERR_IPC_ONE_PIPE, ERR_IPC_SYNC_FORK, ERR_OUT_OF_RANGE,
  },
  AbortError, errnoException, genericNodeError,
} = require('internal/errors');
const {
  isInt32, validateAbortSignal, validateArray, validateBoolean, validateFunction, validateObject, validateOneOf,
  validateString,
} = require('internal/validators');
const {
  convertToValidSignal, kEmptyObject, promisify: { custom: kCustomPromisify }, warnOnce,
} = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const { getValidatedPath } = require('internal/fs/arguments');
const hooks = require('internal/async_hooks');
const handles = require('internal/handles');
const { errname } = require('internal/uv');
const { Socket } = require('net');
const { Pipe, IPC, SOCKET } = require('internal/stream_handle');
const { channel, tracingChannel } = require('diagnostics_channel');

const toTheEnd = require('internal/child_process/spawn_sync');
const { variablesOf } = toTheEnd;

const binding = internalBinding('process_wrap');
const { os: { signals } } = internalBinding('constants');

const created = channel('child_process');
const spawning = tracingChannel('child_process.spawn');

const kIsUsedAsStdio = Symbol('kIsUsedAsStdio');

const MAX_BUFFER = 1024 * 1024;

// What a call means

function signalName(number) {
  return Object.keys(signals).find((name) => signals[name] === number) ?? null;
}

function noNull(value, name) {
  if (typeof value === 'string' && value.includes('\0')) {
    throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a string without null bytes');
  }
}

/** The arguments of spawn and its like, checked, as Python takes them. */
function normalize(file, args, options) {
  validateString(file, 'file');
  noNull(file, 'file');
  if (file.length === 0) throw new ERR_INVALID_ARG_VALUE('file', file, 'cannot be empty');
  if (Array.isArray(args)) {
    args = args.slice();
  } else if (args == null) {
    args = [];
  } else if (typeof args !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('args', 'object', args);
  } else {
    options = args;
    args = [];
  }
  args = args.map((arg, index) => {
    const text = `${arg}`;
    noNull(text, `args[${index}]`);
    return text;
  });
  if (options === undefined) options = kEmptyObject;
  else validateObject(options, 'options');
  options = { __proto__: null, ...options };
  checkOptions(options);
  if (options.shell) {
    const command = args.length > 0 ? [file, ...args].join(' ') : file;
    if (args.length > 0 && typeof options.shell !== 'undefined') warnShellArguments();
    file = typeof options.shell === 'string' ? options.shell : '/bin/sh';
    args = ['-c', command];
  }
  args.unshift(typeof options.argv0 === 'string' ? options.argv0 : file);
  return { ...options, __proto__: null, file, args, envPairs: pairsOf(environmentOf(options.env)) };
}

function warnShellArguments() {
  warnOnce('DEP0190',
    'Passing args to a child process with shell option true can lead to security vulnerabilities, as the arguments ' +
    'are not escaped, only concatenated.', 'DeprecationWarning', 'DEP0190');
}

function checkOptions(options) {
  const { toPathIfFileURL } = require('internal/url');
  if (options.cwd != null) {
    options.cwd = toPathIfFileURL(options.cwd);
    validateString(options.cwd, 'options.cwd');
    noNull(options.cwd, 'options.cwd');
  }
  if (options.detached != null) validateBoolean(options.detached, 'options.detached');
  if (options.uid != null && !isInt32(options.uid)) throw new ERR_INVALID_ARG_TYPE('options.uid', 'int32', options.uid);
  if (options.gid != null && !isInt32(options.gid)) throw new ERR_INVALID_ARG_TYPE('options.gid', 'int32', options.gid);
  if (options.shell != null && typeof options.shell !== 'boolean' && typeof options.shell !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('options.shell', ['boolean', 'string'], options.shell);
  }
  noNull(options.shell, 'options.shell');
  if (options.argv0 != null) {
    validateString(options.argv0, 'options.argv0');
    noNull(options.argv0, 'options.argv0');
  }
  for (const name of ['windowsHide', 'windowsVerbatimArguments']) {
    if (options[name] != null) validateBoolean(options[name], `options.${name}`);
  }
}

function environmentOf(env) {
  if (env === undefined || env === null) return { ...process.env };
  const found = {};
  for (const key in env) {
    const value = env[key];
    if (value === undefined) continue;
    noNull(key, `options.env['${key}']`);
    noNull(`${value}`, `options.env['${key}']`);
    found[key] = `${value}`;
  }
  return found;
}

/** stdio as a list of "pipe", "ignore" and descriptors, and what to do with our ends. */
function stdioOf(stdio = 'pipe', isSync = false) {
  if (typeof stdio === 'string') {
    if (!['ignore', 'pipe', 'overlapped', 'inherit'].includes(stdio)) throw new ERR_INVALID_ARG_VALUE('stdio', stdio);
    stdio = [stdio, stdio, stdio];
  } else if (!Array.isArray(stdio)) {
    throw new ERR_INVALID_ARG_VALUE('stdio', stdio);
  }
  stdio = stdio.slice();
  while (stdio.length < 3) stdio.push(undefined);
  return stdio.map((entry, position) => {
    if (entry === null || entry === undefined) return position < 3 ? 'pipe' : 'ignore';
    if (entry === 'pipe' || entry === 'overlapped') return 'pipe';
    if (entry === 'ignore') return 'ignore';
    if (entry === 'inherit') return position;
    if (entry === 'ipc') {
      if (isSync) throw new ERR_IPC_SYNC_FORK();
      if (stdio.indexOf('ipc') !== position) throw new ERR_IPC_ONE_PIPE();
      return 'ipc';
    }
    if (typeof entry === 'number' && entry >= 0) return entry;
    const fd = entry?.fd ?? entry?._handle?.fd;
    if (typeof fd === 'number' && fd >= 0) return fd;
    if (isSync && isArrayBufferView(entry)) return 'pipe';
    throw new ERR_INVALID_ARG_VALUE('stdio', entry);
  });
}

// ChildProcess

class ChildProcess extends EventEmitter {
  #handle = 0;
  #ends = 1; // what 'close' waits for: the program's end, and each readable pipe's

  constructor() {
    super();
    this._closesNeeded = 1;
    this._closesGot = 0;
    this.connected = false;
    this.signalCode = null;
    this.exitCode = null;
    this.killed = false;
    this.spawnfile = null;
    if (created.hasSubscribers) created.publish({ process: this });
  }

  spawn(options) {
    validateObject(options, 'options');
    const { file, args = [], cwd, detached = false, uid = null, gid = null } = options;
    if (options.envPairs !== undefined) validateArray(options.envPairs, 'options.envPairs');
    validateString(file, 'options.file');
    validateArray(args, 'options.args');
    validateOneOf(options.serialization, 'options.serialization', [undefined, 'json', 'advanced']);
    const stdio = stdioOf(options.stdio);
    const channelAt = stdio.indexOf('ipc');
    const mode = options.serialization ?? 'json';
    const variables = variablesOf(options.envPairs);
    if (channelAt >= 0) {
      variables.NODE_CHANNEL_FD = `${channelAt}`;
      variables.NODE_CHANNEL_SERIALIZATION_MODE = mode;
    }
    this.spawnfile = file;
    this.spawnargs = args;
    if (spawning.hasSubscribers) spawning.start.publish({ process: this, options });

    for (const entry of Array.isArray(options.stdio) ? options.stdio : []) leaveReadingTo(entry);
    const pipes = stdio.map((entry) => (
      entry === 'pipe' || entry === 'ipc' ? new Pipe(entry === 'ipc' ? IPC : SOCKET) : null));
    this.#handle = handles.open((status, signal) => this.#ended(status, signal), 'PROCESSWRAP');
    const [errno, pid] = binding.spawn(
      this.#handle, { file, args, env: variables, cwd: cwd || null, detached, uid, gid, stdio },
      pipes.map((pipe) => pipe?.number ?? null));
    if (errno < 0 && !isTold(errno)) {
      for (const pipe of pipes) pipe?.close();
      this.#closeHandle();
      throw errnoException(errno, 'spawn');
    }
    const channel = pipes[channelAt];
    if (channel) pipes[channelAt] = null;
    const streams = pipes.map((pipe, position) => (
      pipe && (errno < 0 ? deadSocket(pipe) : new Socket({ handle: pipe, readable: position > 0 }))));
    this.stdin = streams[0];
    this.stdout = streams[1];
    this.stderr = streams[2];
    this.stdio = streams;
    if (errno < 0) {
      channel?.close();
      this.#failed(errno);
      return errno;
    }
    this.pid = pid;
    hooks.recorder?.describe(this.#handle, `${pid} (${args.join(' ')})`);
    if (spawning.hasSubscribers) spawning.end.publish({ process: this });
    process.nextTick(() => this.emit('spawn'));
    streams.forEach((stream, position) => {
      if (stream === null) return;
      if (position === 0) return;
      this.#ends++;
      stream.once('close', () => this.#maybeClose());
    });
    if (channel) this.#openChannel(channel, mode);
    return errno;
  }

  #openChannel(handle, mode) {
    this.#ends++;
    this._channelClosed = () => this.#maybeClose();
    require('internal/child_process/channel').setupChannel(this, handle, mode);
  }

  #closeHandle() {
    handles.close(this.#handle);
    this.#handle = 0;
  }

  #failed(errno) {
    this.#closeHandle();
    if (spawning.hasSubscribers) spawning.error.publish({ process: this, error: this.#spawnError(errno) });
    process.nextTick(() => {
      this.exitCode = errno;
      this.emit('error', this.#spawnError(errno));
      this.#maybeClose();
    });
  }

  #spawnError(errno) {
    const syscall = this.spawnfile ? `spawn ${this.spawnfile}` : 'spawn';
    const error = errnoException(errno, syscall);
    if (this.spawnfile) error.path = this.spawnfile;
    error.spawnargs = this.spawnargs.slice(1);
    return error;
  }

  #ended(status, signal) {
    if (signal) this.signalCode = signalName(signal);
    else this.exitCode = status;
    this.#closeHandle();
    this.stdin?.destroy();
    this.emit('exit', this.exitCode, this.signalCode);
    // Output that nobody reads is thrown away, or 'close' would never come.
    process.nextTick(() => {
      for (const stream of this.stdio ?? []) {
        if (!stream?.readable || stream[kIsUsedAsStdio] || stream === this.stdin) continue;
        if (!stream.readableFlowing && stream._readableState.readableListening !== true) stream.resume();
      }
    });
    this.#maybeClose();
  }

  #maybeClose() {
    if (--this.#ends === 0) this.emit('close', this.exitCode, this.signalCode);
  }

  kill(signal) {
    const number = signal === 0 ? 0 : convertToValidSignal(signal === undefined ? 'SIGTERM' : signal);
    if (this.#handle) {
      const errno = binding.kill(this.#handle, number);
      if (errno === 0) {
        this.killed = true;
        return true;
      }
      const name = errname(errno);
      if (name === 'EINVAL' || name === 'ENOSYS') throw errnoException(errno, 'kill');
      if (name !== 'ESRCH') this.emit('error', errnoException(errno, 'kill'));
    }
    return false;
  }

  [Symbol.dispose]() {
    if (!this.killed) this.kill();
  }

  ref() {
    if (this.#handle) binding.ref(this.#handle, true);
  }

  unref() {
    if (this.#handle) binding.ref(this.#handle, false);
  }
}

const pairsOf = (variables) => Object.entries(variables).map(([name, value]) => `${name}=${value}`);

/** A stream of ours that becomes another program's is read there, not here. */
function leaveReadingTo(stream) {
  if (!(stream instanceof Socket) || !stream._handle || !stream._readableState) return;
  stream._handle.reading = false;
  stream._handle.readStop();
  stream.pause();
  stream.readableFlowing = false;
  stream._readableState.reading = false;
  stream[kIsUsedAsStdio] = true;
}

const TOLD = ['EACCES', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOENT', 'EPERM', 'ENOTDIR', 'E2BIG', 'ELOOP'];

/** Whether an 'error' event tells of a failure to spawn; others are thrown. */
function isTold(errno) {
  return TOLD.includes(errname(errno));
}

/** The stream of a program that could not be started. */
function deadSocket(handle) {
  const socket = new Socket({ handle, manualStart: true });
  socket.destroy();
  return socket;
}

function spawn(file, args, options) {
  options = normalize(file, args, options);
  validateTimeout(options.timeout);
  const { signal, timeout } = options;
  validateAbortSignal(signal, 'options.signal');
  const killSignal = sanitizeKillSignal(options.killSignal);
  const child = new ChildProcess();
  child.spawn(options);
  if (timeout > 0) {
    let timer = setTimeout(() => {
      timer = null;
      try {
        child.kill(killSignal);
      } catch (error) {
        child.emit('error', error);
      }
    }, timeout);
    child.once('exit', () => clearTimeout(timer));
  }
  if (signal) followSignal(child, signal, killSignal);
  return child;
}

function followSignal(child, signal, killSignal) {
  const onAbort = () => abortChild(child, killSignal, signal.reason);
  if (signal.aborted) {
    process.nextTick(onAbort);
    return;
  }
  const disposable = EventEmitter.addAbortListener(signal, onAbort);
  child.once('exit', disposable[Symbol.dispose]);
}

function abortChild(child, killSignal, reason) {
  try {
    if (child.kill(killSignal)) child.emit('error', new AbortError(undefined, { cause: reason }));
  } catch (error) {
    child.emit('error', error);
  }
}

function validateTimeout(timeout) {
  if (timeout == null || (Number.isInteger(timeout) && timeout >= 0)) return;
  throw new ERR_OUT_OF_RANGE('timeout', 'an unsigned integer', timeout);
}

function validateMaxBuffer(maxBuffer) {
  if (maxBuffer != null && !(typeof maxBuffer === 'number' && maxBuffer >= 0)) {
    throw new ERR_OUT_OF_RANGE('options.maxBuffer', 'a positive number', maxBuffer);
  }
}

function sanitizeKillSignal(killSignal) {
  if (typeof killSignal === 'string' || typeof killSignal === 'number') return convertToValidSignal(killSignal);
  if (killSignal != null) throw new ERR_INVALID_ARG_TYPE('options.killSignal', ['string', 'number'], killSignal);
  return undefined;
}

// exec and execFile

function execArguments(command, options, callback) {
  validateString(command, 'command');
  noNull(command, 'command');
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  const shell = typeof options?.shell === 'string' ? options.shell : true;
  return { file: command, options: { ...options, shell }, callback };
}

function exec(command, options, callback) {
  const call = execArguments(command, options, callback);
  return execFile(call.file, call.options, call.callback);
}

function execFileArguments(file, args, options, callback) {
  if (Array.isArray(args)) args = args.slice();
  else if (args != null && typeof args === 'object') [args, options, callback] = [null, args, options];
  else if (typeof args === 'function') [args, options, callback] = [null, null, args];
  args ??= [];
  if (typeof options === 'function') [options, callback] = [undefined, options];
  else if (options != null) validateObject(options, 'options');
  if (callback != null) validateFunction(callback, 'callback');
  return { file, args, options: options ?? kEmptyObject, callback };
}

function execFile(file, args, options, callback) {
  ({ file, args, options, callback } = execFileArguments(file, args, options, callback));
  options = {
    encoding: 'utf8', timeout: 0, maxBuffer: MAX_BUFFER, killSignal: 'SIGTERM', cwd: null, env: null, shell: false,
    ...options,
  };
  validateTimeout(options.timeout);
  validateMaxBuffer(options.maxBuffer);
  options.killSignal = sanitizeKillSignal(options.killSignal);
  const child = spawn(file, args, { ...options, timeout: undefined });
  new Execution(child, file, args, options, callback).start();
  return child;
}

/** A child whose output is collected for a callback. */
class Execution {
  #output = { stdout: [], stderr: [] };
  #lengths = { stdout: 0, stderr: 0 };
  #wasKilled = false;
  #isDone = false;
  #error = null;
  #timer = null;

  constructor(child, file, args, options, callback) {
    this.child = child;
    this.command = args.length > 0 ? `${file} ${args.join(' ')}` : file;
    this.options = options;
    this.callback = callback;
    const { encoding } = options;
    this.encoding = encoding && encoding !== 'buffer' && Buffer.isEncoding(encoding) ? encoding : null;
  }

  start() {
    const { child, options } = this;
    if (options.timeout > 0) this.#timer = setTimeout(() => this.#kill(), options.timeout);
    for (const name of ['stdout', 'stderr']) {
      const stream = child[name];
      if (!stream) continue;
      if (this.encoding) stream.setEncoding(this.encoding);
      stream.on('data', (chunk) => this.#collect(name, chunk));
    }
    child.addListener('close', (code, signal) => this.#exited(code, signal));
    child.addListener('error', (error) => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      this.#error = error;
      this.#exited();
    });
  }

  #collect(name, chunk) {
    const { maxBuffer } = this.options;
    const encoding = this.child[name].readableEncoding;
    const length = encoding ? Buffer.byteLength(chunk, encoding) : chunk.length;
    const before = this.#lengths[name];
    this.#lengths[name] += length;
    if (this.#lengths[name] <= maxBuffer) {
      this.#output[name].push(chunk);
      return;
    }
    this.#output[name].push(chunk.slice(0, maxBuffer - before));
    this.#error ??= new ERR_CHILD_PROCESS_STDIO_MAXBUFFER(name);
    this.#kill();
  }

  #kill() {
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
    this.#wasKilled = true;
    try {
      this.child.kill(this.options.killSignal);
    } catch (error) {
      this.#error ??= error;
      this.#exited();
    }
  }

  #exited(code, signal) {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#timer);
    if (!this.callback) return;
    const join = (name) => {
      const chunks = this.#output[name];
      return this.encoding || this.child[name]?.readableEncoding ? chunks.join('') : Buffer.concat(chunks);
    };
    const stdout = join('stdout');
    const stderr = join('stderr');
    hooks.recorder?.called(this.callback);
    let error = this.#error;
    if (!error && code === 0 && signal === null) {
      this.callback(null, stdout, stderr);
      return;
    }
    if (!error) {
      error = genericNodeError(`Command failed: ${this.command}\n${stderr}`, {
        code: code < 0 ? errname(code) : code, killed: this.child.killed || this.#wasKilled, signal,
      });
    }
    error.cmd = this.command;
    this.callback(error, stdout, stderr);
  }
}

for (const each of [exec, execFile]) {
  Object.defineProperty(each, kCustomPromisify, {
    __proto__: null,
    enumerable: false,
    value: { [each.name](...args) {
      const { promise, resolve, reject } = Promise.withResolvers();
      promise.child = each(...args, (error, stdout, stderr) => {
        if (error === null) {
          resolve({ stdout, stderr });
          return;
        }
        error.stdout = stdout;
        error.stderr = stderr;
        reject(error);
      });
      return promise;
    } }[each.name],
  });
}

// Run to the end

function spawnSync(file, args, options) {
  options = { maxBuffer: MAX_BUFFER, ...normalize(file, args, options) };
  validateTimeout(options.timeout);
  validateMaxBuffer(options.maxBuffer);
  const killSignal = sanitizeKillSignal(options.killSignal) ?? signals.SIGTERM;
  const stdio = stdioOf(options.stdio, true);
  const input = inputOf(options);
  const { maxBuffer, timeout = 0, cwd = null, uid = null, gid = null, detached = false } = options;
  const answer = toTheEnd.spawn({
    file: options.file, args: options.args, envPairs: options.envPairs, cwd, uid, gid, detached, stdio, input,
    killSignal, timeout, maxBuffer: Number.isFinite(maxBuffer) ? maxBuffer : null,
  });
  return resultOf(answer, options);
}

function inputOf({ input, stdio }) {
  const given = input ?? (Array.isArray(stdio) && isArrayBufferView(stdio[0]) ? stdio[0] : undefined);
  if (given === undefined || given === null) return null;
  if (isArrayBufferView(given)) return given;
  if (typeof given === 'string') return Buffer.from(given);
  throw new ERR_INVALID_ARG_TYPE('options.stdio[0]', ['Buffer', 'TypedArray', 'DataView', 'string'], given);
}

function resultOf({ pid, error, status, signal, output }, { encoding, file, args }) {
  const decode = (bytes) => {
    if (bytes === null || bytes === undefined) return null;
    const buffer = Buffer.from(bytes);
    return encoding && encoding !== 'buffer' ? buffer.toString(encoding) : buffer;
  };
  const result = {
    status: signal ? null : status ?? null,
    signal: signal ? signalName(signal) : null,
    output: pid ? output.map(decode) : null,
    pid,
    stdout: pid ? decode(output[1]) : null,
    stderr: pid ? decode(output[2]) : null,
  };
  if (error < 0) {
    result.error = errnoException(error, `spawnSync ${file}`);
    result.error.path = file;
    result.error.spawnargs = args.slice(1);
    return { error: result.error, ...result };
  }
  return result;
}

function failureOf(result, args, command) {
  if (result.error) {
    return Object.assign(result.error, { ...result, error: result.error });
  }
  if (result.status === 0) return undefined;
  let text = `Command failed: ${command ?? args.join(' ')}`;
  if (result.stderr?.length > 0) text += `\n${result.stderr.toString()}`;
  return genericNodeError(text, result);
}

function execFileSync(file, args, options) {
  ({ file, args, options } = execFileArguments(file, args, options));
  const inheritStderr = !options.stdio;
  const result = spawnSync(file, args, options);
  if (inheritStderr && result.stderr) process.stderr.write(result.stderr);
  const error = failureOf(result, [options.argv0 || file, ...args]);
  if (error) throw error;
  return result.stdout;
}

function execSync(command, options) {
  const call = execArguments(command, options, null);
  const inheritStderr = !call.options.stdio;
  const result = spawnSync(call.file, call.options);
  if (inheritStderr && result.stderr) process.stderr.write(result.stderr);
  const error = failureOf(result, undefined, command);
  if (error) throw error;
  return result.stdout;
}

function fork(modulePath, args, options) {
  modulePath = getValidatedPath(modulePath, 'modulePath');
  if (args == null) {
    args = [];
  } else if (typeof args === 'object' && !Array.isArray(args)) {
    options = args;
    args = [];
  } else {
    validateArray(args, 'args');
  }
  if (options != null) validateObject(options, 'options');
  options = { __proto__: null, ...options, shell: false };
  options.execPath = options.execPath || process.execPath;
  validateString(options.execPath, 'options.execPath');
  noNull(options.execPath, 'options.execPath');
  const execArgv = options.execArgv ?? inheritedArguments();
  validateArray(execArgv, 'options.execArgv');
  options.stdio = forkedStdio(options);
  return spawn(options.execPath, [...execArgv, modulePath, ...args], options);
}

/** The options of this process, without a text to run, which would be run again. */
function inheritedArguments() {
  const text = require('internal/options').getOptionValue('--eval');
  const position = text === undefined ? -1 : process.execArgv.lastIndexOf(text);
  return position > 0 ? process.execArgv.toSpliced(position - 1, 2) : process.execArgv;
}

function forkedStdio({ stdio, silent }) {
  if (typeof stdio === 'string') {
    if (!['ignore', 'pipe', 'overlapped', 'inherit'].includes(stdio)) throw new ERR_INVALID_ARG_VALUE('stdio', stdio);
    return stdio === 'inherit' ? [0, 1, 2, 'ipc'] : [stdio, stdio, stdio, 'ipc'];
  }
  if (!Array.isArray(stdio)) return silent ? ['pipe', 'pipe', 'pipe', 'ipc'] : [0, 1, 2, 'ipc'];
  if (!stdio.includes('ipc')) throw new ERR_CHILD_PROCESS_IPC_REQUIRED('options.stdio');
  return stdio;
}

module.exports = { ChildProcess, exec, execFile, execFileSync, execSync, fork, spawn, spawnSync };
