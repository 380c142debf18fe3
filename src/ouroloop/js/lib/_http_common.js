'use strict';

// _http_common: what both sides of HTTP check before it goes on the wire (RFC 9110, 5.5 and 5.6.2).

// In the order of their numbers in llhttp.
const methods = (
  'DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND ' +
  'UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK ' +
  'UNLINK SOURCE QUERY').split(' ');

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const INVALID_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const chunkExpression = /(?:^|\W)chunked(?:$|\W)/i;
const continueExpression = /(?:^|\W)100-continue(?:$|\W)/i;

/** Whether `text` is a token, as the names of headers and methods must be. */
const checkIsHttpToken = (text) => TOKEN.test(text);

/** Whether `text` has a character that must not stand in a header's value. */
const checkInvalidHeaderChar = (text) => INVALID_IN_VALUE.test(text);

module.exports = {
  _checkInvalidHeaderChar: checkInvalidHeaderChar,
  _checkIsHttpToken: checkIsHttpToken,
  chunkExpression,
  continueExpression,
  CRLF: '\r\n',
  methods,
};
Object.defineProperty(module.exports, 'HTTPParser', {
  __proto__: null,
  get: () => require('internal/http/http_parser').HTTPParser,
  configurable: true,
  enumerable: true,
});
