'use strict';

// MessageChannel, MessagePort and BroadcastChannel within one process.
//
// Theory of operation. An `Endpoint` is a queue in a group: two endpoints make a channel, all broadcast channels of
// one name make a larger group. Posting copies the value at once and puts it on the queues of the others. A
// `Receiver` empties an endpoint's queue in tasks of the loop, with ticks and microtasks after each message.
// Transferring a port takes the endpoint from it and gives it to a new port, with whatever waits on its queue.
//
// What surprises people: a port starts with its first 'message' listener, however that is added, and stops with the
// last; only then does it keep the process alive. `close()` ends it in the loop's closing step: what waits then is not
// delivered, unless it was called by a listener, while messages were being delivered.

const {
  codes: {
    ERR_CONSTRUCT_CALL_INVALID, ERR_CONSTRUCT_CALL_REQUIRED, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const {
  EventTarget, NodeEventTarget, defineEventHandler, dispatch, kCreateEvent, kNewListener, kRemoveListener,
} = require('internal/event_target');
const { customInspectSymbol, isObject, kEnumerableProperty } = require('internal/util');
const { kTransfer, kDeserialize, TRANSFERABLE, defineTransferMode } = require('internal/worker/js_transferable');
const { cloneAndTransfer, cloneValue, dataCloneError } = require('internal/structured_clone');
const { Delivery, MessageEvent } = require('internal/message_event');
const hooks = require('internal/async_hooks');
const frames = require('internal/async_context_frame');

const handles = require('internal/handles');

const loop = internalBinding('messaging');

const BATCH = 1000; // messages delivered in one task, at least
const CLOSE = { value: undefined, ports: [] }; // the other side is gone

class Endpoint {
  #messages = [];
  #head = 0;
  receiver = null;

  constructor(group) {
    this.group = group;
    group.add(this);
  }

  get size() {
    return this.#messages.length - this.#head;
  }

  get first() {
    return this.#messages[this.#head];
  }

  push(message) {
    this.#messages.push(message);
    this.receiver?.wake();
  }

  shift() {
    const message = this.#messages[this.#head];
    this.#messages[this.#head++] = undefined;
    if (this.#head === this.#messages.length) {
      this.#messages = [];
      this.#head = 0;
    }
    return message;
  }

  others() {
    return [...this.group].filter((endpoint) => endpoint !== this);
  }

  leave() {
    this.group.delete(this);
  }
}

let lastSerial = 0;
const holding = new Set(); // receivers that keep the loop going
const woken = []; // receivers that have something to deliver
let listener; // the handle that the loop tells

/** Have `receiver` deliver in the loop's next poll step. */
function wakeLoop(receiver) {
  woken.push(receiver);
  listener ??= handles.open(drainWoken, 'MESSAGECHANNEL');
  loop.wake(listener);
}

/**
 * Ports have their turn in the order in which they were made. Each is a callback of its own, as each is a handle of its
 * own in Node: an error in one, or in the ticks after it, keeps none of the others from its turn.
 */
function drainWoken() {
  const { afterCallback } = require('internal/process/task_queues');
  const batch = woken.splice(0).sort((one, other) => one.serial - other.serial);
  let hasCalled = false; // the program, and what follows such a call is still to run
  for (const receiver of batch) {
    if (hasCalled) afterCallback();
    try {
      hasCalled = receiver.drain();
    } catch (error) {
      const { THROWN } = require('internal/process/report_error');
      require('internal/process/execution').uncaught(error, false, THROWN);
      hasCalled = false;
    }
  }
  return hasCalled ? undefined : handles.NOTHING_CALLED;
}

/** Takes messages from an endpoint in tasks of the loop. */
class Receiver {
  #endpoint;
  #deliver;
  #onclose;
  #frame = frames.current();
  #isReceiving = false;
  #isScheduled = false;
  #isClosing = false;
  deliversAlways = false;
  keepsAlive = true; // when it is referenced
  serial = ++lastSerial;
  asyncId = hooks.newAsyncId();

  constructor(endpoint, deliver, onclose) {
    this.#endpoint = endpoint;
    this.#deliver = deliver;
    this.#onclose = onclose;
    endpoint.receiver = this;
    this.wake();
  }

  /** Tell hooks of the object that stands for this. */
  tellMade(owner) {
    if (hooks.enabled) hooks.emitInit(this.asyncId, 'MESSAGEPORT', hooks.defaultTriggerAsyncId(), owner);
  }

  /** The endpoint; null when it was closed or taken. */
  get endpoint() {
    return this.#isClosing ? null : this.#endpoint;
  }

  get isOpen() {
    return this.#endpoint !== null;
  }

  get hasRef() {
    return holding.has(this);
  }

  ref() {
    if (!this.isOpen || !this.keepsAlive) return;
    holding.add(this);
    if (holding.size === 1) loop.ref();
  }

  unref() {
    if (holding.delete(this) && holding.size === 0) loop.unref();
  }

  start() {
    this.#isReceiving = true;
    this.wake();
  }

  stop() {
    this.#isReceiving = false;
  }

  /** See to it that waiting messages are delivered soon, if there are any that may be. */
  wake() {
    if (this.#isScheduled || !this.isOpen || this.#endpoint.size === 0) return;
    if (!this.#isReceiving && this.#endpoint.first !== CLOSE) return;
    this.#isScheduled = true;
    if (this.deliversAlways) require('timers').setImmediate(() => this.drain());
    else wakeLoop(this);
  }

  /** The first message, whether started or not; undefined if there is none. */
  take() {
    if (!this.isOpen || this.#endpoint.size === 0) return undefined;
    const message = this.#endpoint.shift();
    if (message !== CLOSE) return message;
    this.close();
    return undefined;
  }

  close() {
    if (this.#isClosing || !this.isOpen) return;
    this.#isClosing = true;
    const id = handles.open(() => {
      handles.close(id);
      this.#finish();
    }, 'MESSAGEPORT');
    loop.close(id);
  }

  /** Give the endpoint away. What owned it is closed by that. */
  release() {
    const endpoint = this.#endpoint;
    endpoint.receiver = null;
    this.unref();
    this.#endpoint = null;
    return endpoint;
  }

  /** Whether the program was called: not if all there was to hear is that the other side is gone. */
  drain() {
    this.#isScheduled = false;
    if (this.#isClosing) return false;
    const { runNextTicks } = require('internal/process/task_queues');
    let left = Math.max(this.#endpoint?.size ?? 0, BATCH);
    let hasCalled = false;
    try {
      while (this.#isReceiving || this.#endpoint?.first === CLOSE) {
        if (left-- === 0) break;
        const message = this.take();
        if (message === undefined) break;
        hasCalled = true;
        this.#enter(this.#deliver, message);
        if (this.isOpen && this.#endpoint.size > 0) runNextTicks();
      }
      return hasCalled;
    } finally {
      this.wake();
    }
  }

  #finish() {
    if (!this.isOpen) return;
    const endpoint = this.release();
    const peers = endpoint.others();
    endpoint.leave();
    this.#enter(this.#onclose, peers);
  }

  #enter(callback, value) {
    const outer = frames.exchange(this.#frame);
    try {
      callback(value);
    } finally {
      frames.exchange(outer);
    }
  }
}

// MessagePort

function argumentError(message) {
  const error = new ERR_INVALID_ARG_TYPE('transferList', 'iterable', undefined);
  error.message = message;
  return error;
}


/** The items of an iterable; undefined if it is none. */
function readIterable(value) {
  if (Array.isArray(value)) return value;
  const method = isObject(value) ? value[Symbol.iterator] : undefined;
  if (typeof method !== 'function') return undefined;
  const iterator = Reflect.apply(method, value, []);
  if (!isObject(iterator) || typeof iterator.next !== 'function') return undefined;
  return [...{ [Symbol.iterator]: () => iterator }];
}

function toTransferList(argument) {
  if (argument == null) return [];
  if (!isObject(argument)) throw argumentError('Optional transferList argument must be an iterable');
  const list = readIterable(argument);
  if (list !== undefined) return list;
  const { transfer } = argument;
  if (transfer === undefined) return [];
  const transferList = readIterable(transfer);
  if (transferList === undefined) throw argumentError('Optional options.transfer argument must be an iterable');
  return transferList;
}

function illegalInvocation() {
  return new TypeError('Illegal invocation');
}

let receiverOf;
let adopt;

class Port extends NodeEventTarget {
  #receiver;
  #currentPorts = [];

  static {
    receiverOf = (port) => port.#receiver;
    adopt = (endpoint) => new Port(endpoint);
    Port.isPort = (value) => isObject(value) && #receiver in value;
    Port.wasMade = false; // any
  }

  constructor(endpoint) {
    super();
    Port.wasMade = true;
    this.#receiver = new Receiver(endpoint, (message) => this.#dispatch(message), (peers) => {
      for (const peer of peers) peer.push(CLOSE);
      dispatch(this, undefined, 'close');
    });
    this.#receiver.tellMade(this);
  }

  #dispatch({ value, ports }) {
    this.#currentPorts = ports;
    try {
      dispatch(this, value, 'message');
    } finally {
      this.#currentPorts = [];
    }
  }

  [kCreateEvent](value, type) {
    if (type === 'message' || type === 'messageerror') {
      return new MessageEvent(type, new Delivery(value, this.#currentPorts));
    }
    return super[kCreateEvent](value, type);
  }

  [kNewListener](size, type, ...rest) {
    super[kNewListener](size, type, ...rest);
    if (type !== 'message' || size !== 1) return;
    this.#receiver.ref();
    this.#receiver.start();
  }

  [kRemoveListener](size, type, ...rest) {
    super[kRemoveListener](size, type, ...rest);
    if (type !== 'message' || size !== 0) return;
    this.#receiver.unref();
    this.#receiver.stop();
  }

  postMessage(message, transferList) {
    if (!Port.isPort(this)) throw illegalInvocation();
    if (arguments.length === 0) {
      const error = new ERR_MISSING_ARGS('message');
      error.message = 'Not enough arguments to MessagePort.postMessage';
      throw error;
    }
    post(this, message, toTransferList(transferList));
  }

  start() {
    if (!Port.isPort(this)) throw illegalInvocation();
    this.#receiver.start();
  }

  close(callback) {
    if (!Port.isPort(this)) throw illegalInvocation();
    if (typeof callback === 'function') this.once('close', callback);
    this.#receiver.close();
  }

  ref() {
    if (!Port.isPort(this)) throw illegalInvocation();
    this.#receiver.ref();
  }

  unref() {
    if (!Port.isPort(this)) throw illegalInvocation();
    this.#receiver.unref();
  }

  hasRef() {
    if (!Port.isPort(this)) throw illegalInvocation();
    return this.#receiver.hasRef;
  }

  [kTransfer]() {
    if (this.#receiver.endpoint === null) throw dataCloneError('MessagePort in transfer list is already detached');
    return { type: 'internal/message_channel:MessagePort', data: this.#receiver.release() };
  }

  [customInspectSymbol]() {
    const isOpen = Port.isPort(this) && this.#receiver.isOpen;
    const shown = Object.create(MessagePort.prototype, { [customInspectSymbol]: { value: undefined } });
    Object.assign(shown, isOpen ? { active: true, refed: this.#receiver.hasRef } : { active: false });
    for (const key of Object.keys(this)) shown[key] = this[key];
    return shown;
  }
}

function post(port, message, transferList) {
  const from = receiverOf(port).endpoint;
  const targets = from?.others() ?? [];
  const { value, transferred } = transferList.length === 0 ?
    { value: cloneValue(message), transferred: [] } :
    cloneAndTransfer(message, transferList, port);
  const ports = transferred.filter(Port.isPort);
  for (const target of targets) {
    if (ports.some((moved) => receiverOf(moved).endpoint === target)) {
      process.emitWarning('The target port was posted to itself, and the communication channel was lost');
      receiverOf(port).close();
      return;
    }
    target.push({ value, ports });
  }
}

/** Ports are made by MessageChannel alone. */
function MessagePort() {
  throw new ERR_CONSTRUCT_CALL_INVALID();
}

Object.setPrototypeOf(MessagePort, NodeEventTarget);
MessagePort.prototype = Port.prototype;
Object.defineProperty(MessagePort, kDeserialize, { __proto__: null, value: adopt });
Object.defineProperty(Port.prototype, 'constructor', { __proto__: null, value: MessagePort });
for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef']) {
  Object.defineProperty(Port.prototype, name, kEnumerableProperty);
}
defineEventHandler(Port.prototype, 'message');
defineEventHandler(Port.prototype, 'messageerror');
defineTransferMode(Port, TRANSFERABLE, Port.isPort);

/** Two ports, each of which gets what is posted on the other. */
function MessageChannel() {
  if (new.target === undefined) {
    const error = new ERR_CONSTRUCT_CALL_REQUIRED('MessageChannel');
    error.message = 'Cannot call constructor without `new`';
    throw error;
  }
  const group = new Set();
  this.port1 = adopt(new Endpoint(group));
  this.port2 = adopt(new Endpoint(group));
}

// BroadcastChannel

const groups = new Map(); // name -> Set of endpoints

function groupOf(name) {
  if (!groups.has(name)) groups.set(name, new Set());
  return groups.get(name);
}

class BroadcastChannel extends EventTarget {
  #name;
  #receiver;
  #isClosed = false;

  static {
    const receiverOfPort = receiverOf;
    receiverOf = (object) => (#receiver in object ? object.#receiver : receiverOfPort(object));
  }

  constructor(name) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    super();
    this.#name = `${name}`;
    const group = groupOf(this.#name);
    this.#receiver = new Receiver(new Endpoint(group), ({ value }) => this.#dispatch(value), () => {
      if (group.size === 0 && groups.get(this.#name) === group) groups.delete(this.#name);
    });
    this.#receiver.tellMade(this);
    this.#receiver.ref();
    this.#receiver.start();
  }

  static #check(value) {
    if (!isObject(value) || !(#receiver in value)) throw new ERR_INVALID_THIS('BroadcastChannel');
  }

  #dispatch(data) {
    if (!this.#isClosed) this.dispatchEvent(new MessageEvent('message', new Delivery(data, [])));
  }

  [customInspectSymbol](depth, options) {
    BroadcastChannel.#check(this);
    if (depth < 0) return 'BroadcastChannel';
    const { inspect } = require('internal/util/inspect');
    const nested = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `BroadcastChannel ${inspect({ name: this.#name, active: !this.#isClosed }, nested)}`;
  }

  get name() {
    BroadcastChannel.#check(this);
    return this.#name;
  }

  close() {
    BroadcastChannel.#check(this);
    this.#isClosed = true;
    this.#receiver.close();
  }

  postMessage(message) {
    BroadcastChannel.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('message');
    if (this.#isClosed) {
      const { DOMException } = require('internal/dom_exception');
      throw new DOMException('BroadcastChannel is closed.', 'InvalidStateError');
    }
    const value = cloneValue(message);
    for (const [index, target] of this.#receiver.endpoint.others().entries()) {
      target.push({ value: index === 0 ? value : cloneValue(value), ports: [] });
    }
  }

  ref() {
    BroadcastChannel.#check(this);
    this.#receiver.ref();
    return this;
  }

  unref() {
    BroadcastChannel.#check(this);
    this.#receiver.unref();
    return this;
  }
}

for (const name of ['name', 'close', 'postMessage']) {
  Object.defineProperty(BroadcastChannel.prototype, name, kEnumerableProperty);
}
for (const name of ['ref', 'unref']) {
  Object.defineProperty(BroadcastChannel.prototype, name, { __proto__: null, enumerable: false });
}
defineEventHandler(BroadcastChannel.prototype, 'message');
defineEventHandler(BroadcastChannel.prototype, 'messageerror');

/** What has been posted to this port keeps the process alive until it is delivered, even if the port does not. */
function deliverAlways(port) {
  receiverOf(port).deliversAlways = true;
}

/** The message that waits longest on a port as `{ message }`; undefined if none does. */
function receiveMessageOnPort(port) {
  if (!Port.isPort(port) && !(port instanceof BroadcastChannel)) {
    throw argumentError('The "port" argument must be a MessagePort instance');
  }
  const message = receiverOf(port).take();
  return message && { message: message.value };
}

/** The async ids of ports and broadcast channels that keep the loop going. */
const holdingIds = () => Array.from(holding, ({ asyncId }) => asyncId);

/** From now on a port does not keep the loop going, referenced or not. */
function neverKeepAlive(port) {
  const receiver = receiverOf(port);
  receiver.unref();
  receiver.keepsAlive = false;
}

module.exports = {
  BroadcastChannel, MessageChannel, MessageEvent, MessagePort, Port, deliverAlways, holdingIds, neverKeepAlive,
  receiveMessageOnPort,
};
