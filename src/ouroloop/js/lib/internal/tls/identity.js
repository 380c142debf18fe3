'use strict';

// checkServerIdentity: whether a certificate is that of a host (RFC 6125).
//
// What surprises people: the subject's common name counts only where no alternative name is of a host; and an address
// is compared with addresses alone.

const { isIP } = require('internal/net');
const { codes: { ERR_TLS_CERT_ALTNAME_FORMAT, ERR_TLS_CERT_ALTNAME_INVALID } } = require('internal/errors');

const unfqdn = (host) => (host.endsWith('.') ? host.slice(0, -1) : host);

// Not `toLowerCase`, which knows letters outside of ASCII.
const lowered = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const labelsOf = (host) => lowered(unfqdn(host)).split('.');

const canonical = (address) => {
  if (isIP(address) !== 6) return address;
  try {
    return new URL(`http://[${address}]`).hostname.slice(1, -1);
  } catch {
    return address;
  }
};

/** Whether the labels of a host are those of `pattern`, whose first may have a `*` in it. */
function matches(labels, pattern, allowsWildcards) {
  if (!pattern) return false;
  const wanted = labelsOf(pattern);
  if (labels.length !== wanted.length || wanted.includes('')) return false;
  if (wanted.some((label) => /[^!-~]/.test(label))) return false;
  for (let i = labels.length - 1; i > 0; i--) if (labels[i] !== wanted[i]) return false;
  return matchesLabel(labels[0], wanted, allowsWildcards);
}

function matchesLabel(label, wanted, allowsWildcards) {
  const [first] = wanted;
  const parts = first.split('*');
  if (parts.length === 1 || first.includes('xn--')) return label === first;
  if (!allowsWildcards || parts.length > 2 || wanted.length <= 2) return false;
  const [prefix, suffix] = parts;
  return prefix.length + suffix.length <= label.length && label.startsWith(prefix) && label.endsWith(suffix);
}

// eslint-disable-next-line no-control-regex
const STRING = /^"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/;

/** The names in the text, which may stand in quotes. */
function splitNames(text) {
  const names = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.search(/, |"/);
    let name = end === -1 ? rest : rest.slice(0, end);
    rest = rest.slice(name.length);
    if (rest.startsWith('"')) {
      const quoted = STRING.exec(rest)?.[0];
      if (quoted === undefined) throw new ERR_TLS_CERT_ALTNAME_FORMAT();
      name += JSON.parse(quoted);
      rest = rest.slice(quoted.length);
      if (rest !== '' && !rest.startsWith(', ')) throw new ERR_TLS_CERT_ALTNAME_FORMAT();
    }
    names.push(name);
    rest = rest.slice(2);
  }
  return names;
}

function namesIn(subjectaltname) {
  if (!subjectaltname) return [];
  return subjectaltname.includes('"') ? splitNames(subjectaltname) : subjectaltname.split(', ');
}

const withoutPrefix = (names, prefix) =>
  names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));

function reasonOf(hostname, cert) {
  const { subject, subjectaltname } = cert;
  const all = namesIn(subjectaltname);
  const dnsNames = withoutPrefix(all, 'DNS:');
  const ips = withoutPrefix(all, 'IP Address:').map(canonical).filter(isIP);
  const host = unfqdn(hostname);
  if (isIP(host)) {
    return ips.includes(canonical(host)) ? undefined : `IP: ${host} is not in the cert's list: ${ips.join(', ')}`;
  }
  if (dnsNames.length === 0 && !subject?.CN) return 'Cert does not contain a DNS name';
  const labels = labelsOf(host);
  if (dnsNames.length > 0) {
    return dnsNames.some((name) => matches(labels, name, true)) ? undefined :
      `Host: ${host}. is not in the cert's altnames: ${subjectaltname}`;
  }
  const names = Array.isArray(subject.CN) ? subject.CN : [subject.CN];
  return names.some((name) => matches(labels, name, true)) ? undefined :
    `Host: ${host}. is not cert's CN: ${subject.CN}`;
}

/** An error, unless `cert` is `hostname`'s. */
function checkServerIdentity(hostname, cert) {
  hostname = String(hostname);
  const reason = reasonOf(hostname, cert);
  return reason === undefined ? undefined : new ERR_TLS_CERT_ALTNAME_INVALID(reason, hostname, cert);
}

module.exports = { checkServerIdentity };
