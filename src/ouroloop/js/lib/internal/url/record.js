'use strict';

// A parsed URL, in the two shapes in which it is kept.
//
// Theory of operation. `URLContext` is the serialized URL with the places where its parts begin: cheap to make, cheap
// to read, and all that an URL object holds. `URLRecord` has the parts as the standard names them: what the parser
// fills and the setters change. Each is made from the other.
//
// https://user:pass@example.com:1234/foo/bar?baz#quux
//       |     |    |          |     |       |   |
//       |     |    |          |     |       |   hashStart
//       |     |    |          |     |       searchStart
//       |     |    |          |     pathnameStart
//       |     |    |          hostEnd
//       |     |    hostStart (the @, if there is one)
//       |     usernameEnd
//       protocolEnd
//
// A part that is not there has the place -1, a port too. Without `//` there is no host, and host and username
// begin and end at protocolEnd.

const NOT_SPECIAL = 1;
// The numbers are Node's, which shows them when an URL is inspected with hidden properties.
const schemeTypes = { '__proto__': null, 'http:': 0, 'https:': 2, 'ws:': 3, 'ftp:': 4, 'wss:': 5, 'file:': 6 };
const FILE = schemeTypes['file:'];
const defaultPorts = [80, -1, 443, 80, 21, 443, -1];

/** The type of a scheme written with its colon. */
function schemeTypeOf(protocol) {
  return schemeTypes[protocol] ?? NOT_SPECIAL;
}

class URLContext {
  constructor(
    href, protocolEnd, usernameEnd, hostStart, hostEnd, port, pathnameStart, searchStart, hashStart, schemeType,
  ) {
    this.href = href;
    this.protocolEnd = protocolEnd;
    this.usernameEnd = usernameEnd;
    this.hostStart = hostStart;
    this.hostEnd = hostEnd;
    this.port = port;
    this.pathnameStart = pathnameStart;
    this.searchStart = searchStart;
    this.hashStart = hashStart;
    this.schemeType = schemeType;
  }

  get hasHost() {
    return this.href.startsWith('//', this.protocolEnd);
  }

  get hasOpaquePath() {
    return this.schemeType === NOT_SPECIAL && this.href.charCodeAt(this.pathnameStart) !== 47 &&
      this.pathnameStart === this.protocolEnd;
  }

  get protocol() {
    return this.href.slice(0, this.protocolEnd);
  }

  get username() {
    return this.usernameEnd > this.protocolEnd + 2 ? this.href.slice(this.protocolEnd + 2, this.usernameEnd) : '';
  }

  get password() {
    return this.hostStart > this.usernameEnd ? this.href.slice(this.usernameEnd + 1, this.hostStart) : '';
  }

  /** Where the host's name begins. */
  get hostnameStart() {
    return this.href.charCodeAt(this.hostStart) === 64 ? this.hostStart + 1 : this.hostStart;
  }

  get hostname() {
    return this.href.slice(this.hostnameStart, this.hostEnd);
  }

  get host() {
    return this.port === -1 ? this.hostname : `${this.hostname}:${this.port}`;
  }

  get pathname() {
    return this.href.slice(this.pathnameStart, this.pathnameEnd);
  }

  get pathnameEnd() {
    if (this.searchStart !== -1) return this.searchStart;
    return this.hashStart === -1 ? this.href.length : this.hashStart;
  }

  /** With its question mark, which stands alone if the query is empty. */
  get query() {
    if (this.searchStart === -1) return '';
    return this.href.slice(this.searchStart, this.hashStart === -1 ? this.href.length : this.hashStart);
  }

  get search() {
    const { query } = this;
    return query.length === 1 ? '' : query;
  }

  get fragment() {
    return this.hashStart === -1 ? '' : this.href.slice(this.hashStart);
  }

  get hash() {
    const { fragment } = this;
    return fragment.length === 1 ? '' : fragment;
  }
}

class URLRecord {
  scheme = ''; // with its colon
  type = NOT_SPECIAL;
  username = '';
  password = '';
  host = null;
  port = -1;
  path = '';
  isOpaque = false;
  query = null;
  fragment = null;

  static from(context) {
    const record = new URLRecord();
    record.setScheme(context.protocol);
    record.username = context.username;
    record.password = context.password;
    record.host = context.hasHost ? context.hostname : null;
    record.port = context.port;
    record.path = context.pathname;
    record.isOpaque = context.hasOpaquePath;
    record.query = context.searchStart === -1 ? null : context.query.slice(1);
    record.fragment = context.hashStart === -1 ? null : context.fragment.slice(1);
    return record;
  }

  setScheme(scheme) {
    this.scheme = scheme;
    this.type = schemeTypeOf(scheme);
  }

  get isSpecial() {
    return this.type !== NOT_SPECIAL;
  }

  get includesCredentials() {
    return this.username !== '' || this.password !== '';
  }

  get cannotHaveCredentialsOrPort() {
    return this.host === null || this.host === '' || this.type === FILE;
  }

  setPort(port) {
    this.port = port === defaultPorts[this.type] ? -1 : port;
  }

  /** Take username, password, host and port from another record. */
  takeAuthority(other) {
    this.username = other.username;
    this.password = other.password;
    this.host = other.host;
    this.port = other.port;
  }

  toContext() {
    let href = this.scheme;
    const protocolEnd = href.length;
    let usernameEnd = protocolEnd;
    let hostStart = protocolEnd;
    let hostEnd = protocolEnd;
    if (this.host !== null) {
      href += `//${this.username}`;
      usernameEnd = href.length;
      if (this.password !== '') href += `:${this.password}`;
      hostStart = href.length;
      if (this.includesCredentials) href += '@';
      href += this.host;
      hostEnd = href.length;
      if (this.port !== -1) href += `:${this.port}`;
    } else if (!this.isOpaque && this.path.startsWith('//')) {
      // Or the path would be read as a host the next time.
      href += '/.';
    }
    const pathnameStart = href.length;
    href += this.path;
    const searchStart = this.query === null ? -1 : href.length;
    if (this.query !== null) href += `?${this.query}`;
    const hashStart = this.fragment === null ? -1 : href.length;
    if (this.fragment !== null) href += `#${this.fragment}`;
    return new URLContext(
      href, protocolEnd, usernameEnd, hostStart, hostEnd, this.port, pathnameStart, searchStart, hashStart, this.type);
  }
}

module.exports = { FILE, NOT_SPECIAL, URLContext, URLRecord, defaultPorts, schemeTypeOf };
