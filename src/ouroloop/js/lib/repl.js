'use strict';

// node:repl: there is no prompt. Programs that load the module, as ts-node does, find what needs none: how values are
// shown, the error that says that a line is not finished, the modes. Starting a prompt is one clear error.

const { Interface } = require('readline');
const { inspect } = require('util');
const { notThere } = require('internal/not_there');

/** What a program's own `eval` answers when the input goes on in the next line. */
function Recoverable(error) {
  this.err = error;
}
Object.setPrototypeOf(Recoverable.prototype, SyntaxError.prototype);
Object.setPrototypeOf(Recoverable, SyntaxError);

function writer(value) {
  return inspect(value, writer.options);
}
writer.options = { ...inspect.defaultOptions, showProxy: true };

function REPLServer() {
  throw notThere('repl.REPLServer');
}
Object.setPrototypeOf(REPLServer.prototype, Interface.prototype);
Object.setPrototypeOf(REPLServer, Interface);

function start() {
  throw notThere('repl.start()');
}

module.exports = {
  start, writer, REPLServer, REPL_MODE_SLOPPY: Symbol('repl-sloppy'), REPL_MODE_STRICT: Symbol('repl-strict'),
  Recoverable,
};

for (const name of ['builtinModules', '_builtinLibs']) {
  Object.defineProperty(module.exports, name, {
    get: () => require('module').builtinModules.filter((id) => !/^_|:/.test(id)),
    configurable: true, enumerable: false,
  });
}
