"""idna: domain names that are not ASCII (UTS #46), for URLs.

Theory of operation. The package `idna` has Unicode's mapping table; what it checks beyond (IDNA 2008) is stricter than
the URL standard, which asks for UTS #46 with CheckHyphens, UseSTD3ASCIIRules, Transitional_Processing and
VerifyDnsLength off, CheckBidi and CheckJoiners on. So the mapping is taken from there, and the checks of labels are put
together here.

Source: https://www.unicode.org/reports/tr46/, https://url.spec.whatwg.org/#idna.
"""

from __future__ import annotations

import unicodedata

import idna

_PREFIX = "xn--"


def to_ascii(domain: str) -> str:
    """The domain in ASCII, as it stands in an URL; "" if it is not valid."""
    try:
        labels = _map(domain).split(".")
        decoded = [_decode(label) if label.startswith(_PREFIX) else label for label in labels]
        _check(decoded)
    except (idna.IDNAError, UnicodeError):
        return ""
    return ".".join(map(_encode, decoded))


def to_unicode(domain: str) -> str:
    """The domain with its punycode labels decoded; a label that is not valid stays as it is."""
    return ".".join(map(_label_to_unicode, domain.split(".")))


def _label_to_unicode(label: str) -> str:
    if not label.startswith(_PREFIX):
        return label
    try:
        decoded = _decode(label)
        _check([decoded])
    except (idna.IDNAError, UnicodeError):
        return label
    return decoded


def _map(domain: str) -> str:
    return idna.uts46_remap(domain, std3_rules=False, transitional=False)


def _decode(label: str) -> str:
    """A label that was punycode. Raises `UnicodeError` for one that no encoder would have made."""
    decoded = label[len(_PREFIX):].encode("ascii").decode("punycode")
    if decoded.isascii() or _encode(decoded) != label or _map(decoded) != decoded:
        raise UnicodeError(label)
    return decoded


def _encode(label: str) -> str:
    return label if label.isascii() else _PREFIX + label.encode("punycode").decode("ascii")


def _check(labels: list[str]) -> None:
    """Raise `idna.IDNAError` if a label may not be part of a domain."""
    is_bidirectional = any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for label in labels for char in label)
    for label in labels:
        if not label:
            continue
        if not label.isascii():
            _check_characters(label)
        if is_bidirectional:
            idna.check_bidi(label, check_ltr=True)


def _check_characters(label: str) -> None:
    idna.check_nfc(label)
    idna.check_initial_combiner(label)
    for position, char in enumerate(label):
        if char in "\u200c\u200d" and not idna.valid_contextj(label, position):
            raise idna.IDNAError(f"joiner not allowed at {position}: {label!r}")


OPERATIONS = {"toASCII": to_ascii, "toUnicode": to_unicode}
