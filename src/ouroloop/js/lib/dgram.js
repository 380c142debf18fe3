'use strict';

// dgram: datagrams over UDP.
//
// Theory of operation. A socket must be bound before it sends or is connected; whoever does so before has it bound to
// any free port, and what was asked for waits until then. Names are looked up first, literal addresses as well, so
// that everything comes a tick later at least.
//
// What surprises people: that a datagram was sent means that the kernel has it, no more.

const EventEmitter = require('events');
const { Buffer } = require('buffer');
const { FastBuffer } = require('internal/buffer');
const {
  codes: {
    ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_INVALID_FD_TYPE, ERR_IP_BLOCKED, ERR_MISSING_ARGS,
    ERR_SOCKET_ALREADY_BOUND, ERR_SOCKET_BAD_BUFFER_SIZE, ERR_SOCKET_BAD_TYPE, ERR_SOCKET_BUFFER_SIZE,
    ERR_SOCKET_DGRAM_IS_CONNECTED, ERR_SOCKET_DGRAM_NOT_CONNECTED, ERR_SOCKET_DGRAM_NOT_RUNNING,
  },
  errnoException, exceptionWithHostPort,
} = require('internal/errors');
const {
  validateAbortSignal, validateFunction, validateNumber, validatePort, validateString, validateUint32,
} = require('internal/validators');
const { errmessage, errname } = require('internal/uv');
const { promisify } = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const hooks = require('internal/async_hooks');
const { channel } = require('diagnostics_channel');
const { BlockList } = require('internal/blocklist');
const { isIP } = require('internal/net');
const role = require('internal/cluster/role');
const { UDP, IPV6_ONLY, REUSE_ADDRESS, REUSE_PORT } = require('internal/dgram');

const { async_id_symbol: asyncIdSymbol } = hooks;
const streams = internalBinding('stream_wrap');
const created = channel('udp.socket');

const UNBOUND = 0;
const BINDING = 1;
const BOUND = 2;

const DISCONNECTED = 0;
const CONNECTING = 1;
const CONNECTED = 2;

const DEFAULTS = {
  udp4: { any: '0.0.0.0', local: '127.0.0.1', family: 4 },
  udp6: { any: '::', local: '::1', family: 6 },
};

function lookupOf(given) {
  if (given === undefined) return require('dns').lookup;
  validateFunction(given, 'lookup');
  return given;
}

function blockListOf(list, name) {
  if (list && !BlockList.isBlockList(list)) throw new ERR_INVALID_ARG_TYPE(`options.${name}`, 'net.BlockList', list);
  return list;
}

let handleOf; // a socket's handle, for `child_process`

class Socket extends EventEmitter {
  #handle;
  #lookup;
  #options;
  #isReceiving = false;
  #bindState = UNBOUND;
  #connectState = DISCONNECTED;
  #queue; // what waits until the socket is bound

  static {
    handleOf = (socket) => socket.#handle;
  }

  constructor(type, listener) {
    super();
    const options = typeof type === 'object' && type !== null ? type : {};
    this.type = typeof type === 'object' && type !== null ? type.type : type;
    if (!Object.hasOwn(DEFAULTS, this.type)) throw new ERR_SOCKET_BAD_TYPE();
    this.#lookup = lookupOf(options.lookup);
    for (const name of ['recvBufferSize', 'sendBufferSize']) {
      if (options[name] !== undefined) validateUint32(options[name], `options.${name}`);
    }
    this.#options = {
      reuseAddr: options.reuseAddr, reusePort: options.reusePort, ipv6Only: options.ipv6Only,
      recvBufferSize: options.recvBufferSize, sendBufferSize: options.sendBufferSize,
      receiveBlockList: blockListOf(options.receiveBlockList, 'receiveBlockList'),
      sendBlockList: blockListOf(options.sendBlockList, 'sendBlockList'),
    };
    this.#handle = new UDP();
    this.#handle.owner = this;
    this[asyncIdSymbol] = this.#handle.getAsyncId();
    if (typeof listener === 'function') this.on('message', listener);
    if (options.signal !== undefined) this.#closeOnAbort(options.signal);
    if (created.hasSubscribers) created.publish({ socket: this });
  }

  #closeOnAbort(signal) {
    validateAbortSignal(signal, 'options.signal');
    const onAbort = () => {
      if (this.#handle) this.close();
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    const disposable = EventEmitter.addAbortListener(signal, onAbort);
    this.once('close', disposable[Symbol.dispose]);
  }

  #requireRunning() {
    if (!this.#handle) throw new ERR_SOCKET_DGRAM_NOT_RUNNING();
  }

  /** Look `address` up, or the default one. */
  #resolve(address, fallback, callback) {
    const { family } = DEFAULTS[this.type];
    Reflect.apply(this.#lookup, undefined, [address || fallback, family, callback]);
  }

  // Binding

  bind(port, address, callback) {
    this.#requireRunning();
    if (this.#bindState !== UNBOUND) throw new ERR_SOCKET_ALREADY_BOUND();
    this.#bindState = BINDING;
    const last = arguments[arguments.length - 1];
    if (typeof last === 'function') this.#listenOnce(last);
    if (port instanceof UDP) {
      this.#replaceHandle(port);
      return this;
    }
    const given = (value) => (typeof value === 'function' ? undefined : value);
    const options = typeof port === 'object' && port !== null ? port : { port: given(port), address: given(address) };
    if (Number.isInteger(options.fd) && options.fd > 0) this.#bindDescriptor(options.fd);
    else this.#bindAddress(options);
    return this;
  }

  /** Call `listener` once bound, unless binding fails. */
  #listenOnce(listener) {
    const remove = () => {
      this.removeListener('error', remove);
      this.removeListener('listening', onListening);
    };
    const onListening = () => {
      remove();
      Reflect.apply(listener, this, []);
    };
    this.on('error', remove);
    this.on('listening', onListening);
  }

  #replaceHandle(handle) {
    this.#handle.close();
    this.#handle = handle;
    handle.owner = this;
    this[asyncIdSymbol] = handle.getAsyncId();
    this.#startListening();
  }

  #bindDescriptor(fd) {
    const kind = streams.guessHandleType(fd);
    if (kind !== 'UDP') throw new ERR_INVALID_FD_TYPE(kind);
    const errno = this.#handle.open(fd);
    if (errno) throw errnoException(errno, 'open');
    this.#startListening();
  }

  #bindAddress({ port, address, exclusive }) {
    if (address != null && address !== '') validateString(address, 'hostname');
    this.#resolve(address, DEFAULTS[this.type].any, (error, found) => {
      if (!this.#handle) return; // closed meanwhile
      if (error) {
        this.#bindState = UNBOUND;
        this.emit('error', error);
        return;
      }
      if (role.worker !== undefined && !exclusive && !this.#options.reusePort) {
        this.#bindInCluster(found, port);
        return;
      }
      const errno = this.#handle.bind(found, port || 0, this.#flags());
      if (errno) {
        this.#bindState = UNBOUND;
        this.emit('error', exceptionWithHostPort(errno, 'bind', found, port));
        return;
      }
      this.#startListening();
    });
  }

  /** A worker of a cluster shares its port with others, and its primary has the handle. */
  #bindInCluster(address, port) {
    const query = { address, port: port || 0, addressType: this.type, fd: -1, flags: this.#flags() };
    role.worker._getServer(this, query, (errno, handle) => {
      if (errno) {
        this.#bindState = UNBOUND;
        this.emit('error', exceptionWithHostPort(errno, 'bind', address, port));
      } else if (this.#handle) {
        this.#replaceHandle(handle);
      } else {
        handle.close(); // the socket was closed meanwhile
      }
    });
  }

  #flags() {
    const { reuseAddr, reusePort, ipv6Only } = this.#options;
    return (reuseAddr ? REUSE_ADDRESS : 0) | (reusePort ? REUSE_PORT : 0) | (ipv6Only ? IPV6_ONLY : 0);
  }

  #startListening() {
    this.#handle.onmessage = (bytes, address, port) => this.#arrived(bytes, address, port);
    this.#handle.recvStart();
    this.#isReceiving = true;
    this.#bindState = BOUND;
    const { recvBufferSize, sendBufferSize } = this.#options;
    if (recvBufferSize) this.#bufferSize(recvBufferSize, true);
    if (sendBufferSize) this.#bufferSize(sendBufferSize, false);
    this.emit('listening');
  }

  #arrived(bytes, address, port) {
    if (typeof bytes === 'number') {
      this.emit('error', errnoException(bytes, 'recvmsg'));
      return;
    }
    const family = address.includes(':') ? 'IPv6' : 'IPv4';
    if (this.#options.receiveBlockList?.check(address, family.toLowerCase())) return;
    const message = new FastBuffer(bytes);
    this.emit('message', message, { address, family, port, size: message.length });
  }

  /** Have `action` wait until the socket is bound; bind it if nobody has. */
  #whenBound(action) {
    if (this.#bindState === UNBOUND) this.bind({ port: 0, exclusive: true });
    if (this.#bindState === BOUND) {
      action();
      return;
    }
    this.#enqueue(action);
  }

  #enqueue(action) {
    if (this.#queue !== undefined) {
      this.#queue.push(action);
      return;
    }
    this.#queue = [action];
    const done = () => {
      this.removeListener('listening', onListening);
      this.removeListener(EventEmitter.errorMonitor, onError);
      const queue = this.#queue;
      this.#queue = undefined;
      return queue;
    };
    const onListening = () => {
      for (const each of done()) each();
    };
    const onError = () => {
      done();
    };
    this.once('listening', onListening);
    this.once(EventEmitter.errorMonitor, onError);
  }

  // Connecting

  connect(port, address, callback) {
    port = validatePort(port, 'Port', false);
    if (typeof address === 'function') {
      callback = address;
      address = '';
    } else if (address === undefined) {
      address = '';
    }
    validateString(address, 'address');
    if (this.#connectState !== DISCONNECTED) throw new ERR_SOCKET_DGRAM_IS_CONNECTED();
    this.#connectState = CONNECTING;
    this.#whenBound(() => this.#connect(port, address, callback));
  }

  #connect(port, address, callback) {
    if (callback) this.once('connect', callback);
    this.#resolve(address, DEFAULTS[this.type].local, (error, found) => {
      if (!this.#handle) return; // closed meanwhile
      const failure = error ?? this.#connectTo(found, port, address);
      if (!failure) {
        this.#connectState = CONNECTED;
        process.nextTick(() => this.emit('connect'));
        return;
      }
      this.#connectState = DISCONNECTED;
      process.nextTick(() => {
        if (callback) {
          this.removeListener('connect', callback);
          callback(failure);
        } else {
          this.emit('error', failure);
        }
      });
    });
  }

  /** An error, or undefined. */
  #connectTo(found, port, address) {
    if (this.#isBlocked(found)) return new ERR_IP_BLOCKED(found);
    const errno = this.#handle.connect(found, port);
    return errno ? exceptionWithHostPort(errno, 'connect', address, port) : undefined;
  }

  #isBlocked(address) {
    return this.#options.sendBlockList?.check(address, `ipv${isIP(address)}`) === true;
  }

  disconnect() {
    if (this.#connectState !== CONNECTED) throw new ERR_SOCKET_DGRAM_NOT_CONNECTED();
    const errno = this.#handle.disconnect();
    if (errno) throw errnoException(errno, 'connect');
    this.#connectState = DISCONNECTED;
  }

  // Sending

  sendto(buffer, offset, length, port, address, callback) {
    validateNumber(offset, 'offset');
    validateNumber(length, 'length');
    validateNumber(port, 'port');
    validateString(address, 'address');
    this.send(buffer, offset, length, port, address, callback);
  }

  send(buffer, offset, length, port, address, callback) {
    const isConnected = this.#connectState === CONNECTED;
    if (isConnected) {
      if (typeof length === 'number') {
        buffer = slice(buffer, offset, length);
        if (typeof port === 'function') [callback, port] = [port, null];
      } else {
        callback = offset;
      }
      if (port || address) throw new ERR_SOCKET_DGRAM_IS_CONNECTED();
    } else if (address || (port && typeof port !== 'function')) {
      buffer = slice(buffer, offset, length);
    } else {
      [callback, port, address] = [port, offset, length];
    }
    const chunks = chunksOf(buffer);
    if (!isConnected) port = validatePort(port, 'Port', false);
    if (typeof address === 'function') [callback, address] = [address, undefined];
    else if (address != null) validateString(address, 'address');
    if (typeof callback !== 'function') callback = undefined;
    this.#requireRunning();
    this.#whenBound(() => this.#resolveAndSend(chunks, port, address, callback));
  }

  #resolveAndSend(chunks, port, address, callback) {
    if (!this.#handle) return;
    const message = { chunks, port, address, callback };
    const send = (error, found) =>
      hooks.withDefaultTrigger(this[asyncIdSymbol], () => this.#send(error, found, message));
    if (this.#connectState === CONNECTED) send(null, null);
    else this.#resolve(address, DEFAULTS[this.type].local, send);
  }

  #send(error, found, { chunks, port, address, callback }) {
    if (error) {
      if (callback) process.nextTick(callback, error);
      else process.nextTick(() => this.emit('error', error));
      return;
    }
    if (!this.#handle) return; // closed meanwhile
    if (found && this.#isBlocked(found)) {
      if (callback) process.nextTick(callback, new ERR_IP_BLOCKED(found));
      return;
    }
    const failure = (errno) => exceptionWithHostPort(errno, 'send', address, port);
    const outcome = this.#handle.send(chunks, found, port ?? 0, (errno, size) => {
      callback?.(errno ? failure(errno) : null, size);
    });
    if (outcome === 0 || !callback) return;
    if (outcome > 0) process.nextTick(callback, null, outcome - 1);
    else process.nextTick(callback, failure(outcome));
  }

  // Closing

  close(callback) {
    if (typeof callback === 'function') this.on('close', callback);
    if (this.#queue !== undefined) {
      this.#queue.push(() => this.close());
      return this;
    }
    this.#requireRunning();
    if (this.#isReceiving) this.#handle.recvStop();
    this.#isReceiving = false;
    this.#handle.close();
    this.#handle = null;
    hooks.withDefaultTrigger(this[asyncIdSymbol], process.nextTick, () => this.emit('close'));
    return this;
  }

  async [Symbol.asyncDispose]() {
    if (this.#handle) await Reflect.apply(promisify(this.close), this, []);
  }

  // What it is

  address() {
    this.#requireRunning();
    const found = {};
    const errno = this.#handle.getsockname(found);
    if (errno) throw errnoException(errno, 'getsockname');
    return found;
  }

  remoteAddress() {
    this.#requireRunning();
    if (this.#connectState !== CONNECTED) throw new ERR_SOCKET_DGRAM_NOT_CONNECTED();
    const found = {};
    const errno = this.#handle.getpeername(found);
    if (errno) throw errnoException(errno, 'getpeername');
    return found;
  }

  // Options

  #set(syscall, option, value) {
    this.#requireRunning();
    const errno = this.#handle.set(option, value);
    if (errno) throw errnoException(errno, syscall);
  }

  setBroadcast(flag) {
    this.#set('setBroadcast', 'broadcast', flag ? 1 : 0);
  }

  setTTL(ttl) {
    validateNumber(ttl, 'ttl');
    this.#set('setTTL', 'ttl', ttl);
    return ttl;
  }

  setMulticastTTL(ttl) {
    validateNumber(ttl, 'ttl');
    this.#set('setMulticastTTL', 'multicast_ttl', ttl);
    return ttl;
  }

  setMulticastLoopback(flag) {
    this.#set('setMulticastLoopback', 'multicast_loop', flag ? 1 : 0);
    return flag;
  }

  setMulticastInterface(interfaceAddress) {
    this.#requireRunning();
    validateString(interfaceAddress, 'interfaceAddress');
    this.#set('setMulticastInterface', 'multicast_interface', interfaceAddress);
  }

  #setMembership(syscall, multicastAddress, interfaceAddress, what) {
    this.#requireRunning();
    if (!multicastAddress) throw new ERR_MISSING_ARGS('multicastAddress');
    const errno = this.#handle.membership(`${multicastAddress}`, interfaceAddress, what);
    if (errno) throw errnoException(errno, syscall);
  }

  addMembership(multicastAddress, interfaceAddress) {
    this.#setMembership('addMembership', multicastAddress, interfaceAddress, 'join');
  }

  dropMembership(multicastAddress, interfaceAddress) {
    this.#setMembership('dropMembership', multicastAddress, interfaceAddress, 'leave');
  }

  #setSourceMembership(syscall, sourceAddress, groupAddress, interfaceAddress, what) {
    this.#requireRunning();
    validateString(sourceAddress, 'sourceAddress');
    validateString(groupAddress, 'groupAddress');
    const errno = this.#handle.sourceMembership(sourceAddress, groupAddress, interfaceAddress, what);
    if (errno) throw errnoException(errno, syscall);
  }

  addSourceSpecificMembership(sourceAddress, groupAddress, interfaceAddress) {
    this.#setSourceMembership('addSourceSpecificMembership', sourceAddress, groupAddress, interfaceAddress, 'join');
  }

  dropSourceSpecificMembership(sourceAddress, groupAddress, interfaceAddress) {
    this.#setSourceMembership('dropSourceSpecificMembership', sourceAddress, groupAddress, interfaceAddress, 'leave');
  }

  #bufferSize(size, isReceiving) {
    if (size >>> 0 !== size) throw new ERR_SOCKET_BAD_BUFFER_SIZE();
    const found = this.#handle.bufferSize(size, isReceiving);
    if (found >= 0) return found;
    const syscall = isReceiving ? 'uv_recv_buffer_size' : 'uv_send_buffer_size';
    throw new ERR_SOCKET_BUFFER_SIZE({ errno: found, code: errname(found), message: errmessage(found), syscall });
  }

  setRecvBufferSize(size) {
    this.#bufferSize(size, true);
  }

  setSendBufferSize(size) {
    this.#bufferSize(size, false);
  }

  getRecvBufferSize() {
    return this.#bufferSize(0, true);
  }

  getSendBufferSize() {
    return this.#bufferSize(0, false);
  }

  getSendQueueSize() {
    return this.#handle.getSendQueueSize();
  }

  getSendQueueCount() {
    return this.#handle.getSendQueueCount();
  }

  ref() {
    this.#handle?.ref();
    return this;
  }

  unref() {
    this.#handle?.unref();
    return this;
  }
}

/** A part of `buffer`. */
function slice(buffer, offset, length) {
  if (typeof buffer === 'string') buffer = Buffer.from(buffer);
  else if (!isArrayBufferView(buffer)) throw badBuffer('buffer', buffer);
  offset >>>= 0;
  length >>>= 0;
  if (offset > buffer.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
  if (offset + length > buffer.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
  return Buffer.from(buffer.buffer, buffer.byteOffset + offset, length);
}

function badBuffer(name, value) {
  return new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], value);
}

/** What is to be sent, as bytes. */
function chunksOf(data) {
  const isList = Array.isArray(data);
  const chunks = (isList ? data : [data]).map((each) => {
    if (typeof each === 'string') return Buffer.from(each);
    if (isArrayBufferView(each)) return Buffer.from(each.buffer, each.byteOffset, each.byteLength);
    throw badBuffer(isList ? 'buffer list arguments' : 'buffer', data);
  });
  return chunks.length > 0 ? chunks : [Buffer.alloc(0)];
}

function createSocket(type, listener) {
  return new Socket(type, listener);
}

/** A handle bound to an address, or a negative errno. */
function _createSocketHandle(address, port, addressType, fd, flags) {
  const handle = new UDP();
  const errno = Number.isInteger(fd) && fd > 0 ? handle.open(fd) :
    handle.bind(address || DEFAULTS[addressType].any, port || 0, flags || 0);
  if (errno === 0) return handle;
  handle.close();
  return errno;
}

module.exports = { _createSocketHandle, createSocket, Socket };
Object.defineProperty(module.exports, 'handleOf', { __proto__: null, value: handleOf, enumerable: false });
