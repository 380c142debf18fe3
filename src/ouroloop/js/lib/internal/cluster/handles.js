'use strict';

// What workers of a cluster listen on, in the primary.
//
// Theory of operation. Round robin: the primary accepts connections and hands each to the next worker that is free.
// Shared: every worker gets the handle itself, and the kernel chooses.

const net = require('net');
const { send } = require('internal/cluster/worker');

class RoundRobinHandle {
  #key;
  #all = new Map();
  #free = new Map();
  #waiting = [];
  #handle = null;
  #server;

  constructor(key, address, { port, fd, backlog, flags, readableAll, writableAll }) {
    this.#key = key;
    this.#server = net.createServer();
    if (fd >= 0) this.#server.listen({ fd, backlog });
    else if (port >= 0) {
      // The flags are those of the bind: a server of ours would ask for them by its options.
      this.#server.listen({
        port, host: address, backlog, exclusive: true, ipv6Only: (flags & 1) === 1, reusePort: (flags & 2) === 2,
      });
    } else {
      this.#server.listen({ path: address, backlog, exclusive: true, readableAll, writableAll });
    }
    this.#server.once('listening', () => {
      this.#handle = this.#server._handle;
      this.#handle.onconnection = (errno, connection) => this.#distribute(errno, connection);
      this.#server._handle = null;
      this.#server = null;
    });
  }

  add(worker, reply) {
    this.#all.set(worker.id, worker);
    const done = () => {
      const sockname = {};
      if (this.#handle.getsockname) {
        this.#handle.getsockname(sockname);
        reply(null, { sockname }, null);
      } else {
        reply(null, null, null);
      }
      this.#handoff(worker);
    };
    if (this.#server === null) {
      done();
      return;
    }
    this.#server.once('listening', done);
    this.#server.once('error', (error) => reply(error.errno, null));
  }

  has(worker) {
    return this.#all.has(worker.id);
  }

  /** Whether that was the last one. */
  remove(worker) {
    if (!this.#all.delete(worker.id)) return false;
    this.#free.delete(worker.id);
    if (this.#all.size > 0) return false;
    for (const connection of this.#waiting) connection.close();
    this.#waiting = [];
    this.#handle?.close();
    this.#handle = null;
    return true;
  }

  #distribute(errno, connection) {
    if (errno) return;
    this.#waiting.push(connection);
    const [first] = this.#free;
    if (first === undefined) return;
    this.#free.delete(first[0]);
    this.#handoff(first[1]);
  }

  #handoff(worker) {
    if (!this.#all.has(worker.id)) return;
    const connection = this.#waiting.shift();
    if (connection === undefined) {
      this.#free.set(worker.id, worker);
      return;
    }
    send(worker.process, { act: 'newconn', key: this.#key }, connection, (reply) => {
      if (reply.accepted) connection.close();
      else this.#distribute(0, connection); // the worker is shutting down
      this.#handoff(worker);
    });
  }
}

class SharedHandle {
  #workers = new Map();
  #handle = null;
  #errno = 0;

  constructor(key, address, { port, addressType, fd, flags }) {
    const found = addressType === 'udp4' || addressType === 'udp6' ?
      require('dgram')._createSocketHandle(address, port, addressType, fd, flags) :
      net._createServerHandle(address, port, addressType, fd, flags);
    if (typeof found === 'number') this.#errno = found;
    else this.#handle = found;
  }

  add(worker, reply) {
    this.#workers.set(worker.id, worker);
    reply(this.#errno, null, this.#handle);
  }

  has(worker) {
    return this.#workers.has(worker.id);
  }

  remove(worker) {
    if (!this.#workers.delete(worker.id) || this.#workers.size > 0) return false;
    this.#handle?.close();
    this.#handle = null;
    return true;
  }
}

module.exports = { RoundRobinHandle, SharedHandle };
