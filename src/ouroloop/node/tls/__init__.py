"""tls: TLS as a protocol with no I/O in it, for both languages: contexts, connections, certificates.

Theory of operation. `context.SecureContext` is what many connections share, `engine.Engine` is one side of one
connection, `certificate` tells what is in a certificate in Node's words, `roots` knows which authorities are trusted.
`openssl` is the only file that knows where OpenSSL comes from. Nothing here is imported before a program uses TLS.
"""
