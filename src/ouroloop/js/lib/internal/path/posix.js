'use strict';

// Paths with one separator, '/'.
//
// Theory of operation. Most paths that reach these functions are clean already, so everything that normalizes first
// looks for what there is to do (an empty, '.' or '..' segment) in one pass, and cuts the path into segments only if
// there is.
//
// What surprises people: `dirname` and `basename` ignore trailing slashes, `normalize` keeps one; `join` of nothing
// is '.', but `resolve` of nothing is the working directory.

const { validateString } = require('internal/validators');
const { formatWith } = require('internal/path/format');
const { collapse, extensionStart } = require('internal/path/segments');

const SLASH = 47;
const DOT = 46;

/** Whether, from `start` on, some segment is empty, '.' or '..'. A trailing slash is no empty segment. */
function isUnclean(path, start) {
  const { length } = path;
  let atStart = true;
  for (let i = start; i < length; i++) {
    const code = path.charCodeAt(i);
    if (code === SLASH) {
      if (atStart) return true;
      atStart = true;
    } else if (atStart) {
      if (code === DOT && isDots(path, i, length)) return true;
      atStart = false;
    }
  }
  return false;
}

/** Whether the segment that begins with a dot at `i` is '.' or '..'. */
function isDots(path, i, length) {
  const end = path.charCodeAt(i + 1) === DOT ? i + 2 : i + 1;
  return end === length || path.charCodeAt(end) === SLASH;
}

function normalize(path) {
  validateString(path, 'path');
  if (path.length === 0) return '.';
  return normalized(path);
}

function normalized(path) {
  const isAbsolute = path.charCodeAt(0) === SLASH;
  if (!isUnclean(path, isAbsolute ? 1 : 0)) return path;
  const endsWithSlash = path.charCodeAt(path.length - 1) === SLASH;
  const collapsed = collapse(path, isAbsolute, '/');
  if (collapsed === '') {
    if (isAbsolute) return '/';
    return endsWithSlash ? './' : '.';
  }
  return `${isAbsolute ? '/' : ''}${collapsed}${endsWithSlash ? '/' : ''}`;
}

function join(...paths) {
  let joined = '';
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i];
    validateString(path, 'path');
    if (path.length === 0) continue;
    joined = joined.length === 0 ? path : `${joined}/${path}`;
  }
  return joined.length === 0 ? '.' : normalized(joined);
}

/** The working directory; on Windows without its drive, so that the posix flavour gives posix paths there. */
function currentDirectory() {
  const directory = process.cwd();
  if (process.platform !== 'win32') return directory;
  const posix = directory.replaceAll('\\', '/');
  return posix.slice(posix.indexOf('/'));
}

function resolve(...paths) {
  let joined = '';
  for (let i = paths.length - 1; i >= 0; i--) {
    const path = paths[i];
    validateString(path, `paths[${i}]`);
    if (path.length === 0) continue;
    joined = joined.length === 0 ? path : `${path}/${joined}`;
    if (path.charCodeAt(0) === SLASH) return resolved(joined);
  }
  const directory = currentDirectory();
  if (directory.length === 0) return resolved(joined.length === 0 ? '.' : joined);
  return resolved(joined.length === 0 ? directory : `${directory}/${joined}`);
}

function resolved(path) {
  const isAbsolute = path.charCodeAt(0) === SLASH;
  if (!isUnclean(path, isAbsolute ? 1 : 0)) return withoutTrailingSlash(path);
  const collapsed = collapse(path, isAbsolute, '/');
  if (isAbsolute) return `/${collapsed}`;
  return collapsed === '' ? '.' : collapsed;
}

function withoutTrailingSlash(path) {
  const { length } = path;
  return length > 1 && path.charCodeAt(length - 1) === SLASH ? path.slice(0, length - 1) : path;
}

function isAbsolute(path) {
  validateString(path, 'path');
  return path.charCodeAt(0) === SLASH;
}

/** How many characters `from` and `to` (absolute, clean, different) share up to the end of a segment in both. */
function sharedLength(from, to) {
  const length = Math.min(from.length, to.length);
  let end = 0;
  let i = 0;
  for (; i < length; i++) {
    const code = from.charCodeAt(i);
    if (code !== to.charCodeAt(i)) return end;
    if (code === SLASH) end = i;
  }
  const longer = from.length > to.length ? from : to;
  return longer.charCodeAt(i) === SLASH ? i : end;
}

function relative(from, to) {
  validateString(from, 'from');
  validateString(to, 'to');
  if (from === to) return '';
  from = resolve(from);
  to = resolve(to);
  if (from === to) return '';
  if (from === '/') return to.slice(1);

  const shared = sharedLength(from, to);
  let up = '';
  for (let i = shared; i < from.length; i++) {
    if (from.charCodeAt(i) === SLASH) up += up === '' ? '..' : '/..';
  }
  const down = to.slice(up === '' ? shared + 1 : shared);
  return down === '/' ? up : up + down;
}

function toNamespacedPath(path) {
  return path;
}

/** Where the last segment ends: trailing slashes are no part of it. */
function endOfBase(path) {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === SLASH) end--;
  return end;
}

function dirname(path) {
  validateString(path, 'path');
  if (path.length === 0) return '.';
  return directoryOf(path, path.lastIndexOf('/', endOfBase(path) - 1));
}

/** The part of `path` before its last segment, which follows the slash at `slash` (-1: there is none). */
function directoryOf(path, slash) {
  // The path's first slash is the root, not a separator.
  if (slash <= 0) return path.charCodeAt(0) === SLASH ? '/' : '.';
  return slash === 1 && path.charCodeAt(0) === SLASH ? '//' : path.slice(0, slash);
}

function basename(path, suffix) {
  if (suffix !== undefined) validateString(suffix, 'suffix');
  validateString(path, 'path');
  if (suffix !== undefined && suffix === path) return '';
  const end = endOfBase(path);
  if (end === 0) return suffix && suffix.length <= path.length ? path : '';
  const base = path.slice(path.lastIndexOf('/', end - 1) + 1, end);
  if (!suffix || base === suffix || !base.endsWith(suffix)) return base;
  return base.slice(0, base.length - suffix.length);
}

function extname(path) {
  validateString(path, 'path');
  const end = endOfBase(path);
  if (end === 0) return '';
  const dot = extensionStart(path, path.lastIndexOf('/', end - 1) + 1, end);
  return dot === -1 ? '' : path.slice(dot, end);
}

function parse(path) {
  validateString(path, 'path');
  const parts = { root: '', dir: '', base: '', ext: '', name: '' };
  if (path.length === 0) return parts;
  const isRooted = path.charCodeAt(0) === SLASH;
  if (isRooted) parts.root = '/';
  const end = endOfBase(path);
  if (end === 0) {
    parts.dir = '/';
    return parts;
  }
  const start = path.lastIndexOf('/', end - 1) + 1;
  parts.base = path.slice(start, end);
  // As in Node, '..' has an extension if it is right at the root.
  const dot = start === 1 && parts.base === '..' ? 2 : extensionStart(path, start, end);
  parts.name = dot === -1 ? parts.base : path.slice(start, dot);
  if (dot !== -1) parts.ext = path.slice(dot, end);
  if (start > 1) parts.dir = path.slice(0, start - 1);
  else if (isRooted) parts.dir = '/';
  return parts;
}

function matchesGlob(path, pattern) {
  return require('internal/glob_pattern').matchesGlob(path, pattern, 'posix');
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
  format: formatWith('/'),
  parse,
  matchesGlob,
  sep: '/',
  delimiter: ':',
};
