'use strict';

// Makes a stream emit 'keypress' for what comes in as 'data'. It listens to 'data' only while somebody listens to
// 'keypress', for listening starts the flow. A lone Escape is reported after `escapeCodeTimeout` ms without more.

const { charLengthAt, CSI: { kEscape }, emitKeys } = require('internal/readline/utils');
const { kSawKeyPress } = require('internal/readline/interface_symbols');

const KEYPRESS_DECODER = Symbol('keypress-decoder');
const ESCAPE_DECODER = Symbol('escape-decoder');
const ESCAPE_CODE_TIMEOUT = 500;

function emitKeypressEvents(stream, iface = {}) {
  if (stream[KEYPRESS_DECODER]) return;
  const { StringDecoder } = require('string_decoder');
  stream[KEYPRESS_DECODER] = new StringDecoder('utf8');
  let timeout;
  const escapeCodeTimeout = () => iface.escapeCodeTimeout ?? ESCAPE_CODE_TIMEOUT;

  function restart() {
    stream[ESCAPE_DECODER] = emitKeys(stream);
    stream[ESCAPE_DECODER].next();
  }

  function feed(text) {
    let fed = 0;
    for (const character of text) {
      fed += character.length;
      const isLast = fed === text.length;
      // Completing in the middle of pasted text would be wrong.
      if (isLast) iface.isCompletionEnabled = true;
      try {
        stream[ESCAPE_DECODER].next(character);
        if (isLast && character === kEscape) {
          timeout = setTimeout(() => stream[ESCAPE_DECODER].next(''), escapeCodeTimeout());
        }
      } catch (error) {
        // A listener threw, and with it the generator is over.
        restart();
        throw error;
      }
    }
  }

  function onData(input) {
    if (stream.listenerCount('keypress') === 0) {
      stream.removeListener('data', onData);
      stream.on('newListener', onNewListener);
      return;
    }
    const text = stream[KEYPRESS_DECODER].write(input);
    if (!text) return;
    clearTimeout(timeout);
    iface[kSawKeyPress] = charLengthAt(text, 0) === text.length;
    iface.isCompletionEnabled = false;
    feed(text);
  }

  function onNewListener(event) {
    if (event !== 'keypress') return;
    stream.on('data', onData);
    stream.removeListener('newListener', onNewListener);
  }

  restart();
  if (stream.listenerCount('keypress') > 0) stream.on('data', onData);
  else stream.on('newListener', onNewListener);
}

module.exports = emitKeypressEvents;
