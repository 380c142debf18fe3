'use strict';

// node:inspector: there is none. Programs that ask whether it is active learn that it is not.

const { codes: { ERR_INSPECTOR_NOT_ACTIVE } } = require('internal/errors');
const EventEmitter = require('events');
const { notThere } = require('internal/not_there');
const { demand } = require('internal/process/permission');

class Session extends EventEmitter {
  constructor() {
    super();
    demand('inspector', 'Connect');
    throw notThere('inspector.Session');
  }
}

function open() {
  demand('inspector', 'StartIoThread');
  throw notThere('inspector.open()');
}

/** Nothing is open. */
function close() {}

function url() {
  return undefined;
}

function waitForDebugger() {
  throw new ERR_INSPECTOR_NOT_ACTIVE();
}

/** The console that writes to an inspector only: nobody is there to read. */
const console = {};
for (const name of [
  'debug', 'error', 'info', 'log', 'warn', 'dir', 'dirxml', 'table', 'trace', 'group', 'groupCollapsed', 'groupEnd',
  'clear',
  'count', 'countReset', 'assert', 'profile', 'profileEnd', 'time', 'timeLog', 'timeEnd', 'timeStamp',
]) {
  console[name] = { [name]() {} }[name];
}

module.exports = { open, close, url, waitForDebugger, console, Session };
