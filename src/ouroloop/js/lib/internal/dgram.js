'use strict';

// UDP: a datagram socket of the loop as JavaScript sees it, and what `dgram.Socket` stands on.
//
// Theory of operation. As `internal/stream_handle`, for datagrams: each goes to `onmessage(bytes, address, port)`, an
// error to `onmessage(errno)`. The methods return 0 or a negative errno, as libuv's functions do.

const { start, next } = require('internal/requests');
const { HandleWrap, named } = require('internal/handle_wrap');

const binding = internalBinding('udp_wrap');
const streams = internalBinding('stream_wrap');

const IPV6_ONLY = 1;
const REUSE_ADDRESS = 4;
const REUSE_PORT = 8;

class UDP extends HandleWrap {
  onmessage = undefined;

  /** `source`: the pipe that it came through. */
  constructor(source = undefined) {
    super('UDPWRAP');
    if (source === undefined) binding.newUdp(this.number);
    else streams.accept(source.number, this.number);
  }

  get resourceName() {
    return 'UDPWrap';
  }

  _tell(bytes, address, port) {
    this.onmessage(bytes, address, port);
  }

  open(fd) {
    return this._located(streams.open(this.number, fd));
  }

  bind(host, port, flags) {
    return this._located(binding.bind(this.number, host, port, flags));
  }

  connect(host, port) {
    return this._located(binding.connect(this.number, host, port));
  }

  disconnect() {
    return binding.connect(this.number, null, 0);
  }

  /** One more than the size when it is sent; 0 when `callback(errno, size)` will tell; or a negative errno. */
  send(chunks, host, port, callback) {
    const outcome = binding.send(this.number, next(), chunks, host, port);
    if (outcome === 0) start(callback, 'UDPSENDWRAP');
    return outcome;
  }

  recvStart() {
    return binding.recvStart(this.number);
  }

  recvStop() {
    return binding.recvStop(this.number);
  }

  /** An option, by Python's name of it. */
  set(option, value) {
    return binding.set(this.number, option, value);
  }

  membership(group, networkInterface, what) {
    return binding.membership(this.number, group, networkInterface ?? null, what);
  }

  sourceMembership(source, group, networkInterface, what) {
    return binding.sourceMembership(this.number, source, group, networkInterface ?? null, what);
  }

  bufferSize(size, isReceiving) {
    return binding.bufferSize(this.number, size, isReceiving);
  }

  getSendQueueSize() {
    return binding.queueSize(this.number);
  }

  getSendQueueCount() {
    return binding.queueCount(this.number);
  }
}

named(UDP);

module.exports = { UDP, IPV6_ONLY, REUSE_ADDRESS, REUSE_PORT };
