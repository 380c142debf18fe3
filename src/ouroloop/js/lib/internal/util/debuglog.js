'use strict';
// util.debuglog: messages to stderr for the sections that NODE_DEBUG names (`NODE_DEBUG=net,http*`).
// NODE_DEBUG is read once, when the first logger is first used. A logger of a section that is off costs one call.

const PATTERN_CHARACTERS = /[|\\{}()[\]^$+?.]/g;
const SECTIONS_THAT_EXPOSE_SECRETS = new Set(['HTTP', 'HTTP2']);

let sections;

function readSections() {
  const list = process.env.NODE_DEBUG;
  if (!list) return undefined;
  const pattern = list.replace(PATTERN_CHARACTERS, '\\$&').replaceAll('*', '.*').replaceAll(',', '$|^');
  return new RegExp(`^${pattern}$`, 'i');
}

function isEnabled(section) {
  if (sections === undefined) sections = readSections() ?? null;
  return sections !== null && sections.test(section);
}

function warnOfSecrets(section) {
  process.emitWarning(
    `Setting the NODE_DEBUG environment variable to '${section.toLowerCase()}' can expose sensitive data (such as ` +
    'passwords, tokens and authentication headers) in the resulting log.');
}

function makeWriter(section) {
  if (SECTIONS_THAT_EXPOSE_SECRETS.has(section)) warnOfSecrets(section);
  const { format, formatWithOptions, inspect } = require('internal/util/inspect');
  return (...args) => {
    const colors = require('internal/util/colors').shouldColorize(process.stderr);
    const pid = inspect(process.pid, { colors });
    process.stderr.write(format('%s %s: %s\n', section, pid, formatWithOptions({ colors }, ...args)));
  };
}

/**
 * A function that writes a formatted message if NODE_DEBUG names `section`. `callback` gets, at the first message, a
 * function that does the same without asking again.
 */
function debuglog(set, callback) {
  let section;
  let enabled;
  let write;

  function start() {
    section = set.toUpperCase();
    enabled = isEnabled(section);
  }

  const logger = (...args) => {
    if (enabled === undefined) start();
    if (write === undefined) {
      write = enabled ? makeWriter(section) : () => { /* Nobody listens. */ };
      if (typeof callback === 'function') callback(write);
    }
    if (enabled) write(...args);
  };
  Object.defineProperty(logger, 'enabled', {
    __proto__: null,
    get() {
      if (enabled === undefined) start();
      return enabled;
    },
    configurable: true,
    enumerable: true,
  });
  return logger;
}

module.exports = { debuglog };
