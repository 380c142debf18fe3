'use strict';
// util.parseArgs: command-line arguments to values, in two passes.
// The first turns arguments into tokens (option, positional, option-terminator) by shape alone, knowing only which
// options take a value; the second checks the tokens against the configuration (strict mode) and stores what they say.
// A group `-abc` is read as `-a -b -c`, and an option that takes a value ends it: `-abcFILE`.
// Values are kept in objects without a prototype, because names come from outside.

const {
  codes: {
    ERR_INVALID_ARG_VALUE,
    ERR_PARSE_ARGS_INVALID_OPTION_VALUE,
    ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL,
    ERR_PARSE_ARGS_UNKNOWN_OPTION,
  },
} = require('internal/errors');
const {
  validateArray,
  validateBoolean,
  validateBooleanArray,
  validateObject,
  validateString,
  validateStringArray,
  validateUnion,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');

const { hasOwn } = Object;

const NEGATION = 'no-';

// ---- Configuration ----

/** The arguments of the program: what follows the script, or the options of node when there is no script. */
function programArguments() {
  const { argv, execArgv } = process;
  const hasScript = !execArgv.some((arg) => /^(?:-e|-p|-pe|--eval|--print)(?:=|$)/.test(arg));
  return argv.slice(hasScript ? 2 : 1);
}

function validateDefault({ type, multiple, default: value }, name) {
  if (type === 'string') (multiple ? validateStringArray : validateString)(value, name);
  else (multiple ? validateBooleanArray : validateBoolean)(value, name);
}

function validateOption(option, path) {
  validateObject(option, path);
  validateUnion(own(option, 'type'), `${path}.type`, ['string', 'boolean']);
  if (hasOwn(option, 'short')) {
    const { short } = option;
    validateString(short, `${path}.short`);
    if (short.length !== 1) {
      throw new ERR_INVALID_ARG_VALUE(`${path}.short`, short, 'must be a single character');
    }
  }
  if (hasOwn(option, 'multiple')) validateBoolean(option.multiple, `${path}.multiple`);
  if (own(option, 'default') !== undefined) validateDefault({ __proto__: null, ...option }, `${path}.default`);
}

const own = (object, key) => (hasOwn(object, key) ? object[key] : undefined);

class Configuration {
  constructor(config) {
    this.args = own(config, 'args') ?? programArguments();
    this.strict = own(config, 'strict') ?? true;
    this.allowPositionals = own(config, 'allowPositionals') ?? !this.strict;
    this.returnTokens = own(config, 'tokens') ?? false;
    this.allowNegative = own(config, 'allowNegative') ?? false;
    this.options = { __proto__: null, ...own(config, 'options') };
    this.#validate(own(config, 'options') ?? kEmptyObject);
    this.byShort = new Map();
    for (const [name, { short }] of Object.entries(this.options)) {
      if (short !== undefined && !this.byShort.has(short)) this.byShort.set(short, name);
    }
  }

  #validate(options) {
    validateArray(this.args, 'args');
    validateBoolean(this.strict, 'strict');
    validateBoolean(this.allowPositionals, 'allowPositionals');
    validateBoolean(this.returnTokens, 'tokens');
    validateBoolean(this.allowNegative, 'allowNegative');
    validateObject(options, 'options');
    for (const [name, option] of Object.entries(options)) validateOption(option, `options.${name}`);
  }

  type(name) {
    const option = this.options[name];
    return option === undefined ? undefined : own(option, 'type');
  }

  longName(short) {
    return this.byShort.get(short) ?? short;
  }
}

// ---- Tokens ----

const isLong = (arg) => arg.length > 2 && arg.startsWith('--');
const isShort = (arg) => arg.length >= 2 && arg[0] === '-' && arg[1] !== '-';

class Tokenizer {
  tokens = [];
  #rest;
  #index = -1;
  // How many of the arguments to come were parts of one group, and so have no index of their own.
  #groupLength = 0;

  constructor(configuration) {
    this.configuration = configuration;
    this.#rest = [...configuration.args];
  }

  run() {
    while (this.#rest.length > 0) {
      const arg = this.#rest.shift();
      if (this.#groupLength > 0) this.#groupLength--;
      else this.#index++;
      if (arg === '--') {
        this.#terminate();
        break;
      }
      this.#read(arg);
    }
    return this.tokens;
  }

  #read(arg) {
    if (typeof arg === 'string') {
      if (isShort(arg)) return this.#readShort(arg);
      if (isLong(arg)) return this.#readLong(arg);
    }
    this.tokens.push({ kind: 'positional', index: this.#index, value: arg });
  }

  #terminate() {
    this.tokens.push({ kind: 'option-terminator', index: this.#index });
    for (const value of this.#rest) this.tokens.push({ kind: 'positional', index: ++this.#index, value });
  }

  #readShort(arg) {
    const name = this.configuration.longName(arg[1]);
    if (arg.length === 2) return this.#pushOption(name, arg);
    if (this.configuration.type(name) === 'string') {
      return this.#push(name, `-${arg[1]}`, arg.slice(2), true);
    }
    this.#expandGroup(arg);
  }

  #expandGroup(arg) {
    const expanded = [];
    for (let i = 1; i < arg.length; i++) {
      const takesValue = this.configuration.type(this.configuration.longName(arg[i])) === 'string';
      if (takesValue && i !== arg.length - 1) {
        expanded.push(`-${arg.slice(i)}`);
        break;
      }
      expanded.push(`-${arg[i]}`);
    }
    this.#rest.unshift(...expanded);
    this.#groupLength = expanded.length - 1;
    // The group itself is the first of its parts.
    this.#read(this.#rest.shift());
  }

  #readLong(arg) {
    const equals = arg.indexOf('=', 3);
    if (equals !== -1) return this.#push(arg.slice(2, equals), arg.slice(0, equals), arg.slice(equals + 1), true);
    this.#pushOption(arg.slice(2), arg);
  }

  /**
   * An option without a value of its own: the next argument is its value if it takes one, even if that looks like an
   * option, which strict mode rejects.
   */
  #pushOption(name, rawName) {
    if (this.configuration.type(name) !== 'string' || this.#rest[0] == null) {
      return this.#push(name, rawName, undefined, undefined);
    }
    this.#push(name, rawName, this.#rest.shift(), false);
    this.#index++;
  }

  #push(name, rawName, value, inlineValue) {
    this.tokens.push({ kind: 'option', name, rawName, index: this.#index, value, inlineValue });
  }
}

// ---- Checks ----

const describeOption = (name, option) => (option.short === undefined ? `--${name}` : `-${option.short}, --${name}`);

/** `--foo -x`: -x could be meant as the value or as an option. */
function checkAmbiguity(token) {
  if (token.inlineValue || typeof token.value !== 'string' || token.value.length < 2 || token.value[0] !== '-') return;
  const example = token.rawName.startsWith('--') ?
    `'${token.rawName}=-XYZ'` :
    `'--${token.name}=-XYZ' or '${token.rawName}-XYZ'`;
  throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(
    `Option '${token.rawName}' argument is ambiguous.\n` +
    `Did you forget to specify the option argument for '${token.rawName}'?\n` +
    `To specify an option argument starting with a dash use ${example}.`);
}

function checkOption(configuration, token) {
  const { options, allowNegative, allowPositionals } = configuration;
  let { name } = token;
  if (allowNegative && !hasOwn(options, name) && name.startsWith(NEGATION)) {
    const positive = name.slice(NEGATION.length);
    if (configuration.type(positive) === 'boolean') name = positive;
  }
  if (!hasOwn(options, name)) throw new ERR_PARSE_ARGS_UNKNOWN_OPTION(token.rawName, allowPositionals);
  const shown = describeOption(name, options[name]);
  const type = configuration.type(name);
  if (type === 'string' && typeof token.value !== 'string') {
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${shown} <value>' argument missing`);
  }
  if (type === 'boolean' && token.value != null) {
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${shown}' does not take an argument`);
  }
  checkAmbiguity(token);
}

// ---- Result ----

function store(configuration, token, values) {
  let { name, value = true } = token;
  if (name === '__proto__') return;
  const { options } = configuration;
  if (configuration.allowNegative && token.value === undefined && name.startsWith(NEGATION)) {
    name = name.slice(NEGATION.length);
    token.name = name;
    value = false;
  }
  if (options[name] !== undefined && own(options[name], 'multiple')) (values[name] ??= []).push(value);
  else values[name] = value;
}

function storeDefaults({ options }, values) {
  for (const [name, option] of Object.entries(options)) {
    const value = own(option, 'default');
    if (value !== undefined && name !== '__proto__' && !hasOwn(values, name)) values[name] = value;
  }
}

/** Parses `config.args`, or the process's own arguments, as `config.options` describes them. */
function parseArgs(config = kEmptyObject) {
  const configuration = new Configuration(config);
  const tokens = new Tokenizer(configuration).run();
  const result = { values: { __proto__: null }, positionals: [] };
  if (configuration.returnTokens) result.tokens = tokens;
  for (const token of tokens) {
    if (token.kind === 'option') {
      if (configuration.strict) checkOption(configuration, token);
      store(configuration, token, result.values);
    } else if (token.kind === 'positional') {
      if (!configuration.allowPositionals) throw new ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL(token.value);
      result.positionals.push(token.value);
    }
  }
  storeDefaults(configuration, result.values);
  return result;
}

module.exports = { parseArgs };
