'use strict';

// The causes that a failed fetch names, as programs know them from Node: a name and a code by which they are told
// apart.

/** Why a response ends early, on the message: its own error says no more than that it does. */
const kCause = Symbol('kCause');

function defineError(name, code, message) {
  const Class = { [name]: class extends Error {
    constructor(text = message) {
      super(text);
      this.name = name;
      this.code = code;
    }
  } }[name];
  return Class;
}

const InvalidArgumentError = defineError('InvalidArgumentError', 'UND_ERR_INVALID_ARG', 'Invalid Argument Error');
const NotSupportedError = defineError('NotSupportedError', 'UND_ERR_NOT_SUPPORTED', 'Not Supported error');
const ConnectTimeoutError = defineError('ConnectTimeoutError', 'UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error');
const HeadersTimeoutError = defineError('HeadersTimeoutError', 'UND_ERR_HEADERS_TIMEOUT', 'Headers Timeout Error');
const BodyTimeoutError = defineError('BodyTimeoutError', 'UND_ERR_BODY_TIMEOUT', 'Body Timeout Error');
const HeadersOverflowError = defineError('HeadersOverflowError', 'UND_ERR_HEADERS_OVERFLOW', 'Headers Overflow Error');
const ResponseContentLengthMismatchError = defineError('ResponseContentLengthMismatchError',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'Response body length does not match content-length header');
const RequestContentLengthMismatchError = defineError('RequestContentLengthMismatchError',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'Request body length does not match content-length header');

class SocketError extends defineError('SocketError', 'UND_ERR_SOCKET', 'Socket error') {
  constructor(message, socket) {
    super(message);
    this.socket = socket && {
      localAddress: socket.localAddress,
      localPort: socket.localPort,
      remoteAddress: socket.remoteAddress,
      remotePort: socket.remotePort,
      remoteFamily: socket.remoteFamily,
      timeout: socket.timeout,
      bytesWritten: socket.bytesWritten,
      bytesRead: socket.bytesRead,
    };
  }
}

class HTTPParserError extends Error {
  constructor(message, code, data) {
    super(message);
    this.name = 'HTTPParserError';
    this.code = code;
    this.data = data;
  }
}

/** The cause for what is no HTTP; `isHead`: it came before the head was whole. */
function causeOfParseError({ code, reason, rawPacket, bytesParsed }, isHead) {
  if (code === 'HPE_HEADER_OVERFLOW') return new HeadersOverflowError();
  const taken = rawPacket.subarray(0, bytesParsed).toString('latin1');
  // A body was announced that will not come.
  if (isHead && /^content-length:[ \t]*0*[1-9]/im.test(taken)) return new ResponseContentLengthMismatchError();
  return new HTTPParserError(`Response does not match the HTTP/1.1 protocol (${reason})`, undefined,
    rawPacket.subarray(bytesParsed).toString());
}

/** The cause for an error of the client's request; `isHead`: there was no response yet. */
function causeOf(error, socket, isHead = false) {
  if (error?.code === 'ECONNRESET' && (error.message === 'socket hang up' || error.message === 'aborted')) {
    return new SocketError('other side closed', socket);
  }
  if (error?.rawPacket) return causeOfParseError(error, isHead);
  return error;
}

module.exports = {
  BodyTimeoutError, ConnectTimeoutError, HeadersTimeoutError, InvalidArgumentError, NotSupportedError,
  RequestContentLengthMismatchError, SocketError, causeOf, kCause,
};
