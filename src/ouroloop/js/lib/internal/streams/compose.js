'use strict';

// `compose(...streams)`: one Duplex made of a chain: writing goes to its head, reading comes from its tail, and a
// pipeline holds it together.

const { pipeline } = require('internal/streams/pipeline');
const Duplex = require('internal/streams/duplex');
const { destroyer } = require('internal/streams/destroy');
const eos = require('internal/streams/end-of-stream');
const Facade = require('internal/streams/facade');
const { codes: { ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS } } = require('internal/errors');
const {
  isNodeStream, isReadable, isReadableStream, isTransformStream, isWebStream, isWritable, isWritableStream,
} = require('internal/streams/utils');

function canRead(stream) {
  return Boolean(isReadable(stream) || isReadableStream(stream) || isTransformStream(stream));
}

function canWrite(stream) {
  return Boolean(isWritable(stream) || isWritableStream(stream) || isTransformStream(stream));
}

function check(streams, originals) {
  const last = streams.length - 1;
  for (const [i, stream] of streams.entries()) {
    if (!isNodeStream(stream) && !isWebStream(stream)) continue;
    const name = `streams[${i}]`;
    if (i < last && !canRead(stream)) throw new ERR_INVALID_ARG_VALUE(name, originals[i], 'must be readable');
    if (i > 0 && !canWrite(stream)) throw new ERR_INVALID_ARG_VALUE(name, originals[i], 'must be writable');
  }
}

function writeToWeb(facade, head) {
  const { duplex } = facade;
  const writer = (isTransformStream(head) ? head.writable : head).getWriter();
  duplex._write = async function(chunk, encoding, callback) {
    try {
      await writer.ready;
      writer.write(chunk).catch(() => {});
      callback();
    } catch (error) {
      callback(error);
    }
  };
  duplex._final = async function(callback) {
    try {
      await writer.ready;
      writer.close().catch(() => {});
      facade.awaitFinish(callback);
    } catch (error) {
      callback(error);
    }
  };
}

function readFromWeb(duplex, readable) {
  const reader = readable.getReader();
  duplex._read = async function() {
    for (;;) {
      try {
        const { value, done } = await reader.read();
        if (!duplex.push(value)) return;
        if (done) {
          duplex.push(null);
          return;
        }
      } catch {
        return;
      }
    }
  };
}

function compose(...streams) {
  if (streams.length === 0) throw new ERR_MISSING_ARGS('streams');
  if (streams.length === 1) return Duplex.from(streams[0]);
  const originals = [...streams];
  const last = streams.length - 1;
  if (typeof streams[0] === 'function') streams[0] = Duplex.from(streams[0]);
  if (typeof streams[last] === 'function') streams[last] = Duplex.from(streams[last]);
  check(streams, originals);

  const facade = new Facade();
  const head = streams[0];
  const tail = pipeline(streams, (error) => {
    facade.over(error);
    if (!readable && !writable) duplex.destroy();
  });
  const writable = canWrite(head);
  const readable = canRead(tail);
  const duplex = facade.duplex = new Duplex({
    writableObjectMode: Boolean(head?.writableObjectMode),
    readableObjectMode: Boolean(tail?.readableObjectMode),
    writable,
    readable,
  });
  const output = isTransformStream(tail) ? tail.readable : tail;
  if (writable) {
    if (isNodeStream(head)) facade.writeTo(head);
    else if (isWebStream(head)) writeToWeb(facade, head);
    eos(output, facade.finished);
  }
  if (readable) {
    if (isNodeStream(tail)) facade.flowFrom(tail);
    else if (isWebStream(tail)) readFromWeb(duplex, output);
  }
  facade.onDestroy((error) => {
    if (isNodeStream(tail)) destroyer(tail, error);
  });
  return duplex;
}

module.exports = compose;
