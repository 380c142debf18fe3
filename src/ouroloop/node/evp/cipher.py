"""Ciphers with a key that both sides have.

Theory of operation. A `Cipher` takes data piece by piece and gives what is ready; what is left comes at the end. Modes
that also prove that nothing was changed (GCM, CCM, OCB, ChaCha20-Poly1305) have a tag, given back at the end or to be
set before it.

What surprises people: CCM must know the whole length before the first byte, takes all in one piece, and finds out in
`update` that a message was changed; that is told at the end, as with the others.

Source: EVP_EncryptInit(3).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from .library import NULL, TlsError, check, clear_errors, evp, ffi, pointer, seen_error

_SET_IV_LENGTH, _GET_TAG, _SET_TAG = 0x9, 0x10, 0x11
_WRAP_ALLOW = 0x1  # EVP_CIPHER_CTX_FLAG_WRAP_ALLOW
_MODES = {0: "stream", 1: "ecb", 2: "cbc", 3: "cfb", 4: "ofb", 5: "ctr", 6: "gcm", 7: "ccm", 0x10001: "xts",
          0x10002: "wrap", 0x10003: "ocb"}
_GCM_TAGS = (4, 8, 12, 13, 14, 15, 16)
_LARGEST = 2**31 - 1
# What is newer than the interface that Node lists ciphers by, and numbers of names.
_UNLISTED = re.compile(
    r"^\d|-(cts|siv|inv)$|^aes-\d+-wrap|^null$|^sm4-(ccm|gcm|xts|\w+128)$", re.IGNORECASE)


class Info(NamedTuple):
    """What is known of a cipher: sizes in bytes, 0 where there is none."""

    mode: str
    name: str
    nid: int
    block_size: int
    iv_length: int
    key_length: int

    @property
    def has_tag(self) -> bool:
        """Whether it proves that nothing was changed."""
        return self.mode in ("gcm", "ccm", "ocb") or self.name == "chacha20-poly1305"


@lru_cache(maxsize=256)
def _fetched(name: str, wanted: str = "provider=default") -> tuple[Any, Info] | None:
    clear_errors()
    found = evp.EVP_CIPHER_fetch(NULL, name.encode(), wanted.encode())
    clear_errors()
    if found == NULL:
        return None
    mode = _MODES.get(evp.EVP_CIPHER_get_mode(found), "")
    nid = evp.EVP_CIPHER_get_nid(found)
    shown = ffi.string(evp.OBJ_nid2sn(nid)).decode().lower() if nid else name.lower()
    return found, Info(
        mode, shown, nid, evp.EVP_CIPHER_get_block_size(found), evp.EVP_CIPHER_get_iv_length(found),
        evp.EVP_CIPHER_get_key_length(found))


@lru_cache
def names() -> list[str]:
    """The names of all ciphers that can be used, in the order of the alphabet."""
    found: list[str] = []

    @ffi.callback("void(void *, void *)")  # type: ignore[untyped-decorator]
    def each(cipher: Any, _: Any) -> None:
        evp.EVP_CIPHER_names_do_all(cipher, add, NULL)

    @ffi.callback("void(char *, void *)")  # type: ignore[untyped-decorator]
    def add(name: Any, _: Any) -> None:
        found.append(ffi.string(name).decode())

    evp.EVP_CIPHER_do_all_provided(NULL, each, NULL)
    named = {name if name.startswith("id-") else name.lower() for name in found if not _UNLISTED.search(name)}
    return sorted(name for name in named if _fetched(name) is not None)


def name_of(nid: int) -> str:
    """The name of the cipher that has this number; empty if there is none."""
    found = evp.OBJ_nid2sn(nid)
    clear_errors()
    return "" if found == NULL else ffi.string(found).decode()


def info(name: str, key_length: int | None = None, iv_length: int | None = None) -> Info | None:
    """What is known of a cipher; None if there is none of that name, or not with such a key and vector."""
    found = _fetched(name) or _fetched(name, "")
    if found is None:
        return None
    known = found[1]
    if iv_length is not None:
        if not _may_have_iv(known, iv_length):
            return None
        known = known._replace(iv_length=iv_length)
    return known if key_length in (None, known.key_length) else None


def _may_have_iv(known: Info, length: int) -> bool:
    if known.mode == "ccm":
        return 7 <= length <= 13
    if known.mode == "ocb":
        return 1 <= length <= 15
    if known.name == "chacha20-poly1305":
        return length <= 12
    return length > 0 if known.mode == "gcm" else length == known.iv_length


class Cipher:
    """One message under way. Errors are `TlsError` with Node's code."""

    def __init__(
        self, name: str, is_encrypting: bool, key: bytes, iv: bytes | None, tag_length: int | None,
    ) -> None:
        found = _fetched(name)
        if found is None:
            if _fetched(name, "") is None:
                raise _error("ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher")
            raise TlsError(  # one of those that OpenSSL has no more by itself
                "error:0308010C:digital envelope routines::unsupported", "ERR_OSSL_EVP_UNSUPPORTED",
                "digital envelope routines", "unsupported",
                ["error:0308010C:digital envelope routines::unsupported"])
        self._cipher, self._info = found
        self._is_encrypting = is_encrypting
        self._tag_length = tag_length
        self._tag: bytes | None = None
        self._is_finished = self._has_failed = self._is_tag_set = False
        self._check_sizes(key, iv)
        self._check_tag_length(name)
        self._context = pointer(evp.EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_free")
        self._begin(key, iv)

    def _check_sizes(self, key: bytes, iv: bytes | None) -> None:
        known = self._info
        if len(key) != known.key_length:
            raise _error("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length")
        if iv is None:
            if known.iv_length:
                raise _error("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector")
        elif not (_may_have_iv(known, len(iv)) if known.has_tag else len(iv) == known.iv_length):
            raise _error("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector")

    def _check_tag_length(self, name: str) -> None:
        known, length = self._info, self._tag_length
        if not known.has_tag:
            return
        if length is None:
            if known.mode in ("ccm", "ocb"):
                raise _error("ERR_CRYPTO_INVALID_AUTH_TAG", f"authTagLength required for {name}")
            return
        valid = length in _GCM_TAGS if known.mode == "gcm" else (
            4 <= length <= 16 and length % 2 == 0 if known.mode == "ccm" else length <= 16)
        if not valid:
            raise _error("ERR_CRYPTO_INVALID_AUTH_TAG", f"Invalid authentication tag length: {length}")

    def _begin(self, key: bytes, iv: bytes | None) -> None:
        clear_errors()
        encrypting = int(self._is_encrypting)
        if self._info.mode == "wrap":
            evp.EVP_CIPHER_CTX_set_flags(self._context, _WRAP_ALLOW)
        check(evp.EVP_CipherInit_ex(self._context, self._cipher, NULL, NULL, NULL, encrypting))
        if self._info.has_tag:
            check(evp.EVP_CIPHER_CTX_ctrl(self._context, _SET_IV_LENGTH, len(iv or b""), NULL))
            if self._info.mode in ("ccm", "ocb"):
                check(evp.EVP_CIPHER_CTX_ctrl(self._context, _SET_TAG, self._tag_length, NULL))
        vector = NULL if not iv else ffi.new("unsigned char[]", iv)
        check(evp.EVP_CipherInit_ex(self._context, NULL, NULL, key, vector, encrypting))

    def set_auto_padding(self, is_on: bool) -> bool:
        """Whether the last block is filled. False if it is too late."""
        return not self._is_finished and evp.EVP_CIPHER_CTX_set_padding(self._context, int(is_on)) == 1

    def set_tag(self, tag: bytes) -> bool:
        """The tag that the message must have. False if it is too late, or a second one."""
        if not self._info.has_tag or self._is_encrypting or self._is_finished or self._tag is not None:
            return False
        size = len(tag)
        if self._info.mode == "gcm":
            is_valid = size in _GCM_TAGS and self._tag_length in (None, size)
        else:
            is_valid = size == (16 if self._tag_length is None else self._tag_length)
        if not is_valid:
            raise _error("ERR_CRYPTO_INVALID_AUTH_TAG", f"Invalid authentication tag length: {size}")
        self._tag = tag
        return True

    @property
    def is_short_tag_implicit(self) -> bool:
        """Whether a tag of GCM was set that is short, though nobody said that it would be."""
        return (
            self._info.mode == "gcm" and self._tag_length is None and self._tag is not None and len(self._tag) < 16)

    def _give_tag(self) -> None:
        """Before the first byte that is decrypted."""
        if self._tag is not None and not self._is_tag_set:
            self._is_tag_set = True
            check(evp.EVP_CIPHER_CTX_ctrl(
                self._context, _SET_TAG, len(self._tag), ffi.new("unsigned char[]", self._tag)))

    def get_tag(self) -> bytes | None:
        """The tag of what was encrypted; None before the end."""
        if not self._is_finished or not self._is_encrypting or not self._info.has_tag:
            return None
        return self._tag

    def set_aad(self, data: bytes, plain_length: int | None) -> bool:
        """Data that is not encrypted, and proved all the same. False if it cannot be taken."""
        if self._is_finished or not self._info.has_tag:
            return False
        clear_errors()
        size = ffi.new("int *")
        if self._info.mode == "ccm":
            if plain_length is None:
                raise _error("ERR_MISSING_ARGS", "options.plaintextLength required for CCM mode with AAD")
            self._check_length(plain_length)
            if not self._is_encrypting:
                self._give_tag()
            if evp.EVP_CipherUpdate(self._context, NULL, size, NULL, plain_length) != 1:
                return False
        return bool(evp.EVP_CipherUpdate(self._context, NULL, size, data, len(data)) == 1)

    def _check_length(self, length: int) -> None:
        if self._info.mode != "ccm":
            return
        nonce = evp.EVP_CIPHER_get_iv_length(self._cipher)
        if length > (1 << (8 * max(1, 15 - nonce))) - 1 and nonce >= 12:
            raise _error("ERR_CRYPTO_INVALID_MESSAGELEN", "Invalid message length")

    def update(self, data: bytes) -> bytes | None:
        """What is ready now; None if nothing more can be taken."""
        if self._is_finished or len(data) > _LARGEST - self._info.block_size:
            return None
        clear_errors()
        self._check_length(len(data))
        if not self._is_encrypting:
            self._give_tag()
        out, size = ffi.new("unsigned char[]", len(data) + self._info.block_size + 8), ffi.new("int *")
        if evp.EVP_CipherUpdate(self._context, out, size, data, len(data)) == 1:
            return bytes(ffi.buffer(out, size[0]))
        if self._info.mode != "ccm" or self._is_encrypting:
            clear_errors()
            return None
        self._has_failed = True  # is told at the end
        clear_errors()
        return b""

    def final(self) -> bytes:
        """The rest. Raises `TlsError`."""
        if self._is_finished:
            raise _error("ERR_CRYPTO_INVALID_STATE", "Invalid state")
        self._is_finished = True
        clear_errors()
        if not self._is_encrypting and self._info.has_tag:
            self._give_tag()
            if self._has_failed or not self._is_tag_set:
                raise _unauthentic()
            if self._info.mode == "ccm":
                return b""
        out, size = ffi.new("unsigned char[]", self._info.block_size + 16), ffi.new("int *")
        if evp.EVP_CipherFinal_ex(self._context, out, size) != 1:
            if self._info.has_tag and not self._is_encrypting:
                clear_errors()
                raise _unauthentic()
            raise seen_error("Unsupported state")
        if self._info.has_tag and self._is_encrypting:
            self._tag = self._made_tag()
        return bytes(ffi.buffer(out, size[0]))

    def _made_tag(self) -> bytes:
        length = self._tag_length or 16
        data = ffi.new("unsigned char[]", length)
        check(evp.EVP_CIPHER_CTX_ctrl(self._context, _GET_TAG, length, data))
        return bytes(ffi.buffer(data, length))


def _error(code: str, message: str) -> TlsError:
    return TlsError(message, code)


def _unauthentic() -> TlsError:
    return TlsError("Unsupported state or unable to authenticate data", "")
