'use strict';

// The lines that were entered, newest first. Going up and down starts with a search: only lines that begin with what
// stood left of the cursor are shown. `index` is -1 while the user's own line is shown.

const { kBeforeEdit, kRefreshLine, kSetLine } = require('internal/readline/interface_symbols');
const { kSubstringSearch } = require('internal/readline/utils');
const { validateArray, validateNumber } = require('internal/validators');

const DEFAULT_SIZE = 30;

class ReplHistory {
  #editor;
  #removeDuplicates;
  history;
  index = -1;
  isFlushing = false;
  size;

  constructor(editor, { history, size, removeHistoryDuplicates }) {
    if (history === undefined) history = [];
    else validateArray(history, 'history');
    if (size === undefined) size = DEFAULT_SIZE;
    validateNumber(size, 'size', 0);
    this.#editor = editor;
    this.#removeDuplicates = Boolean(removeHistoryDuplicates);
    this.history = history;
    this.size = size;
  }

  /** Keeps the editor's line; returns it. */
  add() {
    const { line } = this.#editor;
    if (line.length === 0) return '';
    if (this.size === 0 || line.trim().length === 0) return line;
    const { history } = this;
    if (history[0] !== line) {
      const duplicate = this.#removeDuplicates ? history.indexOf(line) : -1;
      if (duplicate !== -1) history.splice(duplicate, 1);
      history.unshift(line);
      if (history.length > this.size) history.pop();
    }
    this.index = -1;
    // Listeners may change the history, but not the line that is being handed over.
    this.#editor.emit('history', history);
    return line;
  }

  next() {
    if (this.index >= 0) this.#move(-1);
  }

  previous() {
    if (this.index < this.history.length && this.history.length > 0) this.#move(1);
  }

  #move(step) {
    const editor = this.#editor;
    const { history } = this;
    editor[kBeforeEdit](editor.line, editor.cursor);
    const search = editor[kSubstringSearch] || '';
    let index = this.index + step;
    while (index >= 0 && index < history.length &&
           (!history[index].startsWith(search) || editor.line === history[index])) {
      index += step;
    }
    editor[kSetLine](history[index] ?? search);
    this.index = index;
    editor.cursor = editor.line.length;
    editor[kRefreshLine]();
  }
}

module.exports = { ReplHistory };
