"""The functions of libcrypto that the files here call, and what all of them need: checks, numbers, parameters.

What surprises people: OpenSSL tells of an error by a result that is not positive, and why by a queue of the thread; so
`check` is called in the thread, and right after the call, that failed. Pointers that must be given back are wrapped
in `ffi.gc`.

Source: OpenSSL's man pages, sections 3 and 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..tls.openssl import TlsError, clear_errors, ffi, lib, memory_reader, taken_error
from ..tls.unbound import Functions

__all__ = [
    "NULL", "TlsError", "bignum", "check", "clear_errors", "evp", "ffi", "integer", "lib", "memory_reader", "output",
    "parameters", "pointer", "seen_error", "taken_error", "written",
]

NULL = ffi.NULL

_BYTES, _IN, _OUT, _SIZE = "unsigned char *", "unsigned char *, size_t", "unsigned char *, size_t *", "size_t *"
_NEW, _FREE, _GET = "void *(*)(void *)", "void(*)(void *)", "int(*)(void *)"
_WRITE_KEY = f"int(*)(void *, void *, void *, {_BYTES}, int, void *, void *)"

evp: Any = Functions({
    # numbers
    "BN_bin2bn": f"void *(*)({_BYTES}, int, void *)", "BN_bn2bin": f"int(*)(void *, {_BYTES})", "BN_num_bits": _GET,
    "BN_new": "void *(*)(void)", "BN_clear_free": _FREE, "BN_CTX_new": "void *(*)(void)", "BN_CTX_free": _FREE,
    "BN_generate_prime_ex": "int(*)(void *, int, int, void *, void *, void *)",
    "BN_is_prime_ex": "int(*)(void *, int, void *, void *)",
    "BN_mod_exp_mont_consttime": "int(*)(void *, void *, void *, void *, void *, void *)",
    # parameters
    "OSSL_PARAM_BLD_new": "void *(*)(void)", "OSSL_PARAM_BLD_free": _FREE, "OSSL_PARAM_BLD_to_param": _NEW,
    "OSSL_PARAM_free": _FREE,
    "OSSL_PARAM_BLD_push_BN": "int(*)(void *, char *, void *)",
    "OSSL_PARAM_BLD_push_int": "int(*)(void *, char *, int)",
    "OSSL_PARAM_BLD_push_utf8_string": "int(*)(void *, char *, char *, size_t)",
    "OSSL_PARAM_BLD_push_octet_string": f"int(*)(void *, char *, {_IN})",
    # keys
    "EVP_PKEY_free": _FREE, "EVP_PKEY_get_bits": _GET, "EVP_PKEY_get_size": _GET,
    "EVP_PKEY_get0_type_name": "char *(*)(void *)", "EVP_PKEY_eq": "int(*)(void *, void *)",
    "EVP_PKEY_get_bn_param": "int(*)(void *, char *, void **)",
    "EVP_PKEY_get_int_param": "int(*)(void *, char *, int *)",
    "EVP_PKEY_get_utf8_string_param": "int(*)(void *, char *, char *, size_t, size_t *)",
    "EVP_PKEY_get_octet_string_param": f"int(*)(void *, char *, {_BYTES}, size_t, size_t *)",
    "EVP_PKEY_get_raw_private_key": f"int(*)(void *, {_OUT})", "EVP_PKEY_get_raw_public_key": f"int(*)(void *, {_OUT})",
    "EVP_PKEY_new_raw_private_key_ex": f"void *(*)(void *, char *, char *, {_IN})",
    "EVP_PKEY_new_raw_public_key_ex": f"void *(*)(void *, char *, char *, {_IN})",
    "EVP_PKEY_CTX_new": "void *(*)(void *, void *)", "EVP_PKEY_CTX_free": _FREE,
    "EVP_PKEY_CTX_new_from_name": "void *(*)(void *, char *, char *)",
    "EVP_PKEY_CTX_set_params": "int(*)(void *, void *)",
    "EVP_PKEY_fromdata_init": _GET, "EVP_PKEY_fromdata": "int(*)(void *, void **, int, void *)",
    "EVP_PKEY_keygen_init": _GET, "EVP_PKEY_paramgen_init": _GET, "EVP_PKEY_generate": "int(*)(void *, void **)",
    "PEM_read_bio_PrivateKey": "void *(*)(void *, void *, void *, void *)",
    "PEM_read_bio_PUBKEY": "void *(*)(void *, void *, void *, void *)",
    "d2i_PrivateKey": "void *(*)(int, void **, unsigned char **, long)",
    "d2i_PUBKEY": "void *(*)(void **, unsigned char **, long)",
    "d2i_PKCS8_PRIV_KEY_INFO": "void *(*)(void **, unsigned char **, long)", "PKCS8_PRIV_KEY_INFO_free": _FREE,
    "EVP_PKCS82PKEY": _NEW, "d2i_PKCS8PrivateKey_bio": "void *(*)(void *, void **, void *, void *)",
    "i2d_PUBKEY": "int(*)(void *, unsigned char **)", "i2d_PublicKey": "int(*)(void *, unsigned char **)",
    "i2d_PrivateKey": "int(*)(void *, unsigned char **)",
    "i2d_PKCS8PrivateKey_bio": _WRITE_KEY, "PEM_write_bio_PKCS8PrivateKey": _WRITE_KEY,
    "PEM_write_bio_PrivateKey_traditional": _WRITE_KEY,
    # signatures, encryption by key, exchange
    "EVP_MD_CTX_new": "void *(*)(void)", "EVP_MD_CTX_free": _FREE,
    "EVP_DigestSignInit_ex": "int(*)(void *, void **, char *, void *, char *, void *, void *)",
    "EVP_DigestSign": f"int(*)(void *, {_OUT}, {_IN})",
    "EVP_DigestVerifyInit_ex": "int(*)(void *, void **, char *, void *, char *, void *, void *)",
    "EVP_DigestVerify": f"int(*)(void *, {_IN}, {_IN})",
    "EVP_PKEY_sign_init": _GET, "EVP_PKEY_sign": f"int(*)(void *, {_OUT}, {_IN})",
    "EVP_PKEY_verify_init": _GET, "EVP_PKEY_verify": f"int(*)(void *, {_IN}, {_IN})",
    "EVP_PKEY_verify_recover_init": _GET, "EVP_PKEY_verify_recover": f"int(*)(void *, {_OUT}, {_IN})",
    "EVP_PKEY_encrypt_init": _GET, "EVP_PKEY_encrypt": f"int(*)(void *, {_OUT}, {_IN})",
    "EVP_PKEY_decrypt_init": _GET, "EVP_PKEY_decrypt": f"int(*)(void *, {_OUT}, {_IN})",
    "EVP_PKEY_derive_init": _GET, "EVP_PKEY_derive_set_peer": "int(*)(void *, void *)",
    "EVP_PKEY_derive": f"int(*)(void *, {_OUT})",
    "EVP_PKEY_CTX_set_signature_md": "int(*)(void *, void *)",
    "EVP_PKEY_CTX_set_rsa_padding": "int(*)(void *, int)", "EVP_PKEY_CTX_set_rsa_pss_saltlen": "int(*)(void *, int)",
    # elliptic curves
    "EC_GROUP_new_by_curve_name": "void *(*)(int)", "EC_GROUP_free": _FREE, "EC_GROUP_get0_order": _NEW,
    "EC_POINT_new": _NEW, "EC_POINT_free": _FREE,
    "EC_POINT_oct2point": f"int(*)(void *, void *, {_IN}, void *)",
    "EC_POINT_point2oct": f"size_t(*)(void *, void *, int, {_IN}, void *)",
    "EC_POINT_mul": "int(*)(void *, void *, void *, void *, void *, void *)",
    "EC_POINT_is_on_curve": "int(*)(void *, void *, void *)",
    # Diffie-Hellman
    "DH_new": "void *(*)(void)", "DH_free": _FREE, "DH_set0_pqg": "int(*)(void *, void *, void *, void *)",
    "DH_check": "int(*)(void *, int *)", "BN_dup": _NEW,
    "BN_get_rfc2409_prime_768": _NEW, "BN_get_rfc2409_prime_1024": _NEW, "BN_get_rfc3526_prime_1536": _NEW,
    "BN_get_rfc3526_prime_2048": _NEW, "BN_get_rfc3526_prime_3072": _NEW, "BN_get_rfc3526_prime_4096": _NEW,
    "BN_get_rfc3526_prime_6144": _NEW, "BN_get_rfc3526_prime_8192": _NEW,
    # ciphers
    "EVP_CIPHER_fetch": "void *(*)(void *, char *, char *)", "EVP_CIPHER_free": _FREE,
    "EVP_CIPHER_get_nid": _GET, "EVP_CIPHER_get_mode": _GET, "EVP_CIPHER_get_block_size": _GET,
    "EVP_CIPHER_get_key_length": _GET, "EVP_CIPHER_get_iv_length": _GET,
    "EVP_CIPHER_do_all_provided": "void(*)(void *, void *, void *)",
    "EVP_CIPHER_names_do_all": "int(*)(void *, void *, void *)",
    "EVP_CIPHER_CTX_new": "void *(*)(void)", "EVP_CIPHER_CTX_free": _FREE,
    "EVP_CIPHER_CTX_ctrl": "int(*)(void *, int, int, void *)", "EVP_CIPHER_CTX_set_padding": "int(*)(void *, int)",
    "EVP_CIPHER_CTX_set_key_length": "int(*)(void *, int)", "EVP_CIPHER_CTX_set_flags": "void(*)(void *, int)",
    "EVP_CipherInit_ex": f"int(*)(void *, void *, void *, {_BYTES}, {_BYTES}, int)",
    "EVP_CipherUpdate": f"int(*)(void *, {_BYTES}, int *, {_BYTES}, int)",
    "EVP_CipherFinal_ex": f"int(*)(void *, {_BYTES}, int *)",
    # names
    "OBJ_sn2nid": "int(*)(char *)", "OBJ_txt2nid": "int(*)(char *)", "OBJ_nid2sn": "char *(*)(int)",
    "EC_curve_nist2nid": "int(*)(char *)",
    # certificates
    "X509_check_host": "int(*)(void *, char *, size_t, unsigned int, char **)",
    "X509_check_email": "int(*)(void *, char *, size_t, unsigned int)",
    "X509_check_ip_asc": "int(*)(void *, char *, unsigned int)",
    "X509_check_issued": "int(*)(void *, void *)", "X509_check_private_key": "int(*)(void *, void *)",
    "X509_verify": "int(*)(void *, void *)",
    "CRYPTO_free": "void(*)(void *, char *, int)",
})


def check(result: Any) -> Any:
    """The result of a call. Raises `TlsError` with what waits in the queue if it says that the call failed."""
    if result == NULL if isinstance(result, ffi.CData) else result <= 0:
        raise taken_error()
    return result


def pointer(made: Any, free: str) -> Any:
    """What a call made, to be given back by the function `free`. Raises `TlsError` if it is nothing."""
    return ffi.gc(check(made), getattr(evp, free))


def seen_error(otherwise: str) -> TlsError:
    """What failed, as Node tells it where it only looks at the first error: that is the last of the stack as well."""
    error = taken_error(otherwise)
    if error.library:
        error.stack.insert(0, error.message)
    return error


def bignum(value: int) -> Any:
    """OpenSSL's form of a number that is not negative."""
    data = value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")
    return pointer(evp.BN_bin2bn(data, len(data), NULL), "BN_clear_free")


def integer(number: Any) -> int:
    """Python's form of OpenSSL's number."""
    data = ffi.new("unsigned char[]", (evp.BN_num_bits(number) + 7) // 8 or 1)
    return int.from_bytes(ffi.buffer(data, evp.BN_bn2bin(number, data)), "big")


def output(function: Callable[..., int], context: Any, *more: Any) -> bytes:
    """What a function writes that says first how much it would: `function(context, NULL, &size, *more)`."""
    size = ffi.new("size_t *")
    check(function(context, NULL, size, *more))
    data = ffi.new("unsigned char[]", size[0] or 1)
    check(function(context, data, size, *more))
    return bytes(ffi.buffer(data, size[0]))


def written(function: Callable[..., int], bio: Any, *more: Any) -> bytes:
    """What a function writes into a BIO."""
    check(function(bio, *more))
    data = ffi.new("char **")
    size = lib.BIO_get_mem_data(bio, data)
    return bytes(ffi.buffer(data[0], size))


def parameters(pairs: Iterable[tuple[str, int | str | bytes | Any]]) -> Any:
    """OSSL_PARAMs (see the man page): int becomes a C int, str text, bytes octets; OpenSSL's numbers stay."""
    builder = pointer(evp.OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_free")
    kept = []  # the builder takes addresses
    for key, value in pairs:
        name = ffi.new("char[]", key.encode())
        kept.append((name, value))
        check(_push(builder, name, value, kept))
    return pointer(evp.OSSL_PARAM_BLD_to_param(builder), "OSSL_PARAM_free"), kept


def _push(builder: Any, name: Any, value: Any, kept: list[Any]) -> Any:
    if isinstance(value, int):
        return evp.OSSL_PARAM_BLD_push_int(builder, name, value)
    if isinstance(value, (str, bytes)):
        encoded = value.encode() if isinstance(value, str) else value
        data = ffi.new("char[]", encoded)
        kept.append(data)
        if isinstance(value, str):
            return evp.OSSL_PARAM_BLD_push_utf8_string(builder, name, data, len(encoded))
        return evp.OSSL_PARAM_BLD_push_octet_string(builder, name, ffi.cast("unsigned char *", data), len(encoded))
    return evp.OSSL_PARAM_BLD_push_BN(builder, name, value)
