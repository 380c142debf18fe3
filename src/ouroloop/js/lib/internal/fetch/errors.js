'use strict';

// The causes that a failed fetch names, as programs know them from Node: a name and a code by which they are told
// apart.

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

/** The cause for an error of the client's request. */
function causeOf(error, socket) {
  if (error?.code === 'ECONNRESET' && (error.message === 'socket hang up' || error.message === 'aborted')) {
    return new SocketError('other side closed', socket);
  }
  if (typeof error?.code === 'string' && error.code.startsWith('HPE_')) {
    return new HTTPParserError(`Response does not match the HTTP/1.1 protocol (${error.reason})`, undefined,
      error.rawPacket?.toString());
  }
  return error;
}

module.exports = {
  BodyTimeoutError, ConnectTimeoutError, HeadersTimeoutError, InvalidArgumentError, NotSupportedError,
  RequestContentLengthMismatchError, SocketError, causeOf,
};
