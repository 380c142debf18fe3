"""node:tls and node:https: who is trusted, what both sides agree on, and what goes wrong."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from js.commands import output, run, write

_NOW = datetime.datetime.now(datetime.UTC)
_YEAR = datetime.timedelta(days=365)


class Authority:
    """Signs certificates."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._signed(self._name, self._key.public_key(), [], is_authority=True)

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, names: list[x509.GeneralName], *,
        is_authority: bool = False, until: datetime.datetime = _NOW + _YEAR,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
            .serial_number(x509.random_serial_number()).not_valid_before(_NOW - 2 * _YEAR).not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, name: str, until: datetime.datetime = _NOW + _YEAR) -> dict[str, bytes]:
        """Key and certificate of `name`, as files."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._signed(subject, key.public_key(), [x509.DNSName(name)], until=until)
        return {
            f"{name}-cert.pem": certificate.public_bytes(Encoding.PEM),
            f"{name}-key.pem": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            f"{name}-secret.pem": key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"sesame")),
        }


# An encrypted key, one for all runs: without its passphrase, one key of 256 decrypts to what only later is no key.
LOCKED_KEY = b"""\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBBImJSX0JvlRF38gI2c
KJBDAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQZmLDN17+nPryBK1y
vqMn/wSBkCVle9iHBKR4LFbvJEVeQBScqhxRwneGf6IEun3nf8UfMXDw1SO7b9uw
KbQJ+a8WTG5vMHEWhrxxm27mEFPV25oySZTcGXa+5DxLV4/h9FxK+1nTeCN7jha1
cm34QDMLXi7Wjl82ROjV2OZ+ggIvbPYvGI2fcqukmiT64waXiKy0Pg2sVTxCFcqt
tzNYiSVPpA==
-----END ENCRYPTED PRIVATE KEY-----
"""


@pytest.fixture(scope="session")
def keys() -> dict[str, bytes]:
    """Files: an authority, and keys with certificates of localhost, of a client, of another host, and an old one."""
    authority = Authority("the authority")
    return {
        "ca.pem": authority.certificate.public_bytes(Encoding.PEM),
        **authority.issue("localhost"), **authority.issue("client"), **authority.issue("other.test"),
        **authority.issue("old.test", until=_NOW - _YEAR), **Authority("a stranger").issue("strange"),
        "locked-key.pem": LOCKED_KEY,
    }


PRELUDE = r"""
const tls = require('tls');
const https = require('https');
const net = require('net');
const fs = require('fs');
const log = (...values) => console.log(...values);
const read = (name) => fs.readFileSync(`${__dirname}/${name}.pem`);
const identity = (name) => ({ key: read(`${name}-key`), cert: read(`${name}-cert`) });
const ca = read('ca');

/** A server; `then(port)` returns a promise, after which it is closed. */
async function serve(server, then) {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  await then(server.address().port);
  await new Promise((done) => server.close(done));
}

const connect = (port, options, told = () => {}) => new Promise((done) => {
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options }, () => told(socket));
  socket.on('error', (error) => log(error.code, error.message));
  socket.on('close', done);
  socket.resume();
});

const get = (port, options = {}) => new Promise((done) => {
  const request = https.get({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options }, (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => done({ response, request, body: Buffer.concat(parts) }));
  });
  request.on('error', (error) => done({ error }));
});
"""

PROGRAMS = {
    "who is trusted": (r"""
        serve(tls.createServer(identity('localhost'), (c) => { c.on('error', () => {}); c.end(); }), async (port) => {
          await connect(port, {}, (c) => log(c.authorized, c.authorizationError, c.encrypted));
          await connect(port, { ca: read('strange-cert') });
          await connect(port, { servername: 'other.test' });
          await connect(port, { ca: [], rejectUnauthorized: false },
            (c) => log(c.authorized, c.authorizationError, c.getPeerCertificate().subject.CN));
          await connect(port, { servername: 'x', checkServerIdentity: (host, { subject }) => log(host, subject.CN) },
            (c) => log(c.authorized));
        });
        """, "true null true\n"
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE unable to verify the first certificate; if the root CA is installed locally, "
        "try running Node.js with --use-system-ca\n"
        "ERR_TLS_CERT_ALTNAME_INVALID Hostname/IP does not match certificate's altnames: Host: other.test. is not in "
        "the cert's altnames: DNS:localhost\n"
        "false UNABLE_TO_VERIFY_LEAF_SIGNATURE localhost\nx localhost\ntrue\n"),
    "a certificate that is too old": (r"""
        serve(tls.createServer(identity('old.test'), (c) => { c.on('error', () => {}); }), (port) =>
          connect(port, { servername: 'old.test' }));
        """, "CERT_HAS_EXPIRED certificate has expired\n"),
    "clients with certificates": (r"""
        const options = { ...identity('localhost'), ca, requestCert: true, rejectUnauthorized: false };
        serve(tls.createServer(options, (c) => {
          log(c.authorized, c.authorizationError, c.getPeerCertificate().subject?.CN);
          c.end();
        }), async (port) => {
          await connect(port, {});
          await connect(port, identity('client'));
          await connect(port, identity('strange'));
          const key = [{ pem: read('client-secret'), passphrase: 'sesame' }];
          await connect(port, { key, cert: read('client-cert') });
        });
        """, "false UNABLE_TO_GET_ISSUER_CERT undefined\ntrue null client\n"
        "false UNABLE_TO_VERIFY_LEAF_SIGNATURE strange\ntrue null client\n"),
    "a name chooses the certificate": (r"""
        const choose = (name, answer) => setTimeout(() =>
          answer(null, name === 'other.test' ? tls.createSecureContext(identity('other.test')) : undefined), 1);
        const server = tls.createServer({ ...identity('localhost'), SNICallback: choose }, (c) => c.end());
        server.on('secureConnection', (c) => log(c.servername));
        serve(server, async (port) => {
          const told = (c) => log(c.getPeerCertificate().subject.CN, c.authorized);
          await connect(port, { servername: 'other.test' }, told);
          await connect(port, {}, (c) => log(c.getPeerCertificate().subject.CN));
        });
        """, "other.test true\nother.test\nlocalhost\nlocalhost\n"),
    "contexts are chosen by patterns": (r"""
        const server = tls.createServer(identity('localhost'), (c) => c.end());
        server.addContext('*.test', identity('other.test'));
        serve(server, async (port) => {
          await connect(port, { servername: 'other.test' }, (c) => log(c.authorized));
          await connect(port, { servername: 'a.other.test', checkServerIdentity() {} },
            (c) => log(c.getPeerCertificate().subject.CN));
        });
        """, "true\nlocalhost\n"),
    "both agree on a protocol, or on none": (r"""
        serve(tls.createServer({ ...identity('localhost'), ALPNProtocols: ['b', 'a'] }, (c) => { c.end(); }),
          async (port) => {
            await connect(port, { ALPNProtocols: ['a', 'b'] }, (c) => log(c.alpnProtocol));
            await connect(port, {}, (c) => log(c.alpnProtocol));
            await connect(port, { ALPNProtocols: ['c'] });
          });
        """, "b\nfalse\nERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"),
    "a program chooses the protocol": (r"""
        const ALPNCallback = ({ servername, protocols }) => { log(servername, protocols); return protocols[1]; };
        serve(tls.createServer({ ...identity('localhost'), ALPNCallback }, (c) => c.end()), (port) =>
          connect(port, { ALPNProtocols: ['a', 'b'] }, (c) => log(c.alpnProtocol)));
        """, "localhost [ 'a', 'b' ]\nb\n"),
    "sessions are taken up again": (r"""
        serve(tls.createServer(identity('localhost'), (c) => { c.end('x'); }), async (port) => {
          let session;
          await new Promise((done) => {
            const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
            socket.on('session', (each) => session = each).on('close', done).resume();
          });
          await connect(port, { session }, (c) => log(c.isSessionReused(), c.authorized, c.getProtocol()));
          await connect(port, { maxVersion: 'TLSv1.2' }, (c) => log(c.isSessionReused(), c.getProtocol()));
        });
        """, "true true TLSv1.3\nfalse TLSv1.2\n"),
    "a program keeps the sessions of its clients": (r"""
        const { SSL_OP_NO_TICKET: secureOptions } = require('constants');
        const kept = new Map();
        const server = tls.createServer(
          { ...identity('localhost'), maxVersion: 'TLSv1.2', secureOptions },
          (c) => { log('secure', c.isSessionReused()); c.end('x'); });
        server.on('newSession', (id, session, done) => {
          log('new', id.length, Buffer.isBuffer(session));
          kept.set(id.toString('hex'), session);
          setTimeout(() => { log('kept'); done(); done(); }, 5);
        });
        server.on('resumeSession', (id, done) => {
          log('resume', id.length, kept.has(id.toString('hex')));
          setTimeout(done, 5, null, kept.get(id.toString('hex')));
        });
        let session;
        const visit = (port) => new Promise((done) => {
          const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, session }, () => {
            log('client', socket.isSessionReused(), socket.getTLSTicket());
          });
          socket.on('session', (each) => { session = each; log('session', each.equals(socket.getSession())); });
          socket.on('error', (error) => log(error.code)).on('close', done).resume();
        });
        serve(server, async (port) => {
          await visit(port);
          await visit(port);
          server.removeAllListeners('resumeSession').on('resumeSession', (id, done) => done(new Error('no')));
          server.on('tlsClientError', (error) => log(error.message));
          await visit(port);
        });
        """, "resume 32 false\nnew 32 true\nkept\nsecure false\nclient false undefined\nsession true\n"
        "resume 32 true\nclient true undefined\nsecure true\nno\nECONNRESET\n"),
    "a session goes on with servers that have the same keys for tickets": (r"""
        const ticketKeys = Buffer.alloc(48, 'k');
        const serverOf = (options) => tls.createServer({ ...identity('localhost'), ...options }, (c) => c.end('x'));
        const sessionOf = async (port, options, times = []) => {
          let session;
          await new Promise((done) => {
            const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options });
            socket.on('session', (each) => { session = each; times.push(each); }).on('close', done).resume();
          });
          return session;
        };
        (async () => {
          for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
            const [one, two] = [serverOf({ ticketKeys, maxVersion }), serverOf({ maxVersion })];
            log(one.getTicketKeys().equals(ticketKeys), two.getTicketKeys().length);
            let session;
            const told = (c) => log(maxVersion, c.isSessionReused(), c.getTLSTicket() !== undefined);
            await serve(one, async (port) => {
              session = await sessionOf(port);
              await connect(port, { session }, told);
              const again = [];
              await sessionOf(port, { session }, again);
              log('made anew', again.length);
            });
            await serve(two, async (port) => {
              await connect(port, { session }, (c) => log('other keys', c.isSessionReused()));
              two.setTicketKeys(ticketKeys);
              await connect(port, { session }, told);
            });
          }
        })();
        """, "true 48\nTLSv1.2 true true\nmade anew 0\nother keys false\nTLSv1.2 true true\n"
        "true 48\nTLSv1.3 true true\nmade anew 0\nother keys false\nTLSv1.3 true true\n"),
    "workers of a cluster take up each other's sessions": (r"""
        const cluster = require('cluster');
        const WORKERS = 2;
        if (cluster.isWorker) {
          tls.createServer(identity('localhost'), (c) => c.end('x')).listen(0, '127.0.0.1');
        } else {
          cluster.schedulingPolicy = cluster.SCHED_RR;
          for (let i = 0; i < WORKERS; i++) cluster.fork();
          let count = 0;
          cluster.on('listening', async (worker, { port }) => {
            if (++count < WORKERS) return;
            let session;
            const reused = [];
            for (let i = 0; i < 5; i++) {
              await connect(port, { session }, (c) => {
                reused.push(c.isSessionReused());
                c.on('session', (each) => { session = each; });
              });
            }
            log(...reused);
            cluster.disconnect();
          });
        }
        """, "false true true true true\n"),
    "what is no TLS ends the connection and is told": (r"""
        const server = tls.createServer(identity('localhost'), () => log('never'));
        server.on('tlsClientError', (error) => log(error.code));
        serve(server, (port) => new Promise((done) => {
          const socket = net.connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
          socket.on('close', () => {
            const other = net.connect(port, '127.0.0.1', () => other.end());
            other.on('close', done).resume();
          }).resume();
        }));
        """, "ERR_SSL_HTTP_REQUEST\nECONNRESET\n"),
    "a server that goes before the handshake": (r"""
        serve(net.createServer((c) => c.end()), (port) => connect(port, {}));
        """, "ECONNRESET Client network socket disconnected before secure TLS connection was established\n"),
    "a client that does not begin": (r"""
        const server = tls.createServer({ ...identity('localhost'), handshakeTimeout: 20 }, () => log('never'));
        server.on('tlsClientError', (error, socket) => { log(error.code); socket.destroy(); });
        serve(server, (port) => new Promise((done) => net.connect(port, '127.0.0.1').on('close', done).resume()));
        """, "ERR_TLS_HANDSHAKE_TIMEOUT\n"),
    "over any stream, and over TLS itself": (r"""
        const { duplexPair } = require('stream');
        const [a, b] = duplexPair();
        const inner = (socket) => new tls.TLSSocket(socket, { isServer: true, ...identity('localhost') });
        inner(inner(b)).on('data', (d) => log('got', String(d))).on('end', () => log('end'));
        const outer = tls.connect({ socket: a, ca, servername: 'localhost' }, () => {
          const socket = tls.connect({ socket: outer, ca, servername: 'localhost' }, () => {
            log(socket.authorized, socket.encrypted);
            socket.end('deep');
          });
        });
        """, "true true\ngot deep\nend\n"),
    "both write before there is a connection, and end": (r"""
        serve(tls.createServer(identity('localhost'), (c) => {
          c.setEncoding('utf8');
          let text = '';
          c.on('data', (part) => text += part).on('end', () => { log(text); c.end('back'); });
        }), (port) => new Promise((done) => {
          const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
          socket.write('one ');
          socket.end('two');
          socket.on('data', (part) => log(String(part))).on('close', done);
        }));
        """, "one two\nback\n"),
    "much that is written comes whole and in order": (r"""
        const { createHash } = require('crypto');
        const sum = (...parts) => parts.reduce((all, each) => all.update(each), createHash('sha1')).digest('hex');
        const large = Buffer.from(Array.from({ length: 1_500_001 }, (_, i) => i * i % 251));
        const parts = ['a', large, 'bc', large.subarray(7, 700_000), new Uint8Array(large.buffer, 3, 300_000), 'd'];
        const { duplexPair } = require('stream');
        const write = (socket) => {
          socket.cork();
          for (const each of parts.slice(0, 4)) socket.write(each);
          socket.uncork();
          for (const each of parts.slice(4)) socket.write(each);
          socket.end(() => log('written', socket.bytesWritten));
        };
        const collect = (socket, done) => {
          const got = [];
          socket.on('data', (part) => got.push(part)).on('end', () => {
            log(Buffer.concat(got).length, sum(...got) === sum(...parts));
            done();
          });
        };
        serve(tls.createServer(identity('localhost'), write), (port) => new Promise((done) => {
          const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
          setTimeout(collect, 50, socket, done);
        })).then(() => {
          const [a, b] = duplexPair();
          write(new tls.TLSSocket(a, { isServer: true, ...identity('localhost') }));
          const socket = tls.connect({ socket: b, ca, servername: 'localhost' }, () => collect(socket, () => {}));
        });
        """, "written 2499998\n2499998 true\n2499998 true\nwritten 2499998\n"),
    "a connection that is gone in the middle of much": (r"""
        const server = tls.createServer(identity('localhost'), (c) => {
          c.on('error', (error) => log(error.code)).on('close', () => log('closed', c.writableLength > 0));
          c.write(Buffer.alloc(50_000_000), (error) => log('not written', error.code));
        });
        serve(server, (port) => new Promise((done) => {
          const below = net.connect(port, '127.0.0.1');
          const socket = tls.connect({ socket: below, servername: 'localhost', ca });
          socket.once('data', () => below.resetAndDestroy()).on('close', done).on('error', log);
        }));
        """, "ECONNRESET\nnot written ECANCELED\nclosed false\n"),
    "https: a large answer comes whole": (r"""
        const body = Buffer.alloc(3_000_000, 'abcdefg');
        serve(https.createServer(identity('localhost'), (q, r) => r.end(body)), async (port) => {
          const found = await get(port, { agent: false });
          log(found.body.equals(body), found.response.statusCode, found.response.socket.getProtocol());
        });
        """, "true 200 TLSv1.3\n"),
    "https: an agent keeps connections and sessions": (r"""
        const agent = new https.Agent({ keepAlive: true });
        serve(https.createServer(identity('localhost'), (q, r) => r.end(q.url)), async (port) => {
          for (const path of ['/1', '/2']) {
            const { body, request } = await get(port, { agent, path });
            log(String(body), request.reusedSocket);
            await new Promise(setImmediate);
          }
          agent.destroy();
          await new Promise(setImmediate);
          const { response } = await get(port, { agent, headers: { connection: 'close' } });
          log(response.socket.isSessionReused());
          agent.destroy();
        });
        """, "/1 false\n/2 true\ntrue\n"),
    "https: a server that nobody trusts": (r"""
        serve(https.createServer(identity('strange'), (q, r) => r.end('secret')), async (port) => {
          log((await get(port, {})).error.code);
          log(String((await get(port, { rejectUnauthorized: false, agent: false })).body));
        });
        """, "UNABLE_TO_VERIFY_LEAF_SIGNATURE\nsecret\n"),
    "https: a body is sent, and an upgrade is taken": (r"""
        const server = https.createServer(identity('localhost'), (q, r) => {
          let size = 0;
          q.on('data', (part) => size += part.length).on('end', () => r.end(String(size)));
        });
        const switching = 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n';
        server.on('upgrade', (q, socket) => socket.end(`${switching}raw`));
        serve(server, async (port) => {
          const options = { port, host: '127.0.0.1', servername: 'localhost', ca, agent: false };
          await new Promise((done) => {
            const request = https.request({ ...options, method: 'POST' }, (r) => {
              r.on('data', (d) => log(String(d))).on('end', done);
            });
            for (let i = 0; i < 10; i++) request.write(Buffer.alloc(50_000));
            request.end();
          });
          await new Promise((done) => {
            const request = https.get({ ...options, headers: { Connection: 'upgrade', Upgrade: 'x' } });
            request.on('upgrade', (r, socket, head) => {
              let text = String(head);
              socket.on('data', (d) => text += d).on('close', () => { log(r.statusCode, text); done(); });
            });
          });
        });
        """, "500000\n101 raw\n"),
    "what is refused when a context is made": (r"""
        const refused = (options) => {
          try {
            tls.createSecureContext(options);
          } catch (error) {
            log(error.name, error.code);
          }
        };
        refused({ key: 'x' });
        refused({ cert: 'x' });
        refused({ key: read('client-key'), cert: read('localhost-cert') });
        refused({ key: read('locked-key') });
        refused({ ciphers: 'none-such' });
        refused({ minVersion: 'TLSv0' });
        refused({ secureProtocol: 'SSLv3_method' });
        refused({ ecdhCurve: 'none-such' });
        refused({ key: 5 });
        """, "Error ERR_OSSL_UNSUPPORTED\nError ERR_OSSL_PEM_NO_START_LINE\nError ERR_OSSL_X509_KEY_VALUES_MISMATCH\n"
        "Error ERR_OSSL_BAD_DECRYPT\nError ERR_SSL_NO_CIPHER_MATCH\nTypeError ERR_TLS_INVALID_PROTOCOL_VERSION\n"
        "TypeError ERR_TLS_INVALID_PROTOCOL_METHOD\nError ERR_CRYPTO_OPERATION_FAILED\n"
        "TypeError ERR_INVALID_ARG_TYPE\n"),
    "names of hosts": (r"""
        const check = (host, subjectaltname, CN) =>
          log(tls.checkServerIdentity(host, { subject: { CN }, subjectaltname })?.reason);
        check('a.b.test', 'DNS:*.b.test');
        check('a.a.b.test', 'DNS:*.b.test');
        check('b.test', 'DNS:*.test');
        check('A.Test.', 'DNS:a.test');
        check('1.2.3.4', 'DNS:1.2.3.4', '1.2.3.4');
        check('::1', 'IP Address:0:0:0:0:0:0:0:1');
        check('good.test', 'DNS:"evil.test, DNS:good.test"', 'good.test');
        check('cn.test', undefined, 'cn.test');
        check('cn.test', 'DNS:other.test', 'cn.test');
        """, "undefined\nHost: a.a.b.test. is not in the cert's altnames: DNS:*.b.test\n"
        "Host: b.test. is not in the cert's altnames: DNS:*.test\nundefined\nIP: 1.2.3.4 is not in the cert's list: \n"
        "undefined\nHost: good.test. is not in the cert's altnames: DNS:\"evil.test, DNS:good.test\"\nundefined\n"
        "Host: cn.test. is not in the cert's altnames: DNS:other.test\n"),
    "a stream without a handle is a socket below TLS, of a class that may be used apart": (r"""
        const { PassThrough } = require('stream');
        const JSStreamSocket = new tls.TLSSocket(new PassThrough())._handle._parentWrap.constructor;
        const [one, other] = require('stream').duplexPair();
        const socket = new JSStreamSocket(one);
        log(JSStreamSocket.name, socket instanceof net.Socket, socket.stream === one, socket.remoteAddress);
        other.on('data', (data) => other.write(`${data}!`)).on('end', () => other.end());
        socket.on('data', (data) => { log(`${data}`); socket.end(); });
        socket.on('end', () => log('end')).on('close', (hadError) => log('close', hadError, one.destroyed));
        socket.write(Buffer.from('á'), () => {
          const failing = new PassThrough();
          new JSStreamSocket(failing).on('error', (error) => log(error.message));
          failing.destroy(new Error('failed'));
        });
        """, "JSStreamSocket true true undefined\ná!\nfailed\nend\nclose false true\n"),
}


@pytest.mark.parametrize(("program", "expected"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_what_programs_see(
    command: list[str], tmp_path: Path, keys: dict[str, bytes], program: str, expected: str,
) -> None:
    write(tmp_path, {"a.js": PRELUDE + program, **keys})
    found = output(command, "a.js", folder=tmp_path)
    if expected.endswith("\n"):
        assert found == expected
    else:
        assert found.startswith(expected)


def test_extra_authorities_come_from_the_environment(
    command: list[str], tmp_path: Path, keys: dict[str, bytes],
) -> None:
    program = PRELUDE + r"""
        serve(tls.createServer(identity('localhost'), (c) => { c.on('error', () => {}); c.end(); }), (port) =>
          connect(port, { ca: undefined }, (c) => log(c.authorized, tls.getCACertificates('extra').length)));
    """
    write(tmp_path, {"a.js": program, **keys})
    assert output(command, "a.js", folder=tmp_path, NODE_EXTRA_CA_CERTS=str(tmp_path / "ca.pem")) == "true 1\n"
    assert "UNABLE_TO_VERIFY_LEAF_SIGNATURE" in output(command, "a.js", folder=tmp_path)


def test_everybody_can_be_trusted_with_a_warning(
    command: list[str], tmp_path: Path, keys: dict[str, bytes],
) -> None:
    program = PRELUDE + r"""
        serve(tls.createServer(identity('strange'), (c) => c.end()), (port) =>
          connect(port, {}, (c) => log(c.authorized, c.authorizationError)));
    """
    write(tmp_path, {"a.js": program, **keys})
    done = run(command, "a.js", folder=tmp_path, NODE_TLS_REJECT_UNAUTHORIZED="0")
    assert (done.returncode, done.stdout) == (0, "false UNABLE_TO_VERIFY_LEAF_SIGNATURE\n")
    assert "makes TLS connections and HTTPS requests insecure" in done.stderr
