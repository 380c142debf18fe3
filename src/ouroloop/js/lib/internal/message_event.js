'use strict';

// MessageEvent: what carries a message to those who listen on a MessagePort, a BroadcastChannel, a WebSocket, a Worker.
//
// It is the one event of Node that converts its arguments with Web IDL's messages ("MessageEvent constructor: ...").

const { Event } = require('internal/event_target');
const { isObject, kEnumerableProperty } = require('internal/util');
const { illegalInvocation, requireArguments, show, toDictionary } = require('internal/fetch/webidl');

const CONTEXT = 'MessageEvent constructor';
const NO_PORTS = Object.freeze([]);

const isPort = (value) => value instanceof require('internal/message_channel').MessagePort;

function toSource(value) {
  if (value == null) return null;
  if (isPort(value)) return value;
  throw new TypeError(
    `${CONTEXT}: Expected eventInitDict.source ("${show(value)}") to be an instance of MessagePort.`);
}

function toPorts(value) {
  if (value === undefined) return NO_PORTS;
  if (!isObject(value) || typeof value[Symbol.iterator] !== 'function') {
    throw new TypeError(`${CONTEXT}: eventInitDict.ports (${show(value)}) is not iterable.`);
  }
  const ports = [...value];
  const index = ports.findIndex((port) => !isPort(port));
  if (index !== -1) {
    const shown = `eventInitDict.ports[${index}] ("${show(ports[index])}")`;
    throw new TypeError(`${CONTEXT}: Expected ${shown} to be an instance of MessagePort.`);
  }
  return Object.freeze(ports);
}

/** What a port delivers; nothing in it has to be converted. */
class Delivery {
  constructor(data, ports) {
    this.data = data;
    this.ports = ports.length === 0 ? NO_PORTS : Object.freeze(ports);
  }
}

class MessageEvent extends Event {
  #data;
  #origin;
  #lastEventId;
  #source;
  #ports;

  constructor(type, eventInitDict = {}) {
    requireArguments(arguments, 1, CONTEXT);
    if (eventInitDict instanceof Delivery) {
      super(type);
      this.#set(eventInitDict.data, '', '', null, eventInitDict.ports);
      return;
    }
    const { data = null, origin = '', lastEventId = '', source, ports, ...init } = toDictionary(eventInitDict, CONTEXT);
    super(`${type}`, init);
    this.#set(data, `${origin}`, `${lastEventId}`, toSource(source), toPorts(ports));
  }

  #set(data, origin, lastEventId, source, ports) {
    this.#data = data;
    this.#origin = origin;
    this.#lastEventId = lastEventId;
    this.#source = source;
    this.#ports = ports;
  }

  static #check(event) {
    if (typeof event === 'object' && event !== null && #data in event) return;
    throw illegalInvocation('MessageEvent');
  }

  get data() {
    MessageEvent.#check(this);
    return this.#data;
  }

  get origin() {
    MessageEvent.#check(this);
    return this.#origin;
  }

  get lastEventId() {
    MessageEvent.#check(this);
    return this.#lastEventId;
  }

  get source() {
    MessageEvent.#check(this);
    return this.#source;
  }

  get ports() {
    MessageEvent.#check(this);
    return this.#ports;
  }

  initMessageEvent(type, bubbles = false, cancelable = false, data = null, origin = '', lastEventId = '', source = null,
    ports = []) {
    MessageEvent.#check(this);
    requireArguments(arguments, 1, 'MessageEvent.initMessageEvent');
    return new MessageEvent(type, { bubbles, cancelable, data, origin, lastEventId, source, ports });
  }
}

Object.defineProperties(MessageEvent.prototype, {
  [Symbol.toStringTag]: { __proto__: null, value: 'MessageEvent', configurable: true },
  data: kEnumerableProperty,
  origin: kEnumerableProperty,
  lastEventId: kEnumerableProperty,
  source: kEnumerableProperty,
  ports: kEnumerableProperty,
  initMessageEvent: kEnumerableProperty,
});

module.exports = { Delivery, MessageEvent };
