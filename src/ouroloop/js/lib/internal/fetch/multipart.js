'use strict';

// multipart/form-data (RFC 7578), written and read as the fetch standard has it. No I/O is done here.
//
// What surprises people: in names only line ends and quotes are escaped, as in URLs. Lines end with CR LF everywhere;
// text values are brought to that when written.

const { Buffer } = require('buffer');
const { File } = require('internal/file');
const { pairsOf } = require('internal/fetch/formdata');

const CRLF = '\r\n';
const toLines = (text) => text.replace(/\r\n?|\n/g, CRLF);
const escaped = (text) => text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
const unescaped = (text) =>
  text.replace(/%0a/gi, '\n').replace(/%0d/gi, '\r').replace(/%22/g, '"');

function newBoundary() {
  const digits = `${Math.floor(Math.random() * 1e11)}`.padStart(11, '0');
  return `----formdata-undici-0${digits}`;
}

/** The body of a form: its boundary, and its parts as bytes and Blobs. */
function serialize(form) {
  const boundary = newBoundary();
  const parts = [];
  for (const [name, value] of pairsOf(form)) {
    const head = `--${boundary}${CRLF}Content-Disposition: form-data; name="${escaped(toLines(name))}"`;
    if (typeof value === 'string') {
      parts.push(Buffer.from(`${head}${CRLF}${CRLF}${toLines(value)}${CRLF}`));
    } else {
      const type = value.type || 'application/octet-stream';
      const file = `; filename="${escaped(value.name)}"${CRLF}Content-Type: ${type}${CRLF}${CRLF}`;
      parts.push(Buffer.from(head + file), value, Buffer.from(CRLF));
    }
  }
  parts.push(Buffer.from(`--${boundary}--${CRLF}`));
  return { boundary, parts };
}

// ---- Reading ----

function fail(message) {
  throw new TypeError(message);
}

/** The parameters of a Content-Disposition: tokens, quoted texts, and RFC 8187's with a charset. */
function dispositionOf(text) {
  const found = { __proto__: null };
  for (const [, name, star, quoted, plain] of
    text.matchAll(/;[\t ]*([^\s=;*]+)(\*)?=(?:"([^"]*)"|([^;]*))/g)) {
    const key = name.toLowerCase();
    if (star) found[key] = decodeURIComponent((plain ?? quoted).trim().replace(/^utf-8'[^']*'/i, ''));
    else found[key] ??= unescaped(quoted ?? plain.trim());
  }
  return found;
}

class Reader {
  #bytes;
  #at = 0;
  #boundary;

  constructor(bytes, boundary) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#boundary = Buffer.from(`--${boundary}`, 'latin1');
  }

  /** Calls `add(name, value)` for each field. */
  read(add) {
    this.#at = this.#bytes.indexOf(this.#boundary);
    if (this.#at === -1) fail('no boundary found in multipart body');
    for (;;) {
      if (!this.#take(this.#boundary)) fail('expected boundary after body');
      if (this.#take('--')) return;
      if (!this.#take(CRLF)) fail('expected CRLF');
      const head = this.#readHead();
      const body = this.#readBody(head.encoding);
      add(head.name, valueOf(head, body));
    }
  }

  #take(expected) {
    const wanted = Buffer.from(expected);
    if (!this.#bytes.subarray(this.#at, this.#at + wanted.length).equals(wanted)) return false;
    this.#at += wanted.length;
    return true;
  }

  #readHead() {
    const head = { name: undefined, filename: undefined, type: undefined, encoding: undefined };
    while (!this.#take(CRLF)) {
      const end = this.#bytes.indexOf(CRLF, this.#at);
      if (end === -1) fail('expected CRLF');
      const line = this.#bytes.toString('utf8', this.#at, end);
      this.#at = end + 2;
      this.#takeHeader(head, line);
    }
    if (head.name === undefined) fail('header name is null');
    return head;
  }

  #takeHeader(head, line) {
    const colon = line.indexOf(':');
    if (colon <= 0) fail('invalid header');
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, colon).toLowerCase()) {
      case 'content-disposition': {
        if (!/^form-data/i.test(value)) fail('expected form-data for content-disposition header');
        const { name, filename } = dispositionOf(value);
        if (name === undefined) fail('name attribute is required in content-disposition header');
        head.name = name;
        head.filename = filename;
        return;
      }
      case 'content-type': head.type = value; break;
      case 'content-transfer-encoding': head.encoding = value.toLowerCase(); break;
      default:
    }
  }

  #readBody(encoding) {
    const end = this.#bytes.indexOf(Buffer.concat([Buffer.from(CRLF), this.#boundary]), this.#at);
    if (end === -1) fail('expected boundary after body');
    const body = this.#bytes.subarray(this.#at, end);
    this.#at = end + 2;
    return encoding === 'base64' ? Buffer.from(body.toString('latin1'), 'base64') : body;
  }
}

function valueOf({ filename, type = 'text/plain' }, body) {
  if (filename === undefined) return body.toString('utf8');
  return new File([body], filename, { type: /[^\0-\x7f]/.test(type) ? '' : type });
}

/** Reads a form's fields into `form`. Throws a TypeError for what is no multipart body. */
function parse(bytes, boundary, form) {
  if (boundary === null) fail('missing boundary in content-type header');
  new Reader(bytes, boundary).read((name, value) => form.append(name, value));
}

module.exports = { parse, serialize };
