"""Keys of session tickets, so that a session goes on with another server that has the same keys (RFC 5077, 4).

Theory of operation. OpenSSL asks for a cipher and a MAC with their keys, for each ticket that it makes or reads. The 48
bytes that Node knows are a name of the keys (16), the MAC's key (16) and the cipher's (16), and the algorithms are
Node's too: a ticket of either is read by the other.

What surprises people: a ticket that was read is not made anew. So a client has one ticket as long as these keys stay.
"""

from __future__ import annotations

import os
import struct
from typing import Any

from .openssl import ffi
from .unbound import unbound

SIZE = 48  # bytes
_PART = 16

_REFUSED, _TAKEN = 0, 1
_FAILED = -1

_OCTETS, _TEXT = 5, 4  # OSSL_PARAM_OCTET_STRING, OSSL_PARAM_UTF8_STRING
_PARAMETER = "<QI4xQQQ"

_KEY, _DIGEST, _SHA256 = (ffi.new("char[]", text) for text in (b"key", b"digest", b"SHA256"))


def _at(data: Any) -> int:
    return int(ffi.cast("uintptr_t", data))


class TicketKeys:
    """Bytes that are chosen by chance until somebody sets them."""

    def __init__(self) -> None:
        self.set(os.urandom(SIZE))

    def set(self, keys: bytes) -> None:
        """Use these from now on; tickets of others are refused."""
        self.bytes = keys
        self._name = keys[:_PART]
        self._mac_key = ffi.new("unsigned char[]", keys[_PART : 2 * _PART])
        self._cipher_key = ffi.new("unsigned char[]", keys[2 * _PART :])
        self._parameters = ffi.new("unsigned char[]", b"".join((
            struct.pack(_PARAMETER, _at(_KEY), _OCTETS, _at(self._mac_key), _PART, 0),
            struct.pack(_PARAMETER, _at(_DIGEST), _TEXT, _at(_SHA256), 6, 0),
            bytes(struct.calcsize(_PARAMETER)))))

    def prepare(self, name: Any, start: Any, cipher: Any, mac: Any, is_new: bool) -> int:
        """What OpenSSL wants to hear: whether the ticket named `name` can be had, once `cipher` and `mac` are set."""
        if is_new:
            ffi.memmove(name, self._name, _PART)
            ffi.memmove(start, os.urandom(_PART), _PART)
        elif ffi.buffer(name, _PART)[:] != self._name:
            return _REFUSED
        begin = unbound.EVP_EncryptInit_ex if is_new else unbound.EVP_DecryptInit_ex
        if unbound.EVP_MAC_CTX_set_params(mac, self._parameters) != 1:
            return _FAILED
        if begin(cipher, unbound.EVP_aes_128_cbc(), ffi.NULL, self._cipher_key, start) != 1:
            return _FAILED
        return _TAKEN
