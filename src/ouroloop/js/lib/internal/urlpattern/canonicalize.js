'use strict';

// The parts of a pattern in the form that they would have in a URL: each is put into a URL by the URL parser.

const { URLRecord } = require('internal/url/record');
const { C0_CONTROL, FRAGMENT, SPECIAL_QUERY, USERINFO, encode } = require('internal/url/percent_encoding');
const { parseURL, setters } = require('internal/url/parser');

const SPECIAL_SCHEMES = ['http', 'https', 'ws', 'wss', 'ftp', 'file'];
const DUMMY_HOST = 'dummy.invalid';

function dummy(scheme) {
  return URLRecord.from(parseURL(`${scheme}://${DUMMY_HOST}/`));
}

const isSpecialScheme = (protocol) => SPECIAL_SCHEMES.includes(protocol);

function canonicalizeProtocol(value) {
  if (value === '') return '';
  const context = parseURL(`${value}://${DUMMY_HOST}/`);
  if (context === null) throw new TypeError('Invalid protocol');
  return context.protocol.slice(0, -1);
}

const canonicalizeCredentials = (value) => encode(value, USERINFO);

function canonicalizeHostname(value, scheme = 'https') {
  if (value === '') return '';
  const record = dummy(scheme);
  setters.hostname(record, value);
  if (record.host === DUMMY_HOST && value !== DUMMY_HOST) throw new TypeError('Invalid hostname');
  return record.host;
}

const canonicalizeOpaqueHostname = (value) => canonicalizeHostname(value, 'dummy');

function canonicalizeIPv6(value) {
  if (!/^[\da-fA-F[\]:]*$/.test(value)) throw new TypeError('Invalid hostname');
  return value.toLowerCase();
}

function canonicalizePort(value, protocol = '') {
  if (value === '') return '';
  const digits = /^\d+/.exec(value.replace(/[\t\n\r]/g, ''));
  if (digits === null || Number(digits[0]) > 65535) throw new TypeError('Invalid port');
  const record = dummy(isSpecialScheme(protocol) && protocol !== 'file' ? protocol : 'dummy');
  setters.port(record, value);
  return record.port === -1 ? '' : `${record.port}`;
}

function canonicalizePathname(value) {
  if (value === '') return '';
  const record = dummy('https');
  const isAbsolute = value[0] === '/';
  // What a pattern continues must not be taken for the beginning of a path.
  setters.pathname(record, isAbsolute ? value : `/-${value}`);
  return isAbsolute ? record.path : record.path.slice(2);
}

const canonicalizeOpaquePathname = (value) => encode(value, C0_CONTROL);
const canonicalizeSearch = (value) => encode(value, SPECIAL_QUERY);
const canonicalizeHash = (value) => encode(value, FRAGMENT);

module.exports = {
  SPECIAL_SCHEMES,
  canonicalizeCredentials,
  canonicalizeHash,
  canonicalizeHostname,
  canonicalizeIPv6,
  canonicalizeOpaqueHostname,
  canonicalizeOpaquePathname,
  canonicalizePathname,
  canonicalizePort,
  canonicalizeProtocol,
  canonicalizeSearch,
  isSpecialScheme,
};
