'use strict';

// Duplex: a Readable and a Writable in one object with two independent buffers, as a socket is. JavaScript has one
// prototype chain, so it inherits from Readable, and the methods of Writable are copied in. With `allowHalfOpen: false`
// the end of the readable side ends the writable one. 'close' comes when both sides are done.

const { Stream } = require('internal/streams/legacy');
const Readable = require('internal/streams/readable');
const Writable = require('internal/streams/writable');
const { addAbortSignal } = require('internal/streams/add-abort-signal');
const destroying = require('internal/streams/destroy');
const { takeWriting } = require('internal/streams/state');

function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  this._events ??= {
    close: undefined, error: undefined, prefinish: undefined, finish: undefined, drain: undefined,
    data: undefined, end: undefined, readable: undefined,
  };
  this._readableState = new Readable.ReadableState(options, this, true);
  this._writableState = new Writable.WritableState(options, this, true);
  this.allowHalfOpen = options ? options.allowHalfOpen !== false : true;
  if (options) {
    if (options.readable === false) closeReadable(this._readableState);
    if (options.writable === false) closeWritable(this._writableState);
    if (typeof options.read === 'function') this._read = options.read;
    takeWriting(this, options);
    if (options.signal) addAbortSignal(options.signal, this);
  }
  Stream.call(this, options);
  if (this._construct != null) destroying.construct(this);
}
Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
Object.setPrototypeOf(Duplex, Readable);

function closeReadable(state) {
  state.readable = false;
  state.ended = state.endEmitted = true;
}

function closeWritable(state) {
  state.writable = false;
  state.ending = state.ended = state.finished = true;
}

for (const name of Object.keys(Writable.prototype)) {
  if (!Duplex.prototype[name]) Duplex.prototype[name] = Writable.prototype[name];
}
Duplex.prototype.destroy = Writable.prototype.destroy;

for (const name of [
  'writable', 'writableHighWaterMark', 'writableObjectMode', 'writableBuffer', 'writableLength', 'writableFinished',
  'writableCorked', 'writableEnded', 'writableNeedDrain',
]) {
  Object.defineProperty(Duplex.prototype, name, Object.getOwnPropertyDescriptor(Writable.prototype, name));
}

Object.defineProperty(Duplex.prototype, 'destroyed', {
  __proto__: null,
  get() {
    if (this._readableState === undefined || this._writableState === undefined) return false;
    return this._readableState.destroyed && this._writableState.destroyed;
  },
  set(value) {
    if (!this._readableState || !this._writableState) return;
    this._readableState.destroyed = value;
    this._writableState.destroyed = value;
  },
});

Duplex.from = (body) => require('internal/streams/duplexify')(body, 'body');
Duplex.fromWeb = (pair, options) =>
  require('internal/webstreams/adapters').newStreamDuplexFromReadableWritablePair(pair, options);
Duplex.toWeb = (duplex, options) =>
  require('internal/webstreams/adapters').newReadableWritablePairFromDuplex(duplex, options);

module.exports = Duplex;
