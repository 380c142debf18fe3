'use strict';
// util.format: printf for JavaScript values.
// A placeholder without an argument stays as it is, arguments without a placeholder are appended; without a format
// string everything is inspected and joined by spaces. `%s` calls a `toString` only if the program wrote it.

const { proxyDetails } = require('internal/util/inspect/kinds');
const { BUILTIN_CLASSES } = require('internal/util/inspect/names');
const { bigintText, numberText } = require('internal/util/inspect/numbers');

const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn } = Object;

const PERCENT = 37;
const PLACEHOLDERS = 'sjdifOoc';

function isCircularError(error) {
  return error?.name === 'TypeError' && String(error.message).includes('circular structure');
}

function json(value) {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (isCircularError(error)) return '[Circular]';
    throw error;
  }
}

/** Whether the object that `value` has its method `key` from is the prototype of one of the language's own classes. */
function comesFromLanguage(value, key) {
  if (hasOwn(value, key)) return false;
  let owner = value;
  do owner = getPrototypeOf(owner); while (!hasOwn(owner, key));
  const constructor = getOwnPropertyDescriptor(owner, 'constructor')?.value;
  return typeof constructor === 'function' && BUILTIN_CLASSES.has(constructor.name);
}

/** Whether String(value) would say no more than the language's own toString does. */
function hasBuiltinToString(value) {
  for (let proxy; (proxy = proxyDetails(value)) !== undefined;) {
    [value] = proxy;
    if (value === null) return true;
  }
  if (typeof value[Symbol.toPrimitive] === 'function' && !comesFromLanguage(value, Symbol.toPrimitive)) return false;
  return typeof value.toString !== 'function' || comesFromLanguage(value, 'toString');
}

module.exports = (inspect) => {
  const usesSeparator = (options) => options?.numericSeparator ?? inspect.defaultOptions.numericSeparator;

  function toNumberText(value, convert, options) {
    if (typeof value === 'symbol') return 'NaN';
    if (typeof value === 'bigint' && convert !== Number.parseFloat) return bigintText(value, usesSeparator(options));
    return numberText(convert(value), usesSeparator(options));
  }

  function toText(value, options) {
    switch (typeof value) {
      case 'number': return numberText(value, usesSeparator(options));
      case 'bigint': return bigintText(value, usesSeparator(options));
      case 'object':
        if (value === null || !hasBuiltinToString(value)) return String(value);
        return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
      default: return String(value);
    }
  }

  /** What stands in place of `%letter`. */
  function fill(letter, value, options) {
    switch (letter) {
      case 's': return toText(value, options);
      case 'j': return json(value);
      case 'd': return toNumberText(value, Number, options);
      case 'i': return toNumberText(value, Number.parseInt, options);
      case 'f': return toNumberText(value, Number.parseFloat, options);
      case 'O': return inspect(value, options);
      case 'o': return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
      default: return ''; // %c is CSS.
    }
  }

  function formatArguments(options, args) {
    const [template] = args;
    if (typeof template !== 'string') return append('', '', options, args, 0);
    if (args.length === 1) return template;
    let text = '';
    let used = 1;
    let copied = 0;
    for (let i = template.indexOf('%'); i !== -1 && i < template.length - 1; i = template.indexOf('%', i + 1)) {
      if (template.charCodeAt(i + 1) === PERCENT) {
        text += template.slice(copied, i + 1);
        copied = i + 2;
        i++;
        continue;
      }
      if (used === args.length) continue;
      const letter = template[i + 1];
      if (!PLACEHOLDERS.includes(letter)) continue;
      const filling = fill(letter, args[used], options);
      text += `${template.slice(copied, i)}${filling}`;
      used++;
      copied = i + 2;
      i++;
    }
    return append(text + template.slice(copied), ' ', options, args, used);
  }

  function append(text, separator, options, args, start) {
    for (let i = start; i < args.length; i++) {
      const value = args[i];
      text += `${i === start ? separator : ' '}${typeof value === 'string' ? value : inspect(value, options)}`;
    }
    return text;
  }

  return {
    format(...args) {
      return formatArguments(undefined, args);
    },
    formatWithOptions(inspectOptions, ...args) {
      const { kValidateObjectAllowObjects, validateObject } = require('internal/validators');
      validateObject(inspectOptions, 'inspectOptions', kValidateObjectAllowObjects);
      return formatArguments(inspectOptions, args);
    },
  };
};
