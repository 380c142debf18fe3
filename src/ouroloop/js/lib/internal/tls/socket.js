'use strict';

// TLSSocket: a net.Socket whose handle is a TLSHandle.
//
// Theory of operation. It stands on a connection of its own (`tls.connect`), on a net.Socket, whose handle it takes
// over, or on any Duplex. 'secure' comes at the end of the handshake; who has the socket then decides whether it is
// trusted and says 'secureConnect' (internal/tls/connect) or 'secureConnection' (internal/tls/server).
//
// What surprises people: a certificate that nobody trusts ends no handshake. And when the socket closes, so does what
// it stands on, and the other way round.

const net = require('net');
const { Buffer } = require('buffer');
const { Duplex } = require('stream');
const { getOptionValue } = require('internal/options');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_MULTIPLE_CALLBACK, ERR_SOCKET_CLOSED, ERR_TLS_ALPN_CALLBACK_INVALID_RESULT,
    ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS, ERR_TLS_HANDSHAKE_TIMEOUT, ERR_TLS_INVALID_STATE,
    ERR_TLS_RENEGOTIATION_DISABLED, ERR_TLS_SNI_FROM_SERVER,
  },
  genericNodeError,
} = require('internal/errors');
const {
  validateBuffer, validateFunction, validateInt32, validateObject, validateString, validateUint32,
} = require('internal/validators');
const { wrapConnectedHandle } = require('internal/net');
const { listenTo } = require('internal/net/socket');
const { notThere } = require('internal/not_there');
const { TLSHandle } = require('internal/tls/handle');
const { JSStreamSocket } = require('internal/js_stream_socket');
const { Context, SecureContext, createSecureContext } = require('internal/tls/secure_context');
const { convertALPNProtocols, toWire } = require('internal/tls/protocols');
const { chained, shown } = require('internal/tls/certificate');
const { certificateOf } = require('internal/crypto/x509');
const { warnOnce } = require('internal/util');

const kIsVerified = Symbol('verified');
const kErrorEmitted = Symbol('error-emitted');
const kPendingSession = Symbol('pendingSession');
const kIsServer = Symbol('kIsServer');
const kRenegotiations = Symbol('kRenegotiations');
const kIsRenegotiationDisabled = Symbol('kDisableRenegotiation');

const VERIFY_NONE = 0;
const VERIFY_PEER = 1;
const FAIL_IF_NO_PEER_CERT = 2;

const LARGEST_RECORD = 16384;
const SMALLEST_RECORD = 512;

function TLSSocket(socket, opts) {
  const options = { ...opts };
  if (options.ALPNCallback) {
    validateFunction(options.ALPNCallback, 'options.ALPNCallback');
    if (options.ALPNProtocols) throw new ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS();
  }
  if (options.ALPNProtocols) convertALPNProtocols(options.ALPNProtocols, options);
  if (options.pskCallback) throw notThere('tls: pskCallback');
  if (options.enableTrace) throw notThere('tls: enableTrace');
  this._tlsOptions = options;
  this._secureEstablished = false;
  this._securePending = false;
  this._newSessionPending = false;
  this._controlReleased = false;
  this.secureConnecting = true;
  this._SNICallback = null;
  this.servername = null;
  this.alpnProtocol = null;
  this.authorized = false;
  this.authorizationError = null;
  this[kIsVerified] = false;
  this[kErrorEmitted] = false;
  this[kPendingSession] = null;
  this[kIsServer] = Boolean(options.isServer);
  this[kRenegotiations] = 0;
  this[kIsRenegotiationDisabled] = false;
  this._init(options);
  Reflect.apply(net.Socket, this, [{
    allowHalfOpen: socket ? socket.allowHalfOpen : options.allowHalfOpen,
    pauseOnCreate: options.pauseOnConnect, manualStart: true, highWaterMark: options.highWaterMark,
    onread: socket ? undefined : options.onread, signal: options.signal,
  }]);
  this.ssl = null;
  // Until the program has the socket, its errors are nobody's.
  this.on('error', this._tlsError);
  this.on('newListener', enableKeylog);
  logKeys(this);
  if (options.pauseOnConnect) this.readableFlowing = false;
  if (socket) standOn(this, socket);
}
Object.setPrototypeOf(TLSSocket.prototype, net.Socket.prototype);
Object.setPrototypeOf(TLSSocket, net.Socket);

/** What a program is to have given, before anything is opened. */
TLSSocket.prototype._init = function(options) {
  options.requestCert = Boolean(options.requestCert) || !this[kIsServer];
  options.rejectUnauthorized = options.rejectUnauthorized !== false;
  this._requestCert = options.requestCert;
  this._rejectUnauthorized = options.rejectUnauthorized;
  if (options.SNICallback) {
    validateFunction(options.SNICallback, 'options.SNICallback');
    this._SNICallback = options.SNICallback;
  }
  options.secureContext ||= options.credentials || createSecureContext(options);
};

function enableKeylog(event) {
  if (event !== 'keylog') return;
  this._tlsOptions.wantsKeylog = true;
  this._handle?.set?.('keylog', true);
}

/** `--tls-keylog`: every secret goes to a file. */
function logKeys(socket) {
  const file = getOptionValue('--tls-keylog');
  if (!file) return;
  warnOnce('--tls-keylog',
    `Using --tls-keylog makes TLS connections insecure by writing secret key material to file ${file}`);
  socket.on('keylog', (line) => require('fs').appendFileSync(file, line, { mode: 0o600 }));
}

// What it stands on

function standOn(socket, below) {
  if (below instanceof net.Socket) standOnSocket(socket, below);
  else if (below instanceof Duplex || typeof below.pipe === 'function') standOnStream(socket, below);
  else throw new ERR_INVALID_ARG_TYPE('socket', 'Duplex', below);
}

function standOnSocket(socket, below) {
  socket._parent = below;
  if (below._handle && !below.connecting) {
    takeOver(socket, below);
  } else if (below.destroyed) {
    process.nextTick(() => socket.destroy());
  } else {
    socket.connecting = true;
    below.once('connect', () => {
      if (socket.destroyed) return;
      takeOver(socket, below);
      socket.connecting = false;
      socket.emit('connect');
      socket._start();
      socket.read(0);
    });
  }
  below.on('error', (error) => {
    if (socket._handle === null || socket.connecting) socket.destroy(error);
  });
  below.once('close', () => socket.destroy());
  socket.once('close', () => below.destroy());
  forwardTimeout(socket, below);
}

function forwardTimeout(socket, below) {
  // A time that was set below goes on to count what the program does here.
  if (below.timeout) socket.setTimeout(below.timeout);
}

function takeOver(socket, below) {
  const received = [];
  for (let chunk = below.read(); chunk !== null; chunk = below.read()) received.push(chunk);
  secure(socket, below._handle, (callback) => closeSocket(below, callback));
  socket._handle._parentWrap = below;
  socket._received = received;
  begin(socket);
}

function closeSocket(below, callback) {
  if (below._handle === null) {
    process.nextTick(callback);
    return;
  }
  below.once('close', () => callback());
  below.destroy();
}

function standOnStream(socket, stream) {
  const received = [];
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) received.push(chunk);
  const below = new JSStreamSocket(stream);
  secure(socket, below._handle, (callback) => {
    below.destroy();
    process.nextTick(callback);
  });
  socket._handle._parentWrap = below;
  below.on('error', (error) => socket.destroy(error));
  below.once('close', () => socket.destroy());
  // The other end may be in this program, and answer before anybody listens.
  socket._received = received;
  process.nextTick(begin, socket);
}

/** A server waits for a client; a client begins when it is told to, or has something to write. */
function begin(socket) {
  if (!socket[kIsServer] || socket.destroyed) return;
  socket._start();
  socket.read(0);
}

/** Encrypt what goes through `below`, from now on. */
function secure(socket, below, closeBelow) {
  const options = socket._tlsOptions;
  const isServer = socket[kIsServer];
  const handle = new TLSHandle(below, closeBelow, options.secureContext.context, isServer, {
    serverName: isServer ? '' : options.servername, protocols: options.ALPNProtocols,
    requestCertificate: options.requestCert, requireCertificate: options.requestCert && options.rejectUnauthorized,
    requestStatus: Boolean(options.requestOCSP),
    session: isServer ? undefined : socket[kPendingSession] ?? options.session,
    stopAtHello: isServer && wantsHello(socket),
    tellsSessions: isServer && (options.server ?? socket).listenerCount('newSession') > 0,
  });
  handle.onerror = (error) => onError(socket, error);
  handle.onhandshakedone = () => onHandshakeDone(socket, handle);
  handle.onhello = (...hello) => onHello(socket, handle, ...hello);
  handle.onsession = (session) => socket.emit('session', Buffer.from(session));
  handle.onnewsession = (id, session, done) => {
    offerSession(socket, Buffer.from(id), Buffer.from(session), done);
  };
  handle.onkeylog = (line) => socket.emit('keylog', Buffer.from(line));
  handle.onstatus = (response) => socket.emit('OCSPResponse', response === null ? null : Buffer.from(response));
  if (options.wantsKeylog) handle.set('keylog', true);
  if (options.largestRecord) handle.set('largestRecord', options.largestRecord);
  socket.ssl = handle;
  socket._handle = handle;
  listenTo(socket, handle);
}

/** `net` calls this when a connection that it made for the socket is there. */
TLSSocket.prototype[wrapConnectedHandle] = function() {
  const below = this._handle;
  secure(this, below, (callback) => below.close(callback));
  this._start();
};

TLSSocket.prototype._start = function() {
  if (this.connecting && !this.ssl) return;
  const received = this._received ?? [];
  this._received = undefined;
  this._handle?.start(
    received.map(({ buffer, byteOffset, byteLength }) => buffer.slice(byteOffset, byteOffset + byteLength)));
};

// The handshake

function wantsHello(socket) {
  const { ALPNCallback, server = socket } = socket._tlsOptions;
  return socket._SNICallback !== null || Boolean(ALPNCallback) ||
    ['OCSPRequest', 'resumeSession'].some((event) => server.listenerCount(event) > 0);
}

/** A client has said whom it wants, which protocols it speaks, and by which name it had a session. */
function onHello(socket, handle, name, protocols, wantsStatus, sessionId) {
  if (name) socket.servername = name;
  const orFail = (then) => (error, value) => {
    if (!error) then(value);
    else if (!socket.destroyed) socket.destroy(error);
  };
  askSession(socket, sessionId, orFail((session) => {
    chooseContext(socket, name, orFail((context) => {
      if (context) handle.useContext(context);
      askStatus(socket, handle, wantsStatus, orFail((status) => {
        if (socket.destroyed) return;
        const chosen = chooseProtocol(socket, name, protocols);
        if (chosen !== null) handle.proceed({ protocols: chosen, status, session });
      }));
    }));
  }));
}

const listenerOf = (socket) => socket._tlsOptions.server ?? socket;

function askSession(socket, id, callback) {
  const listener = listenerOf(socket);
  if (id === null || listener.listenerCount('resumeSession') === 0) {
    callback(null);
    return;
  }
  listener.emit('resumeSession', Buffer.from(id), onceOnly(socket, (error, session) => {
    if (!error && socket._handle === null) socket.destroy(new ERR_SOCKET_CLOSED());
    else callback(error, session);
  }));
}

/** A session was made that a client may want to take up; who keeps it says when that is done. */
function offerSession(socket, id, session, done) {
  let isDone = false;
  const listener = listenerOf(socket);
  const once = () => {
    if (isDone) return;
    isDone = true;
    if (socket._handle === null) socket.destroy(new ERR_SOCKET_CLOSED());
    else done();
  };
  if (!listener.emit('newSession', id, session, once)) once();
}

/** Call `callback` once; a second call is an error of the program's. */
function onceOnly(socket, callback) {
  let isCalled = false;
  return (...values) => {
    if (isCalled) {
      socket.destroy(new ERR_MULTIPLE_CALLBACK());
      return;
    }
    isCalled = true;
    callback(...values);
  };
}

function chooseContext(socket, name, callback) {
  if (!name || socket._SNICallback === null) {
    callback(null);
    return;
  }
  socket._SNICallback(name, onceOnly(socket, (error, context) => {
    if (error) {
      callback(error);
      return;
    }
    const chosen = context?.context ?? context;
    const isContext = chosen instanceof Context;
    if (chosen && !isContext) callback(genericNodeError('Invalid SNI context', { code: 'ERR_TLS_INVALID_CONTEXT' }));
    else callback(null, chosen);
  }));
}

function askStatus(socket, handle, wantsStatus, callback) {
  const target = listenerOf(socket);
  if (!wantsStatus || target.listenerCount('OCSPRequest') === 0) {
    callback(null);
    return;
  }
  const own = handle.query('ownRaw');
  const issuer = handle.query('ownIssuer');
  target.emit('OCSPRequest', own && Buffer.from(own), issuer ? Buffer.from(issuer) : null, onceOnly(socket, callback));
}

/** On the wire; undefined to leave it as it is; null when the connection has failed. */
function chooseProtocol(socket, servername, protocols) {
  const { ALPNCallback } = socket._tlsOptions;
  if (!ALPNCallback || protocols.length === 0) return undefined;
  let chosen;
  try {
    chosen = Reflect.apply(ALPNCallback, socket, [{ servername, protocols }]);
  } catch (error) {
    socket.destroy(error);
    return null;
  }
  // None that the client offers: it is told so.
  if (chosen === undefined) return toWire([]);
  if (protocols.includes(chosen)) return toWire([chosen]);
  socket.destroy(new ERR_TLS_ALPN_CALLBACK_INVALID_RESULT(chosen, protocols));
  return null;
}

function onHandshakeDone(socket, handle) {
  if (handle !== socket._handle) return;
  socket.alpnProtocol = handle.query('alpnProtocol') ?? false;
  socket.servername = handle.query('serverName') ?? false;
  if (socket._secureEstablished) return;
  socket._finishInit();
}

TLSSocket.prototype._finishInit = function() {
  if (!this._handle) return;
  this._secureEstablished = true;
  this.secureConnecting = false;
  if (this._tlsOptions.handshakeTimeout > 0) this.setTimeout(0, this._handleTimeout);
  this.emit('secure');
};

TLSSocket.prototype._handleTimeout = function() {
  this._emitTLSError(new ERR_TLS_HANDSHAKE_TIMEOUT());
};

/** What the protocol says went wrong. */
function onError(socket, error) {
  if (socket._hadError) return;
  socket._hadError = true;
  if (socket._secureEstablished) {
    socket._emitTLSError(error);
    return;
  }
  // Who hears of the error may still look at the socket.
  socket._closeAfterHandlingError = true;
  socket.destroy(error);
}

TLSSocket.prototype._destroySSL = function() {
  this.ssl = null;
};

TLSSocket.prototype._destroy = function(error, callback) {
  Reflect.apply(net.Socket.prototype._destroy, this, [error, callback]);
  this.once('close', this._destroySSL);
};

TLSSocket.prototype._emitTLSError = function(error) {
  const told = this._tlsError(error);
  if (told) this.destroy(told);
};

TLSSocket.prototype._tlsError = function(error) {
  this.emit('_tlsError', error);
  return this._controlReleased ? error : null;
};

/** From now on errors are the program's. True the first time. */
TLSSocket.prototype._releaseControl = function() {
  if (this._controlReleased) return false;
  this._controlReleased = true;
  this.removeListener('error', this._tlsError);
  return true;
};

// What can be asked and set

/** The handle of a socket that is connected and not closed; or null. */
const handleOf = (socket) => (socket._handle ? socket.ssl : null);

TLSSocket.prototype.setServername = function(name) {
  validateString(name, 'name');
  if (this[kIsServer]) throw new ERR_TLS_SNI_FROM_SERVER();
  this._tlsOptions.servername = name;
  this.ssl?.set('serverName', name);
};

TLSSocket.prototype.setSession = function(session) {
  if (typeof session === 'string') session = Buffer.from(session, 'latin1');
  this[kPendingSession] = session;
  this.ssl?.set('session', session);
};

TLSSocket.prototype.setKeyCert = function(context) {
  if (this.ssl === null) return;
  const chosen = context instanceof SecureContext ? context : createSecureContext(context);
  this.ssl.useContext(chosen.context);
};

TLSSocket.prototype.setMaxSendFragment = function(size) {
  validateInt32(size, 'size');
  if (size < SMALLEST_RECORD || size > LARGEST_RECORD) return false;
  this._tlsOptions.largestRecord = size;
  this.ssl?.set('largestRecord', size);
  return true;
};

TLSSocket.prototype.disableRenegotiation = function() {
  this[kIsRenegotiationDisabled] = true;
};

TLSSocket.prototype.renegotiate = function(options, callback) {
  validateObject(options, 'options');
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (this.destroyed) return undefined;
  if (this[kIsRenegotiationDisabled]) {
    if (callback) process.nextTick(callback, new ERR_TLS_RENEGOTIATION_DISABLED());
    return false;
  }
  if (options.rejectUnauthorized !== undefined) this._rejectUnauthorized = options.rejectUnauthorized !== false;
  if (options.requestCert !== undefined) this._requestCert = Boolean(options.requestCert);
  const strictness = this._rejectUnauthorized ? FAIL_IF_NO_PEER_CERT : 0;
  this.ssl.set('verifyMode', this._requestCert ? VERIFY_PEER | strictness : VERIFY_NONE);
  try {
    this.ssl.renegotiate();
  } catch (error) {
    if (callback) process.nextTick(callback, error);
    return false;
  }
  if (callback) this.once('secure', () => callback(null));
  return true;
};

TLSSocket.prototype.enableTrace = function() {
  throw notThere('tls: enableTrace');
};

TLSSocket.prototype.exportKeyingMaterial = function(length, label, context) {
  validateUint32(length, 'length', true);
  validateString(label, 'label');
  if (context !== undefined) validateBuffer(context, 'context');
  if (!this._secureEstablished) throw new ERR_TLS_INVALID_STATE();
  return Buffer.from(handleOf(this).demand('keyingMaterial', length, Buffer.from(label), context ?? null));
};

TLSSocket.prototype.getPeerCertificate = function(detailed) {
  const handle = handleOf(this);
  if (handle === null) return null;
  const list = handle.query('peerCertificates', Boolean(detailed)) ?? [];
  return list.length === 0 ? {} : chained(list, Boolean(detailed));
};

TLSSocket.prototype.getCertificate = function() {
  const handle = handleOf(this);
  if (handle === null) return null;
  const own = handle.query('ownCertificate');
  return own === undefined ? {} : shown(own);
};

TLSSocket.prototype.getPeerX509Certificate = function() {
  return certificateOf(handleOf(this)?.query('peerRaw') ?? []);
};

TLSSocket.prototype.getX509Certificate = function() {
  const own = handleOf(this)?.query('ownRaw');
  return certificateOf(own === undefined ? [] : [own]);
};

TLSSocket.prototype.getSession = function() {
  const session = handleOf(this)?.session;
  return session === undefined ? undefined : Buffer.from(session);
};

TLSSocket.prototype.getTLSTicket = function() {
  const ticket = handleOf(this)?.ticket;
  return ticket === undefined ? undefined : Buffer.from(ticket);
};

TLSSocket.prototype.isSessionReused = function() {
  return handleOf(this)?.query('isSessionReused') ?? null;
};

TLSSocket.prototype.getCipher = function() {
  const handle = handleOf(this);
  if (handle === null) return null;
  const cipher = handle.query('cipher');
  if (cipher === undefined) return {};
  const [name, standardName, version] = cipher;
  return { name, standardName, version };
};

TLSSocket.prototype.getProtocol = function() {
  return handleOf(this)?.query('protocol') ?? null;
};

TLSSocket.prototype.getEphemeralKeyInfo = function() {
  const handle = handleOf(this);
  if (handle === null || this[kIsServer]) return null;
  const found = handle.query('keyInfo');
  if (found === undefined) return {};
  return found.size === null ? { ...found, size: undefined } : found;
};

TLSSocket.prototype.getSharedSigalgs = function() {
  throw notThere('tlsSocket.getSharedSigalgs()');
};

const finishedOf = (socket, isPeers) => {
  const found = handleOf(socket)?.query('finished', isPeers);
  return found === undefined ? undefined : Buffer.from(found);
};

TLSSocket.prototype.getFinished = function() {
  return finishedOf(this, false);
};

TLSSocket.prototype.getPeerFinished = function() {
  return finishedOf(this, true);
};

Object.defineProperty(TLSSocket.prototype, 'encrypted', {
  __proto__: null, configurable: true, enumerable: true, writable: true, value: true,
});

module.exports = { TLSSocket, kIsVerified, kErrorEmitted };
