"""What of OpenSSL the binding leaves out: functions that lie in its file all the same.

Theory of operation. Where the file is linked to a libssl of the system's, that library has them; otherwise OpenSSL is
in the file itself and its symbol table tells where (`node/elf.py`). Nothing is looked up before somebody asks.

What surprises people: there are no checks. A wrong type below ends the process.

Source: OpenSSL's man pages of these names.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

from .. import elf
from .openssl import ffi

_MODULE = "cryptography.hazmat.bindings._rust"
_ANCHOR = "PyInit__rust"

_TYPES = {
    "SSL_CTX_sess_set_new_cb": "void(*)(SSL_CTX *, void *)",
    "SSL_CTX_sess_set_get_cb": "void(*)(SSL_CTX *, void *)",
    "SSL_SESSION_get_id": "unsigned char *(*)(void *, unsigned int *)",
    "SSL_CTX_set_tlsext_ticket_key_evp_cb": "int(*)(SSL_CTX *, void *)",
    "SSL_get_shared_sigalgs": "int(*)(SSL *, int, int *, int *, int *, unsigned char *, unsigned char *)",
    "SSL_CTX_ctrl": "long(*)(SSL_CTX *, int, long, void *)",
    "EVP_aes_128_cbc": "void *(*)(void)",
    "EVP_EncryptInit_ex": "int(*)(void *, void *, void *, unsigned char *, unsigned char *)",
    "EVP_DecryptInit_ex": "int(*)(void *, void *, void *, unsigned char *, unsigned char *)",
    "EVP_MAC_CTX_set_params": "int(*)(void *, void *)",
}


@functools.cache
def _addresses() -> dict[str, int]:
    path = str(sys.modules[_MODULE].__file__)
    library = ctypes.PyDLL(path)
    try:
        return {name: _address(library, name) for name in _TYPES}
    except AttributeError:
        pass
    offsets = elf.offsets(path, [*_TYPES, _ANCHOR])
    base = _address(library, _ANCHOR) - offsets[_ANCHOR]
    return {name: base + offsets[name] for name in _TYPES}


def _address(library: ctypes.PyDLL, name: str) -> int:
    return ctypes.cast(library[name], ctypes.c_void_p).value or 0


@functools.cache
def function(name: str) -> Any:
    """OpenSSL's function of that name. Raises `elf.SymbolsMissingError`."""
    return ffi.cast(_TYPES[name], _addresses()[name])


@functools.cache
def is_there() -> bool:
    """Whether these functions can be had."""
    try:
        _addresses()
    except elf.SymbolsMissingError:
        return False
    return True
