'use strict';

// What HTTP/2's sessions and the compatibility API share: headers, their rules, and settings.
//
// Theory of operation. Headers cross to Python as one text, all names and values in a row, and three numbers for each:
// the length of its name, of its value, and whether it may be kept in the other side's table. They come as one text
// with NULs between, since none that comes holds one.
//
// What surprises people: headers come as an object without a prototype; one that may stand only once keeps its first
// value, `cookie` is joined by "; ", `set-cookie` is always a list, all others are joined by ", ".

const {
  codes: {
    ERR_HTTP2_CONNECT_AUTHORITY, ERR_HTTP2_CONNECT_PATH, ERR_HTTP2_CONNECT_SCHEME, ERR_HTTP2_HEADER_SINGLE_VALUE,
    ERR_HTTP2_INVALID_CONNECTION_HEADERS, ERR_HTTP2_INVALID_PACKED_SETTINGS_LENGTH, ERR_HTTP2_INVALID_PSEUDOHEADER,
    ERR_HTTP2_INVALID_SETTING_VALUE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_HTTP_TOKEN,
    ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS,
  },
  hideStackFrames,
} = require('internal/errors');
const { _checkIsHttpToken: isToken } = require('_http_common');
const { validateObject } = require('internal/validators');

const sensitiveHeaders = Symbol('sensitiveHeaders');

const SINGLE = new Set([
  ':status', ':method', ':authority', ':scheme', ':path', ':protocol', 'access-control-allow-credentials',
  'access-control-max-age', 'access-control-request-method', 'age', 'authorization', 'content-encoding',
  'content-language', 'content-length', 'content-location', 'content-md5', 'content-range', 'content-type', 'date',
  'dnt', 'etag', 'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range',
  'if-unmodified-since', 'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'range', 'referer',
  'retry-after', 'tk', 'upgrade-insecure-requests', 'user-agent', 'x-content-type-options',
]);

const REQUEST_PSEUDO = new Set([':method', ':authority', ':scheme', ':path', ':protocol', ':status']);
const NEVER_INDEXED = 1;

const CONNECTION = new Set([
  'connection', 'upgrade', 'http2-settings', 'keep-alive', 'proxy-connection', 'transfer-encoding',
]);

function isConnectionHeader(name, value) {
  if (name === 'te') return String(value) !== 'trailers';
  return CONNECTION.has(name);
}

function assertValidPseudoHeader(name) {
  if (!REQUEST_PSEUDO.has(name)) throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
}

function assertValidPseudoHeaderResponse(name) {
  if (name !== ':status') throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
}

function assertNoPseudoHeader(name) {
  throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
}

/** Headers as they cross: `[text, layout]`. `allow` throws for a pseudo-header that has no place there. */
function packHeaders(headers, allow = assertValidPseudoHeader, isStrict = true) {
  const pseudo = [];
  const parts = [];
  const layoutOfPseudo = [];
  const layout = [];
  const seen = new Set();
  const sensitive = new Set((headers[sensitiveHeaders] ?? []).map((name) => `${name}`.toLowerCase()));
  const add = (name, value) => {
    const isPseudo = name[0] === ':';
    (isPseudo ? pseudo : parts).push(name, value);
    (isPseudo ? layoutOfPseudo : layout).push(name.length, value.length, sensitive.has(name) ? NEVER_INDEXED : 0);
  };
  const put = (key, value) => {
    if (value === undefined || key === '') return;
    const name = key.toLowerCase();
    if (Array.isArray(value)) {
      if (value.length === 0) return;
      if (value.length > 1 && isStrict && SINGLE.has(name)) throw new ERR_HTTP2_HEADER_SINGLE_VALUE(name);
    }
    const values = Array.isArray(value) ? value.map(String) : [String(value)];
    if (isStrict && SINGLE.has(name)) {
      if (seen.has(name)) throw new ERR_HTTP2_HEADER_SINGLE_VALUE(name);
      seen.add(name);
    }
    if (name[0] === ':') {
      allow(name);
    } else {
      if (!isToken(name)) throw new ERR_INVALID_HTTP_TOKEN('Header name', key);
      if (isConnectionHeader(name, values.length === 1 ? values[0] : values)) {
        throw new ERR_HTTP2_INVALID_CONNECTION_HEADERS(key);
      }
    }
    for (const each of values) add(name, each);
  };
  if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) put(headers[i], headers[i + 1]);
  } else {
    for (const key of Object.keys(headers)) put(key, headers[key]);
  }
  return [[...pseudo, ...parts].join(''), [...layoutOfPseudo, ...layout]];
}

/** A copy of headers; that none is sensitive needs no saying. */
function copy(headers) {
  const made = { __proto__: null, ...headers };
  const sensitive = headers?.[sensitiveHeaders];
  if (sensitive === undefined) delete made[sensitiveHeaders];
  return made;
}

/** A copy of a list of names and values in turn. */
function copyList(list) {
  if (list.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE('headers', list);
  const made = [...list];
  if (list[sensitiveHeaders] !== undefined) made[sensitiveHeaders] = list[sensitiveHeaders];
  return made;
}

/** Whether a header is there; of a list's, the name may be written in any way. */
function has(headers, name, isOfList) {
  if (headers[name] !== undefined) return true;
  return isOfList && Object.keys(headers).some((each) => each.toLowerCase() === name);
}

/** The object that stands for a list of names and values in turn. */
function fromPairs(list) {
  const headers = { __proto__: null };
  if (list[sensitiveHeaders] !== undefined) headers[sensitiveHeaders] = list[sensitiveHeaders];
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i];
    headers[name] = headers[name] === undefined ? list[i + 1] : [].concat(headers[name], list[i + 1]);
  }
  return headers;
}

/** A list of names and values in turn, of the text that came. */
const splitHeaders = (text) => (text === '' ? [] : text.split('\0'));

/** The object that a program gets. */
function toHeaderObject(list, sensitive) {
  const headers = { __proto__: null };
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i];
    const value = name === ':status' ? list[i + 1] | 0 : list[i + 1];
    const existing = headers[name];
    if (existing === undefined) headers[name] = name === 'set-cookie' ? [value] : value;
    else if (SINGLE.has(name)) continue;
    else if (name === 'cookie') headers[name] = `${existing}; ${value}`;
    else if (name === 'set-cookie') existing.push(value);
    else headers[name] = `${existing}, ${value}`;
  }
  headers[sensitiveHeaders] = sensitive;
  return headers;
}

const assertIsObject = hideStackFrames((value, name, types = 'Object') => {
  if (value !== undefined && (value === null || typeof value !== 'object' || Array.isArray(value))) {
    throw new ERR_INVALID_ARG_TYPE(name, types, value);
  }
});

const assertIsArray = hideStackFrames((value, name, types = 'Array') => {
  if (value !== undefined && !Array.isArray(value)) throw new ERR_INVALID_ARG_TYPE(name, types, value);
});

/** CONNECT has rules of its own. */
function checkConnect(headers) {
  if (headers[':authority'] === undefined) throw new ERR_HTTP2_CONNECT_AUTHORITY();
  if (headers[':protocol'] !== undefined) return;
  if (headers[':scheme'] !== undefined) throw new ERR_HTTP2_CONNECT_SCHEME();
  if (headers[':path'] !== undefined) throw new ERR_HTTP2_CONNECT_PATH();
}

// Settings

const MOST = 2 ** 32 - 1;
const NUMBERS = {
  headerTableSize: 1, enablePush: 2, maxConcurrentStreams: 3, initialWindowSize: 4, maxFrameSize: 5,
  maxHeaderListSize: 6, maxHeaderSize: 6, enableConnectProtocol: 8,
};
const NAMES = ['', 'headerTableSize', 'enablePush', 'maxConcurrentStreams', 'initialWindowSize', 'maxFrameSize',
  'maxHeaderListSize', '', 'enableConnectProtocol'];
const LIMITS = {
  headerTableSize: [0, MOST], initialWindowSize: [0, 2 ** 31 - 1], maxFrameSize: [16384, 2 ** 24 - 1],
  maxConcurrentStreams: [0, MOST], maxHeaderListSize: [0, MOST], maxHeaderSize: [0, MOST],
};
const CUSTOM_MOST = 10;

const validateSettings = hideStackFrames((settings) => {
  if (settings === undefined) return;
  validateObject(settings.customSettings ?? {}, 'customSettings');
  const custom = Object.entries(settings.customSettings ?? {});
  if (custom.length > CUSTOM_MOST) throw new ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS();
  for (const [key, value] of custom) {
    within('customSettings:id', Number(key), 0, 0xffff);
    within('customSettings:value', Number(value), 0, MOST);
  }
  for (const [name, [min, max]] of Object.entries(LIMITS)) within(name, settings[name], min, max);
  for (const name of ['enablePush', 'enableConnectProtocol']) {
    const value = settings[name];
    if (value !== undefined && typeof value !== 'boolean') throw new ERR_HTTP2_INVALID_SETTING_VALUE(name, value);
  }
});

const within = hideStackFrames((name, value, min, max) => {
  if (value === undefined) return;
  if (typeof value === 'number' && value >= min && value <= max) return;
  const error = new ERR_HTTP2_INVALID_SETTING_VALUE.RangeError(name, value, min, max);
  error.actual = value;
  error.min = min;
  error.max = max;
  throw error;
});

/** Numbers and values in turn. */
function settingsPairs(settings) {
  const pairs = new Map();
  for (const name of [...Object.keys(LIMITS), 'enablePush', 'enableConnectProtocol']) {
    const value = settings[name];
    if (value !== undefined) pairs.set(NUMBERS[name], Number(value));
  }
  for (const [key, value] of Object.entries(settings.customSettings ?? {})) pairs.set(Number(key), Number(value));
  return [...pairs].sort(([a], [b]) => a - b).flat();
}

function getDefaultSettings() {
  return {
    __proto__: null, headerTableSize: 4096, enablePush: true, initialWindowSize: 65535, maxFrameSize: 16384,
    maxConcurrentStreams: MOST, maxHeaderSize: 65535, maxHeaderListSize: 65535, enableConnectProtocol: false,
  };
}

/** The settings that are in force, of what Python tells: those numbered 1 to 6, and 8. */
function settingsObject([table, push, streams, window, frame, list, connect]) {
  return {
    __proto__: null, headerTableSize: table, enablePush: !!push, initialWindowSize: window, maxFrameSize: frame,
    maxConcurrentStreams: streams, maxHeaderListSize: list, maxHeaderSize: list, enableConnectProtocol: !!connect,
  };
}

function getPackedSettings(settings = {}) {
  assertIsObject(settings, 'settings');
  validateSettings(settings);
  const pairs = settingsPairs(settings);
  const packed = require('buffer').Buffer.alloc(pairs.length * 3);
  for (let i = 0; i < pairs.length; i += 2) {
    packed.writeUInt16BE(pairs[i], i * 3);
    packed.writeUInt32BE(pairs[i + 1], i * 3 + 2);
  }
  return packed;
}

function getUnpackedSettings(buffer, options = {}) {
  const { isArrayBufferView, isTypedArray } = require('internal/util/types');
  if (!isArrayBufferView(buffer) || (!isTypedArray(buffer)) || buffer.length === undefined) {
    throw new ERR_INVALID_ARG_TYPE('buf', ['Buffer', 'TypedArray'], buffer);
  }
  if (buffer.length % 6 !== 0) throw new ERR_HTTP2_INVALID_PACKED_SETTINGS_LENGTH();
  const settings = {};
  const long = (at) => buffer[at] * 0x1000000 + (buffer[at + 1] << 16 | buffer[at + 2] << 8 | buffer[at + 3]);
  for (let at = 0; at < buffer.length; at += 6) {
    const number = buffer[at] << 8 | buffer[at + 1];
    const value = long(at + 2);
    const name = NAMES[number];
    if (name === 'enablePush' || name === 'enableConnectProtocol') settings[name] = value !== 0;
    else if (number === 6) settings.maxHeaderSize = settings.maxHeaderListSize = value;
    else if (name) settings[name] = value;
    else (settings.customSettings ??= {})[number] = value;
  }
  if (options != null && options.validate) validateSettings(settings);
  return settings;
}

module.exports = {
  assertIsArray, assertIsObject, assertNoPseudoHeader, assertValidPseudoHeader, assertValidPseudoHeaderResponse,
  checkConnect, copy, copyList, fromPairs, getDefaultSettings, getPackedSettings, getUnpackedSettings, has,
  isConnectionHeader, packHeaders,
  sensitiveHeaders, settingsObject, settingsPairs, splitHeaders, toHeaderObject, validateSettings,
};
