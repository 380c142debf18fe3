'use strict';

// HandleWrap: what streams and UDP sockets have in common as JavaScript sees them.
//
// Theory of operation. A handle is a number (`internal/handles`) under which Python keeps something of the loop
// (bindings/stream_wrap.py). Its news goes to `_tell`, but for the last: that it is closed.

const handles = require('internal/handles');
const hooks = require('internal/async_hooks');

const binding = internalBinding('stream_wrap');

const CLOSED = 1;

class HandleWrap {
  owner = undefined;
  #number;
  #isReferenced = true;
  #closeCallback = undefined;

  constructor(type) {
    this.#number = handles.open((value, second, third) => {
      if (value === CLOSED) this.#closed();
      else this._tell(value, second, third);
    }, type, this);
  }

  #closed() {
    this.#number = 0;
    this.#closeCallback();
  }

  /** For operations on it. */
  get number() {
    return this.#number;
  }

  get fd() {
    return this.isOpen() ? binding.fd(this.#number) : -1;
  }

  getAsyncId() {
    return handles.asyncId(this.#number);
  }

  isOpen() {
    return this.#number !== 0 && this.#closeCallback === undefined;
  }

  /** After what may give it an address; `errno`: whether it did. */
  _located(errno) {
    if (hooks.recorder !== undefined && errno === 0) hooks.recorder.located(this);
    return errno;
  }

  /** Close it; `callback` comes in the loop's closing step. */
  close(callback) {
    if (this.isOpen()) this._closeBy(() => binding.close(this.#number) ?? 0, callback);
  }

  _closeBy(operation, callback = undefined) {
    const errno = operation();
    if (errno === 0) {
      this.#closeCallback = callback ?? (() => {});
      handles.endWith(this.#number, CLOSED, callback === undefined);
      hooks.recorder?.closing(this.getAsyncId());
    }
    return errno;
  }

  ref() {
    this.#setReferenced(true);
  }

  unref() {
    this.#setReferenced(false);
  }

  #setReferenced(value) {
    if (!this.isOpen()) return;
    this.#isReferenced = value;
    binding.ref(this.#number, value);
  }

  hasRef() {
    return this.isOpen() && this.#isReferenced;
  }
}

function fill(into, name) {
  if (!Array.isArray(name)) return name;
  [into.address, into.port] = name;
  into.family = name[0].includes(':') ? 'IPv6' : 'IPv4';
  return 0;
}

/** Give `Class` the methods that tell its addresses; 0 or a negative errno. */
function named(Class) {
  Class.prototype.getsockname = function(into) {
    return fill(into, binding.socketName(this.number));
  };
  Class.prototype.getpeername = function(into) {
    return fill(into, binding.peerName(this.number));
  };
}

/** The handles that are open, if their owners want the process to wait for them. */
function activeHandles() {
  return handles.resources().filter((each) => each instanceof HandleWrap && each.hasRef());
}

module.exports = { HandleWrap, activeHandles, named };
