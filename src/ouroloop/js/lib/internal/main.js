'use strict';

// The main program: which there is, how it starts, and what comes when the loop has nothing left.
//
// Theory of operation. Python calls `run` before the loop's first turn, `beforeExit` each time the loop has run dry, and
// `exit` at the end. A program is a file, text (-e, -p), or what comes on standard input.
//
// What surprises people: a CommonJS program's ticks run before its microtasks, as after any callback; but an ES module
// runs in a microtask, so that what it queues as microtasks comes before its ticks.

const { afterCallback } = require('internal/process/task_queues');
const execution = require('internal/process/execution');
const hooks = require('internal/async_hooks');
const { getOptionValue } = require('internal/options');

const UNSETTLED = 13;

let mainPromise; // of an ES module

/** Run the program that the command line names. */
function run() {
  execution.enter(runProgram);
  hooks.clearStack(); // what runs from now on is not the main program (async id 1)
  afterCallback(); // also after an error that the program has taken: alone of all callbacks
}

function runProgram() {
  require('internal/modules/esm/loader').initialize();
  require('internal/modules/cjs/loader').Module._initPaths();
  const text = getOptionValue('--eval');
  const program = process.argv[1];
  if (text !== undefined) return prepare(() => evaluate(text, '[eval]'));
  if (program === undefined || program === '-') {
    if (program === '-') process.argv.splice(1, 1, '-');
    const source = internalBinding('process').readStandardInput();
    return prepare(() => evaluate(source, '[stdin]'));
  }
  process.argv[1] = require('path').resolve(program);
  if (getOptionValue('--check')) return checkSyntax(process.argv[1]);
  return prepare(() => require('internal/modules/cjs/loader').Module.runMain(process.argv[1]));
}

/** What is asked for before the program: -r, then --import. */
function prepare(program) {
  const { Module } = require('internal/modules/cjs/loader');
  Module._preloadModules(getOptionValue('--require'));
  const imports = getOptionValue('--import') ?? [];
  if (imports.length === 0) return program();
  const { importModule } = require('internal/modules/esm/loader');
  mainPromise = (async () => {
    for (const specifier of imports) await importModule(specifier, workingFolder());
    mainPromise = undefined;
    program();
  })();
  return undefined;
}

function workingFolder() {
  return require('internal/url').pathToFileURL(`${process.cwd()}/`).href;
}

// A file

function executeUserEntryPoint(main) {
  const { Module, toRealPath, formatOf } = require('internal/modules/cjs/loader');
  const found = Module._findPath(main, null, true);
  const filename = found && toRealPath(found, true);
  if (filename && formatOf(filename) === 'module') {
    runEntryPoint(require('internal/url').pathToFileURL(filename).href);
    return;
  }
  Module._load(main, null, true);
}

/** Run an ES module as the main program. */
function runEntryPoint(url, source) {
  const loader = require('internal/modules/esm/loader');
  loader.setMain(url);
  follow(async () => {
    await undefined;
    await loader.evaluate(loader.recordOf(url, { __proto__: null }, source));
  });
}

/** Start the main program's asynchronous part. What it throws is an unhandled rejection. */
function follow(start) {
  mainPromise = (async () => {
    try {
      await start();
    } finally {
      mainPromise = undefined;
    }
  })();
}

// Text

function evaluate(source, name) {
  const type = getOptionValue('--input-type');
  if (type === 'module' || (type !== 'commonjs' && isModule(source))) {
    evaluateModule(source, name);
    return;
  }
  evaluateScript(source, name);
}

function isModule(source) {
  if (getOptionValue('--print')) return false;
  const { containsModuleSyntax } = require('internal/modules/esm_syntax');
  if (!containsModuleSyntax(source)) return false;
  try {
    internalBinding('contextify').runScript(source, '[eval]', 0, 0, 1);
    return false;
  } catch {
    return true;
  }
}

function evaluateModule(source, name) {
  const loader = require('internal/modules/esm/loader');
  const url = `${workingFolder()}${name.replace(']', '1]')}`;
  follow(async () => {
    await undefined;
    await loader.evaluateSource(source, url);
  });
}

function evaluateScript(source, name) {
  const { Module, makeRequire } = require('internal/modules/cjs/loader');
  const module = new Module(name);
  module.filename = require('path').join(process.cwd(), name);
  module.paths = Module._nodeModulePaths(process.cwd());
  Object.assign(globalThis, { module, exports: module.exports, require: makeRequire(module), __filename: name, __dirname: '.' });
  for (const name of ['module', 'exports', 'require', '__filename', '__dirname']) {
    Object.defineProperty(globalThis, name, { enumerable: false });
  }
  let result;
  try {
    result = internalBinding('contextify').runScript(source, name, 0, 0, 0);
  } catch (error) {
    if (error instanceof SyntaxError) require('internal/process/report_error').decorate(error);
    throw error;
  }
  if (getOptionValue('--print')) require('internal/console/global').log(result);
}

// Checking

function checkSyntax(filename) {
  const { Module, compile, formatOf, readSource, withoutBOM } = require('internal/modules/cjs/loader');
  filename = Module._resolveFilename(filename, null, true);
  const source = withoutBOM(readSource(filename));
  const asModule = () => {
    try {
      internalBinding('module_wrap').compileModule(source, require('internal/url').pathToFileURL(filename).href);
    } catch (error) {
      require('internal/process/report_error').decorate(error);
      throw error;
    }
  };
  const format = formatOf(filename);
  if (format === 'module') return asModule();
  try {
    compile(source, filename);
  } catch (error) {
    if (format === 'commonjs' || !require('internal/modules/esm_syntax').containsModuleSyntax(source)) throw error;
    asModule();
  }
  return undefined;
}

// The end

/** The loop has run dry. */
function beforeExit() {
  if (hooks.destroyEnabled) hooks.tellDestroyed();
  const outcome = execution.enter(() => process.emit('beforeExit', process.exitCode || 0));
  if (outcome !== execution.FAILED_CALL) afterCallback();
}

/** 'exit' is emitted, and the exit code is returned. */
function exit() {
  if (!process._exiting) {
    if (mainPromise !== undefined && process.exitCode === undefined) {
      process.exitCode = UNSETTLED;
      warnUnsettled();
    }
    process._exiting = true;
    execution.enter(() => process.emit('exit', process.exitCode || 0));
    internalBinding('errors').runMicrotasks();
  }
  return process.exitCode || 0;
}

function warnUnsettled() {
  const url = require('internal/modules/esm/loader').mainRecord()?.url;
  process._rawDebug(`Warning: Detected unsettled top-level await${url ? ` at ${url}` : ''}`);
}

/** What an embedding Python program calls, in place of a main program. */
function embedding() {
  require('internal/modules/esm/loader').initialize();
  require('internal/modules/cjs/loader').Module._initPaths();
  return require('internal/embedding');
}

module.exports = { embedding, run, beforeExit, exit, executeUserEntryPoint, runEntryPoint };
