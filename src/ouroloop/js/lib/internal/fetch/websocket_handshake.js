'use strict';

// The handshake of a WebSocket (RFC 6455, section 4): a request that asks to upgrade, and what the answer has to say.

const { Buffer } = require('buffer');
const crypto = require('crypto');
const { HeaderList } = require('internal/fetch/headers');

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const acceptOf = (key) => crypto.createHash('sha1').update(key + MAGIC).digest('base64');

function headersFor(url, key, protocols, extra) {
  const list = ['host', url.host, 'connection', 'upgrade', 'upgrade', 'websocket'];
  for (const [name, value] of extra) list.push(name, value);
  list.push('sec-websocket-key', key, 'sec-websocket-version', '13');
  if (protocols.length > 0) list.push('sec-websocket-protocol', protocols.join(', '));
  return [
    ...list,
    'sec-websocket-extensions', 'permessage-deflate; client_max_window_bits',
    'accept', '*/*',
    'accept-language', '*',
    'sec-fetch-mode', 'websocket',
    'user-agent', 'node',
    'pragma', 'no-cache',
    'cache-control', 'no-cache',
    'accept-encoding', url.protocol === 'wss:' ? 'br, gzip, deflate' : 'gzip, deflate',
  ];
}

/** Extensions as a Map of their names and parameters, of which those without a value are ''. */
function parseExtensions(text) {
  const extensions = new Map();
  for (const each of text.split(',')) {
    const [name, ...parameters] = each.split(';').map((part) => part.trim());
    const pairs = parameters.map((part) => {
      const [key, value = ''] = part.split('=');
      return [key.trim(), value.trim().replace(/^"|"$/g, '')];
    });
    extensions.set(name, new Map(pairs));
  }
  return extensions;
}

/** The parameters of permessage-deflate, null if it was not agreed on, undefined if the answer is not acceptable. */
function deflateOf(text) {
  if (text === null) return null;
  const extensions = parseExtensions(text);
  const parameters = extensions.get('permessage-deflate');
  if (extensions.size !== 1 || parameters === undefined) return undefined;
  const bits = parameters.get('server_max_window_bits');
  if (bits !== undefined && !/^(?:[89]|1[0-5])$/.test(bits)) return undefined;
  return parameters;
}

/** What the answer agreed on, or null if it is none to this handshake. */
function agreementOf({ rawHeaders }, key, protocols) {
  const headers = new HeaderList();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at], rawHeaders[at + 1]);
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return null;
  if (headers.get('connection')?.toLowerCase() !== 'upgrade') return null;
  if (headers.get('sec-websocket-accept') !== acceptOf(key)) return null;
  const extensions = headers.get('sec-websocket-extensions');
  const deflate = deflateOf(extensions);
  if (deflate === undefined) return null;
  const protocol = headers.get('sec-websocket-protocol');
  // One that was asked for has to be chosen, and no other.
  if (protocols.length > 0 ? !protocols.includes(protocol) : protocol !== null) return null;
  return { extensions: extensions ?? '', protocol: protocol ?? '', deflate };
}

/**
 * Begins a handshake. `done(agreement, socket, rest)` is called once; with null if it failed. Returns a function that
 * gives it up.
 */
function shakeHands(url, protocols, headers, done) {
  const isSecure = url.protocol === 'wss:';
  const key = Buffer.from(crypto.randomBytes(16)).toString('base64');
  let isOver = false;
  const finish = (...result) => {
    if (isOver) return;
    isOver = true;
    done(...result);
  };
  const request = require(isSecure ? 'https' : 'http').request({
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (isSecure ? 443 : 80),
    path: url.pathname + url.search,
    headers: headersFor(url, key, protocols, headers),
    agent: false,
    ...(isSecure && { ALPNProtocols: ['http/1.1'] }),
  });
  request.on('upgrade', (response, socket, rest) => {
    const agreement = agreementOf(response, key, protocols);
    if (isOver || agreement === null) socket.destroy();
    finish(agreement, socket, rest);
  });
  request.on('response', () => {
    request.destroy();
    finish(null);
  });
  request.on('error', () => finish(null));
  request.end();
  return () => {
    isOver = true;
    request.destroy();
  };
}

module.exports = { shakeHands };
