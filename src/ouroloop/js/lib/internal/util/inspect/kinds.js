'use strict';
// What inspect shows of each kind of object: the text before the braces, the braces, the entries, the keys.
// `describe()` finds the kind by what the object is (its internal slots), not by what it claims, and fills a Shape.
// The engine is asked about slots only where cheaper signs allow it: everything whose slots plain JavaScript cannot
// test has a Symbol.toStringTag, or else its prototype was taken away.

const types = require('internal/util/types');
const { engineName, functionHead, prefix } = require('internal/util/inspect/names');
const { errorHead, inheritsFromError, isError } = require('internal/util/inspect/stack');
const { numberText, bigintText } = require('internal/util/inspect/numbers');
const { layOut } = require('internal/util/inspect/layout');

const natives = internalBinding('util');

const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, keys: enumerableKeys } = Object;
const { ownKeys: allKeys } = Reflect;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const objectToString = Object.prototype.toString;
const isEnumerable = Object.prototype.propertyIsEnumerable;
const sizeOfMap = getOwnPropertyDescriptor(Map.prototype, 'size').get;
const sizeOfSet = getOwnPropertyDescriptor(Set.prototype, 'size').get;
const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayTag = getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag).get;
const typedArrayLength = getOwnPropertyDescriptor(typedArrayPrototype, 'length').get;
const { toString: regExpToString } = RegExp.prototype;
const { getTime, toISOString, toString: dateToString } = Date.prototype;

const ARRAY_INDEX = /^(?:0|[1-9][0-9]*)$/;
const LARGEST_INDEX = 2 ** 32 - 2;
// The engine's own search costs about as much as listing this many.
const LONGEST_TO_LIST_KEYS = 32;
const ALL_PROPERTIES = 0;
const ONLY_ENUMERABLE = 2;

/** What is to be shown of one object. `entries` is null, or gives the texts that come before those of `keys`. */
class Shape {
  base = '';
  baseStyle = undefined;
  open = '{';
  close = '}';
  entries = null;
  // The whole text, at any depth, if there are no keys.
  text = undefined;
  // Entries are list items: they may be grouped in columns, and are not sorted.
  isList = false;
  // Shows as `base` where the depth ends, and not as its class's name.
  isBriefByItself = false;

  constructor(keys) {
    this.keys = keys;
  }
}

/** Target and handler of a Proxy, both null if it is revoked; undefined if it is none. */
function proxyDetails(value) {
  return types.isProxy(value) ? natives.getProxyDetails(value) : undefined;
}

// ---- Keys ----

function enumerableSymbols(value) {
  const symbols = getOwnPropertySymbols(value);
  return symbols.length === 0 ? symbols : symbols.filter((symbol) => isEnumerable.call(value, symbol));
}

function ownKeys(value, showHidden) {
  if (showHidden) return allKeys(value);
  let keys;
  try {
    keys = enumerableKeys(value);
  } catch (error) {
    // A module namespace whose bindings are not initialized yet.
    if (!(error instanceof ReferenceError)) throw error;
    keys = getOwnPropertyNames(value);
  }
  const symbols = enumerableSymbols(value);
  return symbols.length === 0 ? keys : keys.concat(symbols);
}

const isIndex = (key) => typeof key === 'string' && ARRAY_INDEX.test(key) && Number(key) <= LARGEST_INDEX;

/** Own keys that are no array indices. Indices come first among keys, so the search goes from the end. */
function nonIndexKeys(value, length, showHidden) {
  if (length > LONGEST_TO_LIST_KEYS && natives.getOwnNonIndexProperties !== undefined) {
    return natives.getOwnNonIndexProperties(value, showHidden ? ALL_PROPERTIES : ONLY_ENUMERABLE);
  }
  const keys = ownKeys(value, showHidden);
  let start = keys.length;
  while (start > 0 && !isIndex(keys[start - 1])) start--;
  return start === 0 ? keys : keys.slice(start);
}

// ---- Lists ----

function remainingText(count) {
  return `... ${count} more item${count > 1 ? 's' : ''}`;
}

function shownCount(printer, length) {
  return Math.min(Math.max(0, printer.maxArrayLength), length);
}

function emptyItemsText(printer, count) {
  return printer.stylize(`<${count} empty item${count > 1 ? 's' : ''}>`, 'undefined');
}

function arrayEntries(printer, value, level) {
  const { length } = value;
  const count = shownCount(printer, length);
  const entries = [];
  for (let i = 0; i < count; i++) {
    const descriptor = getOwnPropertyDescriptor(value, i);
    if (descriptor === undefined) return sparseEntries(printer, value, level, count, entries, i);
    entries.push(printer.element(value, level, descriptor));
  }
  if (length > count) entries.push(remainingText(length - count));
  return entries;
}

/** Goes on after the first hole at `index`. A run of holes counts as one entry. */
function sparseEntries(printer, value, level, count, entries, index) {
  const keys = enumerableKeys(value);
  for (let i = index; i < keys.length && entries.length < count; i++) {
    const key = keys[i];
    if (!isIndex(key)) break;
    if (`${index}` !== key) {
      entries.push(emptyItemsText(printer, key - index));
      index = Number(key);
      if (entries.length === count) break;
    }
    entries.push(printer.element(value, level, getOwnPropertyDescriptor(value, key)));
    index++;
  }
  const remaining = value.length - index;
  if (remaining > 0) {
    entries.push(entries.length < count ? emptyItemsText(printer, remaining) : remainingText(remaining));
  }
  return entries;
}

function describeArray(printer, value, name, tag) {
  const shape = new Shape(nonIndexKeys(value, value.length, printer.showHidden));
  const head = name === 'Array' && tag === '' ? '' : prefix(name, tag, 'Array', `(${value.length})`);
  shape.open = `${head}[`;
  shape.close = ']';
  shape.isList = true;
  if (value.length !== 0) shape.entries = arrayEntries;
  return shape;
}

const TYPED_ARRAY_EXTRAS = ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer'];

function typedArrayEntries(printer, value, level, shape) {
  const length = typedArrayLength.call(value);
  const count = shownCount(printer, length);
  const entries = new Array(count);
  // By the public length, as Node does.
  const toText = shape.readable.length > 0 && typeof value[0] === 'number' ? numberText : bigintText;
  const { stylize, numericSeparator } = printer;
  const style = toText === bigintText ? 'bigint' : 'number';
  for (let i = 0; i < count; i++) entries[i] = stylize(toText(value[i], numericSeparator), style);
  if (length > count) entries.push(remainingText(length - count));
  if (!printer.showHidden) return entries;
  for (const key of TYPED_ARRAY_EXTRAS) entries.push(printer.extra(key, shape.readable[key], level, true));
  return entries;
}

function describeTypedArray(printer, value, name, tag) {
  const length = typedArrayLength.call(value);
  const shape = new Shape(nonIndexKeys(value, length, printer.showHidden));
  const kind = typedArrayTag.call(value);
  shape.open = `${prefix(name, tag, name === null ? kind : '', `(${length})`)}[`;
  shape.close = ']';
  shape.isList = true;
  if (length === 0 && !printer.showHidden) return shape;
  shape.entries = typedArrayEntries;
  shape.readable = name === null ? new globalThis[kind](value) : value;
  return shape;
}

// ---- Collections and their iterators ----

// Entries are asked of the value itself, whose class may keep them elsewhere; the head tells its own number.

function setEntries(printer, value, level) {
  const { size } = value;
  const count = shownCount(printer, size);
  const entries = [];
  printer.indentation += 2;
  for (const item of value) {
    if (entries.length >= count) break;
    entries.push(printer.value(item, level));
  }
  printer.indentation -= 2;
  if (size > count) entries.push(remainingText(size - count));
  return entries;
}

function mapEntriesTexts(printer, value, level) {
  const { size } = value;
  const count = shownCount(printer, size);
  const entries = [];
  printer.indentation += 2;
  for (const [key, item] of value) {
    if (entries.length >= count) break;
    entries.push(`${printer.value(key, level)} => ${printer.value(item, level)}`);
  }
  printer.indentation -= 2;
  if (size > count) entries.push(remainingText(size - count));
  return entries;
}

function describeCollection(printer, value, name, tag, kind) {
  const keys = ownKeys(value, printer.showHidden);
  const shape = new Shape(keys);
  const size = (kind === 'Set' ? sizeOfSet : sizeOfMap).call(value);
  shape.open = `${prefix(name, tag, kind, `(${size})`)}{`;
  if (size !== 0 || keys.length > 0) shape.entries = kind === 'Set' ? setEntries : mapEntriesTexts;
  return shape;
}

/** Texts of single values that the engine lists; weak collections have no order, so theirs are sorted. */
function listedEntries(printer, values, level, isWeak) {
  const count = shownCount(printer, values.length);
  const entries = new Array(count);
  printer.indentation += 2;
  for (let i = 0; i < count; i++) entries[i] = printer.value(values[i], level);
  printer.indentation -= 2;
  if (isWeak && !printer.sorted) entries.sort();
  if (values.length > count) entries.push(remainingText(values.length - count));
  return entries;
}

function listedPairs(printer, flat, level, join) {
  const size = flat.length / 2;
  const count = shownCount(printer, size);
  const entries = new Array(count);
  printer.indentation += 2;
  for (let i = 0; i < count; i++) {
    entries[i] = join(printer.value(flat[2 * i], level), printer.value(flat[2 * i + 1], level));
  }
  printer.indentation -= 2;
  if (join === joinWeakPair && !printer.sorted) entries.sort();
  if (size > count) entries.push(remainingText(size - count));
  return entries;
}

const joinWeakPair = (key, value) => `${key} => ${value}`;

function iteratorEntries(printer, value, level, shape) {
  const [values, isPairs] = natives.previewEntries(value, true);
  if (!isPairs) return listedEntries(printer, values, level, false);
  shape.open = shape.open.replace(/ Iterator\] \{$/, ' Entries] {');
  return listedPairs(printer, values, level,
                     (key, item) => layOut(printer, [key, item], '', '[', ']', true, level, undefined));
}

function describeIterator(printer, value, tag, kind) {
  const shape = new Shape(ownKeys(value, printer.showHidden));
  const own = `${kind} Iterator`;
  shape.open = tag === '' || tag === own ? `[${own}] {` : `[${tag}] [${own}] {`;
  shape.entries = iteratorEntries;
  return shape;
}

const unknownEntries = (printer) => [printer.stylize('<items unknown>', 'special')];
const weakSetEntries = (printer, value, level) =>
  listedEntries(printer, natives.previewEntries(value, true)[0], level, true);
const weakMapEntries = (printer, value, level) =>
  listedPairs(printer, natives.previewEntries(value, true)[0], level, joinWeakPair);

// ---- Bytes ----

function readExtra(printer, value, key) {
  try {
    return value[key];
  } catch {
    // The buffer of a DataView was detached or has shrunk. Node indents what follows two columns deeper.
    printer.indentation += 2;
    return key === 'byteLength' ? value.buffer.byteLength : undefined;
  }
}

function bufferEntries(printer, value, level) {
  const extra = printer.extra('byteLength', value.byteLength, level);
  let bytes;
  try {
    bytes = new Uint8Array(value);
  } catch {
    return [printer.stylize('(detached)', 'special'), extra];
  }
  const count = shownCount(printer, bytes.length);
  let contents = '';
  for (let i = 0; i < count; i++) contents += `${i === 0 ? '' : ' '}${bytes[i].toString(16).padStart(2, '0')}`;
  const remaining = bytes.length - count;
  if (remaining > 0) contents += ` ... ${remaining} more byte${remaining > 1 ? 's' : ''}`;
  return [`${printer.stylize('[Uint8Contents]', 'special')}: <${contents}>`, extra];
}

function dataViewEntries(printer, value, level) {
  return ['byteLength', 'byteOffset', 'buffer'].map(
    (key) => printer.extra(key, readExtra(printer, value, key), level));
}

// ---- Others ----

function promiseEntries(printer, value, level) {
  const [state, result] = natives.getPromiseDetails(value);
  if (state === 0) return [printer.stylize('<pending>', 'special')];
  printer.indentation += 2;
  const text = printer.value(result, level);
  printer.indentation -= 2;
  return [state === 2 ? `${printer.stylize('<rejected>', 'special')} ${text}` : text];
}

function namespaceEntry(printer, value, level, key) {
  try {
    return printer.property(value, level, key, false);
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    // An uninitialized binding: the key, as it would look, with a word in place of the value.
    const text = printer.property({ [key]: '' }, level, key, false);
    return `${text.slice(0, text.lastIndexOf(' ') + 1)}${printer.stylize('<uninitialized>', 'special')}`;
  }
}

const BOXES = [
  ['Number', 'isNumberObject', Number.prototype.valueOf],
  ['String', 'isStringObject', String.prototype.valueOf],
  ['Boolean', 'isBooleanObject', Boolean.prototype.valueOf],
  ['BigInt', 'isBigIntObject', BigInt.prototype.valueOf],
  ['Symbol', 'isSymbolObject', Symbol.prototype.valueOf],
];

function describeBox(printer, value, name, tag, shape, [kind, , valueOf]) {
  // The characters of a string are own properties.
  if (kind === 'String') shape.keys.splice(0, value.length);
  let head = `[${kind}`;
  if (name !== kind) head += name === null ? ' (null prototype)' : ` (${name})`;
  head += `: ${printer.primitiveWithoutStyle(valueOf.call(value))}]`;
  if (tag !== '' && tag !== name) head += ` [${tag}]`;
  shape.base = head;
  if (shape.keys.length === 0) shape.baseStyle = kind.toLowerCase();
}

/** Finds the internal slots of an object by asking the engine; 'Object' if it has none of interest. */
function slotKind(value) {
  if (isView(value)) return typedArrayTag.call(value) === undefined ? 'DataView' : 'Object';
  if (types.isPromise(value)) return 'Promise';
  if (types.isAnyArrayBuffer(value)) return types.isSharedArrayBuffer(value) ? 'SharedArrayBuffer' : 'ArrayBuffer';
  if (types.isWeakSet(value)) return 'WeakSet';
  if (types.isWeakMap(value)) return 'WeakMap';
  if (types.isModuleNamespaceObject(value)) return 'Module';
  if (types.isRegExp(value)) return 'RegExp';
  if (types.isDate(value)) return 'Date';
  for (const [kind, test] of BOXES) if (types[test](value)) return kind;
  return 'Object';
}

function kindOf(value, mayHaveSlots) {
  if (typeof value === 'function') return 'Function';
  if (!mayHaveSlots) {
    // Without a tag this tells the oldest kinds apart, at no cost.
    const kind = objectToString.call(value).slice(8, -1);
    if (kind !== 'Object') return kind;
    return inheritsFromError(value) ? 'Error' : 'Object';
  }
  return isError(value) ? 'Error' : slotKind(value);
}

const describers = {
  __proto__: null,
  Function(printer, value, name, tag, shape) {
    shape.base = functionHead(printer, value, name, tag);
    shape.baseStyle = 'special';
  },
  RegExp(printer, value, name, tag, shape) {
    const head = prefix(name, tag, 'RegExp');
    const source = regExpToString.call(name === null ? new RegExp(value) : value);
    shape.base = head === 'RegExp ' ? source : `${head}${source}`;
    shape.baseStyle = 'regexp';
    shape.isBriefByItself = true;
  },
  Date(printer, value, name, tag, shape) {
    const head = prefix(name, tag, 'Date');
    const date = (Number.isNaN(getTime.call(value)) ? dateToString : toISOString).call(value);
    shape.base = head === 'Date ' ? date : `${head}${date}`;
    shape.baseStyle = 'date';
  },
  Error(printer, value, name, tag, shape) {
    shape.base = errorHead(printer, value, name, tag, shape.keys);
  },
  Promise(printer, value, name, tag, shape) {
    shape.entries = promiseEntries;
  },
  ArrayBuffer(printer, value, name, tag, shape, isInTypedArray) {
    if (!isInTypedArray) {
      shape.entries = bufferEntries;
      return;
    }
    // The typed array shows the bytes.
    const length = `[byteLength]: ${printer.stylize(numberText(value.byteLength, false), 'number')}`;
    shape.entries = () => [length];
    shape.text = `${prefix(name, tag, 'ArrayBuffer')}{ ${length} }`;
  },
  DataView(printer, value, name, tag, shape) {
    shape.entries = dataViewEntries;
  },
  WeakSet(printer, value, name, tag, shape) {
    shape.entries = printer.showHidden ? weakSetEntries : unknownEntries;
  },
  WeakMap(printer, value, name, tag, shape) {
    shape.entries = printer.showHidden ? weakMapEntries : unknownEntries;
  },
  Module(printer, value, name, tag, shape) {
    const { keys } = shape;
    shape.keys = [];
    shape.entries = (_, namespace, level) => keys.map((key) => namespaceEntry(printer, namespace, level, key));
  },
};
describers.SharedArrayBuffer = describers.ArrayBuffer;
for (const box of BOXES) {
  describers[box[0]] = (printer, value, name, tag, shape) => describeBox(printer, value, name, tag, shape, box);
}

function describeIterable(printer, value, name, tag) {
  if (isArray(value)) return describeArray(printer, value, name, tag);
  if (typedArrayTag.call(value) !== undefined) return describeTypedArray(printer, value, name, tag);
  if (types.isSet(value)) return describeCollection(printer, value, name, tag, 'Set');
  if (types.isMap(value)) return describeCollection(printer, value, name, tag, 'Map');
  if (types.isMapIterator(value)) return describeIterator(printer, value, tag, 'Map');
  if (types.isSetIterator(value)) return describeIterator(printer, value, tag, 'Set');
  return undefined;
}

function isIterable(value) {
  try {
    return Boolean(value[Symbol.iterator]);
  } catch {
    return false;
  }
}

function describePlain(printer, value, tag, hasTag) {
  const shape = new Shape(ownKeys(value, printer.showHidden));
  const isArguments = hasTag ? types.isArgumentsObject(value) : objectToString.call(value) === '[object Arguments]';
  if (isArguments) shape.open = '[Arguments] {';
  else if (tag !== '') shape.open = `${prefix('Object', tag, 'Object')}{`;
  return shape;
}

/**
 * The Shape of `value`, whose class is called `name`. `tag` is the Symbol.toStringTag that is to be shown, `hasTag`
 * whether there is one at all.
 */
function describe(printer, value, name, tag, hasTag, isInTypedArray) {
  const mayHaveSlots = hasTag || name === null || name.endsWith('>');
  if (name === null || isIterable(value)) {
    const shape = describeIterable(printer, value, name, tag);
    if (shape !== undefined) return shape;
  }
  if (name === 'Object') return describePlain(printer, value, tag, hasTag);
  const shape = new Shape(ownKeys(value, printer.showHidden));
  const kind = kindOf(value, mayHaveSlots);
  const describer = describers[kind];
  if (describer !== undefined) describer(printer, value, name, tag, shape, isInTypedArray);
  if (shape.base === '') {
    const fallback = name === null && kind === 'Object' ? engineName(value, tag) : kind;
    shape.open = `${prefix(name, tag, fallback)}{`;
  }
  return shape;
}

module.exports = { describe, proxyDetails };
