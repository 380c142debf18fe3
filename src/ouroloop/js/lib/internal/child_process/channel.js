'use strict';

// The channel between a process and its parent: messages, and handles that travel with them.
//
// Theory of operation. A channel is a pipe on which descriptors can travel. A message is a line of JSON, or with
// 'advanced' serialization its length and V8's format: what Node itself writes, so either side may be Node. Messages
// whose `cmd` begins with NODE_ are the two sides' own. A handle goes with a message of its own (NODE_HANDLE), and
// until the other side has acknowledged it everything else waits in a queue.
//
// What surprises people: messages that come before anybody listens for 'message' are kept. And a socket that was sent
// is closed here once the other side has it.

const EventEmitter = require('events');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_HANDLE_TYPE, ERR_IPC_CHANNEL_CLOSED, ERR_IPC_DISCONNECTED, ERR_MISSING_ARGS,
  },
  errnoException,
} = require('internal/errors');
const { validateObject } = require('internal/validators');
const { TCP, Pipe, IPC } = require('internal/stream_handle');
const { codecFor } = require('internal/child_process/serialization');
const { SocketListSend, SocketListReceive } = require('internal/socket_list');

const PREFIX = 'NODE_';
const ACKNOWLEDGED = 'NODE_HANDLE_ACK';
const REFUSED = 'NODE_HANDLE_NACK';
const CROWDED = 65536 * 2; // bytes that wait to be written

const isInternal = (message) =>
  message !== null && typeof message === 'object' && typeof message.cmd === 'string' &&
  message.cmd.length > PREFIX.length && message.cmd.startsWith(PREFIX);

/** `process.channel`: keeps the process alive while somebody listens, unless the program says otherwise. */
class Control extends EventEmitter {
  #handle;
  #count = 0;
  #isExplicit = false;

  constructor(handle) {
    super();
    this.#handle = handle;
  }

  refCounted() {
    if (++this.#count === 1 && !this.#isExplicit) this.#handle.ref();
  }

  unrefCounted() {
    if (--this.#count > 0 || this.#isExplicit) return;
    this.#handle.unref();
    this.emit('unref');
  }

  ref() {
    this.#isExplicit = true;
    this.#handle.ref();
  }

  unref() {
    this.#isExplicit = true;
    this.#handle.unref();
  }

  get fd() {
    return this.#handle.fd;
  }
}

/** What is sent of each kind of handle, and what is made of it where it arrives. */
const KINDS = {
  'net.Native': {
    send: (message, handle) => handle,
    got: (channel, message, handle, emit) => emit(handle),
  },
  'net.Server': {
    send: (message, server) => server._handle,
    got(channel, message, handle, emit) {
      const server = new (require('net').Server)();
      server.listen(handle, () => emit(server));
    },
  },
  'net.Socket': {
    send(message, socket, options, channel) {
      const handle = socket._handle;
      if (!handle) return undefined;
      if (socket.server) channel.leaveServer(message, socket, options);
      if (options.keepOpen) return handle;
      handle.onread = () => {};
      socket._handle = null;
      socket.setTimeout(0);
      return handle;
    },
    isClosedWhenSent: true,
    got(channel, message, handle, emit) {
      const socket = new (require('net').Socket)({ handle });
      if (message.key) channel.listFor(message.key, SocketListReceive).add({ socket });
      emit(socket);
    },
  },
  'dgram.Native': {
    send: (message, handle) => handle,
    got: (channel, message, handle, emit) => emit(handle),
  },
  'dgram.Socket': {
    send(message, socket) {
      message.dgramType = socket.type;
      return require('dgram').handleOf(socket);
    },
    got(channel, message, handle, emit) {
      const socket = new (require('dgram').Socket)(message.dgramType);
      socket.bind(handle, () => emit(socket));
    },
  },
};

function kindOf(handle) {
  const net = require('net');
  const dgram = require('dgram');
  const { UDP } = require('internal/dgram');
  if (handle instanceof net.Socket) return 'net.Socket';
  if (handle instanceof net.Server) return 'net.Server';
  if (handle instanceof TCP || handle instanceof Pipe) return 'net.Native';
  if (handle instanceof dgram.Socket) return 'dgram.Socket';
  if (handle instanceof UDP) return 'dgram.Native';
  throw new ERR_INVALID_HANDLE_TYPE();
}

class Channel {
  #target; // a ChildProcess, or process
  #handle;
  #codec;
  #control;
  #queue; // what waits until a handle is acknowledged; undefined while none is under way
  #sent; // the handle that is to be closed when it is acknowledged
  #kept = []; // messages that nobody listened for yet
  #lists = { send: new Map(), got: new Map() };
  #isFinished = false;

  constructor(target, handle, mode) {
    this.#target = target;
    this.#handle = handle;
    this.#codec = codecFor(mode);
    this.#control = new Control(handle);
    target.channel = this.#control;
    target.connected = true;
    handle.onread = (value, received) => this.#arrived(value, received);
    target.on('internalMessage', (message, received) => this.#handleInternal(message, received));
    target.on('newListener', (name) => {
      if (name === 'message' && this.#kept.length > 0) process.nextTick(() => this.#deliverKept());
    });
    handle.readStart();
  }

  get control() {
    return this.#control;
  }

  // Arriving

  #arrived(value, received) {
    if (typeof value === 'number') {
      this.#ended();
      return;
    }
    for (const message of this.#codec.read(value)) {
      const hasHandle = isInternal(message) && message.cmd === 'NODE_HANDLE';
      this.#dispatch(message, hasHandle ? received : undefined, isInternal(message));
      if (hasHandle) received = undefined;
    }
  }

  #ended() {
    this.#codec.forget();
    this.#handle.onread = () => {};
    if (this.#target.connected) this.#target.disconnect();
    process.nextTick(() => this.finish());
    this.#handle.close();
    this.#target._channelClosed?.();
  }

  #dispatch(message, handle, internal) {
    if (!this.#target.channel) return;
    process.nextTick(() => this.#emit(internal ? 'internalMessage' : 'message', message, handle));
  }

  #emit(event, message, handle) {
    if (event === 'internalMessage' || this.#target.listenerCount('message') > 0) {
      this.#target.emit(event, message, handle);
    } else {
      this.#kept.push([message, handle]);
    }
  }

  #deliverKept() {
    const kept = this.#kept;
    this.#kept = [];
    for (const [message, handle] of kept) this.#emit('message', message, handle);
  }

  #handleInternal(message, received) {
    if (message.cmd === ACKNOWLEDGED || message.cmd === REFUSED) {
      this.#acknowledged();
    } else if (message.cmd === 'NODE_HANDLE') {
      this.send({ cmd: received ? ACKNOWLEDGED : REFUSED }, undefined, { swallowErrors: true });
      if (!received) return;
      KINDS[message.type].got(this, message, received,
        (handle) => this.#dispatch(message.msg, handle, isInternal(message.msg)));
    }
  }

  #acknowledged() {
    this.#sent?.close();
    this.#sent = undefined;
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    for (const { message, handle, options, callback } of queue) this.send(message, handle, options, callback);
    if (this.#queue === undefined && !this.#target.connected) this.finish();
  }

  // Sending

  /** Whether there is room for more. */
  send(message, handle, options = {}, callback = undefined) {
    const isReply = isInternal(message) && (message.cmd === ACKNOWLEDGED || message.cmd === REFUSED);
    let kind;
    if (handle) {
      kind = KINDS[kindOf(handle)];
      if (this.#queue !== undefined) return this.#enqueue({ message, handle, options, callback });
      message = { cmd: 'NODE_HANDLE', type: kindOf(handle), msg: message };
      handle = kind.send(message, handle, options, this);
      if (!handle) message = message.msg;
    } else if (this.#queue !== undefined && !isReply) {
      return this.#enqueue({ message, handle, options, callback });
    }
    const outcome = this.#write(message, handle, callback);
    if (handle && kind.isClosedWhenSent && !options.keepOpen) {
      if (outcome < 0) handle.close();
      else this.#sent = handle;
    }
    if (outcome < 0) this.#failed(outcome, options, callback);
    else if (handle) this.#queue ??= [];
    return this.#handle.writeQueueSize < CROWDED;
  }

  #enqueue(entry) {
    this.#queue.push(entry);
    return this.#queue.length === 1;
  }

  #write(message, handle, callback) {
    const outcome = this.#handle.write(this.#codec.write(message), () => {
      this.#control.unrefCounted();
      callback?.(null);
    }, handle);
    if (outcome === 1) this.#control.refCounted();
    else if (outcome === 0 && callback) process.nextTick(callback, null);
    return outcome;
  }

  #failed(errno, options, callback) {
    if (options.swallowErrors) return;
    const error = errnoException(errno, 'write');
    if (callback) process.nextTick(callback, error);
    else process.nextTick(() => this.#target.emit('error', error));
  }

  // Sockets of servers that were sent away

  leaveServer(message, socket, options) {
    message.key = socket.server._connectionKey;
    const isNew = !this.#lists.send.has(message.key);
    const list = this.listFor(message.key, SocketListSend);
    if (isNew) socket.server._setupWorker(list);
    if (!options.keepOpen) socket.server._connections--;
  }

  listFor(key, List) {
    const lists = List === SocketListSend ? this.#lists.send : this.#lists.got;
    let list = lists.get(key);
    if (list === undefined) lists.set(key, list = new List(this.#target, key));
    return list;
  }

  // The end

  /** Nothing more is sent; 'disconnect' follows. It is not the channel's end, so a child has no 'close', as in Node. */
  disconnect() {
    this.#target.connected = false;
    this.#target.channel = null;
    if (this.#queue === undefined) process.nextTick(() => this.finish());
  }

  finish() {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#handle.close();
    this.#target.emit('disconnect');
  }
}

/** Give `target` (a ChildProcess, or process) the methods of one that has a channel on `handle`. */
function setupChannel(target, handle, mode) {
  const channel = new Channel(target, handle, mode);
  target.send = function(message, sent, options, callback) {
    if (typeof sent === 'function') [sent, options, callback] = [undefined, undefined, sent];
    else if (typeof options === 'function') [options, callback] = [undefined, options];
    else if (options !== undefined) validateObject(options, 'options');
    if (target.connected) return target._send(message, sent, { swallowErrors: false, ...options }, callback);
    const error = new ERR_IPC_CHANNEL_CLOSED();
    if (typeof callback === 'function') process.nextTick(callback, error);
    else process.nextTick(() => target.emit('error', error));
    return false;
  };
  target._send = function(message, sent, options, callback) {
    if (message === undefined) throw new ERR_MISSING_ARGS('message');
    if (!['string', 'object', 'number', 'boolean'].includes(typeof message)) {
      throw new ERR_INVALID_ARG_TYPE('message', ['string', 'object', 'number', 'boolean'], message);
    }
    return channel.send(message, sent, options ?? {}, callback);
  };
  target.disconnect = function() {
    if (target.connected) target._disconnect();
    else target.emit('error', new ERR_IPC_DISCONNECTED());
  };
  target._disconnect = () => channel.disconnect();
  return channel.control;
}

/** Open the channel to the parent, on descriptor `fd`: process.send and the like. */
function openParentChannel(fd, mode) {
  const handle = new Pipe(IPC);
  if (handle.open(fd) < 0) return;
  handle.unref();
  const control = setupChannel(process, handle, mode);
  const keepsAlive = (name) => name === 'message' || name === 'disconnect';
  process.on('newListener', (name) => {
    if (keepsAlive(name)) control.refCounted();
  });
  process.on('removeListener', (name) => {
    if (keepsAlive(name)) control.unrefCounted();
  });
}

module.exports = { setupChannel, openParentChannel };
