'use strict';

// URLPattern: patterns that URLs match or not, component by component (https://urlpattern.spec.whatwg.org/).
//
// Theory of operation. Each of the eight components has a compiled pattern (`internal/urlpattern/pattern_string`);
// what the program left open is `*`. To match a URL is to match each of its components.
//
// What surprises people: what a base URL or an earlier component fixes makes later components empty rather than open:
// `new URLPattern('https://a.com')` has the search '*', but with a search of its own, the hash alone is open.

const { codes: {
  ERR_CONSTRUCT_CALL_REQUIRED, ERR_INVALID_ARG_TYPE,
} } = require('internal/errors');
const { isObject } = require('internal/util');
const { defaultPorts, schemeTypeOf } = require('internal/url/record');
const { parseURL } = require('internal/url/parser');
const { Component, Options, escapePattern } = require('internal/urlpattern/pattern_string');
const { parseConstructorString } = require('internal/urlpattern/constructor_string');
const canonical = require('internal/urlpattern/canonicalize');

const { isSpecialScheme, SPECIAL_SCHEMES } = canonical;
const COMPONENTS = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];

const patterns = new WeakMap(); // URLPattern -> its components

// ---- Inits: objects from component to text ----

/** Does none of `names` stand in `init`? */
const lacks = (init, ...names) => names.every((name) => init[name] === undefined);

/** What the base URL gives to a pattern, or to a URL that is to be matched (`isURL`). */
function inherit(result, init, base, isURL) {
  const text = isURL ? (value) => value : escapePattern;
  if (lacks(init, 'protocol')) result.protocol = text(base.protocol.slice(0, -1));
  if (isURL && lacks(init, 'protocol', 'hostname', 'port', 'username')) {
    result.username = text(base.username);
    if (lacks(init, 'password')) result.password = text(base.password);
  }
  if (!lacks(init, 'protocol', 'hostname')) return;
  result.hostname = text(base.hostname);
  if (!lacks(init, 'port')) return;
  result.port = base.port === -1 ? '' : `${base.port}`;
  if (!lacks(init, 'pathname')) return;
  result.pathname = text(base.pathname);
  if (!lacks(init, 'search')) return;
  result.search = text(base.search.slice(1));
  if (lacks(init, 'hash')) result.hash = text(base.hash.slice(1));
}

function isAbsolutePathname(pathname, isURL) {
  if (pathname[0] === '/') return true;
  return !isURL && (pathname.startsWith('\\/') || pathname.startsWith('{/'));
}

function withFolderOf(base, pathname, isURL) {
  const path = isURL ? base.pathname : escapePattern(base.pathname);
  const slash = path.lastIndexOf('/');
  return slash === -1 ? pathname : path.slice(0, slash + 1) + pathname;
}

const withoutFirst = (text, character) => (text[0] === character ? text.slice(1) : text);

/** The components that `init` gives, its base URL taken into account; of a URL (`isURL`) in their normal form. */
function processInit(init, isURL) {
  const result = isURL ? Object.fromEntries(COMPONENTS.map((name) => [name, ''])) : {};
  let base = null;
  if (init.baseURL !== undefined) {
    base = parseURL(init.baseURL);
    if (base === null) throw new TypeError('Invalid base URL');
    inherit(result, init, base, isURL);
  }
  const { protocol, username, password, hostname, port, pathname, search, hash } = init;
  if (protocol !== undefined) {
    const text = protocol.endsWith(':') ? protocol.slice(0, -1) : protocol;
    result.protocol = isURL ? canonical.canonicalizeProtocol(text) : text;
  }
  if (username !== undefined) result.username = isURL ? canonical.canonicalizeCredentials(username) : username;
  if (password !== undefined) result.password = isURL ? canonical.canonicalizeCredentials(password) : password;
  const isSpecial = result.protocol === undefined || result.protocol === '' || isSpecialScheme(result.protocol);
  if (hostname !== undefined) {
    const canonicalize = isSpecial ? canonical.canonicalizeHostname : canonical.canonicalizeOpaqueHostname;
    result.hostname = isURL ? canonicalize(hostname) : hostname;
  }
  if (port !== undefined) result.port = isURL ? canonical.canonicalizePort(port, result.protocol) : port;
  if (pathname !== undefined) {
    const isRelative = base !== null && !base.hasOpaquePath && !isAbsolutePathname(pathname, isURL);
    const text = isRelative ? withFolderOf(base, pathname, isURL) : pathname;
    const canonicalize = isSpecial ? canonical.canonicalizePathname : canonical.canonicalizeOpaquePathname;
    result.pathname = isURL ? canonicalize(text) : text;
  }
  if (search !== undefined) {
    const text = withoutFirst(search, '?');
    result.search = isURL ? canonical.canonicalizeSearch(text) : text;
  }
  if (hash !== undefined) {
    const text = withoutFirst(hash, '#');
    result.hash = isURL ? canonical.canonicalizeHash(text) : text;
  }
  return result;
}

// ---- Compiling ----

const isIPv6Pattern = (pattern) => /^(?:\[|\{\[|\\\[).?/.test(pattern) && pattern.length > 1;

function hostnameEncoder(pattern, isSpecial) {
  if (isIPv6Pattern(pattern)) return canonical.canonicalizeIPv6;
  return isSpecial ? (value) => canonical.canonicalizeHostname(value) : canonical.canonicalizeOpaqueHostname;
}

function compile(init, ignoreCase) {
  const processed = processInit(init, false);
  for (const name of COMPONENTS) processed[name] ??= '*';
  const { protocol, port } = processed;
  if (isSpecialScheme(protocol) && port === `${defaultPorts[schemeTypeOf(`${protocol}:`)]}`) processed.port = '';

  const plain = new Options();
  const caseless = new Options('', '', ignoreCase);
  const compiled = {};
  const add = (name, encode, options) => {
    compiled[name] = new Component(processed[name], encode, options);
  };
  add('protocol', canonical.canonicalizeProtocol, plain);
  const isSpecial = SPECIAL_SCHEMES.some((scheme) => compiled.protocol.matches(scheme));
  add('username', canonical.canonicalizeCredentials, plain);
  add('password', canonical.canonicalizeCredentials, plain);
  add('hostname', hostnameEncoder(processed.hostname, isSpecial), new Options('.'));
  add('port', (value) => canonical.canonicalizePort(value), plain);
  if (isSpecial) add('pathname', canonical.canonicalizePathname, new Options('/', '/', ignoreCase));
  else add('pathname', canonical.canonicalizeOpaquePathname, caseless);
  add('search', canonical.canonicalizeSearch, caseless);
  add('hash', canonical.canonicalizeHash, caseless);
  return compiled;
}

function initOf(input, baseURL) {
  if (typeof input !== 'string') {
    if (baseURL !== undefined) throw new TypeError('A base URL goes with a string only');
    return input;
  }
  const init = parseConstructorString(input.toWellFormed());
  if (baseURL === undefined && init.protocol === undefined) throw new TypeError('A relative pattern needs a base URL');
  if (baseURL !== undefined) init.baseURL = baseURL;
  return init;
}

// ---- Arguments ----

function withMessage(error, message) {
  error.message = message;
  return error;
}

function wrongType(message) {
  return withMessage(new ERR_INVALID_ARG_TYPE('input', 'string', undefined), message);
}

function failed(code, message) {
  const error = new TypeError(message);
  error.code = code;
  return error;
}


/** The strings that an object given by the program has. */
function readInit(object) {
  const init = {};
  for (const name of [...COMPONENTS, 'baseURL']) {
    const value = object[name];
    init[name] = typeof value === 'string' ? value.toWellFormed() : undefined;
  }
  return init;
}

function readOptions(options) {
  if (options === undefined) return false;
  if (!isObject(options)) throw wrongType('options must be an object');
  const { ignoreCase } = options;
  const isValid = ignoreCase === undefined || typeof ignoreCase === 'boolean';
  if (!isValid) throw wrongType('options.ignoreCase must be a boolean');
  return ignoreCase === true;
}

/** `[input, baseURL, ignoreCase]` of the constructor's arguments. */
function readArguments([input, second, third], count) {
  if (input === undefined) input = {};
  if (typeof input !== 'string' && !isObject(input)) throw wrongType('Input must be an object or a string');
  const given = typeof input === 'string' ? input : readInit(input);
  if (count < 2 || second === undefined) return [given, undefined, readOptions(third)];
  if (typeof second === 'string') return [given, second, readOptions(third)];
  if (!isObject(second)) throw wrongType('second argument must be a string or object');
  if (third !== undefined) throw wrongType('second argument must be a string');
  return [given, undefined, readOptions(second)];
}

function URLPattern() {
  if (new.target === undefined) {
    throw withMessage(new ERR_CONSTRUCT_CALL_REQUIRED('URLPattern'), 'Cannot call constructor without `new`');
  }
  // eslint-disable-next-line prefer-rest-params
  const [input, baseURL, ignoreCase] = readArguments(arguments, arguments.length);
  try {
    patterns.set(this, compile(initOf(input, baseURL), ignoreCase));
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof SyntaxError)) throw error;
    throw failed('ERR_INVALID_URL_PATTERN', 'Failed to construct URLPattern');
  }
}

function componentsOf(pattern) {
  const components = isObject(pattern) ? patterns.get(pattern) : undefined;
  if (components === undefined) throw new TypeError('Illegal invocation');
  return components;
}

// ---- Matching ----

/** The components of the URL that is meant, or null if it is none. */
function componentsOfURL(input, baseURL) {
  if (typeof input !== 'string') {
    try {
      return processInit(input, true);
    } catch {
      return null;
    }
  }
  const base = baseURL === undefined ? undefined : parseURL(baseURL);
  const context = base === null ? null : parseURL(input, base);
  if (context === null) return null;
  return {
    protocol: context.protocol.slice(0, -1),
    username: context.username,
    password: context.password,
    hostname: context.hostname,
    port: context.port === -1 ? '' : `${context.port}`,
    pathname: context.pathname,
    search: context.search.slice(1),
    hash: context.hash.slice(1),
  };
}

function readMatchArguments(input, baseURL) {
  if (input === undefined) input = {};
  if (typeof input !== 'string' && !isObject(input)) {
    throw wrongType('URLPattern input needs to be a string or an object');
  }
  if (baseURL !== undefined && typeof baseURL !== 'string') throw wrongType('baseURL must be a string');
  return typeof input === 'string' ? input : readInit(input);
}

// In the order of Node's results.
const RESULT_KEYS = [...COMPONENTS].sort();

for (const name of COMPONENTS) {
  Object.defineProperty(URLPattern.prototype, name, {
    __proto__: null,
    enumerable: true,
    get() {
      return componentsOf(this)[name].pattern;
    },
  });
}

Object.defineProperty(URLPattern.prototype, 'hasRegExpGroups', {
  __proto__: null,
  enumerable: true,
  get() {
    const components = componentsOf(this);
    return COMPONENTS.some((name) => components[name].hasRegExpGroups);
  },
});

Object.assign(URLPattern.prototype, {
  exec(...values) {
    const components = componentsOf(this);
    const [, baseURL] = values;
    const input = readMatchArguments(...values);
    if (typeof input !== 'string' && baseURL !== undefined) {
      throw failed('ERR_OPERATION_FAILED', 'Failed to exec URLPattern');
    }
    const url = componentsOfURL(input, baseURL);
    if (url === null) return null;
    const found = {};
    for (const name of COMPONENTS) {
      found[name] = components[name].exec(url[name]);
      if (found[name] === null) return null;
    }
    const result = { __proto__: null };
    for (const name of RESULT_KEYS) {
      if (name === 'password') result.inputs = baseURL === undefined ? [input] : [input, baseURL];
      result[name] = found[name];
    }
    return result;
  },

  test(...values) {
    const components = componentsOf(this);
    const [, baseURL] = values;
    const input = readMatchArguments(...values);
    if (typeof input !== 'string' && baseURL !== undefined) {
      throw failed('ERR_OPERATION_FAILED', 'Failed to test URLPattern');
    }
    const url = componentsOfURL(input, baseURL);
    return url !== null && COMPONENTS.every((name) => components[name].matches(url[name]));
  },
});

module.exports = { URLPattern };
