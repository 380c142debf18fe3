'use strict';

// URL, and what Node has around it.
//
// Theory of operation. An URL object holds a context (`internal/url/record`): the serialized URL and the places of
// its parts; a getter is a slice. A setter has the parser make a new context. `searchParams` appear when asked for;
// after that a change of either reaches the other: of the URL at once, of the params when the URL is next read.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_MISSING_ARGS } } = require('internal/errors');
const { validateObject } = require('internal/validators');
const { customInspectSymbol, toUSVString } = require('internal/util');
const { NEITHER, defineTransferMode } = require('internal/worker/js_transferable');
const { parseURL, updateURL } = require('internal/url/parser');
const { NOT_SPECIAL, FILE } = require('internal/url/record');
const { URLSearchParams, attach, enumerable, setQuery } = require('internal/url/search_params');
const { fileURLToPath, fileURLToPathBuffer, pathToFileURL } = require('internal/url/file_urls');
const { domainToUnicode: labelsToUnicode } = require('internal/url/host');

const kParsed = Symbol('kParsed');

/** The context of `base`, which is given by the program; undefined without one, null if it is no URL. */
function contextOfBase(base) {
  return base === undefined ? undefined : parseURL(`${base}`);
}

function parseWithBase(input, base) {
  if (base === undefined) return parseURL(input);
  const context = contextOfBase(base);
  return context === null ? null : parseURL(input, context);
}

/** In Node this error is made by C++ code: it has a code, which does not show in its stack. */
function invalidURL(input, base = undefined) {
  const error = new TypeError('Invalid URL');
  error.code = 'ERR_INVALID_URL';
  error.input = input;
  if (base !== undefined) error.base = base;
  return error;
}

class URL {
  #context;
  #searchParams = undefined;
  #isStale = false; // the params have changed since the context was made

  constructor(input, base = undefined) {
    if (base === kParsed) {
      this.#context = input;
      return;
    }
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    input = `${input}`;
    const context = base === undefined ? parseURL(input) : parseWithBase(input, base = `${base}`);
    if (context === null) throw invalidURL(input, base);
    this.#context = context;
  }

  static parse(input, base = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    const context = parseWithBase(`${input}`, base);
    return context === null ? null : new URL(context, kParsed);
  }

  static canParse(input, base = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    return parseWithBase(`${input}`, base) !== null;
  }

  #writeParams() {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#context = updateURL(this.#context, 'search', this.#searchParams.toString());
  }

  #update(part, value) {
    this.#writeParams();
    this.#context = updateURL(this.#context, part, value);
  }

  #readParams() {
    this.#isStale = false;
    if (this.#searchParams !== undefined) setQuery(this.#searchParams, this.#context.search.slice(1));
  }

  toString() {
    this.#writeParams();
    return this.#context.href;
  }

  get href() {
    this.#writeParams();
    return this.#context.href;
  }

  set href(value) {
    const current = this.#context;
    value = `${value}`;
    const context = parseURL(value);
    if (context === null) throw invalidURL(value);
    if (context === current) return;
    this.#context = context;
    this.#readParams();
  }

  get origin() {
    const { href, protocol, schemeType, host, pathname } = this.#context;
    if (schemeType !== NOT_SPECIAL) return schemeType === FILE ? 'null' : `${protocol}//${host}`;
    if (protocol !== 'blob:' || href.length === protocol.length) return 'null';
    const inner = parseURL(pathname);
    const isWeb = inner?.protocol === 'http:' || inner?.protocol === 'https:';
    return isWeb ? `${inner.protocol}//${inner.host}` : 'null';
  }

  get protocol() {
    return this.#context.protocol;
  }

  set protocol(value) {
    if (this.#context) this.#update('protocol', `${value}`);
  }

  get username() {
    return this.#context.username;
  }

  set username(value) {
    if (this.#context) this.#update('username', `${value}`);
  }

  get password() {
    return this.#context.password;
  }

  set password(value) {
    if (this.#context) this.#update('password', `${value}`);
  }

  get host() {
    return this.#context.host;
  }

  set host(value) {
    if (this.#context) this.#update('host', `${value}`);
  }

  get hostname() {
    return this.#context.hostname;
  }

  set hostname(value) {
    if (this.#context) this.#update('hostname', `${value}`);
  }

  get port() {
    const { port } = this.#context;
    return port === -1 ? '' : `${port}`;
  }

  set port(value) {
    if (this.#context) this.#update('port', `${value}`);
  }

  get pathname() {
    return this.#context.pathname;
  }

  set pathname(value) {
    if (this.#context) this.#update('pathname', `${value}`);
  }

  get search() {
    this.#writeParams();
    return this.#context.search;
  }

  set search(value) {
    if (!this.#context) return;
    this.#update('search', toUSVString(value));
    this.#readParams();
  }

  get searchParams() {
    if (this.#searchParams === undefined) {
      const { search } = this.#context;
      this.#searchParams = new URLSearchParams(search === '' ? undefined : search);
      attach(this.#searchParams, () => {
        this.#isStale = true;
      });
    }
    return this.#searchParams;
  }

  get hash() {
    return this.#context.hash;
  }

  set hash(value) {
    if (this.#context) this.#update('hash', `${value}`);
  }

  toJSON() {
    this.#writeParams();
    return this.#context.href;
  }

  [customInspectSymbol](depth, options) {
    this.#writeParams();
    if (typeof depth === 'number' && depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    const { constructor } = Object.getPrototypeOf(this) ?? { constructor: URL };
    const shown = { __proto__: { constructor: constructor === URL ? URL : constructor } };
    for (const name of shownNames) shown[name] = this[name];
    if (options.showHidden) shown[Symbol('context')] = new ShownContext(this.#context);
    return `${constructor.name} ${inspect(shown, options)}`;
  }
}

const shownNames = [
  'href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search',
  'searchParams', 'hash',
];

enumerable(URL.prototype, ['toString', ...shownNames, 'toJSON']);
enumerable(URL, ['parse', 'canParse']);
Object.defineProperty(URL.prototype, Symbol.toStringTag, { __proto__: null, configurable: true, value: 'URL' });

/**
 * The context as `inspect` shows it with hidden properties: in Node's names, an omitted part being the largest
 * uint32.
 */
const ShownContext = class URLContext {
  constructor(context) {
    const place = (index) => (index === -1 ? 0xFFFFFFFF : index);
    this.href = context.href;
    this.protocol_end = context.protocolEnd;
    this.username_end = context.usernameEnd;
    this.host_start = context.hostStart;
    this.host_end = context.hostEnd;
    this.pathname_start = context.pathnameStart;
    this.search_start = place(context.searchStart);
    this.hash_start = place(context.hashStart);
    this.port = place(context.port);
    this.scheme_type = context.schemeType;
    const flags = { hasPort: this.port, hasSearch: this.search_start, hasHash: this.hash_start };
    for (const [name, value] of Object.entries(flags)) {
      Object.defineProperty(this, name, { __proto__: null, configurable: true, get: () => value !== 0xFFFFFFFF });
    }
  }
};

// Blobs by URL

function createObjectURL(obj) {
  const { isBlob } = require('internal/blob');
  if (!isBlob(obj)) throw new ERR_INVALID_ARG_TYPE('obj', 'Blob', obj);
  return require('internal/url/object_urls').store(obj);
}

function revokeObjectURL(url) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
  require('internal/url/object_urls').revoke(`${url}`);
}

for (const method of [createObjectURL, revokeObjectURL]) {
  Object.defineProperty(URL, method.name, {
    __proto__: null, value: method, writable: true, enumerable: true, configurable: true,
  });
}

// Neither can be posted to anybody: as plain objects they would arrive empty.
for (const Class of [URL, URLSearchParams]) defineTransferMode(Class, NEITHER, () => true);

// Around URLs

/** Whether it looks like an URL of any implementation and is not what `url.parse` gives. */
function isURL(value) {
  return Boolean(value?.href && value.protocol && value.auth === undefined && value.path === undefined);
}

/** The URL's path if it is one of a file; anything else as it is. */
function toPathIfFileURL(value) {
  return isURL(value) ? fileURLToPath(value) : value;
}

/** The host that `domain` is in an URL, as the context has it; '' if it is none. */
function hostOf(domain) {
  const { hostname } = updateURL(parseURL('ws://x'), 'hostname', domain);
  return hostname === 'x' && domain !== 'x' ? updateURL(parseURL('ws://y'), 'hostname', domain).hostname : hostname;
}

function domainToASCII(domain) {
  if (arguments.length < 1) throw new ERR_MISSING_ARGS('domain');
  return asciiHost(`${domain}`);
}

function asciiHost(domain) {
  const host = hostOf(domain);
  return host === 'y' ? '' : host;
}

function domainToUnicode(domain) {
  if (arguments.length < 1) throw new ERR_MISSING_ARGS('domain');
  return labelsToUnicode(asciiHost(`${domain}`));
}

function decodedOrNot(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What `http.request` takes, from an URL. */
function urlToHttpOptions(url) {
  validateObject(url, 'url', 2);
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname && hostname[0] === '[' ? hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search,
    pathname,
    path: `${pathname || ''}${search || ''}`,
    href: url.href,
  };
  if (port !== '') options.port = Number(port);
  if (username || password) options.auth = `${decodedOrNot(username)}:${decodedOrNot(password)}`;
  return options;
}

module.exports = {
  URL,
  URLSearchParams,
  domainToASCII,
  domainToUnicode,
  fileURLToPath,
  fileURLToPathBuffer,
  isURL,
  pathToFileURL,
  toPathIfFileURL,
  urlToHttpOptions,
};
