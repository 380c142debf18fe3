'use strict';

// Paths of Windows: two separators, drives, shares.
//
// Theory of operation. Every function first takes off the root: a drive (`C:`), a share (`\\server\share`), a
// separator, or nothing. What is left is segments, as on other systems.
//
// What surprises people: `C:a` is relative (to the working directory of drive C), `\a` is absolute but without a
// drive, and both separators work on input while output has `\`. Names of devices (`CON:`) and alternate streams
// (`b:`) that normalizing would bring to the front get `.\` before them, so that they cannot turn into a drive or a
// device.

const { validateString } = require('internal/validators');
const { formatWith } = require('internal/path/format');
const { collapse, extensionStart } = require('internal/path/segments');

const SLASH = 47;
const BACKSLASH = 92;
const COLON = 58;
const DOT = 46;
const QUESTION_MARK = 63;

const SHARE = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/;

const DEVICES = new Set(['CON', 'PRN', 'AUX', 'NUL']);
for (const digit of '123456789¹²³') DEVICES.add(`COM${digit}`).add(`LPT${digit}`);

function isSeparator(code) {
  return code === SLASH || code === BACKSLASH;
}

function isLetter(code) {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function isDrive(path) {
  return path.charCodeAt(1) === COLON && isLetter(path.charCodeAt(0));
}

/** Whether `path` begins with the name of a device and a colon, the first one, at `colon`. */
function isDevice(path, colon) {
  return DEVICES.has(path.slice(0, colon).toUpperCase());
}

/** A path's root: the drive or share in its normal form ('' if none), where the rest begins, whether it is absolute. */
class Root {
  constructor(device, end, isAbsolute) {
    this.device = device;
    this.end = end;
    this.isAbsolute = isAbsolute;
  }

  static of(path) {
    if (isSeparator(path.charCodeAt(0))) return Root.#ofSeparator(path);
    if (!isDrive(path)) return new Root('', 0, false);
    const isAbsolute = isSeparator(path.charCodeAt(2));
    return new Root(path.slice(0, 2), isAbsolute ? 3 : 2, isAbsolute);
  }

  static #ofSeparator(path) {
    const share = isSeparator(path.charCodeAt(1)) ? SHARE.exec(path) : null;
    if (share === null) return new Root('', 1, true);
    const [whole, server, name] = share;
    if (server === '.' || server === '?') return new Root(`\\\\${server}`, 4, true);
    return new Root(`\\\\${server}\\${name}`, whole.length, true);
  }
}

/** The working directory, of a drive if one is given. */
function currentDirectory(drive) {
  if (drive === '') return process.cwd();
  const directory = process.env[`=${drive}`] || process.cwd();
  const isOnDrive = directory.slice(0, 2).toLowerCase() === drive.toLowerCase();
  return isOnDrive || directory.charCodeAt(2) !== BACKSLASH ? directory : `${drive}\\`;
}

function resolve(...paths) {
  let device = '';
  let tail = '';
  let isAbsolute = false;
  for (let i = paths.length - 1; i >= -1; i--) {
    let path;
    if (i >= 0) {
      path = paths[i];
      validateString(path, `paths[${i}]`);
      if (path.length === 0) continue;
    } else {
      path = currentDirectory(device);
    }
    const root = Root.of(path);
    if (root.device !== '' && device !== '' && root.device.toLowerCase() !== device.toLowerCase()) continue;
    device ||= root.device;
    if (!isAbsolute) {
      tail = `${path.slice(root.end)}\\${tail}`;
      isAbsolute = root.isAbsolute;
    }
    if (isAbsolute && device !== '') break;
  }
  const collapsed = collapse(tail.replaceAll('/', '\\'), isAbsolute, '\\');
  return isAbsolute ? `${device}\\${collapsed}` : `${device}${collapsed}` || '.';
}

/** The root for `normalize`, which sees devices too. */
function rootOrDevice(path) {
  const colon = path.indexOf(':');
  if (colon > 0 && isDevice(path, colon)) return new Root(path.slice(0, colon + 1), colon + 1, false);
  const root = Root.of(path);
  // \\.\COM1: and \\?\COM1:
  if (root.end === 4 && colon > 4 && root.device.length === 3 && isDevice(path.slice(4), colon - 4)) {
    return new Root(`\\\\?\\${path.slice(4, colon + 1)}`, colon + 1, true);
  }
  return root;
}

/** Whether a colon that means nothing in `path` could come to mean a drive or a stream in `tail`, what became of it. */
function isMisleading(path, tail) {
  return path.includes(':') && (isDrive(tail) || /:(?:[\\/]|$)/.test(path));
}

function normalize(path) {
  validateString(path, 'path');
  if (path.length === 0) return '.';
  if (path.length === 1) return path === '/' ? '\\' : path;
  const { device, end, isAbsolute } = rootOrDevice(path);
  const isShare = device.charCodeAt(0) === BACKSLASH;
  if (isShare && end === path.length) return `${device}\\`;

  let tail = collapse(path.slice(end).replaceAll('/', '\\'), isAbsolute, '\\');
  if (tail === '' && !isAbsolute) tail = '.';
  if (tail !== '' && isSeparator(path.charCodeAt(path.length - 1)) && end < path.length) tail += '\\';
  if (!isAbsolute && device === '' && isMisleading(path, tail)) return `.\\${tail}`;
  if (!isAbsolute && device.length > 2) return `.\\${device}${tail}`;
  // As in Node, a device's name and one character more counts too.
  if (device === '' && isDevice(path, -1)) return `.\\${tail}`;
  return isAbsolute ? `${device}\\${tail}` : `${device}${tail}`;
}

/** A joined path whose leading separators cannot be read as the beginning of a share, unless `first` was one. */
function withoutFalseShare(joined, first) {
  const isShare = first.length > 2 && isSeparator(first.charCodeAt(0)) && isSeparator(first.charCodeAt(1)) &&
    !isSeparator(first.charCodeAt(2));
  if (isShare) return joined;
  return joined.replace(/^[\\/]{2,}/, '\\');
}

function join(...paths) {
  let joined;
  let first;
  for (const path of paths) {
    validateString(path, 'path');
    if (path.length === 0) continue;
    first ??= path;
    joined = joined === undefined ? path : `${joined}\\${path}`;
  }
  if (joined === undefined) return '.';
  joined = withoutFalseShare(joined, first);
  if (joined.includes(':') && hasDeviceSegment(joined)) return joined.replaceAll('/', '\\');
  return normalize(joined);
}

function hasDeviceSegment(path) {
  return path.split('\\').some((segment) => {
    const colon = segment.indexOf(':');
    return colon !== -1 && isDevice(segment, colon);
  });
}

function isAbsolute(path) {
  validateString(path, 'path');
  return isSeparator(path.charCodeAt(0)) || (isDrive(path) && isSeparator(path.charCodeAt(2)));
}

/** How many characters `from` and `to` share up to the end of a segment in both; -1 for different beginnings. */
function sharedLength(from, to) {
  const length = Math.min(from.length, to.length);
  let end = -1;
  let i = 0;
  for (; i < length; i++) {
    const code = from.charCodeAt(i);
    if (code !== to.charCodeAt(i)) return end;
    if (code === BACKSLASH) end = i;
  }
  const longer = from.length > to.length ? from : to;
  return longer.length === length || longer.charCodeAt(i) === BACKSLASH ? i : Math.max(end, 0);
}

function startOfSegments(path) {
  let start = 0;
  while (path.charCodeAt(start) === BACKSLASH) start++;
  return start;
}

/** For paths that have other lengths in lower case. */
function relativeBySegments(from, to) {
  const fromSegments = from.replace(/\\$/, '').split('\\');
  const toSegments = to.replace(/\\$/, '').split('\\');
  let shared = 0;
  while (shared < Math.min(fromSegments.length, toSegments.length) &&
    fromSegments[shared].toLowerCase() === toSegments[shared].toLowerCase()) shared++;
  if (shared === 0) return to;
  return [...fromSegments.slice(shared).map(() => '..'), ...toSegments.slice(shared)].join('\\');
}

function relative(from, to) {
  validateString(from, 'from');
  validateString(to, 'to');
  if (from === to) return '';
  const source = resolve(from);
  const target = resolve(to);
  if (source === target || source.toLowerCase() === target.toLowerCase()) return '';

  from = source.slice(startOfSegments(source), endOfBase(source, 0)).toLowerCase();
  to = target.slice(startOfSegments(target), endOfBase(target, 0));
  if (source.toLowerCase().length !== source.length || to.toLowerCase().length !== to.length) {
    return relativeBySegments(source, target);
  }
  const shared = sharedLength(from, to.toLowerCase());
  // Nothing in common, not even the drive or the server.
  if (shared === -1) return target;
  const isCutAtSegment = shared === from.length || from.charCodeAt(shared) === BACKSLASH;
  let up = isCutAtSegment ? '' : '..';
  for (let i = shared; i < from.length; i++) {
    if (from.charCodeAt(i) === BACKSLASH) up += up === '' ? '..' : '\\..';
  }
  const down = to.slice(up === '' && to.charCodeAt(shared) === BACKSLASH ? shared + 1 : shared);
  return up + down;
}

function toNamespacedPath(path) {
  if (typeof path !== 'string' || path.length === 0) return path;
  const resolved = resolve(path);
  if (resolved.length <= 2) return path;
  if (resolved.startsWith('\\\\')) {
    const code = resolved.charCodeAt(2);
    return code === QUESTION_MARK || code === DOT ? resolved : `\\\\?\\UNC\\${resolved.slice(2)}`;
  }
  return isDrive(resolved) && resolved.charCodeAt(2) === BACKSLASH ? `\\\\?\\${resolved}` : resolved;
}

/**
 * Where the root ends for the functions that give parts of a path as they are: a share's includes a separator after
 * it.
 */
function endOfRoot(path) {
  const first = path.charCodeAt(0);
  if (!isSeparator(first)) {
    if (!isDrive(path)) return 0;
    return isSeparator(path.charCodeAt(2)) ? 3 : 2;
  }
  const share = isSeparator(path.charCodeAt(1)) ? SHARE.exec(path) : null;
  if (share === null) return 1;
  const { length } = share[0];
  return isSeparator(path.charCodeAt(length)) ? length + 1 : length;
}

/** Where the last segment ends: trailing separators are no part of it. */
function endOfBase(path, start) {
  let end = path.length;
  while (end > start && isSeparator(path.charCodeAt(end - 1))) end--;
  return end;
}

/** Where the last segment, which ends at `end`, begins. */
function startOfBase(path, rootEnd, end) {
  let start = end;
  while (start > rootEnd && !isSeparator(path.charCodeAt(start - 1))) start--;
  return start;
}

function dirname(path) {
  validateString(path, 'path');
  if (path.length === 0) return '.';
  if (path.length === 1) return isSeparator(path.charCodeAt(0)) ? path : '.';
  const rootEnd = endOfRoot(path);
  const start = startOfBase(path, rootEnd, endOfBase(path, rootEnd));
  if (start > rootEnd) return path.slice(0, start - 1);
  return rootEnd === 0 ? '.' : path.slice(0, rootEnd);
}

function basename(path, suffix) {
  if (suffix !== undefined) validateString(suffix, 'suffix');
  validateString(path, 'path');
  if (suffix !== undefined && suffix === path) return '';
  const driveEnd = isDrive(path) ? 2 : 0;
  const end = endOfBase(path, driveEnd);
  if (end === driveEnd) return suffix && suffix.length <= path.length ? path.slice(driveEnd) : '';
  const base = path.slice(startOfBase(path, driveEnd, end), end);
  if (!suffix || base === suffix || !base.endsWith(suffix)) return base;
  return base.slice(0, base.length - suffix.length);
}

function extname(path) {
  validateString(path, 'path');
  const driveEnd = isDrive(path) ? 2 : 0;
  const end = endOfBase(path, driveEnd);
  if (end === 0) return '';
  const dot = extensionStart(path, startOfBase(path, driveEnd, end), end);
  return dot === -1 ? '' : path.slice(dot, end);
}

function parse(path) {
  validateString(path, 'path');
  const parts = { root: '', dir: '', base: '', ext: '', name: '' };
  if (path.length === 0) return parts;
  const rootEnd = endOfRoot(path);
  parts.root = path.slice(0, rootEnd);
  const end = endOfBase(path, rootEnd);
  const start = startOfBase(path, rootEnd, end);
  parts.dir = start > rootEnd ? path.slice(0, start - 1) : parts.root;
  if (end === start) return parts;
  parts.base = path.slice(start, end);
  const dot = extensionStart(path, start, end);
  parts.name = dot === -1 ? parts.base : path.slice(start, dot);
  if (dot !== -1) parts.ext = path.slice(dot, end);
  return parts;
}

function matchesGlob(path, pattern) {
  return require('internal/glob_pattern').matchesGlob(path, pattern, 'win32');
}

module.exports = {
  resolve,
  normalize,
  isAbsolute,
  join,
  relative,
  toNamespacedPath,
  dirname,
  basename,
  extname,
  format: formatWith('\\'),
  parse,
  matchesGlob,
  sep: '\\',
  delimiter: ';',
};
