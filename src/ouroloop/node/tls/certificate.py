"""What is in a certificate, in the words of Node's `getPeerCertificate()`.

What surprises people: alternative names are one text. A name that could be taken for two of them, or that holds what
nobody can see, stands in quotes there, as a string of JSON. And `pubkey` of an RSA key is the key with its kind, but
of an elliptic curve it is the point alone.
"""

from __future__ import annotations

import functools
import json
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning

_SHORT_NAMES = {
    "2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
    "2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
    "2.5.4.15": "businessCategory", "2.5.4.17": "postalCode", "2.5.4.41": "name", "2.5.4.42": "GN",
    "2.5.4.43": "initials", "2.5.4.44": "generationQualifier", "2.5.4.45": "x500UniqueIdentifier",
    "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym", "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}
_ACCESS = {"1.3.6.1.5.5.7.48.1": "OCSP", "1.3.6.1.5.5.7.48.2": "CA Issuers"}
_OTHER_NAMES = {"1.3.6.1.5.5.7.8.5": "XmppAddr", "1.3.6.1.5.5.7.8.7": "SRVName", "1.3.6.1.5.5.7.8.9": "SmtpUTF8Mailbox",
                "1.3.6.1.5.5.7.8.8": "NAIRealm"}
_CURVES = {
    "secp256r1": ("prime256v1", "P-256"), "secp384r1": ("secp384r1", "P-384"), "secp521r1": ("secp521r1", "P-521"),
    "secp224r1": ("secp224r1", "P-224"), "secp192r1": ("prime192v1", "P-192"),
}
_NONE_READABLE: dict[type, Any] = {}
# A name that no host has, so that nobody falls back to the subject's.
_UNREADABLE = "DNS:<unreadable>"
_UNSAFE = re.compile(r"[\",'\\]|[^ -~]")


@functools.lru_cache(maxsize=64)  # who connects again meets the same ones
def described(der: bytes) -> Mapping[str, Any]:
    """The certificate `der` as Node describes it; bytes where Node has a Buffer, None where it has undefined."""
    with warnings.catch_warnings():
        # Of certificates that are against the rules: some authorities of old are.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return _described(der)


def _described(der: bytes) -> dict[str, Any]:
    certificate = x509.load_der_x509_certificate(der)
    extensions = _extensions(certificate)
    constraints: Any = extensions.get(x509.BasicConstraints)
    usage: Any = extensions.get(x509.ExtendedKeyUsage)
    return {
        "subject": _name(certificate.subject),
        "issuer": _name(certificate.issuer),
        "subjectaltname": _UNREADABLE if extensions is _NONE_READABLE else _alternative_names(
            extensions.get(x509.SubjectAlternativeName)),
        "infoAccess": _information_access(extensions.get(x509.AuthorityInformationAccess)),
        "ca": bool(constraints is not None and constraints.ca),
        **_public_key(certificate),
        "valid_from": _time(certificate.not_valid_before_utc),
        "valid_to": _time(certificate.not_valid_after_utc),
        "fingerprint": _fingerprint(certificate, hashes.SHA1()),
        "fingerprint256": _fingerprint(certificate, hashes.SHA256()),
        "fingerprint512": _fingerprint(certificate, hashes.SHA512()),
        "ext_key_usage": [each.dotted_string for each in usage] if usage is not None else None,
        "serialNumber": _hexadecimal(certificate.serial_number),
        "raw": der,
    }


def signature_algorithm(der: bytes) -> tuple[str, str]:
    """OpenSSL's name of the algorithm that the certificate is signed by, and its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        oid = x509.load_der_x509_certificate(der).signature_algorithm_oid
    return getattr(oid, "_name", oid.dotted_string), oid.dotted_string


def with_issuers(chain: list[bytes]) -> list[Mapping[str, Any]]:
    """Descriptions of a certificate, of the one that signed it, and so on as far as `chain` has them."""
    found = []
    left = list(chain[1:])
    der: bytes | None = chain[0]
    while der is not None:
        found.append(described(der))
        der = next((each for each in left if _is_issuer(each, found[-1]["raw"])), None)
        if der is not None:
            left.remove(der)
    return found


@functools.lru_cache(maxsize=64)
def _is_issuer(der: bytes, of: bytes) -> bool:
    return der != of and x509.load_der_x509_certificate(der).subject == x509.load_der_x509_certificate(of).issuer


def _extensions(certificate: x509.Certificate) -> dict[type, Any]:
    try:
        return {type(each.value): each.value for each in certificate.extensions}
    except ValueError:  # as one of them cannot be read, none can
        return _NONE_READABLE


def _name(name: x509.Name) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in name:
        key = _SHORT_NAMES.get(attribute.oid.dotted_string, attribute.oid.dotted_string)
        value = attribute.value if isinstance(attribute.value, str) else attribute.value.decode("latin-1")
        if key not in found:
            found[key] = value
        elif isinstance(found[key], list):
            found[key].append(value)
        else:
            found[key] = [found[key], value]
    return found


def _public_key(certificate: x509.Certificate) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(("modulus", "exponent", "pubkey", "bits", "asn1Curve", "nistCurve"))
    try:
        key = certificate.public_key()
    except ValueError:
        return found
    found["pubkey"] = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        found.update(modulus=_hexadecimal(numbers.n), exponent=f"0x{numbers.e:x}", bits=key.key_size)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        found["pubkey"] = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        found["asn1Curve"], found["nistCurve"] = _CURVES.get(key.curve.name, (key.curve.name, None))
        found["bits"] = key.curve.key_size
    return found


def _hexadecimal(number: int) -> str:
    digits = f"{number:X}"
    return digits if len(digits) % 2 == 0 else f"0{digits}"


def _time(when: Any) -> str:
    return f"{when:%b} {when.day:2d} {when:%H:%M:%S} {when.year} GMT"


def _fingerprint(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> str:
    return certificate.fingerprint(algorithm).hex(":").upper()


def _alternative_names(names: Iterable[x509.GeneralName] | None) -> str | None:
    if names is None:
        return None
    return ", ".join(f"{kind}:{_quoted(value)}" if kind != "othername" else _quoted_other(value)
                     for kind, value in map(_general_name, names))


def _information_access(access: Iterable[x509.AccessDescription] | None) -> dict[str, list[str]] | None:
    if access is None:
        return None
    found: dict[str, list[str]] = {}
    for each in access:
        oid = each.access_method.dotted_string
        kind, value = _general_name(each.access_location)
        found.setdefault(f"{_ACCESS.get(oid, oid)} - {kind}", []).append(value)
    return found


def _general_name(name: x509.GeneralName) -> tuple[str, str]:
    if isinstance(name, x509.DNSName):
        return "DNS", name.value
    if isinstance(name, x509.RFC822Name):
        return "email", name.value
    if isinstance(name, x509.UniformResourceIdentifier):
        return "URI", name.value
    if isinstance(name, x509.IPAddress):
        return "IP Address", _address(name.value)
    if isinstance(name, x509.DirectoryName):
        return "DirName", ",".join(reversed([each.rfc4514_string() for each in name.value.rdns]))
    if isinstance(name, x509.RegisteredID):
        return "Registered ID", name.value.dotted_string
    return "othername", _other_name(name)


def _address(address: Any) -> str:
    if getattr(address, "version", 4) == 4:
        return str(address)
    return ":".join(f"{int(part, 16):X}" for part in address.exploded.split(":"))


def _other_name(name: Any) -> str:
    kind = _OTHER_NAMES.get(name.type_id.dotted_string)
    value = name.value
    if kind is None or len(value) < 2 or value[0] not in (0x0C, 0x16) or value[1] > 127:
        return "<unsupported>"
    return f"{kind}:{value[2:].decode('utf-8', 'replace')}"


def _quoted_other(value: str) -> str:
    return f"othername:{value if value == '<unsupported>' else _quoted(value)}"


def _quoted(value: str) -> str:
    if not _UNSAFE.search(value):
        return value
    inner = json.dumps(value)[1:-1].replace(",", "\\u002c")
    for short, code in (("\\n", "000a"), ("\\r", "000d"), ("\\t", "0009"), ("\\b", "0008"), ("\\f", "000c")):
        inner = re.sub(rf"(?<!\\)((?:\\\\)*){re.escape(short)}", rf"\1\\u{code}", inner)
    return f'"{inner}"'
