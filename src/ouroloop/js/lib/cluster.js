'use strict';

// node:cluster: what a process is told that is no worker of a cluster. Every process here is the primary.

const EventEmitter = require('events');
const { notThere } = require('internal/not_there');

const cluster = new EventEmitter();

class Worker extends EventEmitter {
  constructor() {
    super();
    throw notThere('cluster.Worker');
  }
}

const SCHED_NONE = 1;
const SCHED_RR = 2;

/** Options of a later `fork`, as Node keeps them. */
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

function fork() {
  throw notThere('cluster.fork()');
}

/** There are no workers to disconnect. */
function disconnect(callback) {
  if (typeof callback === 'function') process.nextTick(callback);
}

module.exports = Object.assign(cluster, {
  isWorker: false,
  isMaster: true,
  isPrimary: true,
  Worker,
  workers: {},
  settings: {},
  SCHED_NONE,
  SCHED_RR,
  schedulingPolicy: SCHED_RR,
  setupPrimary,
  setupMaster: setupPrimary,
  fork,
  disconnect,
});
