// Sockets: the order of their events, and what runs between them.
'use strict';
const log = console.log;
const net = require('net');
const tell = (name, emitter, ...events) => {
  for (const event of events) emitter.on(event, (value) => log(name, event, value?.code ?? typeof value));
};

//// a connection's events on both sides
const server = net.createServer((socket) => {
  log('connection');
  tell('server side', socket, 'data', 'end', 'finish', 'close');
  socket.on('end', () => server.close());
});
tell('server', server, 'listening', 'close');
server.listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1');
  tell('client', socket, 'connectionAttempt', 'lookup', 'connect', 'ready', 'end', 'finish', 'close');
  socket.on('connect', () => socket.end('data'));
});

//// a connection refused
const probe = net.createServer().listen(0, '127.0.0.1', () => {
  const { port } = probe.address();
  probe.close(() => {
    const socket = net.connect(port, '127.0.0.1');
    tell('client', socket, 'connect', 'connectionAttempt', 'connectionAttemptFailed', 'error', 'close');
    log(socket.connecting, socket.readyState);
  });
});

//// ticks and microtasks after each callback of a socket
const server = net.createServer((socket) => {
  socket.on('data', () => {
    log('data');
    process.nextTick(log, 'tick of data');
    queueMicrotask(() => log('microtask of data'));
    setImmediate(log, 'immediate of data');
  });
  socket.on('end', () => {
    log('end');
    process.nextTick(log, 'tick of end');
    server.close();
  });
  socket.on('close', () => log('close'));
}).listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => {
    log('connect');
    process.nextTick(log, 'tick of connect');
    socket.write('a', () => {
      log('written');
      process.nextTick(log, 'tick of written');
      setImmediate(() => setImmediate(() => socket.end()));
    });
    log('after write');
  });
});

//// destroyed before it connects
const server = net.createServer().listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => log('never'));
  tell('client', socket, 'error', 'close');
  socket.write('a', (error) => log('write', error.code));
  socket.destroy();
  process.nextTick(log, 'tick');
  setImmediate(() => {
    log('immediate');
    server.close();
  });
});

//// destroyed with an error
const server = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => {
    tell('client', socket, 'error', 'end', 'finish', 'close');
    socket.destroy(Object.assign(new Error(), { code: 'MINE' }));
    log(socket.destroyed, socket._handle);
    setImmediate(log, 'immediate');
    process.nextTick(log, 'tick');
    server.close(() => log('server closed'));
  });
});

//// written after the other side has ended
const server = net.createServer((socket) => {
  socket.end();
  server.close();
}).listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1');
  tell('client', socket, 'error', 'end', 'finish', 'close');
  socket.resume();
  socket.on('end', () => setImmediate(() => {
    log(socket.writable, socket.write('late', (error) => log('write', error?.code)));
  }));
});

//// listening twice on one port
const first = net.createServer().listen(0, '127.0.0.1', () => {
  const second = net.createServer();
  tell('second', second, 'listening', 'error', 'close');
  second.listen(first.address().port, '127.0.0.1');
  log('after listen', second.listening);
  process.nextTick(log, 'tick');
  second.on('error', (error) => {
    log(error.syscall, error.address, error.port === first.address().port);
    first.close(() => log('first closed'));
  });
});

//// closing a server with a connection
const server = net.createServer((socket) => {
  server.close((error) => log('closed', error));
  server.close((error) => log('closed again', error.code));
  log(server.listening, server.address());
  setImmediate(() => {
    log('destroyed');
    socket.destroy();
  });
}).listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').resume());

//// two clients, in the order in which they were made
const server = net.createServer((socket) => socket.end('x')).listen(0, '127.0.0.1', () => {
  let open = 2;
  for (const name of ['a', 'b']) {
    const socket = net.connect(server.address().port, '127.0.0.1', () => {
      log(name, 'connect');
      process.nextTick(log, name, 'tick');
    });
    socket.resume().on('close', () => {
      if (--open === 0) server.close(() => log('closed'));
    });
  }
});

//// a timeout of an idle socket
const server = net.createServer().listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => {
    socket.setTimeout(10, () => {
      log('timeout', socket.destroyed);
      socket.destroy();
      server.close(() => log('closed'));
    });
  });
  socket.on('close', (hadError) => log('close', hadError));
});
server.on('connection', (socket) => socket.resume());

//// a name that is looked up
const server = net.createServer((socket) => socket.end()).listen(0, () => {
  const lookup = (name, options, callback) => {
    log('lookup', name, options.all, options.family);
    process.nextTick(callback, null, [{ address: '127.0.0.1', family: 4 }]);
  };
  const socket = net.connect({ port: server.address().port, host: 'a.example', lookup });
  socket.on('lookup', (error, address, family, host) => log('found', error, address, family, host));
  socket.on('connectionAttempt', (ip, port, family) => log('attempt', ip, family));
  socket.on('connect', () => log('connect', socket.autoSelectFamilyAttemptedAddresses));
  socket.resume().on('close', () => server.close());
  log(socket.connecting);
});

//// ticks that throw after a server was closed: its closing step calls nothing
process.on('uncaughtException', (error) => log('uncaught', error.message));
const server = net.createServer();
server.listen(0, () => {
  setImmediate(() => {
    server.close(() => {
      log('closed');
      process.nextTick(log, 'tick in close');
    });
    process.nextTick(() => { throw new Error('a'); });
    process.nextTick(() => { throw new Error('b'); });
    process.nextTick(log, 'tick');
    setImmediate(log, 'immediate');
  });
});

//// a server accepts one connection each turn
let left = 3;
const server = net.createServer((socket) => {
  log('connection');
  socket.end();
  process.nextTick(log, 'tick');
});
server.listen(0, '127.0.0.1', () => {
  for (let i = 0; i < 3; i++) {
    const socket = net.connect(server.address().port, '127.0.0.1', () => log('connect', i));
    socket.resume().on('close', () => {
      log('close', i);
      if (!--left) server.close(() => log('closed'));
    });
  }
  let turns = 0;
  const turn = () => {
    log('immediate', turns);
    if (turns++ < 6) setImmediate(turn);
  };
  setImmediate(turn);
});

//// answers come before what was sent by a connection that was accepted in the same turn
const http = require('http');
let left = 3;
const server = http.createServer((request, response) => {
  log('request', request.url);
  response.end('x');
  process.nextTick(log, 'tick');
});
server.listen(0, '127.0.0.1', () => {
  for (let i = 0; i < 3; i++) {
    const options = { host: '127.0.0.1', port: server.address().port, path: `/${i}`, agent: false };
    const request = http.get(options, (response) => {
      log('response', i);
      response.resume().on('end', () => log('end', i));
    });
    request.on('close', () => {
      log('close', i);
      if (!--left) server.close(() => log('closed'));
    });
  }
});

//// a connection that ends before its response is destroyed at once
const http = require('http');
let left = 2;
const server = http.createServer((request, response) => {
  log('request', request.url);
  request.on('aborted', () => log('aborted', request.url));
  response.destroy();
});
server.listen(0, '127.0.0.1', () => {
  for (let i = 0; i < 2; i++) {
    const request = http.get({ host: '127.0.0.1', port: server.address().port, path: `/${i}` });
    request.on('socket', (socket) => socket.on('end', () => log('end', i, socket.destroyed, socket.writableEnded)));
    tell(i, request, 'error', 'close');
    request.on('close', () => {
      if (!--left) server.close(() => log('closed'));
    });
  }
});
