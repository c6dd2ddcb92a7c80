import assert from 'node:assert/strict';
import { request as open } from 'node:http';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { Inbox } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/inbox.js';
import { Unavailable } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/outbound.js';
import { Invalid } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/requests.js';
import { makeServer } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/server.js';
import { silentLog, until } from './support.mjs';

async function serve(t, api = {}, pollMs = 50) {
  const inbox = new Inbox();
  const server = makeServer({
    health: () => ({ status: 'connected', scriptHash: '0123456789abcdef' }),
    take: (waitMs, signal) => inbox.take(waitMs, signal),
    perform: async (request, payload) => ({ request, payload }),
    chat: async (jid) => ({ jid }),
    ...api,
  }, { pollMs, log: silentLog });
  const port = await server.listen(0);
  t.after(() => server.close());
  return { inbox, port };
}

// ask sends one request and gives { status, body }.
function ask(port, { method = 'GET', path = '/health', headers = {}, body, host = '127.0.0.1', signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = open({ host, port, method, path, headers, signal, agent: false }, async (response) => {
      const text = (await response.toArray()).join('');
      resolve({ status: response.statusCode, type: response.headers['content-type'], body: text && JSON.parse(text) });
    });
    request.on('error', reject);
    request.end(body);
  });
}

// contract: BRG-01
const hosts = [
  ['127.0.0.1', 200], ['127.0.0.1:3000', 200], ['localhost', 200], ['localhost:9', 200], ['LOCALHOST:9', 200],
  ['evil.example', 403], ['127.0.0.1.evil.example', 403], ['localhost.evil.example:3000', 403], ['0.0.0.0', 403], ['[::1]:3000', 403],
];
for (const [host, wanted] of hosts) {
  test(`host "${host}": ${wanted}`, async (t) => {
    const { port } = await serve(t);
    const { status, body } = await ask(port, { headers: { host } });
    assert.equal(status, wanted);
    if (wanted === 403) assert.match(body.error, /is not served/);
  });
}

for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'none' }]) {
  test(`a web page is refused: ${JSON.stringify(headers)}`, async (t) => {
    const { inbox, port } = await serve(t);
    inbox.push(1);
    assert.equal((await ask(port, { path: '/messages', headers })).status, 403);
    assert.equal(inbox.size, 1);
  });
}

test('the port is open on 127.0.0.1 only', async (t) => { // contract: BRG-01
  const { port } = await serve(t);
  const others = Object.values(networkInterfaces()).flat().map(({ address }) => address)
    .filter((address) => address !== '127.0.0.1' && !address.startsWith('fe80'));
  for (const host of others) await assert.rejects(ask(port, { host }), /ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH/, host);
});

// contract: BRG-02 BRG-05
const answers = [
  ['health', { path: '/health' }, 200, { status: 'connected', scriptHash: '0123456789abcdef' }],
  ['health with a query', { path: '/health?x=1' }, 200, undefined],
  ['post', { method: 'POST', path: '/send', body: '{"a":1}' }, 200, { request: 'send', payload: { a: 1 } }],
  ['chat', { path: '/chat/1%2D2@g.us' }, 200, { jid: '1-2@g.us' }],
  ['bad encoding', { path: '/chat/%zz' }, 400, undefined],
  ['no JSON', { method: 'POST', path: '/typing', body: '{"a"' }, 400, { error: 'the body is not JSON' }],
  ['no body', { method: 'POST', path: '/typing' }, 400, { error: 'the body is not JSON' }],
  ['large body', { method: 'POST', path: '/send', body: `"${'x'.repeat(1024 * 1024)}"` }, 400, undefined],
  ['wrong method', { method: 'GET', path: '/send' }, 404, { error: 'there is no GET /send' }],
  ['unknown path', { path: '/' }, 404, undefined],
];
for (const [name, request, wanted, body] of answers) {
  test(`${name}: ${wanted}`, async (t) => {
    const { port } = await serve(t);
    const got = await ask(port, request);
    assert.equal(got.status, wanted);
    assert.match(got.type, /^application\/json/);
    if (body) assert.deepEqual(got.body, body);
    if (wanted !== 200) assert.equal(typeof got.body.error, 'string');
  });
}

// contract: BRG-05
const failures = [
  [new Invalid('chatId must be an id'), 400],
  [new Unavailable('not connected'), 503],
  [Object.assign(new Error('Connection Closed'), { output: { statusCode: 428 } }), 503],
  [new Error('rate-overlimit'), 500],
];
for (const [error, wanted] of failures) {
  test(`${error.message}: ${wanted}`, async (t) => {
    const { port } = await serve(t, { perform: async () => { throw error; } });
    assert.deepEqual(await ask(port, { method: 'POST', path: '/send', body: '{}' }), {
      status: wanted, type: 'application/json; charset=utf-8', body: { error: error.message },
    });
  });
}

test('messages: at once, when they come, and empty in the end', async (t) => { // contract: BRG-03
  const { inbox, port } = await serve(t);
  const poll = async () => (await ask(port, { path: '/messages' })).body;
  inbox.push({ n: 1 });
  assert.deepEqual(await poll(), [{ n: 1 }]);
  const waiting = poll();
  setTimeout(() => inbox.push({ n: 2 }), 10);
  assert.deepEqual(await waiting, [{ n: 2 }]);
  assert.deepEqual(await poll(), []);
});

test('messages: a client that went away loses none', async (t) => { // contract: BRG-03
  const { inbox, port } = await serve(t, {}, 60_000);
  const gone = new AbortController();
  const poll = ask(port, { path: '/messages', signal: gone.signal });
  const seen = t.mock.method(inbox, 'take');
  await until(() => seen.mock.callCount() === 1, 'the poll arrived');
  gone.abort();
  await assert.rejects(poll);
  await until(() => seen.mock.calls[0].arguments[1].aborted, 'the server saw the client go');
  inbox.push({ n: 1 });
  assert.deepEqual((await ask(port, { path: '/messages' })).body, [{ n: 1 }]);
});
