'use strict';

// `url.parse`, `url.format` and `url.resolve`: what Node had before there was a standard, and still has.
//
// Theory of operation. Parsing eats the text from the left (protocol, slashes, host) and then from the right (hash,
// query); what cannot be part of a host is left to the path. Resolving merges two parsed URLs.
//
// What surprises people: it accepts almost anything; characters that no URL may hold are escaped, not refused.
// Schemes other than http, https, ftp, gopher, file, ws and wss have a host without `//` too: in `mailto:a@b.c` the
// host is b.c.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_URL } } = require('internal/errors');
const { validateObject, validateString } = require('internal/validators');
const { isURL } = require('internal/url');
const { URLRecord } = require('internal/url/record');
const { domainToUnicode } = require('internal/url/host');
const { warnOnce } = require('internal/util');
const { parseURL } = require('internal/url/parser');
const querystring = require('querystring');

const NAMES = ['http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss'];
const SLASHED = new Set(NAMES.flatMap((name) => [name, `${name}:`]));
const isSlashed = (protocol) => SLASHED.has(protocol);
/** Nothing in it is a host, and nothing is escaped. */
const isJavaScript = (protocol) => protocol === 'javascript' || protocol === 'javascript:';

// eslint-disable-next-line no-control-regex
const OUTER_SPACE = /^[\0-\x20\xa0\ufeff]+|[\0-\x20\xa0\ufeff]+$/g;
const SIMPLE_PATH = /^(\/\/?(?!\/)[^?\s]*)(\?[^\s]*)?$/;
// A path on which there is nothing to be done, as most are.
// eslint-disable-next-line no-control-regex
const PLAIN_PATH = /^\/(?!\/)[^\s\0-\x20\xa0\ufeff@#?\\]*(?:\?[^\s\0-\x20\xa0\ufeff#]*)?$/;
const PROTOCOL = /^[a-z0-9.+-]+:/i;
const HOST_WITH_AUTH = /^\/\/[^@/]+@[^@/]+/;
const NOT_IN_HOST = /[ %"';<>\\^`{|}]/;
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\0\t\n\r #%/:<>?@[\\\]^|]/;
// eslint-disable-next-line no-control-regex
const FORBIDDEN_IN_IPV6 = /[\0\t\n\r #%/<>?@\\^|]/;
const TO_ESCAPE = /[\t\n\r "'<>\\^`{|}]/g;
const NOT_IN_HOSTNAME = /[/\\#?:]/;
const LONGEST_HOSTNAME = 255;

function escapeCharacter(character) {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function isIPv6(hostname) {
  return hostname.length > 1 && hostname[0] === '[' && hostname[hostname.length - 1] === ']';
}

/** '\' is '/' until the query, as browsers have it. */
function withSlashes(text) {
  if (!text.includes('\\')) return text;
  const end = text.search(/[?#]/);
  if (end === -1) return text.replaceAll('\\', '/');
  return text.slice(0, end).replaceAll('\\', '/') + text.slice(end);
}

function warnOfPort(url) {
  warnOnce('DEP0170',
    `The URL ${url} is invalid. Future versions of Node.js will throw an error.`, 'DeprecationWarning', 'DEP0170');
}

function Url() {
  this.protocol = null;
  this.slashes = null;
  this.auth = null;
  this.host = null;
  this.port = null;
  this.hostname = null;
  this.hash = null;
  this.search = null;
  this.query = null;
  this.pathname = null;
  this.path = null;
  this.href = null;
}

// ---- Parsing ----

/** Cut `rest` (without `//`) into what is before the host, the host, and what follows. */
function cutAuthority(rest) {
  const end = rest.search(/[#/?]/);
  const authority = (end === -1 ? rest : rest.slice(0, end)).replace(/[\t\n\r]/g, '');
  const at = authority.lastIndexOf('@');
  const afterAuth = authority.slice(at + 1);
  const hostLength = afterAuth.search(NOT_IN_HOST);
  const host = hostLength === -1 ? afterAuth : afterAuth.slice(0, hostLength);
  return {
    auth: at === -1 ? null : decodeURIComponent(authority.slice(0, at)),
    host,
    rest: afterAuth.slice(host.length) + (end === -1 ? '' : rest.slice(end)),
  };
}

/** Set hostname and host; what of the hostname belongs to the path. */
function parseHostname(self, url) {
  const { hostname } = self;
  if (isIPv6(hostname)) {
    if (FORBIDDEN_IN_IPV6.test(hostname)) throw new ERR_INVALID_URL(url);
    self.hostname = hostname.toLowerCase();
    self.host = self.hostname + (self.port ? `:${self.port}` : '');
    self.hostname = self.hostname.slice(1, -1);
    return '';
  }
  const end = hostname.search(NOT_IN_HOSTNAME);
  const toPath = end === -1 ? '' : `/${hostname.slice(end)}`;
  if (end !== -1) {
    if (hostname[end] === ':') warnOfPort(url);
    self.hostname = hostname.slice(0, end);
  }
  if (self.hostname.length > LONGEST_HOSTNAME) self.hostname = '';
  if (self.hostname !== '') {
    self.hostname = asciiHostname(self.hostname.toLowerCase(), url);
  }
  self.host = self.hostname + (self.port ? `:${self.port}` : '');
  return toPath;
}

function asciiHostname(hostname, url) {
  const ascii = toASCII(hostname);
  if (ascii === '' || FORBIDDEN.test(ascii)) throw new ERR_INVALID_URL(url);
  return ascii;
}

// eslint-disable-next-line no-control-regex
const isASCII = (text) => /^[\0-\x7f]*$/.test(text);

function toASCII(hostname) {
  return isASCII(hostname) ? hostname : internalBinding('idna').toASCII(hostname);
}

/** Take hash and query off the end; what is left is the path. */
function parseEnd(self, rest, asQuery) {
  const hash = rest.indexOf('#');
  if (hash !== -1) {
    self.hash = rest.slice(hash);
    rest = rest.slice(0, hash);
  }
  const questionMark = rest.indexOf('?');
  if (questionMark !== -1) {
    self.search = rest.slice(questionMark);
    const query = self.search.slice(1);
    self.query = asQuery ? querystring.parse(query) : query;
    rest = rest.slice(0, questionMark);
  } else if (asQuery) {
    self.query = { __proto__: null };
  }
  if (rest !== '') self.pathname = rest;
}

function parsePath(self, text, asQuery) {
  const questionMark = text.indexOf('?');
  self.path = self.href = text;
  if (questionMark === -1) {
    self.pathname = text;
    if (asQuery) self.query = { __proto__: null };
    return;
  }
  self.pathname = text.slice(0, questionMark);
  self.search = text.slice(questionMark);
  const query = text.slice(questionMark + 1);
  self.query = asQuery ? querystring.parse(query) : query;
}

/** The protocol, in lower case, '' if there is none. */
function protocolOf(text) {
  const match = PROTOCOL.exec(text);
  return match === null ? '' : match[0].toLowerCase();
}

Url.prototype.parse = function parse(url, parseQueryString, slashesDenoteHost) {
  validateString(url, 'url');
  if (!slashesDenoteHost && PLAIN_PATH.test(url)) {
    parsePath(this, url, parseQueryString);
    return this;
  }
  let rest = withSlashes(url.replace(OUTER_SPACE, ''));
  if (!slashesDenoteHost && !/^[^?]*@|#/.test(rest) && SIMPLE_PATH.test(rest)) {
    parsePath(this, rest, parseQueryString);
    return this;
  }

  const protocol = protocolOf(rest);
  if (protocol !== '') this.protocol = protocol;
  rest = rest.slice(protocol.length);

  const maySlash = slashesDenoteHost || protocol !== '' || HOST_WITH_AUTH.test(rest);
  const slashes = maySlash && rest.startsWith('//');
  if (slashes && !isJavaScript(protocol)) {
    rest = rest.slice(2);
    this.slashes = true;
  }
  if (!isJavaScript(protocol) && (slashes || (protocol !== '' && !isSlashed(protocol)))) {
    const parts = cutAuthority(rest);
    if (parts.auth !== null) this.auth = parts.auth;
    this.host = parts.host;
    this.parseHost();
    this.hostname ??= '';
    rest = parseHostname(this, url) + parts.rest;
    if (isIPv6Host(this) && rest[0] !== '/') rest = `/${rest}`;
  }
  if (!isJavaScript(protocol)) rest = rest.replace(TO_ESCAPE, escapeCharacter);
  parseEnd(this, rest, parseQueryString);
  if (isSlashed(protocol) && this.hostname && !this.pathname) this.pathname = '/';
  setPath(this);
  this.href = this.format();
  return this;
};

const isIPv6Host = ({ host }) => host[0] === '[';

function setPath(self) {
  if (self.pathname !== null || self.search !== null) self.path = (self.pathname ?? '') + (self.search ?? '');
}

Url.prototype.parseHost = function parseHost() {
  let { host } = this;
  const port = /:(\d*)$/.exec(host);
  if (port !== null) {
    if (port[1] !== '') this.port = port[1];
    host = host.slice(0, port.index);
  }
  if (host) this.hostname = host;
};

function urlParse(url, parseQueryString, slashesDenoteHost) {
  warnOfParse();
  return parseLegacy(url, parseQueryString, slashesDenoteHost);
}

function parseLegacy(url, parseQueryString, slashesDenoteHost) {
  return url instanceof Url ? url : new Url().parse(url, parseQueryString, slashesDenoteHost);
}

let hasWarnedOfParse = false;

/** Once, and not for what a package does. */
function warnOfParse() {
  if (hasWarnedOfParse || process.noDeprecation === true || isCalledByPackage()) return;
  hasWarnedOfParse = true;
  process.emitWarning(
    '`url.parse()` behavior is not standardized and prone to errors that have security implications. ' +
    'Use the WHATWG URL API instead. CVEs are not issued for `url.parse()` vulnerabilities.',
    'DeprecationWarning', 'DEP0169');
}

/** Whether the caller of the function that warns is in node_modules. */
function isCalledByPackage() {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder = {};
  Error.stackTraceLimit = 1;
  Error.prepareStackTrace = (_, frames) => frames[0]?.getFileName();
  Error.captureStackTrace(holder, urlParse);
  const filename = holder.stack;
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace;
  return typeof filename === 'string' && /[/\\]node_modules[/\\]/.test(filename);
}

// ---- Formatting ----

/** As in components, but for ':', which may stand in auth. */
function encodeAuth(auth) {
  return querystring.escape(auth).replaceAll('%3A', ':');
}

function formatHost(self, auth) {
  if (self.host) return auth + self.host;
  const { hostname, port } = self;
  if (!hostname) return '';
  return auth + (hostname.includes(':') && !isIPv6(hostname) ? `[${hostname}]` : hostname) + (port ? `:${port}` : '');
}

function formatSearch({ search, query }) {
  if (query !== null && typeof query === 'object') query = querystring.stringify(query);
  else query = '';
  let text = search || (query && `?${query}`) || '';
  text = text.replaceAll('#', '%23');
  return text !== '' && text[0] !== '?' ? `?${text}` : text;
}

Url.prototype.format = function format() {
  const auth = this.auth ? `${encodeAuth(this.auth)}@` : '';
  let protocol = this.protocol || '';
  if (protocol && !protocol.endsWith(':')) protocol += ':';
  let pathname = (this.pathname || '').replace(/[?#]/g, escapeCharacter);
  let hash = this.hash || '';
  let host = formatHost(this, auth);
  if (this.slashes || isSlashed(protocol)) {
    if (this.slashes || host) {
      if (pathname && pathname[0] !== '/') pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (protocol === 'file:') {
      host = '//';
    }
  }
  if (hash && hash[0] !== '#') hash = `#${hash}`;
  return protocol + host + pathname + formatSearch(this) + hash;
};

/** The URL of the standard, without the parts that `options` deny. */
function formatURL(url, options) {
  if (options) validateObject(options, 'options');
  const wants = (name, byDefault) => Boolean(options?.[name] ?? byDefault);
  const record = URLRecord.from(parseURL(url.href));
  if (!wants('fragment', true)) record.fragment = null;
  if (!wants('search', true)) record.query = null;
  if (!wants('auth', true)) record.username = record.password = '';
  if (wants('unicode', false) && record.host !== null) record.host = domainToUnicode(record.host);
  return record.toContext().href;
}

function urlFormat(urlObject, options) {
  if (typeof urlObject === 'string') return parseLegacy(urlObject).format();
  if (typeof urlObject !== 'object' || urlObject === null) {
    throw new ERR_INVALID_ARG_TYPE('urlObject', ['Object', 'string'], urlObject);
  }
  if (isURL(urlObject)) return formatURL(urlObject, options);
  return Url.prototype.format.call(urlObject);
}

// ---- Resolving ----

function take(result, source, ...names) {
  for (const name of names) result[name] = source[name];
}

/** `//host/path`: all but the protocol is the relative URL's. */
function resolveHost(result, relative) {
  for (const name of Object.keys(relative)) {
    if (name !== 'protocol') result[name] = relative[name];
  }
  if (isSlashed(result.protocol) && result.hostname && !result.pathname) result.path = result.pathname = '/';
  return result;
}

/** `http:a/b` after another protocol: the first segment is the host. */
function takeHostFromPath(relative) {
  const segments = (relative.pathname || '').split('/');
  while (segments.length > 0 && !(relative.host = segments.shift()));
  relative.host ||= '';
  relative.hostname ||= '';
  if (segments[0] !== '') segments.unshift('');
  if (segments.length < 2) segments.unshift('');
  return segments.join('/');
}

function resolveProtocol(result, relative) {
  if (!isSlashed(relative.protocol)) {
    Object.assign(result, relative);
    return result;
  }
  take(result, relative, 'protocol');
  const needsHost = !relative.host && relative.protocol !== 'file:' && relative.protocol !== 'file';
  result.pathname = needsHost ? takeHostFromPath(relative) : relative.pathname;
  take(result, relative, 'search', 'query', 'auth', 'port');
  result.host = relative.host || '';
  result.hostname = relative.hostname || relative.host;
  if (result.pathname || result.search) result.path = (result.pathname || '') + (result.search || '');
  result.slashes = result.slashes || relative.slashes;
  return result;
}

const segmentsOf = (pathname) => (pathname ? pathname.split('/') : []);

function prepend(segments, host) {
  if (segments[0] === '') segments[0] = host;
  else segments.unshift(host);
}

/** A host taken back from the path, with what was before an @ in it. */
function takeBackHost(result, host) {
  result.hostname = result.host = host;
  const at = host ? host.indexOf('@') : -1;
  if (at <= 0) return;
  const parts = host.split('@');
  result.auth = parts[0];
  result.host = result.hostname = parts[1];
}

/** The segments without '.' and '..'; those that lead above the start stay in front unless `isAbsolute`. */
function withoutDots(segments, isAbsolute) {
  const kept = [];
  let up = 0;
  for (let i = segments.length - 1; i >= 0; i--) {
    if (segments[i] === '.') continue;
    if (segments[i] === '..') up++;
    else if (up > 0) up--;
    else kept.push(segments[i]);
  }
  if (!isAbsolute) while (up-- > 0) kept.push('..');
  return kept.reverse();
}

function isAbsolutePath(segments) {
  return segments[0] === '' || (segments[0] !== undefined && segments[0][0] === '/');
}

function resolvePath(result, relative) {
  const isRelativeAbsolute = Boolean(relative.host || (relative.pathname && relative.pathname[0] === '/'));
  const isSourceAbsolute = Boolean(result.pathname && result.pathname[0] === '/');
  let mustBeAbsolute = isRelativeAbsolute || isSourceAbsolute || Boolean(result.host && relative.pathname);
  const dropsDots = mustBeAbsolute;
  let segments = segmentsOf(result.pathname);
  const relativeSegments = segmentsOf(relative.pathname);
  // Without slashes after the protocol, a host is the first segment of a path as far as resolving goes.
  const isHostInPath = Boolean(result.protocol) && !isSlashed(result.protocol);
  if (isHostInPath) {
    moveHostsToPaths(result, relative, segments, relativeSegments);
    mustBeAbsolute &&= relativeSegments[0] === '' || segments[0] === '';
  }

  if (isRelativeAbsolute) {
    takeRelativeHost(result, relative);
    take(result, relative, 'search', 'query');
    segments = relativeSegments;
  } else if (relativeSegments.length > 0) {
    segments = [...segments.slice(0, -1), ...relativeSegments];
    take(result, relative, 'search', 'query');
  } else if (relative.search !== null && relative.search !== undefined) {
    if (isHostInPath) takeBackHost(result, segments.shift());
    take(result, relative, 'search', 'query');
    setPath(result);
    return result;
  }
  if (segments.length === 0) {
    result.pathname = null;
    result.path = result.search ? `/${result.search}` : null;
    return result;
  }
  return setResolvedPath(result, relative, segments, { mustBeAbsolute, dropsDots, isHostInPath });
}

function moveHostsToPaths(result, relative, segments, relativeSegments) {
  if (result.host) prepend(segments, result.host);
  result.hostname = result.host = '';
  result.port = null;
  if (!relative.protocol) return;
  relative.hostname = relative.port = null;
  result.auth = null;
  if (relative.host) prepend(relativeSegments, relative.host);
  relative.host = null;
}

function takeRelativeHost(result, relative) {
  if (relative.host || relative.host === '') {
    if (result.host !== relative.host) result.auth = null;
    take(result, relative, 'host', 'port');
  }
  if (relative.hostname || relative.hostname === '') {
    if (result.hostname !== relative.hostname) result.auth = null;
    take(result, relative, 'hostname');
  }
}

function setResolvedPath(result, relative, segments, { mustBeAbsolute, dropsDots, isHostInPath }) {
  const last = segments[segments.length - 1];
  const endsInDots = (result.host || relative.host || segments.length > 1) && (last === '.' || last === '..');
  const endsWithSlash = endsInDots || last === '';
  segments = withoutDots(segments, mustBeAbsolute || dropsDots);
  if (mustBeAbsolute && segments[0] !== '' && !isAbsolutePath(segments)) segments.unshift('');
  if (endsWithSlash && !segments.join('/').endsWith('/')) segments.push('');

  const isAbsolute = isAbsolutePath(segments);
  if (isHostInPath) takeBackHost(result, isAbsolute ? '' : segments.shift() ?? '');
  mustBeAbsolute ||= Boolean(result.host) && segments.length > 0;
  if (mustBeAbsolute && !isAbsolute) segments.unshift('');
  if (segments.length === 0) {
    result.pathname = result.path = null;
  } else {
    result.pathname = segments.join('/');
  }
  setPath(result);
  result.auth = relative.auth || result.auth;
  result.slashes = result.slashes || relative.slashes;
  return result;
}

Url.prototype.resolve = function resolve(relative) {
  return this.resolveObject(parseLegacy(relative, false, true)).format();
};

Url.prototype.resolveObject = function resolveObject(relative) {
  if (typeof relative === 'string') relative = new Url().parse(relative, false, true);
  const result = Object.assign(new Url(), this);
  result.hash = relative.hash;
  if (relative.href !== '') resolveParts(result, relative);
  result.href = result.format();
  return result;
};

function resolveParts(result, relative) {
  if (relative.slashes && !relative.protocol) return resolveHost(result, relative);
  if (relative.protocol && relative.protocol !== result.protocol) return resolveProtocol(result, relative);
  return resolvePath(result, relative);
}

function urlResolve(source, relative) {
  return parseLegacy(source, false, true).resolve(relative);
}

function urlResolveObject(source, relative) {
  if (!source) return relative;
  return parseLegacy(source, false, true).resolveObject(relative);
}

module.exports = { Url, urlFormat, urlParse, urlResolve, urlResolveObject };
