'use strict';

// cp and cpSync: copying a file, or a directory with all that is in it.
//
// Theory of operation. The copy is written once, as a generator that yields each call of `fs` it needs; one driver
// makes it by the synchronous functions, the other by those that give promises. So a filter may be asynchronous in `cp`
// alone.
//
// What surprises people: a symbolic link is copied as a link, and a relative one becomes absolute unless
// `verbatimSymlinks`. `cp` and `cpSync` tell of the same failures in different words, as Node does.

const {
  codes: {
    ERR_FS_CP_DIR_TO_NON_DIR, ERR_FS_CP_EEXIST, ERR_FS_CP_EINVAL, ERR_FS_CP_FIFO_PIPE, ERR_FS_CP_NON_DIR_TO_DIR,
    ERR_FS_CP_SOCKET, ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY, ERR_FS_CP_UNKNOWN, ERR_FS_EISDIR, ERR_INCOMPATIBLE_OPTION_PAIR,
    ERR_INVALID_RETURN_VALUE,
  },
} = require('internal/errors');
const { validateBoolean, validateFunction, validateObject } = require('internal/validators');
const { failure, getValidMode } = require('internal/fs/arguments');
const { demandFile } = require('internal/process/permission');
const { os: { errno: { EEXIST, EINVAL, EISDIR, ENOTDIR } } } = internalBinding('constants');

const DEFAULTS = {
  dereference: false, errorOnExist: false, filter: undefined, force: true, preserveTimestamps: false, recursive: false,
  verbatimSymlinks: false,
};

function validateOptions(options) {
  if (options === undefined) return { ...DEFAULTS, mode: 0 };
  validateObject(options, 'options');
  options = { ...DEFAULTS, ...options };
  for (const name of ['dereference', 'errorOnExist', 'force', 'preserveTimestamps', 'recursive', 'verbatimSymlinks']) {
    validateBoolean(options[name], `options.${name}`);
  }
  options.mode = getValidMode(options.mode, 'copyFile');
  if (options.dereference && options.verbatimSymlinks) {
    throw new ERR_INCOMPATIBLE_OPTION_PAIR('dereference', 'verbatimSymlinks');
  }
  if (options.filter !== undefined) validateFunction(options.filter, 'options.filter');
  return options;
}

// What can be wrong: { make, code, errno, path, message }

const sameFile = (dest) => ({
  make: ERR_FS_CP_EINVAL, code: 'EINVAL', errno: EINVAL, path: dest, message: 'src and dest cannot be the same',
});
const intoItself = (src, dest) => ({
  make: ERR_FS_CP_EINVAL, code: 'EINVAL', errno: EINVAL, path: dest,
  message: `cannot copy ${src} to a subdirectory of self ${dest}`,
});
const directoryOverFile = (src, dest) => ({
  make: ERR_FS_CP_DIR_TO_NON_DIR, code: 'EISDIR', errno: EISDIR, path: dest,
  message: `cannot overwrite non-directory ${dest} with directory ${src}`,
});
const fileOverDirectory = (src, dest) => ({
  make: ERR_FS_CP_NON_DIR_TO_DIR, code: 'ENOTDIR', errno: ENOTDIR, path: dest,
  message: `cannot overwrite directory ${dest} with non-directory ${src}`,
});
const notRecursive = (src) => ({
  make: ERR_FS_EISDIR, code: 'EISDIR', errno: EISDIR, path: src, message: `${src} is a directory (not copied)`,
});
const alreadyThere = (dest) => ({
  make: ERR_FS_CP_EEXIST, code: 'EEXIST', errno: EEXIST, path: dest, message: `${dest} already exists`,
});
const overSubdirectory = (src, dest, from, to) => ({
  make: ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY, code: 'EINVAL', errno: EINVAL, path: dest,
  message: `cannot overwrite ${to} with ${from}`,
});
const uncopyable = (make, what) => (dest) => ({
  make, code: 'EINVAL', errno: EINVAL, path: dest, message: `cannot copy ${what}: ${dest}`,
});
const socket = uncopyable(ERR_FS_CP_SOCKET, 'a socket file');
const pipe = uncopyable(ERR_FS_CP_FIFO_PIPE, 'a FIFO pipe');
const unknown = uncopyable(ERR_FS_CP_UNKNOWN, 'an unknown file type');

/** What `cpSync` says of the paths it was given. */
const BRIEF = new Map([
  [sameFile, (dest) => `src and dest cannot be the same ${dest}`],
  [intoItself, (src, dest) => `Cannot copy ${src}/ to a subdirectory of self ${dest}`],
  [directoryOverFile, (src, dest) => `Cannot overwrite non-directory ${dest} with directory ${src}`],
  [fileOverDirectory, (src, dest) => `Cannot overwrite directory ${dest} with non-directory ${src}`],
  [notRecursive, (src) => `Recursive option not enabled, cannot copy a directory: ${src}/`],
  [socket, (dest) => `Cannot copy a socket file: ${dest}`],
  [pipe, (dest) => `Cannot copy a FIFO pipe: ${dest}`],
  [unknown, (dest) => `Cannot copy an unknown file type: ${dest}`],
]);

function fail(problem, ...args) {
  const { make: Failure, ...info } = problem(...args);
  const { message, path, errno, code } = info;
  throw new Failure({ message, path, syscall: 'cp', errno, code });
}

function failBriefly(problem, ...args) {
  const text = BRIEF.get(problem);
  if (text === undefined) fail(problem, ...args);
  const error = new Error(text(...args));
  error.code = new (problem(...args).make)({ message: '', syscall: 'cp' }).code;
  throw error;
}

// The copy

class Copy {
  #options;
  #look; // which call tells of a file: of a link itself, or of what it points to
  #isSync;
  #fail;

  constructor(options, isSync) {
    this.#options = options;
    this.#look = options.dereference ? 'stat' : 'lstat';
    this.#isSync = isSync;
    this.#fail = isSync ? failBriefly : fail;
  }

  *run(source, destination) {
    if (!(yield* this.#isWanted(source, destination))) return;
    if (this.#isSync) {
      demandFile('fs.read', source);
      demandFile('fs.write', destination);
      yield* this.#checkTargets(source, destination);
    }
    const { from, to } = yield* this.#check(source, destination);
    demandFile('fs.write', destination);
    yield* this.#checkParents(source, from, destination);
    yield ['mkdir', require('path').dirname(destination), { recursive: true }];
    yield* this.#copy(source, destination, from, to);
  }

  *#isWanted(source, destination) {
    return this.#options.filter === undefined || (yield ['filter', source, destination]);
  }

  /** `cpSync` does not replace a link by what it points to. */
  *#checkTargets(source, destination) {
    const options = { bigint: true, throwIfNoEntry: false };
    const from = yield ['stat', source, options];
    const to = yield ['stat', destination, options];
    if (from !== undefined && to !== undefined && isSame(from, to)) this.#fail(sameFile, destination);
  }

  *#check(source, destination) {
    const from = yield [this.#look, source, { bigint: true }];
    const to = yield [this.#look, destination, { bigint: true, throwIfNoEntry: false }];
    if (to !== undefined) {
      if (isSame(from, to)) this.#fail(sameFile, destination);
      if (from.isDirectory() && !to.isDirectory()) this.#fail(directoryOverFile, source, destination);
      if (!from.isDirectory() && to.isDirectory()) this.#fail(fileOverDirectory, source, destination);
    }
    if (from.isDirectory() && isInside(destination, source)) this.#fail(intoItself, source, destination);
    return { from, to };
  }

  /** Whether the source is above the destination by another name. */
  *#checkParents(source, from, destination) {
    const { dirname, parse, resolve } = require('path');
    const end = resolve(dirname(source));
    for (let at = resolve(dirname(destination)); at !== end && at !== parse(at).root; at = dirname(at)) {
      const info = yield ['stat', at, { bigint: true, throwIfNoEntry: false }];
      if (info === undefined) continue;
      if (!info.isDirectory()) throw failure(-ENOTDIR, this.#look, destination);
      if (isSame(from, info)) this.#fail(intoItself, source, destination);
    }
  }

  *#copy(source, destination, from, to) {
    if (from.isDirectory()) {
      if (!this.#options.recursive) this.#fail(notRecursive, source);
      yield* this.#copyDirectory(source, destination, from, to);
    } else if (from.isFile() || from.isCharacterDevice() || from.isBlockDevice()) {
      yield* this.#copyFile(source, destination, from, to);
    } else if (from.isSymbolicLink()) {
      yield* this.#copyLink(source, destination, to);
    } else {
      this.#fail(from.isSocket() ? socket : from.isFIFO() ? pipe : unknown, destination);
    }
  }

  *#copyDirectory(source, destination, from, to) {
    if (to === undefined) yield ['mkdir', destination];
    else if (!this.#isSync && this.#options.errorOnExist && !this.#options.force) fail(alreadyThere, destination);
    const { join } = require('path');
    for (const name of yield ['readdir', source]) {
      const inside = join(source, name);
      const target = join(destination, name);
      if (!(yield* this.#isWanted(inside, target))) continue;
      const found = yield* this.#check(inside, target);
      yield* this.#copy(inside, target, found.from, found.to);
    }
    if (to === undefined) yield ['chmod', destination, Number(from.mode) & 0o7777];
  }

  *#copyFile(source, destination, from, to) {
    const { force, errorOnExist, mode, preserveTimestamps } = this.#options;
    if (to !== undefined) {
      if (!force) {
        if (errorOnExist) fail(alreadyThere, destination);
        return;
      }
      yield ['unlink', destination];
    }
    yield ['copyFile', source, destination, mode];
    if (!preserveTimestamps) return;
    // Times are those of after the reading, which changes one of them. Only a file that may be written can be given
    // times.
    const permissions = Number(from.mode) & 0o7777;
    const isReadOnly = (permissions & 0o200) === 0;
    if (isReadOnly) yield ['chmod', destination, permissions | 0o200];
    const { atime, mtime } = yield ['stat', source];
    yield ['utimes', destination, atime, mtime];
    if (isReadOnly) yield ['chmod', destination, permissions];
  }

  *#copyLink(source, destination, to) {
    const { dirname, isAbsolute, resolve } = require('path');
    let target = yield ['readlink', source];
    if (!this.#options.verbatimSymlinks && !isAbsolute(target)) target = resolve(dirname(source), target);
    if (to?.isSymbolicLink()) {
      const old = resolve(dirname(destination), yield ['readlink', destination]);
      const isFolder = (yield ['stat', source, { throwIfNoEntry: false }])?.isDirectory();
      if (isFolder && isInside(old, target)) fail(intoItself, target, old);
      // Taking away a link to a directory that holds the source would take the source away.
      if (isFolder && isInside(target, old)) fail(overSubdirectory, source, destination, target, old);
      yield ['unlink', destination];
    }
    yield ['symlink', target, destination];
  }
}

const isSame = (one, other) => one.ino !== 0n && one.ino === other.ino && one.dev === other.dev;

/** Whether a path is another one or below it. */
function isInside(path, folder) {
  const { resolve, sep } = require('path');
  const parts = (text) => resolve(text).split(sep).filter(Boolean);
  const inner = parts(path);
  return parts(folder).every((part, index) => inner[index] === part);
}

// Its drivers

const asText = (path) => (typeof path === 'string' ? path : require('buffer').Buffer.from(path).toString());

function cpSync(source, destination, options) {
  const fs = require('fs');
  const copy = new Copy(options, true).run(asText(source), asText(destination));
  let step = copy.next();
  while (!step.done) {
    const [name, ...args] = step.value;
    step = copy.next(name === 'filter' ? askFilter(options.filter, ...args) : fs[`${name}Sync`](...args));
  }
}

function askFilter(filter, source, destination) {
  const isWanted = filter(source, destination);
  if (require('internal/util/types').isPromise(isWanted)) {
    throw new ERR_INVALID_RETURN_VALUE('boolean', 'filter', isWanted);
  }
  return isWanted;
}

async function cp(source, destination, options) {
  const promises = require('internal/fs/promises').exports;
  const copy = new Copy(options, false).run(asText(source), asText(destination));
  let step = copy.next();
  while (!step.done) {
    const [name, ...args] = step.value;
    step = copy.next(await (name === 'filter' ? options.filter(...args) : perform(promises[name], ...args)));
  }
}

/** A call that gives a promise; of what may be missing (`throwIfNoEntry: false`), undefined is the answer. */
async function perform(call, ...args) {
  try {
    return await call(...args);
  } catch (error) {
    if (args.at(-1)?.throwIfNoEntry === false && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

module.exports = { cp, cpSync, validateOptions };
