'use strict';

// What `net` and `dns` know about addresses, and the arguments that `connect` and `listen` take.

const V4_PART = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const V4 = `(?:${V4_PART}\\.){3}${V4_PART}`;
const V6_PART = '[0-9a-fA-F]{1,4}';
const IPV4 = new RegExp(`^${V4}$`);
const IPV6 = new RegExp('^(?:' + [
  `(?:${V6_PART}:){7}(?:${V6_PART}|:)`,
  `(?:${V6_PART}:){6}(?:${V4}|:${V6_PART}|:)`,
  ...[5, 4, 3, 2, 1].map((n) =>
    `(?:${V6_PART}:){${n}}(?:(?::${V6_PART}){0,${5 - n}}:${V4}|(?::${V6_PART}){1,${7 - n}}|:)`),
  `(?::(?:(?::${V6_PART}){0,5}:${V4}|(?::${V6_PART}){1,7}|:))`,
].join('|') + ')(?:%[0-9a-zA-Z-.:]{1,})?$');

const isIPv4 = (input) => IPV4.test(`${input}`);
const isIPv6 = (input) => IPV6.test(`${input}`);

function isIP(input) {
  if (isIPv4(input)) return 4;
  return isIPv6(input) ? 6 : 0;
}

const normalizedArgs = Symbol('normalizedArgs');

/** `connect` and `listen` take an object, a path, or a port and a host, and a callback: `[options, callback]`. */
function normalizeArgs(args) {
  const found = [{}, null];
  found[normalizedArgs] = true;
  const [first] = args;
  if (args.length === 0) return found;
  if (typeof first === 'object' && first !== null) found[0] = first;
  else if (isPipeName(first)) found[0].path = first;
  else {
    found[0].port = first;
    if (args.length > 1 && typeof args[1] === 'string') found[0].host = args[1];
  }
  const last = args[args.length - 1];
  if (typeof last === 'function') found[1] = last;
  return found;
}

/** A text that is no number names a pipe. */
function isPipeName(value) {
  return typeof value === 'string' && toNumber(value) === false;
}

/** A port, or false. */
function toNumber(value) {
  const number = Number(value);
  return number >= 0 ? number : false;
}

/** A method of sockets that put something between themselves and the connection that was made for them. */
const wrapConnectedHandle = Symbol('kWrapConnectedHandle');

module.exports = { wrapConnectedHandle, isIP, isIPv4, isIPv6, normalizeArgs, normalizedArgs, isPipeName, toNumber };
