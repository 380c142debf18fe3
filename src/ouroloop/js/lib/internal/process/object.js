'use strict';

// The process object.
//
// Theory of operation. What is the same in every process is put on `process` when the snapshot is built; `start()`
// joins the facts of this one. Whatever asks or changes the system goes through the binding. `env` is a proxy of the
// real environment; stdin, stdout and stderr are made when first read (`internal/process/stdio`).

const EventEmitter = require('events');
const {
  codes: {
    ERR_DLOPEN_DISABLED, ERR_DLOPEN_FAILED, ERR_INVALID_ARG_TYPE, ERR_INVALID_MODULE,
    ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET, ERR_UNKNOWN_CREDENTIAL,
  },
  errnoException, uvException,
} = require('internal/errors');
const {
  parseFileMode, validateArray, validateBoolean, validateString, validateUint32,
} = require('internal/validators');
const { deprecate, pendingDeprecate } = require('internal/util');
const { notThere } = require('internal/not_there');
const hooks = require('internal/async_hooks');
const { errmessage, errname } = require('internal/uv');
const { getOptionValue } = require('internal/options');
const execution = require('internal/process/execution');
const perThread = require('internal/process/per_thread');
const { nextTick } = require('internal/process/task_queues');
const environmentVariables = require('internal/process/environment');
const { getVariable } = environmentVariables;

const binding = internalBinding('process');
const config = internalBinding('config');
const { os: { signals: signalNumbers } } = internalBinding('constants');

/** A property of `process` that cannot be assigned to. */
function fix(name, value, configurable = true) {
  Object.defineProperty(process, name, { __proto__: null, value, writable: false, enumerable: true, configurable });
}

// Its place among objects

function makeProcess() {
  const constructor = { process() {} }.process;
  const prototype = Object.create(EventEmitter.prototype, {
    constructor: { __proto__: null, value: constructor, writable: true, configurable: true, enumerable: false },
  });
  constructor.prototype = prototype;
  Object.defineProperty(process, Symbol.toStringTag, {
    __proto__: null, value: 'process', writable: true, enumerable: false, configurable: true,
  });
  Object.setPrototypeOf(process, prototype);
}

makeProcess();

for (const [name, value] of [
  ['version', config.version], ['versions', Object.freeze({ ...config.versions })], ['arch', config.arch],
  ['platform', config.platform],
  ['release', {
    name: 'node',
    lts: 'Krypton',
    sourceUrl: `https://nodejs.org/download/release/${config.version}/node-${config.version}.tar.gz`,
    headersUrl: `https://nodejs.org/download/release/${config.version}/node-${config.version}-headers.tar.gz`,
  }],
]) fix(name, value);

const features = {
  inspector: false, debug: false, uv: true, ipv6: true, tls_alpn: true, tls_sni: true, tls_ocsp: true, tls: true,
  openssl_is_boringssl: false,
  get cached_builtins() {
    return true;
  },
  get require_module() {
    return getOptionValue('--require-module');
  },
  get quic() {
    return false;
  },
  get typescript() {
    return false;
  },
};

const configObject = Object.freeze({
  __proto__: null,
  variables: Object.freeze({
    __proto__: null, v8_enable_i18n_support: 1, node_shared: false, napi_build_version: '10', icu_small: false,
    node_module_version: 137,
  }),
  target_defaults: Object.freeze({
    __proto__: null, cflags: [], default_configuration: 'Release', defines: [], include_dirs: [], libraries: [],
  }),
});

Object.defineProperty(process, 'exitCode', perThread.exitCodeAccessor);

function setUncaughtExceptionCaptureCallback(callback) {
  if (callback !== null) {
    if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE('fn', ['Function', 'null'], callback);
    if (execution.hasUncaughtExceptionCaptureCallback()) throw new ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET();
  }
  execution.setUncaughtExceptionCaptureCallback(callback);
}

// Where it is

let knownFolder;

function cwd() {
  if (knownFolder !== undefined) return knownFolder;
  const found = binding.cwd();
  if (typeof found === 'number') {
    const message = `process.cwd failed with error ${errmessage(found)}, the current working directory was likely ` +
      'removed without changing the working directory';
    throw uvException({ errno: found, syscall: 'uv_cwd', message });
  }
  knownFolder = found;
  return knownFolder;
}

function chdir(directory) {
  validateString(directory, 'directory');
  const errno = binding.chdir(directory);
  if (errno < 0) {
    const from = cwd();
    throw uvException({ errno, syscall: 'chdir', path: from, dest: directory });
  }
  knownFolder = undefined;
}

function umask(mask) {
  if (mask === undefined) return binding.umask(null);
  return binding.umask(parseFileMode(mask, 'mask') & 0o777);
}

// Who it is

/** Throw what a negative result stands for, in the system's own words. */
function checkIdentity(result, syscall) {
  if (result >= 0) return;
  const code = errname(result);
  throw Object.assign(new Error(`${code}, ${binding.strerror(-result)}`), { errno: -result, code, syscall });
}

function identity(kind, find) {
  return (id) => checkIdentity(binding.setIdentity(kind, requireId(id, 'id', find)), kind);
}

function validateId(id, name) {
  if (typeof id === 'number') validateUint32(id, name);
  else if (typeof id !== 'string') throw new ERR_INVALID_ARG_TYPE(name, ['number', 'string'], id);
}

function requireId(id, name, find) {
  validateId(id, name);
  const number = binding[find](id);
  if (number < 0) throw new ERR_UNKNOWN_CREDENTIAL(find === 'userId' ? 'User' : 'Group', id);
  return number;
}

function setgroups(groups) {
  validateArray(groups, 'groups');
  const numbers = groups.map((group, index) => requireId(group, `groups[${index}]`, 'groupId'));
  checkIdentity(binding.setGroups(numbers), 'setgroups');
}

function initgroups(user, extraGroup) {
  validateId(user, 'user');
  validateId(extraGroup, 'extraGroup');
  const group = requireId(extraGroup, 'extraGroup', 'groupId');
  const number = requireId(user, 'user', 'userId');
  checkIdentity(binding.initGroups(`${typeof user === 'string' ? user : number}`, group), 'initgroups');
}

// Signals

const signalHandles = new Map(); // name -> handle

function startListeningIfSignal(type) {
  if (typeof type !== 'string' || !Object.hasOwn(signalNumbers, type) || signalHandles.has(type)) return;
  const number = signalNumbers[type];
  const handles = require('internal/handles');
  const handle = handles.open(() => process.emit(type, type, number), 'SIGNALWRAP');
  const errno = binding.openSignal(handle, number);
  if (errno < 0) {
    handles.close(handle);
    throw errnoException(errno, 'uv_signal_start');
  }
  hooks.recorder?.describe(handle, type);
  signalHandles.set(type, handle);
}

function stopListeningIfSignal(type) {
  const handle = signalHandles.get(type);
  if (handle === undefined || process.listenerCount(type) > 0) return;
  signalHandles.delete(type);
  binding.closeSignal(handle);
  require('internal/handles').close(handle);
}

function uptime() {
  const { now, milestone } = require('internal/perf/clock');
  return (now() - milestone('nodeStart')) / 1000;
}

// What keeps it going

const resourceNames = { __proto__: null, Timer: 'Timeout' };

const activeHandles = () => require('internal/handle_wrap').activeHandles();

function getActiveResourcesInfo() {
  const names = binding.active().map(([name]) => resourceNames[name] ?? name);
  const wraps = activeHandles().map(({ resourceName }) => resourceName);
  const ports = require('internal/message_channel').holdingIds().map(() => 'MessagePort');
  return [...names, ...wraps, ...ports, ...require('internal/timers').activeNames()];
}

// The environment

/** --trace-env: say what the program asks of its environment. */
function trace(question, name) {
  const withStack = getOptionValue('--trace-env-js-stack');
  if (!withStack && !getOptionValue('--trace-env')) return;
  perThread._rawDebug(`[--trace-env] ${question}${name === undefined ? '' : ` "${name}"`}`);
  if (!withStack) return;
  const error = {};
  Error.captureStackTrace(error, trace);
  const frames = error.stack.split('\n').slice(1).map((line, index) => `${index + 1}: ${line.trim().slice(3)}`);
  perThread._rawDebug(`\n----- JavaScript stack trace -----\n\n${frames.join('\n')}\n\n`);
}

const environment = new Proxy(Object.create(Object.prototype), {
  get(target, name) {
    if (typeof name === 'symbol') return Reflect.get(target, name);
    trace('get', name);
    return getVariable(name) ?? (Object.hasOwn(Object.prototype, name) ? Object.prototype[name] : undefined);
  },
  has(target, name) {
    if (typeof name !== 'string') return false;
    trace('query', name);
    return getVariable(name) != null || name in Object.prototype;
  },
  set(target, name, value) {
    if (typeof name === 'symbol' || typeof value === 'symbol') {
      throw new TypeError('Cannot convert a Symbol value to a string');
    }
    if (getOptionValue('--pending-deprecation') && !['string', 'number', 'boolean'].includes(typeof value)) {
      warnEnvironmentValue();
    }
    trace('set', name);
    environmentVariables.forget();
    binding.envSet(name, `${value}`.replace(/\0.*/s, '')); // the C library's texts end there
    if (name === 'TZ') resetTimezone();
    return true;
  },
  deleteProperty(target, name) {
    if (typeof name !== 'string') return true;
    trace('delete', name);
    environmentVariables.forget();
    binding.envDelete(name);
    if (name === 'TZ') resetTimezone();
    return true;
  },
  ownKeys() {
    trace('enumerate environment variables');
    return binding.envKeys();
  },
  getOwnPropertyDescriptor(target, name) {
    if (typeof name !== 'string') return undefined;
    trace('query', name);
    const value = getVariable(name);
    return value == null ? undefined : { value, writable: true, enumerable: true, configurable: true };
  },
  preventExtensions() {
    throw new TypeError('Cannot freeze');
  },
  defineProperty(target, name, descriptor) {
    if ('get' in descriptor || 'set' in descriptor) {
      throw invalidDescriptor("'process.env' does not accept an accessor(getter/setter) descriptor");
    }
    if (!(descriptor.configurable && descriptor.writable && descriptor.enumerable)) {
      throw invalidDescriptor("'process.env' only accepts a configurable, writable, and enumerable data descriptor");
    }
    return environment[name] = descriptor.value, true;
  },
});

function invalidDescriptor(text) {
  return Object.assign(new TypeError(text), { code: 'ERR_INVALID_OBJECT_DEFINE_PROPERTY' });
}

function resetTimezone() {
  if (!internalBinding('util').resetTimezone()) {
    process.emitWarning(
      'Setting process.env.TZ has no effect in this process: its time zone cannot be changed any more');
  }
}

const warnEnvironmentValue = deprecate(
  () => {},
  'Assigning any value other than a string, number, or boolean to a process.env property is deprecated. Please make ' +
  'sure to convert the value to a string before setting process.env with it.', 'DEP0104');

// Together

function emitWarning(warning, type, code, ctor) {
  return require('internal/process/warning').emitWarning(warning, type, code, ctor);
}

const ELF_HEADER = 64; // bytes

/** What the dynamic linker would say of a file that is no library; undefined if it may be one. */
function faultOfLibrary(filename) {
  const fs = require('fs');
  if (process.platform !== 'linux') return undefined;
  let data;
  try {
    data = fs.readFileSync(filename);
  } catch (error) {
    const { getErrorMap } = require('internal/uv');
    const text = getErrorMap().get(error.errno)?.[1] ?? 'cannot read file data';
    return `cannot open shared object file: ${text[0].toUpperCase()}${text.slice(1)}`;
  }
  if (data.length < ELF_HEADER) return 'file too short';
  return data.latin1Slice(0, 4) === '\x7fELF' ? undefined : 'invalid ELF header';
}

function dlopen(module, filename) {
  if (arguments.length < 2) {
    throw Object.assign(new TypeError('process.dlopen needs at least 2 arguments'), { code: 'ERR_MISSING_ARGS' });
  }
  if (!require('internal/process/permission').areAddonsAllowed()) throw new ERR_DLOPEN_DISABLED();
  const fault = faultOfLibrary(filename);
  if (fault === undefined) throw notThere(`native addons (${filename})`);
  throw new ERR_DLOPEN_FAILED(`${filename}: ${fault}`);
}

Object.assign(process, {
  _rawDebug: perThread._rawDebug,
  binding: pendingDeprecate((name) => require('internal/legacy/processbinding').binding(name),
    'process.binding() is deprecated. Please use public APIs instead.', 'DEP0111'),
  _linkedBinding(name) {
    throw new ERR_INVALID_MODULE(`No such binding was linked: ${String(name)}`);
  },
  _events: process._events, _eventsCount: process._eventsCount ?? 0, _maxListeners: undefined,
  domain: null,
  dlopen,
  uptime,
  _getActiveRequests() {
    const requests = binding.active().filter(([, kind]) => kind === 'request');
    return requests.map(([name]) => ({ constructor: { name } }));
  },
  _getActiveHandles: () => activeHandles().map((handle) => handle.owner ?? handle),
  getActiveResourcesInfo,
  reallyExit: perThread.reallyExit,
  _kill: (pid, signal) => binding.kill(pid, signal),
  loadEnvFile: perThread.loadEnvFile,
  cpuUsage: perThread.cpuUsage,
  threadCpuUsage: perThread.threadCpuUsage,
  resourceUsage: perThread.resourceUsage,
  memoryUsage: perThread.memoryUsage,
  constrainedMemory: () => binding.constrainedMemory(),
  availableMemory: () => binding.availableMemory(),
  kill: perThread.kill,
  execve: perThread.execve,
  exit: perThread.exit,
  ref: (maybe) => perThread.refOf(maybe, 'ref'),
  unref: (maybe) => perThread.refOf(maybe, 'unref'),
  hrtime: perThread.hrtime,
  openStdin() {
    process.stdin.resume();
    return process.stdin;
  },
  getuid: () => binding.getuid(),
  geteuid: () => binding.geteuid(),
  getgid: () => binding.getgid(),
  getegid: () => binding.getegid(),
  getgroups: () => binding.getgroups(),
  _fatalException: execution.isHandled,
  setUncaughtExceptionCaptureCallback,
  hasUncaughtExceptionCaptureCallback: () => execution.hasUncaughtExceptionCaptureCallback(),
  emitWarning,
  nextTick,
  _tickCallback: () => require('internal/process/task_queues').runNextTicks(),
  _debugProcess: () => { throw notThere('process._debugProcess()'); },
  _debugEnd() {},
  _startProfilerIdleNotifier() {},
  _stopProfilerIdleNotifier() {},
  abort: () => perThread.abort(),
  umask,
  chdir,
  cwd,
  initgroups,
  setgroups,
  setegid: identity('setegid', 'groupId'),
  seteuid: identity('seteuid', 'userId'),
  setgid: identity('setgid', 'groupId'),
  setuid: identity('setuid', 'userId'),
  env: environment,
  title: 'node',
  argv: [],
  execArgv: [],
  pid: 0,
  ppid: 0,
  execPath: '',
  setSourceMapsEnabled(enabled) {
    validateBoolean(enabled, 'enabled');
    require('internal/source_map').setSupport(enabled, { nodeModules: enabled, generatedCode: enabled });
  },
});
for (const name of ['cpuUsage', 'threadCpuUsage', 'ref', 'unref', 'constrainedMemory', 'availableMemory', '_kill']) {
  Object.defineProperty(process[name], 'name', { __proto__: null, value: name });
}

let title = 'node';

/** An accessor on process. */
function accessor(name, get, set, enumerable = true) {
  Object.defineProperty(process, name, { __proto__: null, get, set, enumerable, configurable: true });
}

/** Put a plain property in an accessor's place. */
function replace(name, value) {
  Object.defineProperty(process, name,
    { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

accessor('sourceMapsEnabled', () => require('internal/source_map').getSupport().enabled);
accessor('title', () => title, (value) => {
  title = `${value}`;
  binding.setTitle(title);
});
accessor('ppid', () => binding.ppid(), (value) => replace('ppid', value));

let debugPort = 9229;
accessor('debugPort', () => debugPort, (value) => {
  const port = Number(value) | 0;
  if (port !== 0 && (port < 1024 || port > 65535)) {
    const error = new RangeError('process.debugPort must be 0 or in range 1024 to 65535');
    throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
  }
  debugPort = port;
});
let allowedFlags;
accessor('allowedNodeEnvironmentFlags', function() {
  return allowedFlags ??= perThread.allowedFlags();
}, (value) => replace('allowedNodeEnvironmentFlags', value));

for (const name of ['stdin', 'stdout', 'stderr']) {
  const getter = `get${name[0].toUpperCase()}${name.slice(1)}`;
  let stream;  // kept here, since a program may have frozen `process`
  accessor(name, { [getter]: () => stream ??= require('internal/process/stdio').open(name) }[getter]);
}
let finalization;
accessor('finalization', function() {
  return finalization ??= require('internal/process/finalization').create();
}, (value) => replace('finalization', value));
accessor('report', () => require('internal/process/diagnostic_report').report);
process.getBuiltinModule = function getBuiltinModule(id) {
  validateString(id, 'id');
  const builtins = require('internal/modules/builtins');
  return builtins.canBeRequired(id) ? builtins.load(id.replace(/^node:/, '')) : undefined;
};
fix('config', configObject);
fix('features', features, false);

let isExiting = false;
accessor('_exiting', () => isExiting, (value) => {
  isExiting = value;
});

/** What the command line may switch on; a program may do so too. */
const DEPRECATION_SWITCHES = [
  ['noDeprecation', '--deprecation', false], ['throwDeprecation', '--throw-deprecation', true],
  ['traceDeprecation', '--trace-deprecation', true], ['traceProcessWarnings', '--trace-warnings', true],
];

/** What runs in each process: the facts, and what waits for listeners. */
function start({ argv, execArgv, execPath, pid, argv0, isEmbedded, cwd: folder, environment: variables }) {
  knownFolder = folder ?? undefined;
  environmentVariables.initialize(variables);
  if (isEmbedded) require('internal/process/report_error').tellEmbedder();
  Object.assign(process, { argv, execArgv, execPath, pid });
  fix('_preload_modules', getOptionValue('--require') ?? []);
  fix('argv0', argv0, false);
  fix('pid', pid);
  for (const [name, option, value] of DEPRECATION_SWITCHES) {
    if (getOptionValue(option) === value) process[name] = true;
  }
  title = getOptionValue('--title') || argv0;
  if (getOptionValue('--title')) binding.setTitle(title);
  const port = getOptionValue('--inspect-port');
  if (port !== undefined) process.debugPort = Number(port.slice(port.lastIndexOf(':') + 1));
  EventEmitter.call(process);
  process.on('newListener', startListeningIfSignal);
  process.on('removeListener', stopListeningIfSignal);
  process.on('warning', (warning) => require('internal/process/warning').onWarning(warning));
  const limit = getOptionValue('--stack-trace-limit');
  if (limit !== undefined) Error.stackTraceLimit = limit;
  if (getOptionValue('--enable-source-maps')) process.setSourceMapsEnabled(true);
  if (getOptionValue('--trace-uncaught')) internalBinding('errors').captureStackTraces(limit ?? 10);
  if (getOptionValue('--report-on-signal')) require('internal/process/diagnostic_report').initialize();
}

module.exports = { environment, process, start };
