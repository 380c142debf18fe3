'use strict';

// Transferring streams: a stream that is posted goes on at the other end of a pair of message ports.
//
// Theory of operation. The stream that is transferred is locked and piped into (or out of) a stream that speaks with
// a port; the new stream speaks with the other port. The messages are the standard's: 'chunk', 'pull', 'close',
// 'error'. The ports do not keep the process alive, so a stream that nobody feeds does not either; a message that was
// posted does.
//
// Source: https://streams.spec.whatwg.org/#transferrable-streams

const { markHandled, nop, settledPromise, then, withResolvers } = require('internal/webstreams/promises');
const { createReadable, readableCore } = require('internal/webstreams/readablestream');
const { createWritable, writableCore } = require('internal/webstreams/writablestream');
const { dataCloneError } = require('internal/structured_clone');
const { pipe } = require('internal/webstreams/pipe');

/** Post, and tell the other side when that cannot be done. */
function post(port, type, value) {
  try {
    port.postMessage({ type, value });
  } catch (error) {
    port.postMessage({ type: 'error', value: error });
    throw error;
  }
}

function listen(port, handlers) {
  port.onmessage = ({ data: { type, value } }) => handlers[type]?.(value);
  port.onmessageerror = () => {
    const error = dataCloneError('Internal transferred stream error');
    port.postMessage({ type: 'error', value: error });
    handlers.error(error);
    port.close();
  };
  port.unref();
  require('internal/message_channel').deliverAlways(port);
}

async function postError(port, reason) {
  try {
    post(port, 'error', reason);
  } finally {
    port.close();
  }
}

/** A readable stream of what comes from `port`. */
function readableFromPort(port) {
  function pull() {
    post(port, 'pull');
    return settledPromise();
  }

  const stream = createReadable(undefined, pull, (reason) => postError(port, reason), 0);
  const { controller } = readableCore(stream);
  listen(port, {
    chunk: (value) => controller.enqueue(value),
    close() {
      controller.close();
      port.close();
    },
    error(error) {
      controller.error(error);
      port.close();
    },
  });
  return stream;
}

/** A writable stream that posts to `port`. */
function writableFromPort(port) {
  let backpressure = withResolvers();

  function wanted() {
    backpressure?.resolve();
    backpressure = undefined;
  }

  function write(chunk) {
    backpressure ??= resolved();
    return then(backpressure.promise, () => {
      backpressure = withResolvers();
      try {
        post(port, 'chunk', chunk);
      } catch (error) {
        port.close();
        throw error;
      }
    });
  }

  async function close() {
    post(port, 'close');
    port.close();
  }

  const stream = createWritable(nop, write, close, (reason) => postError(port, reason));
  const { controller } = writableCore(stream);
  listen(port, {
    pull: wanted,
    error(error) {
      controller.errorIfNeeded(error);
      wanted();
      port.close();
    },
  });
  return stream;
}

function resolved() {
  const resolvers = withResolvers();
  resolvers.resolve();
  return resolvers;
}

function makeChannel() {
  const { MessageChannel } = require('internal/message_channel');
  return new MessageChannel();
}

function transferReadable(stream) {
  const core = readableCore(stream);
  if (core.reader !== null) throw dataCloneError('Cannot transfer a locked ReadableStream');
  const { port1, port2 } = makeChannel();
  markHandled(pipe(core, writableCore(writableFromPort(port1)), {}));
  return { type: 'internal/webstreams/readablestream:ReadableStream', data: port2 };
}

function transferWritable(stream) {
  const core = writableCore(stream);
  if (core.writer !== null) throw dataCloneError('Cannot transfer a locked WritableStream');
  const { port1, port2 } = makeChannel();
  markHandled(pipe(readableCore(readableFromPort(port1)), core, {}));
  return { type: 'internal/webstreams/writablestream:WritableStream', data: port2 };
}

module.exports = { readableFromPort, transferReadable, transferWritable, writableFromPort };
