'use strict';

// ES modules: from a specifier to a running module.
//
// Theory of operation. V8 has the modules; here is the map from URL to V8's module (a number), and what gives V8 a
// source for each kind. `resolve` turns specifiers into URLs (`internal/modules/esm/resolve`). Whatever is not an ES
// module (CommonJS, JSON, a core module) is given to V8 as a small ES module that is made up here: it declares the
// exports' names, and gets their values when it runs, through its `import.meta`.
//
// What surprises people: everything is read and linked at once, and yet `import()` takes a good ten microtasks, as
// many as Node's, so that what a program does meanwhile comes in the same order.

const {
  codes: {
    ERR_IMPORT_ATTRIBUTE_MISSING, ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE, ERR_IMPORT_ATTRIBUTE_UNSUPPORTED,
    ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_PROPERTY_VALUE,
    ERR_REQUIRE_ASYNC_MODULE, ERR_REQUIRE_CYCLE_MODULE, ERR_UNKNOWN_BUILTIN_MODULE, ERR_UNKNOWN_FILE_EXTENSION,
    ERR_UNKNOWN_MODULE_FORMAT,
  },
  uvException,
} = require('internal/errors');
const { decorate, decorateLinkError } = require('internal/process/report_error');
const builtins = require('internal/modules/builtins');
const resources = require('internal/async_hooks');
const hooks = require('internal/modules/customization_hooks');
const asyncHooks = require('internal/modules/esm/hooks');
const { getOptionValue } = require('internal/options');
const { emitExperimentalWarning, getCWDURL } = require('internal/util');
const { tracingChannel } = require('diagnostics_channel');
const { refuseTypeScript } = require('internal/not_there');

const builtinIds = internalBinding('builtins');
const native = internalBinding('module_wrap');
const files = internalBinding('module_loader');
const values = internalBinding('util');

const trace = tracingChannel('module.import');

const EVALUATING = 3;
const EVALUATED = 4; // or waiting
const ERRORED = 5;
const REJECTED = 2;
const PENDING = 0;

/** A world of modules that know each other: a URL is one module in each graph. */
class Graph {
  constructor(symbol) {
    this.symbol = symbol; // by which V8 tells whose `import()` it is
    this.records = new Map(); // `${url}` or `${url} json` -> Record
    this.loading = new Map(); // the same -> the promise of a record
  }
}

const mainGraph = new Graph(undefined);
const hooksGraph = new Graph(Symbol('hooks')); // of `module.register`
const { records } = mainGraph;
const byNumber = new Map();

class Record {
  url; // fields of its own, whatever a program has put on Object.prototype
  format;
  graph;

  constructor(url, format, graph = mainGraph) {
    this.url = url;
    this.format = format;
    this.graph = graph;
    this.number = 0; // V8's module
    this.evaluate = undefined; // for made-up modules: gives the exports their values
    this.isLinked = false;
    this.wasLinked = false; // as the main program, or for a module that imports it and has run
    this.misfit = undefined; // `{ reason }`: why it will never be linked, though all it imports is there
    this.arrival = undefined; // the promise of the first run, once it is imported itself
    this.source = undefined; // kept if it has the word `await`
    this.requests = new Set(); // records
    this.children = undefined; // the same by specifier, if they were loaded by asynchronous hooks
  }

  get status() {
    return native.getModuleStatus(this.number);
  }

  get namespace() {
    return native.getModuleNamespace(this.number);
  }
}

// From specifier to record

function conditions() {
  return require('internal/modules/cjs/loader').getConditions('import');
}

const resolved = new Map(); // parent's URL -> Map from specifier to `{ url }`

/** What a specifier means, by Node's rules. It stays so for the module, even if its file goes. */
function resolveOnce(specifier, parentURL) {
  let known = resolved.get(parentURL);
  if (known === undefined) resolved.set(parentURL, known = new Map());
  let result = known.get(specifier);
  if (result === undefined) {
    result = require('internal/modules/esm/resolve').defaultResolve(specifier, parentURL, conditions());
    known.set(specifier, result);
  }
  return result;
}

/** The last step of resolving, behind all hooks. `list` are the usual conditions. */
const lastResolve = (list, attributes) => (specifier, context) => {
  const { defaultResolve } = require('internal/modules/esm/resolve');
  const parentURL = context.parentURL ?? getCWDURL().href; // the main program has no parent
  const { url } = defaultResolve(specifier, parentURL, hooks.changedConditions(context, list) ?? new Set(list));
  return { __proto__: null, url, format: expectedFormat(url), importAttributes: attributes };
};

/** What a specifier means in a module: `{ url, format, importAttributes }`, the last two only as hooks have said. */
function resolve(specifier, parentURL, attributes) {
  const isAsync = asyncHooks.isActive();
  if (!hooks.has('resolve')) {
    return isAsync ? asyncHooks.now(resolveAsync(specifier, parentURL, attributes)) : resolveOnce(specifier, parentURL);
  }
  const list = [...conditions()];
  return hooks.resolve(specifier, parentURL, attributes, list, isAsync ?
    (each, context) => asyncHooks.now(resolveAsync(each, context.parentURL, attributes)) :
    lastResolve(list, attributes));
}

/** The same, by asynchronous hooks. */
async function resolveAsync(specifier, parentURL, attributes) {
  const list = [...conditions()];
  const plain = { ...attributes };
  const byDefault = lastResolve(list);
  return asyncHooks.resolve(specifier, parentURL, plain, list, (each, context) => {
    const { url, format } = byDefault(each, context);
    return each.startsWith('node:') ? { __proto__: null, url } : { __proto__: null, url, format };
  });
}

// What `require` asks of asynchronous hooks, for CommonJS whose source they have given

const resolveNow = (specifier, parentURL) => asyncHooks.now(resolveAsync(specifier, parentURL, {}));
const loadNow = (url, format) => asyncHooks.now(loadAsync(url, {}, format));

/** Attributes as V8 gives them, [key, value, key, value ...], as an object. */
function attributesOf(list) {
  const attributes = { __proto__: null };
  for (let i = 0; i < list.length; i += 2) attributes[list[i]] = list[i + 1];
  return attributes;
}

function checkAttributeNames(url, attributes) {
  Object.keys(attributes).forEach((key) => {
    if (key !== 'type') throw new ERR_IMPORT_ATTRIBUTE_UNSUPPORTED(key, attributes[key], url);
  });
}

function checkAttributes(url, format, attributes) {
  const { type } = attributes;
  if (!(format in translators)) return; // that is the graver error, and told next
  if (type !== undefined && type !== 'json') throw new ERR_IMPORT_ATTRIBUTE_UNSUPPORTED('type', type, url);
  if (format === 'json' && type === undefined) throw new ERR_IMPORT_ATTRIBUTE_MISSING(url, 'type', 'json');
  if (format !== 'json' && type !== undefined) throw new ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE(url, type);
}

/** The record for a specifier in a module, made and compiled if it is new. */
function recordFor(specifier, parent, attributes) {
  const known = parent.children?.get(keyOf(specifier, attributes));
  if (known !== undefined) return known;
  const { url, format, importAttributes = attributes } = resolve(specifier, parent.url, attributes);
  return recordOf(url, importAttributes, undefined, format, parent.graph);
}

const keyOf = (url, attributes) => (attributes.type === undefined ? url : `${url} ${attributes.type}`);

function recordOf(url, attributes, source, format, graph = mainGraph) {
  const known = graph.records.get(keyOf(url, attributes));
  if (known !== undefined) return known;
  checkAttributeNames(url, attributes);
  const isRead = source === undefined && (hooks.has('load') || asyncHooks.isActive());
  const loaded = isRead ? readWithHooks(url, attributes, format) : read(url, source, format);
  return newRecord(url, attributes, loaded, graph);
}

function newRecord(url, attributes, loaded, graph) {
  if (!loaded.isChecked) checkAttributes(url, loaded.format, attributes);
  const record = translate(url, loaded, graph);
  graph.records.set(keyOf(url, attributes), record);
  return record;
}

// Loading by asynchronous hooks: a module's graph is loaded whole before it is linked

/** The record for a specifier, with all that it imports. */
async function loadGraph(specifier, parentURL, attributes, graph) {
  const record = await loadRecord(specifier, parentURL, attributes, graph);
  await loadChildren(record, new Set());
  return record;
}

async function loadRecord(specifier, parentURL, attributes, graph) {
  const { url, format, importAttributes = attributes } = hooks.has('resolve') ?
    resolve(specifier, parentURL, attributes) :
    await resolveAsync(specifier, parentURL, attributes);
  const key = keyOf(url, importAttributes);
  const known = graph.records.get(key) ?? graph.loading.get(key);
  if (known !== undefined) return known;
  const promise = makeRecord(url, importAttributes, format, graph);
  graph.loading.set(key, promise);
  try {
    return await promise;
  } finally {
    graph.loading.delete(key);
  }
}

async function makeRecord(url, attributes, format, graph) {
  if (hooks.has('load')) return recordOf(url, attributes, undefined, format, graph);
  checkAttributeNames(url, attributes);
  const loaded = finishLoaded(url, await loadAsync(url, attributes, format));
  return newRecord(url, attributes, { ...loaded, isChecked: true }, graph);
}

/** Load what a module imports, one after the other and each with what it imports, as Node does. */
async function loadChildren(record, seen) {
  if (seen.has(record) || record.isLinked || (record.evaluate !== undefined && record.format !== 'wasm')) return;
  seen.add(record);
  const list = native.getModuleRequests(record.number);
  const children = new Map();
  for (let i = 0; i < list.length; i += 3) {
    const attributes = attributesOf(list[i + 1]);
    const key = keyOf(list[i], attributes);
    const child = record.children?.get(key) ?? await loadRecord(list[i], record.url, attributes, record.graph);
    children.set(key, child);
    record.requests.add(child);
    await loadChildren(child, seen);
  }
  record.children = children;
}

// Reading

const FORMATS = {
  '__proto__': null, '.mjs': 'module', '.cjs': 'commonjs', '.json': 'json', '.node': 'addon', '.wasm': 'wasm',
  '.mts': 'module-typescript', '.cts': 'commonjs-typescript',
};
const FORMATLESS = ['', '.js', '.ts']; // their package or their source tells

/** `{ format, source }` of a URL. */
function read(url, source, format) {
  if (source !== undefined && format === 'module') return { format, source };
  if (url.startsWith('node:')) return { format: 'builtin' };
  if (url.startsWith('data:')) return readDataURL(url);
  require('internal/modules/esm/resolve').checkScheme(url);
  const { fileURLToPath } = require('internal/url');
  const filename = fileURLToPath(url);
  format ??= formatByName(filename);
  if (format === 'wasm') source = require('fs').readFileSync(filename);
  else if (source === undefined && format !== 'addon') source = readFile(filename);
  format ??= detect(source, filename);
  return { format, source, filename };
}

/** The last step of loading, behind all hooks. */
function lastLoad(url, context) {
  const { format, source } = read(url, undefined, context.format ?? undefined);
  const bytes = typeof source === 'string' ? require('buffer').Buffer.from(source) : source ?? null;
  return { __proto__: null, format, responseURL: url, source: bytes };
}

/** The same, as hooks have it. */
function readWithHooks(url, attributes, format) {
  const isAsync = asyncHooks.isActive();
  if (!hooks.has('load')) {
    return { ...finishLoaded(url, asyncHooks.now(loadAsync(url, attributes, format))), isChecked: true };
  }
  const byDefault = isAsync ?
    (each, context) => asyncHooks.now(loadAsync(each, attributes, context.format)) :
    lastLoad;
  const loaded = hooks.load(url, format ?? expectedFormat(url), attributes, [...conditions()], byDefault);
  return finishLoaded(url, loaded);
}

function finishLoaded(url, { source, format }) {
  const filename = url.startsWith('file:') ? require('internal/url').fileURLToPath(url) : url;
  return { filename, source, format: format ?? detectLoaded(source, filename, url), isFromHooks: true };
}

function detectLoaded(source, filename, url) {
  if (source === undefined || source === null) throw new ERR_UNKNOWN_MODULE_FORMAT(undefined, url);
  return detect(source, filename);
}

/** What asynchronous hooks say is at a URL. A CommonJS file that none of them has touched has no source. */
async function loadAsync(url, attributes, format) {
  const loaded = await asyncHooks.load(url, format, { ...attributes }, (each, context) => {
    const found = lastLoad(each, context);
    checkAttributes(each, found.format, context.importAttributes ?? {});
    if (found.format === 'commonjs') found.source = context.format === 'commonjs' ? undefined : null;
    return found;
  });
  return loaded.format === 'wasm' ? loaded : { format: loaded.format, source: hooks.toText(loaded.source) };
}

/** The format that is known before anything is read; null if it is not. */
function expectedFormat(url) {
  if (url.startsWith('node:')) return 'builtin';
  if (!url.startsWith('file:')) return null;
  const filename = require('internal/url').fileURLToPath(url);
  const { extname } = require('path');
  if (!FORMATLESS.includes(extname(filename)) && !(extname(filename) in FORMATS)) return null;
  return formatByName(filename) ?? null;
}

function readFile(filename) {
  const source = files.readSource(filename);
  if (typeof source === 'number') throw uvException({ errno: source, syscall: 'open', path: filename });
  return source;
}

function packageType(filename) {
  return require('internal/modules/package_json_reader').getNearestParentPackageJSON(filename)?.data.type;
}

/** The format by extension and package; undefined where the source must tell. */
function formatByName(filename) {
  const { basename, extname } = require('path');
  const extension = extname(basename(filename));
  if (extension in FORMATS) return FORMATS[extension];
  if (!FORMATLESS.includes(extension)) throw new ERR_UNKNOWN_FILE_EXTENSION(extension, filename);
  const type = packageType(filename);
  if (type !== 'module' && type !== 'commonjs') return undefined;
  return extension === '.ts' ? `${type}-typescript` : type;
}

/** Whether a source of unknown kind is an ES module. */
function detect(source, filename) {
  const { containsModuleSyntax } = require('internal/modules/esm_syntax');
  if (filename.endsWith('.ts')) return containsModuleSyntax(source) ? 'module-typescript' : 'commonjs-typescript';
  if (!containsModuleSyntax(source)) return 'commonjs';
  try {
    internalBinding('contextify').compileFunction(source, filename, undefined, 0, 0, 1);
    return 'commonjs';
  } catch {
    return 'module';
  }
}

const DATA_URL = /^([^,;]*)([^,]*?)(;base64)?,([^]*)$/;
const MIME_FORMATS = {
  '__proto__': null, 'text/javascript': 'module', 'application/javascript': 'module', 'application/json': 'json',
  'application/wasm': 'wasm',
};

function readDataURL(url) {
  const { pathname, search } = new URL(url);
  const match = DATA_URL.exec(pathname + search);
  if (match === null) {
    const { codes: { ERR_INVALID_URL } } = require('internal/errors');
    throw new ERR_INVALID_URL(url);
  }
  const [, mime,, base64, body] = match;
  const format = MIME_FORMATS[mime] ?? (mime.includes('/') ? mime : null);
  const { Buffer } = require('buffer');
  const bytes = Buffer.from(decodeURIComponent(body), base64 ? 'base64' : 'utf8');
  return { format, source: format === 'wasm' ? bytes : bytes.toString() };
}

// Compiling: each format gives a record

function translate(url, loaded, graph) {
  if (loaded.format?.endsWith('-typescript')) refuseTypeScript(placeOf(url));
  const translator = translators[loaded.format];
  if (translator === undefined) throw new ERR_UNKNOWN_MODULE_FORMAT(loaded.format, url);
  return translator(url, loaded, graph);
}

function requireSource(source) {
  if (source !== undefined && source !== null) return;
  throw new ERR_INVALID_RETURN_PROPERTY_VALUE('string, array buffer, or typed array', 'load', 'source', source);
}

const translators = {
  __proto__: null,

  module(url, { source }, graph) {
    requireSource(source);
    const record = new Record(url, 'module', graph);
    if (/\bawait\b/.test(source)) record.source = source;
    return compile(record, source);
  },

  builtin(url, _loaded, graph) {
    const id = url.slice(5);
    if (!url.startsWith('node:')) throw new ERR_UNKNOWN_BUILTIN_MODULE(url);
    const exports = graph === hooksGraph && id === 'worker_threads' ? workerThreadsOfHooks() : builtins.load(id);
    const names = namesOf(exports);
    return makeUp(new Record(url, 'builtin', graph), ['default', ...names], (set) => {
      const sync = () => {
        set('default', exports);
        for (const name of names) set(name, valueOf(exports, name));
      };
      builtinSyncs.push(sync);
      sync();
    });
  },

  json(url, { source, filename }, graph) {
    requireSource(source);
    const isFile = filename !== undefined && !/[?#]/.test(url);
    const value = isFile ? sharedJSON(source, filename) : parseJSON(source, filename ?? url);
    return makeUp(new Record(url, 'json', graph), ['default'], (set) => set('default', value));
  },

  commonjs(url, { source, filename, isFromHooks }, graph) {
    const text = source ?? (isFromHooks ? readFile(filename) : source);
    const names = require('internal/modules/cjs_exports').namesOf(filename, text);
    names.delete('default');
    names.delete('module.exports');
    const list = ['default', 'module.exports', ...names];
    return makeUp(new Record(url, 'commonjs', graph), list, (set) => {
      const { loadImported } = require('internal/modules/cjs/loader');
      const exports = loadImported(url, filename, url === mainURL, isFromHooks ? source ?? undefined : undefined);
      set('default', exports);
      set('module.exports', exports);
      for (const name of names) set(name, valueOf(exports, name));
    });
  },

  wasm(url, { source }, graph) {
    requireSource(source);
    emitExperimentalWarning('Importing WebAssembly module instances');
    const wasm = require('internal/modules/esm/wasm');
    const compiled = wasm.compile(source, placeOf(url));
    const record = new Record(url, 'wasm', graph);
    return makeUp(record, wasm.exportsOf(compiled), (set, namespaces) => {
      const exports = wasm.instantiate(compiled, namespaces);
      wasm.instances.set(record.namespace, exports);
      for (const name of Object.keys(exports)) set(name, wasm.valueOf(exports[name]));
    }, wasm.importsOf(compiled));
  },

  addon(url) {
    throw new ERR_UNKNOWN_MODULE_FORMAT('addon', url);
  },
};

/** Hooks are told what they would be told in Node: that they do not run on the program's thread. */
function workerThreadsOfHooks() {
  const exports = builtins.load('worker_threads');
  const own = { isMainThread: false, parentPort: null, workerData: null };
  return Object.defineProperties({}, {
    ...Object.getOwnPropertyDescriptors(exports), ...Object.getOwnPropertyDescriptors(own),
  });
}

function parseJSON(source, name) {
  try {
    return JSON.parse(source.charCodeAt(0) === 0xFEFF ? source.slice(1) : source);
  } catch (error) {
    error.message = `${name}: ${error.message}`;
    throw error;
  }
}

/** A JSON file's value, which is the same object for `import` and `require`. */
function sharedJSON(source, filename) {
  const { Module } = require('internal/modules/cjs/loader');
  const cached = Module._cache[filename];
  if (cached?.loaded) return cached.exports;
  const module = new Module(filename);
  module.exports = parseJSON(source, filename);
  module.filename = filename;
  module.loaded = true;
  Module._cache[filename] = module;
  return module.exports;
}

const builtinSyncs = [];
let mainURL;
let evaluatedURL; // of text that is no file: in place of a main program

function namesOf(exports) {
  const isObject = (typeof exports === 'object' && exports !== null) || typeof exports === 'function';
  if (!isObject) return [];
  return Object.keys(exports).filter((name) => name !== 'default');
}

function valueOf(exports, name) {
  try {
    return exports?.[name];
  } catch {
    return undefined; // a getter that throws
  }
}

function compile(record, source) {
  if (record.evaluate === undefined) require('internal/source_map').note(record.url, source);
  try {
    const isFile = Number(record.evaluate === undefined);
    record.number = native.compileModule(source, record.url, isFile, record.graph.symbol);
  } catch (error) {
    decorate(error);
    throw error;
  }
  byNumber.set(record.number, record);
  return record;
}

/**
 * A module that has no source of its own: `evaluate(set, namespaces)` gives its exports their values when it runs.
 * What it imports is there by then.
 */
function makeUp(record, names, evaluate, specifiers = []) {
  const variables = names.map((_, index) => `v${index}`);
  const exported = names.map((name, index) => `v${index} as ${JSON.stringify(name)}`);
  const setters = variables.map((variable) => `(v) => { ${variable} = v; }`);
  const imports = specifiers.map((specifier, index) => `import * as i${index} from ${JSON.stringify(specifier)};`);
  const imported = specifiers.map((_, index) => `i${index}`);
  record.evaluate = (list, namespaces) => {
    const byName = new Map(names.map((name, index) => [name, list[index]]));
    evaluate((name, value) => byName.get(name)(value), namespaces);
  };
  const declaration = names.length === 0 ? '' : `let ${variables}; export { ${exported} };`;
  const source = `${imports.join('')}${declaration} import.meta.evaluate([${setters}], [${imported}]);`;
  return compile(record, source);
}

function initializeImportMeta(number, meta) {
  const record = byNumber.get(number);
  if (record.evaluate !== undefined) {
    meta.evaluate = record.evaluate;
    return;
  }
  const { url } = record;
  if (url.startsWith('file:')) {
    const filename = require('internal/url').fileURLToPath(url);
    meta.dirname = require('path').dirname(filename);
    meta.filename = filename;
  }
  meta.main = url === mainURL && record.graph === mainGraph;
  if (record.graph === mainGraph) meta.resolve = (specifier, parent) => {
    const takesParent = getOptionValue('--experimental-import-meta-resolve');
    return resolveForMeta(specifier, takesParent ? parentOf(parent, url) : url);
  };
  meta.url = url;
}

function parentOf(parent, url) {
  if (parent === undefined) return url;
  if (typeof parent === 'string' || require('internal/url').isURL(parent)) return `${parent}`;
  throw new ERR_INVALID_ARG_TYPE('parentURL', ['string', 'URL'], parent);
}

/** `import.meta.resolve`: a file that is not there is no error. */
function resolveForMeta(specifier, parentURL) {
  try {
    return resolve(`${specifier}`, parentURL, { __proto__: null }).url;
  } catch (error) {
    if (error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'ERR_UNSUPPORTED_DIR_IMPORT') {
      if (error.url) return error.url;
    }
    throw error;
  }
}

// Linking and running

function link(record) {
  if (record.isLinked) return;
  const specifiers = new Map();
  let isLoading = false;
  try {
    native.instantiateModule(record.number, (specifier, attributes, referrer) => {
      isLoading = true;
      const parent = byNumber.get(referrer);
      const child = recordFor(specifier, parent, attributesOf(attributes));
      parent.requests.add(child);
      specifiers.set(specifier, child);
      isLoading = false;
      return child.number;
    });
  } catch (error) {
    explainMissingExport(error, specifiers);
    decorateLinkError(error);
    if (!isLoading) record.misfit = { reason: error };
    throw error;
  }
  markLinked(record);
}

function markLinked(record) {
  if (record.isLinked) return;
  record.isLinked = true;
  for (const child of record.requests) markLinked(child);
}

/** A name that CommonJS has, but whose export could not be seen in its source. */
function explainMissingExport(error, specifiers) {
  if (!(error instanceof SyntaxError)) return;
  const match = /^The requested module '(.+)' does not provide an export named '(.+)'$/.exec(error.message);
  const record = match && specifiers.get(match[1]);
  if (record?.format !== 'commonjs') return;
  const [, specifier, name] = match;
  const statement = internalBinding('errors').getMessage(error)[4];
  const pattern = /\{.*\}/.exec(statement)?.[0].replace(/\s+as\s+/g, ': ');
  error.message = `Named export '${name}' not found. The requested module '${specifier}' is a CommonJS module, ` +
    'which may not support all module.exports as named exports.\nCommonJS modules can always be imported via the ' +
    `default export, for example using:\n\nimport pkg from '${specifier}';\n` +
    (pattern ? `const ${pattern} = pkg;\n` : '');
}

const COMMONJS_NAME = /^(require|module|exports|__filename|__dirname) is not defined$/;

const INSTEAD = {
  '__proto__': null,
  'require': 'replace require() with import',
  'module': 'use export instead of module.exports/exports',
  'exports': 'use export instead of module.exports/exports',
  '__filename': 'use import.meta.filename instead',
  '__dirname': 'use import.meta.dirname instead',
};

/** A program that uses what only CommonJS has is told why it is not there. */
function explainCommonJSName(error) {
  if (!internalBinding('types').isNativeError(error) || error.name !== 'ReferenceError') return;
  const match = COMMONJS_NAME.exec(error.message);
  if (match === null) return;
  const url = internalBinding('errors').getMessage(error)[0].replace(/[?#].*/s, '');
  // The message is set, not the stack, which takes it up when it is first looked at.
  if (isTakenForModule(url)) {
    error.message = `Cannot determine intended module format because both '${match[1]}' and top-level await are ` +
      'present. If the code is intended to be CommonJS, wrap await in an async function. If the code is intended to ' +
      `be an ES module, ${INSTEAD[match[1]]}.`;
    error.code = 'ERR_AMBIGUOUS_MODULE_SYNTAX';
    return;
  }
  let message = `${error.message} in ES module scope`;
  if (match[1] === 'require') message += ', you can use import instead';
  if (url.startsWith('file:') && url.endsWith('.js')) {
    const scope = require('internal/modules/package_json_reader').getPackageScope(url);
    if (scope?.type === 'module') {
      message += "\nThis file is being treated as an ES module because it has a '.js' file extension and " +
        `'${scope.path}' contains "type": "module". To treat it as a CommonJS script, rename it to use the '.cjs' ` +
        'file extension.';
    }
  }
  error.message = message;
}

/** Whether a file that is not called a module is one because of nothing but its top-level await. */
function isTakenForModule(url) {
  const source = records.get(url)?.source;
  if (source === undefined || !url.startsWith('file:') || url.endsWith('.mjs')) return false;
  if (require('internal/modules/package_json_reader').getPackageType(url) !== 'none') return false;
  return require('internal/modules/esm_syntax').hasTopLevelAwait(source);
}

/** Link and run; the promise of the module's end. */
function evaluate(record) {
  link(record);
  markSeen(record);
  return run(record);
}

/** Run a linked module; the promise of its end. */
function run(record) {
  resources.recorder?.evaluates(record.url);
  const promise = native.evaluateModule(record.number);
  promise.then(undefined, explainCommonJSName);
  return promise;
}

/** How many levels of modules lie below a record; each counts where it is met first. */
function depthBelow(record, seen = new Set()) {
  let depth = 0;
  seen.add(record);
  for (const child of record.requests) {
    if (!seen.has(child)) depth = Math.max(depth, 1 + depthBelow(child, seen));
  }
  return depth;
}

/**
 * `import()`: the promise of the namespace. It takes as many microtasks as Node takes: 4 to resolve, what is left of
 * the first run's (`arrive`), and 3.
 */
async function importModule(specifier, parentURL, attributes = { __proto__: null }) {
  if (asyncHooks.isActive()) {
    await asyncHooks.ready();
    return importWithHooks(specifier, parentURL, attributes, mainGraph);
  }
  await undefined;
  await undefined;
  await undefined;
  await undefined;
  const { url, format, importAttributes = attributes } = resolve(specifier, parentURL, attributes);
  const record = recordOf(url, importAttributes, undefined, format);
  if (record.misfit === undefined) linkImported(record);
  await runImported(record);
  return record.namespace;
}

async function runImported(record) {
  if (record.arrival === undefined && !record.wasLinked) {
    record.arrival = arrive(record);
    const thrown = await record.arrival;
    if (thrown !== undefined) throw thrown.reason;
  } else {
    await record.arrival;
  }
  await run(record);
}

/** Link, but leave it to the first run to tell that exports are missing. */
function linkImported(record) {
  try {
    link(record);
  } catch (error) {
    if (record.misfit?.reason !== error) throw error;
  }
}

/**
 * The first run of a module that is imported itself: 1 microtask, 2 for each level of what it imports, the run, 2
 * more. What CommonJS throws is the result, for whoever came first: only he has it without a promise of V8's.
 */
async function arrive(record) {
  for (let left = 1 + 2 * depthBelow(record); left > 0; left--) await undefined;
  if (record.misfit !== undefined) {
    await undefined;
    await undefined;
    throw record.misfit.reason;
  }
  for (const child of record.requests) markSeen(child);
  const promise = run(record);
  const details = values.getPromiseDetails(promise); // not taken apart: a program may have deleted iterators
  const state = details[0];
  const reason = details[1];
  try {
    await promise;
  } catch {
    // All who wait for this run it too, and have the same.
  }
  await undefined;
  return state === REJECTED && record.evaluate !== undefined ? { reason } : undefined;
}

/** From now on a record, and what it imports, counts as linked before. */
function markSeen(record) {
  if (record.wasLinked) return;
  record.wasLinked = true;
  for (const child of record.requests) markSeen(child);
}

/** The same, with asynchronous hooks. */
async function importWithHooks(specifier, parentURL, attributes, graph) {
  const record = await loadGraph(specifier, parentURL, attributes, graph);
  // It may be running right now, below this microtask, if it is waiting for what cannot wait.
  while (record.status === EVALUATING) await new Promise((resolve) => require('timers').setImmediate(resolve));
  await evaluate(record);
  return record.namespace;
}

/** Called by V8. A script's name is a path, a module's a URL; it was compiled with `symbol`; `global` is of `vm`. */
function importModuleDynamically(specifier, attributes, referrer, symbol, global) {
  if (symbol === hooksGraph.symbol) return importWithHooks(specifier, referrer, attributesOf(attributes), hooksGraph);
  const importer = builtinIds.isLoaded('internal/vm/imports') ?
    require('internal/vm/imports').importerFor(symbol, global) :
    undefined;
  if (importer !== undefined) return importer(specifier, attributesOf(attributes));
  const parentURL = urlOfScript(referrer);
  return trace.tracePromise(
    importModule, { __proto__: null, parentURL, url: specifier }, undefined,
    specifier, parentURL, attributesOf(attributes));
}

/** The URL that a script of this name has: of its file, or (a name given by `vm`) of what is no file in the folder. */
function urlOfScript(name) {
  if (typeof name !== 'string' || name.startsWith('node:')) return getCWDURL().href;
  if (name[0] === '[') return new URL(name, getCWDURL()).href; // "[eval]"
  if (/^[a-z][a-z0-9+.-]*:/i.test(name)) return name;
  return require('path').isAbsolute(name) ? require('internal/url').pathToFileURL(name).href : getCWDURL().href;
}

// For CommonJS

function isAsync(record, seen = new Set()) {
  if (seen.has(record)) return false;
  seen.add(record);
  const { hasTopLevelAwait } = require('internal/modules/esm_syntax');
  if (record.source !== undefined && hasTopLevelAwait(record.source)) return true;
  for (const child of record.requests) {
    if (isAsync(child, seen)) return true;
  }
  return false;
}

/** Throw if a module of this graph has begun to run, and waits for what it imports: a circle through `require`. */
function refuseCircle(record, filename, parent) {
  if (record.status === EVALUATING) throw new ERR_REQUIRE_CYCLE_MODULE(cycleMessage(filename, parent));
  const { Module } = require('internal/modules/cjs/loader');
  const seen = new Set();
  const look = (importer) => {
    seen.add(importer);
    for (const child of importer.requests) {
      if (seen.has(child)) continue;
      const isCommonJS = child.format === 'commonjs';
      const isRunning = isCommonJS ? Module._cache[placeOf(child.url)]?.loaded === false : child.status === EVALUATING;
      if (isRunning) {
        throw new ERR_REQUIRE_CYCLE_MODULE(
          `Cannot import ${isCommonJS ? 'CommonJS ' : ''}Module ${specifierOf(child, importer)} in a cycle. ` +
          `(from ${placeOf(importer.url)})`);
      }
      look(child);
    }
  };
  look(record);
}

const placeOf = (url) => (url.startsWith('file:') ? require('internal/url').fileURLToPath(url) : url);

/** How one module calls another. */
function specifierOf(record, importer) {
  for (const [specifier, { url }] of resolved.get(importer.url) ?? []) {
    if (url === record.url) return specifier;
  }
  return record.url;
}

/** The namespace of an ES module that a `require` wants now. */
function requireESM(url, filename, source, parent) {
  const record = recordOf(url, { __proto__: null }, source, 'module');
  link(record);
  refuseCircle(record, filename, parent);
  if (isAsync(record)) throw new ERR_REQUIRE_ASYNC_MODULE(filename, parent);
  if (record.status === ERRORED) throw native.getModuleError(record.number);
  const promise = native.evaluateModule(record.number);
  const [state, result] = values.getPromiseDetails(promise);
  if (state === REJECTED) {
    promise.catch(() => {});
    explainCommonJSName(result);
    if (internalBinding('types').isNativeError(result)) decorate(result); // or the place would be this one
    throw result;
  }
  if (state === PENDING) throw new ERR_REQUIRE_ASYNC_MODULE(filename, parent);
  return record.namespace;
}

function cycleMessage(filename, parent) {
  const from = parent?.filename ? ` (from ${parent.filename})` : '';
  return `Cannot require() ES Module ${filename} in a cycle.${from} A cycle involving require(esm) is not allowed to ` +
    'maintain invariants mandated by the ECMAScript specification. Try making at least part of the dependency in the ' +
    'graph lazily loaded.';
}

const facades = new Map();

/** A namespace like that of an ES module with a default export, with `__esModule` for transpiled importers. */
function facadeWithEsModuleFlag(href) {
  let record = facades.get(href);
  if (record === undefined) {
    record = new Record(`node:internal/facade?${href}`, 'module');
    compile(record, 'export * from "original"; export { default } from "original"; export const __esModule = true;');
    native.instantiateModule(record.number, () => records.get(href).number);
    native.evaluateModule(record.number);
    facades.set(href, record);
  }
  return record.namespace;
}

/** Run an ES module from its text (-e, standard input). It counts as the main program if it was called a module. */
function evaluateSource(source, url) {
  if (getOptionValue('--input-type')) mainURL = url;
  evaluatedURL = url;
  const record = translators.module(url, { source }, mainGraph);
  records.set(url, record);
  return asyncHooks.isActive() ? evaluateWithHooks(record) : evaluate(record);
}

async function evaluateWithHooks(record) {
  await asyncHooks.ready();
  await loadChildren(record, new Set());
  return evaluate(record);
}

/** Run the main program's file; `isImported`: as `import()` would, after other imports (--import). */
function runMain(url, source, isImported) {
  mainURL = url;
  if (asyncHooks.isActive()) return importModule(url, undefined);
  if (isImported) return importModule(url, getCWDURL().href);
  return evaluate(recordOf(url, { __proto__: null }, source));
}

/** Throw the syntax error that a module has. */
function checkSyntax(source, url) {
  try {
    native.compileModule(source, url);
  } catch (error) {
    decorate(error);
    throw error;
  }
}

/** Where the main program waits for what never comes: `{ url }`, with `{ line, column, source }` if it can be told. */
function findUnsettled() {
  const url = mainURL ?? evaluatedURL;
  const main = records.get(url);
  const record = (main && waitingRecord(main, new Set())) ?? main;
  const { source } = record ?? {};
  const places = source === undefined ? [] : require('internal/modules/esm_syntax').topLevelAwaits(source);
  if (places.length !== 1) return { url };
  const before = source.slice(0, places[0]).split('\n');
  const line = source.split('\n')[before.length - 1];
  return { url: record.url, line: before.length, column: before.at(-1).length, source: line };
}

/** The first module of a graph, in the order in which they run, that waits itself. */
function waitingRecord(record, seen) {
  if (seen.has(record)) return undefined;
  seen.add(record);
  for (const child of record.requests) {
    const found = waitingRecord(child, seen);
    if (found !== undefined) return found;
  }
  if (record.source === undefined || record.status < EVALUATED) return undefined;
  return values.getPromiseDetails(native.evaluateModule(record.number))[0] === PENDING ? record : undefined;
}

function syncBuiltinExports() {
  for (const sync of builtinSyncs) sync();
}

/** Once, at start-up. In parentheses, V8 compiles it with the snapshot: nothing else here runs in each process. */
const initialize = (() => {
  native.setImportMetaCallback(initializeImportMeta);
  native.setImportModuleDynamicallyCallback(importModuleDynamically);
});

module.exports = {
  checkSyntax, evaluateSource, facadeWithEsModuleFlag, findUnsettled, hooksGraph, importModule, importWithHooks,
  initialize, loadNow, requireESM, resolve, resolveNow, runMain, syncBuiltinExports,
};
