'use strict';

// domain (deprecated): errors of several pieces of work, handled in one place.
//
// Theory of operation. A stack of domains is entered and left; the top one is `process.domain`. Whatever is scheduled
// while a domain is entered belongs to it, by async hooks, and so does an emitter that is made then. An error in it
// that nobody catches, and an 'error' event that nobody listens for, is the domain's 'error' event.

const EventEmitter = require('events');
const {
  codes: {
    ERR_DOMAIN_CALLBACK_NOT_AVAILABLE, ERR_DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE, ERR_UNHANDLED_ERROR,
  },
} = require('internal/errors');
const { createHook } = require('async_hooks');
const execution = require('internal/process/execution');

/** The program's own callback and domains would take each other's errors: whichever comes first excludes the other. */
function excludeCaptureCallback() {
  if (execution.hasUncaughtExceptionCaptureCallback()) throw new ERR_DOMAIN_CALLBACK_NOT_AVAILABLE();
  const required = new Error('require(`domain`) at this point');
  process.setUncaughtExceptionCaptureCallback = function setUncaughtExceptionCaptureCallback(_fn) {
    const error = new ERR_DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE();
    error.stack += `\n${'-'.repeat(40)}\n${required.stack}`;
    throw error;
  };
}

excludeCaptureCallback();

const stack = [];
const owners = new Map(); // async id -> domain

const hook = createHook({
  init(id, type, trigger, resource) {
    if (process.domain == null) return;
    owners.set(id, process.domain);
    if (typeof resource === 'object' && resource !== null && !Object.hasOwn(resource, 'domain')) {
      setDomain(resource, process.domain);
    }
  },
  before: (id) => owners.get(id)?.enter(),
  after: (id) => owners.get(id)?.exit(),
  destroy: (id) => owners.delete(id),
});

let current = null;

const CURRENT = {
  get: () => current,
  set: (value) => {
    current = value;
  },
};

Object.defineProperty(process, 'domain', { __proto__: null, enumerable: true, configurable: true, ...CURRENT });

/** Note whose `target` is, where loops over its properties do not see it. */
function setDomain(target, domain) {
  Object.defineProperty(target, 'domain',
    { __proto__: null, configurable: true, enumerable: false, value: domain, writable: true });
}

/** While a domain with a handler is entered, uncaught errors are its own. */
function updateCapture() {
  const handled = stack.some((domain) => domain.listenerCount('error') > 0);
  execution.setUncaughtExceptionCaptureCallback(handled ? (error) => stack.at(-1)._errorHandler(error) : null);
}

class Domain extends EventEmitter {
  constructor() {
    super();
    this.members = [];
    hook.enable();
    this.on('newListener', (name) => {
      if (name === 'error') process.nextTick(updateCapture);
    });
    this.on('removeListener', (name) => {
      if (name === 'error') updateCapture();
    });
  }

  _errorHandler(error) {
    if ((typeof error === 'object' && error !== null) || typeof error === 'function') {
      setDomain(error, this);
      error.domainThrown = true;
    }
    // The handler runs outside of its domain, so that an error in it is not handled by it again.
    while (stack.at(-1) === this) stack.pop(); // it may have been entered several times
    current = stack.at(-1);
    updateCapture();
    try {
      if (this.listenerCount('error') > 0) return this.emit('error', error);
      if (current) return current._errorHandler(error);
      require('internal/process/execution').uncaught(error);
      return true;
    } catch (errorOfHandler) {
      if (stack.length === 0) throw errorOfHandler;
      current = stack.at(-1); // the domain around this one has it
      return process._fatalException(errorOfHandler);
    } finally {
      stack.length = 0;
      current = null;
      updateCapture();
    }
  }

  enter() {
    current = this;
    stack.push(this);
    updateCapture();
  }

  exit() {
    const index = stack.lastIndexOf(this);
    if (index < 0) return;
    stack.splice(index);
    current = stack.at(-1);
    updateCapture();
  }

  add(emitter) {
    if (emitter.domain === this) return;
    if (emitter.domain) emitter.domain.remove(emitter);
    if (this.domain && emitter instanceof Domain) {
      for (let above = this.domain; above; above = above.domain) if (emitter === above) return;
    }
    setDomain(emitter, this);
    this.members.push(emitter);
  }

  remove(emitter) {
    emitter.domain = null;
    const index = this.members.indexOf(emitter);
    if (index >= 0) this.members.splice(index, 1);
  }

  run(callback, ...args) {
    this.enter();
    const result = Reflect.apply(callback, this, args);
    this.exit();
    return result;
  }

  intercept(callback) {
    const domain = this;
    return function(error, ...args) {
      if (error instanceof Error) {
        error.domainBound = callback;
        error.domainThrown = false;
        setDomain(error, domain);
        domain.emit('error', error);
        return undefined;
      }
      return runIn(domain, callback, this, args);
    };
  }

  bind(callback) {
    const domain = this;
    function bound(...args) {
      return runIn(domain, callback, this, args);
    }
    setDomain(bound, this);
    return bound;
  }
}

function runIn(domain, callback, self, args) {
  domain.enter();
  const result = Reflect.apply(callback, self, args);
  domain.exit();
  return result;
}

// Emitters belong to the domain in which they are made, and tell it of errors.

EventEmitter.usingDomains = true;

const { init } = EventEmitter;
EventEmitter.init = function(options) {
  setDomain(this, null);
  if (current && !(this instanceof Domain)) this.domain = current;
  return Reflect.apply(init, this, [options]);
};

const { emit } = EventEmitter.prototype;
EventEmitter.prototype.emit = function(...args) {
  const { domain } = this;
  if (domain === null || domain === undefined || this === process) return Reflect.apply(emit, this, args);
  const [type, error] = args;
  if (type === 'error' && this.listenerCount('error') === 0) return emitError(this, domain, error, args.length > 1);
  domain.enter();
  const result = Reflect.apply(emit, this, args);
  domain.exit();
  return result;
};

function emitError(emitter, domain, error, isGiven) {
  if (!isGiven || !error) error = new ERR_UNHANDLED_ERROR(error);
  if (typeof error === 'object') {
    error.domainEmitter = emitter;
    setDomain(error, domain);
    error.domainThrown = false;
  }
  domain.emit('error', error);
  return false;
}

function create() {
  return new Domain();
}

module.exports = { Domain, create, createDomain: create, _stack: stack };
Object.defineProperty(module.exports, 'active', { __proto__: null, enumerable: true, ...CURRENT });
