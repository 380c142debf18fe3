// http2-wrapper: HTTP/2 as node:http asks for it, HTTP/1.1 else, and both through a proxy.
const http2 = require('http2');
const https = require('https');
const net = require('net');
const { pki } = require('node-forge');
const wrapper = require('http2-wrapper');
const keys = pki.rsa.generateKeyPair(2048);
const certificate = pki.createCertificate();
certificate.publicKey = keys.publicKey;
certificate.validity.notBefore = new Date(Date.now() - 1e6);
certificate.validity.notAfter = new Date(Date.now() + 1e8);
certificate.setSubject([{ name: 'commonName', value: 'localhost' }]);
certificate.setIssuer(certificate.subject.attributes);
certificate.setExtensions([{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }]);
certificate.sign(keys.privateKey, require('node-forge').md.sha256.create());
const identity = { key: pki.privateKeyToPem(keys.privateKey), cert: pki.certificateToPem(certificate) };
const ca = identity.cert;
const answer = (request, response) => response.end(`${request.method} ${request.url} ${request.httpVersion}`);
const server = http2.createSecureServer({ ...identity, allowHTTP1: true }, answer);
const plain = https.createServer(identity, answer);
const proxy = http2.createSecureServer(identity);
proxy.on('stream', (stream, headers) => {
  const socket = net.connect(new URL(`tcp://${headers[':authority']}`).port, 'localhost', () => {
    stream.respond();
    stream.pipe(socket).pipe(stream);
  });
  for (const side of [stream, socket]) side.on('error', () => {});
});
const listen = (one) => new Promise((done) => {
  one.listen(0, () => done(`https://localhost:${one.address().port}`));
});
const text = (request) => new Promise((done, fail) => {
  request.on('error', fail).on('response', async (response) => {
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += chunk;
    done(`${response.statusCode} ${body}`);
  }).end();
});
(async () => {
  const [url, plainUrl, proxyUrl] = await Promise.all([server, plain, proxy].map(listen));
  console.log(await text(wrapper.request(`${url}/a`, { ca, method: 'POST' })));
  console.log(await text(await wrapper.auto(`${url}/b`, { ca })));
  console.log(await text(await wrapper.auto(`${plainUrl}/c`, { ca })));
  const proxyOptions = { url: new URL(proxyUrl), ca };
  console.log(await text(wrapper.request(`${url}/d`, {
    ca, agent: new wrapper.proxies.Http2OverHttp2({ proxyOptions, ca }),
  })));
  console.log(await text(https.request(`${plainUrl}/e`, {
    ca, agent: new wrapper.proxies.HttpsOverHttp2({ proxyOptions, ca }),
  })));
  process.exit();
})();
