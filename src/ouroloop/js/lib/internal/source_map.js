'use strict';

// Source maps: from a place in generated code to the place in its source (https://tc39.es/source-map/).
//
// Theory of operation. While source maps are on (--enable-source-maps), whoever compiles a file calls `register`,
// which keeps the file's last `//# sourceMappingURL=`. The map is read and decoded when something is first to be
// looked up in it. Mappings lie in one flat typed array, sorted by their place in the generated code; a lookup is a
// binary search.
//
// What surprises people: `findEntry` counts lines and columns from 0, `findOrigin` from 1; a mapping holds up to the
// next.

const { validateBoolean, validateObject } = require('internal/validators');

// ---- Decoding ----

const SEPARATOR = 64; // ','
const LINE_END = 65; // ';'

const digits = new Uint8Array(128).fill(255);
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  digits[character.charCodeAt(0)] = value;
}
digits[','.charCodeAt(0)] = SEPARATOR;
digits[';'.charCodeAt(0)] = LINE_END;

// Of a mapping in the flat list: generated line and column; index of the source, line and column there; index of the
// name.
const FIELDS = 6;
const NONE = -1;

/** Adds the mappings of one map (not an index of sections), which begins at `line` and `column`, to `list`. */
class Decoder {
  constructor(list) {
    this.list = list;
    this.sources = [];
    this.names = [];
  }

  add(map, line, column) {
    const sourceBase = this.sources.length;
    const nameBase = this.names.length;
    for (let i = 0; i < map.sources.length; i++) this.sources.push(map.sources[i]);
    if (map.names !== undefined) this.names.push(...map.names);
    this.#decode(map.mappings, line, column, sourceBase, nameBase);
  }

  #decode(mappings, line, column, sourceBase, nameBase) {
    const fields = [0, 0, 0, 0, 0]; // source, line, column and name go on from one mapping to the next
    let count = 0;
    let value = 0;
    let shift = 0;
    fields[0] = column;
    for (let i = 0; i <= mappings.length; i++) {
      const digit = i === mappings.length ? LINE_END : digits[mappings.charCodeAt(i)] ?? 255;
      if (digit < 64) {
        value += (digit & 31) << shift;
        shift += 5;
        if ((digit & 32) !== 0) continue;
        if (count < 5) fields[count++] += (value & 1) === 1 ? -(value >>> 1) || -0x80000000 : value >>> 1;
        value = shift = 0;
      } else if (digit !== 255) {
        // Node gives the very last mapping the last name.
        const isNamed = count > 4 || i === mappings.length;
        if (count > 0) this.#push(line, fields, count, sourceBase, isNamed ? nameBase + fields[4] : NONE);
        count = 0;
        if (digit === LINE_END) {
          line++;
          fields[0] = 0;
        }
      }
    }
  }

  #push(line, [column, source, sourceLine, sourceColumn], count, sourceBase, name) {
    if (count < 4) this.list.push(line, column, NONE, NONE, NONE, NONE);
    else this.list.push(line, column, sourceBase + source, sourceLine, sourceColumn, name);
  }
}

function isSorted(list) {
  for (let i = FIELDS; i < list.length; i += FIELDS) {
    const before = list[i - FIELDS];
    if (before > list[i] || (before === list[i] && list[i - FIELDS + 1] > list[i + 1])) return false;
  }
  return true;
}

function sorted(list) {
  if (isSorted(list)) return list;
  const mappings = [];
  for (let i = 0; i < list.length; i += FIELDS) mappings.push(list.slice(i, i + FIELDS));
  return mappings.sort((a, b) => a[0] - b[0] || a[1] - b[1]).flat();
}

class SourceMap {
  #payload;
  #lineLengths;
  #mappings;
  #sources;
  #names;

  constructor(payload, { lineLengths } = { __proto__: null }) {
    validateObject(payload, 'payload');
    this.#payload = structuredCopy(payload);
    this.#lineLengths = lineLengths?.slice();
    const list = [];
    const decoder = new Decoder(list);
    if (payload.sections) {
      for (const { map, offset } of payload.sections) decoder.add(map, offset.line, offset.column);
    } else {
      decoder.add(payload, 0, 0);
    }
    this.#mappings = Int32Array.from(sorted(list));
    this.#sources = decoder.sources;
    this.#names = decoder.names;
  }

  get payload() {
    return structuredCopy(this.#payload);
  }

  get lineLengths() {
    return this.#lineLengths?.slice();
  }

  /** Where the last mapping at or before a place is in the list; -1 if none is. */
  #indexOf(line, column) {
    const list = this.#mappings;
    let low = 0;
    let high = list.length / FIELDS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * FIELDS;
      if (line < list[at] || (line === list[at] && column < list[at + 1])) high = middle;
      else low = middle + 1;
    }
    return (low - 1) * FIELDS;
  }

  /** The mapping that holds for a place in the generated code, counted from 0. */
  findEntry(lineOffset, columnOffset) {
    const index = this.#indexOf(lineOffset, columnOffset);
    if (index < 0) return {};
    const [generatedLine, generatedColumn, source, line, column, name] = this.#mappings.subarray(index, index + FIELDS);
    const isMapped = source !== NONE;
    return {
      generatedLine,
      generatedColumn,
      originalSource: isMapped ? this.#sources[source] : undefined,
      originalLine: isMapped ? line : undefined,
      originalColumn: isMapped ? column : undefined,
      name: name === NONE ? undefined : this.#names[name],
    };
  }

  /** The place in the source of a place in the generated code, counted from 1. */
  findOrigin(lineNumber, columnNumber) {
    const entry = this.findEntry(lineNumber - 1, columnNumber - 1);
    if (entry.originalSource === undefined || entry.originalLine === undefined) return {};
    const { generatedLine, generatedColumn, originalSource, originalLine, originalColumn, name } = entry;
    return {
      name,
      fileName: originalSource,
      lineNumber: lineNumber - generatedLine + originalLine,
      columnNumber: columnNumber - generatedColumn + originalColumn,
    };
  }
}

/** A copy that the receiver may change: all but the long texts of the sources is data of a few levels. */
function structuredCopy(payload) {
  const copy = { ...payload };
  for (const key of Object.keys(copy)) {
    if (Array.isArray(copy[key])) copy[key] = copy[key].slice();
  }
  return copy;
}

// ---- Whether maps are used ----

let support = Object.freeze({ __proto__: null, enabled: false, nodeModules: false, generatedCode: false });

/** `module.setSourceMapsSupport`: from now on, for the files loaded from now on. */
function setSupport(enabled, { nodeModules = false, generatedCode = false } = { __proto__: null }) {
  validateBoolean(enabled, 'enabled');
  validateBoolean(nodeModules, 'options.nodeModules');
  validateBoolean(generatedCode, 'options.generatedCode');
  support = Object.freeze({ __proto__: null, enabled, nodeModules, generatedCode });
  if (enabled) {
    Object.defineProperty(Error, 'prepareStackTrace', {
      __proto__: null, value: prepareStackTrace, writable: true, enumerable: false, configurable: true,
    });
  } else if (Error.prepareStackTrace === prepareStackTrace) {
    delete Error.prepareStackTrace;
  }
}

const getSupport = () => support;

const isInNodeModules = (name) => /[/\\]node_modules[/\\]/.test(name);

/** A file is about to be compiled, for `owner`, whose end is its map's too. (In parentheses: every program does it.) */
const note = ((name, source, owner) => {
  if (support.enabled && (support.nodeModules || !isInNodeModules(name))) register(name, source, owner);
});

// ---- The maps of loaded files ----

const MAGIC_COMMENT = /\/[*/]#\s+sourceMappingURL=([^\s]+)/g;

const registered = new Map(); // name -> { url, source, map, owner: a WeakRef, if there is one }

/** The URL of the last magic comment in `source`; undefined without one. */
function sourceMappingURL(source) {
  if (!source.includes('sourceMappingURL=')) return undefined;
  let url;
  for (const match of source.matchAll(MAGIC_COMMENT)) url = match[1];
  return url;
}

/** Remember that the file (or URL) `name` has been compiled from `source`. */
function register(name, source, owner) {
  const url = sourceMappingURL(source);
  if (url === undefined) return;
  registered.set(name, { url, source, map: undefined, owner: owner === undefined ? undefined : new WeakRef(owner) });
}

/** The SourceMap of a loaded file, by path or URL; undefined if it has none that can be read. */
function findSourceMap(name) {
  const entry = registered.get(name) ?? registered.get(otherName(name));
  if (entry === undefined || (entry.owner !== undefined && entry.owner.deref() === undefined)) return undefined;
  if (entry.map === undefined) entry.map = load(name, entry) ?? null;
  return entry.map ?? undefined;
}

/** The path of a file URL, the file URL of a path. */
function otherName(name) {
  const { fileURLToPath, pathToFileURL, URL } = require('internal/url');
  if (typeof name !== 'string' || name === '') return undefined;
  if (!name.startsWith('file:')) return require('path').isAbsolute(name) ? pathToFileURL(name).href : undefined;
  return URL.canParse(name) ? fileURLToPath(name) : undefined;
}

function load(name, { url, source }) {
  const { URL, pathToFileURL } = require('internal/url');
  const base = /^[a-z][a-z\d+.-]+:/i.test(name) ? name : pathToFileURL(name).href;
  const mapURL = URL.parse(url, base);
  if (mapURL === null) return undefined;
  const payload = mapURL.protocol === 'data:' ? fromDataURL(mapURL) : fromFile(mapURL);
  if (payload === undefined) return undefined;
  const mapBase = mapURL.protocol === 'data:' ? base : mapURL;
  for (const map of payload.sections?.map((section) => section.map) ?? [payload]) makeSourcesAbsolute(map, mapBase);
  return new SourceMap(payload, { lineLengths: source.replace(/\n$/, '').split('\n').map((line) => line.length) });
}

function parse(text) {
  try {
    const payload = JSON.parse(text);
    return payload !== null && typeof payload === 'object' ? payload : undefined;
  } catch {
    return undefined;
  }
}

function fromFile(url) {
  if (url.protocol !== 'file:') return undefined;
  const text = internalBinding('module_loader').readSource(require('internal/url').fileURLToPath(url));
  return typeof text === 'string' ? parse(text) : undefined;
}

function fromDataURL(url) {
  const [, parameters, data] = /^([^,]*),([^]*)$/.exec(url.pathname) ?? [];
  if (data === undefined || !/^application\/json(?:;|$)/.test(parameters)) return undefined;
  if (!parameters.endsWith(';base64')) return parse(decodeURIComponent(data));
  return parse(require('buffer').Buffer.from(data, 'base64').toString());
}

function makeSourcesAbsolute(map, base) {
  const { URL } = require('internal/url');
  map.sources = map.sources.map((source) => URL.parse((map.sourceRoot ?? '') + source, base)?.href ?? source);
  map.sourceRoot = '';
}

// ---- Stacks ----

function withoutScheme(source) {
  return source.startsWith('file://') ? require('internal/url').fileURLToPath(source) : source;
}

/** The function's name in the source: where it begins, or at the place where it was called. */
function originalName(map, callSite, caller) {
  const line = callSite.getEnclosingLineNumber?.() ?? 0;
  const column = callSite.getEnclosingColumnNumber?.() ?? 0;
  const enclosing = map.findEntry(line - 1, column - 1);
  if (enclosing.name !== undefined) return enclosing.name;
  if (caller === undefined || caller.getFileName() !== callSite.getFileName()) return undefined;
  return map.findEntry(caller.getLineNumber() - 1, caller.getColumnNumber() - 1).name;
}

/** One line of a stack, with its place in the source if there is a map. */
function formatFrame(callSite, caller) {
  const name = callSite.getFileName() ?? callSite.getScriptNameOrSourceURL?.();
  const map = typeof name === 'string' ? findSourceMap(name) : undefined;
  const line = callSite.getLineNumber();
  const column = callSite.getColumnNumber();
  const entry = map?.findEntry(line - 1, column - 1);
  if (entry?.originalSource === undefined) return `${callSite}`;
  const place = `${withoutScheme(entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  const text = `${callSite}`;
  const original = originalName(map, callSite, caller);
  const renamed = original === undefined ? text : text.replace(callSite.getFunctionName() ?? /$^/, () => original);
  return renamed.replace(`${name}:${line}:${column}`, () => place);
}

/** An `Error.prepareStackTrace` that gives places in the sources. */
function prepareStackTrace(error, trace) {
  const { isShown, stackOf } = require('internal/errors');
  const shown = trace.filter(isShown);
  return stackOf(error, shown.map((callSite, i) => formatFrame(callSite, shown[i + 1])));
}

function sourceText(map, source) {
  const { payload } = map;
  for (const { sources, sourcesContent } of payload.sections?.map((section) => section.map) ?? [payload]) {
    const content = sourcesContent?.[sources.indexOf(source)];
    if (typeof content === 'string') return content;
  }
  if (!source.startsWith('file:')) return undefined;
  const text = internalBinding('module_loader').readSource(withoutScheme(source));
  return typeof text === 'string' ? text : undefined;
}

/** `file:line`, the line and a caret, for a place in generated code (counted from 1); undefined if it has no source. */
function getErrorSource(name, line, column) {
  const map = findSourceMap(name);
  const entry = map?.findEntry(line - 1, column - 1);
  if (entry?.originalSource === undefined) return undefined;
  const text = sourceText(map, entry.originalSource)?.split(/\r?\n/)[entry.originalLine];
  if (text === undefined) return undefined;
  const indentation = text.slice(0, entry.originalColumn).replace(/[^\t]/g, ' ');
  return `${withoutScheme(entry.originalSource)}:${entry.originalLine + 1}\n${text}\n${indentation}^\n`;
}

module.exports = { SourceMap, findSourceMap, getErrorSource, getSupport, note, setSupport };
