'use strict';

// Response: a status, headers and a body, from the network or made by a program.
//
// Theory of operation. What it is lies in an inner record, as the standard has it; a clone has a record of its own. The
// fetch makes Responses of such records with `makeResponse`.

const { customInspectSymbol, isObject } = require('internal/util');
const { defineEnumerable, defineTag } = require('internal/util/class_looks');
const { NEITHER, defineTransferMode } = require('internal/worker/js_transferable');
const { Buffer } = require('buffer');
const { Body, defineBody, extractBody } = require('internal/fetch/body');
const { HeaderList, fillHeaders, guardOf, makeHeaders } = require('internal/fetch/headers');
const {
  illegalInvocation, inspectFields, requireArguments, toByteString, toDictionary, toScalarString, toUnsignedShort,
} = require('internal/fetch/webidl');

const NULL_BODY_STATUSES = new Set([101, 103, 204, 205, 304]);
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What a response is. `urls` are those that led to it. */
class InnerResponse {
  type = 'default';
  status = 200;
  statusText = '';
  headers = new HeaderList();
  body = null;
  urls = [];

  clone() {
    const copy = Object.assign(new InnerResponse(), this);
    copy.headers = HeaderList.copyOf(this.headers);
    copy.body = this.body && this.body.clone();
    return copy;
  }
}

/** The members of a ResponseInit, converted. */
function toInit(value) {
  const init = toDictionary(value);
  const { headers, status = 200, statusText = '' } = init;
  return {
    headers,
    status: toUnsignedShort(status),
    statusText: toByteString(statusText, 'Response constructor', 'statusText'),
  };
}

let isResponse;
let innerOf;
let make;

class Response {
  #inner = new InnerResponse();
  #headers;

  static {
    isResponse = (value) => isObject(value) && #inner in value;
    innerOf = (response) => {
      if (!isResponse(response)) throw illegalInvocation('Response');
      return response.#inner;
    };
    make = (inner, guard) => {
      const response = new Response();
      response.#inner = inner;
      response.#headers = makeHeaders(inner.headers, guard);
      return response;
    };
  }

  constructor(body = null, init = {}) {
    const extracted = body === null ? null : extractBody(body);
    this.#headers = makeHeaders(this.#inner.headers, 'response');
    this.#initialize(toInit(init), extracted);
  }

  #initialize({ headers, status, statusText }, extracted) {
    if (status < 200 || status > 599) {
      throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
    }
    if (!REASON_PHRASE.test(statusText)) throw new TypeError('Invalid statusText');
    const inner = this.#inner;
    inner.status = status;
    inner.statusText = statusText;
    if (headers !== undefined) fillHeaders(this.#headers, headers);
    if (extracted === null) return;
    if (NULL_BODY_STATUSES.has(status)) {
      throw new TypeError(`Response constructor: Invalid response status code ${status}`);
    }
    const [body, type] = extracted;
    inner.body = body;
    if (type !== null && !inner.headers.has('content-type')) inner.headers.append('content-type', type);
  }

  static error() {
    const inner = new InnerResponse();
    inner.type = 'error';
    inner.status = 0;
    return make(inner, 'immutable');
  }

  static json(data, init = {}) {
    requireArguments(arguments, 1, 'Response.json');
    const text = typeof data === 'symbol' ? undefined : JSON.stringify(data);
    if (text === undefined) throw new TypeError('Value is not JSON serializable');
    const response = new Response();
    response.#initialize(toInit(init), [new Body([Buffer.from(text)]), 'application/json']);
    return response;
  }

  static redirect(url, status = 302) {
    requireArguments(arguments, 1, 'Response.redirect');
    url = toScalarString(url);
    status = toUnsignedShort(status);
    let parsed;
    try {
      parsed = new URL(url);
    } catch (error) {
      throw new TypeError(`Failed to parse URL from ${url}`, { cause: error });
    }
    if (!REDIRECT_STATUSES.has(status)) throw new RangeError(`Invalid status code ${status}`);
    const inner = new InnerResponse();
    inner.status = status;
    inner.headers.append('location', parsed.href);
    return make(inner, 'immutable');
  }

  get type() {
    return innerOf(this).type;
  }

  get url() {
    return innerOf(this).urls.at(-1)?.replace(/#.*$/s, '') ?? '';
  }

  get redirected() {
    return innerOf(this).urls.length > 1;
  }

  get status() {
    return innerOf(this).status;
  }

  get ok() {
    const { status } = innerOf(this);
    return status >= 200 && status <= 299;
  }

  get statusText() {
    return innerOf(this).statusText;
  }

  get headers() {
    innerOf(this);
    return this.#headers;
  }

  clone() {
    const inner = innerOf(this);
    if (inner.body?.isUnusable) throw new TypeError('Response.clone: Body has already been consumed.');
    return make(inner.clone(), guardOf(this.#headers));
  }

  [customInspectSymbol](depth, options) {
    options.depth ??= 2;
    options.colors ??= true;
    const { status, statusText, headers, body, bodyUsed, ok, redirected, type, url } = this;
    const fields = { status, statusText, headers, body, bodyUsed, ok, redirected, type, url };
    return inspectFields('Response', fields, depth, options);
  }
}

for (const name of ['error', 'json', 'redirect']) Object.defineProperty(Response, name, { enumerable: true });
defineEnumerable(Response, 'type', 'url', 'redirected', 'status', 'ok', 'statusText', 'headers');
defineBody(Response, innerOf);
defineEnumerable(Response, 'clone');
defineTag(Response);
defineTransferMode(Response, NEITHER, isResponse);

module.exports = { InnerResponse, NULL_BODY_STATUSES, REDIRECT_STATUSES, Response, isResponse, makeResponse: make };
