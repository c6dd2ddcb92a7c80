import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { Connection } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/connection.js';
import { openSession } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/session.js';
import { fakeTransport } from './fake-socket.mjs';
import { silentLog, temporaryFolder, until } from './support.mjs';

async function connect(t, plan, clock = {}) {
  const transport = fakeTransport(plan);
  const folder = await temporaryFolder(t);
  const session = await openSession(folder, transport.codec);
  const waits = [];
  const log = { ...silentLog, warn: (line) => waits.push(Number(/next attempt in ([\d.]+) s/.exec(line)?.[1])) };
  const connection = new Connection({ log, random: () => 0, ...clock });
  t.after(() => connection.stop());
  const start = () => connection.start(session, (of) => transport.makeSocket({ session: of }));
  return { connection, transport, session, folder, waits, start };
}

test('opens, saves and knows both ids of the account', async (t) => { // contract: BRG-02 BRG-04 BRG-09
  const { connection, folder, start } = await connect(t, ['open']);
  assert.equal(connection.status, 'connecting');
  start();
  const [self] = await once(connection, 'open');
  assert.deepEqual(self, { phone: '15550001111@s.whatsapp.net', hidden: '900100200300@lid', name: 'Ada' });
  assert.equal(connection.status, 'connected');
  await connection.stop();
  assert.equal(connection.status, 'disconnected');
  assert.deepEqual(await readdir(folder), ['creds.json']);
});

test('a lost connection comes back, with growing waits', async (t) => { // contract: BRG-09
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { connection, transport, waits, start } = await connect(t, ['lost', 'lost', 'lost', 'open']);
  start();
  for (let n = 1; n <= 3; n += 1) {
    await once(connection, 'close');
    assert.equal(connection.status, 'disconnected');
    assert.equal(connection.socket, null);
    t.mock.timers.tick(2 ** (n - 1) * 1000);
  }
  await once(connection, 'open');
  assert.deepEqual(waits, [1, 2, 4]);
  assert.equal(transport.sockets.length, 4);
});

test('only a connection that held ends a series of failures', async (t) => { // contract: BRG-09
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let time = 0;
  const { connection, transport, waits, start } = await connect(t, ['open'], { now: () => time });
  start();
  for (const held of [1000, 1000, 40_000]) {
    await once(connection, 'open');
    time += held;
    transport.sockets.at(-1).close(440);
    t.mock.timers.tick(60_000);
  }
  assert.deepEqual(waits, [1, 2, 1]);
});

test('a restart that WhatsApp asks for is done at once', async (t) => { // contract: BRG-07
  const { connection, waits, start } = await connect(t, ['pair', 'open']);
  start();
  await once(connection, 'open');
  assert.deepEqual(waits, [0]);
});

test('a socket that cannot be made counts as a lost connection', async (t) => { // contract: BRG-09
  const { connection, session } = await connect(t, []);
  connection.start(session, async () => { throw new Error('no network'); });
  assert.deepEqual(await once(connection, 'close'), ['no network']);
});

test('a log-out is told and not tried again', async (t) => { // contract: BRG-09
  const { connection, transport, start } = await connect(t, ['logout']);
  start();
  await once(connection, 'loggedOut');
  assert.equal(transport.sockets.length, 1);
});

test('events of a socket that was given up are ignored', async (t) => {
  const { connection, transport, start } = await connect(t, ['pair', 'open']);
  start();
  await once(connection, 'open');
  transport.sockets[0].close(401);
  assert.equal(connection.status, 'connected');
});

test('stop ends the socket, also one that is being made', async (t) => {
  const { connection, transport, session } = await connect(t, ['silent']);
  let give;
  const started = connection.start(session, () => new Promise((resolve) => { give = resolve; }));
  await connection.stop();
  give(await transport.makeSocket({ session }));
  await started;
  await until(() => transport.sockets[0].ended, 'the socket ended');
});
