'use strict';
// util.getCallSites: the stack of the caller as plain objects.
// V8 gives call sites only to Error.prepareStackTrace, so that is replaced for one moment; a program's own is not run.
// V8's ids of scripts cannot be had this way: `scriptId` is a number of our own, one for each script name.

const { isErrorStackTraceLimitWritable } = require('internal/errors');
const { validateBoolean, validateInteger, validateObject } = require('internal/validators');

const DEFAULT_FRAME_COUNT = 8;
const MOST_FRAMES = 200;

const scriptIds = new Map();

function scriptId(name) {
  let id = scriptIds.get(name);
  if (id === undefined) {
    id = String(scriptIds.size + 1);
    scriptIds.set(name, id);
  }
  return id;
}

/** V8's call sites above the function `above`. */
function capture(frameCount, above) {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const isLimitWritable = isErrorStackTraceLimitWritable();
  const holder = {};
  try {
    if (isLimitWritable) Error.stackTraceLimit = frameCount;
    Error.prepareStackTrace = (_, sites) => sites;
    Error.captureStackTrace(holder, above);
    return holder.stack;
  } finally {
    if (isLimitWritable) Error.stackTraceLimit = stackTraceLimit;
    if (prepareStackTrace === undefined) delete Error.prepareStackTrace;
    else Error.prepareStackTrace = prepareStackTrace;
  }
}

function describe(site) {
  const scriptName = site.getScriptNameOrSourceURL() ?? '';
  const columnNumber = site.getColumnNumber();
  return {
    __proto__: null,
    functionName: site.getFunctionName() ?? '',
    scriptId: scriptId(scriptName),
    scriptName,
    lineNumber: site.getLineNumber(),
    columnNumber,
    column: columnNumber,
  };
}

/** The caller's stack, innermost first, `frameCount` (1 to 200) frames of it. May be called with `options` alone. */
function getCallSites(frameCount = DEFAULT_FRAME_COUNT, options = undefined) {
  if (options === undefined && typeof frameCount === 'object' && frameCount !== null && !Array.isArray(frameCount)) {
    options = frameCount;
    frameCount = DEFAULT_FRAME_COUNT;
  }
  if (options !== undefined) {
    validateObject(options, 'options');
    if (options.sourceMap !== undefined) validateBoolean(options.sourceMap, 'options.sourceMap');
  }
  validateInteger(frameCount, 'frameCount', 1, MOST_FRAMES);
  return capture(frameCount, getCallSites).map(describe);
}

module.exports = { capture, getCallSites };
