'use strict';

// The facts of HTTP/1, as `node/http/protocol.py` has them: methods, status codes, and the flags of a message's head.

const { FIRST_WINS, MAX_HEADERS_COUNT, METHODS, STATUS_CODES, flags } = internalBinding('constants').http;

module.exports = {
  FIRST_WINS: new Set(FIRST_WINS), // of these, when they come more than once
  DEFAULT_MOST_HEADERS: MAX_HEADERS_COUNT,
  METHODS,
  STATUS_CODES,
  kHasConnection: flags.HAS_CONNECTION,
  kHasContentLength: flags.HAS_CONTENT_LENGTH,
  kHasExpect: flags.HAS_EXPECT,
  kHasHost: flags.HAS_HOST,
  kHasTransferEncoding: flags.HAS_TRANSFER_ENCODING,
  // What `bindings/http_parser.py` adds.
  kKeepAlive: 1 << 8,
  kIsUpgrade: 1 << 9,
  kComplete: 1 << 10,
  kIsIdle: 1 << 11,
  kMinorVersion: 1 << 12,
  kIsLines: 1 << 13, // what came with it is a head as it arrived (`internal/http/whole_message`)
  kHasMore: 1 << 14, // of its body
  kMethod: 16, // where the number of the method begins
  kMethodMask: 0x3f,
};
