'use strict';

// What is fetched without a network: URLs that hold their data, and those of Blobs in this process.

const { Buffer } = require('buffer');
const { MIMEType } = require('internal/mime');
const { Body } = require('internal/fetch/body');
const { InnerResponse } = require('internal/fetch/response');

const FAILED = 'failed to fetch the data URL';

function respond(parts, headers) {
  const response = new InnerResponse();
  response.type = 'basic';
  response.statusText = 'OK';
  for (const [name, value] of headers) response.headers.append(name, value);
  response.body = new Body(parts);
  return response;
}

/** Percent-encoded text as bytes. */
function percentDecoded(text) {
  const decoded = Buffer.from(text).toString('latin1')
    .replace(/%([\da-f]{2})/gi, (whole, digits) => String.fromCharCode(parseInt(digits, 16)));
  return Buffer.from(decoded, 'latin1');
}

function fromBase64(bytes) {
  try {
    return Buffer.from(require('buffer').atob(bytes.toString('latin1')), 'latin1');
  } catch {
    throw new Error(FAILED);
  }
}

function fetchData({ href }) {
  const text = href.slice('data:'.length).replace(/#.*$/s, '');
  const comma = text.indexOf(',');
  if (comma === -1) throw new Error(FAILED);
  let type = text.slice(0, comma).trim();
  let bytes = percentDecoded(text.slice(comma + 1));
  const isBase64 = /; *base64$/i.test(type);
  if (isBase64) {
    bytes = fromBase64(bytes);
    type = type.replace(/; *base64$/i, '');
  }
  if (type.startsWith(';')) type = `text/plain${type}`;
  const parsed = MIMEType.parse(type) ?? 'text/plain;charset=US-ASCII';
  return respond([bytes], [['content-type', `${parsed}`]]);
}

/** The first and the last byte of a range, null for one that cannot be had. */
function rangeOf(text, size) {
  const match = /^bytes[\t ]*=[\t ]*(\d*)[\t ]*-[\t ]*(\d*)$/.exec(text);
  if (match === null || (match[1] === '' && match[2] === '')) return null;
  const [, from, to] = match;
  if (from === '') return [Math.max(size - Number(to), 0), size - 1];
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return first >= size || first > last ? null : [first, last];
}

function fetchBlob({ href }, { method, headers }) {
  const blob = require('internal/url/object_urls').resolve(href.replace(/#.*$/s, ''));
  if (method !== 'GET' || blob === undefined) throw new Error('invalid method');
  const { size, type } = blob;
  const wanted = headers.get('range');
  if (wanted === null) return respond([blob], [['content-length', `${size}`], ['content-type', type]]);
  const range = rangeOf(wanted, size);
  if (range === null) throw new Error(FAILED);
  const [first, last] = range;
  const part = blob.slice(first, last + 1, type);
  const response = respond([part], [
    ['content-length', `${part.size}`], ['content-type', type], ['content-range', `bytes ${first}-${last}/${size}`],
  ]);
  response.status = 206;
  response.statusText = 'Partial Content';
  return response;
}

module.exports = { fetchBlob, fetchData };
