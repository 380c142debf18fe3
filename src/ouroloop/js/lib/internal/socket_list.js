'use strict';

// Sockets of a server that live in another process: the server must count them, and be closed only after them.
//
// Theory of operation. The server's process has a `SocketListSend` for each process it sent sockets to, and asks it;
// there a `SocketListReceive` knows the sockets, and answers. Both speak by internal messages with the server's key.

const EventEmitter = require('events');
const { codes: { ERR_CHILD_CLOSED_BEFORE_REPLY } } = require('internal/errors');

class SocketListSend extends EventEmitter {
  #child;
  #key;

  constructor(child, key) {
    super();
    this.#child = child;
    this.#key = key;
    child.once('exit', () => this.emit('exit', this));
  }

  #request(message, answer, swallowErrors, callback) {
    const child = this.#child;
    if (!child.connected) {
      onClosed();
      return;
    }
    const done = () => {
      child.removeListener('internalMessage', onMessage);
      child.removeListener('disconnect', onClosed);
    };
    const key = this.#key;
    function onMessage(reply) {
      if (reply.cmd !== answer || reply.key !== key) return;
      done();
      callback(null, reply);
    }
    function onClosed() {
      child.removeListener('internalMessage', onMessage);
      callback(new ERR_CHILD_CLOSED_BEFORE_REPLY());
    }
    child.on('internalMessage', onMessage);
    child.once('disconnect', onClosed);
    child._send(message, undefined, { swallowErrors });
  }

  close(callback) {
    this.#request({ cmd: 'NODE_SOCKET_NOTIFY_CLOSE', key: this.#key }, 'NODE_SOCKET_ALL_CLOSED', true, callback);
  }

  getConnections(callback) {
    this.#request({ cmd: 'NODE_SOCKET_GET_COUNT', key: this.#key }, 'NODE_SOCKET_COUNT', false,
      (error, reply) => callback(error, reply?.count));
  }
}

class SocketListReceive extends EventEmitter {
  #connections = 0;

  constructor(child, key) {
    super();
    const tell = (message) => child.connected && child._send({ ...message, key }, undefined, { swallowErrors: true });
    child.on('internalMessage', (message) => {
      if (message.key !== key) return;
      if (message.cmd === 'NODE_SOCKET_GET_COUNT') {
        tell({ cmd: 'NODE_SOCKET_COUNT', count: this.#connections });
      } else if (message.cmd === 'NODE_SOCKET_NOTIFY_CLOSE') {
        const tellClosed = () => tell({ cmd: 'NODE_SOCKET_ALL_CLOSED' });
        if (this.#connections === 0) tellClosed();
        else this.once('empty', tellClosed);
      }
    });
  }

  add({ socket }) {
    this.#connections++;
    socket.once('close', () => {
      if (--this.#connections === 0) this.emit('empty', this);
    });
  }
}

module.exports = { SocketListSend, SocketListReceive };
