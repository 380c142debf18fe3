'use strict';

// `addAbortSignal(signal, stream)`: aborting destroys the stream with an AbortError whose cause is the signal's reason.
// The listener on the signal goes away when the stream is done, for a signal may live much longer than a stream.

const { AbortError, codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateAbortSignal } = require('internal/validators');
const { isNodeStream, isWebStream, kControllerErrorFunction } = require('internal/streams/utils');

function addAbortSignal(signal, stream) {
  validateAbortSignal(signal, 'signal');
  if (!isNodeStream(stream) && !isWebStream(stream)) {
    throw new ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
  }
  return addAbortSignalNoValidate(signal, stream);
}

function addAbortSignalNoValidate(signal, stream) {
  if (typeof signal !== 'object' || !('aborted' in signal)) return stream;
  function onAbort() {
    const error = new AbortError(undefined, { cause: signal.reason });
    if (isNodeStream(stream)) stream.destroy(error);
    else stream[kControllerErrorFunction](error);
  }
  if (signal.aborted) {
    onAbort();
    return stream;
  }
  const { addAbortListener } = require('events');
  const listening = addAbortListener(signal, onAbort);
  const eos = require('internal/streams/end-of-stream');
  eos(stream, () => listening[Symbol.dispose]());
  return stream;
}

module.exports = { addAbortSignal, addAbortSignalNoValidate };
