'use strict';

// Mocks: functions, methods, accessors and properties that note how they are used and may be replaced for a while.
//
// Theory of operation. A mock function is a Proxy of the original: it has its name, length and prototype; a call goes
// to the implementation of that moment and is noted in `mock`. A mocked method or property is a property put on the
// object itself; restoring puts back the descriptor that was found, there or on a prototype.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateBoolean, validateFunction, validateInteger, validateObject } = require('internal/validators');
const { kEmptyObject } = require('internal/util');

const isObject = (value) => typeof value === 'object' && value !== null;

/** Which value is in force: for good, or for the use of a number. */
class Replacements {
  #once = new Map();

  set(value, number) {
    this.#once.set(number, value);
  }

  /** The value for the use `number`, or `otherwise`. */
  take(number, otherwise) {
    if (!this.#once.has(number)) return otherwise;
    const value = this.#once.get(number);
    this.#once.delete(number);
    return value;
  }
}

class MockFunctionContext {
  #calls = [];
  #once = new Replacements();
  #implementation;
  #original;
  #restore; // of a method: puts the property back
  #times;

  constructor(original, implementation, times, restore) {
    this.#original = original;
    this.#implementation = implementation;
    this.#times = times;
    this.#restore = restore;
  }

  get calls() {
    return this.#calls.slice();
  }

  callCount() {
    return this.#calls.length;
  }

  mockImplementation(implementation) {
    validateFunction(implementation, 'implementation');
    this.#implementation = implementation;
  }

  mockImplementationOnce(implementation, onCall) {
    validateFunction(implementation, 'implementation');
    const next = this.#calls.length;
    const number = onCall ?? next;
    validateInteger(number, 'onCall', next);
    this.#once.set(implementation, number);
  }

  restore() {
    this.#implementation = this.#original;
    this.#restore?.();
  }

  resetCalls() {
    this.#calls = [];
  }

  static next(context) {
    const number = context.#calls.length;
    const implementation = context.#once.take(number, context.#implementation);
    if (number + 1 === context.#times) context.restore();
    return implementation;
  }

  static note(context, call) {
    context.#calls.push(call);
  }
}

const { next, note } = MockFunctionContext;
delete MockFunctionContext.next;
delete MockFunctionContext.note;

function mockFunction(original, implementation, times, restore) {
  const context = new MockFunctionContext(original, implementation, times, restore);
  const mock = new Proxy(original, {
    __proto__: null,
    apply(target, self, args) {
      return noted(context, args, undefined, () => {
        const result = Reflect.apply(next(context), self, args);
        return [result, self];
      }, self);
    },
    construct(target, args, newTarget) {
      return noted(context, args, target, () => {
        const result = Reflect.construct(next(context), args, newTarget);
        return [result, result];
      });
    },
    get(target, property, receiver) {
      return property === 'mock' ? context : Reflect.get(target, property, receiver);
    },
  });
  return { context, mock };
}

/** Call `use`, which gives the result and what `this` was, and note how it went. */
function noted(context, args, target, use, self) {
  let result;
  let error;
  try {
    [result, self] = use();
    return result;
  } catch (thrown) {
    error = thrown;
    throw thrown;
  } finally {
    // eslint-disable-next-line no-restricted-syntax
    note(context, { arguments: args, error, result, stack: new Error(), target, this: self });
  }
}

class MockPropertyContext {
  #object;
  #name;
  #descriptor;
  #value;
  #accesses = [];
  #once = new Replacements();

  constructor(object, name, hasValue, value) {
    const found = find(object, name);
    if (found === undefined) throw new ERR_INVALID_ARG_VALUE('propertyName', name, 'is not a property of the object');
    this.#object = object;
    this.#name = name;
    this.#descriptor = found;
    this.#value = hasValue ? value : object[name];
    const mock = this; // eslint-disable-line consistent-this
    Object.defineProperty(object, name, {
      __proto__: null,
      configurable: found.configurable,
      enumerable: found.enumerable,
      get: () => mock.#access('get', mock.#value),
      set: (value) => { mock.#set(value); },
    });
  }

  get accesses() {
    return this.#accesses.slice();
  }

  accessCount() {
    return this.#accesses.length;
  }

  mockImplementation(value) {
    this.#set(value);
  }

  mockImplementationOnce(value, onAccess) {
    const next = this.#accesses.length;
    const number = onAccess ?? next;
    validateInteger(number, 'onAccess', next);
    this.#once.set(value, number);
  }

  resetAccesses() {
    this.#accesses = [];
  }

  restore() {
    Object.defineProperty(this.#object, this.#name, this.#descriptor);
  }

  #set(value) {
    if (!this.#descriptor.writable && this.#descriptor.set === undefined) {
      throw new ERR_INVALID_ARG_VALUE('propertyName', this.#name, 'cannot be set');
    }
    this.#value = this.#access('set', value);
  }

  #access(type, otherwise) {
    const value = this.#once.take(this.#accesses.length, otherwise);
    // eslint-disable-next-line no-restricted-syntax
    this.#accesses.push({ type, value, stack: new Error() });
    return value;
  }
}

/** A property's descriptor, from the object or from its nearest prototype that has it. */
function find(object, name) {
  for (let each = object; each !== null; each = Object.getPrototypeOf(each)) {
    const descriptor = Object.getOwnPropertyDescriptor(each, name);
    if (descriptor !== undefined) return { __proto__: null, ...descriptor };
  }
  return undefined;
}

function checkTimes(times) {
  if (times !== Infinity) validateInteger(times, 'options.times', 1);
}

function checkName(name, argument) {
  if (typeof name !== 'string' && typeof name !== 'symbol') {
    throw new ERR_INVALID_ARG_TYPE(argument, ['string', 'symbol'], name);
  }
}

function checkObject(object, argument = 'object') {
  if (typeof object !== 'function') validateObject(object, argument);
}

class MockTracker {
  #mocks = []; // contexts
  #timers;

  get timers() {
    if (this.#timers === undefined) {
      const { MockTimers } = require('internal/test_runner/mock_timers');
      this.#timers = new MockTimers();
    }
    return this.#timers;
  }

  fn(original = () => undefined, implementation = original, options = kEmptyObject) {
    if (isObject(original)) [original, implementation, options] = [function() {}, undefined, original];
    else if (isObject(implementation)) [implementation, options] = [original, implementation];
    implementation ??= original;
    if (arguments.length === 0) implementation = original = function() {};
    validateFunction(original, 'original');
    validateFunction(implementation, 'implementation');
    validateObject(options, 'options');
    const { times = Infinity } = options;
    checkTimes(times);
    const { context, mock } = mockFunction(original, implementation, times);
    this.#mocks.push(context);
    return mock;
  }

  method(object, methodName, implementation, options = kEmptyObject) {
    checkName(methodName, 'methodName');
    checkObject(object);
    if (isObject(implementation)) [implementation, options] = [undefined, implementation];
    validateObject(options, 'options');
    const { getter = false, setter = false, times = Infinity } = options;
    validateBoolean(getter, 'options.getter');
    validateBoolean(setter, 'options.setter');
    if (getter && setter) {
      throw new ERR_INVALID_ARG_VALUE('options.setter', setter, "cannot be used with 'options.getter'");
    }
    checkTimes(times);
    const kind = getter ? 'get' : setter ? 'set' : 'value';
    const descriptor = find(object, methodName);
    const original = descriptor?.[kind];
    if (typeof original !== 'function') {
      throw new ERR_INVALID_ARG_VALUE('methodName', original, 'must be a method');
    }
    implementation ??= original;
    validateFunction(implementation, 'implementation');
    const restore = () => Object.defineProperty(object, methodName, descriptor);
    const { context, mock } = mockFunction(original, implementation, times, restore);
    Object.defineProperty(object, methodName, { ...descriptor, __proto__: null, [kind]: mock });
    this.#mocks.push(context);
    return mock;
  }

  getter(object, methodName, implementation, options) {
    return this.#accessor('getter', object, methodName, implementation, options);
  }

  setter(object, methodName, implementation, options) {
    return this.#accessor('setter', object, methodName, implementation, options);
  }

  #accessor(kind, object, methodName, implementation = kEmptyObject, options = kEmptyObject) {
    if (isObject(implementation)) [implementation, options] = [undefined, implementation];
    else validateObject(options, 'options');
    const { [kind]: wanted = true } = options;
    if (wanted === false) throw new ERR_INVALID_ARG_VALUE(`options.${kind}`, wanted, 'cannot be false');
    return this.method(object, methodName, implementation, { ...options, [kind]: wanted });
  }

  property(object, propertyName, value) {
    checkObject(object);
    checkName(propertyName, 'propertyName');
    const context = new MockPropertyContext(object, propertyName, arguments.length > 2, value);
    this.#mocks.push(context);
    return new Proxy(object, {
      __proto__: null,
      get(target, property, receiver) {
        return property === 'mock' ? context : Reflect.get(target, property, receiver);
      },
    });
  }

  /** Restore everything and forget it. */
  reset() {
    this.restoreAll();
    this.#timers?.reset();
    this.#mocks = [];
  }

  restoreAll() {
    for (const context of this.#mocks) context.restore();
  }
}

module.exports = { MockTracker };
