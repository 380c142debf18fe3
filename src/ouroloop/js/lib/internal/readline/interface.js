'use strict';

// The line editor behind `readline` and `readline/promises`. Over a terminal it edits: keys come in as 'keypress', the
// line and the cursor live here, and after each change the screen is brought up to date (a character at the end is
// simply written, anything else redraws from the prompt). Without a terminal it only splits what comes in into lines.
// '\r', '\n', '\r\n', U+2028 and U+2029 end a line; a '\n' that comes within `crlfDelay` ms after a '\r' belongs to it.

const EventEmitter = require('events');
const { clearScreenDown, cursorTo, moveCursor } = require('internal/readline/callbacks');
const emitKeypressEvents = require('internal/readline/emitKeypressEvents');
const { ReplHistory } = require('internal/readline/history');
const { charLengthAt, charLengthLeft, commonPrefix, kSubstringSearch, reverseString } =
  require('internal/readline/utils');
const { getStringWidth, inspect, stripVTControlCharacters } = require('internal/util/inspect');
const { AbortError, codes: { ERR_INVALID_ARG_VALUE, ERR_USE_AFTER_CLOSE } } = require('internal/errors');
const { validateAbortSignal, validateArray, validateNumber, validateString, validateUint32 } =
  require('internal/validators');
const symbols = require('internal/readline/interface_symbols');
const {
  kAddHistory, kBeforeEdit, kDecoder, kDeleteLeft, kDeleteLineLeft, kDeleteLineRight, kDeleteRight, kDeleteWordLeft,
  kDeleteWordRight, kGetDisplayPos, kHistoryNext, kHistoryPrev, kInsertString, kIsMultiline, kKillRing,
  kKillRingCursor, kLine, kLineObjectStream, kLine_buffer, kMoveCursor, kNormalWrite, kOldPrompt, kOnLine,
  kPreviousKey, kPrompt, kPushToKillRing, kPushToUndoStack, kQuestion, kQuestionCallback, kQuestionCancel,
  kQuestionReject, kRedo, kRedoStack, kRefreshLine, kSawKeyPress, kSawReturnAt, kSetLine, kSetRawMode, kTabComplete,
  kTabCompleter, kTtyWrite, kUndo, kUndoStack, kWordLeft, kWordRight, kWriteToOutput, kYank, kYanking, kYankPop,
} = symbols;

const LINE_ENDING = /\r\n|\n|\r|\u2028|\u2029/g;
const MIN_CRLF_DELAY = 100;
const MAX_UNDO = 2048;
const MAX_KILL_RING = 32;

const WORD_LEFT = /^\s*(?:[^\w\s]+|\w+)?/;
const WORD_RIGHT = /^(?:\s+|[^\w\s]+|\w+)\s*/;
const DELETED_WORD_RIGHT = /^(?:\s+|\W+|\w+)\s*/;

function historyAlias(name) {
  return {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() { return this.historyManager[name]; },
    set(value) { this.historyManager[name] = value; },
  };
}

// The same functions for all, or every interface would have a hidden class of its own.
const HISTORY_ALIASES = {
  history: historyAlias('history'),
  historyIndex: historyAlias('index'),
  historySize: historyAlias('size'),
  isFlushing: historyAlias('isFlushing'),
};

function hasLineEnding(text) {
  return text.includes('\n') || hasUnusualLineEnding(text);
}

function hasUnusualLineEnding(text) {
  return text.includes('\r') || text.includes('\u2028') || text.includes('\u2029');
}

function splitLines(text) {
  if (hasUnusualLineEnding(text)) return text.split(LINE_ENDING);
  const lines = [];
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    lines.push(text.slice(start, end));
    start = end + 1;
  }
  lines.push(text.slice(start));
  return lines;
}

/** The positional arguments of old, or an object of options, as one object. */
function readOptions(input, output, completer, terminal) {
  if (!input?.input) return { input, output, completer, terminal, prompt: '> ' };
  const options = input;
  if (options.signal) validateAbortSignal(options.signal, 'options.signal');
  if (options.tabSize !== undefined) validateUint32(options.tabSize, 'tabSize', true);
  const { escapeCodeTimeout } = options;
  if (escapeCodeTimeout !== undefined && !Number.isFinite(escapeCodeTimeout)) {
    throw new ERR_INVALID_ARG_VALUE('input.escapeCodeTimeout', escapeCodeTimeout);
  }
  return {
    input: options.input,
    output: options.output,
    completer: options.completer,
    terminal: options.terminal,
    history: options.history,
    historySize: options.historySize,
    removeHistoryDuplicates: options.removeHistoryDuplicates,
    tabSize: options.tabSize,
    escapeCodeTimeout,
    crlfDelay: options.crlfDelay,
    prompt: options.prompt === undefined ? '> ' : options.prompt,
    signal: options.signal,
  };
}

function InterfaceConstructor(input, output, completer, terminal) {
  this[kSawReturnAt] = 0;
  this.isCompletionEnabled = true;
  this[kSawKeyPress] = false;
  this[kPreviousKey] = null;
  this.escapeCodeTimeout = 500;
  this.tabSize = 8;
  EventEmitter.call(this);

  const options = readOptions(input, output, completer, terminal);
  if (options.completer !== undefined && typeof options.completer !== 'function') {
    throw new ERR_INVALID_ARG_VALUE('completer', options.completer);
  }
  if (options.tabSize !== undefined) this.tabSize = options.tabSize;
  if (options.escapeCodeTimeout !== undefined) this.escapeCodeTimeout = options.escapeCodeTimeout;
  this.setupHistoryManager(options);
  this.line = '';
  this[kIsMultiline] = false;
  this[kSubstringSearch] = null;
  this.output = options.output;
  this.input = options.input;
  this[kUndoStack] = [];
  this[kRedoStack] = [];
  this[kKillRing] = [];
  this[kKillRingCursor] = 0;
  this.crlfDelay = options.crlfDelay ? Math.max(MIN_CRLF_DELAY, options.crlfDelay) : MIN_CRLF_DELAY;
  this.completer = options.completer;
  this.setPrompt(options.prompt);
  this.terminal = Boolean(options.terminal ?? options.output?.isTTY);
  this[kLineObjectStream] = undefined;

  const listeners = this.terminal ? terminalListeners(this) : plainListeners(this);
  for (const [emitter, event, listener] of listeners) emitter.on(event, listener);
  this.once('close', () => {
    for (const [emitter, event, listener] of listeners) emitter.removeListener(event, listener);
  });
  closeOnAbort(this, options.signal);
  this.line = '';
  this.input.resume();
}
Object.setPrototypeOf(InterfaceConstructor.prototype, EventEmitter.prototype);
Object.setPrototypeOf(InterfaceConstructor, EventEmitter);

function errorListener(editor) {
  return [editor.input, 'error', (error) => { editor.emit('error', error); }];
}

function plainListeners(editor) {
  const { StringDecoder } = require('string_decoder');
  editor[kDecoder] = new StringDecoder('utf8');
  function onend() {
    const rest = editor[kLine_buffer];
    if (typeof rest === 'string' && rest.length > 0) editor.emit('line', rest);
    editor.close();
  }
  return [
    errorListener(editor),
    [editor.input, 'data', (data) => { editor[kNormalWrite](data); }],
    [editor.input, 'end', onend],
  ];
}

function terminalListeners(editor) {
  function onend() {
    if (typeof editor.line === 'string' && editor.line.length > 0) editor.emit('line', editor.line);
    editor.close();
  }
  function onkeypress(text, key) {
    editor[kTtyWrite](text, key);
    // Half of a character was written: redraw, or the terminal shows a replacement for it.
    const character = key?.sequence?.codePointAt(0);
    if (character >= 0xd800 && character <= 0xdfff) editor[kRefreshLine]();
  }
  emitKeypressEvents(editor.input, editor);
  editor[kSetRawMode](true);
  editor.cursor = 0;
  const listeners = [
    errorListener(editor),
    [editor.input, 'keypress', onkeypress],
    [editor.input, 'end', onend],
  ];
  if (editor.output != null) listeners.push([editor.output, 'resize', () => { editor[kRefreshLine](); }]);
  return listeners;
}

function closeOnAbort(editor, signal) {
  if (!signal) return;
  const onAborted = () => editor.close();
  if (signal.aborted) {
    process.nextTick(onAborted);
    return;
  }
  const listening = EventEmitter.addAbortListener(signal, onAborted);
  editor.once('close', () => listening[Symbol.dispose]());
}

class Interface extends InterfaceConstructor {
  get columns() {
    return this.output?.columns || Infinity;
  }

  setPrompt(prompt) {
    this[kPrompt] = prompt;
  }

  getPrompt() {
    return this[kPrompt];
  }

  setupHistoryManager({ history, historySize, removeHistoryDuplicates }) {
    if (history !== undefined) validateArray(history, 'history');
    if (historySize !== undefined) validateNumber(historySize, 'historySize', 0);
    this.historyManager = new ReplHistory(this, { history, size: historySize, removeHistoryDuplicates });
    Object.defineProperties(this, HISTORY_ALIASES);
  }

  [kSetRawMode](mode) {
    const wasRaw = this.input.isRaw;
    if (typeof this.input.setRawMode === 'function') this.input.setRawMode(mode);
    return wasRaw;
  }

  prompt(preserveCursor) {
    if (this.paused) this.resume();
    if (!this.terminal || process.env.TERM === 'dumb') {
      this[kWriteToOutput](this[kPrompt]);
      return;
    }
    if (!preserveCursor) this.cursor = 0;
    this[kRefreshLine]();
  }

  [kQuestion](query, callback) {
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (!this[kQuestionCallback]) {
      this[kOldPrompt] = this[kPrompt];
      this.setPrompt(query);
      this[kQuestionCallback] = callback;
    }
    this.prompt();
  }

  [kQuestionCancel]() {
    if (!this[kQuestionCallback]) return;
    this[kQuestionCallback] = null;
    this.setPrompt(this[kOldPrompt]);
    this.clearLine();
  }

  [kSetLine](line = '') {
    this.line = line;
    this[kIsMultiline] = line.includes('\n');
  }

  [kOnLine](line) {
    const callback = this[kQuestionCallback];
    if (!callback) {
      this.emit('line', line);
      return;
    }
    this[kQuestionCallback] = null;
    this.setPrompt(this[kOldPrompt]);
    callback(line);
  }

  [kWriteToOutput](stringToWrite) {
    validateString(stringToWrite, 'stringToWrite');
    if (this.output != null) this.output.write(stringToWrite);
  }

  [kAddHistory]() {
    return this.historyManager.add();
  }

  /** Draws prompt and line again, from the row where the prompt began. */
  [kRefreshLine]() {
    const line = this[kPrompt] + this.line;
    const end = this[kGetDisplayPos](line);
    const cursor = this.getCursorPos();
    const rowsAbove = this.prevRows || 0;
    if (rowsAbove > 0) moveCursor(this.output, 0, -rowsAbove);
    cursorTo(this.output, 0);
    clearScreenDown(this.output);
    this[kWriteToOutput](line);
    // A terminal goes to the next row only when there is something to put there.
    if (end.cols === 0) this[kWriteToOutput](' ');
    cursorTo(this.output, cursor.cols);
    if (end.rows > cursor.rows) moveCursor(this.output, 0, cursor.rows - end.rows);
    this.prevRows = cursor.rows;
  }

  close() {
    if (this.closed) return;
    this.pause();
    if (this.terminal) this[kSetRawMode](false);
    this.closed = true;
    this.emit('close');
  }

  pause() {
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (this.paused) return undefined;
    this.input.pause();
    this.paused = true;
    this.emit('pause');
    return this;
  }

  resume() {
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (!this.paused) return undefined;
    this.input.resume();
    this.paused = false;
    this.emit('resume');
    return this;
  }

  write(data, key) {
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (this.paused) this.resume();
    if (this.terminal) this[kTtyWrite](data, key);
    else this[kNormalWrite](data);
  }

  [kNormalWrite](data) {
    if (data === undefined) return;
    let text = this[kDecoder].write(data);
    if (this[kSawReturnAt] && Date.now() - this[kSawReturnAt] <= this.crlfDelay) {
      if (text.codePointAt(0) === 10) text = text.slice(1);
      this[kSawReturnAt] = 0;
    }
    if (!hasLineEnding(text)) {
      if (text) this[kLine_buffer] = this[kLine_buffer] ? this[kLine_buffer] + text : text;
      return;
    }
    if (this[kLine_buffer]) {
      text = this[kLine_buffer] + text;
      this[kLine_buffer] = null;
    }
    this[kSawReturnAt] = text.endsWith('\r') ? Date.now() : 0;
    const lines = splitLines(text);
    this[kLine_buffer] = lines.pop();
    for (const line of lines) this[kOnLine](line);
  }

  // Editing

  [kInsertString](text) {
    this[kBeforeEdit](this.line, this.cursor);
    const atEnd = this.cursor >= this.line.length;
    const { rows } = this.getCursorPos();
    this.line = atEnd ? this.line + text : this.line.slice(0, this.cursor) + text + this.line.slice(this.cursor);
    this.cursor += text.length;
    // In the middle of pasted text drawing the line again waits for the last character.
    const mustRedraw = this.isCompletionEnabled && (!atEnd || rows < this.getCursorPos().rows);
    if (mustRedraw) this[kRefreshLine]();
    else this[kWriteToOutput](text);
  }

  [kWordLeft]() {
    if (this.cursor > 0) this[kMoveCursor](-wordLeft(this));
  }

  [kWordRight]() {
    if (this.cursor >= this.line.length) return;
    this[kMoveCursor](WORD_RIGHT.exec(this.line.slice(this.cursor))[0].length);
  }

  [kDeleteLeft]() {
    if (this.cursor <= 0 || this.line.length === 0) return;
    this[kBeforeEdit](this.line, this.cursor);
    replace(this, this.cursor - charLengthLeft(this.line, this.cursor), this.cursor, '');
  }

  [kDeleteRight]() {
    if (this.cursor >= this.line.length) return;
    this[kBeforeEdit](this.line, this.cursor);
    replace(this, this.cursor, this.cursor + charLengthAt(this.line, this.cursor), '');
  }

  [kDeleteWordLeft]() {
    if (this.cursor <= 0) return;
    this[kBeforeEdit](this.line, this.cursor);
    replace(this, this.cursor - wordLeft(this), this.cursor, '');
  }

  [kDeleteWordRight]() {
    if (this.cursor >= this.line.length) return;
    this[kBeforeEdit](this.line, this.cursor);
    const [word] = DELETED_WORD_RIGHT.exec(this.line.slice(this.cursor));
    replace(this, this.cursor, this.cursor + word.length, '');
  }

  [kDeleteLineLeft]() {
    this[kBeforeEdit](this.line, this.cursor);
    this[kPushToKillRing](this.line.slice(0, this.cursor));
    replace(this, 0, this.cursor, '');
  }

  [kDeleteLineRight]() {
    this[kBeforeEdit](this.line, this.cursor);
    this[kPushToKillRing](this.line.slice(this.cursor));
    replace(this, this.cursor, this.line.length, '');
  }

  [kPushToKillRing](deleted) {
    const ring = this[kKillRing];
    if (!deleted || deleted === ring[0]) return;
    ring.unshift(deleted);
    this[kKillRingCursor] = 0;
    while (ring.length > MAX_KILL_RING) ring.pop();
  }

  [kYank]() {
    if (this[kKillRing].length === 0) return;
    this[kYanking] = true;
    this[kInsertString](this[kKillRing][this[kKillRingCursor]]);
  }

  [kYankPop]() {
    const ring = this[kKillRing];
    if (!this[kYanking] || ring.length <= 1) return;
    const yanked = ring[this[kKillRingCursor]];
    this[kKillRingCursor] = (this[kKillRingCursor] + 1) % ring.length;
    replace(this, this.cursor - yanked.length, this.cursor, ring[this[kKillRingCursor]]);
  }

  clearLine() {
    this[kMoveCursor](+Infinity);
    this[kWriteToOutput]('\r\n');
    this.line = '';
    this.cursor = 0;
    this.prevRows = 0;
  }

  [kLine]() {
    const line = this[kAddHistory]();
    this[kUndoStack] = [];
    this[kRedoStack] = [];
    this.clearLine();
    this[kOnLine](line);
  }

  [kBeforeEdit](text, cursor) {
    this[kPushToUndoStack](text, cursor);
  }

  [kPushToUndoStack](text, cursor) {
    if (this[kUndoStack].push({ text, cursor }) > MAX_UNDO) this[kUndoStack].shift();
  }

  [kUndo]() {
    restore(this, this[kUndoStack], this[kRedoStack]);
  }

  [kRedo]() {
    restore(this, this[kRedoStack], this[kUndoStack]);
  }

  [kHistoryNext]() {
    this.historyManager.next();
  }

  [kHistoryPrev]() {
    this.historyManager.previous();
  }

  // Completion

  async [kTabComplete](lastKeypressWasTab) {
    this.pause();
    let completed;
    try {
      completed = await this.completer(this.line.slice(0, this.cursor));
    } catch (error) {
      this[kWriteToOutput](`Tab completion error: ${inspect(error)}`);
      return;
    } finally {
      this.resume();
    }
    this[kTabCompleter](lastKeypressWasTab, completed);
  }

  [kTabCompleter](lastKeypressWasTab, { 0: completions, 1: completeOn }) {
    if (!completions || completions.length === 0) return;
    const prefix = commonPrefix(completions.filter((completion) => completion !== ''));
    if (prefix.startsWith(completeOn) && prefix.length > completeOn.length) {
      this[kInsertString](prefix.slice(completeOn.length));
    } else if (!completeOn.startsWith(prefix)) {
      replace(this, this.cursor - completeOn.length, this.cursor, prefix);
    } else if (lastKeypressWasTab) {
      this[kBeforeEdit](this.line, this.cursor);
      this[kWriteToOutput](columnsOf(this, completions));
      this[kRefreshLine]();
    }
  }

  // Where things are on the screen

  [kGetDisplayPos](text) {
    const columns = this.columns;
    let offset = 0;
    let rows = 0;
    for (const character of stripVTControlCharacters(text)) {
      if (character === '\n') {
        rows += Math.ceil(offset / columns) || 1;
        offset = 0;
      } else if (character === '\t') {
        offset += this.tabSize - (offset % this.tabSize);
      } else {
        const width = getStringWidth(character, false);
        // What is two columns wide does not fit into the last one.
        if (width === 2 && (offset + 1) % columns === 0) offset++;
        offset += width;
      }
    }
    const cols = offset % columns;
    return { cols, rows: rows + (offset - cols) / columns };
  }

  getCursorPos() {
    return this[kGetDisplayPos](this[kPrompt] + this.line.slice(0, this.cursor));
  }

  [kMoveCursor](dx) {
    if (dx === 0) return;
    const before = this.getCursorPos();
    this.cursor = Math.min(Math.max(this.cursor + dx, 0), this.line.length);
    const after = this.getCursorPos();
    if (before.rows === after.rows) moveCursor(this.output, after.cols - before.cols, 0);
    else this[kRefreshLine]();
  }

  // Keys

  [kTtyWrite](text, key) {
    const previousKey = this[kPreviousKey];
    key ||= {};
    this[kPreviousKey] = key;
    if (!key.meta || key.name !== 'y') this[kYanking] = false;
    trackSearch(this, key);

    const control = typeof key.sequence === 'string' ? key.sequence.codePointAt(0) : undefined;
    if (control === 0x1f) {
      this[kUndo]();
    } else if (control === 0x1e) {
      this[kRedo]();
    } else if (key.name !== 'escape') {
      if (key.ctrl && key.shift) ctrlShiftKey(this, key);
      else if (key.ctrl) ctrlKey(this, key);
      else if (key.meta) metaKey(this, key);
      else plainKey(this, text, key, previousKey);
    }
  }

  [Symbol.asyncIterator]() {
    const LineIterator = require('internal/readline/line_iterator');
    this[kLineObjectStream] ??= new LineIterator(this);
    return this[kLineObjectStream];
  }

  [Symbol.dispose]() {
    this.close();
  }
}

// Functions and not methods: an Interface may be made without `new`, and such an object has no private methods.

/** Replaces what is between `from` and `to` and puts the cursor where that ends. */
function replace(editor, from, to, text) {
  editor.line = editor.line.slice(0, from) + text + editor.line.slice(to);
  editor.cursor = from + text.length;
  editor[kRefreshLine]();
}

function wordLeft(editor) {
  return WORD_LEFT.exec(reverseString(editor.line.slice(0, editor.cursor)))[0].length;
}

function restore(editor, from, to) {
  if (from.length === 0) return;
  to.push({ text: editor.line, cursor: editor.cursor });
  const entry = from.pop();
  editor[kSetLine](entry.text);
  editor.cursor = entry.cursor;
  editor[kRefreshLine]();
}

/** The completions in columns; an empty one separates groups. */
function columnsOf(editor, completions) {
  const widths = completions.map((completion) => getStringWidth(completion));
  const width = Math.max(...widths) + 2;
  const fitting = Math.floor(editor.columns / width) || 1;
  const perRow = fitting === Infinity ? 1 : fitting;
  let text = '\r\n';
  let inRow = 0;
  let padding = 0;
  for (const [i, completion] of completions.entries()) {
    if (completion === '' || inRow === perRow) {
      text += '\r\n';
      inRow = padding = 0;
    } else {
      text += ' '.repeat(padding);
    }
    if (completion === '') {
      text += '\r\n';
    } else {
      text += completion;
      padding = width - widths[i];
      inRow++;
    }
  }
  return inRow === 0 ? text : `${text}\r\n\r\n`;
}

function trackSearch(editor, key) {
  if ((key.name === 'up' || key.name === 'down') && !key.ctrl && !key.meta && !key.shift) {
    editor[kSubstringSearch] ??= editor.line.slice(0, editor.cursor);
  } else if (editor[kSubstringSearch] !== null) {
    editor[kSubstringSearch] = null;
    if (editor.history.length === editor.historyIndex) editor.historyIndex = -1;
  }
}

function ctrlShiftKey(editor, { name }) {
  if (name === 'backspace') editor[kDeleteLineLeft]();
  else if (name === 'delete') editor[kDeleteLineRight]();
}

function ctrlKey(editor, { name }) {
  switch (name) {
    case 'c':
      if (editor.listenerCount('SIGINT') > 0) editor.emit('SIGINT');
      else giveUp(editor, 'Ctrl+C');
      break;
    case 'd':
      if (editor.cursor === 0 && editor.line.length === 0) giveUp(editor, 'Ctrl+D');
      else editor[kDeleteRight]();
      break;
    case 'h': editor[kDeleteLeft](); break;
    case 'u': editor[kDeleteLineLeft](); break;
    case 'k': editor[kDeleteLineRight](); break;
    case 'a': editor[kMoveCursor](-Infinity); break;
    case 'e': editor[kMoveCursor](+Infinity); break;
    case 'b': editor[kMoveCursor](-charLengthLeft(editor.line, editor.cursor)); break;
    case 'f': editor[kMoveCursor](charLengthAt(editor.line, editor.cursor)); break;
    case 'l':
      cursorTo(editor.output, 0, 0);
      clearScreenDown(editor.output);
      editor[kRefreshLine]();
      break;
    case 'n': editor[kHistoryNext](); break;
    case 'p': editor[kHistoryPrev](); break;
    case 'y': editor[kYank](); break;
    case 'z': suspend(editor); break;
    case 'w':
    case 'backspace': editor[kDeleteWordLeft](); break;
    case 'delete': editor[kDeleteWordRight](); break;
    case 'left': editor[kWordLeft](); break;
    case 'right': editor[kWordRight](); break;
  }
}

function giveUp(editor, keys) {
  editor[kQuestionReject]?.(new AbortError(`Aborted with ${keys}`));
  editor.close();
}

function suspend(editor) {
  if (process.platform === 'win32') return;
  if (editor.listenerCount('SIGTSTP') > 0) {
    editor.emit('SIGTSTP');
    return;
  }
  process.once('SIGCONT', () => {
    // Raw mode is gone when the shell gives the terminal back.
    if (!editor.paused) {
      editor.pause();
      editor.emit('SIGCONT');
    }
    editor[kSetRawMode](true);
    editor[kRefreshLine]();
  });
  editor[kSetRawMode](false);
  process.kill(process.pid, 'SIGTSTP');
}

function metaKey(editor, { name }) {
  switch (name) {
    case 'b': editor[kWordLeft](); break;
    case 'f': editor[kWordRight](); break;
    case 'd':
    case 'delete': editor[kDeleteWordRight](); break;
    case 'backspace': editor[kDeleteWordLeft](); break;
    case 'y': editor[kYankPop](); break;
  }
}

function plainKey(editor, text, { name }, previousKey) {
  if (editor[kSawReturnAt] && name !== 'enter') editor[kSawReturnAt] = 0;
  switch (name) {
    case 'return':
      editor[kSawReturnAt] = Date.now();
      editor[kLine]();
      break;
    case 'enter':
      if (editor[kSawReturnAt] === 0 || Date.now() - editor[kSawReturnAt] > editor.crlfDelay) editor[kLine]();
      editor[kSawReturnAt] = 0;
      break;
    case 'backspace': editor[kDeleteLeft](); break;
    case 'delete': editor[kDeleteRight](); break;
    case 'left': editor[kMoveCursor](-charLengthLeft(editor.line, editor.cursor)); break;
    case 'right': editor[kMoveCursor](charLengthAt(editor.line, editor.cursor)); break;
    case 'home': editor[kMoveCursor](-Infinity); break;
    case 'end': editor[kMoveCursor](+Infinity); break;
    case 'up': editor[kHistoryPrev](); break;
    case 'down': editor[kHistoryNext](); break;
    case 'tab':
      if (typeof editor.completer === 'function' && editor.isCompletionEnabled) {
        editor[kTabComplete](previousKey?.name === 'tab');
        break;
      }
      // Without a completer a tab is text.
    // falls through
    default:
      if (typeof text === 'string' && text) insertText(editor, text);
  }
}

/** Text, which may be several lines if it was pasted or written. */
function insertText(editor, text) {
  const lines = splitLines(text);
  const rest = lines.pop();
  if (lines.length === 0) {
    editor[kInsertString](rest);
    return;
  }
  for (const line of lines) {
    editor[kInsertString](line);
    editor[kLine]();
  }
  editor[kInsertString](rest);
}

module.exports = { Interface, InterfaceConstructor, ...symbols };
