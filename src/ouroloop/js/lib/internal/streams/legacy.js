'use strict';

// Stream, the class of Node 0.4: an emitter with a `pipe` that knows only 'data', 'end', 'close', `pause` and `resume`.
// All streams inherit from it, so `instanceof Stream` holds for every one; nobody but old packages uses its `pipe`.

const EventEmitter = require('events');

function Stream(options) {
  EventEmitter.call(this, options);
}
Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Stream, EventEmitter);

Stream.prototype.pipe = function pipe(destination, options) {
  const source = this;
  let ended = false;

  function ondata(chunk) {
    if (destination.writable && destination.write(chunk) === false) source.pause?.();
  }
  function ondrain() {
    if (source.readable) source.resume?.();
  }
  function finishOnce(finish) {
    if (ended) return;
    ended = true;
    finish();
  }
  function onend() {
    finishOnce(() => destination.end());
  }
  function onclose() {
    finishOnce(() => { if (typeof destination.destroy === 'function') destination.destroy(); });
  }
  function onerror(error) {
    cleanup();
    if (EventEmitter.prototype.listenerCount.call(this, 'error') === 0) this.emit('error', error);
  }

  const listeners = [[source, 'data', ondata], [destination, 'drain', ondrain]];
  if (!destination._isStdio && options?.end !== false) {
    listeners.push([source, 'end', onend], [source, 'close', onclose]);
  }
  for (const [emitter, event, listener] of listeners) emitter.on(event, listener);
  for (const emitter of [source, destination]) {
    prependListener(emitter, 'error', onerror);
    listeners.push([emitter, 'error', onerror]);
  }
  for (const [emitter, event] of [[source, 'end'], [source, 'close'], [destination, 'close']]) {
    emitter.on(event, cleanup);
    listeners.push([emitter, event, cleanup]);
  }

  function cleanup() {
    for (const [emitter, event, listener] of listeners) emitter.removeListener(event, listener);
  }

  destination.emit('pipe', source);
  return destination;
};

// A stream's table of listeners is laid out with the usual events beforehand, some of them empty.
Stream.prototype.eventNames = function eventNames() {
  return Reflect.ownKeys(this._events).filter((name) => this._events[name] !== undefined);
};

/** Puts a listener first, also on emitters that are not ours and cannot do it. */
function prependListener(emitter, event, listener) {
  if (typeof emitter.prependListener === 'function') return emitter.prependListener(event, listener);
  const present = emitter._events?.[event];
  if (!present) emitter.on(event, listener);
  else emitter._events[event] = Array.isArray(present) ? [listener, ...present] : [listener, present];
}

module.exports = { Stream, prependListener };
