// The HTTP server and the parts behind it against those who mean no good: another user of the machine, a web page, a
// stranger who writes messages. What is refused must be refused in words, and the program must live on.
import assert from 'node:assert/strict';
import { request as open } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Inbox } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/inbox.js';
import { fileNameFor } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/media.js';
import { check } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/requests.js';
import { makeServer } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/server.js';
import { silentLog, until } from './support.mjs';

async function serve(t, options = {}) {
  const inbox = new Inbox();
  const performed = [];
  const server = makeServer({
    health: () => ({ status: 'connected', scriptHash: '0123456789abcdef' }),
    take: (waitMs, signal) => inbox.take(waitMs, signal),
    perform: async (request, payload) => performed.push(check(request, payload)),
    chat: async (jid) => ({ jid }),
  }, { pollMs: 50, log: silentLog, ...options });
  const port = await server.listen(0);
  t.after(() => server.close());
  return { inbox, performed, port, server };
}

// raw sends bytes as they are and gives all that comes back until the server closes.
function raw(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (data) => { text += data; });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

const statusOf = (answer) => Number(answer.split(' ')[1]);

async function alive(port) {
  const answer = await raw(port, 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  assert.equal(statusOf(answer), 200);
}

// contract: BRG-01
const heads = [
  ['no Host, as HTTP/1.0 allows', 'GET /messages HTTP/1.0\r\n', 403],
  ['no Host', 'GET /messages HTTP/1.1\r\n', 400],
  ['an empty Host', 'GET /messages HTTP/1.1\r\nHost:\r\n', 403],
  ['a Host with a user', 'GET /messages HTTP/1.1\r\nHost: localhost@evil.example\r\n', 403],
  ['a Host with a dot', 'GET /messages HTTP/1.1\r\nHost: localhost.\r\n', 403],
  ['a Host in numbers', 'GET /messages HTTP/1.1\r\nHost: 2130706433\r\n', 403],
  ['another site as the target', 'GET http://evil.example/messages HTTP/1.1\r\nHost: localhost\r\n', 404],
  ['a foreign Host and the right target', 'GET http://127.0.0.1/messages HTTP/1.1\r\nHost: evil.example\r\n', 403],
  ['two lengths', 'POST /send HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n', 400],
  ['a length and chunks', 'POST /send HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n', 400],
  ['a negative length', 'POST /send HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n', 400],
  ['no HTTP at all', 'EHLO evil.example\r\n', 400],
  ['a head that never ends', `GET /messages HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(64 * 1024)}\r\n`, 431],
];
for (const [name, head, wanted] of heads) {
  test(`${name}: ${wanted}`, async (t) => {
    const { inbox, performed, port } = await serve(t);
    inbox.push(1);
    assert.equal(statusOf(await raw(port, `${head}Connection: close\r\n\r\n`)), wanted);
    assert.equal(inbox.size, 1, 'the queue was touched');
    assert.deepEqual(performed, []);
    await alive(port);
  });
}

// contract: BRG-05
for (const path of ['/../messages', '/health/../messages', '//messages', '/messages/', '/messages%00', '/MESSAGES', '/%6dessages', '/messages;x', '\\messages', '*']) {
  test(`the path ${path} is no way to the queue`, async (t) => {
    const { inbox, port } = await serve(t);
    inbox.push(1);
    const status = statusOf(await raw(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`));
    assert.ok([400, 404].includes(status), `got ${status}`);
    assert.equal(inbox.size, 1);
  });
}

// contract: BRG-05
const bodies = [
  ['nothing', ''], ['a number', '7'], ['null', 'null'], ['a list', '[]'], ['two objects', '{}{}'],
  ['a prototype', '{"__proto__":{"chatId":"1@s.whatsapp.net","message":"x"}}'],
  ['a constructor', '{"constructor":{"prototype":{"chatId":"1@s.whatsapp.net"}}}'],
  ['depth', '['.repeat(400_000)], ['closed depth', '['.repeat(400_000) + ']'.repeat(400_000)],
  ['no text', Buffer.from([0xff, 0xfe, 0x00])], ['a mark before it', '\ufeff{"chatId":"1@s.whatsapp.net"}'],
  ['a huge number', '{"chatId":"1@s.whatsapp.net","message":1e999}'],
];
for (const [name, body] of bodies) {
  test(`a body with ${name}: 400`, async (t) => {
    const { performed, port } = await serve(t);
    const bytes = Buffer.concat([
      Buffer.from(`POST /send HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`), Buffer.from(body),
    ]);
    const answer = await raw(port, bytes);
    assert.equal(statusOf(answer), 400);
    assert.match(answer, /\{"error":"[^]*"\}/);
    assert.deepEqual(performed, []);
    assert.equal({}.chatId, undefined);
  });
}

test('a body without end is cut off and not kept', async (t) => { // contract: BRG-05
  const { performed, port } = await serve(t);
  let sent = 0;
  const status = await new Promise((resolve) => {
    const request = open({ host: '127.0.0.1', port, method: 'POST', path: '/send', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', () => resolve('closed'));
    const more = () => {
      while (sent < 256 * 1024 * 1024 && !request.destroyed) {
        sent += 1024 * 1024;
        if (!request.write('x'.repeat(1024 * 1024))) return request.once('drain', more);
      }
    };
    more();
  });
  assert.ok([400, 'closed'].includes(status), `got ${status}`);
  assert.ok(sent < 128 * 1024 * 1024, `${sent} bytes were taken`);
  assert.deepEqual(performed, []);
  await alive(port);
});

// contract: BRG-01
test('clients that say nothing, or half of it, hold nobody up and are let go', { timeout: 60_000 }, async (t) => {
  const { port } = await serve(t, { requestMs: 3000 });
  const halves = ['', 'GET /health HTT', 'GET /health HTTP/1.1\r\nHost: local', 'POST /send HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"a"'];
  const sockets = await Promise.all(Array.from({ length: 200 }, (_, n) => new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(halves[n % halves.length], () => resolve(socket)));
    socket.on('error', reject);
    socket.on('data', () => {});
  })));
  for (const socket of sockets) socket.removeAllListeners('error').on('error', () => {});
  await alive(port);
  await until(() => sockets.every((socket) => socket.destroyed), 'slow clients are gone', 45_000);
});

// Both clients would stay for a minute.
test('a stop does not wait for clients', { timeout: 30_000 }, async (t) => { // contract: BRG-01
  const { port, server } = await serve(t, { pollMs: 60_000, requestMs: 60_000 });
  const waiting = raw(port, 'GET /messages HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const half = raw(port, 'POST /send HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{');
  await alive(port);
  await server.close();
  await Promise.all([waiting, half]);
});

// contract: BRG-04
const names = [
  ['../../../etc/passwd', 'doc_0123456789ab_passwd'],
  ['..\\..\\boot.ini', 'doc_0123456789ab_boot.ini'],
  ['/', 'doc_0123456789ab_file'],
  ['...', 'doc_0123456789ab_file'],
  ['a\0b\n\u202Egpj.exe', 'doc_0123456789ab_a_b__gpj.exe'],
  ['$(id);`id`.txt', 'doc_0123456789ab___id___id_.txt'],
  ['-rf', 'doc_0123456789ab_-rf'],
];
for (const [name, wanted] of names) {
  test(`a document called ${JSON.stringify(name)}`, () => {
    assert.equal(fileNameFor({ folder: 'document', mime: '', name }, '0123456789ab'), wanted);
  });
}

test('a stored name fits into a directory, whatever its letters', () => { // contract: BRG-04
  for (const letter of ['x', 'é', '漢', '𠮷', 'ｘ']) {
    for (const ending of ['', '.pdf', `.${letter.repeat(40)}`]) {
      const name = fileNameFor({ folder: 'document', mime: 'application/pdf', name: letter.repeat(300) + ending }, '0123456789ab');
      assert.ok(Buffer.byteLength(name) <= 255, `${Buffer.byteLength(name)} bytes: ${name}`);
      assert.ok(!name.includes('\ufffd') && name.isWellFormed(), name);
      assert.ok(name.includes(letter), name);
    }
  }
});
