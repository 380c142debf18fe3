'use strict';

// Questions about anything that may be a stream: ours, a web stream, an old one that only has `pipe` and `on`, or one
// that a package made up. They look at shapes, never at classes. `null` means "not known": this is no such stream, or
// it is too old to tell. Packages take part by setting the `Symbol.for('nodejs.stream.*')` properties.

const kIsDestroyed = Symbol.for('nodejs.stream.destroyed');
const kIsErrored = Symbol.for('nodejs.stream.errored');
const kIsReadable = Symbol.for('nodejs.stream.readable');
const kIsWritable = Symbol.for('nodejs.stream.writable');
const kIsDisturbed = Symbol.for('nodejs.stream.disturbed');
const kIsClosedPromise = Symbol.for('nodejs.webstream.isClosedPromise');
const kControllerErrorFunction = Symbol.for('nodejs.webstream.controllerErrorFunction');

function has(object, ...methods) {
  return methods.every((name) => typeof object[name] === 'function');
}

// Which kind

function isReadableNodeStream(object, strict = false) {
  if (!object || typeof object.pipe !== 'function' || typeof object.on !== 'function') return false;
  if (strict && !has(object, 'pause', 'resume')) return false;
  if (!object._writableState) return true;
  return Boolean(object._readableState) && object._readableState.readable !== false;
}

function isWritableNodeStream(object) {
  if (!object || typeof object.write !== 'function' || typeof object.on !== 'function') return false;
  return !object._readableState || object._writableState?.writable !== false;
}

function isDuplexNodeStream(object) {
  return Boolean(object && object._readableState && has(object, 'pipe', 'on', 'write'));
}

function isNodeStream(object) {
  if (!object) return object;
  return object._readableState || object._writableState ||
    (typeof object.on === 'function' && (typeof object.write === 'function' || typeof object.pipe === 'function'));
}

function isReadableStream(object) {
  return Boolean(object && !isNodeStream(object) && has(object, 'pipeThrough', 'getReader', 'cancel'));
}

function isWritableStream(object) {
  return Boolean(object && !isNodeStream(object) && has(object, 'getWriter', 'abort'));
}

function isTransformStream(object) {
  return Boolean(object && !isNodeStream(object) &&
    typeof object.readable === 'object' && typeof object.writable === 'object');
}

function isWebStream(object) {
  return isReadableStream(object) || isWritableStream(object) || isTransformStream(object);
}

function isIterable(object, isAsync) {
  if (object == null) return false;
  const asynchronous = typeof object[Symbol.asyncIterator] === 'function';
  if (isAsync === true) return asynchronous;
  const synchronous = typeof object[Symbol.iterator] === 'function';
  return isAsync === false ? synchronous : asynchronous || synchronous;
}

// In which state

function isDestroyed(stream) {
  if (!isNodeStream(stream)) return null;
  const state = stream._writableState || stream._readableState;
  return Boolean(stream.destroyed || stream[kIsDestroyed] || state?.destroyed);
}

function isWritableEnded(stream) {
  if (!isWritableNodeStream(stream)) return null;
  if (stream.writableEnded === true) return true;
  const state = stream._writableState;
  if (state?.errored) return false;
  return typeof state?.ended === 'boolean' ? state.ended : null;
}

function isWritableFinished(stream, strict) {
  if (!isWritableNodeStream(stream)) return null;
  if (stream.writableFinished === true) return true;
  const state = stream._writableState;
  if (state?.errored) return false;
  if (typeof state?.finished !== 'boolean') return null;
  return state.finished || (strict === false && state.ended === true && state.length === 0);
}

function isReadableFinished(stream, strict) {
  if (!isReadableNodeStream(stream)) return null;
  const state = stream._readableState;
  if (state?.errored) return false;
  if (typeof state?.endEmitted !== 'boolean') return null;
  return state.endEmitted || (strict === false && state.ended === true && state.length === 0);
}

function isReadable(stream) {
  if (stream?.[kIsReadable] != null) return stream[kIsReadable];
  if (typeof stream?.readable !== 'boolean') return null;
  if (isDestroyed(stream)) return false;
  return isReadableNodeStream(stream) && stream.readable && !isReadableFinished(stream);
}

function isWritable(stream) {
  if (stream?.[kIsWritable] != null) return stream[kIsWritable];
  if (typeof stream?.writable !== 'boolean') return null;
  if (isDestroyed(stream)) return false;
  return isWritableNodeStream(stream) && stream.writable && !isWritableEnded(stream);
}

function isFinished(stream, options) {
  if (!isNodeStream(stream)) return null;
  if (isDestroyed(stream)) return true;
  if (options?.readable !== false && isReadable(stream)) return false;
  if (options?.writable !== false && isWritable(stream)) return false;
  return true;
}

function isWritableErrored(stream) {
  if (!isNodeStream(stream)) return null;
  return stream.writableErrored || (stream._writableState?.errored ?? null);
}

function isReadableErrored(stream) {
  if (!isNodeStream(stream)) return null;
  return stream.readableErrored || (stream._readableState?.errored ?? null);
}

function isClosed(stream) {
  if (!isNodeStream(stream)) return null;
  if (typeof stream.closed === 'boolean') return stream.closed;
  const { _writableState: writing, _readableState: reading } = stream;
  if (typeof writing?.closed === 'boolean' || typeof reading?.closed === 'boolean') {
    return writing?.closed || reading?.closed;
  }
  return typeof stream._closed === 'boolean' && isOutgoingMessage(stream) ? stream._closed : null;
}

function isDisturbed(stream) {
  return Boolean(stream && (stream[kIsDisturbed] ?? (stream.readableDidRead || stream.readableAborted)));
}

function isErrored(stream) {
  if (!stream) return false;
  const { _readableState: reading, _writableState: writing } = stream;
  return Boolean(stream[kIsErrored] ?? stream.readableErrored ?? stream.writableErrored ??
    reading?.errorEmitted ?? writing?.errorEmitted ?? reading?.errored ?? writing?.errored);
}

function willEmitClose(stream) {
  if (!isNodeStream(stream)) return null;
  const state = stream._writableState || stream._readableState;
  if (!state) return isServerResponse(stream);
  return Boolean(state.autoDestroy && state.emitClose && state.closed === false);
}

// Messages of HTTP, which are older than most of the rules

function isOutgoingMessage(stream) {
  return ['_closed', '_defaultKeepAlive', '_removedConnection', '_removedContLen']
    .every((name) => typeof stream[name] === 'boolean');
}

function isServerResponse(stream) {
  return typeof stream._sent100 === 'boolean' && isOutgoingMessage(stream);
}

function isServerRequest(stream) {
  return typeof stream._consuming === 'boolean' && typeof stream._dumped === 'boolean' &&
    stream.req?.upgradeOrConnect === undefined;
}

function isRequest(stream) {
  return Boolean(stream && stream.setHeader && typeof stream.abort === 'function');
}

module.exports = {
  kIsDestroyed, kIsErrored, kIsReadable, kIsWritable, kIsDisturbed, kIsClosedPromise, kControllerErrorFunction,
  isReadableNodeStream, isWritableNodeStream, isDuplexNodeStream, isNodeStream,
  isReadableStream, isWritableStream, isTransformStream, isWebStream, isIterable,
  isDestroyed, isWritableEnded, isWritableFinished, isReadableFinished, isReadable, isWritable,
  isFinished, isWritableErrored, isReadableErrored, isClosed, isDisturbed, isErrored, willEmitClose,
  isServerRequest, isRequest,
};
