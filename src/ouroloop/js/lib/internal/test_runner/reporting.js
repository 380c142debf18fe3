'use strict';

// Which reporters a run has, and where they write: --test-reporter and --test-reporter-destination.

const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { getOptionValue } = require('internal/options');

const BUILT_IN = ['spec', 'tap', 'dot', 'junit', 'lcov'];
const DEFAULT = 'spec';

const listOf = (option) => [].concat(getOptionValue(option) ?? []);

function destinationFor(name) {
  if (name === 'stdout') return process.stdout;
  if (name === 'stderr') return process.stderr;
  return require('fs').createWriteStream(name);
}

async function load(name) {
  if (BUILT_IN.includes(name)) return require('test/reporters')[name];
  const { importModule } = require('internal/modules/esm/loader');
  const { default: reporter } = await importModule(
    require('path').isAbsolute(name) ? require('internal/url').pathToFileURL(name).href : name,
    require('internal/url').pathToFileURL(`${process.cwd()}/`).href);
  if (reporter === undefined) {
    throw new ERR_INVALID_ARG_VALUE('Reporter', name, 'is not a reporter: it has no default export');
  }
  return reporter;
}

/** A class or a function that is called with `new`, and not one that makes an iterator or a stream. */
function isConstructor(value) {
  return typeof value === 'function' && value.prototype !== undefined &&
    Object.getOwnPropertyDescriptor(value.prototype, 'constructor') !== undefined;
}

function connect(stream, reporter, destination, onError) {
  if (isConstructor(reporter)) reporter = new reporter();
  const end = destination !== process.stdout && destination !== process.stderr;
  stream.compose(reporter).on('error', onError).pipe(destination, { end });
}

/** Give a run's events to its reporters; `onError` is told of one that fails. */
function attach(stream, onError) {
  const names = listOf('--test-reporter');
  const destinations = listOf('--test-reporter-destination');
  if (names.length === 0) names.push(DEFAULT);
  if (names.length === 1 && destinations.length === 0) destinations.push('stdout');
  if (names.length !== destinations.length) {
    throw new ERR_INVALID_ARG_VALUE(
      '--test-reporter', names, 'must match the number of specified \'--test-reporter-destination\'');
  }
  names.forEach((name, index) => start(stream, name, destinations[index], onError));
}

function start(stream, name, destination, onError) {
  if (BUILT_IN.includes(name)) {
    connect(stream, require('test/reporters')[name], destinationFor(destination), onError);
    return;
  }
  // The module is loaded while tests run already; what they tell is kept for it.
  const { PassThrough } = require('stream');
  const kept = new PassThrough({ objectMode: true, highWaterMark: Number.MAX_SAFE_INTEGER });
  stream.pipe(kept);
  load(name).then((reporter) => connect(kept, reporter, destinationFor(destination), onError)).catch(onError);
}

module.exports = { attach };
