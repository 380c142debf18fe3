'use strict';
// The global console. It is made while the snapshot is built; the streams are looked up at the first line written.
// What V8's own console has and the Console class has not (profile, timeStamp, createTask, context) is taken over:
// those methods speak to an inspector only.

const { Console, makeGlobalConsole } = require('internal/console/constructor');

const engineConsole = globalThis.console;

const globalConsole = makeGlobalConsole(process);
globalConsole.Console = Console;
for (const name of ['profile', 'profileEnd', 'timeStamp', 'context', 'createTask']) {
  if (typeof engineConsole?.[name] === 'function') globalConsole[name] = engineConsole[name];
}

module.exports = globalConsole;
