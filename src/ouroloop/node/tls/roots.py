"""Which authorities are trusted: Mozilla's, the operating system's, and those of a file that the user names.

Theory of operation. Mozilla's come with the `certifi` package, as Node's come with Node. The system's are where
OpenSSL's own installation keeps them. All are lists of PEM, read once.
"""

from __future__ import annotations

import functools
import os
import re
import ssl

from .context import Store

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def certificates_in(text: str) -> list[str]:
    """Each certificate in a text of PEM."""
    return _CERTIFICATE.findall(text)


@functools.cache
def bundled() -> tuple[str, ...]:
    """Mozilla's authorities."""
    import certifi

    with open(certifi.where(), encoding="utf-8") as file:
        return tuple(certificates_in(file.read()))


@functools.cache
def of_system() -> tuple[str, ...]:
    """Those that the operating system trusts."""
    paths = ssl.get_default_verify_paths()
    found: dict[str, None] = {}
    for path in (os.environ.get(paths.openssl_cafile_env), paths.cafile, *_files_in(paths.capath)):
        if path and os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                found.update(dict.fromkeys(certificates_in(file.read())))
    return tuple(found)


def _files_in(folder: str | None) -> list[str]:
    if not folder or not os.path.isdir(folder):
        return []
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def of_file(path: str) -> list[str]:
    """Those in a file of the user's. Raises OSError."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return certificates_in(file.read())


@functools.lru_cache(maxsize=4)
def store_of(certificates: tuple[str, ...]) -> Store:
    """A store that many contexts share; making one takes some 10 ms."""
    return Store([each.encode() for each in certificates])
