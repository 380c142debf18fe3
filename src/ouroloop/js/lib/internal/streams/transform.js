'use strict';

// Transform: a Duplex whose output is made from its input by `_transform`. Its trick: `_write` holds its callback back
// while the readable side is full, and `_read` releases it, so pressure passes through. `_flush` runs when all input
// was transformed, before 'end'; it is the stream's `_final`, or, where a subclass has a `_final` of its own, runs at
// 'prefinish'.

const Duplex = require('internal/streams/duplex');
const { getHighWaterMark } = require('internal/streams/state');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');

const kCallback = Symbol('kCallback');

function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  const readableMark = options ? getHighWaterMark(this, options, 'readableHighWaterMark', true) : null;
  if (readableMark === 0) {
    // Nothing would ever be asked for, hence nothing transformed, unless the writable side has room for one.
    options = {
      ...options,
      highWaterMark: null,
      readableHighWaterMark: readableMark,
      writableHighWaterMark: options.writableHighWaterMark || 0,
    };
  }
  Duplex.call(this, options);
  // The readable side is fed by writes, so what is pushed may go out at once.
  this._readableState.sync = false;
  this[kCallback] = null;
  if (options) {
    if (typeof options.transform === 'function') this._transform = options.transform;
    if (typeof options.flush === 'function') this._flush = options.flush;
  }
  this.on('prefinish', prefinish);
}
Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
Object.setPrototypeOf(Transform, Duplex);

function final(callback) {
  if (typeof this._flush !== 'function' || this.destroyed) {
    this.push(null);
    callback?.();
    return;
  }
  this._flush((error, data) => {
    if (error) {
      if (callback) callback(error);
      else this.destroy(error);
      return;
    }
    if (data != null) this.push(data);
    this.push(null);
    callback?.();
  });
}

function prefinish() {
  if (this._final !== final) final.call(this);
}

Transform.prototype._final = final;

Transform.prototype._transform = function(chunk, encoding, callback) {
  throw new ERR_METHOD_NOT_IMPLEMENTED('_transform()');
};

Transform.prototype._write = function(chunk, encoding, callback) {
  const reading = this._readableState;
  const writing = this._writableState;
  const { length } = reading;
  this._transform(chunk, encoding, (error, data) => {
    if (error) {
      callback(error);
      return;
    }
    if (data != null) this.push(data);
    const full = !writing.ended && length !== reading.length && reading.length >= reading.highWaterMark;
    // Output that is over takes everything at once: a tick apart, or a long input would fill the stack.
    if (reading.ended) process.nextTick(callback);
    else if (full) this[kCallback] = callback;
    else callback();
  });
};

Transform.prototype._read = function() {
  const callback = this[kCallback];
  if (!callback) return;
  this[kCallback] = null;
  callback();
};

module.exports = Transform;
