'use strict';

// cluster, in the process that forks the workers.
//
// Theory of operation. A worker that listens asks for a handle ('queryServer'); workers that listen at the same place
// share one (`internal/cluster/handles`). It is closed when no worker listens there any more.

const EventEmitter = require('events');
const path = require('path');
const { codes: { ERR_SOCKET_BAD_PORT } } = require('internal/errors');
const { validatePort } = require('internal/validators');
const { RoundRobinHandle, SharedHandle } = require('internal/cluster/handles');
const { Worker, internal, send } = require('internal/cluster/worker');

const SCHED_NONE = 1;
const SCHED_RR = 2;

const cluster = new EventEmitter();
const whenEmpty = new EventEmitter();
const handles = new Map();
let lastId = 0;

function schedulingPolicy() {
  const { NODE_CLUSTER_SCHED_POLICY: wanted } = process.env;
  return { none: SCHED_NONE, rr: SCHED_RR }[wanted] ?? SCHED_RR;
}

function setupPrimary(options) {
  const settings = {
    args: process.argv.slice(2),
    exec: process.argv[1],
    execArgv: process.execArgv,
    silent: false,
    ...cluster.settings,
    ...options,
  };
  cluster.settings = settings;
  process.nextTick(() => cluster.emit('setup', settings));
}

function startProcess(id, env) {
  const { settings } = cluster;
  if (settings.inspectPort != null) checkPort(settings.inspectPort);
  return require('child_process').fork(settings.exec, settings.args, {
    cwd: settings.cwd,
    env: { ...process.env, ...env, NODE_UNIQUE_ID: `${id}` },
    serialization: settings.serialization,
    silent: settings.silent,
    windowsHide: settings.windowsHide,
    execArgv: [...settings.execArgv],
    stdio: settings.stdio,
    gid: settings.gid,
    uid: settings.uid,
  });
}

function checkPort(port) {
  const number = typeof port === 'function' ? port() : port;
  try {
    validatePort(number);
  } catch {
    throw new ERR_SOCKET_BAD_PORT('Port', number);
  }
}

function fork(env) {
  cluster.setupPrimary();
  const id = ++lastId;
  const worker = new Worker({ id, process: startProcess(id, env) });
  const child = worker.process;
  worker.on('message', (message, handle) => cluster.emit('message', worker, message, handle));
  child.once('exit', (code, signal) => {
    if (!worker.isConnected()) forget(worker);
    ended(worker, 'dead');
    worker.emit('exit', code, signal);
    cluster.emit('exit', worker, code, signal);
  });
  child.once('disconnect', () => {
    removeHandles(worker);
    if (worker.isDead()) forget(worker);
    ended(worker, 'disconnected');
    worker.emit('disconnect');
    cluster.emit('disconnect', worker);
  });
  child.on('internalMessage', internal(worker, onMessage));
  process.nextTick(() => cluster.emit('fork', worker));
  cluster.workers[id] = worker;
  return worker;
}

function ended(worker, state) {
  worker.exitedAfterDisconnect = Boolean(worker.exitedAfterDisconnect);
  worker.state = state;
}

function forget(worker) {
  removeHandles(worker);
  delete cluster.workers[worker.id];
  if (Object.keys(cluster.workers).length === 0) whenEmpty.emit('disconnect');
}

function removeHandles(worker) {
  for (const [key, handle] of handles) {
    if (handle.remove(worker)) handles.delete(key);
  }
}

function disconnect(callback) {
  const workers = Object.values(cluster.workers);
  if (workers.length === 0) {
    process.nextTick(() => whenEmpty.emit('disconnect'));
  } else {
    for (const worker of workers) {
      if (worker.isConnected()) worker.disconnect();
    }
  }
  if (typeof callback === 'function') whenEmpty.once('disconnect', callback);
}

const acts = {
  online(worker) {
    worker.state = 'online';
    worker.emit('online');
    cluster.emit('online', worker);
  },
  queryServer,
  listening(worker, { addressType, address, port, fd }) {
    const info = { addressType, address, port, fd };
    worker.state = 'listening';
    worker.emit('listening', info);
    cluster.emit('listening', worker, info);
  },
  exitedAfterDisconnect(worker, message) {
    worker.exitedAfterDisconnect = true;
    send(worker.process, { ack: message.seq });
  },
  close(worker, { key }) {
    const handle = handles.get(key);
    if (handle?.remove(worker)) handles.delete(key);
  },
};

function onMessage(worker, message, handle) {
  if (Object.hasOwn(acts, message.act)) acts[message.act](worker, message, handle);
}

/** A path, absolute or relative: a pipe's name has room for some 100 bytes. */
function shortest(address) {
  if (typeof address !== 'string') return address;
  const relative = path.relative(process.cwd(), address);
  return relative.length < address.length ? relative : address;
}

function queryServer(worker, message) {
  if (worker.exitedAfterDisconnect) return; // it is about to go
  const { port, addressType, fd, index, seq } = message;
  const address = port < 0 ? shortest(message.address) : message.address;
  const key = `${address}:${port}:${addressType}:${fd}:${index}`;
  if (!handles.has(key)) {
    const isShared = cluster.schedulingPolicy !== SCHED_RR || addressType === 'udp4' || addressType === 'udp6';
    handles.set(key, new (isShared ? SharedHandle : RoundRobinHandle)(key, address, message));
  }
  const found = handles.get(key);
  found.data ??= message.data;
  found.add(worker, (errno, reply, handle) => {
    const { data } = handles.get(key) ?? {};
    if (errno) handles.delete(key); // the next one tries again
    send(worker.process, { errno, key, ack: seq, data, ...reply }, handle);
  });
}

Worker.prototype.disconnect = function() {
  this.exitedAfterDisconnect = true;
  send(this.process, { act: 'disconnect' });
  forget(this);
  return this;
};

Worker.prototype.destroy = function(signal) {
  this.process.kill(signal || 'SIGTERM');
};

module.exports = Object.assign(cluster, {
  isWorker: false,
  isMaster: true,
  isPrimary: true,
  Worker,
  workers: {},
  settings: {},
  SCHED_NONE,
  SCHED_RR,
  schedulingPolicy: schedulingPolicy(),
  setupPrimary,
  setupMaster: setupPrimary,
  fork,
  disconnect,
});
