'use strict';
// util.inspect: any value as text that a person can read, without changing the value and without being led astray by
// it. Getters are not called unless asked for, Proxy traps never run, cycles become [Circular *1].
// One Printer lives as long as one call of `inspect()`. `value()` writes a value, `property()` and `element()` what
// belongs to one; `kinds` knows what is shown of each kind of object, `names` how it is called, `layout` where lines
// break.
// A method under Symbol.for('nodejs.util.inspect.custom') replaces all that for its object.
// Output that grows past 128 MiB makes the rest shallow.

const { layOut } = require('internal/util/inspect/layout');
const { className, constructorName } = require('internal/util/inspect/names');
const { describe, proxyDetails } = require('internal/util/inspect/kinds');
const { bigintText, numberText } = require('internal/util/inspect/numbers');
const strings = require('internal/util/inspect/strings');

const { getOwnPropertyDescriptor, hasOwn, keys: enumerableKeys, setPrototypeOf } = Object;
const { propertyIsEnumerable } = Object.prototype;
const symbolToString = Symbol.prototype.toString;

const customInspect = Symbol.for('nodejs.util.inspect.custom');
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/;
const AFTER_NEW_LINE = /(?<=\n)/;
const SHORTEST_TO_SPLIT = 16;
const BUDGET = 2 ** 27;

const defaultOptions = Object.seal({
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
});
const OPTION_NAMES = Object.keys(defaultOptions);

inspect.custom = customInspect;

Object.defineProperty(inspect, 'defaultOptions', {
  __proto__: null,
  get() {
    return defaultOptions;
  },
  set(options) {
    require('internal/validators').validateObject(options, 'options');
    Object.assign(defaultOptions, options);
  },
});

const FOREGROUND_OFF = 39;
const BACKGROUND_OFF = 49;
inspect.colors = {
  __proto__: null,
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  blink: [5, 25],
  inverse: [7, 27],
  hidden: [8, 28],
  strikethrough: [9, 29],
  doubleunderline: [21, 24],
  black: [30, FOREGROUND_OFF],
  red: [31, FOREGROUND_OFF],
  green: [32, FOREGROUND_OFF],
  yellow: [33, FOREGROUND_OFF],
  blue: [34, FOREGROUND_OFF],
  magenta: [35, FOREGROUND_OFF],
  cyan: [36, FOREGROUND_OFF],
  white: [37, FOREGROUND_OFF],
  bgBlack: [40, BACKGROUND_OFF],
  bgRed: [41, BACKGROUND_OFF],
  bgGreen: [42, BACKGROUND_OFF],
  bgYellow: [43, BACKGROUND_OFF],
  bgBlue: [44, BACKGROUND_OFF],
  bgMagenta: [45, BACKGROUND_OFF],
  bgCyan: [46, BACKGROUND_OFF],
  bgWhite: [47, BACKGROUND_OFF],
  framed: [51, 54],
  overlined: [53, 55],
  gray: [90, FOREGROUND_OFF],
  redBright: [91, FOREGROUND_OFF],
  greenBright: [92, FOREGROUND_OFF],
  yellowBright: [93, FOREGROUND_OFF],
  blueBright: [94, FOREGROUND_OFF],
  magentaBright: [95, FOREGROUND_OFF],
  cyanBright: [96, FOREGROUND_OFF],
  whiteBright: [97, FOREGROUND_OFF],
  bgGray: [100, BACKGROUND_OFF],
  bgRedBright: [101, BACKGROUND_OFF],
  bgGreenBright: [102, BACKGROUND_OFF],
  bgYellowBright: [103, BACKGROUND_OFF],
  bgBlueBright: [104, BACKGROUND_OFF],
  bgMagentaBright: [105, BACKGROUND_OFF],
  bgCyanBright: [106, BACKGROUND_OFF],
  bgWhiteBright: [107, BACKGROUND_OFF],
};

function defineColorAlias(target, alias) {
  Object.defineProperty(inspect.colors, alias, {
    __proto__: null,
    get() {
      return this[target];
    },
    set(value) {
      this[target] = value;
    },
    configurable: true,
    enumerable: false,
  });
}
for (const [target, ...aliases] of [
  ['gray', 'grey', 'blackBright'],
  ['bgGray', 'bgGrey', 'bgBlackBright'],
  ['dim', 'faint'],
  ['strikethrough', 'crossedout', 'strikeThrough', 'crossedOut'],
  ['hidden', 'conceal'],
  ['inverse', 'swapColors', 'swapcolors'],
  ['doubleunderline', 'doubleUnderline'],
]) {
  for (const alias of aliases) defineColorAlias(target, alias);
}

inspect.styles = {
  __proto__: null,
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  regexp: 'red',
  module: 'underline',
};

const withoutStyle = (text) => text;

function withStyle(text, styleName) {
  const color = inspect.colors[inspect.styles[styleName]];
  return color === undefined ? text : `\u001b[${color[0]}m${text}\u001b[${color[1]}m`;
}

class Printer {
  // Length of what is written so far, by indentation.
  budget = {};
  indentation = 0;
  currentDepth = 0;
  // The objects that are being written, outermost first; those met again get a number in `circular`.
  seen = [];
  circular = undefined;
  stylize = withoutStyle;
  showHidden = defaultOptions.showHidden;
  depth = defaultOptions.depth;
  colors = defaultOptions.colors;
  customInspect = defaultOptions.customInspect;
  showProxy = defaultOptions.showProxy;
  maxArrayLength = defaultOptions.maxArrayLength;
  maxStringLength = defaultOptions.maxStringLength;
  breakLength = defaultOptions.breakLength;
  compact = defaultOptions.compact;
  sorted = defaultOptions.sorted;
  getters = defaultOptions.getters;
  numericSeparator = defaultOptions.numericSeparator;
  // The program's options object, if it has keys of its own: custom inspect methods get to see those.
  userOptions = undefined;

  setOptions(options) {
    for (const key of enumerableKeys(options)) {
      if (hasOwn(defaultOptions, key) || key === 'stylize') this[key] = options[key];
      else this.userOptions ??= options;
    }
  }

  /** Reconciles options that stand for others; before the first value is written. */
  settle() {
    if (this.colors) this.stylize = withStyle;
    if (this.maxArrayLength === null) this.maxArrayLength = Infinity;
    if (this.maxStringLength === null) this.maxStringLength = Infinity;
    return this;
  }

  isTooDeep(level) {
    return this.depth !== null && level > this.depth;
  }

  /** `value` on its own, as much of it as fits behind a name. */
  brief(value) {
    const printer = Object.assign(new Printer(), this);
    printer.customInspect = false;
    printer.depth = -1;
    printer.budget = {};
    printer.indentation = 0;
    printer.seen = [];
    printer.circular = undefined;
    printer.currentDepth = 0;
    return printer.value(value, 0);
  }

  value(value, level, isInTypedArray = false) {
    if (typeof value !== 'object' && typeof value !== 'function') return this.primitive(value);
    if (value === null) return this.stylize('null', 'null');
    const original = value;
    const proxy = proxyDetails(value);
    if (proxy !== undefined) {
      if (proxy[0] === null) return this.stylize('<Revoked Proxy>', 'special');
      if (this.showProxy) return this.proxy(proxy, level);
      value = innermostTarget(proxy[0]);
      if (value === null) return this.stylize('<Revoked Proxy>', 'special');
    }
    if (this.customInspect) {
      const text = this.custom(value, original, level, proxy !== undefined);
      if (text !== undefined) return text;
    }
    if (this.seen.includes(value)) return this.circularReference(value);
    return this.object(value, level, isInTypedArray);
  }

  proxy([target, handler], level) {
    if (this.isTooDeep(level)) return this.stylize('Proxy [Array]', 'special');
    level += 1;
    this.indentation += 2;
    const entries = [this.value(target, level), this.value(handler, level)];
    this.indentation -= 2;
    return layOut(this, entries, '', 'Proxy [', ']', true, level, undefined);
  }

  /** What the object's own inspect method makes of it; undefined if it has none or returns the object itself. */
  custom(value, original, level, isProxy) {
    const method = value[customInspect];
    if (typeof method !== 'function' || method === inspect) return undefined;
    // A prototype is shown as the object it is.
    const { constructor } = value;
    if (constructor && constructor.prototype === value) return undefined;
    const depth = this.depth === null ? null : this.depth - level;
    const isForeign = isProxy || !(original instanceof Object);
    const result = method.call(original, depth, this.optionsForCustom(isForeign), inspect);
    if (result === original) return undefined;
    if (typeof result !== 'string') return this.value(result, level);
    return result.replaceAll('\n', `\n${' '.repeat(this.indentation)}`);
  }

  /** A foreign object (of another realm, or behind a Proxy) gets nothing through which it could reach ours. */
  optionsForCustom(isForeign) {
    const options = { stylize: this.stylize };
    for (const name of OPTION_NAMES) options[name] = this[name];
    Object.assign(options, this.userOptions);
    if (!isForeign) return options;
    setPrototypeOf(options, null);
    for (const key of enumerableKeys(options)) {
      const type = typeof options[key];
      if ((type === 'object' || type === 'function') && options[key] !== null) delete options[key];
    }
    options.stylize = setPrototypeOf((text, style) => {
      let styled;
      try {
        styled = `${this.stylize(text, style)}`;
      } catch {
        // The text cannot be made a string; it goes back as it came.
      }
      return typeof styled === 'string' ? styled : text;
    }, null);
    return options;
  }

  circularReference(value) {
    this.circular ??= new Map();
    let number = this.circular.get(value);
    if (number === undefined) {
      number = this.circular.size + 1;
      this.circular.set(value, number);
    }
    return this.stylize(`[Circular *${number}]`, 'special');
  }

  object(value, level, isInTypedArray) {
    let inherited = this.showHidden && !this.isTooDeep(level) ? [] : undefined;
    const name = constructorName(this, value, level, inherited);
    if (inherited !== undefined && inherited.length === 0) inherited = undefined;
    const ownTag = stringTag(value);
    const tag = !ownTag || isTagRedundant(this, value, name, ownTag) ? '' : ownTag;
    const shape = describe(this, value, name, tag, ownTag !== '', isInTypedArray);
    if (shape.keys.length === 0 && inherited === undefined) {
      if (shape.text !== undefined) return shape.text;
      if (shape.entries === null) return this.empty(shape);
    }
    if (this.isTooDeep(level)) return this.tooDeep(value, shape, name, tag);
    return this.contents(value, shape, name, tag, inherited, level + 1);
  }

  empty(shape) {
    if (shape.base === '') return shape.open + shape.close;
    return shape.baseStyle === undefined ? shape.base : this.stylize(shape.base, shape.baseStyle);
  }

  tooDeep(value, shape, name, tag) {
    if (shape.isBriefByItself) return this.stylize(shape.base, shape.baseStyle);
    const head = className(value, name, tag);
    return this.stylize(name === null ? head : `[${head}]`, 'special');
  }

  contents(value, shape, name, tag, inherited, level) {
    const { indentation } = this;
    this.seen.push(value);
    this.currentDepth = level;
    let entries;
    try {
      entries = this.entries(value, shape, inherited, level);
    } catch (error) {
      if (!require('internal/errors').isStackOverflowError(error)) throw error;
      this.seen.pop();
      this.indentation = indentation;
      const reason = 'Inspection interrupted prematurely. Maximum call stack size exceeded.';
      return this.stylize(`[${className(value, name, tag)}: ${reason}]`, 'special');
    }
    let { base, open } = shape;
    const number = this.circular?.get(value);
    if (number !== undefined) {
      const reference = this.stylize(`<ref *${number}>`, 'special');
      if (this.compact === true) open = `${reference} ${open}`;
      else base = base === '' ? reference : `${reference} ${base}`;
    }
    this.seen.pop();
    const text = layOut(this, entries, base, open, shape.close, shape.isList, level, value);
    this.spend(text.length);
    return text;
  }

  entries(value, shape, inherited, level) {
    const entries = shape.entries === null ? [] : shape.entries(this, value, level, shape);
    const keysStart = entries.length;
    for (const key of shape.keys) entries.push(this.property(value, level, key, shape.isList));
    if (inherited !== undefined) entries.push(...inherited);
    if (!this.sorted) return entries;
    const comparator = this.sorted === true ? undefined : this.sorted;
    if (!shape.isList) return entries.sort(comparator);
    if (shape.keys.length < 2) return entries;
    return entries.slice(0, keysStart).concat(entries.slice(keysStart).sort(comparator));
  }

  /** Guards against output that would not fit in memory. */
  spend(length) {
    const total = (this.budget[this.indentation] ?? 0) + length;
    this.budget[this.indentation] = total;
    if (total > BUDGET) this.depth = -1;
  }

  /** The value of an element of `array`. */
  element(array, level, descriptor) {
    if (descriptor.value === undefined) return this.accessor(descriptor, array, level);
    this.indentation += 2;
    const text = this.value(descriptor.value, level);
    this.indentation -= 2;
    return text;
  }

  /** `key: value`. `receiver` is the object to call a getter on, if not `object`. */
  property(object, level, key, isInList, descriptor, receiver = object) {
    descriptor ??= getOwnPropertyDescriptor(object, key) ?? { value: object[key], enumerable: true };
    const name = this.propertyName(key, descriptor.enumerable);
    if (descriptor.value === undefined) return `${name}: ${this.accessor(descriptor, receiver, level)}`;
    const isNarrow = this.compact === true && !isInList;
    const indent = isNarrow ? 3 : 2;
    this.indentation += indent;
    const text = this.value(descriptor.value, level);
    const goesBelow = isNarrow && this.breakLength < strings.getStringWidth(text, this.colors);
    const gap = goesBelow ? `\n${' '.repeat(this.indentation)}` : ' ';
    this.indentation -= indent;
    return `${name}:${gap}${text}`;
  }

  propertyName(key, isEnumerable) {
    const name = this.keyText(key);
    return isEnumerable ? name : `[${name}]`;
  }

  keyText(key) {
    if (typeof key === 'symbol') return this.stylize(strings.escape(symbolToString.call(key)), 'symbol');
    if (key === '__proto__') return "['__proto__']";
    return IDENTIFIER.test(key) ? this.stylize(key, 'name') : this.stylize(strings.quote(key), 'string');
  }

  /** A property that an object has by its kind, shown as if it were a hidden own property. */
  extra(key, value, level, isInTypedArray) {
    this.indentation += 2;
    const text = `${this.stylize(`[${key}]`, 'string')}: ${this.value(value, level, isInTypedArray)}`;
    this.indentation -= 2;
    return text;
  }

  accessor(descriptor, receiver, level) {
    const { get, set } = descriptor;
    if (get === undefined) {
      return set === undefined ? this.stylize('undefined', 'undefined') : this.stylize('[Setter]', 'special');
    }
    const label = set === undefined ? 'Getter' : 'Getter/Setter';
    const isWanted = this.getters === true || (this.getters === 'get' && set === undefined) ||
      (this.getters === 'set' && set !== undefined);
    if (!isWanted) return this.stylize(`[${label}]`, 'special');
    return this.got(label, get, receiver, level);
  }

  /** Calls a getter and shows what it gave, or what it threw. */
  got(label, get, receiver, level) {
    const { indentation } = this;
    const open = this.stylize(`[${label}:`, 'special');
    const close = this.stylize(']', 'special');
    this.indentation += 2;
    try {
      const value = get.call(receiver);
      const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
      const text = this.value(value, level);
      return isObject ? `${this.stylize(`[${label}]`, 'special')} ${text}` : `${open} ${text}${close}`;
    } catch (error) {
      return `${open} <Inspection threw (${this.value(error, level)})>${close}`;
    } finally {
      this.indentation = indentation;
    }
  }

  primitive(value) {
    switch (typeof value) {
      case 'string': return this.string(value);
      case 'number': return this.stylize(numberText(value, this.numericSeparator), 'number');
      case 'bigint': return this.stylize(bigintText(value, this.numericSeparator), 'bigint');
      case 'symbol': return this.stylize(symbolToString.call(value), 'symbol');
      default: return this.stylize(`${value}`, typeof value);
    }
  }

  primitiveWithoutStyle(value) {
    const { stylize } = this;
    this.stylize = withoutStyle;
    const text = this.primitive(value);
    this.stylize = stylize;
    return text;
  }

  string(value) {
    let trailer = '';
    if (value.length > this.maxStringLength) {
      const remaining = value.length - this.maxStringLength;
      value = value.slice(0, this.maxStringLength);
      trailer = `... ${remaining} more character${remaining > 1 ? 's' : ''}`;
    }
    const mayBeSplit = this.compact !== true && value.length > SHORTEST_TO_SPLIT &&
      value.length > this.breakLength - this.indentation - 4;
    if (!mayBeSplit || !value.includes('\n')) return this.stylize(strings.quote(value), 'string') + trailer;
    return value.split(AFTER_NEW_LINE)
      .map((line) => this.stylize(strings.quote(line), 'string'))
      .join(` +\n${' '.repeat(this.indentation + 2)}`) + trailer;
  }
}

const isEnumerableOwn = (object, key) => propertyIsEnumerable.call(object, key);

/** The Symbol.toStringTag of `value`, '' if it has none, null if reading it throws. */
function stringTag(value) {
  try {
    const tag = value[Symbol.toStringTag];
    return typeof tag === 'string' ? tag : '';
  } catch {
    return null;
  }
}

/** Whether a tag would be read twice: it shows as an own property, or the class's name has it as a word of its own. */
function isTagRedundant(printer, value, name, tag) {
  const isOwn = printer.showHidden ? hasOwn : isEnumerableOwn;
  if (isOwn(value, Symbol.toStringTag)) return true;
  if (name === null) return false;
  const start = name.indexOf(tag);
  if (start === -1) return false;
  const next = name[start + tag.length];
  return next === undefined || next !== next.toLowerCase();
}

/** What stands behind a Proxy of a Proxy of ...; null if one of them is revoked. */
function innermostTarget(target) {
  for (let proxy; target !== null && (proxy = proxyDetails(target)) !== undefined;) target = proxy[0];
  return target;
}

/**
 * Text that shows `value`. `options` may be `showHidden`, followed by `depth` and `colors` as further arguments.
 */
function inspect(value, options) {
  const printer = new Printer();
  if (arguments.length > 2) {
    if (arguments[2] !== undefined) printer.depth = arguments[2];
    if (arguments.length > 3 && arguments[3] !== undefined) printer.colors = arguments[3];
  }
  if (typeof options === 'boolean') printer.showHidden = options;
  else if (options) printer.setOptions(options);
  return printer.settle().value(value, 0);
}
function stripVTControlCharacters(text) {
  require('internal/validators').validateString(text, 'str');
  return strings.withoutControlSequences(text);
}

const { format, formatWithOptions } = require('internal/util/inspect/format')(inspect);

module.exports = {
  inspect,
  format,
  formatWithOptions,
  getStringWidth: strings.getStringWidth,
  stripVTControlCharacters,
};
