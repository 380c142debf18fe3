'use strict';

// net: what it tells about addresses. Sockets and servers are not in this version; using one gives one clear error.

const { notThere } = require('internal/not_there');
const { validateBoolean, validateInt32 } = require('internal/validators');

const V4_PART = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const V4 = `(?:${V4_PART}\\.){3}${V4_PART}`;
const V6_PART = '[0-9a-fA-F]{1,4}';
const IPV4 = new RegExp(`^${V4}$`);
const IPV6 = new RegExp('^(?:' + [
  `(?:${V6_PART}:){7}(?:${V6_PART}|:)`,
  `(?:${V6_PART}:){6}(?:${V4}|:${V6_PART}|:)`,
  ...[5, 4, 3, 2, 1].map((n) => `(?:${V6_PART}:){${n}}(?::${V4}|(?::${V6_PART}){1,${7 - n}}|:)`),
  `(?::(?:(?::${V6_PART}){0,5}:${V4}|(?::${V6_PART}){1,7}|:))`,
].join('|') + ')(?:%[0-9a-zA-Z-.:]{1,})?$');

const isIPv4 = (input) => IPV4.test(`${input}`);
const isIPv6 = (input) => IPV6.test(`${input}`);

function isIP(input) {
  if (isIPv4(input)) return 4;
  return isIPv6(input) ? 6 : 0;
}

let autoSelectFamily = true;
let attemptTimeout = 250;

function getDefaultAutoSelectFamily() {
  return autoSelectFamily;
}

function setDefaultAutoSelectFamily(value) {
  validateBoolean(value, 'value');
  autoSelectFamily = value;
}

function getDefaultAutoSelectFamilyAttemptTimeout() {
  return attemptTimeout;
}

function setDefaultAutoSelectFamilyAttemptTimeout(value) {
  validateInt32(value, 'value', 1);
  attemptTimeout = Math.max(10, value);
}

/** A function or class that is not there: it says so when it is called. */
function missing(name) {
  return { [name]: function() { throw notThere(`net.${name}`); } }[name];
}

module.exports = {
  isIP, isIPv4, isIPv6, getDefaultAutoSelectFamily, setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout, setDefaultAutoSelectFamilyAttemptTimeout,
  ...Object.fromEntries([
    'BlockList', 'SocketAddress', 'connect', 'createConnection', 'createServer', 'Server', 'Socket', 'Stream',
  ].map((name) => [name, missing(name)])),
};
