'use strict';

// Subresource integrity: whether bytes have one of the digests that a program wants.
// Source: https://w3c.github.io/webappsec-subresource-integrity/

const STRENGTHS = ['sha256', 'sha384', 'sha512'];

/** The digests of the strongest algorithm that is named; those of unknown ones are passed over. */
function strongest(metadata) {
  let best = -1;
  let digests = [];
  for (const each of metadata.split(/[\t\n\f\r ]+/)) {
    const match = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?[\x21-\x7e]*)?$/i.exec(each);
    if (match === null) continue;
    const strength = STRENGTHS.indexOf(match[1].toLowerCase());
    if (strength > best) digests = [];
    if (strength >= best) digests.push(match[2]);
    best = Math.max(best, strength);
  }
  return { algorithm: STRENGTHS[best], digests };
}

const normalized = (digest) => digest.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');

function matches(bytes, metadata) {
  const { algorithm, digests } = strongest(metadata);
  if (algorithm === undefined) return true;
  const digest = normalized(require('crypto').createHash(algorithm).update(bytes).digest('base64'));
  return digests.some((each) => normalized(each) === digest);
}

module.exports = { matches };
