'use strict';
// Every error that Ouroloop's modules throw on purpose.
//
// `codes.ERR_X` is a class made from one row of the tables below when it is first asked for; nobody pays for the rows
// that are never thrown. A row is the message (for `util.format`), or a method that gives the message and may leave
// details on its `this`, which become properties of the error.
// `name` stays the plain 'TypeError' (programs compare it); the code shows in `code`, in `toString()` and at the head
// of `stack`. That head is written by the default `Error.prepareStackTrace`, which V8 calls when `stack` is first read.
// The functions that make an error (`uvException`, ...) pass themselves as `new.target`, so that V8 leaves them out
// of the trace at no cost.

const uv = require('internal/uv');

const kIsNodeError = Symbol('kIsNodeError');

let inspectModule;
function inspect(value, options) {
  inspectModule ??= require('internal/util/inspect');
  return inspectModule.inspect(value, options);
}

// ---- Pieces of messages ----

function formatList(list, word = 'and') {
  if (list.length < 3) return list.join(` ${word} `);
  return `${list.slice(0, -1).join(', ')}, ${word} ${list[list.length - 1]}`;
}

function determineSpecificType(value) {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'function':
      return `function ${value.name}`;
    case 'object':
      if (value === null) return 'null';
      if (value.constructor && 'name' in value.constructor) return `an instance of ${value.constructor.name}`;
      return inspect(value, { depth: -1 });
    case 'string': {
      const shown = value.length > 28 ? `${value.slice(0, 25)}...` : value;
      return `type string (${shown.includes("'") ? JSON.stringify(shown) : `'${shown}'`})`;
    }
    case 'number':
      return `type number (${Object.is(value, -0) ? '-0' : value})`;
    case 'bigint':
      return `type bigint (${value}n)`;
    default:
      return `type ${typeof value} (${String(value)})`;
  }
}

const kTypes = new Set(
  ['string', 'function', 'number', 'object', 'Function', 'Object', 'boolean', 'bigint', 'symbol']);
const kClassName = /^[A-Z][a-zA-Z0-9]*$/;

function sortExpectations(expected) {
  const types = [];
  const instances = [];
  const others = [];
  for (const value of expected) {
    if (kTypes.has(value)) types.push(value.toLowerCase());
    else if (kClassName.test(value)) instances.push(value);
    else others.push(value);
  }
  // Beside class names "object" would read as a type among instances.
  const at = instances.length > 0 ? types.indexOf('object') : -1;
  if (at !== -1) {
    types.splice(at, 1);
    instances.push('Object');
  }
  return { types, instances, others };
}

function describeExpected(expected) {
  const { types, instances, others } = sortExpectations(Array.isArray(expected) ? expected : [expected]);
  const parts = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? 'one of type' : 'of type'} ${formatList(types, 'or')}`);
  if (instances.length > 0) parts.push(`an instance of ${formatList(instances, 'or')}`);
  if (others.length > 1) parts.push(`one of ${formatList(others, 'or')}`);
  else if (others.length === 1) parts.push(/[A-Z]/.test(others[0]) ? `an ${others[0]}` : others[0]);
  return parts.join(' or ');
}

const argumentOrProperty = (name) => (`${name}`.includes('.') ? 'property' : 'argument');

function describeArgument(name) {
  return name.endsWith(' argument') ? `The ${name}` : `The "${name}" ${argumentOrProperty(name)}`;
}

function separateThousands(digits) {
  return digits.replace(/(?<=\d)(?=(?:\d{3})+$)/g, '_');
}

function describeOutOfRange(value) {
  const large = typeof value === 'bigint' ?
    value > 2n ** 32n || value < -(2n ** 32n) :
    Number.isInteger(value) && Math.abs(value) > 2 ** 32;
  if (!large) return typeof value === 'bigint' ? `${value}n` : inspect(value);
  const digits = String(value);
  return (/^-?\d+$/.test(digits) ? separateThousands(digits) : digits) + (typeof value === 'bigint' ? 'n' : '');
}

const importedFrom = (base) => (base ? ` imported from ${base}` : '');

function baseName(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A property of its own, whatever a program has put on Error.prototype. */
function setURL(error, value) {
  Object.defineProperty(error, 'url', { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

function requireOfESM(filename, hasESMSyntax, parentPath = null, packageJsonPath = null) {
  const message = `require() of ES Module ${filename}${parentPath ? ` from ${parentPath}` : ''} not supported.`;
  const advice = 'to a dynamic import() which is available in all CommonJS modules.';
  if (filename.endsWith('.mjs')) return `${message}\nInstead change the require of ${filename} ${advice}`;
  if (!packageJsonPath) return message;
  const isAmbiguous = parentPath !== null && baseName(parentPath) === baseName(filename);
  const name = isAmbiguous ? filename : baseName(filename);
  if (hasESMSyntax) return `${message}\nInstead change the require of ${name} in ${parentPath} ${advice}`;
  return `${message}\n${name} is treated as an ES module file as it is a .js file whose nearest parent package.json ` +
    'contains "type": "module" which declares all .js files in that package scope as ES modules.\n' +
    `Instead either rename ${name} to end in .cjs, change the requiring code to use dynamic import() which is ` +
    'available in all CommonJS modules, or change "type": "module" to "type": "commonjs" in ' +
    `${packageJsonPath} to treat all .js files as CommonJS (using .mjs for all ES modules instead).\n`;
}

function requireStackOf(parent) {
  const stack = [];
  for (let module = parent; module; module = module.parent) stack.push(module.filename || module.id);
  return stack;
}

function defineHidden(object, name, value) {
  Object.defineProperty(object, name,
    { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

const kInternalBug =
  'This is caused by either a bug in Node.js or incorrect usage of Node.js internals.\n' +
  'Please open an issue with this stack trace at https://github.com/nodejs/node/issues\n';

// ---- The tables: one row for each code, grouped by the class that the error belongs to ----

const errorRows = {
  __proto__: null,
  ERR_ACCESS_DENIED(message, permission = '', resource = '') {
    this.permission = permission;
    this.resource = resource;
    return message;
  },
  ERR_ASSERTION: '%s',
  ERR_ASYNC_LOADER_REQUEST_NEVER_SETTLED: 'Async loader request never settled',
  ERR_CANNOT_WATCH_SIGINT: 'Cannot watch for SIGINT signals',
  ERR_CHILD_CLOSED_BEFORE_REPLY: 'Child closed before reply received',
  ERR_CHILD_PROCESS_IPC_REQUIRED: "Forked processes must have an IPC channel, missing value 'ipc' in %s",
  ERR_CLOSED_MESSAGE_PORT: 'Cannot send data on closed MessagePort',
  ERR_CONTEXT_NOT_INITIALIZED: 'context used is not initialized',
  ERR_CRYPTO_ARGON2_NOT_SUPPORTED: 'Argon2 algorithm not supported',
  ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED: 'Custom engines not supported by this OpenSSL',
  ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY: 'Public key is not valid for specified curve',
  ERR_CRYPTO_ENGINE_UNKNOWN: 'Engine "%s" was not found',
  ERR_CRYPTO_FIPS_FORCED: 'Cannot set FIPS mode, it was forced with --force-fips at startup.',
  ERR_CRYPTO_FIPS_UNAVAILABLE: 'Cannot set FIPS mode in a non-FIPS build.',
  ERR_CRYPTO_HASH_FINALIZED: 'Digest already called',
  ERR_CRYPTO_HASH_UPDATE_FAILED: 'Hash update failed',
  ERR_CRYPTO_INCOMPATIBLE_KEY: 'Incompatible %s: %s',
  ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS: 'The selected key encoding %s %s.',
  ERR_CRYPTO_INITIALIZATION_FAILED: (message = 'Initialization failed') => message,
  ERR_CRYPTO_INVALID_STATE: 'Invalid state for operation %s',
  ERR_CRYPTO_JWK_UNSUPPORTED_CURVE: 'Unsupported JWK EC curve: %s.',
  ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE: 'Unsupported JWK Key Type.',
  ERR_CRYPTO_KEM_NOT_SUPPORTED: 'KEM is not supported',
  ERR_CRYPTO_OPERATION_FAILED: (message = 'Operation failed') => message,
  ERR_CRYPTO_PBKDF2_ERROR: 'PBKDF2 error',
  ERR_CRYPTO_SCRYPT_NOT_SUPPORTED: 'Scrypt algorithm not supported',
  ERR_CRYPTO_SIGN_KEY_REQUIRED: 'No key provided to sign',
  ERR_CRYPTO_UNKNOWN_CIPHER: 'Unknown cipher',
  ERR_CRYPTO_UNKNOWN_DH_GROUP: 'Unknown DH group',
  ERR_CRYPTO_UNSUPPORTED_OPERATION: (message = 'Unsupported crypto operation') => message,
  ERR_DEBUGGER_ERROR: '%s',
  ERR_DEBUGGER_STARTUP_ERROR(message, details) {
    Object.assign(this, details);
    return message;
  },
  ERR_DIR_CLOSED: 'Directory handle was closed',
  ERR_DIR_CONCURRENT_OPERATION:
    'Cannot do synchronous work on directory handle with concurrent asynchronous operations',
  ERR_DLOPEN_DISABLED: 'Cannot load native addon because loading addons is disabled.',
  ERR_DLOPEN_FAILED: '%s',
  ERR_INVALID_MODULE: '%s',
  ERR_DNS_SET_SERVERS_FAILED: 'c-ares failed to set servers: "%s" [%s]',
  ERR_DOMAIN_CALLBACK_NOT_AVAILABLE:
    'A callback was registered through process.setUncaughtExceptionCaptureCallback(), ' +
    'which is mutually exclusive with using the `domain` module',
  ERR_DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE:
    'The `domain` module is in use, which is mutually exclusive with calling ' +
    'process.setUncaughtExceptionCaptureCallback()',
  ERR_DUPLICATE_STARTUP_SNAPSHOT_MAIN_FUNCTION: 'Deserialize main function is already configured.',
  ERR_EVAL_ESM_CANNOT_PRINT: '--print cannot be used with ESM input',
  ERR_EVENT_RECURSION: 'The event "%s" is already being dispatched',
  ERR_EXECUTION_ENVIRONMENT_NOT_AVAILABLE: 'Context not associated with Node.js environment',
  ERR_FALSY_VALUE_REJECTION(reason) {
    this.reason = reason;
    return 'Promise was rejected with falsy value';
  },
  ERR_FS_WATCH_QUEUE_OVERFLOW: 'fs.watch() queued more than %d events',
  ERR_HTTP_BODY_NOT_ALLOWED: 'Adding content for this request method or response status is not allowed.',
  ERR_HTTP_CONTENT_LENGTH_MISMATCH:
    "Response body's content-length of %s byte(s) does not match the content-length of %s byte(s) " +
    'set in header',
  ERR_HTTP_HEADERS_SENT: 'Cannot %s headers after they are sent to the client',
  ERR_HTTP_REQUEST_TIMEOUT: 'Request timeout',
  ERR_HTTP_SOCKET_ASSIGNED: 'ServerResponse has an already assigned socket',
  ERR_HTTP_SOCKET_ENCODING: 'Changing the socket encoding is not allowed per RFC7230 Section 3.',
  ERR_HTTP_TRAILER_INVALID: 'Trailers are invalid with this transfer encoding',
  ERR_HTTP2_CONNECT_AUTHORITY: ':authority header is required for CONNECT requests',
  ERR_HTTP2_CONNECT_PATH: 'The :path header is forbidden for CONNECT requests',
  ERR_HTTP2_CONNECT_SCHEME: 'The :scheme header is forbidden for CONNECT requests',
  ERR_HTTP2_ERROR: '%s',
  ERR_HTTP2_GOAWAY_SESSION: 'New streams cannot be created after receiving a GOAWAY',
  ERR_HTTP2_HEADERS_AFTER_RESPOND: 'Cannot specify additional headers after response initiated',
  ERR_HTTP2_HEADERS_SENT: 'Response has already been initiated.',
  ERR_HTTP2_INVALID_SESSION: 'The session has been destroyed',
  ERR_HTTP2_INVALID_STREAM: 'The stream has been destroyed',
  ERR_HTTP2_MAX_PENDING_SETTINGS_ACK: 'Maximum number of pending settings acknowledgements',
  ERR_HTTP2_NESTED_PUSH: 'A push stream cannot initiate another push stream.',
  ERR_HTTP2_NO_MEM: 'Out of memory',
  ERR_HTTP2_NO_SOCKET_MANIPULATION: 'HTTP/2 sockets should not be directly manipulated (e.g. read and written)',
  ERR_HTTP2_OUT_OF_STREAMS: 'No stream ID is available because maximum stream ID has been reached',
  ERR_HTTP2_PAYLOAD_FORBIDDEN: 'Responses with %s status must not have a payload',
  ERR_HTTP2_PING_CANCEL: 'HTTP2 ping cancelled',
  ERR_HTTP2_PUSH_DISABLED: 'HTTP/2 client has disabled push streams',
  ERR_HTTP2_SEND_FILE: 'Directories cannot be sent',
  ERR_HTTP2_SEND_FILE_NOSEEK: 'Offset or length can only be specified for regular files',
  ERR_HTTP2_SESSION_ERROR: 'Session closed with error code %s',
  ERR_HTTP2_SETTINGS_CANCEL: 'HTTP2 session settings canceled',
  ERR_HTTP2_SOCKET_BOUND: 'The socket is already bound to an Http2Session',
  ERR_HTTP2_SOCKET_UNBOUND: 'The socket has been disconnected from the Http2Session',
  ERR_HTTP2_STATUS_101: 'HTTP status code 101 (Switching Protocols) is forbidden in HTTP/2',
  ERR_HTTP2_STREAM_CANCEL(cause) {
    if (cause) this.cause = cause;
    return `The pending stream has been canceled${cause?.message ? ` (caused by: ${cause.message})` : ''}`;
  },
  ERR_HTTP2_STREAM_ERROR: 'Stream closed with error code %s',
  ERR_HTTP2_STREAM_SELF_DEPENDENCY: 'A stream cannot depend on itself',
  ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS: 'Number of custom settings exceeds MAX_ADDITIONAL_SETTINGS',
  ERR_HTTP2_TOO_MANY_INVALID_FRAMES: 'Too many invalid HTTP/2 frames',
  ERR_HTTP2_TOO_MANY_ORIGINS: 'The server sent more ORIGIN frames than the allowed number of %s',
  ERR_HTTP2_TRAILERS_ALREADY_SENT: 'Trailing headers have already been sent',
  ERR_HTTP2_TRAILERS_NOT_READY: 'Trailing headers cannot be sent until after the wantTrailers event is emitted',
  ERR_HTTP2_UNSUPPORTED_PROTOCOL: 'protocol "%s" is unsupported.',
  ERR_INPUT_TYPE_NOT_ALLOWED: '--input-type can only be used with string input via --eval, --print, or STDIN',
  ERR_INSPECTOR_ALREADY_ACTIVATED:
    'Inspector is already activated. Close it with inspector.close() before activating it again.',
  ERR_INSPECTOR_ALREADY_CONNECTED: '%s is already connected',
  ERR_INSPECTOR_CLOSED: 'Session was closed',
  ERR_INSPECTOR_COMMAND: 'Inspector error %d: %s',
  ERR_INSPECTOR_NOT_ACTIVE: 'Inspector is not active',
  ERR_INSPECTOR_NOT_AVAILABLE: 'Inspector is not available',
  ERR_INSPECTOR_NOT_CONNECTED: 'Session is not connected',
  ERR_INSPECTOR_NOT_WORKER: 'Current thread is not a worker',
  ERR_INTERNAL_ASSERTION: (message) => (message === undefined ? kInternalBug : `${message}\n${kInternalBug}`),
  ERR_INVALID_ADDRESS: 'Invalid address',
  ERR_INVALID_PACKAGE_CONFIG: (path, base, message) =>
    `Invalid package config ${path}${base ? ` while importing ${base}` : ''}${message ? `. ${message}` : ''}`,
  ERR_INVALID_PACKAGE_TARGET(packagePath, key, target, isImport = false, base = undefined) {
    const subject = key === '.' ?
      `Invalid "exports" main target ${JSON.stringify(target)} defined` :
      `Invalid "${isImport ? 'imports' : 'exports'}" target ${JSON.stringify(target)} defined for '${key}'`;
    const wantsDotSlash = typeof target === 'string' && !isImport && target.length > 0 && !target.startsWith('./');
    return `${subject} in the package config ${packagePath}package.json${importedFrom(base)}` +
      (wantsDotSlash ? '; targets must start with "./"' : '');
  },
  ERR_INVALID_STATE: 'Invalid state: %s',
  ERR_IPC_CHANNEL_CLOSED: 'Channel closed',
  ERR_IPC_DISCONNECTED: 'IPC channel is already disconnected',
  ERR_IPC_ONE_PIPE: 'Child process can have only one IPC pipe',
  ERR_IPC_SYNC_FORK: 'IPC cannot be used with synchronous forks',
  ERR_IP_BLOCKED: (ip) => `IP(${ip}) is blocked by net.BlockList`,
  ERR_LOADER_CHAIN_INCOMPLETE:
    '"%s" did not call the next hook in its chain and did not explicitly signal a short circuit. ' +
    "If this is intentional, include `shortCircuit: true` in the hook's return.",
  ERR_MEMORY_ALLOCATION_FAILED: 'Failed to allocate memory',
  ERR_MESSAGE_TARGET_CONTEXT_UNAVAILABLE:
    'A message object could not be deserialized successfully in the target vm.Context',
  ERR_METHOD_NOT_IMPLEMENTED: 'The %s method is not implemented',
  ERR_MODULE_NOT_FOUND(path, base, exactUrl) {
    if (exactUrl) setURL(this, `${exactUrl}`);
    return `Cannot find ${exactUrl ? 'module' : 'package'} '${path}' imported from ${base}`;
  },
  ERR_MULTIPLE_CALLBACK: 'Callback called multiple times',
  ERR_NOT_BUILDING_SNAPSHOT: 'Operation cannot be invoked when not building startup snapshot',
  ERR_NOT_IN_SINGLE_EXECUTABLE_APPLICATION:
    'Operation cannot be invoked when not in a single-executable application',
  ERR_NOT_SUPPORTED_IN_SNAPSHOT: '%s is not supported in startup snapshot',
  ERR_NO_CRYPTO: 'Node.js is not compiled with OpenSSL crypto support',
  ERR_NO_TYPESCRIPT: 'Node.js is not compiled with TypeScript support',
  ERR_OPERATION_FAILED: 'Operation failed: %s',
  ERR_PACKAGE_MAP_EXTERNAL_FILE: (specifier, base, map) =>
    `Cannot resolve "${specifier}" from "${base}": file is not within any package defined in ${map}`,
  ERR_PACKAGE_MAP_KEY_NOT_FOUND: (key, map) =>
    `Package key "${key}" referenced in dependencies but not defined in ${map}`,
  ERR_PACKAGE_PATH_NOT_EXPORTED(packagePath, subpath, base = undefined) {
    const subject = subpath === '.' ?
      `No "exports" main defined in ${packagePath}package.json` :
      `Package subpath '${subpath}' is not defined by "exports" in ${packagePath}package.json`;
    return subject + importedFrom(base);
  },
  ERR_PROTO_ACCESS: 'Accessing Object.prototype.__proto__ has been disallowed with --disable-proto=throw',
  ERR_PROXY_INVALID_CONFIG: '%s',
  ERR_PROXY_TUNNEL: '%s',
  ERR_QUIC_CONNECTION_FAILED: 'QUIC connection failed',
  ERR_QUIC_ENDPOINT_CLOSED: 'QUIC endpoint closed: %s (%d)',
  ERR_QUIC_OPEN_STREAM_FAILED: 'Failed to open QUIC stream',
  ERR_QUIC_STREAM_ABORTED: '%s',
  ERR_QUIC_STREAM_RESET: 'The QUIC stream was reset by the peer with error code %d',
  ERR_QUIC_VERSION_NEGOTIATION_ERROR: 'The QUIC session requires version negotiation',
  ERR_REQUIRE_ASYNC_MODULE(filename, parent, topLevelAwaitLocations) {
    let message = 'require() cannot be used on an ESM graph with top-level await. Use import() instead. ' +
      'To see where the top-level await comes from, use --experimental-print-required-tla.';
    if (filename) message += `\nRequired module: ${filename}`;
    if (parent) {
      const stack = requireStackOf(parent);
      defineHidden(this, 'requireStack', stack);
      message += `\nRequire stack:\n- ${stack.join('\n- ')}`;
    }
    if (topLevelAwaitLocations !== undefined) {
      defineHidden(this, 'topLevelAwaitLocations', topLevelAwaitLocations);
    }
    return message;
  },
  ERR_REQUIRE_CYCLE_MODULE: '%s',
  ERR_REQUIRE_ESM: requireOfESM,
  ERR_REQUIRE_ESM_RACE_CONDITION: (filename, parentFilename, isForAsyncLoaderHookWorker) =>
    `Cannot require() ES Module ${filename} because it is not yet fully loaded.\n` +
    'This may be caused by a race condition if the module is simultaneously dynamically import()-ed via ' +
    'Promise.all().\nTry await-ing the import() sequentially in a loop instead.\n' +
    ` (From ${parentFilename ? `${parentFilename} in` : ''} ` +
    `${isForAsyncLoaderHookWorker ? 'loader hook worker thread' : 'non-loader-hook thread'})`,
  ERR_SCRIPT_EXECUTION_INTERRUPTED: 'Script execution was interrupted by `SIGINT`',
  ERR_SCRIPT_EXECUTION_TIMEOUT: 'Script execution timed out after %sms',
  ERR_SERVER_ALREADY_LISTEN: 'Listen method has been called more than once without closing.',
  ERR_SERVER_NOT_RUNNING: 'Server is not running.',
  ERR_SINGLE_EXECUTABLE_APPLICATION_ASSET_NOT_FOUND: 'Cannot find asset %s for the single executable application',
  ERR_SOCKET_ALREADY_BOUND: 'Socket is already bound',
  ERR_SOCKET_CLOSED: 'Socket is closed',
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: 'Socket closed before the connection was established',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'Socket connection timeout',
  ERR_SOCKET_DGRAM_IS_CONNECTED: 'Already connected',
  ERR_SOCKET_DGRAM_NOT_CONNECTED: 'Not connected',
  ERR_SOCKET_DGRAM_NOT_RUNNING: 'Not running',
  ERR_SOCKET_HANDLE_ADOPTED: 'The bound socket has already been adopted by a server or socket',
  ERR_SOURCE_MAP_CORRUPT: "The source map for '%s' does not exist or is corrupt.",
  ERR_SOURCE_MAP_MISSING_SOURCE: "Cannot find '%s' imported from the source map for '%s'",
  ERR_STREAM_ALREADY_FINISHED: 'Cannot call %s after a stream was finished',
  ERR_STREAM_CANNOT_PIPE: 'Cannot pipe, not readable',
  ERR_STREAM_DESTROYED: 'Cannot call %s after a stream was destroyed',
  ERR_STREAM_PREMATURE_CLOSE: 'Premature close',
  ERR_STREAM_PUSH_AFTER_EOF: 'stream.push() after EOF',
  ERR_STREAM_UNABLE_TO_PIPE: 'Cannot pipe to a closed or destroyed stream',
  ERR_STREAM_UNSHIFT_AFTER_END_EVENT: 'stream.unshift() after end event',
  ERR_STREAM_WRAP: 'Stream has StringDecoder set or is in objectMode',
  ERR_STREAM_WRITE_AFTER_END: 'write after end',
  ERR_STRING_TOO_LONG: 'Cannot create a string longer than 0x1fffffe8 characters',
  ERR_SYNTHETIC: 'JavaScript Callstack',
  ERR_TEST_FAILURE(error, failureType) {
    this.failureType = failureType;
    this.cause = error;
    if (typeof error === 'string') return error;
    return error?.message ?? inspect(error);
  },
  ERR_TLS_CERT_ALTNAME_INVALID(reason, host, cert) {
    Object.assign(this, { reason, host, cert });
    return `Hostname/IP does not match certificate's altnames: ${reason}`;
  },
  ERR_TLS_DH_PARAM_SIZE: 'DH parameter size %s is less than 2048',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'TLS handshake timeout',
  ERR_TLS_INVALID_STATE: 'TLS socket connection must be securely established',
  ERR_TLS_PSK_SET_IDENTITY_HINT_FAILED: 'Failed to set PSK identity hint',
  ERR_TLS_RENEGOTIATION_DISABLED: 'TLS session renegotiation disabled for this socket',
  ERR_TLS_RENEGOTIATION_UNSUPPORTED: 'TLS session renegotiation is unsupported by this TLS implementation',
  ERR_TLS_REQUIRED_SERVER_NAME: '"servername" is required parameter for Server.addContext',
  ERR_TLS_SESSION_ATTACK: 'TLS session renegotiation attack detected',
  ERR_TLS_SNI_FROM_SERVER: 'Cannot issue SNI from a TLS server-side socket',
  ERR_TRACE_EVENTS_UNAVAILABLE: 'Trace events are unavailable',
  ERR_UNAVAILABLE_DURING_EXIT: 'Cannot call function in process exit handler',
  ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET:
    '`process.setupUncaughtExceptionCapture()` was called while a capture callback was already active',
  ERR_UNHANDLED_ERROR: (error) => (error === undefined ? 'Unhandled error.' : `Unhandled error. (${error})`),
  ERR_UNKNOWN_BUILTIN_MODULE: 'No such built-in module: %s',
  ERR_UNKNOWN_CREDENTIAL: '%s identifier does not exist: %s',
  ERR_UNSUPPORTED_DIR_IMPORT(path, base, exactUrl) {
    setURL(this, exactUrl);
    return `Directory import '${path}' is not supported resolving ES modules imported from ${base}`;
  },
  ERR_UNSUPPORTED_ESM_URL_SCHEME(url, supported) {
    const windowsHint = process.platform === 'win32' && url.protocol?.length === 2 ?
      '. On Windows, absolute paths must be valid file:// URLs' : '';
    return `Only URLs with a scheme in: ${formatList(supported)} are supported by the default ESM loader` +
      `${windowsHint}. Received protocol '${url.protocol}'`;
  },
  ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING:
    'Stripping types is currently unsupported for files under node_modules, for "%s"',
  ERR_USE_AFTER_CLOSE: '%s was closed',
  ERR_VALID_PERFORMANCE_ENTRY_TYPE: 'At least one valid performance entry type is required',
  ERR_VM_MODULE_ALREADY_LINKED: 'Module has already been linked',
  ERR_VM_MODULE_CACHED_DATA_REJECTED: 'cachedData buffer was rejected',
  ERR_VM_MODULE_CANNOT_CREATE_CACHED_DATA: 'Cached data cannot be created for a module which has been evaluated',
  ERR_VM_MODULE_DIFFERENT_CONTEXT: 'Linked modules must use the same context',
  ERR_VM_MODULE_LINK_FAILURE(message, cause) {
    this.cause = cause;
    return message;
  },
  ERR_VM_MODULE_NOT_MODULE: 'Provided module is not an instance of Module',
  ERR_VM_MODULE_STATUS: 'Module status %s',
  ERR_WASI_ALREADY_STARTED: 'WASI instance has already started',
  ERR_WASI_NOT_STARTED: 'wasi.start() has not been called',
  ERR_WEBASSEMBLY_NOT_SUPPORTED: 'WebAssembly is not supported in this environment, but is required for %s',
  ERR_WORKER_HANDLE_NOT_TRANSFERABLE:
    '%s cannot be transferred in its current state; it must be a freshly created or accepted handle that has ' +
    'not started reading and has no pending writes',
  ERR_WORKER_INIT_FAILED: 'Worker initialization failure: %s',
  ERR_WORKER_INVALID_EXEC_ARGV: (flags, what = 'invalid execArgv flags') =>
    `Initiated Worker with ${what}: ${[...flags].join(', ')}`,
  ERR_WORKER_MESSAGING_ERRORED: 'The destination thread threw an error while processing the message',
  ERR_WORKER_MESSAGING_FAILED: 'Cannot find the destination thread or listener',
  ERR_WORKER_MESSAGING_SAME_THREAD: 'Cannot sent a message to the same thread',
  ERR_WORKER_MESSAGING_TIMEOUT: 'Sending a message to another thread timed out',
  ERR_WORKER_NOT_RUNNING: 'Worker instance not running',
  ERR_WORKER_OUT_OF_MEMORY: 'Worker terminated due to reaching memory limit: %s',
  ERR_WORKER_UNSERIALIZABLE_ERROR: 'Serializing an uncaught exception failed',
  ERR_ZLIB_INITIALIZATION_FAILED: 'Initialization failed',
};

const typeErrorRows = {
  __proto__: null,
  ERR_AMBIGUOUS_ARGUMENT: 'The "%s" argument is ambiguous. %s',
  ERR_ARG_NOT_ITERABLE: '%s must be iterable',
  ERR_ASYNC_CALLBACK: '%s must be a function',
  ERR_ASYNC_TYPE: 'Invalid name for async "type": %s',
  ERR_CONSOLE_WRITABLE_STREAM: 'Console expects a writable stream instance for %s',
  ERR_CONSTRUCT_CALL_INVALID: 'Constructor cannot be called',
  ERR_CONSTRUCT_CALL_REQUIRED: 'Class constructor %s cannot be invoked without `new`',
  ERR_CRYPTO_ECDH_INVALID_FORMAT: 'Invalid ECDH format: %s',
  ERR_CRYPTO_INVALID_AUTH_TAG: (message = 'Invalid authentication tag') => message,
  ERR_CRYPTO_INVALID_COUNTER: 'Invalid counter',
  ERR_CRYPTO_INVALID_CURVE: 'Invalid EC curve name',
  ERR_CRYPTO_INVALID_DIGEST: 'Invalid digest: %s',
  ERR_CRYPTO_INVALID_IV: 'Invalid initialization vector',
  ERR_CRYPTO_INVALID_JWK: 'Invalid JWK data',
  ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE: 'Invalid key object type %s, expected %s.',
  ERR_ENCODING_INVALID_ENCODED_DATA(encoding, errno) {
    this.errno = errno;
    return `The encoded data was not valid for encoding ${encoding}`;
  },
  ERR_FEATURE_UNAVAILABLE_ON_PLATFORM:
    'The feature %s is unavailable on the current platform, which is being used to run Node.js',
  ERR_HTTP2_ALTSVC_INVALID_ORIGIN: 'HTTP/2 ALTSVC frames require a valid origin',
  ERR_HTTP2_ALTSVC_LENGTH: 'HTTP/2 ALTSVC frames are limited to 16382 bytes',
  ERR_HTTP2_HEADER_SINGLE_VALUE: 'Header field "%s" must only have a single value',
  ERR_HTTP2_INVALID_CONNECTION_HEADERS: 'HTTP/1 Connection specific headers are forbidden: "%s"',
  ERR_HTTP2_INVALID_HEADER_VALUE: 'Invalid value "%s" for header "%s"',
  ERR_HTTP2_INVALID_ORIGIN: 'HTTP/2 ORIGIN frames require a valid origin',
  ERR_HTTP2_INVALID_PSEUDOHEADER: '"%s" is an invalid pseudoheader or is used incorrectly',
  ERR_HTTP2_INVALID_SETTING_VALUE(name, actual, min = undefined, max = undefined) {
    this.actual = actual;
    if (min !== undefined) Object.assign(this, { min, max });
    return `Invalid value for setting "${name}": ${actual}`;
  },
  ERR_HTTP2_ORIGIN_LENGTH: 'HTTP/2 ORIGIN frames are limited to 16382 bytes',
  ERR_HTTP2_PSEUDOHEADER_NOT_ALLOWED: 'Cannot set HTTP/2 pseudo-headers',
  ERR_HTTP_INVALID_HEADER_VALUE: 'Invalid value "%s" for header "%s"',
  ERR_ILLEGAL_CONSTRUCTOR: 'Illegal constructor',
  ERR_IMPORT_ATTRIBUTE_MISSING: 'Module "%s" needs an import attribute of "%s: %s"',
  ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE: 'Module "%s" is not of type "%s"',
  ERR_IMPORT_ATTRIBUTE_UNSUPPORTED: (key, value, url = undefined) =>
    `Import attribute "${key}" with value "${value}" is not supported${url === undefined ? '' : ` in ${url}`}`,
  ERR_INCOMPATIBLE_OPTION_PAIR: 'Option "%s" cannot be used in combination with option "%s"',
  ERR_INVALID_ARG_TYPE: (name, expected, actual) =>
    `${describeArgument(name)} must be ${describeExpected(expected)}. Received ${determineSpecificType(actual)}`,
  ERR_INVALID_ARG_VALUE(name, value, reason = 'is invalid') {
    const shown = inspect(value);
    return `The ${argumentOrProperty(name)} '${name}' ${reason}. ` +
      `Received ${shown.length > 128 ? `${shown.slice(0, 128)}...` : shown}`;
  },
  ERR_INVALID_CHAR: (name, field = undefined) =>
    `Invalid character in ${name}${field === undefined ? '' : ` ["${field}"]`}`,
  ERR_INVALID_CURSOR_POS: 'Cannot set cursor row without setting its column',
  ERR_INVALID_FD_TYPE: 'Unsupported fd type: %s',
  ERR_INVALID_FILE_URL_HOST: 'File URL host must be "localhost" or empty on %s',
  ERR_INVALID_FILE_URL_PATH(why, input) {
    this.input = input;
    return `File URL path ${why}`;
  },
  ERR_INVALID_HANDLE_TYPE: 'This handle type cannot be sent',
  ERR_INVALID_HTTP_TOKEN: '%s must be a valid HTTP token ["%s"]',
  ERR_INVALID_IP_ADDRESS: 'Invalid IP address: %s',
  ERR_INVALID_MIME_SYNTAX: (production, text, index) =>
    `The MIME syntax for a ${production} in "${text}" is invalid${index === -1 ? '' : ` at ${index}`}`,
  ERR_INVALID_MODULE_SPECIFIER: (specifier, why, base = undefined) =>
    `Invalid module "${specifier}" ${why}${importedFrom(base)}`,
  ERR_INVALID_OBJECT_DEFINE_PROPERTY: '%s',
  ERR_INVALID_PROTOCOL: 'Protocol "%s" not supported. Expected "%s"',
  ERR_INVALID_REPL_EVAL_CONFIG: 'Cannot specify both "breakEvalOnSigint" and "eval" for REPL',
  ERR_INVALID_REPL_INPUT: '%s',
  ERR_INVALID_RETURN_PROPERTY: (expected, hook, property, value) =>
    `Expected a valid ${expected} to be returned for the "${property}" from the "${hook}" hook but got ` +
    `${determineSpecificType(value)}.`,
  ERR_INVALID_RETURN_PROPERTY_VALUE: (expected, hook, property, value) =>
    `Expected ${expected} to be returned for the "${property}" from the "${hook}" hook but got ` +
    `${determineSpecificType(value)}.`,
  ERR_INVALID_RETURN_VALUE: (expected, name, value) =>
    `Expected ${expected} to be returned from the "${name}" function but got ${determineSpecificType(value)}.`,
  ERR_INVALID_SYNC_FORK_INPUT: 'Asynchronous forks do not support Buffer, TypedArray, DataView or string input: %s',
  ERR_INVALID_THIS: 'Value of "this" must be of type %s',
  ERR_INVALID_TRANSFER_OBJECT: 'Found invalid object in transferList',
  ERR_INVALID_TUPLE: '%s must be an iterable %s tuple',
  ERR_INVALID_URL(input, base = null) {
    this.input = input;
    if (base != null) this.base = base;
    return 'Invalid URL';
  },
  ERR_INVALID_URL_SCHEME: (expected) => {
    const schemes = [expected].flat();
    return `The URL must be ${schemes.length > 1 ? 'one of' : 'of'} scheme ${formatList(schemes, 'or')}`;
  },
  ERR_MISSING_ARGS(...args) {
    const names = args.map((name) => (Array.isArray(name) ? name.map((n) => `"${n}"`).join(' or ') : `"${name}"`));
    return `The ${formatList(names)} argument${names.length > 1 ? 's' : ''} must be specified`;
  },
  ERR_MISSING_OPTION: '%s is required',
  ERR_MISSING_PASSPHRASE: (message = 'Passphrase required for encrypted key') => message,
  ERR_MISSING_TRANSFERABLE_IN_TRANSFER_LIST:
    'Object that needs transfer was found in message but not listed in transferList',
  ERR_MODULE_LINK_MISMATCH: '%s',
  ERR_NAPI_CONS_FUNCTION: 'Constructor must be a function',
  ERR_NO_ICU: '%s is not supported on Node.js compiled without ICU',
  ERR_PACKAGE_IMPORT_NOT_DEFINED: (specifier, packagePath, base) =>
    `Package import specifier "${specifier}" is not defined` +
    `${packagePath ? ` in package ${packagePath}package.json` : ''}${importedFrom(base)}`,
  ERR_PARSE_ARGS_INVALID_OPTION_VALUE: '%s',
  ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: "Unexpected argument '%s'. This command does not take positional arguments",
  ERR_PARSE_ARGS_UNKNOWN_OPTION: (option, allowPositionals) =>
    `Unknown option '${option}'${allowPositionals ?
      ". To specify a positional argument starting with a '-', place it at the end of the command after '--', " +
      `as in '-- ${JSON.stringify(option)}` : ''}`,
  ERR_PERFORMANCE_INVALID_TIMESTAMP: '%d is not a valid timestamp',
  ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS: '%s',
  ERR_SOCKET_BAD_BUFFER_SIZE: 'Buffer size must be a positive integer',
  ERR_SOCKET_BAD_TYPE: 'Bad socket type specified. Valid types are: udp4, udp6',
  ERR_STREAM_ITER_MISSING_FLAG: 'The stream/iter API requires the --experimental-stream-iter flag',
  ERR_STREAM_NULL_VALUES: 'May not write null values to stream',
  ERR_TLS_ALPN_CALLBACK_INVALID_RESULT: (value, protocols) =>
    `ALPN callback returned a value (${value}) that did not match any of the client's offered protocols ` +
    `(${protocols.join(', ')})`,
  ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS: 'The ALPNCallback and ALPNProtocols TLS options are mutually exclusive',
  ERR_TLS_INVALID_CONTEXT: '%s must be a SecureContext',
  ERR_TLS_INVALID_PROTOCOL_METHOD: '%s',
  ERR_TLS_INVALID_PROTOCOL_VERSION: '%j is not a valid %s TLS protocol version',
  ERR_TLS_PROTOCOL_VERSION_CONFLICT: 'TLS protocol version %j conflicts with secureProtocol %j',
  ERR_TRACE_EVENTS_CATEGORY_REQUIRED: 'At least one category is required',
  ERR_TRAILING_JUNK_AFTER_STREAM_END: 'Trailing junk found after the end of the compressed stream',
  ERR_UNESCAPED_CHARACTERS: '%s contains unescaped characters',
  ERR_UNKNOWN_ENCODING: 'Unknown encoding: %s',
  ERR_UNKNOWN_FILE_EXTENSION: 'Unknown file extension "%s" for %s',
  ERR_UNKNOWN_SIGNAL: 'Unknown signal: %s',
  ERR_UNSUPPORTED_RESOLVE_REQUEST:
    'Failed to resolve module specifier "%s" from "%s": ' +
    'Invalid relative URL or base scheme is not hierarchical.',
  ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING: 'A dynamic import callback was not specified.',
  ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG:
    'A dynamic import callback was invoked without --experimental-vm-modules',
  ERR_WEBASSEMBLY_RESPONSE: 'WebAssembly response %s',
  ERR_WORKER_PATH: (path) =>
    'The worker script or module filename must be an absolute path or a relative path starting with \'./\' or ' +
    `'../'. Received "${path}"`,
  ERR_WORKER_UNSUPPORTED_OPERATION: '%s is not supported in workers',
};

const rangeErrorRows = {
  __proto__: null,
  ERR_BROTLI_INVALID_PARAM: '%s is not a valid Brotli parameter',
  ERR_BUFFER_OUT_OF_BOUNDS: (name = undefined) =>
    (name ? `"${name}" is outside of buffer bounds` : 'Attempt to access memory outside buffer bounds'),
  ERR_BUFFER_TOO_LARGE: 'Cannot create a Buffer larger than %s bytes',
  ERR_CHILD_PROCESS_STDIO_MAXBUFFER: '%s maxBuffer length exceeded',
  ERR_CRYPTO_INVALID_KEYLEN: 'Invalid key length',
  ERR_CRYPTO_INVALID_KEYPAIR: 'Invalid key pair',
  ERR_CRYPTO_INVALID_KEYTYPE: 'Invalid key type',
  ERR_CRYPTO_INVALID_MESSAGELEN: 'Invalid message length',
  ERR_CRYPTO_INVALID_SCRYPT_PARAMS: (message = 'Invalid scrypt params') => message,
  ERR_CRYPTO_INVALID_TAG_LENGTH: 'Invalid taglength',
  ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH: 'Input buffers must have the same byte length',
  ERR_ENCODING_NOT_SUPPORTED: 'The "%s" encoding is not supported',
  ERR_FS_FILE_TOO_LARGE: 'File size (%s) is greater than 2 GiB',
  ERR_HTTP2_INFO_STATUS_NOT_ALLOWED: 'Informational status codes cannot be used',
  ERR_HTTP2_INVALID_INFO_STATUS: 'Invalid informational status code: %s',
  ERR_HTTP2_INVALID_PACKED_SETTINGS_LENGTH: 'Packed settings length must be a multiple of six',
  ERR_HTTP2_PING_LENGTH: 'HTTP2 ping payload must be 8 bytes',
  ERR_HTTP2_STATUS_INVALID: 'Invalid status code: %s',
  ERR_HTTP_INVALID_STATUS_CODE: 'Invalid status code: %s',
  ERR_INVALID_ADDRESS_FAMILY(family, host, port) {
    Object.assign(this, { host, port });
    return `Invalid address family: ${family} ${host}:${port}`;
  },
  ERR_INVALID_ASYNC_ID: 'Invalid %s value: %s',
  ERR_INVALID_BUFFER_SIZE: 'Buffer size must be a multiple of %s',
  ERR_INVALID_FD: '"fd" must be a positive integer: %s',
  ERR_NAPI_INVALID_DATAVIEW_ARGS:
    'byte_offset + byte_length should be less than or equal to the size in bytes of the array passed in',
  ERR_NAPI_INVALID_TYPEDARRAY_ALIGNMENT: 'start offset of %s should be a multiple of %s',
  ERR_NAPI_INVALID_TYPEDARRAY_LENGTH: 'Invalid typed array length',
  ERR_OUT_OF_RANGE: (name, range, value, replaceDefault = false) =>
    `${replaceDefault ? name : `The value of "${name}" is out of range.`} It must be ${range}. ` +
    `Received ${describeOutOfRange(value)}`,
  ERR_SOCKET_BAD_PORT: (name, port, allowZero = true) =>
    `${name} should be ${allowZero ? '>=' : '>'} 0 and < 65536. Received ${determineSpecificType(port)}.`,
  ERR_UNKNOWN_MODULE_FORMAT: 'Unknown module format: %s for URL %s',
  ERR_ZSTD_INVALID_PARAM: '%s is not a valid zstd parameter',
};

const syntaxErrorRows = {
  __proto__: null,
  ERR_INVALID_TYPESCRIPT_SYNTAX: '%s',
  ERR_PACKAGE_MAP_INVALID: (path, why) => `Invalid package-map.json at "${path}": ${why}`,
  ERR_SRI_PARSE: 'Subresource Integrity string %j had an unexpected %j at position %d',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'Invalid subject alternative name string',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX: '%s',
};

const uriErrorRows = { __proto__: null, ERR_INVALID_URI: 'URI malformed' };

// The rows of SystemError hold only how the message begins; the rest comes from the failed call.
const systemErrorRows = {
  __proto__: null,
  ERR_FS_CP_DIR_TO_NON_DIR: 'Cannot overwrite non-directory with directory',
  ERR_FS_CP_EEXIST: 'Target already exists',
  ERR_FS_CP_EINVAL: 'Invalid src or dest',
  ERR_FS_CP_FIFO_PIPE: 'Cannot copy a FIFO pipe',
  ERR_FS_CP_NON_DIR_TO_DIR: 'Cannot overwrite directory with non-directory',
  ERR_FS_CP_SOCKET: 'Cannot copy a socket file',
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: 'Cannot overwrite symlink in subdirectory of self',
  ERR_FS_CP_UNKNOWN: 'Cannot copy an unknown file type',
  ERR_FS_EISDIR: 'Path is a directory',
  ERR_SOCKET_BUFFER_SIZE: 'Could not get or set buffer size',
  ERR_SYSTEM_ERROR: 'A system error occurred',
  ERR_TTY_INIT_FAILED: 'TTY initialization failed',
};

// ---- Classes ----

// Programs ask `error.constructor === TypeError`, and must find the class that the language gave them.
function disguise(Class, Base) {
  Object.defineProperty(Class.prototype, 'constructor',
    { __proto__: null, get() { return Base; }, enumerable: false, configurable: true });
  Object.defineProperty(Class.prototype, kIsNodeError, { __proto__: null, value: true });
}

function fill(message, args) {
  if (args.length === 0) return message;
  inspectModule ??= require('internal/util/inspect');
  return inspectModule.format(message, ...args);
}

function makeClass(key, Base, message) {
  const isText = typeof message === 'string';
  class NodeError extends Base {
    constructor(...args) {
      // V8 takes the head of the stack from what is known when the base class is constructed.
      const details = {};
      super(isText ? fill(message, args) : message.apply(details, args));
      this.code = key;
      if (!isText) Object.defineProperties(this, Object.getOwnPropertyDescriptors(details));
    }

    toString() {
      return `${this.name} [${key}]: ${this.message}`;
    }
  }
  disguise(NodeError, Base);
  // A few codes are thrown with another class than the table's too: `new codes.ERR_INVALID_STATE.TypeError(...)`.
  for (const Other of [TypeError, RangeError]) {
    Object.defineProperty(NodeError, Other.name, {
      __proto__: null,
      configurable: true,
      get() {
        const value = makeClass(key, Other, message);
        Object.defineProperty(NodeError, Other.name, { __proto__: null, value });
        return value;
      },
    });
  }
  return NodeError;
}

function describeFailedCall(prefix, { syscall, code, message, path, dest }) {
  let text = `${prefix}: ${syscall} returned ${code} (${message})`;
  if (path !== undefined) text += ` ${path}`;
  if (dest !== undefined) text += ` => ${dest}`;
  return text;
}

/**
 * A failed system call with everything that is known of it in `info`; `errno`, `syscall`, `path` and `dest` are views
 * of `info`, so that a change of one is a change of both.
 */
class SystemError extends Error {
  constructor(key, prefix, info) {
    super(describeFailedCall(prefix, info));
    this.code = key;
    defineHidden(this, 'name', 'SystemError');
    Object.defineProperty(this, 'info', { __proto__: null, value: info, enumerable: true, configurable: true });
    for (const field of ['errno', 'syscall', 'path', 'dest']) {
      if (field === 'errno' || field === 'syscall' || info[field] !== undefined) this.#view(field, info);
    }
  }

  #view(field, info) {
    const isText = field === 'path' || field === 'dest';
    Object.defineProperty(this, field, {
      __proto__: null,
      get: () => (isText && info[field] != null ? info[field].toString() : info[field]),
      set(value) { info[field] = value; },
      enumerable: true,
      configurable: true,
    });
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}
Object.defineProperty(SystemError.prototype, kIsNodeError, { __proto__: null, value: true });

function makeSystemErrorClass(key, prefix) {
  return class NodeError extends SystemError {
    constructor(info) {
      super(key, prefix, info);
    }
  };
}

const tables = [
  [errorRows, Error], [typeErrorRows, TypeError], [rangeErrorRows, RangeError],
  [syntaxErrorRows, SyntaxError], [uriErrorRows, URIError],
];

function classFor(key) {
  if (key in systemErrorRows) return makeSystemErrorClass(key, systemErrorRows[key]);
  const table = tables.find(([rows]) => key in rows);
  return table && makeClass(key, table[1], table[0][key]);
}

const codes = new Proxy({ __proto__: null }, {
  __proto__: null,
  get: (made, key) => (made[key] ??= classFor(key)),
  has: (made, key) => key in systemErrorRows || tables.some(([rows]) => key in rows),
});

class AbortError extends Error {
  constructor(message = 'The operation was aborted', options = undefined) {
    if (options !== undefined && typeof options !== 'object') {
      throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
    }
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

class ConnResetException extends Error {
  constructor(message) {
    super(message);
    this.code = 'ECONNRESET';
  }
}
Object.defineProperty(ConnResetException.prototype, 'constructor', { __proto__: null, value: Error });

class NodeAggregateError extends AggregateError {
  constructor(errors, message) {
    super(errors, message);
    this.code = errors[0]?.code;
  }
}
disguise(NodeAggregateError, AggregateError);

/** Two failures of one operation (say, its work and its clean-up) as one error that shows the outer one first. */
function aggregateTwoErrors(innerError, outerError) {
  if (!innerError || !outerError || innerError === outerError) return innerError || outerError;
  if (Array.isArray(outerError.errors)) {
    outerError.errors.push(innerError);
    return outerError;
  }
  const error = Reflect.construct(AggregateError, [[outerError, innerError], outerError.message], aggregateTwoErrors);
  error.code = outerError.code;
  return error;
}
aggregateTwoErrors.prototype = AggregateError.prototype;

// ---- Errors of system calls ----

const ACCESS_DENIED = -5000; // what an operation gives that the permission model refuses (js/guards.py)

function accessDenied(properties) {
  return require('internal/process/permission').accessDenied(properties);
}

/**
 * @param {{errno: number, syscall: string, code?: string, path?: unknown, dest?: unknown, message?: string}} context
 *   errno: a negative libuv number; path and dest: string, Buffer or URL.
 * @returns {Error} `ENOENT: no such file or directory, open '/a'`
 */
function uvException(context) {
  const { errno, syscall } = context;
  if (errno === ACCESS_DENIED) return accessDenied();
  const [code, description] = uv.getErrorMap().get(errno) ?? ['UNKNOWN', 'unknown error'];
  const path = context.path?.toString();
  const dest = context.dest?.toString();
  let message = `${code}: ${context.message || description}, ${syscall}`;
  if (path !== undefined) message += ` '${path}'`;
  if (dest !== undefined) message += ` -> '${dest}'`;
  const error = Reflect.construct(Error, [message], uvException);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

/** `syscall CODE original` */
function errnoException(errno, syscall, original = undefined) {
  if (errno === ACCESS_DENIED) return accessDenied();
  const code = uv.errname(errno);
  const message = original ? `${syscall} ${code} ${original}` : `${syscall} ${code}`;
  const error = Reflect.construct(Error, [message], errnoException);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  return error;
}

function describeEndpoint(address, port) {
  if (port > 0) return ` ${address}:${port}`;
  return address ? ` ${address}` : '';
}

/** `connect ECONNREFUSED 127.0.0.1:80 - Local (additional)` */
function exceptionWithHostPort(errno, syscall, address, port, additional = undefined) {
  if (errno === ACCESS_DENIED) return accessDenied(port ? { syscall, address, port } : { syscall, address });
  const code = uv.errname(errno);
  const local = additional ? ` - Local (${additional})` : '';
  const message = `${syscall} ${code}${describeEndpoint(address, port)}${local}`;
  const error = Reflect.construct(Error, [message], exceptionWithHostPort);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  error.address = address;
  if (port) error.port = port;
  return error;
}

/** `listen EADDRINUSE: address already in use 127.0.0.1:80` */
function uvExceptionWithHostPort(errno, syscall, address, port = undefined) {
  if (errno === ACCESS_DENIED) return accessDenied(port ? { syscall, address, port } : { syscall, address });
  const [code, description] = uv.getErrorMap().get(errno) ?? ['UNKNOWN', 'unknown error'];
  const message = `${syscall} ${code}: ${description}${describeEndpoint(address, port)}`;
  const error = Reflect.construct(Error, [message], uvExceptionWithHostPort);
  error.code = code;
  error.errno = errno;
  error.syscall = syscall;
  error.address = address;
  if (port) error.port = port;
  return error;
}

/** `code` is a negative number of libuv or a name of c-ares; "no such name" and "no data" both read ENOTFOUND. */
function dnsException(code, syscall, hostname = undefined) {
  let errno;
  if (code === ACCESS_DENIED) return accessDenied(hostname ? { syscall, hostname } : { syscall });
  if (typeof code === 'number') {
    errno = code;
    code = errno === uv.UV_EAI_NODATA || errno === uv.UV_EAI_NONAME ? 'ENOTFOUND' : uv.errname(errno);
  }
  const message = `${syscall} ${code}${hostname ? ` ${hostname}` : ''}`;
  const error = Reflect.construct(Error, [message], dnsException);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  if (hostname) error.hostname = hostname;
  return error;
}

/** A plain Error with own properties, for failures that have no code of their own. */
function genericNodeError(message, properties) {
  return Object.assign(Reflect.construct(Error, [message], genericNodeError), properties);
}

for (const make of
  [uvException, errnoException, exceptionWithHostPort, uvExceptionWithHostPort, dnsException, genericNodeError]) {
  make.prototype = Error.prototype;
}

// ---- Stacks ----

function describeForStack(error) {
  try {
    if (kIsNodeError in error) return `${error.name} [${error.code}]: ${error.message}`;
    return Error.prototype.toString.call(error);
  } catch {
    return '<error>';
  }
}

/** By which the loop gets to a program's function. In Node that is C++, of which stack traces do not tell. */
const DRIVERS = new Map([
  ['node:internal/fs/ring', ['deliver', 'takeFinished']],
  ['node:internal/handles', ['emit']],
  ['node:internal/main', ['run', 'exit', null]],
  ['node:internal/process/execution', ['enter']],
  ['node:internal/process/task_queues',
    ['run', 'runMicrotask', 'runMicrotasks', 'runNextTicks', 'afterCallback', null]],
  ['node:internal/requests', ['complete', 'tellFailure', 'tellRequest']],
  ['node:internal/timers', ['runTimer', 'runList', 'runImmediate', 'runImmediates', 'runTurns']],
]);

function isShown(site) {
  return !DRIVERS.get(site.getScriptNameOrSourceURL())?.includes(site.getFunctionName());
}

/** A stack's text, from frames or their texts. */
function stackOf(error, frames) {
  const head = describeForStack(error);
  return frames.length === 0 ? head : `${head}\n    at ${frames.join('\n    at ')}`;
}

function ErrorPrepareStackTrace(error, trace) {
  return stackOf(error, trace.filter(isShown));
}

// In Node too this is a writable function that programs may replace.
defineHidden(Error, 'prepareStackTrace', ErrorPrepareStackTrace);

/** Marks a check whose frames would tell nothing. They cost nothing to show and something to hide: they are shown. */
function hideStackFrames(fn) {
  return fn;
}

function isStackOverflowError(error) {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded';
}

function isErrorStackTraceLimitWritable() {
  const descriptor = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  if (descriptor === undefined) return Object.isExtensible(Error);
  return descriptor.writable ?? descriptor.set !== undefined;
}

module.exports = {
  AbortError,
  ConnResetException,
  NodeAggregateError,
  aggregateTwoErrors,
  codes,
  dnsException,
  errnoException,
  exceptionWithHostPort,
  genericNodeError,
  hideStackFrames,
  isErrorStackTraceLimitWritable,
  isShown,
  isStackOverflowError,
  stackOf,
  kIsNodeError,
  uvException,
  uvExceptionWithHostPort,
};
