'use strict';

// BlockList: addresses, ranges and subnets that are not to be talked to.
//
// Theory of operation. Single addresses stand in a map, looked up at once; ranges and subnets are lists of limits, gone
// through one by one. All are numbers in one space (`internal/socketaddress`), so a rule for an IPv4 address holds for
// its mapped IPv6 address too. A clone shares its rules with the original.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateArray, validateInt32, validateString } = require('internal/validators');
const { customInspectSymbol } = require('internal/util');
const { inspectAs } = require('internal/util/class_looks');
const { CLONEABLE, defineTransferMode, kClone, kDeserialize } = require('internal/worker/js_transferable');
const { SocketAddress, addressNumber, familyOf, textOf } = require('internal/socketaddress');
const { isIPv6 } = require('internal/net');

const LABELS = { ipv4: 'IPv4', ipv6: 'IPv6' };
const BITS = { ipv4: 32, ipv6: 128 };

const RULE = /^(?<kind>Address|Range|Subnet): (?<label>IPv4|IPv6) (?<rest>.+)$/;

function checkedFamily(family) {
  validateString(family, 'family');
  return familyOf(family, 'family');
}

class BlockList {
  #rules;

  constructor() {
    this.#rules = { addresses: new Map(), subnets: [], ranges: [] };
  }

  static isBlockList(value) {
    return typeof value === 'object' && value !== null && #rules in value;
  }

  addAddress(address, family = 'ipv4') {
    const found = this.#numberOf(address, family);
    this.#rules.addresses.set(found.number, `Address: ${describe(found)}`);
  }

  addAddresses(addresses, family = 'ipv4') {
    validateArray(addresses, 'addresses');
    for (const address of addresses) this.addAddress(address, family);
  }

  addRange(start, end, family = 'ipv4') {
    const range = this.#rangeOf(start, end, family);
    if (range.first > range.last) {
      throw new ERR_INVALID_ARG_VALUE('start', asSocketAddress(start, family), 'must come before end');
    }
    add(this.#rules.ranges, range);
  }

  addSubnet(network, prefix, family = 'ipv4') {
    add(this.#rules.subnets, this.#subnetOf(network, prefix, family));
  }

  addCIDR(cidr) {
    this.addSubnet(...partsOf(cidr));
  }

  addCIDRs(cidrs) {
    validateArray(cidrs, 'cidrs');
    for (const cidr of cidrs) this.addCIDR(cidr);
  }

  removeAddress(address, family = 'ipv4') {
    this.#rules.addresses.delete(this.#numberOf(address, family).number);
  }

  removeRange(start, end, family = 'ipv4') {
    remove(this.#rules.ranges, this.#rangeOf(start, end, family));
  }

  removeSubnet(network, prefix, family = 'ipv4') {
    remove(this.#rules.subnets, this.#subnetOf(network, prefix, family));
  }

  removeCIDR(cidr) {
    this.removeSubnet(...partsOf(cidr));
  }

  clear() {
    this.#rules.addresses.clear();
    this.#rules.subnets.length = this.#rules.ranges.length = 0;
  }

  /** Whether a rule names `address`. What is no address is not blocked. */
  check(address, family = 'ipv4') {
    if (!SocketAddress.isSocketAddress(address)) {
      validateString(address, 'address');
      validateString(family, 'family');
    }
    let number;
    try {
      ({ number } = this.#numberOf(address, family));
    } catch {
      return false;
    }
    const covers = ({ first, last }) => first <= number && number <= last;
    const { addresses, subnets, ranges } = this.#rules;
    return addresses.has(number) || subnets.some(covers) || ranges.some(covers);
  }

  #numberOf(address, family) {
    if (SocketAddress.isSocketAddress(address)) return addressNumber(address);
    validateString(address, 'address');
    return addressNumber(address, checkedFamily(family), 'address');
  }

  #rangeOf(start, end, family) {
    for (const [value, name] of [[start, 'start'], [end, 'end']]) {
      if (!SocketAddress.isSocketAddress(value)) validateString(value, name);
    }
    const first = this.#numberOf(start, family);
    const last = this.#numberOf(end, family);
    const text = `Range: ${describe(first)}-${textOf(last.number, last.family)}`;
    return { first: first.number, last: last.number, text };
  }

  #subnetOf(network, prefix, family) {
    if (!SocketAddress.isSocketAddress(network)) {
      validateString(network, 'network');
      family = checkedFamily(family);
    } else {
      ({ family } = network);
    }
    validateInt32(prefix, 'prefix', 0, BITS[family]);
    const found = addressNumber(network, family, 'network');
    const rest = (1n << BigInt(BITS[family] - prefix)) - 1n;
    const first = found.number & ~rest;
    return { first, last: first | rest, text: `Subnet: ${describe(found)}/${prefix}` };
  }

  get rules() {
    const { addresses, subnets, ranges } = this.#rules;
    const texts = (list) => list.map(({ text }) => text);
    return [...addresses.values(), ...texts(subnets), ...texts(ranges)];
  }

  get size() {
    const { addresses, subnets, ranges } = this.#rules;
    return addresses.size + subnets.length + ranges.length;
  }

  toJSON() {
    return this.rules;
  }

  /** Add rules as `toJSON` gives them; what is none is passed over. */
  fromJSON(data) {
    if (typeof data === 'string') data = JSON.parse(data);
    if (!Array.isArray(data) || data.some((rule) => typeof rule !== 'string')) {
      throw new ERR_INVALID_ARG_TYPE('data', ['string', 'string[]'], data);
    }
    for (const rule of data) {
      const groups = RULE.exec(rule)?.groups;
      if (groups) this.#addRule(groups.kind, groups.rest, groups.label.toLowerCase());
    }
  }

  #addRule(kind, rest, family) {
    if (kind === 'Address') {
      this.addAddress(rest, family);
    } else if (kind === 'Range') {
      this.addRange(...rest.split('-'), family);
    } else {
      const [network, prefix] = rest.split('/');
      this.addSubnet(network, Number(prefix), family);
    }
  }

  [customInspectSymbol](depth, options) {
    if (depth < 0) return '[BlockList]';
    return inspectAs(this, 'BlockList', { rules: this.rules }, depth, options);
  }

  [kClone]() {
    return { type: 'internal/blocklist:BlockList', data: this.#rules };
  }

  static [kDeserialize](rules) {
    const list = new BlockList();
    list.#rules = rules;
    return list;
  }
}

defineTransferMode(BlockList, CLONEABLE, BlockList.isBlockList);

const describe = ({ number, family }) => `${LABELS[family]} ${textOf(number, family)}`;

const asSocketAddress = (value, family) => (
  SocketAddress.isSocketAddress(value) ? value : new SocketAddress({ address: value, family }));

/** The newest rule stands first. */
function add(list, rule) {
  list.unshift(rule);
}

function remove(list, { first, last }) {
  const position = list.findIndex((rule) => rule.first === first && rule.last === last);
  if (position >= 0) list.splice(position, 1);
}

/** Network, prefix and family of `network/prefix`. */
function partsOf(cidr) {
  validateString(cidr, 'cidr');
  const slash = cidr.lastIndexOf('/');
  if (slash < 0) throw new ERR_INVALID_ARG_VALUE('cidr', cidr, 'must contain a prefix length (e.g. "10.0.0.0/8")');
  const network = cidr.slice(0, slash);
  return [network, Number(cidr.slice(slash + 1)), isIPv6(network) ? 'ipv6' : 'ipv4'];
}

module.exports = { BlockList };
