"""Constants of the operating system, as Node's `os.constants` and `fs.constants` show them."""

from __future__ import annotations

import errno
import os
import signal
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def constants() -> dict[str, Any]:
    """The constants, by module."""
    return {"os": _os(), "fs": _fs(), "crypto": _crypto(), "zlib": _zlib(), "trace": {}, "http": _http()}


_CIPHERS = ":".join((
    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384",
    "DHE-RSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA256", "DHE-RSA-AES256-SHA256", "HIGH", "!aNULL", "!eNULL", "!EXPORT",
    "!DES", "!RC4", "!MD5", "!PSK", "!SRP", "!CAMELLIA"))


def _crypto() -> dict[str, Any]:
    """OpenSSL's numbers, which are a part of its interface, and Node's choice of ciphers."""
    return {
        **{f"SSL_OP_{name}": 1 << bit for name, bit in {
            "ALLOW_NO_DHE_KEX": 10, "ALLOW_UNSAFE_LEGACY_RENEGOTIATION": 18, "CIPHER_SERVER_PREFERENCE": 22,
            "CISCO_ANYCONNECT": 15, "COOKIE_EXCHANGE": 13, "CRYPTOPRO_TLSEXT_BUG": 31,
            "DONT_INSERT_EMPTY_FRAGMENTS": 11, "LEGACY_SERVER_CONNECT": 2, "NO_COMPRESSION": 17,
            "NO_ENCRYPT_THEN_MAC": 19, "NO_QUERY_MTU": 12, "NO_RENEGOTIATION": 30,
            "NO_SESSION_RESUMPTION_ON_RENEGOTIATION": 16, "NO_SSLv3": 25, "NO_TICKET": 14, "NO_TLSv1": 26,
            "NO_TLSv1_1": 28, "NO_TLSv1_2": 27, "NO_TLSv1_3": 29, "PRIORITIZE_CHACHA": 21, "TLS_ROLLBACK_BUG": 23,
        }.items()},
        "SSL_OP_ALL": 0x80000850, "SSL_OP_NO_SSLv2": 0,
        **{f"ENGINE_METHOD_{name}": bits for name, bits in {
            "RSA": 1, "DSA": 2, "DH": 4, "RAND": 8, "EC": 0x800, "CIPHERS": 0x40, "DIGESTS": 0x80, "PKEY_METHS": 0x200,
            "PKEY_ASN1_METHS": 0x400, "ALL": 0xFFFF, "NONE": 0,
        }.items()},
        "DH_CHECK_P_NOT_SAFE_PRIME": 2, "DH_CHECK_P_NOT_PRIME": 1, "DH_UNABLE_TO_CHECK_GENERATOR": 4,
        "DH_NOT_SUITABLE_GENERATOR": 8,
        "RSA_PKCS1_PADDING": 1, "RSA_SSLV23_PADDING": 2, "RSA_NO_PADDING": 3, "RSA_PKCS1_OAEP_PADDING": 4,
        "RSA_X931_PADDING": 5, "RSA_PKCS1_PSS_PADDING": 6, "RSA_PSS_SALTLEN_DIGEST": -1, "RSA_PSS_SALTLEN_MAX_SIGN": -2,
        "RSA_PSS_SALTLEN_AUTO": -2,
        "defaultCoreCipherList": _CIPHERS,
        "TLS1_VERSION": 0x0301, "TLS1_1_VERSION": 0x0302, "TLS1_2_VERSION": 0x0303, "TLS1_3_VERSION": 0x0304,
        "POINT_CONVERSION_COMPRESSED": 2, "POINT_CONVERSION_UNCOMPRESSED": 4, "POINT_CONVERSION_HYBRID": 6,
        "defaultCipherList": _CIPHERS,
    }


def _http() -> dict[str, Any]:
    from ..node.http import protocol

    return {
        "METHODS": list(protocol.METHODS), "STATUS_CODES": protocol.STATUS_CODES,
        "FIRST_WINS": sorted(protocol.FIRST_WINS),
        "MAX_HEADERS_COUNT": protocol.MAX_HEADERS_COUNT,
        "flags": {name: getattr(protocol, name) for name in dir(protocol) if name.startswith("HAS_")},
    }


def _zlib() -> dict[str, Any]:
    from zlib_ng import zlib_ng

    from ..node import zlib

    major, minor, patch = map(int, str(zlib_ng.ZLIB_RUNTIME_VERSION).split(".")[:3])
    return {
        "zlib": zlib.ZLIB | {"ZLIB_VERNUM": major << 12 | minor << 8 | patch << 4}, "brotli": zlib.BROTLI,
        "zstd": zlib.ZSTD | {f"ZSTD_error_{name}": number for name, (number, _) in zlib.ZSTD_ERRORS.items()},
    }


def _os() -> dict[str, Any]:
    return {
        "UV_UDP_REUSEADDR": 4,
        "dlopen": {
            name: getattr(os, name)
            for name in ("RTLD_LAZY", "RTLD_NOW", "RTLD_GLOBAL", "RTLD_LOCAL", "RTLD_DEEPBIND") if hasattr(os, name)
        },
        "errno": _errno(),
        "signals": _signals(),
        "priority": {
            "PRIORITY_LOW": 19, "PRIORITY_BELOW_NORMAL": 10, "PRIORITY_NORMAL": 0, "PRIORITY_ABOVE_NORMAL": -7,
            "PRIORITY_HIGH": -14, "PRIORITY_HIGHEST": -20,
        },
    }


def _errno() -> dict[str, int]:
    names = (
        "E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD "
        "ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTUNREACH EIDRM "
        "EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG "
        "ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODATA ENODEV ENOENT ENOEXEC ENOLCK ENOLINK ENOMEM ENOMSG "
        "ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTSOCK ENOTSUP ENOTTY ENXIO EOPNOTSUPP "
        "EOVERFLOW EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EROFS ESPIPE ESRCH ESTALE ETIME ETIMEDOUT "
        "ETXTBSY EWOULDBLOCK EXDEV"
    )
    return {name: int(getattr(errno, name)) for name in names.split() if hasattr(errno, name)}


def _signals() -> dict[str, int]:
    names = (
        "SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE "
        "SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGBREAK SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ "
        "SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGLOST SIGPWR SIGINFO SIGSYS SIGUNUSED"
    )
    return {name: int(getattr(signal, name)) for name in names.split() if hasattr(signal, name)}


def _fs() -> dict[str, int]:
    found: dict[str, int] = {
        "UV_FS_SYMLINK_DIR": 1, "UV_FS_SYMLINK_JUNCTION": 2, "O_RDONLY": os.O_RDONLY, "O_WRONLY": os.O_WRONLY,
        "O_RDWR": os.O_RDWR, "UV_DIRENT_UNKNOWN": 0, "UV_DIRENT_FILE": 1, "UV_DIRENT_DIR": 2, "UV_DIRENT_LINK": 3,
        "UV_DIRENT_FIFO": 4, "UV_DIRENT_SOCKET": 5, "UV_DIRENT_CHAR": 6, "UV_DIRENT_BLOCK": 7,
    }
    for name in ["S_IFMT", "S_IFREG", "S_IFDIR", "S_IFCHR", "S_IFBLK", "S_IFIFO", "S_IFLNK", "S_IFSOCK"]:
        found[name] = 0o170000 if name == "S_IFMT" else getattr(stat, name)
    for name in (
        "O_CREAT", "O_EXCL", "UV_FS_O_FILEMAP", "UV_FS_O_TEMPORARY", "UV_FS_O_SHORT_LIVED", "UV_FS_O_SEQUENTIAL",
        "UV_FS_O_RANDOM", "O_NOCTTY", "O_TRUNC", "O_APPEND", "O_DIRECTORY", "O_NOATIME", "O_NOFOLLOW", "O_SYNC",
        "O_DSYNC", "O_SYMLINK", "O_DIRECT", "O_NONBLOCK",
    ):
        if name.startswith("UV_FS_O_"):
            found[name] = 0  # they are Windows'
        elif hasattr(os, name):
            found[name] = getattr(os, name)
    for name in (
        "S_IRWXU", "S_IRUSR", "S_IWUSR", "S_IXUSR", "S_IRWXG", "S_IRGRP", "S_IWGRP", "S_IXGRP", "S_IRWXO", "S_IROTH",
        "S_IWOTH", "S_IXOTH",
    ):
        found[name] = getattr(stat, name)
    found.update({"F_OK": 0, "R_OK": 4, "W_OK": 2, "X_OK": 1})
    found.update({
        "UV_FS_COPYFILE_EXCL": 1, "COPYFILE_EXCL": 1, "UV_FS_COPYFILE_FICLONE": 2, "COPYFILE_FICLONE": 2,
        "UV_FS_COPYFILE_FICLONE_FORCE": 4, "COPYFILE_FICLONE_FORCE": 4,
    })
    return found
