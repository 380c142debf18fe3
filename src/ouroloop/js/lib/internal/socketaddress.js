'use strict';

// SocketAddress: an address and a port that never change; and IP addresses as numbers.
//
// Theory of operation. An IP address is a BigInt of 128 bits here. One of IPv4 is the number of its mapped IPv6 address
// (::ffff:a.b.c.d), so that both families can be compared. Texts are made anew from the numbers: in the shortest form.

const { codes: { ERR_INVALID_ADDRESS, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateObject, validatePort, validateString, validateUint32 } = require('internal/validators');
const { customInspectSymbol, kEmptyObject, kEnumerableProperty } = require('internal/util');
const { inspectAs } = require('internal/util/class_looks');
const { CLONEABLE, defineTransferMode, kClone, kDeserialize } = require('internal/worker/js_transferable');
const { isIPv4, isIPv6 } = require('internal/net');

const MAPPED = 0xffffn << 32n;

function numberOfV4(text) {
  return text.split('.').reduce((number, part) => (number << 8n) | BigInt(part), 0n);
}

function numberOfV6(text) {
  let plain = text.split('%')[0];
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(plain);
  if (dotted) {
    const low = numberOfV4(dotted[0]);
    plain = `${plain.slice(0, dotted.index)}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const [head, tail] = plain.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const groups = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return groups.reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
}

/** The number of an address; undefined for what is none of that family ('ipv4', 'ipv6'). */
function parseAddress(text, family) {
  if (family === 'ipv4') return isIPv4(text) ? MAPPED | numberOfV4(text) : undefined;
  return isIPv6(text) ? numberOfV6(text) : undefined;
}

function textOfV4(number) {
  return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.');
}

function textOfV6(number) {
  const groups = Array.from({ length: 8 }, (_, index) => Number((number >> BigInt(112 - 16 * index)) & 0xffffn));
  const isMapped = number >> 32n === 0xffffn;
  const isCompatible = number >> 32n === 0n && number > 0xffffn;
  if (isMapped || isCompatible) return `::${isMapped ? 'ffff:' : ''}${textOfV4(number)}`;
  const [start, length] = longestZeros(groups);
  const hex = (part) => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** Where the first of the longest runs of zeros begins, and its length. */
function longestZeros(groups) {
  let best = [0, 0];
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best[1]) best = [start, index + 1 - start];
  });
  return best;
}

const textOf = (number, family) => (family === 'ipv4' ? textOfV4(number) : textOfV6(number));

function familyOf(family, name) {
  const known = typeof family === 'string' ? family.toLowerCase() : family;
  if (known !== 'ipv4' && known !== 'ipv6') throw new ERR_INVALID_ARG_VALUE(name, family);
  return known;
}

const kNumber = Symbol('kNumber');

class SocketAddress {
  #number;
  #port;
  #family;
  #flowlabel;

  constructor(options = kEmptyObject) {
    validateObject(options, 'options');
    const family = familyOf(options.family === undefined ? 'ipv4' : options.family, 'options.family');
    const { address = family === 'ipv4' ? '127.0.0.1' : '::', port = 0, flowlabel = 0 } = options;
    validateString(address, 'options.address');
    this.#port = validatePort(port, 'options.port');
    validateUint32(flowlabel, 'options.flowlabel', false);
    this.#number = parseAddress(address, family);
    if (this.#number === undefined) throw invalidAddress();
    this.#family = family;
    this.#flowlabel = family === 'ipv6' ? flowlabel : 0;
  }

  static isSocketAddress(value) {
    return typeof value === 'object' && value !== null && #number in value;
  }

  /** `host:port` or a host, in the forms that a URL may have; undefined for anything else. */
  static parse(input) {
    validateString(input, 'input');
    const url = URL.parse(`http://${input}`);
    if (url === null) return undefined;
    const { hostname, port } = url;
    const isV6 = hostname.startsWith('[') && hostname.endsWith(']');
    try {
      return new SocketAddress({
        address: isV6 ? hostname.slice(1, -1) : hostname, port: port | 0, family: isV6 ? 'ipv6' : 'ipv4',
      });
    } catch {
      return undefined;
    }
  }

  get address() {
    return textOf(this.#number, this.#family);
  }

  get port() {
    return this.#port;
  }

  get family() {
    return this.#family;
  }

  get flowlabel() {
    return this.#flowlabel;
  }

  get [kNumber]() {
    return this.#number;
  }

  toJSON() {
    return { address: this.address, port: this.port, family: this.family, flowlabel: this.flowlabel };
  }

  [customInspectSymbol](depth, options) {
    if (depth < 0) return '[SocketAddress]';
    return inspectAs(this, 'SocketAddress', this.toJSON(), depth, options);
  }

  [kClone]() {
    return { type: 'internal/socketaddress:SocketAddress', data: this.toJSON() };
  }

  static [kDeserialize](data) {
    return new SocketAddress(data);
  }
}

defineTransferMode(SocketAddress, CLONEABLE, SocketAddress.isSocketAddress);
for (const name of ['address', 'port', 'family', 'flowlabel', 'toJSON']) {
  Object.defineProperty(SocketAddress.prototype, name, kEnumerableProperty);
}

function invalidAddress() {
  const error = new ERR_INVALID_ADDRESS();
  error.message = 'Invalid socket address';
  return error;
}

/** `{ number, family }` of a text or a SocketAddress. Throws for what is no address. */
function addressNumber(value, family, name) {
  if (SocketAddress.isSocketAddress(value)) return { number: value[kNumber], family: value.family };
  validateString(value, name);
  const number = parseAddress(value, family);
  if (number === undefined) throw invalidAddress();
  return { number, family };
}

module.exports = { SocketAddress, addressNumber, familyOf, textOf };
