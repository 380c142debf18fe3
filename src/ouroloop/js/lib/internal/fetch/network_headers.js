'use strict';

// The headers that a request gets beside its program's own: those of the fetch, and those of the connection.

const { InvalidArgumentError, NotSupportedError, RequestContentLengthMismatchError } = require('internal/fetch/errors');

const CONDITIONAL = ['if-modified-since', 'if-none-match', 'if-unmodified-since', 'if-match', 'if-range'];
/** Methods that tell a length even when there is no body. */
const EXPECTS_BODY = new Set(['PUT', 'POST', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']);

function addMissing(headers, name, value) {
  if (!headers.has(name)) headers.append(name, value);
}

/** What a fetch says of itself and its body. `headers` is changed. */
function addFetchHeaders(headers, { url, method, body, referrer, mode, cache }) {
  addMissing(headers, 'accept', '*/*');
  addMissing(headers, 'accept-language', '*');
  const length = body === null ? (method === 'POST' || method === 'PUT' ? 0 : null) : body.length;
  if (length !== null) headers.append('content-length', `${length}`);
  if (/^https?:/.test(referrer)) headers.append('referer', referrer);
  headers.set('sec-fetch-mode', mode);
  addMissing(headers, 'user-agent', 'node');
  addCacheHeaders(headers, cache);
  if (headers.has('range')) headers.append('accept-encoding', 'identity');
  addMissing(headers, 'accept-encoding', url.protocol === 'https:' ? 'br, gzip, deflate' : 'gzip, deflate');
}

function addCacheHeaders(headers, cache) {
  if (cache === 'default' && CONDITIONAL.some((name) => headers.has(name))) cache = 'no-store';
  if (cache === 'no-store' || cache === 'reload') {
    addMissing(headers, 'pragma', 'no-cache');
    addMissing(headers, 'cache-control', 'no-cache');
  } else if (cache === 'no-cache') {
    addMissing(headers, 'cache-control', 'max-age=0');
  }
}

function refuseHeader(name) {
  if (name === 'expect') throw new NotSupportedError('expect header not supported');
  throw new InvalidArgumentError(`invalid ${name} header`);
}

/** The whole head as `[name, value …]`. `length` is null for a body of unknown length, undefined for none. */
function connectionHeaders(method, url, headers, length) {
  const list = [];
  let connection = 'keep-alive';
  for (const [name, value] of headers.written()) {
    switch (name.toLowerCase()) {
      case 'host': break;
      case 'connection':
        if (value.toLowerCase() === 'close') connection = 'close';
        break;
      case 'content-length':
        if (length !== null && parseInt(value, 10) !== (length ?? 0)) throw new RequestContentLengthMismatchError();
        break;
      case 'expect': case 'keep-alive': case 'transfer-encoding': case 'upgrade':
        refuseHeader(name.toLowerCase());
        break;
      default:
        list.push(name, value);
    }
  }
  if (length === null) list.push('transfer-encoding', 'chunked');
  else if (length !== undefined || EXPECTS_BODY.has(method)) list.push('content-length', `${length ?? 0}`);
  return ['host', url.host, 'connection', connection, ...list];
}

module.exports = { addFetchHeaders, connectionHeaders };
