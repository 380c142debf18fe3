'use strict';
// What inspect calls a value: the name of its constructor, found without running the program's code, and the heads
// made from it (`Foo [Tag] `, `[Map(2): null prototype] `).
// A constructor counts when some object on the prototype chain owns it as a data property and the value is an instance
// of it. Where there is none, the engine's own class name is shown with the prototype in angle brackets.

const types = require('internal/util/types');

const natives = internalBinding('util');

const INHERITED_LEVELS = 3;
const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn } = Object;
const { ownKeys } = Reflect;

// Classes of the language itself: what stands on their prototypes is known, so `showHidden` stops there.
const BUILTIN_CLASSES = new Set((
  'AggregateError Array ArrayBuffer AsyncDisposableStack BigInt BigInt64Array BigUint64Array Boolean DataView ' +
  'Date DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function ' +
  'Int16Array Int32Array Int8Array Iterator Map Number Object Promise Proxy RangeError ReferenceError RegExp Set ' +
  'String SuppressedError Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array ' +
  'Uint8ClampedArray WeakMap WeakRef WeakSet'
).split(' '));

// The commonest are known by sight.
const PROTOTYPE_NAMES = new Map([
  [Object.prototype, 'Object'], [Function.prototype, 'Function'], [Array.prototype, 'Array'], [Map.prototype, 'Map'],
  [Set.prototype, 'Set'], [ArrayBuffer.prototype, 'ArrayBuffer'], [getPrototypeOf(Uint8Array.prototype), 'TypedArray'],
]);

/** Whether `value instanceof constructor`, false when asking throws. */
function isInstance(value, constructor) {
  try {
    return value instanceof constructor;
  } catch {
    return false;
  }
}

/** The name of the class whose prototype `object`, on the chain of `value`, is; undefined if it is none's. */
function classNameAt(value, object) {
  const known = object === value ? undefined : PROTOTYPE_NAMES.get(object);
  if (known !== undefined) return known;
  const constructor = getOwnPropertyDescriptor(object, 'constructor')?.value;
  if (typeof constructor !== 'function' || constructor.name === '' || !isInstance(value, constructor)) return undefined;
  return String(constructor.name);
}

function isBuiltinPrototype(object) {
  const constructor = getOwnPropertyDescriptor(object, 'constructor')?.value;
  return typeof constructor === 'function' && BUILTIN_CLASSES.has(constructor.name);
}

/** Adds what classes of the program define on `value`'s prototypes, methods excepted, to `inherited`. */
function addInherited(printer, value, start, level, inherited) {
  const shadowed = new Set();
  let keys = [];
  for (let distance = 0, object = start; distance < INHERITED_LEVELS; distance++) {
    if (distance !== 0 || value === object) {
      object = getPrototypeOf(object);
      if (object === null || isBuiltinPrototype(object)) return;
    }
    for (const key of keys) shadowed.add(key);
    keys = ownKeys(object);
    printer.seen.push(value);
    for (const key of keys) {
      if (key === 'constructor' || hasOwn(value, key) || (distance !== 0 && shadowed.has(key))) continue;
      const descriptor = getOwnPropertyDescriptor(object, key);
      if (typeof descriptor.value === 'function') continue;
      const text = printer.property(object, level, key, false, descriptor, value);
      inherited.push(printer.colors ? `\u001b[2m${text}\u001b[22m` : text);
    }
    printer.seen.pop();
  }
}

/**
 * The name of `value`'s class, null when no prototype leads to one. Given an array `inherited`, adds the texts of
 * properties that stand on the prototypes.
 */
function constructorName(printer, value, level, inherited) {
  let firstPrototype;
  for (let object = value; object !== null;) {
    const name = classNameAt(value, object);
    if (name !== undefined) {
      if (inherited !== undefined && (firstPrototype !== object || !BUILTIN_CLASSES.has(name))) {
        addInherited(printer, value, firstPrototype ?? value, level, inherited);
      }
      return name;
    }
    object = getPrototypeOf(object);
    if (firstPrototype === undefined) firstPrototype = object;
  }
  if (firstPrototype === null) return null;
  const own = natives.getConstructorName(value);
  if (printer.isTooDeep(level)) return `${own} <Complex prototype>`;
  const prototypeName = constructorName(printer, firstPrototype, level + 1, inherited);
  if (prototypeName !== null) return `${own} <${prototypeName}>`;
  return `${own} <${printer.brief(firstPrototype)}>`;
}

/** `Foo(3) [Tag] `, what stands before the opening brace; `fallback` names a value that has no prototype. */
function prefix(name, tag, fallback, size = '') {
  if (name === null) {
    const head = `[${fallback}${size}: null prototype] `;
    return tag === '' || tag === fallback ? head : `${head}[${tag}] `;
  }
  return tag === '' || tag === name ? `${name}${size} ` : `${name}${size} [${tag}] `;
}

/** The engine's own name for the class of an object without a prototype, which a tag would fool. */
function engineName(value, tag) {
  const name = natives.getConstructorName(value);
  return name === tag ? 'Object' : name;
}

/** `Foo [Tag]`, `[Foo: null prototype]`. */
function className(value, name, tag) {
  return prefix(name, tag, name === null ? engineName(value, tag) : '').slice(0, -1);
}

const COMMENT = /(\/\/.*?\n)|(\/\*(.|\n)*?\*\/)/g;
const CLASS_HEAD = /^(\s+[^(]*?)\s*\{/;

/** Whether a function's source text is that of a class, not of a method called `class`. */
function isClassSource(source) {
  if (!source.startsWith('class') || !source.endsWith('}')) return false;
  const rest = source.slice(5, -1);
  const brace = rest.indexOf('{');
  if (brace === -1) return false;
  return !rest.slice(0, brace).includes('(') || CLASS_HEAD.test(rest.replace(COMMENT, ''));
}

function classHead(value, name, tag) {
  const ownName = hasOwn(value, 'name') && value.name;
  let head = `class ${ownName || '(anonymous)'}`;
  if (name !== 'Function' && name !== null) head += ` [${name}]`;
  if (tag !== '' && name !== tag) head += ` [${tag}]`;
  if (name === null) return `[${head} extends [null prototype]]`;
  const superName = getPrototypeOf(value).name;
  return superName ? `[${head} extends ${superName}]` : `[${head}]`;
}

const functionToString = Function.prototype.toString;

/** `AsyncGeneratorFunction` and so on; the engine is asked only when the source text makes it likely. */
function functionKind(value, source) {
  let kind = 'Function';
  if (source.slice(0, source.indexOf('(')).includes('*') && types.isGeneratorFunction(value)) kind = `Generator${kind}`;
  if (source.startsWith('async') && types.isAsyncFunction(value)) kind = `Async${kind}`;
  return kind;
}

/** `[Function: f]`, `[class A extends B]`. */
function functionHead(printer, value, name, tag) {
  const source = functionToString.call(value);
  if (isClassSource(source)) return classHead(value, name, tag);
  const kind = functionKind(value, source);
  let head = `[${kind}`;
  if (name === null) head += ' (null prototype)';
  const ownName = value.name;
  if (ownName === '') head += ' (anonymous)';
  else head += `: ${typeof ownName === 'string' ? ownName : printer.value(ownName, 0)}`;
  head += ']';
  if (name !== kind && name !== null) head += ` ${name}`;
  return tag === '' || tag === name ? head : `${head} [${tag}]`;
}

module.exports = { BUILTIN_CLASSES, className, constructorName, engineName, functionHead, prefix };
