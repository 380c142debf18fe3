'use strict';

// tap: the Test Anything Protocol, version 13, with details as YAML.

const { inspect } = require('internal/util/inspect');
const { isError } = require('internal/util');
const { inspectSafely } = require('internal/test_runner/reporter/lines');

const INDENT = '    ';
const STRING_OPTIONS = { __proto__: null, maxStringLength: Infinity };

const indentOf = (nesting) => INDENT.repeat(nesting);

const ESCAPES = { '__proto__': null, '\b': '\\b', '\f': '\\f', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\v': '\\v' };

function escape(text) {
  return String(text).replace(/[\b\f\t\n\r\v]/g, (char) => ESCAPES[char]).replace(/\\/g, '\\\\').replace(/#/g, '\\#');
}

function directive({ skip, todo, expectFailure }) {
  const [word, reason] = skip !== undefined ? ['SKIP', skip] :
    todo !== undefined ? ['TODO', todo] :
      ['EXPECTED FAILURE', expectFailure];
  if (reason === undefined) return '';
  return ` # ${word}${typeof reason === 'string' && reason !== '' ? ` ${escape(reason)}` : ''}`;
}

function result(type, data) {
  const { nesting, testNumber, name } = data;
  const status = type === 'test:pass' ? 'ok' : 'not ok';
  const title = name ? ` - ${escape(name)}` : '';
  return `${indentOf(nesting)}${status} ${testNumber}${title}${directive(data)}\n`;
}

function details({ nesting, details, file, line, column }) {
  const indent = `${indentOf(nesting)}  `;
  const { duration_ms, type, error } = details;
  let text = `${indent}---\n`;
  text += entry(indent, 'duration_ms', duration_ms);
  text += entry(indent, 'type', type);
  if (error) {
    if (file) text += `${indent}location: '${file}:${line}:${column}'\n`.replace(/\\/g, '\\\\');
    text += errorEntries(indent, error);
  }
  return `${text}${indent}...\n`;
}

/** An error that the runner made is told by its kind and by what it was made of. */
function errorEntries(indent, error) {
  const { failureType } = error;
  let { cause } = error;
  let text = '';
  if (error.code === 'ERR_TEST_FAILURE' && failureType !== undefined) {
    text += entry(indent, 'failureType', failureType);
    // An error of the runner itself, seen by it once more as one that nobody caught.
    if (isError(cause) && cause.code === 'ERR_TEST_FAILURE' && !isError(cause.cause)) {
      text += entry(indent, 'error', cause.message);
      return `${text}${entry(indent, 'code', error.code)}${stack(indent, cause)}`;
    }
  } else {
    cause = error;
  }
  if (!isError(cause)) {
    text += entry(indent, 'error', typeof cause === 'string' ? cause : inspected(cause));
    text += entry(indent, 'code', error.code);
    return hasOwnPlace(failureType) ? text + stack(indent, error) : text;
  }
  return text + causeEntries(indent, error, cause);
}

/** Failures whose own stack shows the line of the program that brought them about. */
function hasOwnPlace(failureType) {
  return failureType === 'parentAlreadyFinished' || failureType === 'multipleCallbackInvocations';
}

const inspected = (value) => inspectSafely(value, STRING_OPTIONS);

function causeEntries(indent, error, cause) {
  let text = entry(indent, 'error', cause.message || '<Error>');
  text += entry(indent, 'code', cause.code ?? error.code);
  if (cause.name && cause.name !== 'Error') text += entry(indent, 'name', cause.name);
  if ('expected' in cause || 'actual' in cause) {
    text += entry(indent, 'expected', cause.expected);
    text += entry(indent, 'actual', cause.actual);
  }
  if (cause.operator) text += entry(indent, 'operator', cause.operator);
  return text + stack(indent, cause);
}

const FRAME = /^\s+at\s/;

function stack(indent, error) {
  if (typeof error.stack !== 'string') return '';
  const frames = error.stack.split('\n').filter((line) => FRAME.test(line)).map((line) => line.replace(FRAME, ''));
  if (frames.length === 0) return '';
  return `${indent}stack: |-\n${frames.map((frame) => `${indent}  ${frame}\n`).join('')}`;
}

/** `name: value` as YAML. */
function entry(indent, name, value, seen = new Set()) {
  if (value === undefined) return '';
  if (value === null) return `${indent}${name}: ~\n`;
  if (typeof value === 'object' && !(value instanceof Date)) return objectEntry(indent, name, value, seen);
  if (typeof value !== 'string') {
    return `${indent}${name}: ${value instanceof Date ? value.toISOString() : inspected(value)}\n`;
  }
  if (!value.includes('\n')) return `${indent}${name}: ${inspect(value, STRING_OPTIONS)}\n`;
  return `${indent}${name}: |-\n${value.split('\n').map((line) => `${indent}  ${line}\n`).join('')}`;
}

function objectEntry(indent, name, value, seen) {
  if (seen.has(value)) return `${indent}${name}: <Circular>\n`;
  seen.add(value);
  const inner = Array.isArray(value) || !isError(value) ? indent + '  ' : indent;
  let text = `${indent}${name}:\n`;
  if (isError(value)) text += causeEntries(indent, value, value);
  else for (const [key, each] of Object.entries(value)) text += entry(inner, key, each, seen);
  seen.delete(value);
  return text;
}

module.exports = async function* tap(source) {
  yield 'TAP version 13\n';
  for await (const { type, data } of source) {
    const indent = indentOf(data.nesting ?? 0);
    switch (type) {
      case 'test:pass':
      case 'test:fail':
        yield result(type, data) + details(data);
        break;
      case 'test:start':
        yield `${indent}# Subtest: ${escape(data.name)}\n`;
        break;
      case 'test:plan':
        yield `${indent}1..${data.count}\n`;
        break;
      case 'test:diagnostic':
      case 'test:log':
        yield `${indent}# ${escape(data.message)}\n`;
        break;
      case 'test:stdout':
      case 'test:stderr':
        for (const line of data.message.split(/\r?\n/)) {
          if (line !== '') yield `# ${escape(line)}\n`;
        }
        break;
      default:
    }
  }
};
