'use strict';

// HTTPParser: the interface of Node's own parser, which is no public one, for the few packages that use it.
//
// Theory of operation. It is the parser of `internal/http/parser`, whose events go to functions that stand under
// numbers on the object itself (`parser[HTTPParser.kOnBody] = …`). `execute` returns how many bytes were taken, or an
// error.
//
// What surprises people: the bytes of one call are parsed before the first function hears of them. So a function cannot
// decide whether a message has a body, nor pause the parser: to try is one clear error.

const { MessageParser, rawList } = require('internal/http/parser');
const { methods } = require('_http_common');
const { kComplete, kIsUpgrade, kKeepAlive } = require('internal/http/facts');
const { notThere } = require('internal/not_there');

const REQUEST = 1;
const RESPONSE = 2;
const DEFAULT_SIZE = 16384; // bytes of a message's head

const ON = {
  kOnMessageBegin: 0, kOnHeaders: 1, kOnHeadersComplete: 2, kOnBody: 3, kOnMessageComplete: 4, kOnExecute: 5,
  kOnTimeout: 6,
};
const LENIENT = {
  kLenientNone: 0, kLenientHeaders: 1, kLenientChunkedLength: 2, kLenientKeepAlive: 4, kLenientTransferEncoding: 8,
  kLenientVersion: 16, kLenientDataAfterClose: 32, kLenientOptionalLFAfterCR: 64, kLenientOptionalCRLFAfterChunk: 128,
  kLenientOptionalCRBeforeLF: 256, kLenientSpacesAfterChunkSize: 512, kLenientHeaderValueRelaxed: 1024,
  kLenientAll: 1023,
};

/** Hands the events of a parser to the functions on its object. */
class Events {
  failure; // an error, if there was one
  left = 0; // bytes that are another protocol's
  #url;
  #parser;

  constructor(parser) {
    this.#parser = parser;
  }

  #call(name, ...args) {
    const listener = this.#parser[ON[name]];
    return typeof listener === 'function' ? Reflect.apply(listener, this.#parser, args) : undefined;
  }

  #head(version, rawHeaders, method, url, status, message, flags) {
    this.#call('kOnMessageBegin');
    this.#url = url;
    const [major, minor] = version.split('.');
    const skips = this.#call('kOnHeadersComplete', Number(major), Number(minor), rawList(rawHeaders), method, url,
      status, message, (flags & kIsUpgrade) !== 0, (flags & kKeepAlive) !== 0);
    if (skips) throw notThere('HTTPParser: leaving out a body');
    if ((flags & kComplete) !== 0) this.#call('kOnMessageComplete');
  }

  onRequest(method, url, version, rawHeaders, flags) {
    this.#head(version, rawHeaders, methods.indexOf(method), url, undefined, undefined, flags);
  }

  onResponse(status, message, version, rawHeaders, flags) {
    this.#head(version, rawHeaders, undefined, undefined, status, message, flags);
  }

  onBody(bytes) {
    this.#call('kOnBody', bytes);
  }

  onEnd(rawTrailers) {
    if (rawTrailers !== '') this.#call('kOnHeaders', rawList(rawTrailers), this.#url ?? '');
    this.#call('kOnMessageComplete');
  }

  onUpgrade(bytes) {
    this.left = bytes.length;
  }

  onParseError(error) {
    error.message = 'Parse Error';
    this.failure = error;
  }

  takeFailure() {
    const { failure } = this;
    this.failure = undefined;
    return failure;
  }
}

class HTTPParser {
  #parser;
  #events;

  initialize(type, resource, maxHeaderSize = 0, lenientFlags = LENIENT.kLenientNone) {
    this.close();
    this.#events = new Events(this);
    this.#parser = new MessageParser(
      type === REQUEST, this.#events, maxHeaderSize || DEFAULT_SIZE, lenientFlags !== LENIENT.kLenientNone);
  }

  /** How many of these bytes were taken, or an error. */
  execute(bytes) {
    this.#events.left = 0;
    this.#parser.feed(bytes);
    return this.#events.takeFailure() ?? bytes.byteLength - this.#events.left;
  }

  /** The other side has ended: an error, if that is no end of a message. */
  finish() {
    this.#parser.finish();
    return this.#events.takeFailure();
  }

  close() {
    this.#parser?.close();
    this.#parser = undefined;
  }

  free() {
    this.close();
  }

  /** From the list of a server's connections; it was in none. */
  remove() {}
}

for (const name of ['pause', 'resume', 'consume', 'unconsume', 'getCurrentBuffer']) {
  HTTPParser.prototype[name] = { [name]() { throw notThere(`HTTPParser#${name}()`); } }[name];
}
Object.assign(HTTPParser, { REQUEST, RESPONSE, ...ON, ...LENIENT });

module.exports = { HTTPParser };
