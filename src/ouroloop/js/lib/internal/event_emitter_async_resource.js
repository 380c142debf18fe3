'use strict';

// An EventEmitter whose listeners run in the async context in which the emitter was made.
//
// It owns an AsyncResource, which in turn knows its emitter, and `emit` is run in that resource's scope.

const EventEmitter = require('events');
const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { AsyncResource } = require('async_hooks');

class EventEmitterReferencingAsyncResource extends AsyncResource {
  #eventEmitter;

  constructor(emitter, type, options) {
    super(type, options);
    this.#eventEmitter = emitter;
  }

  get eventEmitter() {
    if (this === undefined) throw new ERR_INVALID_THIS('EventEmitterReferencingAsyncResource');
    return this.#eventEmitter;
  }
}

let resourceOf;

class EventEmitterAsyncResource extends EventEmitter {
  #asyncResource;

  static {
    resourceOf = (emitter) => {
      if (emitter === undefined) throw new ERR_INVALID_THIS('EventEmitterAsyncResource');
      return emitter.#asyncResource;
    };
  }

  constructor(options = undefined) {
    const name = typeof options === 'string' ? options : options?.name || new.target.name;
    if (typeof options === 'string') options = undefined;
    super(options);
    this.#asyncResource = new EventEmitterReferencingAsyncResource(this, name, options);
  }

  emit(event, ...args) {
    return resourceOf(this).runInAsyncScope(super.emit, this, event, ...args);
  }

  emitDestroy() {
    resourceOf(this).emitDestroy();
  }

  get asyncId() {
    return resourceOf(this).asyncId();
  }

  get triggerAsyncId() {
    return resourceOf(this).triggerAsyncId();
  }

  get asyncResource() {
    return resourceOf(this);
  }
}

module.exports = { EventEmitterAsyncResource };
