'use strict';

// spec: results as an indented tree, and at the end all failures with their errors.

const { Transform } = require('stream');
const { SYMBOLS, colors, errorLines, indent, resultLine } = require('internal/test_runner/reporter/lines');

class SpecReporter extends Transform {
  #open = []; // tests that have started and are not told, innermost last: { data, isShown }
  #failed = [];

  constructor() {
    super({ __proto__: null, writableObjectMode: true });
  }

  _transform({ type, data }, encoding, callback) {
    callback(null, this.#tell(type, data));
  }

  _flush(callback) {
    callback(null, this.#failures());
  }

  #tell(type, data) {
    switch (type) {
      case 'test:start':
        this.#open.push({ data, isShown: false });
        return undefined;
      case 'test:pass':
      case 'test:fail':
        return this.#result(type, data);
      case 'test:diagnostic':
      case 'test:log': {
        const palette = colors();
        return `${palette.blue}${indent(data.nesting)}${SYMBOLS.diagnostic}${data.message}${palette.white}\n`;
      }
      case 'test:stdout':
      case 'test:stderr':
        return data.message;
      default:
        return undefined;
    }
  }

  #result(type, data) {
    const isOpen = this.#open.at(-1)?.data.nesting === data.nesting;
    if (isOpen) this.#open.pop();
    let text = '';
    for (const parent of this.#open) {
      if (parent.isShown) continue;
      parent.isShown = true;
      text += `${indent(parent.data.nesting)}${SYMBOLS.parent}${parent.data.name}\n`;
    }
    if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed') {
      this.#failed.push(data);
    }
    return `${text}${resultLine(type, data)}\n`;
  }

  #failures() {
    if (this.#failed.length === 0) return null;
    const { relative } = require('path');
    const palette = colors();
    let text = `\n${palette.red}${SYMBOLS.fail}failing tests:${palette.white}\n`;
    for (const data of this.#failed) {
      const { file, line, column, details } = data;
      const place = file === undefined ? '' : `test at ${relative(process.cwd(), file)}:${line}:${column}\n`;
      text += `\n${place}${resultLine('test:fail', data, 0)}${errorLines(details.error, 0)}`;
    }
    return text;
  }
}

module.exports = SpecReporter;
