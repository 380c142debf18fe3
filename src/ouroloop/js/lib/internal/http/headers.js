'use strict';

// What may stand in a head, and how headers become its lines.

const { _checkIsHttpToken: isToken, _checkInvalidHeaderChar: hasInvalidChar } = require('_http_common');
const {
  hideStackFrames,
  codes: { ERR_HTTP_INVALID_HEADER_VALUE, ERR_INVALID_CHAR, ERR_INVALID_HTTP_TOKEN },
} = require('internal/errors');

const validateHeaderName = hideStackFrames((name, label) => {
  if (typeof name !== 'string' || !name || !isToken(name)) {
    throw new ERR_INVALID_HTTP_TOKEN(label || 'Header name', name);
  }
});

const validateHeaderValue = hideStackFrames((name, value) => {
  if (value === undefined) throw new ERR_HTTP_INVALID_HEADER_VALUE(value, name);
  if (hasInvalidChar(value)) throw new ERR_INVALID_CHAR('header content', name);
});

/** The option `uniqueHeaders`: names whose values are joined instead of repeated, in lower case; null for none. */
function parseUniqueHeadersOption(headers) {
  if (!Array.isArray(headers)) return null;
  return new Set(headers.map((each) => (Array.isArray(each) ? each.join() : `${each}`).toLowerCase()));
}

module.exports = { validateHeaderName, validateHeaderValue, parseUniqueHeadersOption };
