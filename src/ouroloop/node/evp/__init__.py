"""Keys, signatures, ciphers and what else OpenSSL's envelope interface (EVP) does, for both languages.

Theory of operation. Each file is a part of OpenSSL's manual: `keys` (EVP_PKEY), `signature`, `cipher`, `exchange`
(Diffie-Hellman), `prime`. The functions are reached in the file that the `cryptography` wheel carries
(`library`, `node/tls/unbound.py`), as its own interface refuses much that Node allows and words errors in its own way.
What OpenSSL refuses is a `TlsError` with Node's code.
"""
