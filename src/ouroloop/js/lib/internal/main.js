'use strict';

// The main program: which there is, how it starts, and what comes when the loop has nothing left.
//
// Theory of operation. Python calls `run` before the loop's first turn, `beforeExit` each time the loop has run dry,
// and `exit` at the end. A program is a file, text (-e, -p), or what comes on standard input.
//
// What surprises people: a CommonJS program's ticks run before its microtasks, as after any callback; but an ES module
// runs in a microtask, so that what it queues as microtasks comes before its ticks.

const { afterCallback } = require('internal/process/task_queues');
const execution = require('internal/process/execution');
const hooks = require('internal/async_hooks');
const { getOptionValue } = require('internal/options');
const { notThere } = require('internal/not_there');
const { forget, getVariable } = require('internal/process/environment');
const { emitLast } = require('internal/process/per_thread');
const traceEvents = require('internal/trace_events');
const { emitExperimentalWarning, getCWDURL } = require('internal/util');

const UNSETTLED = 13;

let mainPromise; // of an ES module

/** Run the program that the command line names. */
function run() {
  execution.enter(runProgram);
  hooks.clearStack(); // what runs from now on is not the main program (async id 1)
  afterCallback(); // also after an error that the program has taken: alone of all callbacks
}

function runProgram() {
  const hasParent = getVariable('NODE_CHANNEL_FD') !== undefined;
  if (hasParent) takeChannel();
  require('internal/modules/esm/loader').initialize();
  require('internal/modules/cjs/loader').Module._initPaths();
  require('internal/modules/compile_cache').enableFromEnvironment();
  traceEvents.initialize();
  if (getOptionValue('--pending-deprecation')) require('internal/modules/cjs/loader').deprecateParent();
  if (getOptionValue('--disable-proto') !== '') {
    require('internal/disable_proto').restrictPrototype(Object.prototype);
  }
  if (getOptionValue('--experimental-vm-modules')) require('internal/vm/module').addTo(require('vm'));
  require('internal/process/permission').initialize();
  const text = getOptionValue('--eval');
  const program = process.argv[1];
  if (text !== undefined) return prepare(() => evaluate(text, '[eval]'));
  const isChecked = getOptionValue('--check');
  if (program === undefined || program === '-' || program === '') {
    const source = internalBinding('process').readStandardInput();
    return prepare(() => (isChecked ? checkSource(source, '[stdin]') : evaluate(source, '[stdin]')));
  }
  if (getOptionValue('--entry-url')) return prepare(() => runURL(program));
  process.argv[1] = require('path').resolve(program);
  if (isChecked) return prepare(() => checkFile(process.argv[1]));
  return prepare(() => require('internal/modules/cjs/loader').Module.runMain(process.argv[1]));
}

/** The channel to the parent; a worker of a cluster is told so by its environment. */
function takeChannel() {
  forget(); // the channel's variables are taken out
  const channel = internalBinding('process').takeChannel();
  if (!channel) return;
  require('internal/child_process/channel').openParentChannel(...channel);
  if (process.argv[1] === undefined || process.env.NODE_UNIQUE_ID === undefined) return;
  require('cluster')._setupWorker();
  delete process.env.NODE_UNIQUE_ID;
}

/** What is asked for before the program: -r, then --import. */
function prepare(program) {
  const { Module } = require('internal/modules/cjs/loader');
  Module._preloadModules(getOptionValue('--require'));
  if (!isImportedFirst()) return program();
  follow(() => importFirst(program));
  return undefined;
}

/** Whether something is imported before the program; the program is imported then too. */
function isImportedFirst() {
  return getOptionValue('--import') !== undefined || getOptionValue('--experimental-loader') !== undefined;
}

async function importFirst(program) {
  const loaders = getOptionValue('--experimental-loader') ?? [];
  if (loaders.length > 0) await require('internal/modules/esm/hooks').addFromCommandLine(loaders);
  const { importModule } = require('internal/modules/esm/loader');
  for (const specifier of getOptionValue('--import') ?? []) await importModule(specifier, getCWDURL().href);
  program();
}

// A file

function executeUserEntryPoint(main) {
  const { Module, toRealPath, formatOf } = require('internal/modules/cjs/loader');
  const found = Module._findPath(main, null, true);
  const filename = found && toRealPath(found, true);
  if (isImportedFirst()) {
    const { href } = require('internal/url').pathToFileURL(filename || require('path').resolve(main));
    runEntryPoint(href, undefined, true);
    return;
  }
  if (filename && (formatOf(filename) === 'module' || filename.endsWith('.wasm'))) {
    runEntryPoint(require('internal/url').pathToFileURL(filename).href);
    return;
  }
  Module._load(main, null, true);
}

/** Run the program that a URL names (--entry-url). */
function runURL(program) {
  emitExperimentalWarning('--entry-url');
  const { href } = getCWDURL();
  runEntryPoint(require('internal/modules/esm/loader').resolve(new URL(program, href).href, href, {}).url);
}

/** Run an ES module as the main program. */
function runEntryPoint(url, source, isImported = false) {
  if (getOptionValue('--input-type')) {
    const { codes: { ERR_INPUT_TYPE_NOT_ALLOWED } } = require('internal/errors');
    throw new ERR_INPUT_TYPE_NOT_ALLOWED();
  }
  const loader = require('internal/modules/esm/loader');
  follow(async () => {
    await undefined;
    await loader.runMain(url, source, isImported);
  });
}

/** Start the main program's asynchronous part. What it throws is uncaught, before any tick runs. */
async function follow(start) {
  const promise = mainPromise = start();
  try {
    await promise;
  } catch (error) {
    for (let left = 2; left > 0; left--) await undefined; // as far as it is from the module to Node's entry point
    if (execution.hasUncaughtExceptionCaptureCallback()) process._fatalException(error); // its own error is a rejection
    else require('internal/process/promises').raise(error);
  } finally {
    if (mainPromise === promise) mainPromise = undefined; // it may have started another, which is what counts now
  }
}

// Text

function evaluate(source, name) {
  const type = getOptionValue('--input-type');
  if (type.endsWith('typescript')) throw notThere(`TypeScript (--input-type=${type})`);
  const isOfModule = isModule(source);
  hooks.recorder?.hasSource(isOfModule ? moduleURL() : name, source);
  if (isOfModule) evaluateModule(source);
  else evaluateScript(source, name);
}

function isModule(source) {
  const type = getOptionValue('--input-type');
  if (type) return type.startsWith('module');
  if (getOptionValue('--experimental-detect-module') === false) return false;
  if (!require('internal/modules/esm_syntax').containsModuleSyntax(source)) return false;
  try {
    // A script may do what the body of a CommonJS module may not, such as to declare `require`.
    internalBinding('contextify').runScript(source, '[eval]', 0, 0, 1);
    return false;
  } catch {
    return true;
  }
}

const moduleURL = () => `${getCWDURL()}[eval1]`;

function evaluateModule(source) {
  if (getOptionValue('--print')) {
    const { codes: { ERR_EVAL_ESM_CANNOT_PRINT } } = require('internal/errors');
    throw new ERR_EVAL_ESM_CANNOT_PRINT();
  }
  const loader = require('internal/modules/esm/loader');
  const url = moduleURL();
  follow(async () => {
    await undefined;
    await loader.evaluateSource(source, url);
  });
}

function evaluateScript(source, name) {
  const { Module, makeRequire } = require('internal/modules/cjs/loader');
  const module = new Module(name);
  const folder = workingFolder();
  module.filename = require('path').join(folder, name);
  module.paths = Module._nodeModulePaths(folder);
  process._eval = source;
  if (getOptionValue('--print')) process._print_eval = true;
  Object.assign(globalThis, {
    __filename: name, module, exports: module.exports, __dirname: '.', require: makeRequire(module),
  });
  if (name === '[eval]') defineBuiltinGlobals();
  const { runScript } = internalBinding('contextify');
  try {
    runScript(source, name, 0, 0, 1);
  } catch (error) {
    require('internal/process/report_error').decorate(error);
    throw error;
  }
  const result = runScript(source, name, 0, 0, 0); // not in a `try`, or the place of what it throws would be lost
  // At the very end, when a promise has got its value; before the program's own listeners.
  if (getOptionValue('--print')) process.prependListener('exit', () => require('internal/console/global').log(result));
}

/** Where the process is; if that folder is gone, where this program is. */
function workingFolder() {
  try {
    return process.cwd();
  } catch {
    return require('path').dirname(process.execPath);
  }
}

/** In -e and -p the core modules are globals; `crypto`, too, which has all that the web's has. */
function defineBuiltinGlobals() {
  const builtins = require('internal/modules/builtins');
  for (const name of builtins.names()) {
    const isGlobal = name in globalThis;
    if (name[0] === '_' || name.includes('/') || name.includes(':') || (isGlobal && name !== 'crypto')) continue;
    Object.defineProperty(globalThis, name, {
      __proto__: null,
      get: () => builtins.load(name),
      set(value) {
        Object.defineProperty(globalThis, name, {
          __proto__: null, value, writable: true, enumerable: true, configurable: true,
        });
      },
      enumerable: isGlobal,
      configurable: true,
    });
  }
}

// Checking

function checkFile(name) {
  const { Module, formatOf, readSource, withoutBOM } = require('internal/modules/cjs/loader');
  const filename = Module._resolveFilename(name, null, true);
  checkSource(withoutBOM(readSource(filename)), filename, formatOf(filename));
}

/** Throw the syntax error that `source` has. */
function checkSource(source, filename, format) {
  const type = getOptionValue('--input-type');
  format ??= type && filename === '[stdin]' ? type.split('-')[0] : undefined;
  if (format !== 'module') {
    try {
      require('internal/modules/cjs/loader').compile(source, filename);
      return;
    } catch (error) {
      if (format === 'commonjs' || !require('internal/modules/esm_syntax').containsModuleSyntax(source)) throw error;
    }
  }
  require('internal/modules/esm/loader').checkSyntax(source, filename);
}

// The end

function emitBeforeExit() {
  return emitLast('beforeExit', process.exitCode || 0);
}

/** The loop has run dry. */
function beforeExit() {
  if (hooks.destroyEnabled) hooks.tellDestroyed();
  const outcome = execution.enterOnProcess('emit', emitBeforeExit);
  if (outcome !== execution.FAILED_CALL) afterCallback();
}

/** 'exit' is emitted (again, if an error in a listener kept `process.exit` from its end); the exit code is returned. */
function exit() {
  if (mainPromise !== undefined && process.exitCode === undefined) {
    process.exitCode = UNSETTLED;
    warnUnsettled();
  }
  process._exiting = true;
  const code = process.exitCode || 0;
  const outcome = execution.enter(() => emitLast('exit', code));
  if (outcome !== execution.FAILED_CALL) afterCallback();
  traceEvents.flush();
  hooks.recorder?.deliver();
  return process.exitCode ?? code;
}

function warnUnsettled() {
  if (getOptionValue('--warnings') === false) return;
  const { url, line, column, source } = require('internal/modules/esm/loader').findUnsettled();
  const indentation = source?.slice(0, column).replace(/[^\t]/g, ' ');
  const place = line === undefined ? '' : `:${line}\n${source}\n${indentation}^\n\n\n`;
  process._rawDebug(`Warning: Detected unsettled top-level await at ${url}${place}`);
}

/** In place of a main program, for an embedding Python program: what that calls is on the global `__embedding`. */
function embedding() {
  require('internal/modules/esm/loader').initialize();
  require('internal/modules/cjs/loader').Module._initPaths();
  require('internal/process/permission').initialize();
  Object.defineProperty(globalThis, '__embedding', {
    __proto__: null, value: require('internal/embedding'), writable: false, enumerable: false, configurable: false,
  });
}

module.exports = { embedding, run, beforeExit, exit, executeUserEntryPoint, runEntryPoint };
