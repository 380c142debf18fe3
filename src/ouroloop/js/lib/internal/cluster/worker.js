'use strict';

// Worker: a process of a cluster, as seen by the primary or by itself; and the messages between the two.
//
// Theory of operation. Both sides speak by internal messages of the channel, with `cmd: 'NODE_CLUSTER'`. One that wants
// an answer has a number (`seq`), which the answer names (`ack`).

const EventEmitter = require('events');

function Worker(options) {
  if (!(this instanceof Worker)) return new Worker(options);
  EventEmitter.call(this);
  options = typeof options === 'object' && options !== null ? options : {};
  this.exitedAfterDisconnect = undefined;
  this.state = options.state || 'none';
  this.id = options.id | 0;
  if (!options.process) return;
  this.process = options.process;
  this.process.on('error', (code, signal) => this.emit('error', code, signal));
  this.process.on('message', (message, handle) => this.emit('message', message, handle));
}
Object.setPrototypeOf(Worker.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Worker, EventEmitter);

Worker.prototype.kill = function(...args) {
  return Reflect.apply(this.destroy, this, args);
};

Worker.prototype.send = function(...args) {
  return Reflect.apply(this.process.send, this.process, args);
};

Worker.prototype.isDead = function() {
  return this.process.exitCode != null || this.process.signalCode != null;
};

Worker.prototype.isConnected = function() {
  return this.process.connected;
};

const answers = new Map(); // number -> who waits for the answer
let last = 0;

/** Send an internal message; `callback(reply, handle)` gets the answer. */
function send(target, message, handle, callback) {
  if (!target.connected) return false;
  message = { cmd: 'NODE_CLUSTER', ...message, seq: last };
  if (typeof callback === 'function') answers.set(last, callback);
  last++;
  return target.send(message, handle, { keepOpen: true });
}

/** A listener for internal messages: answers go to who waits for them, the rest to `onMessage`. */
function internal(worker, onMessage) {
  return function(message, handle) {
    if (message.cmd !== 'NODE_CLUSTER') return;
    const answer = answers.get(message.ack);
    if (answer === undefined) {
      onMessage(worker, message, handle);
      return;
    }
    answers.delete(message.ack);
    answer(message, handle);
  };
}

module.exports = { Worker, send, internal };
