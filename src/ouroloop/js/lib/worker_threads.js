'use strict';

// worker_threads: what belongs to messages. Workers themselves are not in this version; making one gives one clear
// error.

const { notThere } = require('internal/not_there');
const { demand } = require('internal/process/permission');
const { isMarkedAsUntransferable, markAsUncloneable, markAsUntransferable } =
  require('internal/worker/js_transferable');

const messages = () => require('internal/message_channel');

class Worker {
  constructor() {
    demand('worker');
    throw notThere('worker_threads.Worker');
  }
}

const environmentData = new Map();

module.exports = {
  isMainThread: true,
  isInternalThread: false,
  threadId: 0,
  threadName: '',
  parentPort: null,
  workerData: null,
  resourceLimits: {},
  SHARE_ENV: Symbol.for('nodejs.worker_threads.SHARE_ENV'),
  Worker,
  getEnvironmentData: (key) => environmentData.get(key),
  setEnvironmentData(key, value) {
    if (value === undefined) environmentData.delete(key);
    else environmentData.set(key, value);
  },
  markAsUntransferable,
  isMarkedAsUntransferable,
  markAsUncloneable,
  moveMessagePortToContext() {
    throw notThere('worker_threads.moveMessagePortToContext()');
  },
  postMessageToThread() {
    throw notThere('worker_threads.postMessageToThread()');
  },
  receiveMessageOnPort: (port) => messages().receiveMessageOnPort(port),
};
for (const name of ['MessageChannel', 'MessagePort', 'BroadcastChannel']) {
  Object.defineProperty(module.exports, name, {
    __proto__: null, configurable: true, enumerable: true, get: () => messages()[name],
  });
}
