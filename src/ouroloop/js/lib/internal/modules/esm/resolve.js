'use strict';

// From an import's specifier to a URL: the algorithm of Node's documentation ("ESM: Resolution algorithm
// specification").
//
// Theory of operation. A specifier is relative, a URL, internal (`#name`, from the package's "imports") or bare (the
// name of a core module or package). A package with "exports" decides itself what a subpath of it means: a target is
// a path, a list of alternatives, or an object of conditions, of which the first that holds counts. `require` uses
// the same functions.
//
// What surprises people: nothing is guessed here, no extension, no index file; and `null` as a target forbids what
// a pattern would allow, while `undefined` (no condition holds) lets the search go on.

const path = require('path');
const {
  codes: {
    ERR_INVALID_MODULE_SPECIFIER, ERR_INVALID_PACKAGE_CONFIG, ERR_INVALID_PACKAGE_TARGET, ERR_MODULE_NOT_FOUND,
    ERR_PACKAGE_IMPORT_NOT_DEFINED, ERR_PACKAGE_PATH_NOT_EXPORTED, ERR_UNSUPPORTED_DIR_IMPORT,
    ERR_UNSUPPORTED_ESM_URL_SCHEME, ERR_UNSUPPORTED_RESOLVE_REQUEST,
  },
} = require('internal/errors');
const { getOptionValue } = require('internal/options');
const { URL, fileURLToPath, pathToFileURL } = require('internal/url');
const { warnOnce } = require('internal/util');
const builtins = require('internal/modules/builtins');
const packages = require('internal/modules/package_json_reader');

const files = internalBinding('modules');

const FOLDER = 1;
const NOTHING = -1;

// ---- Errors and warnings ----

const folderOf = (manifestURL) => fileURLToPath(new URL('.', manifestURL));
/** Who imports, for messages: a file's path, or another URL as it is. */
const pathOf = (base) => (base && `${base}`.startsWith('file:') ? fileURLToPath(base) : base);
const importedFrom = (base) => (base ? ` imported from ${fileURLToPath(base)}` : '');

function exportsNotFound(subpath, manifestURL, base) {
  return new ERR_PACKAGE_PATH_NOT_EXPORTED(folderOf(manifestURL), subpath, pathOf(base));
}

function importNotDefined(specifier, manifestURL, base) {
  return new ERR_PACKAGE_IMPORT_NOT_DEFINED(specifier, manifestURL && folderOf(manifestURL), fileURLToPath(base));
}

function warn(code, message) {
  process.emitWarning(message, 'DeprecationWarning', code);
}

// ---- Targets ----

/** A package's answer being looked for: what is asked, and the package's place. */
class Request {
  constructor(manifestURL, base, conditions, isInternal) {
    this.manifestURL = manifestURL;
    this.base = base;
    this.conditions = conditions;
    this.isInternal = isInternal;
    this.key = ''; // of "exports" or "imports"
    this.match = ''; // what stands for the key's star
    this.isPattern = false;
    this.isPathMap = false;
  }

  invalidTarget(target) {
    const shown = typeof target === 'object' && target !== null ? JSON.stringify(target, null, '') : `${target}`;
    return new ERR_INVALID_PACKAGE_TARGET(
      folderOf(this.manifestURL), this.key, shown, this.isInternal, pathOf(this.base));
  }

  invalidSubpath() {
    const field = this.isInternal ? 'imports' : 'exports';
    const why = `request is not a valid match in pattern "${this.key}" for the "${field}" resolution of ` +
      fileURLToPath(this.manifestURL);
    return new ERR_INVALID_MODULE_SPECIFIER(this.subpath, why, pathOf(this.base));
  }

  /** The key with what stands for its star. */
  get subpath() {
    return this.isPattern ? this.key.replace('*', () => this.match) : this.key;
  }

  fill(text) {
    return this.isPattern ? text.replaceAll('*', () => this.match) : text;
  }

  /** `where` it is: the target, or the subpath asked for. */
  warnOfEmptySegment(target, where) {
    const kind = this.isInternal ? 'imports' : 'exports';
    const filled = this.fill(target);
    const what = /[/\\]{2}/.test(where) ? 'double slash' : 'leading or trailing slash matching';
    const place = fileURLToPath(this.manifestURL) + importedFrom(this.base);
    const matched = this.subpath === this.key ? '' : `matched to "${this.key}" `;
    warn('DEP0166',
      `Use of deprecated ${what} resolving "${filled}" for module request "${this.subpath}" ${matched}in the ` +
      `"${kind}" field module resolution of the package at ${place}.`);
  }
}

const NO_SEGMENT_PROBLEM = 0;
const EMPTY_SEGMENT = 1;
const FORBIDDEN_SEGMENT = 2;

/** Whether a segment of `text` is '.', '..' or 'node_modules' (encoded or not), or else empty. */
function segmentProblem(text) {
  let problem = NO_SEGMENT_PROBLEM;
  for (const segment of text.split(/[\\/]/)) {
    if (segment === '') {
      problem = EMPTY_SEGMENT;
      continue;
    }
    const plain = segment.replace(/%[\da-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
    if (/^(?:\.\.?|node_modules)$/i.test(plain)) return FORBIDDEN_SEGMENT;
  }
  return problem;
}

function resolveTarget(request, target) {
  if (typeof target === 'string') return resolveTargetString(request, target);
  if (Array.isArray(target)) return resolveAlternatives(request, target);
  if (target === null) return null;
  if (typeof target === 'object') return resolveConditions(request, target);
  throw request.invalidTarget(target);
}

function resolveTargetString(request, target) {
  if (!target.startsWith('./')) return resolveForeignTarget(request, target);
  const problem = segmentProblem(target.slice(2));
  if (problem === FORBIDDEN_SEGMENT) throw request.invalidTarget(target);
  if (problem === EMPTY_SEGMENT && !request.isPathMap) request.warnOfEmptySegment(target, target);

  const resolved = new URL(target, request.manifestURL);
  const packagePath = new URL('.', request.manifestURL).pathname;
  if (!resolved.pathname.startsWith(packagePath)) throw request.invalidTarget(target);
  if (request.match === '') return resolved;

  const matchProblem = segmentProblem(request.match);
  if (matchProblem === FORBIDDEN_SEGMENT) throw request.invalidSubpath();
  if (matchProblem === EMPTY_SEGMENT && !request.isPathMap) request.warnOfEmptySegment(target, request.subpath);
  return new URL(request.fill(resolved.href));
}

/** A target in another package: only "imports" may have it. */
function resolveForeignTarget(request, target) {
  const isForeign = request.isInternal && !target.startsWith('../') && !target.startsWith('/') && !URL.canParse(target);
  if (!isForeign) throw request.invalidTarget(target);
  return packageResolve(request.fill(target), request.manifestURL, request.conditions);
}

function resolveAlternatives(request, targets) {
  let problem = null;
  for (const target of targets) {
    let resolved;
    try {
      resolved = resolveTarget(request, target);
    } catch (error) {
      if (error.code !== 'ERR_INVALID_PACKAGE_TARGET') throw error;
      problem = error;
      continue;
    }
    if (resolved === undefined) continue;
    if (resolved !== null) return resolved;
    problem = null;
  }
  if (problem !== null) throw problem;
  return null;
}

const isArrayIndex = (key) => `${+key}` === key && +key >= 0 && +key < 0xFFFFFFFF;

function resolveConditions(request, target) {
  const keys = Object.keys(target);
  if (keys.some(isArrayIndex)) {
    throw new ERR_INVALID_PACKAGE_CONFIG(
      fileURLToPath(request.manifestURL), request.base, '"exports" cannot contain numeric property keys.');
  }
  for (const key of keys) {
    if (key !== 'default' && !request.conditions.has(key)) continue;
    const resolved = resolveTarget(request, target[key]);
    if (resolved !== undefined) return resolved;
  }
  return undefined;
}

// ---- exports and imports ----

/** The key with the longest beginning, then the longest, wins. */
function isBetterKey(key, best) {
  if (best === undefined) return true;
  const star = key.indexOf('*');
  const bestStar = best.indexOf('*');
  return star === bestStar ? key.length > best.length : star > bestStar;
}

/** Have `request` match the best pattern of `map` for `name`; whether there is one. */
function matchPattern(request, map, name) {
  let best;
  for (const key of Object.keys(map)) {
    const star = key.indexOf('*');
    if (star === -1 || star !== key.lastIndexOf('*') || !name.startsWith(key.slice(0, star))) continue;
    if (!request.isInternal && name.endsWith('/')) warnOfTrailingSlash(request, name);
    const fits = name.length >= key.length && name.endsWith(key.slice(star + 1));
    if (fits && isBetterKey(key, best)) best = key;
  }
  if (best === undefined) return false;
  const star = best.indexOf('*');
  request.key = best;
  request.match = name.slice(star, name.length - (best.length - star - 1));
  request.isPattern = true;
  request.isPathMap = name.endsWith('/');
  return true;
}

function warnOfTrailingSlash(request, subpath) {
  warnOnce(`DEP0155 ${request.manifestURL} ${subpath}`,
    `Use of deprecated trailing slash pattern mapping "${subpath}" in the "exports" field module resolution of the ` +
    `package at ${fileURLToPath(request.manifestURL)}${importedFrom(request.base)}. Mapping specifiers ending in "/" ` +
    'is no longer supported.', 'DeprecationWarning', 'DEP0155');
}

/** What `map` has for `name`: null or undefined for nothing. */
function resolveInMap(request, map, name, isExact) {
  if (isExact && Object.hasOwn(map, name)) {
    request.key = name;
    return resolveTarget(request, map[name]);
  }
  return matchPattern(request, map, name) ? resolveTarget(request, map[request.key]) : undefined;
}

/** "exports" in its long form: an object from subpaths to targets. */
function exportsMap(exports, manifestURL, base) {
  if (typeof exports === 'string' || Array.isArray(exports)) return { '.': exports };
  if (typeof exports !== 'object') return {};
  const keys = Object.keys(exports);
  const conditions = keys.filter((key) => key === '' || key[0] !== '.');
  if (conditions.length === 0) return exports;
  if (conditions.length === keys.length) return { '.': exports };
  throw new ERR_INVALID_PACKAGE_CONFIG(fileURLToPath(manifestURL), base,
    '"exports" cannot contain some keys starting with \'.\' and some not. The exports object must either be an ' +
    'object of package subpath keys or an object of main entry condition name keys only.');
}

/** The URL that `subpath` ('.' or './...') of the package with `manifest` at `manifestURL` means for `base`. */
function packageExportsResolve(manifestURL, subpath, manifest, base, conditions) {
  const map = exportsMap(manifest.exports, manifestURL, base);
  const request = new Request(manifestURL, base, conditions, false);
  const isExact = !subpath.includes('*') && !subpath.endsWith('/');
  const resolved = resolveInMap(request, map, subpath, isExact);
  if (resolved === undefined || resolved === null) throw exportsNotFound(subpath, manifestURL, base);
  return resolved;
}

/** The URL that the internal specifier `name` ('#...') means in the package that `base` belongs to. */
function packageImportsResolve(name, base, conditions) {
  if (name === '#' || name.endsWith('/')) {
    throw new ERR_INVALID_MODULE_SPECIFIER(name, 'is not a valid internal imports specifier name', fileURLToPath(base));
  }
  const scope = packages.getPackageScope(base);
  const manifestURL = scope === null ? undefined : pathToFileURL(scope.path);
  if (scope?.imports) {
    const request = new Request(manifestURL, base, conditions, true);
    const resolved = resolveInMap(request, scope.imports, name, !name.includes('*'));
    if (resolved !== undefined && resolved !== null) return resolved;
  }
  throw importNotDefined(name, manifestURL, base);
}

// ---- Packages ----

/** The name of the package and what of it is meant. */
function parsePackageName(specifier, base) {
  let end = specifier.indexOf('/');
  const isScoped = specifier[0] === '@';
  if (isScoped && end !== -1) end = specifier.indexOf('/', end + 1);
  const name = end === -1 ? specifier : specifier.slice(0, end);
  if (/^\.|[%\\]/.test(name) || (isScoped && !specifier.includes('/'))) {
    throw new ERR_INVALID_MODULE_SPECIFIER(specifier, 'is not a valid package name', fileURLToPath(base));
  }
  return { name, subpath: `.${end === -1 ? '' : specifier.slice(end)}` };
}

function findPackageOf(specifier, base) {
  const { name } = parsePackageName(specifier, base);
  const importer = fileURLToPath(base);
  const folder = importer.endsWith(path.sep) ? importer : path.dirname(importer);
  const found = packages.findPackage(folder, name, `"${specifier}" from ${importer}`);
  if (found === undefined) throw new ERR_MODULE_NOT_FOUND(name, importer, null);
  return found;
}

function packageResolve(specifier, base, conditions) {
  if (builtins.canBeRequiredWithoutScheme(specifier)) return new URL(`node:${specifier}`);
  const { name, subpath } = parsePackageName(specifier, base);
  const scope = packages.getPackageScope(base);
  if (scope !== null && scope.exports !== undefined && scope.name === name) {
    return packageExportsResolve(pathToFileURL(scope.path), subpath, scope, base, conditions);
  }
  const { path: filename, manifest } = findPackageOf(specifier, base);
  const manifestURL = pathToFileURL(filename);
  if (manifest?.exports !== undefined) return packageExportsResolve(manifestURL, subpath, manifest, base, conditions);
  if (subpath === '.') return legacyMainResolve(manifestURL, filename, manifest, base);
  return new URL(subpath, manifestURL);
}

const MAIN_ENDINGS = ['', '.js', '.json', '.node', '/index.js', '/index.json', '/index.node'];
const INDEX_ENDINGS = ['.js', '.json', '.node'];

/** The main file of a package without "exports": what "main" names, or the index. */
function legacyMainResolve(manifestURL, filename, manifest, base) {
  const folder = path.dirname(filename);
  const main = manifest?.main;
  const candidates = main === undefined ? [] : MAIN_ENDINGS.map((ending) => path.resolve(folder, main + ending));
  candidates.push(...INDEX_ENDINGS.map((ending) => path.join(folder, `index${ending}`)));
  const found = files.firstFile(candidates);
  if (!found) throw new ERR_MODULE_NOT_FOUND(path.join(folder, main || 'index.js'), fileURLToPath(base), null);
  warnOfLegacyMain(found, manifestURL, main, base);
  return pathToFileURL(found);
}

function warnOfLegacyMain(filename, manifestURL, main, base) {
  if (formatOf(filename) !== 'module') return;
  const folder = folderOf(manifestURL);
  const from = fileURLToPath(base);
  if (!main) {
    warn('DEP0151', `No "main" or "exports" field defined in the package.json for ${folder} resolving the main entry ` +
      `point "${filename.slice(folder.length)}", imported from ${from}.\n` +
      'Default "index" lookups for the main are deprecated for ES modules.');
  } else if (path.resolve(folder, main) !== filename) {
    warn('DEP0151', `Package ${folder} has a "main" field set to "${main}", excluding the full filename and ` +
      `extension to the resolved file at "${filename.slice(folder.length)}", imported from ${from}.\n ` +
      'Automatic extension resolution of the "main" field is deprecated for ES modules.');
  }
}

/** 'module' for what is an ES module by its name or package. */
function formatOf(filename) {
  if (filename.endsWith('.mjs')) return 'module';
  return filename.endsWith('.js') ? packages.getNearestParentPackageJSON(filename)?.data.type : undefined;
}

// ---- The whole ----

function isRelativeOrAbsolute(specifier) {
  if (specifier[0] === '/') return true;
  if (specifier[0] !== '.') return false;
  return specifier.length === 1 || specifier[1] === '/' ||
    (specifier[1] === '.' && (specifier.length === 2 || specifier[2] === '/'));
}

/** The URL that `specifier` means in `base`, of which nothing is known yet. */
function resolveSpecifier(specifier, base, conditions) {
  const isFile = base.startsWith('file:');
  if (isRelativeOrAbsolute(specifier)) {
    return newURL(specifier, base, base);
  }
  if (isFile && specifier[0] === '#') return packageImportsResolve(specifier, base, conditions);
  const resolved = URL.parse(specifier);
  if (resolved !== null) return resolved;
  if (!isFile && !builtins.canBeRequiredWithoutScheme(specifier)) return newURL(specifier, undefined, base);
  return packageResolve(specifier, base, conditions);
}

/** The URL of a specifier; or it is told that it means nothing in `referrer`. */
function newURL(specifier, base, referrer) {
  try {
    return new URL(specifier, base);
  } catch (cause) {
    const error = new ERR_UNSUPPORTED_RESOLVE_REQUEST(specifier, referrer);
    error.cause = cause;
    throw error;
  }
}

function pathOfResolved(resolved, base) {
  try {
    return fileURLToPath(resolved);
  } catch (error) {
    error.input = `${resolved}`;
    error.module = base;
    throw error;
  }
}

/** The URL of the file itself: it is there, and links are followed. */
function finalize(resolved, base) {
  if (/%(?:2f|5c)/i.test(resolved.pathname)) {
    throw new ERR_INVALID_MODULE_SPECIFIER(
      resolved.pathname, 'must not include encoded "/" or "\\" characters', pathOf(base));
  }
  const filename = pathOfResolved(resolved, base);
  const real = filename.endsWith('/') ? FOLDER : files.realFile(filename);
  if (real === FOLDER) throw new ERR_UNSUPPORTED_DIR_IMPORT(filename, pathOf(base), resolved.href);
  if (real === NOTHING) throw new ERR_MODULE_NOT_FOUND(filename || resolved.pathname, pathOf(base), resolved);
  // From the path, so that a file has one URL, however its characters are encoded.
  const url = pathToFileURL(getOptionValue('--preserve-symlinks') ? filename : real);
  url.search = resolved.search;
  url.hash = resolved.hash;
  return url;
}

const toFolder = ({ pathname }) => pathname.slice(0, pathname.lastIndexOf('/') + 1);

/** What `require` would have found, as a specifier like the one given. */
function commonJSHint(specifier, base) {
  const { Module } = require('internal/modules/cjs/loader');
  const filename = fileURLToPath(base);
  const folder = path.dirname(filename);
  const parent = { filename, id: filename, path: folder, paths: Module._nodeModulePaths(folder) };
  const isAbsolute = specifier.startsWith('/') || specifier.startsWith('file:');
  const wanted = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier;
  const found = Module._resolveFilename(wanted, parent, false);
  if (isAbsolute) return found;
  if (specifier.startsWith('./') || specifier.startsWith('../')) {
    const relative = path.posix.relative(toFolder(new URL(base)), pathToFileURL(found).pathname);
    return relative.startsWith('../') ? relative : `./${relative}`;
  }
  const { name } = parsePackageName(specifier, base);
  const place = pathToFileURL(found).pathname;
  const start = place.lastIndexOf(`node_modules/${name}/`);
  if (start !== -1) return place.slice(start + 'node_modules/'.length);
  const relative = path.posix.relative(toFolder(new URL(base)), place);
  return relative.startsWith('../') ? relative : `./${relative}`;
}

function addHint(error, specifier, base) {
  let hint;
  try {
    hint = commonJSHint(specifier, base);
  } catch {
    return;
  }
  if (hint === undefined) return;
  const line = `\nDid you mean to import ${JSON.stringify(hint)}?`;
  require('internal/process/report_error').decorate(error); // its place is lost when the stack is replaced
  const { message, stack } = error;
  error.message = message + line;
  error.stack = stack.replace(message, () => message + line);
}

/**
 * `{ url }` of what `specifier` means in the module at `parentURL`. Whether its scheme can be loaded is
 * not asked here (`checkScheme`).
 */
function defaultResolve(specifier, parentURL, conditions) {
  let resolved;
  try {
    resolved = resolveSpecifier(specifier, parentURL, conditions);
    if (resolved.protocol !== 'file:') return { url: resolved.href };
    return { url: finalize(resolved, parentURL).href };
  } catch (error) {
    const mayHaveHint = error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'ERR_UNSUPPORTED_DIR_IMPORT';
    if (mayHaveHint && specifier[0] !== '#' && parentURL.startsWith('file:')) addHint(error, specifier, parentURL);
    throw error;
  }
}

/** Refuse a URL whose scheme the loader does not know. */
function checkScheme(url) {
  const parsed = new URL(url);
  const { protocol } = parsed;
  if (protocol === 'file:' || protocol === 'data:' || protocol === 'node:') return;
  const isWeb = protocol === 'http:' || protocol === 'https:';
  throw new ERR_UNSUPPORTED_ESM_URL_SCHEME(parsed, isWeb ? ['file', 'data'] : ['file', 'data', 'node']);
}

module.exports = {
  checkScheme, defaultResolve, findPackageOf, isRelativeOrAbsolute, packageExportsResolve, packageImportsResolve,
};
