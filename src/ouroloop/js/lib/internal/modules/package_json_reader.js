'use strict';

// package.json files: read once, and found from the files that belong to them.
//
// Theory of operation. What resolving needs of a package.json is kept by path, and by folder the package.json in whose
// scope its files are: the nearest one above, but none beyond a folder node_modules.
//
// What surprises people: a field of the wrong type counts as missing, but a file that is no JSON object is an error,
// and so is a name or a type that is no text.

const path = require('path');
const { codes: {
  ERR_INVALID_ARG_TYPE, ERR_INVALID_PACKAGE_CONFIG, ERR_MISSING_ARGS,
} } = require('internal/errors');
const { validateString } = require('internal/validators');
const { fileURLToPath, isURL, pathToFileURL } = require('internal/url');

const files = internalBinding('modules');

const manifests = new Map(); // path of a package.json -> Manifest, or null where there is none
const scopes = new Map(); // folder -> Manifest, or null

function objectOrNothing(value) {
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** What a package.json says, as far as it is about modules. */
class Manifest {
  constructor(filename, data) {
    const { name, main, type, exports, imports } = { __proto__: null, ...data }; // whatever Object.prototype has
    const text = (value) => (typeof value === 'string' ? value : undefined);
    this.path = filename;
    this.name = text(name);
    this.main = text(main);
    this.type = type === 'module' || type === 'commonjs' ? type : 'none';
    this.exports = typeof exports === 'string' ? exports : objectOrNothing(exports);
    this.imports = objectOrNothing(imports);
  }
}

Object.setPrototypeOf(Manifest.prototype, null);

/** `importer` says, for errors, what is imported where: `"name" from /file`. */
function parse(filename, text, importer) {
  let data;
  try {
    data = JSON.parse(text.charCodeAt(0) === 0xFEFF ? text.slice(1) : text);
  } catch {
    data = null;
  }
  if (isManifest(data)) return new Manifest(filename, data);
  throw importer === undefined ? invalid(`${filename}.`) : invalid(filename, `${importer}.`);
}

function isManifest(data) {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return false;
  const isText = (name) => !Object.hasOwn(data, name) || typeof data[name] === 'string';
  return isText('name') && isText('type');
}

/** Node's parser throws this, and its errors have no code in their stack. */
function invalid(filename, importer) {
  const { message, code } = new ERR_INVALID_PACKAGE_CONFIG(filename, importer);
  return Object.assign(new Error(message), { code });
}

/** Keep what `text`, from the package.json at `filename`, says; null for no text. */
function keep(filename, text, importer) {
  const manifest = typeof text === 'string' ? parse(filename, text, importer) : null;
  manifests.set(filename, manifest);
  return manifest;
}

/** What the package.json at `filename` says; undefined if it does not exist. */
function read(filename, importer = undefined) {
  const known = manifests.get(filename);
  if (known !== undefined) return known ?? undefined;
  return keep(filename, files.readPackageJSON(filename), importer) ?? undefined;
}

/** The manifest in whose scope the files in `folder` are, or null. */
function scopeOf(folder) {
  const known = scopes.get(folder);
  if (known !== undefined) return known;
  const found = files.findPackageScope(folder);
  let scope = null;
  if (found) {
    const [filename, text] = found;
    scope = manifests.get(filename) ?? keep(filename, text);
    // It is that of the folders between too.
    const top = path.dirname(filename);
    for (let each = folder; each.length > top.length; each = path.dirname(each)) scopes.set(each, scope);
  }
  scopes.set(folder, scope);
  return scope;
}

/** `{ path, data }` of the package.json that the file `filename` belongs to; undefined if to none. */
function getNearestParentPackageJSON(filename) {
  const scope = scopeOf(path.dirname(filename));
  return scope === null ? undefined : { path: scope.path, data: scope };
}

/** The manifest that a file's URL belongs to, or null. */
function getPackageScope(url) {
  const { URL } = require('internal/url');
  const { protocol, pathname } = typeof url === 'string' ? new URL(url) : url;
  if (protocol !== 'file:') return null;
  const filename = fileURLToPath(`file://${pathname}`);
  return scopeOf(filename.endsWith(path.sep) ? withoutSlash(filename) : path.dirname(filename));
}

const withoutSlash = (folder) => (folder.length > 1 ? folder.slice(0, -1) : folder);

/** 'module', 'commonjs' or 'none'. */
function getPackageType(url) {
  return getPackageScope(url)?.type ?? 'none';
}

/**
 * The folder of the package `name` as seen from `folder`, with its manifest (or undefined); undefined if there is
 * none.
 */
function findPackage(folder, name, importer) {
  const found = files.findPackage(folder, name);
  if (!found) return undefined;
  const [packageFolder, text] = found;
  const filename = `${packageFolder}${packageFolder.endsWith(path.sep) ? '' : path.sep}package.json`;
  return { path: filename, manifest: manifests.get(filename) ?? keep(filename, text, importer) ?? undefined };
}

// module.findPackageJSON

function toURL(value, name) {
  const { URL } = require('internal/url');
  if (isURL(value)) return `${value}`;
  validateString(value, name);
  return URL.canParse(value) || !path.isAbsolute(value) ? value : pathToFileURL(value).href;
}

/** The path of the package.json of a package (bare specifier), or of that which a file belongs to. */
function findPackageJSON(specifier, base = 'data:') {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('specifier');
  if (!isURL(specifier) && typeof specifier !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('specifier', ['string', 'URL'], specifier);
  }
  const { isRelativeOrAbsolute, defaultResolve, findPackageOf } = require('internal/modules/esm/resolve');
  const { URL } = require('internal/url');
  const parentURL = toURL(base, 'base');
  const text = `${specifier}`;
  if (!isRelativeOrAbsolute(text) && !URL.canParse(text)) return findPackageOf(text, parentURL).path;
  const { url } = defaultResolveAsPackage(defaultResolve, text, parentURL);
  return getPackageScope(url)?.path;
}

/** A folder is as good as a file here. */
function defaultResolveAsPackage(defaultResolve, specifier, parentURL) {
  try {
    return defaultResolve(specifier, parentURL, new Set(['node', 'import']));
  } catch (error) {
    if (error.code !== 'ERR_UNSUPPORTED_DIR_IMPORT') throw error;
    return { url: error.url.endsWith('/') ? error.url : `${error.url}/` };
  }
}

module.exports = {
  findPackage,
  findPackageJSON,
  getNearestParentPackageJSON,
  getPackageScope,
  getPackageType,
  read,
};
