'use strict';

// Certificates as `getPeerCertificate()` shows them, made of what Python reads in them (node/tls/certificate.py).

const { Buffer } = require('buffer');

const ABSENT_BY_KIND = ['modulus', 'exponent', 'pubkey', 'bits', 'asn1Curve', 'nistCurve'];

const withoutPrototype = (object) => (object === null ? undefined : { __proto__: null, ...object });

/** Node's order of properties, bytes as Buffers, and what is absent as undefined. */
function shown(described) {
  const found = { ...described };
  for (const key of Object.keys(found)) {
    if (found[key] === null) found[key] = undefined;
    else if (found[key] instanceof ArrayBuffer) found[key] = Buffer.from(found[key]);
  }
  for (const key of ['subject', 'issuer', 'infoAccess']) found[key] = withoutPrototype(described[key]);
  for (const key of ABSENT_BY_KIND) if (found[key] === undefined) delete found[key];
  for (const key of ['subjectaltname', 'infoAccess', 'ext_key_usage']) if (found[key] === undefined) delete found[key];
  return found;
}

/** The first of a chain, each with the one that signed it; the last signed itself. */
function chained(list, isDetailed) {
  const all = list.map(shown);
  if (!isDetailed) return all[0];
  all.forEach((each, index) => {
    const next = all[index + 1];
    if (next !== undefined) each.issuerCertificate = next;
    else if (isSelfIssued(each)) each.issuerCertificate = each;
  });
  return all[0];
}

const isSelfIssued = ({ subject, issuer }) => JSON.stringify(subject) === JSON.stringify(issuer);

/** What an older form of a certificate's object is in today's. */
function translatePeerCertificate(certificate) {
  if (!certificate) return null;
  const parsed = (text) => (typeof text === 'string' ? parseCertString(text) : text);
  if (certificate.issuer != null) certificate.issuer = parsed(certificate.issuer);
  if (certificate.issuerCertificate != null && certificate.issuerCertificate !== certificate) {
    certificate.issuerCertificate = translatePeerCertificate(certificate.issuerCertificate);
  }
  if (certificate.subject != null) certificate.subject = parsed(certificate.subject);
  if (certificate.infoAccess != null) certificate.infoAccess = infoAccessOf(certificate.infoAccess);
  return certificate;
}

function parseCertString(text) {
  const found = { __proto__: null };
  for (const line of text.split('\n')) {
    const place = line.indexOf('=');
    if (place <= 0) continue;
    add(found, line.slice(0, place), line.slice(place + 1));
  }
  return found;
}

function add(found, key, value) {
  if (!(key in found)) found[key] = value;
  else if (Array.isArray(found[key])) found[key].push(value);
  else found[key] = [found[key], value];
}

function infoAccessOf(text) {
  const found = { __proto__: null };
  for (const [, key, value] of text.matchAll(/([^\n:]*):([^\n]*)(?:\n|$)/g)) {
    (found[key] ??= []).push(value.startsWith('"') ? JSON.parse(value) : value);
  }
  return found;
}

module.exports = { chained, shown, translatePeerCertificate };
