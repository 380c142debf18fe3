'use strict';

// CloseEvent and ErrorEvent: how a WebSocket tells its end, and that something went wrong.

const { Event } = require('internal/event_target');
const { isObject } = require('internal/util');
const { defineEnumerable, defineTag } = require('internal/util/class_looks');
const { NEITHER, defineTransferMode } = require('internal/worker/js_transferable');
const { illegalInvocation, requireArguments, toDictionary, toScalarString, toUnsignedShort } =
  require('internal/fetch/webidl');

let isCloseEvent;

class CloseEvent extends Event {
  #wasClean;
  #code;
  #reason;

  static {
    isCloseEvent = (value) => isObject(value) && #code in value;
  }

  constructor(type, eventInitDict = {}) {
    requireArguments(arguments, 1, 'CloseEvent constructor');
    const { wasClean = false, code = 0, reason = '', ...init } = toDictionary(eventInitDict);
    super(`${type}`, init);
    this.#wasClean = Boolean(wasClean);
    this.#code = toUnsignedShort(code);
    this.#reason = toScalarString(reason);
  }

  static #check(event) {
    if (!isCloseEvent(event)) throw illegalInvocation('CloseEvent');
  }

  get wasClean() {
    CloseEvent.#check(this);
    return this.#wasClean;
  }

  get code() {
    CloseEvent.#check(this);
    return this.#code;
  }

  get reason() {
    CloseEvent.#check(this);
    return this.#reason;
  }
}

class ErrorEvent extends Event {
  #error;
  #message;

  constructor(type, { error, message = '', ...init } = {}) {
    super(type, init);
    this.#error = error;
    this.#message = message;
  }

  get message() {
    return this.#message;
  }

  get error() {
    return this.#error;
  }
}

defineEnumerable(CloseEvent, 'wasClean', 'code', 'reason');
defineEnumerable(ErrorEvent, 'message', 'error');
defineTag(CloseEvent);
defineTransferMode(CloseEvent, NEITHER, isCloseEvent);
defineTag(ErrorEvent);

module.exports = { CloseEvent, ErrorEvent };
