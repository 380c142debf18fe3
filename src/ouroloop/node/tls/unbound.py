"""What of OpenSSL the binding leaves out: functions that lie in its file all the same.

Theory of operation. Where the file is linked to a libssl of the system's, that library has them; otherwise OpenSSL is
in the file itself and its symbol table tells where (`node/elf.py`). Nothing is looked up before somebody asks.

What surprises people: there are no checks. A wrong type ends the process.

Source: OpenSSL's man pages of these names.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Mapping
from typing import Any

from .. import elf
from .openssl import ffi

_MODULE = "cryptography.hazmat.bindings._rust"
_ANCHOR = "PyInit__rust"


class Functions:
    """OpenSSL's functions of these names and types, as attributes. The first that is used raises
    `elf.SymbolsMissingError` if one of them is missing."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self._types = types

    @functools.cached_property
    def _addresses(self) -> dict[str, int]:
        return _addresses(list(self._types))

    def __getattr__(self, name: str) -> Any:
        if name not in self._types:
            raise AttributeError(name)
        found = ffi.cast(self._types[name], self._addresses[name])
        setattr(self, name, found)
        return found

    @functools.cached_property
    def are_there(self) -> bool:
        """Whether these functions can be had."""
        try:
            return bool(self._addresses)
        except elf.SymbolsMissingError:
            return False


def _addresses(names: list[str]) -> dict[str, int]:
    path = str(sys.modules[_MODULE].__file__)
    library = ctypes.PyDLL(path)
    try:
        return {name: _address(library, name) for name in names}
    except AttributeError:
        pass
    offsets = elf.offsets(path, [*names, _ANCHOR])
    base = _address(library, _ANCHOR) - offsets[_ANCHOR]
    return {name: base + offsets[name] for name in names}


def _address(library: ctypes.PyDLL, name: str) -> int:
    return ctypes.cast(library[name], ctypes.c_void_p).value or 0


unbound = Functions({
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
})
