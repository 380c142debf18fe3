'use strict';

// JSStreamSocket: a net.Socket on a Duplex that has no handle, such as a stream of HTTP/2.
//
// Theory of operation. What reads and writes is a handle that stands on the stream (`internal/tls/stream_handle`); the
// errors and the end of the stream are the socket's. TLS stands on one. Packages (http2-wrapper, and so got) find the
// class where Node has it, in `new TLSSocket(duplex)._handle._parentWrap`, and make sockets of their own with it.

const { Socket } = require('net');
const { DuplexHandle } = require('internal/tls/stream_handle');

class JSStreamSocket extends Socket {
  constructor(stream) {
    super({ handle: new DuplexHandle(stream), manualStart: true });
    this.stream = stream;
    stream.on('error', (error) => this.emit('error', error));
    stream.once('close', () => this.destroy());
  }
}

module.exports = { JSStreamSocket };
