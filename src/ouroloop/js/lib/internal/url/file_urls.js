'use strict';

// File URLs and paths, each made from the other.
//
// What surprises people: '%2F' in a file URL is an error, not a slash, as no file's name could hold it; and a path
// may hold characters that mean something in URLs ('?', '#', '%'), which `pathToFileURL` encodes.

const path = require('path');
const { codes: {
  ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_FILE_URL_HOST, ERR_INVALID_FILE_URL_PATH,
  ERR_INVALID_URL, ERR_INVALID_URL_SCHEME,
} } = require('internal/errors');
const { validateString } = require('internal/validators');
const { domainToUnicode } = require('internal/url/host');

const isWindows = process.platform === 'win32';

/** The file URL that `value` is or names. */
function fileURL(value) {
  const { URL, isURL } = require('internal/url');
  const url = typeof value === 'string' ? new URL(value) : value;
  if (!isURL(url)) throw new ERR_INVALID_ARG_TYPE('path', ['string', 'URL'], value);
  if (url.protocol !== 'file:') throw new ERR_INVALID_URL_SCHEME('file');
  return url;
}

function checkHost(url) {
  if (url.hostname !== '') throw new ERR_INVALID_FILE_URL_HOST(process.platform);
}

function checkPosix(url) {
  checkHost(url);
  if (/%2f/i.test(url.pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH('must not include encoded / characters', url);
  }
}

function checkWindows(url) {
  if (/%(?:2f|5c)/i.test(url.pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH('must not include encoded \\ or / characters', url);
  }
}

/** Of '/C:/folder' the 'C:\folder', given percent-decoded. */
function withoutLeadingSlash(pathname, url) {
  const isDrive = /^\/[a-zA-Z]:/.test(pathname);
  if (!isDrive) throw new ERR_INVALID_FILE_URL_PATH('must be absolute', url);
  return pathname.slice(1);
}

function windowsPath(url) {
  checkWindows(url);
  const pathname = decodeURIComponent(url.pathname.replaceAll('/', '\\'));
  if (url.hostname !== '') return `\\\\${domainToUnicode(url.hostname)}${pathname}`;
  return withoutLeadingSlash(pathname.replace('\\', '/'), url);
}

function fileURLToPath(value, options = undefined) {
  const url = fileURL(value);
  if (options?.windows ?? isWindows) return windowsPath(url);
  checkPosix(url);
  const { pathname } = url;
  return pathname.includes('%') ? decodeURIComponent(pathname) : pathname;
}

/** As bytes, for paths whose percent-encoded bytes are no UTF-8. Encoded slashes are let through. */
function fileURLToPathBuffer(value, options = undefined) {
  const { Buffer } = require('buffer');
  const { decodeBytes } = require('internal/url/percent_encoding');
  const url = fileURL(value);
  const isForWindows = options?.windows ?? isWindows;
  const { hostname, pathname } = url;
  const bytes = Buffer.from(decodeBytes(Buffer.from(isForWindows ? pathname.replaceAll('/', '\\') : pathname)));
  if (!isForWindows) {
    checkHost(url);
    return bytes;
  }
  if (hostname !== '') return Buffer.concat([Buffer.from(`\\\\${domainToUnicode(hostname)}`), bytes]);
  const start = withoutLeadingSlash(bytes.toString('latin1').replace('\\', '/'), url);
  return bytes.subarray(bytes.length - start.length);
}

const MEANT_OTHERWISE = /[%\\\n\r\t?#[\]|~]/;

function encodeCharacter(character) {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** `pathname` with the characters encoded that the URL parser would take for something else, and a few more. */
function encodePath(pathname, isForWindows) {
  // Encoded here, the URL parser finds nothing left to do.
  const { PATH, encode } = require('internal/url/percent_encoding');
  if (!MEANT_OTHERWISE.test(pathname)) return encode(pathname.toWellFormed(), PATH);
  return encode(encodeMisleading(pathname.toWellFormed(), isForWindows), PATH);
}

function encodeMisleading(pathname, isForWindows) {
  return pathname.replace(isForWindows ? /[%\n\r\t?#[\]|~]/g : /[%\\\n\r\t?#[\]|~]/g, encodeCharacter);
}

function pathToFileURL(filepath, options = undefined) {
  const { URL } = require('internal/url');
  const isForWindows = options?.windows ?? isWindows;
  validateString(filepath, 'path');
  if (isForWindows && /^\\\\\?\\[a-zA-Z]:/.test(filepath)) filepath = filepath.slice(4);
  if (isForWindows && filepath.startsWith('\\\\')) return uncURL(filepath);
  let resolved = isForWindows ? path.win32.resolve(filepath) : path.posix.resolve(filepath);
  if (resolved.startsWith('\\\\') && isForWindows) return uncURL(resolved);
  // A trailing slash says that it is a folder; `resolve` takes it off.
  const last = filepath.charCodeAt(filepath.length - 1);
  if ((last === 47 || (isForWindows && last === 92)) && resolved[resolved.length - 1] !== path.sep) resolved += '/';
  return new URL(`file://${resolved[0] === '/' ? '' : '/'}${encodePath(resolved, isForWindows)}`);
}

/** `\\server\share\file`, also behind `\\?\UNC\`. */
function uncURL(filepath) {
  const { URL } = require('internal/url');
  const isExtended = filepath.startsWith('\\\\?\\UNC\\');
  const start = isExtended ? 8 : 2;
  const end = filepath.indexOf('\\', start);
  if (end === -1) throw new ERR_INVALID_ARG_VALUE('path', filepath, 'Missing UNC resource path');
  if (end === 2) throw new ERR_INVALID_ARG_VALUE('path', filepath, 'Empty UNC servername');
  const url = URL.parse(`file://${filepath.slice(start, end)}${encodePath(filepath.slice(end), true)}`);
  if (url === null) throw new ERR_INVALID_URL(filepath.slice(end));
  return url;
}

module.exports = { fileURLToPath, fileURLToPathBuffer, pathToFileURL };
