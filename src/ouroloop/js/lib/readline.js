'use strict';

// `readline`: the line editor with callbacks. Its Interface is a function, so that it can be called without `new`, and
// carries the editor's methods under their old underscored names: packages call them, and replace them on an
// instance (`rl._writeToOutput = ...` to hide a password), and the editor uses what they put there.

const { Interface: Editor, InterfaceConstructor, METHODS, FIELDS, symbolName, ...symbols } =
  require('internal/readline/interface');
const { clearLine, clearScreenDown, cursorTo, moveCursor } = require('internal/readline/callbacks');
const emitKeypressEvents = require('internal/readline/emitKeypressEvents');
const promises = require('readline/promises');
const { inspect } = require('internal/util/inspect');
const { AbortError } = require('internal/errors');
const { kEmptyObject, promisify } = require('internal/util');
const { validateAbortSignal } = require('internal/validators');

const { kLine, kQuestion, kQuestionCancel, kTabCompleter, kWriteToOutput } = symbols;

function Interface(input, output, completer, terminal) {
  if (!(this instanceof Interface)) return new Interface(input, output, completer, terminal);
  InterfaceConstructor.call(this, input, output, completer, terminal);
  const { completer: complete } = this;
  // A completer of one argument gives its result at once.
  if (typeof complete === 'function' && complete.length !== 2) {
    this.completer = (line, callback) => callback(null, complete.call(this, line));
  }
  if (process.env.TERM === 'dumb') this._ttyWrite = dumbTtyWrite.bind(this);
}
Object.setPrototypeOf(Interface.prototype, Editor.prototype);
Object.setPrototypeOf(Interface, Editor);

Interface.prototype.question = function question(query, options, callback) {
  callback = typeof options === 'function' ? options : callback;
  if (options === null || typeof options !== 'object') options = kEmptyObject;
  const { signal } = options;
  if (signal) {
    validateAbortSignal(signal, 'options.signal');
    if (signal.aborted) return;
    const onAbort = () => { this[kQuestionCancel](); };
    signal.addEventListener('abort', onAbort, { once: true });
    const answered = typeof callback === 'function' ? callback : () => {};
    callback = (answer) => {
      signal.removeEventListener('abort', onAbort);
      answered(answer);
    };
  }
  if (typeof callback === 'function') this[kQuestion](query, callback);
};

Interface.prototype.question[promisify.custom] = function question(query, options) {
  if (options === null || typeof options !== 'object') options = kEmptyObject;
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(new AbortError(undefined, { cause: signal.reason }));
  return new Promise((resolve, reject) => {
    let answered = resolve;
    if (signal) {
      const onAbort = () => { reject(new AbortError(undefined, { cause: signal.reason })); };
      signal.addEventListener('abort', onAbort, { once: true });
      answered = (answer) => {
        signal.removeEventListener('abort', onAbort);
        resolve(answer);
      };
    }
    this.question(query, options, answered);
  });
};

for (const name of FIELDS) {
  const symbol = symbols[symbolName(name)];
  Object.defineProperty(Interface.prototype, `_${name}`, {
    __proto__: null,
    get() { return this[symbol]; },
    set(value) { this[symbol] = value; },
  });
}
for (const name of METHODS) Interface.prototype[`_${name}`] = Editor.prototype[symbols[symbolName(name)]];

// One by one, so that each is a plain property access to the engine: the editor calls through them for every line.
const replaceable = {
  get [symbols.kSetRawMode]() { return this._setRawMode; },
  get [symbols.kOnLine]() { return this._onLine; },
  get [symbols.kWriteToOutput]() { return this._writeToOutput; },
  get [symbols.kAddHistory]() { return this._addHistory; },
  get [symbols.kRefreshLine]() { return this._refreshLine; },
  get [symbols.kNormalWrite]() { return this._normalWrite; },
  get [symbols.kInsertString]() { return this._insertString; },
  get [symbols.kTabComplete]() { return this._tabComplete; },
  get [symbols.kWordLeft]() { return this._wordLeft; },
  get [symbols.kWordRight]() { return this._wordRight; },
  get [symbols.kDeleteLeft]() { return this._deleteLeft; },
  get [symbols.kDeleteRight]() { return this._deleteRight; },
  get [symbols.kDeleteWordLeft]() { return this._deleteWordLeft; },
  get [symbols.kDeleteWordRight]() { return this._deleteWordRight; },
  get [symbols.kDeleteLineLeft]() { return this._deleteLineLeft; },
  get [symbols.kDeleteLineRight]() { return this._deleteLineRight; },
  get [symbols.kLine]() { return this._line; },
  get [symbols.kHistoryNext]() { return this._historyNext; },
  get [symbols.kHistoryPrev]() { return this._historyPrev; },
  get [symbols.kGetDisplayPos]() { return this._getDisplayPos; },
  get [symbols.kMoveCursor]() { return this._moveCursor; },
  get [symbols.kTtyWrite]() { return this._ttyWrite; },
};
for (const symbol of Object.getOwnPropertySymbols(replaceable)) {
  const { get } = Object.getOwnPropertyDescriptor(replaceable, symbol);
  Object.defineProperty(Interface.prototype, symbol, { __proto__: null, get });
}
Interface.prototype._getCursorPos = Editor.prototype.getCursorPos;

Interface.prototype._tabComplete = function(lastKeypressWasTab) {
  this.pause();
  this.completer(this.line.slice(0, this.cursor), (error, value) => {
    this.resume();
    if (error) this[kWriteToOutput](`Tab completion error: ${inspect(error)}`);
    else this[kTabCompleter](lastKeypressWasTab, value);
  });
};

/** A terminal that can do nothing: text goes into the line, and keys other than Return do nothing. */
function dumbTtyWrite(text, key) {
  key ||= {};
  if (key.name === 'escape') return;
  if (this[symbols.kSawReturnAt] && key.name !== 'enter') this[symbols.kSawReturnAt] = 0;
  if (key.ctrl) {
    if (key.name === 'c') {
      if (this.listenerCount('SIGINT') > 0) this.emit('SIGINT');
      else this.close();
      return;
    }
    if (key.name === 'd') {
      this.close();
      return;
    }
  }
  if (key.name === 'return') {
    this[symbols.kSawReturnAt] = Date.now();
    this[kLine]();
  } else if (key.name === 'enter') {
    if (this[symbols.kSawReturnAt] === 0 || Date.now() - this[symbols.kSawReturnAt] > this.crlfDelay) this[kLine]();
    this[symbols.kSawReturnAt] = 0;
  } else if (typeof text === 'string' && text) {
    this.line += text;
    this.cursor += text.length;
    this[kWriteToOutput](text);
  }
}

function createInterface(input, output, completer, terminal) {
  return new Interface(input, output, completer, terminal);
}

module.exports = {
  Interface, clearLine, clearScreenDown, createInterface, cursorTo, emitKeypressEvents, moveCursor, promises,
};
