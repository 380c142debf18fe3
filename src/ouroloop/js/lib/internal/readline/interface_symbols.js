'use strict';

// The names of the editor's own methods and fields. They are symbols, so that the Interface of `readline/promises` has
// none of the underscored names; the Interface of `readline` has them all, for packages have always used and replaced
// them.

const METHODS = [
  'setRawMode', 'onLine', 'writeToOutput', 'addHistory', 'refreshLine', 'normalWrite', 'insertString', 'tabComplete',
  'wordLeft', 'wordRight', 'deleteLeft', 'deleteRight', 'deleteWordLeft', 'deleteWordRight', 'deleteLineLeft',
  'deleteLineRight', 'line', 'historyNext', 'historyPrev', 'getDisplayPos', 'moveCursor', 'ttyWrite',
];
const FIELDS = [
  'decoder', 'line_buffer', 'oldPrompt', 'previousKey', 'prompt', 'questionCallback', 'sawKeyPress', 'sawReturnAt',
];
const PRIVATE = [
  'beforeEdit', 'setLine', 'tabCompleter', 'pushToKillRing', 'yank', 'yankPop', 'pushToUndoStack', 'undo', 'redo',
  'isMultiline', 'undoStack', 'redoStack', 'killRing', 'killRingCursor', 'yanking',
];

function symbolName(name) {
  return `k${name[0].toUpperCase()}${name.slice(1)}`;
}

for (const name of [...METHODS, ...FIELDS, ...PRIVATE]) exports[symbolName(name)] = Symbol(`_${name}`);
exports.kQuestion = Symbol('kQuestion');
exports.kQuestionCancel = Symbol('kQuestionCancel');
exports.kQuestionReject = Symbol('kQuestionReject');
exports.kLineObjectStream = Symbol('line object stream');
exports.METHODS = METHODS;
exports.FIELDS = FIELDS;
exports.symbolName = symbolName;
