'use strict';

// The URL parser of the WHATWG standard (https://url.spec.whatwg.org/).
//
// Theory of operation. The standard describes a machine that reads one character at a time; here each part of an URL
// is found by the character that ends it, and parsed by a function of its own, which the setters call too. Most URLs
// in programs are http(s) and in normal form already: `scan` sees that in one pass and then nothing needs to be
// built.
//
// What surprises people: parsing hardly ever fails (only for want of a scheme, or for a bad host or port); tabs and
// newlines are dropped anywhere; '\' is '/' in special schemes (http, https, ws, wss, ftp, file); a base is of no use
// to an URL with a scheme.

const { FRAGMENT, C0_CONTROL, PATH, QUERY, SPECIAL_QUERY, USERINFO, encode, sets } =
  require('internal/url/percent_encoding');
const { endOfPlainHost, parseHost } = require('internal/url/host');
const { FILE, NOT_SPECIAL, URLContext, URLRecord, defaultPorts, schemeTypeOf } = require('internal/url/record');

const HAS_TAB_OR_NEWLINE = /[\t\n\r]/;
const TAB_OR_NEWLINE = /[\t\n\r]/g;
// eslint-disable-next-line no-control-regex
const OUTER_SPACE = /^[\0-\x20]+|[\0-\x20]+$/g;
const SCHEME = /^[a-zA-Z][a-zA-Z\d+.-]*:/;
const DRIVE = /^[a-zA-Z][:|]$/;
const NORMALIZED_DRIVE = /^[a-zA-Z]:$/;
const STARTS_WITH_DRIVE = /^[a-zA-Z][:|](?:[/\\?#]|$)/;
const SINGLE_DOT = /^(?:\.|%2e)$/i;
const DOUBLE_DOT = /^(?:\.|%2e)(?:\.|%2e)$/i;

const SLASH = 47;
const BACKSLASH = 92;
const DOT = 46;
const PERCENT = 37;
const COLON = 58;
const BAR = 124;
const QUESTION_MARK = 63;
const HASH = 35;

// ---- URLs in normal form ----

/** Where the characters that need no encoding in `set` end. */
function endOfPlain(text, i, set, stop) {
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === stop || code >= 128 || (sets[code] & set) !== 0) break;
  }
  return i;
}

/** Where a path without dot segments and without anything to encode ends. */
function endOfPlainPath(text, i) {
  let previous = 0;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 128 || (sets[code] & PATH) !== 0 || code === BACKSLASH) break;
    const mayBeDots = code === PERCENT || (code === DOT && mayBeDotSegment(text.charCodeAt(i + 1)));
    if (previous === SLASH && mayBeDots) return -1;
    previous = code;
  }
  return i;
}

/** Whether a dot and `code` can begin a segment of dots; `code` is NaN at the end. */
function mayBeDotSegment(code) {
  return code === DOT || code === SLASH || code === QUESTION_MARK || code === HASH || code === PERCENT || code !== code;
}

/** Where the port that begins at `start` ends; -1 if it is none in normal form, or the default port. */
function endOfPlainPort(text, start, type) {
  let i = start;
  let port = 0;
  for (; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9 || i === start + 5) break;
    port = port * 10 + digit;
  }
  const isPlain = text.charCodeAt(start) !== 48 && i > start && port <= 65535 && port !== defaultPorts[type];
  return isPlain ? i : -1;
}

/**
 * The context of `href`, if all from `pathnameStart` on is in normal form; what is before it is. `null` if it is not.
 */
function scanPath(href, protocolEnd, usernameEnd, hostStart, hostEnd, port, pathnameStart, type) {
  let end = endOfPlainPath(href, pathnameStart);
  if (end === -1) return null;
  let searchStart = -1;
  let hashStart = -1;
  if (href.charCodeAt(end) === QUESTION_MARK) {
    searchStart = end;
    end = endOfPlain(href, end + 1, SPECIAL_QUERY, HASH);
  }
  if (href.charCodeAt(end) === HASH) {
    hashStart = end;
    end = endOfPlain(href, end + 1, FRAGMENT, -1);
  }
  if (end !== href.length) return null;
  return new URLContext(
    href, protocolEnd, usernameEnd, hostStart, hostEnd, port, pathnameStart, searchStart, hashStart, type);
}

/** The context of a file URL in normal form without host. */
function scanFile(input) {
  if (input.charCodeAt(9) === BAR) return null;
  return scanPath(input, 5, 7, 7, 7, -1, 7, FILE);
}

/** The context of an http(s) or file URL in normal form without credentials; null for any other. */
function scan(input) {
  let protocolEnd;
  if (input.startsWith('https://')) protocolEnd = 6;
  else if (input.startsWith('http://')) protocolEnd = 5;
  else return input.startsWith('file:///') ? scanFile(input) : null;
  const type = protocolEnd === 6 ? 2 : 0;
  const hostStart = protocolEnd + 2;
  const hostEnd = endOfPlainHost(input, hostStart);
  if (hostEnd === -1) return null;
  let end = hostEnd;
  let port = -1;
  if (input.charCodeAt(end) === COLON) {
    end = endOfPlainPort(input, hostEnd + 1, type);
    if (end === -1) return null;
    port = Number(input.slice(hostEnd + 1, end));
  }
  if (end === input.length) {
    return new URLContext(`${input}/`, protocolEnd, hostStart, hostStart, hostEnd, port, end, -1, -1, type);
  }
  if (input.charCodeAt(end) !== SLASH) return null;
  return scanPath(input, protocolEnd, hostStart, hostStart, hostEnd, port, end, type);
}

/** Where in the href of `base` the folder ends that `../` leads to from the folder that ends at `end`. */
function endOfParent(base, end) {
  return end === base.pathnameStart + 1 ? end : base.href.lastIndexOf('/', end - 2) + 1;
}

/** The context of a relative path in normal form, but for `./` and `../` at its beginning; null for anything else. */
function scanRelative(input, base) {
  const { href, pathnameStart, schemeType } = base;
  if (schemeType === NOT_SPECIAL) return null;
  let start = 0;
  let end = pathnameStart;
  if (input.charCodeAt(0) === SLASH) {
    const next = input.charCodeAt(1);
    if (next === SLASH || next === BACKSLASH) return null;
  } else {
    if (!/^[\w./-]+(?:[?#]|$)/.test(input)) return null;
    end = href.lastIndexOf('/', base.pathnameEnd - 1) + 1;
    for (; input.charCodeAt(start) === DOT; start += 2) {
      if (input.startsWith('../', start)) {
        end = endOfParent(base, end);
        start++;
      } else if (!input.startsWith('./', start)) {
        break;
      }
    }
  }
  // A file's drive cannot be left.
  if (schemeType === FILE && (href.charCodeAt(pathnameStart + 2) === COLON || input.charCodeAt(start + 2) === BAR)) {
    return null;
  }
  return scanPath(href.slice(0, end) + input.slice(start), base.protocolEnd, base.usernameEnd, base.hostStart,
    base.hostEnd, base.port, pathnameStart, schemeType);
}

// ---- Paths ----

/** Remove the last segment, but not the drive of a file. */
function shorten(segments, isFile) {
  if (isFile && segments.length === 1 && NORMALIZED_DRIVE.test(segments[0])) return;
  segments.pop();
}

function addSegment(segments, segment, isFile) {
  if (isFile && segments.length === 0 && DRIVE.test(segment)) segments.push(`${segment[0]}:`);
  else segments.push(encode(segment, PATH));
}

/** `text` after `segments`, as a path. */
function parsePath(text, type, segments) {
  const isFile = type === FILE;
  if (type !== NOT_SPECIAL && text.includes('\\')) text = text.replaceAll('\\', '/');
  const added = text.split('/');
  for (let i = 0; i < added.length; i++) {
    const segment = added[i];
    const isDotted = segment.length < 7 && segment !== '' && (segment[0] === '.' || segment[0] === '%');
    if (isDotted && DOUBLE_DOT.test(segment)) shorten(segments, isFile);
    else if (!isDotted || !SINGLE_DOT.test(segment)) {
      addSegment(segments, segment, isFile);
      continue;
    }
    if (i === added.length - 1) segments.push('');
  }
  return `/${segments.join('/')}`;
}

function isSlash(code, type) {
  return code === SLASH || (code === BACKSLASH && type !== NOT_SPECIAL);
}

/** The path that begins where a host ended. */
function parsePathStart(text, type) {
  if (text === '' && type === NOT_SPECIAL) return '';
  return parsePath(isSlash(text.charCodeAt(0), type) ? text.slice(1) : text, type, []);
}

const segmentsOf = (path) => (path === '' ? [] : path.slice(1).split('/'));

// ---- Query and fragment ----

function parseQuery(text, type) {
  return encode(text, type === NOT_SPECIAL ? QUERY : SPECIAL_QUERY);
}

/** Take fragment and query off the end of `text`, into the record; what is before them. */
function takeQueryAndFragment(record, text) {
  const hash = text.indexOf('#');
  if (hash !== -1) {
    record.fragment = encode(text.slice(hash + 1), FRAGMENT);
    text = text.slice(0, hash);
  }
  const questionMark = text.indexOf('?');
  if (questionMark === -1) return text;
  record.query = parseQuery(text.slice(questionMark + 1), record.type);
  return text.slice(0, questionMark);
}

// ---- Authority ----

/** Where the colon before a port is; -1 if there is none. */
function portColon(text) {
  const bracket = text.indexOf('[');
  const colon = text.indexOf(':');
  if (bracket === -1 || colon < bracket) return colon;
  const end = text.indexOf(']', bracket);
  return end === -1 ? -1 : text.indexOf(':', end);
}

/** @returns {number} NaN for what is no port */
function parsePort(text) {
  if (!/^\d+$/.test(text)) return NaN;
  const port = Number(text);
  return port > 65535 ? NaN : port;
}

function parseHostAndPort(record, text) {
  const colon = portColon(text);
  const name = colon === -1 ? text : text.slice(0, colon);
  if (name === '' && (record.isSpecial || colon !== -1)) return false;
  record.host = name === '' ? '' : parseHost(name, record.isSpecial);
  if (record.host === null) return false;
  if (colon === -1 || colon === text.length - 1) return true;
  const port = parsePort(text.slice(colon + 1));
  record.setPort(port);
  return !Number.isNaN(port);
}

function parseCredentials(record, text) {
  const colon = text.indexOf(':');
  record.username = encode(colon === -1 ? text : text.slice(0, colon), USERINFO);
  if (colon !== -1) record.password = encode(text.slice(colon + 1), USERINFO);
}

function endOfAuthority(text, type) {
  let i = 0;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUESTION_MARK || code === HASH || isSlash(code, type)) break;
  }
  return i;
}

/** What follows `//`. Whether it could be parsed, like all that follow here. */
function parseAuthority(record, text) {
  const end = endOfAuthority(text, record.type);
  let authority = text.slice(0, end);
  const at = authority.lastIndexOf('@');
  if (at !== -1) {
    parseCredentials(record, authority.slice(0, at));
    authority = authority.slice(at + 1);
    if (authority === '') return false;
  }
  if (!parseHostAndPort(record, authority)) return false;
  record.path = parsePathStart(takeQueryAndFragment(record, text.slice(end)), record.type);
  return true;
}

// ---- The whole ----

function parseFileHost(record, text) {
  const end = endOfAuthority(text, FILE);
  const name = text.slice(0, end);
  record.host = '';
  if (DRIVE.test(name)) {
    record.path = parsePath(takeQueryAndFragment(record, text), FILE, []);
    return true;
  }
  if (name !== '') record.host = parseHost(name, true);
  if (record.host === null) return false;
  if (record.host === 'localhost') record.host = '';
  record.path = parsePathStart(takeQueryAndFragment(record, text.slice(end)), FILE);
  return true;
}

function parseFileAfterSlash(record, text, base) {
  const segments = [];
  if (base !== null) {
    record.host = base.host;
    const [drive] = segmentsOf(base.path);
    if (!STARTS_WITH_DRIVE.test(text) && drive !== undefined && NORMALIZED_DRIVE.test(drive)) segments.push(drive);
  }
  record.path = parsePath(takeQueryAndFragment(record, text), FILE, segments);
  return true;
}

/** What follows `file:`; `base` is a file too, or null. */
function parseFile(record, text, base) {
  record.setScheme('file:');
  record.host = '';
  if (isSlash(text.charCodeAt(0), FILE)) {
    if (isSlash(text.charCodeAt(1), FILE)) return parseFileHost(record, text.slice(2));
    return parseFileAfterSlash(record, text.slice(1), base);
  }
  if (base === null) {
    record.path = parsePath(takeQueryAndFragment(record, text), FILE, []);
    return true;
  }
  record.host = base.host;
  if (!STARTS_WITH_DRIVE.test(text)) return parseRelativePath(record, text, base);
  record.path = parsePath(takeQueryAndFragment(record, text), FILE, []);
  return true;
}

/** A path, query or fragment that replaces the end of the base. */
function parseRelativePath(record, text, base) {
  const path = takeQueryAndFragment(record, text);
  if (path === '') {
    record.path = base.path;
    if (record.query === null) record.query = base.query;
    return true;
  }
  const segments = segmentsOf(base.path);
  shorten(segments, record.type === FILE);
  record.path = parsePath(path, record.type, segments);
  return true;
}

function withoutSlashes(text) {
  let start = 0;
  while (isSlash(text.charCodeAt(start), FILE)) start++;
  return text.slice(start);
}

function parseRelative(record, text, base) {
  record.setScheme(base.scheme);
  const { type } = record;
  if (!isSlash(text.charCodeAt(0), type)) {
    record.takeAuthority(base);
    return parseRelativePath(record, text, base);
  }
  if (isSlash(text.charCodeAt(1), type)) {
    return parseAuthority(record, type === NOT_SPECIAL ? text.slice(2) : withoutSlashes(text));
  }
  record.takeAuthority(base);
  record.path = parsePath(takeQueryAndFragment(record, text.slice(1)), type, []);
  return true;
}

function parseWithoutScheme(record, text, base) {
  if (base === null) return false;
  if (base.isOpaque) {
    if (text.charCodeAt(0) !== HASH) return false;
    Object.assign(record, base, { fragment: encode(text.slice(1), FRAGMENT) });
    return true;
  }
  return base.type === FILE ? parseFile(record, text, base) : parseRelative(record, text, base);
}

function parseOpaquePath(record, text) {
  const path = takeQueryAndFragment(record, text);
  const isLast = path.length === text.length;
  record.isOpaque = true;
  record.path = encode(path, C0_CONTROL);
  // A space at the end would be lost with the next parsing.
  if (!isLast && path.endsWith(' ')) record.path = `${record.path.slice(0, -1)}%20`;
  return true;
}

function parseNotSpecial(record, text) {
  if (text.startsWith('//')) return parseAuthority(record, text.slice(2));
  if (text.charCodeAt(0) !== SLASH) return parseOpaquePath(record, text);
  record.path = parsePath(takeQueryAndFragment(record, text.slice(1)), NOT_SPECIAL, []);
  return true;
}

function parseRecord(record, text, base) {
  const match = SCHEME.exec(text);
  if (match === null) return parseWithoutScheme(record, text, base);
  const scheme = match[0].toLowerCase();
  const rest = text.slice(scheme.length);
  record.setScheme(scheme);
  if (record.type === NOT_SPECIAL) return parseNotSpecial(record, rest);
  const isOfBase = base?.scheme === scheme;
  if (record.type === FILE) return parseFile(record, rest, isOfBase ? base : null);
  if (isOfBase && !rest.startsWith('//')) return parseRelative(record, rest, base);
  return parseAuthority(record, withoutSlashes(rest));
}

const withoutTabs = (text) => (HAS_TAB_OR_NEWLINE.test(text) ? text.replace(TAB_OR_NEWLINE, '') : text);

/** As the standard wants input: well-formed, without space around it, and without tabs and newlines. */
function cleaned(input) {
  const text = input.toWellFormed();
  const hasOuterSpace = text.charCodeAt(0) <= 32 || text.charCodeAt(text.length - 1) <= 32;
  return withoutTabs(hasOuterSpace ? text.replace(OUTER_SPACE, '') : text);
}

/** The context of the URL `input`, relative to the context `base` if there is one; null for what is no URL. */
function parseURL(input, base) {
  const context = scan(input) ?? (base === undefined ? null : scanRelative(input, base));
  if (context !== null) return context;
  const text = cleaned(input);
  const record = new URLRecord();
  const isParsed = parseRecord(record, text, base === undefined ? null : URLRecord.from(base));
  return isParsed ? record.toContext() : null;
}

// ---- Setters: each changes the record, or leaves it ----

function setProtocol(record, value) {
  const match = SCHEME.exec(`${withoutTabs(value)}:`);
  if (match === null) return;
  const scheme = match[0].toLowerCase();
  const type = schemeTypeOf(scheme);
  if ((type === NOT_SPECIAL) !== !record.isSpecial) return;
  if (type === FILE && (record.includesCredentials || record.port !== -1)) return;
  if (record.type === FILE && record.host === '') return;
  record.setScheme(scheme);
  record.setPort(record.port);
}

function setUsername(record, value) {
  if (!record.cannotHaveCredentialsOrPort) record.username = encode(value, USERINFO);
}

function setPassword(record, value) {
  if (!record.cannotHaveCredentialsOrPort) record.password = encode(value, USERINFO);
}

function setFileHost(record, name) {
  const host = name === '' ? '' : parseHost(name, true);
  if (host !== null) record.host = host === 'localhost' ? '' : host;
}

/** Whether the host was set. */
function setHostName(record, name) {
  if (name === '' && (record.isSpecial || record.includesCredentials || record.port !== -1)) return false;
  const host = name === '' ? '' : parseHost(name, record.isSpecial);
  if (host === null) return false;
  record.host = host;
  return true;
}

/** The part of a setter's value before what would end a host; null where a host cannot be set. */
function hostIn(record, value) {
  if (record.isOpaque) return null;
  const text = withoutTabs(value);
  return text.slice(0, endOfAuthority(text, record.type));
}

function setHost(record, value) {
  const text = hostIn(record, value);
  if (text === null) return;
  if (record.type === FILE) {
    setFileHost(record, text);
    return;
  }
  const colon = portColon(text);
  if (colon === 0) return;
  if (setHostName(record, colon === -1 ? text : text.slice(0, colon)) && colon !== -1) {
    setLeadingPort(record, text.slice(colon + 1));
  }
}

function setHostname(record, value) {
  const text = hostIn(record, value);
  if (text === null) return;
  if (record.type === FILE) setFileHost(record, text);
  else if (portColon(text) === -1) setHostName(record, text);
}

function setLeadingPort(record, text) {
  const [digits] = /^\d*/.exec(text);
  const port = parsePort(digits);
  if (!Number.isNaN(port)) record.setPort(port);
}

function setPort(record, value) {
  if (record.cannotHaveCredentialsOrPort) return;
  if (value === '') record.port = -1;
  else setLeadingPort(record, withoutTabs(value));
}

function setPathname(record, value) {
  if (record.isOpaque) return;
  const text = withoutTabs(value);
  // Without a host there must be some path.
  if (text === '' && record.host === null) record.path = '/';
  else record.path = parsePathStart(text, record.type);
}

function setSearch(record, value) {
  const text = withoutTabs(value.charCodeAt(0) === QUESTION_MARK ? value.slice(1) : value);
  record.query = value === '' ? null : parseQuery(text, record.type);
}

function setHash(record, value) {
  const text = withoutTabs(value.charCodeAt(0) === HASH ? value.slice(1) : value);
  record.fragment = value === '' ? null : encode(text, FRAGMENT);
}

const setters = {
  protocol: setProtocol,
  username: setUsername,
  password: setPassword,
  host: setHost,
  hostname: setHostname,
  port: setPort,
  pathname: setPathname,
  search: setSearch,
  hash: setHash,
};

/** The context that `context` becomes when a part of it is set. */
function updateURL(context, part, value) {
  const record = URLRecord.from(context);
  setters[part](record, value.toWellFormed());
  return record.toContext();
}

module.exports = { parseURL, setters, updateURL };
