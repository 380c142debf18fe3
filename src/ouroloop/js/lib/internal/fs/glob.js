'use strict';

// Glob: the files that match patterns.
//
// Theory of operation. A state says how far into a pattern a path has come; the walk takes the set of states of a
// directory to those of each entry, so a directory is read once however many patterns there are. The walk is a
// generator that yields what it wants to know of the file system, and what it has found; one driver answers by waiting,
// the other from the thread pool.
//
// What surprises people: wildcards enter no symbolic links, but `**` does, as its last step, where the pattern begins
// with `./` or the next segment matches the link's name too; with `followSymlinks` all are entered. A function that
// excludes gets the names of entries that `**` looks at, and the paths of directories.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateBoolean, validateObject, validateString, validateStringArray } = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { GLOBSTAR, compile, matchesGlob } = require('internal/glob_pattern');

const platform = process.platform === 'win32' ? 'win32' : 'posix';

const isLink = (entry) => entry !== null && entry.isSymbolicLink();

class Glob {
  #cwd; // as it was given
  #root;
  #alternatives;
  #withFileTypes;
  #followSymlinks;
  #excludesName = () => false;
  #excludesPath = () => false;
  #listings = new Map(); // folder -> its entries
  #seen = new Set(); // what was found

  constructor(pattern, options = kEmptyObject) {
    validateObject(options, 'options');
    const { exclude, cwd, withFileTypes, followSymlinks = false } = options;
    validateBoolean(followSymlinks, 'options.followSymlinks');
    this.#cwd = require('internal/url').toPathIfFileURL(cwd) ?? '.';
    this.#root = require('path').resolve(this.#cwd);
    this.#withFileTypes = Boolean(withFileTypes);
    this.#followSymlinks = followSymlinks;
    if (exclude != null) this.#setExclude(exclude);
    if (typeof pattern === 'object') validateStringArray(pattern, 'patterns');
    else validateString(pattern, 'patterns');
    this.#alternatives = [pattern].flat().flatMap(alternativesOf).filter(namesMore);
  }

  #setExclude(exclude) {
    if (typeof exclude === 'function') {
      this.#excludesName = (entry) => exclude(this.#withFileTypes ? entry : entry.name);
      this.#excludesPath = (path, entry, isEntered) => isEntered && exclude(
        this.#withFileTypes ? this.#entryAt(path, entry) : path);
      return;
    }
    if (!Array.isArray(exclude)) throw new ERR_INVALID_ARG_TYPE('options.exclude', ['function', 'string[]'], exclude);
    validateStringArray(exclude, 'options.exclude');
    const { resolve } = require('path');
    const patterns = exclude.map((each) => resolve(this.#root, each));
    const matches = (path) => patterns.some((each) => matchesGlob(path, each, platform));
    this.#excludesPath = (path, entry, isEntered) => {
      const full = resolve(this.#root, path);
      return matches(full) || (isEntered && matches(`${full}/`));
    };
  }

  globSync() {
    const found = [];
    const walk = this.#walk();
    for (let step = walk.next(); !step.done;) {
      const { result, ...question } = step.value;
      if (result !== undefined) found.push(result);
      step = walk.next(answerSync(question));
    }
    return found;
  }

  async* glob() {
    const walk = this.#walk();
    for (let step = walk.next(); !step.done;) {
      const { result, ...question } = step.value;
      if (result !== undefined) yield result;
      step = walk.next(await answer(question));
    }
  }

  async collect() {
    const found = [];
    for await (const each of this.glob()) found.push(each);
    return found;
  }

  *#walk() {
    const roots = new Map();
    for (const segments of this.#alternatives) {
      const root = isAbsolute(segments) ? `${segments[0]}/` : '';
      const state = { segments, index: root === '' ? 0 : 1 };
      if (roots.has(root)) roots.get(root).push(state);
      else roots.set(root, [state]);
    }
    for (const [root, states] of roots) {
      const entry = yield* this.#look(root === '' ? '.' : root);
      if (entry !== null) yield* this.#enter(root, entry, states);
    }
  }

  /** An entry for a path that no listing has told of; null if there is nothing. */
  *#look(path) {
    const { basename, dirname, resolve } = require('path');
    const info = yield { look: resolve(this.#root, path) };
    if (info === null) return null;
    const { direntOf } = require('internal/fs/dirent');
    return direntOf(basename(path), dirname(path), info);
  }

  *#list(path) {
    let entries = this.#listings.get(path);
    if (entries === undefined) {
      entries = (yield { read: require('path').resolve(this.#root, path) }) ?? [];
      this.#listings.set(path, entries);
    }
    return entries;
  }

  *#result(path, entry) {
    const shown = path === '' ? '.' : path;
    if (this.#seen.has(shown)) return;
    this.#seen.add(shown);
    yield { result: this.#withFileTypes ? this.#entryAt(shown, entry) : shown };
  }

  /** An entry as results show it: its directory begins with `cwd` as it was given. */
  #entryAt(path, entry) {
    const { basename, dirname, isAbsolute, join } = require('path');
    const full = isAbsolute(path) ? path : join(this.#cwd, path);
    return require('internal/fs/dirent').renamed(entry, basename(full), dirname(full));
  }

  /** Take up a path that states have come to: it may be a result, and there may be more below. */
  *#enter(path, entry, states) {
    const reached = withEmptyGlobstars(states);
    const below = reached.filter(({ segments, index }) => index < segments.length && segments[index] !== '');
    const isNamed = path !== '' || below.some(({ segments, index }) => index === 0 && segments[0] === '.');
    const isEntered = isNamed && below.length > 0 && !entry.isFile();
    if (this.#excludesPath(path === '' ? '.' : path, entry, isEntered)) return;
    if (reached.some((state) => isResult(state, entry))) {
      if (!endsInSlash(reached) || (yield* this.#isFolder(path, entry))) yield* this.#result(path, entry);
    }
    if (below.length > 0 && !entry.isFile()) yield* this.#below(path, below);
  }

  /** Whether it is a directory, or a link to one. */
  *#isFolder(path, entry) {
    if (!isLink(entry)) return entry.isDirectory();
    const info = yield { follow: require('path').resolve(this.#root, path) };
    return info !== null && info.isDirectory();
  }

  *#below(path, states) {
    const isSearch = states.some(({ segments, index }) => typeof segments[index] !== 'string');
    const segmentsHere = states.map(({ segments, index }) => segments[index]);
    const names = new Set(segmentsHere.filter((each) => typeof each === 'string'));
    for (const name of names) {
      if (name === '.' || name === '..' || !isSearch) yield* this.#step(path, name, states);
    }
    if (!isSearch) return;
    const isDeep = states.some(({ segments, index }) => segments[index] === GLOBSTAR);
    for (const entry of yield* this.#list(path)) {
      if (isDeep && entry.name[0] !== '.' && this.#excludesName(entry)) continue;
      const next = states.flatMap((state) => this.#advance(state, entry));
      if (next.length > 0) yield* this.#enter(join(path, entry.name), entry, next);
    }
  }

  /** A step by a name that the pattern spells out. */
  *#step(path, name, states) {
    const next = states.filter(({ segments, index }) => segments[index] === name)
      .map(({ segments, index }) => ({ segments, index: index + 1 }));
    if (name === '.') {
      const further = next.filter(({ segments, index }) => index < segments.length);
      if (further.length > 0) yield* this.#enter(path, yield* this.#look(path || '.'), further);
      return;
    }
    const target = join(path, name);
    const entry = yield* this.#look(target === '' ? '.' : target);
    if (entry !== null) yield* this.#enter(target, entry, next);
  }

  /** The states of an entry, from one of its directory's. */
  #advance({ segments, index }, entry) {
    const segment = segments[index];
    const next = { segments, index: index + 1 };
    const isLast = index === segments.length - 1;
    const isFolder = entry.isDirectory() || (this.#followSymlinks && isLink(entry));
    if (segment !== GLOBSTAR) {
      if (!matchesSegment(segment, entry.name)) return [];
      return isLast || isFolder || (isLink(entry) && entersLink(segments, index)) ? [next] : [];
    }
    if (entry.name[0] === '.') return [];
    if (isFolder) return [{ segments, index }];
    if (isLast) return [next];
    return isLink(entry) && (segments[0] === '.' || matchesSegment(segments[index + 1], entry.name)) ? [next] : [];
  }
}

/** Whether a segment that is spelt out may name a link: not one that `**` has come upon. */
function entersLink(segments, index) {
  return typeof segments[index] === 'string' && (segments[0] === '.' || segments[index - 1] !== GLOBSTAR);
}

/** With those states that a `**` has when it stands for nothing. */
function withEmptyGlobstars(states) {
  const reached = [];
  for (const state of states) {
    reached.push(state);
    const { segments, index } = state;
    if (segments[index] === GLOBSTAR) reached.push({ segments, index: index + 1 });
  }
  return reached;
}

const endsInSlash = (states) => states.every(({ segments, index }) => index < segments.length);

/** Whether a state has come to its pattern's end, perhaps but for a slash. */
function isResult({ segments, index }) {
  return index === segments.length || (index === segments.length - 1 && segments[index] === '');
}

/** The patterns that a pattern stands for; a last `.` is no more than a slash. */
function alternativesOf(pattern) {
  return compile(pattern, platform).map(
    (segments) => (segments.length > 1 && segments.at(-1) === '.' ? segments.with(-1, '') : segments));
}

const matchesSegment = (segment, name) => (typeof segment === 'string' ? segment === name : segment.test(name));

/** What only names the place itself, or what is above it, finds nothing. */
function namesMore(segments) {
  if (segments.length === 2) return segments[0] !== '.' || segments[1] !== '';
  return segments.length > 2 || !['', '.', '..'].includes(segments[0]);
}

function isAbsolute([first, ...others]) {
  if (others.length === 0 || typeof first !== 'string') return false;
  return first === '' || (platform === 'win32' && /^[a-z]:$/i.test(first));
}

/** What the walk asks, or null: what is not there, or not to be read, matches nothing. */
function answerSync({ read, look, follow }) {
  const { lstatSync, readdirSync, statSync } = require('fs');
  try {
    if (read !== undefined) return readdirSync(read, { withFileTypes: true });
    if (look !== undefined) return lstatSync(look);
    return follow === undefined ? null : statSync(follow);
  } catch {
    return null;
  }
}

async function answer({ read, look, follow }) {
  const { lstat, readdir, stat } = require('internal/fs/promises').exports;
  try {
    if (read !== undefined) return await readdir(read, { withFileTypes: true });
    if (look !== undefined) return await lstat(look);
    return follow === undefined ? null : await stat(follow);
  } catch {
    return null;
  }
}

function join(path, name) {
  return require('path').join(path, name).replace(/^\.$/, '');
}

module.exports = { Glob };
