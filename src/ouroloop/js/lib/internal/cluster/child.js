'use strict';

// cluster, in a worker.
//
// Theory of operation. A server that listens here asks the primary for a handle (`_getServer`). Either it gets the
// handle itself, or a stand-in that only looks like one: then connections come one by one from the primary.

const EventEmitter = require('events');
const path = require('path');
const { Worker, internal, send: sendTo } = require('internal/cluster/worker');

const cluster = new EventEmitter();
const handles = new Map(); // key -> handle, or what stands for it
const indexes = new Map(); // place -> how often a server listened there

const FOREVER = 2 ** 31 - 1;

const send = (message, callback) => sendTo(process, message, null, callback);

function setupWorker() {
  const worker = new Worker({ id: Number(process.env.NODE_UNIQUE_ID) | 0, process, state: 'online' });
  cluster.worker = worker;
  process.once('disconnect', () => {
    worker.emit('disconnect');
    if (!worker.exitedAfterDisconnect) process.exit(0); // the primary is gone
  });
  process.on('internalMessage', internal(worker, (_, message, handle) => {
    if (message.act === 'newconn') onConnection(message, handle);
    else if (message.act === 'disconnect') disconnect(worker, true);
  }));
  require('internal/cluster/role').worker = cluster;
  send({ act: 'online' });
}

/** Get a handle for `server`, a server or a datagram socket: `callback(errno, handle)`. */
function getServer(server, options, callback) {
  let { address } = options;
  // A path that is relative to this folder means another one to the primary, whose folder may differ.
  if (options.port < 0 && typeof address === 'string') address = path.resolve(address);
  const place = [address, options.port, options.addressType, options.fd].join(':');
  const index = options.port === 0 || !indexes.has(place) ? nextIndex(place) : indexes.get(place);
  const message = { act: 'queryServer', index, data: null, ...options, address };
  if (server._getServerData) message.data = server._getServerData();
  send(message, (reply, handle) => {
    server._setServerData?.(reply.data);
    if (handle) shared(reply, handle, callback);
    else distributed(reply, callback);
  });
  server.once('listening', () => {
    cluster.worker.state = 'listening';
    const found = server.address();
    send({ ...message, act: 'listening', port: found?.port || options.port });
  });
}

function nextIndex(place) {
  const index = (indexes.get(place) ?? -1) + 1;
  indexes.set(place, index);
  return index;
}

/** The primary's own handle has come. */
function shared({ errno, key }, handle, callback) {
  const { close } = handle;
  handle.close = function(...args) {
    send({ act: 'close', key });
    handles.delete(key);
    return Reflect.apply(close, handle, args);
  };
  handles.set(key, handle);
  callback(errno, handle);
}

/** The primary listens; its connections come one by one. */
function distributed({ errno, key, sockname }, callback) {
  if (errno) {
    callback(errno, null);
    return;
  }
  const handle = new RemoteHandle(key, sockname);
  handles.set(key, handle);
  callback(0, handle);
}

class RemoteHandle {
  onconnection = undefined;
  owner = undefined;
  #key;
  #timer = setInterval(() => {}, FOREVER); // keeps the process alive

  constructor(key, sockname) {
    this.#key = key;
    if (sockname) {
      this.getsockname = (into) => {
        Object.assign(into, sockname);
        return 0;
      };
    }
  }

  getAsyncId() {
    return this.#timer[require('internal/timers').async_id_symbol];
  }

  listen() {
    return 0;
  }

  close(callback) {
    if (this.#key === undefined) return;
    clearInterval(this.#timer);
    send({ act: 'close', key: this.#key });
    handles.delete(this.#key);
    this.#key = undefined;
    callback?.();
  }

  ref() {
    this.#timer.ref();
  }

  unref() {
    this.#timer.unref();
  }

  hasRef() {
    return this.#timer.hasRef();
  }
}

function onConnection({ key, seq }, connection) {
  const handle = handles.get(key);
  const server = handle?.owner;
  const isFull = server?.maxConnections != null && server._connections >= server.maxConnections;
  const accepted = handle !== undefined && !isFull;
  send({ ack: seq, accepted });
  if (accepted) handle.onconnection(0, connection);
  else connection.close();
}

/** Close all servers, then the channel. */
function disconnect(worker, isAskedFor = false) {
  worker.exitedAfterDisconnect = true;
  let left = 1;
  const closed = () => {
    if (--left > 0) return;
    if (isAskedFor) process.disconnect();
    // Only after its answer does the primary know that this was meant.
    else send({ act: 'exitedAfterDisconnect' }, () => process.disconnect());
  };
  for (const handle of [...handles.values()]) {
    left++;
    if (handle.owner) handle.owner.close(closed);
    else handle.close(closed);
  }
  handles.clear();
  closed();
}

Worker.prototype.disconnect = function() {
  if (this.state !== 'disconnecting' && this.state !== 'destroying') {
    this.state = 'disconnecting';
    disconnect(this);
  }
  return this;
};

Worker.prototype.destroy = function() {
  if (this.state === 'destroying') return;
  this.exitedAfterDisconnect = true;
  if (!this.isConnected()) process.exit(0);
  this.state = 'destroying';
  send({ act: 'exitedAfterDisconnect' }, () => process.disconnect());
  process.once('disconnect', () => process.exit(0));
};

module.exports = Object.assign(cluster, {
  isWorker: true,
  isMaster: false,
  isPrimary: false,
  worker: null,
  Worker,
  _setupWorker: setupWorker,
  _getServer: getServer,
});
