// ssh2: a client and a server of SSH, whose keys, exchanges, ciphers and hashes are all the module crypto's.
const { Client, Server, utils } = require('ssh2');

const ed25519 = utils.generateKeyPairSync('ed25519');
const rsa = utils.generateKeyPairSync('rsa', { bits: 2048 });
const ways = [
  {},
  { kex: ['diffie-hellman-group14-sha256'], cipher: ['aes256-ctr'], hmac: ['hmac-sha2-512'] },
  { kex: ['ecdh-sha2-nistp256'], cipher: ['aes128-gcm@openssh.com'], serverHostKey: ['rsa-sha2-256'] },
  { kex: ['curve25519-sha256'], cipher: ['chacha20-poly1305@openssh.com'] },
  { kex: ['diffie-hellman-group14-sha1'], cipher: ['aes128-cbc'], serverHostKey: ['rsa-sha2-512'] },
];

const server = new Server({
  hostKeys: [rsa.private, ed25519.private],
  algorithms: { cipher: { append: ['aes128-cbc'] }, kex: { append: ['diffie-hellman-group14-sha1'] } },
}, (connection) => {
  connection.on('authentication', (context) => {
    const isRight = context.method === 'publickey' ?
      !context.signature || utils.parseKey(ed25519.public).verify(context.blob, context.signature, context.hashAlgo) :
      context.method === 'password' && context.password === 'word';
    if (isRight) context.accept();
    else context.reject(['password', 'publickey']);
  });
  connection.on('session', (accept) => accept().on('exec', (acceptExec, reject, { command }) => {
    const stream = acceptExec();
    stream.write(`ran ${command}\n`);
    stream.exit(3);
    stream.end();
  }));
});

function connect(port, way, done) {
  const credentials = way % 2 ? { password: 'word' } : { privateKey: ed25519.private };
  const client = new Client();
  client.on('ready', () => client.exec(`command ${way}`, (error, stream) => {
    stream.on('data', (data) => console.log(`${data}`.trim()));
    stream.on('exit', (code) => console.log('exit', code));
    stream.on('close', () => client.end());
  }));
  client.on('close', done).connect({ host: '127.0.0.1', port, username: 'u', algorithms: ways[way], ...credentials });
}

server.listen(0, '127.0.0.1', function listening() {
  const { port } = this.address();
  const next = (way) => (way < ways.length ? connect(port, way, () => next(way + 1)) : server.close());
  next(0);
});
