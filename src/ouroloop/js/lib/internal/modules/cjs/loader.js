'use strict';

// CommonJS: `require`, and the Module class that programs may look into and change.
//
// Theory of operation. `Module._load` answers from the cache by file name, or makes a module, puts it into the cache
// before it runs (so that circles end), and has its file's extension decide how it is loaded. A source becomes a
// function of (exports, require, module, __filename, __dirname), compiled by V8 as such, so that line and column are
// the file's own.
//
// What surprises people: almost every step is a property of Module that packages replace (`_resolveFilename`, `_load`,
// `_extensions`, `_compile`, `wrap`); each is looked up when it is used. And a .js file without a package type may
// be an ES module: when it does not compile as CommonJS but would as a module, it is loaded as one.

const path = require('path');
const { codes: {
  ERR_INVALID_ARG_VALUE, ERR_UNKNOWN_BUILTIN_MODULE, ERR_REQUIRE_CYCLE_MODULE, ERR_REQUIRE_ESM,
  ERR_INVALID_MODULE_SPECIFIER,
}, uvException } = require('internal/errors');
const { validateString } = require('internal/validators');
const builtins = require('internal/modules/builtins');
const { getOptionValue } = require('internal/options');
const { refuseTypeScript } = require('internal/not_there');
const { decorate } = require('internal/process/report_error');
const { tracingChannel } = require('diagnostics_channel');
const moduleTimer = require('internal/modules/module_timer');
const packages = require('internal/modules/package_json_reader');
const hooks = require('internal/modules/customization_hooks');
const asyncHooks = require('internal/modules/esm/hooks');
const sourceMaps = require('internal/source_map');

const files = internalBinding('module_loader');
const natives = internalBinding('contextify');

const trace = tracingChannel('module.require');
const kRequireESM = Symbol('isLoadedAsESM');
const FILE = 0;
const DIRECTORY = 1;

const statCache = new Map(); // only while modules are being loaded
let loadDepth = 0;
const relativeCache = Object.create(null);

let stat = (filename) => files.kind(filename); // programs may replace it, to have modules that are no files

Object.defineProperty(Module, '_stat', {
  __proto__: null,
  configurable: true,
  get: () => stat,
  set(value) {
    stat = value;
  },
});

function kindOf(filename) {
  if (loadDepth === 0) return stat(filename);
  let kind = statCache.get(filename);
  if (kind === undefined) {
    kind = stat(filename);
    if (kind >= 0) statCache.set(filename, kind);
  }
  return kind;
}

function Module(id = '', parent) {
  this.id = id;
  this.path = path.dirname(id);
  Object.defineProperty(this, 'exports', { value: {}, writable: true, enumerable: true, configurable: true });
  parents.set(this, parent);
  updateChildren(parent, this, false);
  this.filename = null;
  this.loaded = false;
  this.children = [];
}

const parents = new WeakMap();

Object.defineProperty(Module.prototype, 'parent', {
  __proto__: null,
  configurable: true,
  get() {
    return parents.get(this);
  },
  set(value) {
    parents.set(this, value);
  },
});

Object.defineProperty(Module.prototype, 'isPreloading', {
  __proto__: null,
  configurable: true,
  get() {
    return isPreloading;
  },
});

let isPreloading = false;

function updateChildren(parent, child, scan) {
  const children = parent?.children;
  if (children && !(scan && children.includes(child))) children.push(child);
}

Module._cache = Object.create(null);
Module._pathCache = Object.create(null);
Module._extensions = Object.create(null);
Module.globalPaths = [];
Module.Module = Module;

// Wrapping: only for those who change it.

let isWrapPatched = false;
let wrapper = new Proxy(['(function (exports, require, module, __filename, __dirname) { ', '\n});'], {
  set(target, key, value) {
    isWrapPatched = true;
    return Reflect.set(target, key, value);
  },
  defineProperty(target, key, descriptor) {
    isWrapPatched = true;
    return Reflect.defineProperty(target, key, descriptor);
  },
});
let wrap = (script) => wrapper[0] + script + wrapper[1];

Object.defineProperty(Module, 'wrap', {
  __proto__: null,
  enumerable: true,
  configurable: true,
  get: () => wrap,
  set(value) {
    isWrapPatched = true;
    wrap = value;
  },
});

Object.defineProperty(Module, 'wrapper', {
  __proto__: null,
  enumerable: true,
  configurable: true,
  get: () => wrapper,
  set(value) {
    isWrapPatched = true;
    wrapper = value;
  },
});

// Where to look

Module._nodeModulePaths = function(from) {
  from = path.resolve(from);
  if (from === '/') return ['/node_modules'];
  const paths = [];
  for (let end = from.length; end > 0; end = from.lastIndexOf('/', end - 1)) {
    const folder = from.slice(0, end);
    if (!folder.endsWith('/node_modules')) paths.push(`${folder}/node_modules`);
  }
  paths.push('/node_modules');
  return paths;
};

const isRelative = (request) => /^\.\.?(?:\/|$)/.test(request);

Module._resolveLookupPaths = function(request, parent) {
  if (builtins.canBeRequired(request)) return null;
  if (!isRelative(request)) {
    const own = parent?.paths?.length ? parent.paths : [];
    const paths = own.concat(Module.globalPaths);
    return paths.length > 0 ? paths : null;
  }
  if (!parent?.id || !parent.filename) {
    return ['.'].concat(Module._nodeModulePaths('.'), Module.globalPaths);
  }
  return [path.dirname(parent.filename)];
};

Module._initPaths = function() {
  const { HOME, NODE_PATH } = process.env;
  const paths = [path.resolve(process.execPath, '..', '..', 'lib', 'node')];
  if (HOME) paths.unshift(path.resolve(HOME, '.node_modules'), path.resolve(HOME, '.node_libraries'));
  if (NODE_PATH) paths.unshift(...NODE_PATH.split(path.delimiter).filter(Boolean));
  Module.globalPaths = paths;
};

function realPath(filename) {
  const found = files.realPath(filename);
  if (typeof found === 'number') throw uvException({ errno: found, syscall: 'lstat', path: filename });
  return found;
}

function toRealPath(filename, isMain) {
  if (getOptionValue(isMain ? '--preserve-symlinks-main' : '--preserve-symlinks')) return path.resolve(filename);
  return realPath(filename);
}

function tryFile(filename, isMain) {
  return kindOf(filename) === FILE ? toRealPath(filename, isMain) : false;
}

function tryExtensions(base, extensions, isMain) {
  for (let i = 0; i < extensions.length; i++) {
    const found = tryFile(base + extensions[i], isMain);
    if (found) return found;
  }
  return false;
}

function tryPackage(folder, extensions, isMain, request) {
  const main = packages.read(path.resolve(folder, 'package.json'))?.main;
  if (!main) return tryExtensions(path.resolve(folder, 'index'), extensions, isMain);
  const filename = path.resolve(folder, main);
  const found = tryFile(filename, isMain) || tryExtensions(filename, extensions, isMain) ||
    tryExtensions(path.resolve(filename, 'index'), extensions, isMain);
  if (found) return found;
  const index = tryExtensions(path.resolve(folder, 'index'), extensions, isMain);
  const manifest = path.resolve(folder, 'package.json');
  if (!index) {
    const error = new Error(
      `Cannot find module '${filename}'. Please verify that the package.json has a valid "main" entry`);
    error.code = 'MODULE_NOT_FOUND';
    error.path = manifest;
    error.requestPath = request;
    throw error;
  }
  process.emitWarning(
    `Invalid 'main' field in '${manifest}' of '${main}'. Please either fix that or report it to the module author`,
    'DeprecationWarning', 'DEP0128');
  return index;
}

let conditionsOfHook; // instead of the usual ones, while a hook's are in force

const requireConditions = () => conditionsOfHook ?? getConditions('require');

/** The conditions of `exports` and `imports` for `require` or `import`. */
function getConditions(kind) {
  const conditions = new Set();
  const add = (name) => conditions.add(name); // without array iterators, which programs have been seen to delete
  if (kind === 'require') add('require').add('node');
  else add('node').add('import').add('module-sync');
  if (require('internal/process/permission').areAddonsAllowed()) add('node-addons');
  add('module-sync');
  getOptionValue('--conditions')?.forEach(add);
  return conditions;
}

const PACKAGE_NAME = /^((?:@[^/\\%]+\/)?[^./\\%][^/\\%]*)(\/.*)?$/;

function resolveExports(folder, request) {
  const match = PACKAGE_NAME.exec(request);
  if (match === null) return;
  const name = match[1];
  const subpath = match[2] ?? '';
  const packageFolder = path.resolve(folder, name);
  const manifest = packages.read(path.resolve(packageFolder, 'package.json'));
  if (manifest?.exports == null) return;
  const { packageExportsResolve } = require('internal/modules/esm/resolve');
  const { pathToFileURL } = require('internal/url');
  const url = packageExportsResolve(
    pathToFileURL(`${packageFolder}/package.json`), `.${subpath}`, manifest, null, requireConditions());
  return finishEsmResolution(url, path.resolve(packageFolder, 'package.json'));
}

function finishEsmResolution(url, manifestPath) {
  const { fileURLToPath } = require('internal/url');
  if (/%(?:2f|5c)/i.test(url.pathname)) {
    throw new ERR_INVALID_MODULE_SPECIFIER(
      url.pathname, 'must not include encoded "/" or "\\" characters', manifestPath);
  }
  const filename = fileURLToPath(url);
  const actual = tryFile(filename, false);
  if (actual) return actual;
  const error = new Error(`Cannot find module '${filename}'`);
  error.code = 'MODULE_NOT_FOUND';
  error.path = manifestPath;
  throw error;
}

/** A package's own name, inside itself. */
function trySelf(parentPath, request) {
  if (!parentPath) return false;
  const scope = packages.getNearestParentPackageJSON(parentPath);
  const { exports, name } = scope?.data ?? {};
  if (exports == null || name === undefined) return false;
  if (request !== name && !request.startsWith(`${name}/`)) return false;
  const { packageExportsResolve } = require('internal/modules/esm/resolve');
  const { pathToFileURL } = require('internal/url');
  const subpath = `.${request.slice(name.length)}`;
  const url = packageExportsResolve(
    pathToFileURL(scope.path), subpath, scope.data, pathToFileURL(parentPath), requireConditions());
  return finishEsmResolution(url, scope.path);
}

Module._findPath = function(request, paths, isMain = false) {
  const absolute = path.isAbsolute(request);
  if (absolute) paths = [''];
  else if (!paths || paths.length === 0) return false;
  const key = `${request}\0${paths.join('\0')}`;
  const known = conditionsOfHook === undefined && Module._pathCache[key];
  if (known) return known;

  const asFolder = /(?:\/|(?:^|\/)\.{1,2})$/.test(request);
  let extensions;
  for (let i = 0; i < paths.length; i++) { // without array iterators, which programs have been seen to delete
    const folder = paths[i];
    validateString(folder, 'path');
    if (folder && !request.startsWith('../') && kindOf(folder) !== DIRECTORY) continue;
    if (!absolute && !isRelative(request)) {
      const exported = resolveExports(folder, request);
      if (exported) return exported;
    }
    const base = path.resolve(folder, request);
    const kind = kindOf(base);
    let filename;
    if (!asFolder) {
      if (kind === FILE) filename = toRealPath(base, isMain);
      if (!filename) filename = tryExtensions(base, extensions ??= Object.keys(Module._extensions), isMain);
    }
    if (!filename && kind === DIRECTORY) {
      filename = tryPackage(base, extensions ??= Object.keys(Module._extensions), isMain, request);
    }
    if (filename) {
      if (conditionsOfHook === undefined) Module._pathCache[key] = filename;
      return filename;
    }
  }
  return false;
};

Module._resolveFilename = function(request, parent, isMain, options) {
  if (builtins.canBeRequired(request)) return request;
  let paths;
  if (typeof options === 'object' && options !== null) paths = pathsOf(request, parent, options);
  else paths = Module._resolveLookupPaths(request, parent);

  if (request[0] === '#' && (parent?.filename || parent?.id === '<repl>')) {
    const imported = resolveImports(request, parent);
    if (imported) return imported;
  }
  const self = trySelf(parent?.filename ?? (parent?.paths && `${parent.path ?? process.cwd()}/`), request);
  if (self) return self;

  const filename = Module._findPath(request, paths, isMain);
  if (filename) return filename;

  const requireStack = [];
  for (let cursor = parent; cursor; cursor = parents.get(cursor) ?? cursor.parent) {
    requireStack.push(cursor.filename || cursor.id);
    if (requireStack.length > 1000) break;
  }
  const lines = requireStack.map((each) => `\n- ${each}`).join('');
  const error = new Error(`Cannot find module '${request}'${lines && `\nRequire stack:${lines}`}`);
  error.code = 'MODULE_NOT_FOUND';
  error.requireStack = requireStack;
  throw error;
};

function pathsOf(request, parent, options) {
  if (Array.isArray(options.paths)) {
    if (isRelative(request)) return options.paths;
    const fake = new Module('', null);
    const found = [];
    for (const each of options.paths) {
      fake.paths = Module._nodeModulePaths(each);
      for (const lookup of Module._resolveLookupPaths(request, fake)) {
        if (!found.includes(lookup)) found.push(lookup);
      }
    }
    return found;
  }
  if (options.paths === undefined) return Module._resolveLookupPaths(request, parent);
  throw new ERR_INVALID_ARG_VALUE('options.paths', options.paths);
}

function resolveImports(request, parent) {
  const scope = packages.getNearestParentPackageJSON(parent.filename);
  if (scope?.data.imports == null) return;
  if (request === '#') {
    throw new ERR_INVALID_MODULE_SPECIFIER(
      request, 'is not a valid internal imports specifier name', parent.filename);
  }
  const { packageImportsResolve } = require('internal/modules/esm/resolve');
  const { pathToFileURL } = require('internal/url');
  const url = packageImportsResolve(request, pathToFileURL(parent.filename), requireConditions());
  if (url.protocol === 'node:') return url.href;
  return finishEsmResolution(url, scope.path);
}

// Loading

const circularProxies = new WeakSet();

/** The exports of a module that is still running; reading what it does not have yet gives a warning. */
function exportsInCircle(module) {
  const { exports } = module;
  if (exports && typeof exports === 'object' && !require('internal/util/types').isProxy(exports) &&
      !exports.__esModule && Object.getPrototypeOf(exports) === Object.prototype) {
    Object.setPrototypeOf(exports, circularProxy);
    circularProxies.add(module);
  }
  return exports;
}

const circularProxy = new Proxy({}, {
  get(target, property) {
    if (property in target || property === '__esModule') return target[property];
    warnMissingInCircle(property);
    return undefined;
  },
  getOwnPropertyDescriptor(target, property) {
    if (Object.hasOwn(target, property) || property === '__esModule') {
      return Object.getOwnPropertyDescriptor(target, property);
    }
    warnMissingInCircle(property);
    return undefined;
  },
});

function warnMissingInCircle(property) {
  process.emitWarning(
    `Accessing non-existent property '${String(property)}' of module exports inside circular dependency`);
}

function endCircle(module) {
  if (!circularProxies.delete(module)) return;
  const { exports } = module;
  if (exports && !require('internal/util/types').isProxy(exports) && Object.getPrototypeOf(exports) === circularProxy) {
    Object.setPrototypeOf(exports, Object.prototype);
  }
}

function loadBuiltin(request) {
  if (!builtins.canBeRequired(request)) throw new ERR_UNKNOWN_BUILTIN_MODULE(request);
  return builtins.load(request.slice(5));
}

Module._load = function(request, parent, isMain) {
  if (hooks.has('resolve') || hooks.has('load') || isCustomized(parent)) return loadWithHooks(request, parent, isMain);
  const relativeKey = parent && `${parent.path}\0${request}`;
  if (parent) {
    const known = relativeCache[relativeKey];
    const cached = known !== undefined && Module._cache[known];
    if (cached) return exportsOfCached(cached, parent);
    if (known !== undefined) delete relativeCache[relativeKey];
  }
  if (request.startsWith('node:')) return loadBuiltin(request);

  const filename = Module._resolveFilename(request, parent, isMain);
  const cached = Module._cache[filename];
  if (cached !== undefined) return exportsOfCached(cached, parent);
  if (filename.startsWith('node:')) return loadBuiltin(filename);
  if (builtins.canBeRequiredWithoutScheme(filename)) return builtins.load(filename);
  return loadFile(filename, parent, isMain, relativeKey);
};

function exportsOfCached(cached, parent) {
  updateChildren(parent, cached, true);
  if (cached.loaded) return cached.exports;
  if (!cached[kRequireESM]) return exportsInCircle(cached);
  const parentOfCached = parents.get(cached)?.filename;
  throw new ERR_REQUIRE_CYCLE_MODULE(
    `Cannot require() ES Module ${cached.filename} in a cycle.${parentOfCached ? ` (from ${parentOfCached})` : ''}`);
}

/** Load a file that is not in the cache. `place` is what hooks have said of it: `{ url, format }`. */
function loadFile(filename, parent, isMain, relativeKey, place) {
  const module = new Module(filename, parent);
  if (place !== undefined) places.set(module, place);
  if (isMain) {
    process.mainModule = module;
    if (parent === null) module.id = '.'; // not if it was imported
  }
  Module._cache[filename] = module;
  if (parent !== undefined && parent !== null) relativeCache[relativeKey] = filename;
  loadOrForget(module, filename, parent, relativeKey);
  return module.exports;
}

function loadOrForget(module, filename, parent, relativeKey) {
  let threw = true;
  loadDepth++;
  try {
    module.load(filename);
    threw = false;
  } finally {
    if (--loadDepth === 0) statCache.clear();
    if (threw) {
      delete Module._cache[filename];
      if (parent !== undefined && parent !== null) {
        delete relativeCache[relativeKey];
        const index = parent.children?.indexOf(module) ?? -1;
        if (index >= 0) parent.children.splice(index, 1);
      }
    } else {
      endCircle(module);
    }
  }
}

// With hooks: those of module.registerHooks, and in modules whose source asynchronous hooks have given, those as well

const places = new WeakMap(); // Module -> { url, format }
const customized = new WeakSet(); // modules whose source asynchronous hooks have given

const isCustomized = (module) => asyncHooks.isActive() && customized.has(module);

/** A core module's URL as `require` calls it. */
function schemeless(url) {
  const id = url.slice(5);
  return url.startsWith('node:') && builtins.canBeRequiredWithoutScheme(id) ? id : url;
}

function toURL(filename) {
  if (builtins.canBeRequired(filename)) return filename.startsWith('node:') ? filename : `node:${filename}`;
  return path.isAbsolute(filename) ? require('internal/url').pathToFileURL(filename).href : filename;
}

function toFilename(url) {
  return url.startsWith('file:') ? require('internal/url').fileURLToPath(url) : schemeless(url);
}

/** What `request` means to hooks and, behind them, to `require`: `{ url, format, filename }`. */
function resolveWithHooks(request, parent, isMain, options) {
  const isAsync = isCustomized(parent) && options?.paths === undefined; // `import` has no such option
  if (!hooks.has('resolve') && !isAsync) {
    const filename = Module._resolveFilename(request, parent, isMain, options);
    return { url: toURL(filename), format: undefined, filename };
  }
  const parentURL = parent?.filename ? places.get(parent)?.url ?? toURL(parent.filename) : undefined;
  const conditions = [...getConditions('require')];
  const byDefault = (specifier, context) => {
    const before = conditionsOfHook;
    conditionsOfHook = hooks.changedConditions(context, conditions) ?? before;
    try {
      const filename = Module._resolveFilename(specifier, parent, isMain, options);
      const url = toURL(filename);
      if (isAsync) {
        const { resolveNow } = require('internal/modules/esm/loader');
        return resolveNow(url.startsWith('node:') ? specifier : url, parentURL);
      }
      return { __proto__: null, url, format: undefined, importAttributes: undefined };
    } finally {
      conditionsOfHook = before;
    }
  };
  const { url, format } = hooks.resolve(request, parentURL, undefined, conditions, byDefault);
  return { url, format, filename: toFilename(url) };
}

/** What is at a URL, to hooks: `{ source, format }`. `module` is what it is for. */
function readWithHooks(url, format, module) {
  const byDefault = (each, context) => {
    if (isCustomized(parents.get(module))) return readCustomized(each, context.format, module);
    if (context.format === 'builtin' || each.startsWith('node:')) return { source: null, format: 'builtin' };
    return { source: readSource(toFilename(each)), format: context.format };
  };
  return hooks.load(url, format, undefined, [...getConditions('require')], byDefault);
}

/** The same, to asynchronous hooks. What they leave alone is plain CommonJS. */
function readCustomized(url, format, module) {
  const found = require('internal/modules/esm/loader').loadNow(url, format);
  if (found.format === 'commonjs') {
    if (found.source === null) return { source: readSource(toFilename(url)), format: found.format };
    customized.add(module);
  }
  return found;
}

function loadWithHooks(request, parent, isMain) {
  const { url, format, filename } = resolveWithHooks(request, parent, isMain);
  const cached = Module._cache[filename];
  if (cached !== undefined) return exportsOfCached(cached, parent);
  const key = `${parent?.path}\0${request}`;
  if (!url.startsWith('node:')) return loadFile(filename, parent, isMain, key, { url, format });
  if (!hooks.has('load')) return loadBuiltin(url);
  const module = new Module(url, parent);
  const found = readWithHooks(url, 'builtin', module);
  if (found.format === 'builtin') return loadBuiltin(url);
  places.set(module, { url });
  runSource(module, url, found);
  return module.exports;
}

/** The source of a module's file, `{ source, format }`, as hooks have it. */
function sourceOf(module, filename, format) {
  if (!hooks.has('load') && !isCustomized(parents.get(module))) return { source: readSource(filename), format };
  const place = places.get(module);
  return readWithHooks(place?.url ?? toURL(filename), place?.format ?? format, module);
}

/** Run a module from its source, by its format. */
function runSource(module, filename, { source, format }) {
  switch (format) {
    case 'builtin':
      module.exports = loadBuiltin(toURL(filename));
      break;
    case 'json':
      module.exports = parseJSON(source, filename);
      break;
    default:
      module._compile(withoutBOM(source), filename, format);
  }
}

/** The exports of a CommonJS file that was imported. Hooks have resolved it already, and may have given its source. */
function loadImported(url, filename, isMain, source) {
  if (!hooks.has('resolve') && source === undefined) {
    const exports = Module._load(filename, undefined, isMain);
    const module = Module._cache[filename];
    return module !== undefined && exportsWhenLoaded.has(module) ? exportsWhenLoaded.get(module) : exports;
  }
  const cached = Module._cache[filename];
  if (cached !== undefined) return exportsOfCached(cached);
  if (source === undefined) return loadFile(filename, undefined, isMain, '', { url });
  const module = new Module(filename);
  places.set(module, { url, format: 'commonjs' });
  if (asyncHooks.isActive()) customized.add(module);
  module.filename = filename;
  module.paths = Module._nodeModulePaths(module.path);
  Module._cache[filename] = module;
  let isRun = false;
  try {
    module._compile(withoutBOM(source), filename, 'commonjs');
    isRun = module.loaded = true;
  } finally {
    if (!isRun) delete Module._cache[filename];
  }
  endCircle(module);
  return module.exports;
}

function extensionOf(filename) {
  const name = path.basename(filename);
  for (let index = name.indexOf('.', 1); index >= 0; index = name.indexOf('.', index + 1)) {
    const extension = name.slice(index);
    if (Module._extensions[extension]) return extension;
  }
  return '.js';
}

Module.prototype.load = function(filename) {
  this.filename ??= filename;
  this.paths ??= Module._nodeModulePaths(path.dirname(filename));
  const extension = extensionOf(filename);
  if (filename.endsWith('.mjs') && !Module._extensions['.mjs']) loadESM(this, filename);
  else Module._extensions[extension](this, filename);
  this.loaded = true;
  exportsWhenLoaded.set(this, this.exports);
};

const exportsWhenLoaded = new WeakMap(); // what `import` gets, even if somebody replaces module.exports later

Module.prototype.require = function(id) {
  validateString(id, 'id');
  if (id === '') throw new ERR_INVALID_ARG_VALUE('id', id, 'must be a non-empty string');
  loadDepth++;
  try {
    if (moduleTimer.isOn()) return moduleTimer.measure(this, id, () => Module._load(id, this, false));
    if (!trace.hasSubscribers) return Module._load(id, this, false);
    const context = { __proto__: null, parentFilename: this.filename, id };
    return trace.traceSync(Module._load, context, Module, id, this, false);
  } finally {
    if (--loadDepth === 0) statCache.clear();
  }
};

function compile(source, filename, module) {
  sourceMaps.note(filename, source, module);
  try {
    if (isWrapPatched) return natives.runScript(Module.wrap(source), filename, 0, 0, 0);
    return natives.compileFunction(source, filename, undefined, 0, 0, 1);
  } catch (error) {
    decorate(error);
    throw error;
  }
}

/** Run `content` as the body of this module. `format` 'commonjs' or 'module', if that is known. */
Module.prototype._compile = function(content, filename, format) {
  if (format?.endsWith('typescript')) refuseTypeScript(filename);
  let compiled;
  if (format !== 'module') {
    try {
      compiled = compile(content, filename, this);
    } catch (error) {
      if (format === 'commonjs') warnOfModuleSyntax(error, content, filename);
      if (format === 'commonjs' || !mayBeModule(error, content)) throw error;
      format = 'module';
    }
  }
  if (format === 'module') {
    loadESMFromCJS(this, filename, content);
    return undefined;
  }
  const require = makeRequire(this);
  const { exports } = this;
  return Reflect.apply(compiled, exports, [exports, require, this, filename, path.dirname(filename)]);
};

/** A file that is called CommonJS, and is an ES module. */
function warnOfModuleSyntax(error, content, filename) {
  if (!(error instanceof SyntaxError) || !require('internal/modules/esm_syntax').containsModuleSyntax(content)) return;
  require('internal/process/warning').emitWarningNow(
    `Failed to load the ES module: ${filename}. Make sure to set "type": "module" in the nearest package.json file ` +
    'or use the .mjs extension.');
}

function mayBeModule(error, content) {
  if (getOptionValue('--experimental-detect-module') === false) return false;
  if (!(error instanceof SyntaxError)) return false;
  return require('internal/modules/esm_syntax').containsModuleSyntax(content);
}

function loadESM(module, filename) {
  if (hooks.has('load')) runSource(module, filename, sourceOf(module, filename, 'module'));
  else loadESMFromCJS(module, filename, undefined);
}

/** `require` of an ES module, which runs at once; it must not use top-level await. */
function loadESMFromCJS(module, filename, source) {
  const url = places.get(module)?.url ?? require('internal/url').pathToFileURL(filename).href;
  const isMain = module === process.mainModule;
  const loader = require('internal/modules/esm/loader');
  if (isMain) {
    require('internal/main').runEntryPoint(url, source);
    return;
  }
  if (getOptionValue('--require-module') === false) throw requireOfESM(module, filename, source);
  traceRequireOfModule(parents.get(module)?.filename, filename);
  module[kRequireESM] = true;
  const namespace = loader.requireESM(url, filename, source, parents.get(module));
  if (Object.hasOwn(namespace, 'module.exports')) {
    module.exports = namespace['module.exports'];
  } else if (!Object.hasOwn(namespace, 'default') || Object.hasOwn(namespace, '__esModule')) {
    module.exports = namespace;
  } else {
    module.exports = loader.facadeWithEsModuleFlag(url);
  }
}

/** The error for `require` of an ES module, where that is turned off. */
function requireOfESM(module, filename, source) {
  const { containsModuleSyntax } = require('internal/modules/esm_syntax');
  const scope = filename.endsWith('.js') ? packages.getNearestParentPackageJSON(filename) : undefined;
  const hasSyntax = filename.endsWith('.mjs') || containsModuleSyntax(source ?? readSource(filename));
  return new ERR_REQUIRE_ESM(filename, hasSyntax, parents.get(module)?.filename, scope?.path);
}

/** --trace-require-module: tell who requires an ES module. */
function traceRequireOfModule(parent, filename) {
  const mode = getOptionValue('--trace-require-module');
  if (mode === undefined || (mode === 'no-node-modules' && /[/\\]node_modules[/\\]/.test(parent))) return;
  const who = parent === undefined ?
    '' : `CommonJS module ${parent} is loading ES Module ${filename} using require().\n`;
  process.emitWarning(
    `${who}Support for loading ES Module in require() is an experimental feature and might change at any time`,
    'ExperimentalWarning');
}

function readSource(filename) {
  const source = files.readSource(filename);
  if (typeof source !== 'number') return source;
  throw uvException({ errno: source, syscall: 'open', path: filename });
}

const withoutBOM = (text) => (text.charCodeAt(0) === 0xFEFF ? text.slice(1) : text);

/** 'commonjs' or 'module' by extension and package; undefined where the source must tell. */
function formatOf(filename) {
  const match = /\.([cm]?)([jt])s$/.exec(filename);
  if (match === null) return undefined;
  const format = match[1] === '' ? packageFormat(filename) : KINDS[match[1]];
  if (match[2] === 'j') return format;
  return format === undefined ? 'typescript' : `${format}-typescript`;
}

const KINDS = { c: 'commonjs', m: 'module' };

function packageFormat(filename) {
  const type = packages.getNearestParentPackageJSON(filename)?.data.type;
  return type === 'module' || type === 'commonjs' ? type : undefined;
}

Module._extensions['.js'] = function(module, filename) {
  runSource(module, filename, sourceOf(module, filename, formatOf(filename)));
};

Module._extensions['.json'] = function(module, filename) {
  runSource(module, filename, sourceOf(module, filename, 'json'));
};

function parseJSON(content, filename) {
  try {
    return JSON.parse(withoutBOM(content));
  } catch (error) {
    error.message = `${filename}: ${error.message}`;
    throw error;
  }
}

Module._extensions['.node'] = function(module, filename) {
  process.dlopen(module, filename);
};

// require

function makeRequire(module) {
  function require(path) {
    return Reflect.apply(module.require, module, [path]);
  }
  function resolve(request, options) {
    validateString(request, 'request');
    if (hooks.has('resolve') || isCustomized(module)) return resolveWithHooks(request, module, false, options).filename;
    return Module._resolveFilename(request, module, false, options);
  }
  function paths(request) {
    validateString(request, 'request');
    return Module._resolveLookupPaths(request, module);
  }
  require.resolve = resolve;
  resolve.paths = paths;
  // Whatever a program has put on Object.prototype.
  Object.defineProperty(require, 'main', {
    __proto__: null, value: process.mainModule, writable: true, enumerable: true, configurable: true,
  });
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

Module.createRequire = function(filename) {
  const { isURL, fileURLToPath } = require('internal/url');
  let filepath = filename;
  if (isURL(filename) || (typeof filename === 'string' && !path.isAbsolute(filename))) {
    try {
      filepath = fileURLToPath(filename);
    } catch {
      throw new ERR_INVALID_ARG_VALUE('filename', filename, MUST_BE_PLACE);
    }
  } else if (typeof filename !== 'string') {
    throw new ERR_INVALID_ARG_VALUE('filename', filename, MUST_BE_PLACE);
  }
  const asFolder = filepath.endsWith('/');
  const proxy = asFolder ? path.join(filepath, 'noop.js') : filepath;
  const module = new Module(proxy);
  if (filepath !== filename) places.set(module, { url: `${filename}` });
  module.filename = proxy;
  module.paths = Module._nodeModulePaths(module.path);
  return makeRequire(module);
};

const MUST_BE_PLACE = 'must be a file URL object, file URL string, or absolute path string';

Module._preloadModules = function(requests) {
  if (!Array.isArray(requests)) return;
  isPreloading = true;
  const parent = new Module('internal/preload', null);
  try {
    parent.paths = Module._nodeModulePaths(process.cwd());
  } catch (error) {
    if (error.code !== 'ENOENT') {
      isPreloading = false;
      throw error;
    }
  }
  for (const request of requests) parent.require(request);
  isPreloading = false;
};

Module.runMain = function(main = process.argv[1]) {
  require('internal/main').executeUserEntryPoint(main);
};

Module._debug = () => {};

/** For --pending-deprecation. */
function deprecateParent() {
  const { deprecate } = require('internal/util');
  const { get, set } = Object.getOwnPropertyDescriptor(Module.prototype, 'parent');
  const text = 'module.parent is deprecated due to accuracy issues. Please use require.main to find program entry ' +
    'point instead.';
  Object.defineProperty(Module.prototype, 'parent', {
    __proto__: null, configurable: true, get: deprecate(get, text, 'DEP0144'), set: deprecate(set, text, 'DEP0144'),
  });
}

module.exports = {
  Module, compile, deprecateParent, formatOf, getConditions, loadImported, makeRequire, readSource, toRealPath,
  withoutBOM,
};
