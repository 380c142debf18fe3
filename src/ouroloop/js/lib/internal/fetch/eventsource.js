'use strict';

// EventSource: server-sent events, over connections that are made again when they end.
//
// Theory of operation. Each connection is a fetch whose body goes through an EventStreamParser. When one ends or cannot
// be made, 'error' is told and another one is tried after a while; an answer that is no event stream ends it for good.

const { Event, EventTarget } = require('internal/event_target');
const { MessageEvent } = require('internal/message_event');
const { DOMException } = require('internal/dom_exception');
const { isObject } = require('internal/util');
const { defineEnumerable } = require('internal/util/class_looks');
const { clearTimeout, setTimeout } = require('timers');
const { AbortController } = require('internal/abort_controller');
const { mimeTypeOf } = require('internal/fetch/body');
const { EventStreamParser } = require('internal/fetch/event_stream');
const { fetch } = require('internal/fetch/fetch');
const { defineHandlersAndConstants } = require('internal/fetch/handlers');
const { headerListOf } = require('internal/fetch/headers');
const { illegalInvocation, requireArguments, toDictionary, toScalarString } = require('internal/fetch/webidl');

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

const RECONNECTION_TIME = 3000; // ms

let isTold = false;

function warnOnce() {
  if (isTold) return;
  isTold = true;
  process.emitWarning('EventSource is experimental, expect them to change at any time.', { code: 'UNDICI-ES' });
}

class EventSource extends EventTarget {
  #url;
  #withCredentials;
  #readyState = CONNECTING;
  #lastEventId = '';
  #reconnectionTime = RECONNECTION_TIME;
  #timer;
  #controller;

  constructor(url, eventSourceInitDict = {}) {
    super();
    requireArguments(arguments, 1, 'EventSource constructor');
    warnOnce();
    const text = toScalarString(url);
    const { withCredentials = false } = toDictionary(eventSourceInitDict, 'EventSource constructor');
    this.#withCredentials = Boolean(withCredentials);
    try {
      this.#url = new URL(text);
    } catch (error) {
      throw new DOMException(String(error), 'SyntaxError');
    }
    this.#connect();
  }

  static #check(value) {
    if (!isObject(value) || !(#withCredentials in value)) throw illegalInvocation('EventSource');
  }

  get readyState() {
    EventSource.#check(this);
    return this.#readyState;
  }

  get url() {
    EventSource.#check(this);
    return this.#url.href;
  }

  get withCredentials() {
    EventSource.#check(this);
    return this.#withCredentials;
  }

  close() {
    EventSource.#check(this);
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  async #connect() {
    this.#controller = new AbortController();
    let response;
    try {
      response = await fetch(this.#url, this.#requestInit());
    } catch {
      this.#reconnect();
      return;
    }
    const type = mimeTypeOf(headerListOf(response.headers));
    if (response.status !== 200 || type?.essence !== 'text/event-stream') {
      this.#fail(response);
      return;
    }
    await this.#listen(response);
    this.#reconnect();
  }

  #requestInit() {
    const headers = { accept: 'text/event-stream' };
    if (this.#lastEventId !== '') headers['last-event-id'] = this.#lastEventId;
    return {
      headers,
      cache: 'no-store',
      credentials: this.#withCredentials ? 'include' : 'same-origin',
      signal: this.#controller.signal,
    };
  }

  /** A promise that settles when the connection is over. */
  async #listen(response) {
    if (this.#readyState === CLOSED) return;
    this.#readyState = OPEN;
    this.dispatchEvent(new Event('open'));
    const { origin } = new URL(response.url);
    const parser = new EventStreamParser({
      onEvent: (type, data, lastEventId) => {
        this.#lastEventId = lastEventId;
        if (data === null || this.#readyState === CLOSED) return;
        this.dispatchEvent(new MessageEvent(type, { data, origin, lastEventId }));
      },
      onRetry: (ms) => {
        this.#reconnectionTime = ms;
      },
    }, this.#lastEventId);
    const { TextDecoder } = require('internal/encoding');
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    try {
      for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }));
    } catch {
      // That it ended is all that counts.
    }
  }

  #reconnect() {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CONNECTING;
    this.dispatchEvent(new Event('error'));
    if (this.#readyState === CLOSED) return;
    this.#timer = setTimeout(() => this.#connect(), this.#reconnectionTime);
  }

  #fail(response) {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    response.body?.cancel();
    this.dispatchEvent(new Event('error'));
  }
}

defineHandlersAndConstants(EventSource, ['open', 'message', 'error'], { CONNECTING, OPEN, CLOSED });
defineEnumerable(EventSource, 'readyState', 'url', 'withCredentials', 'close');

module.exports = { EventSource };
