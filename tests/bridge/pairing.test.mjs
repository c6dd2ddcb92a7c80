import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Connection } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/connection.js';
import { jsonReporter, pair, textReporter } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/pairing.js';
import { openSession } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/session.js';
import { ME, fakeTransport } from './fake-socket.mjs';
import { silentLog, temporaryFolder, until } from './support.mjs';

async function start(t, plan, { limitMs = 5000, creds } = {}) {
  const folder = await temporaryFolder(t);
  if (creds) await writeFile(join(folder, 'creds.json'), JSON.stringify(creds));
  const transport = fakeTransport(plan);
  const session = await openSession(folder, transport.codec);
  const events = [];
  const reporter = jsonReporter((line) => {
    assert.match(line, /^\{.*\}\n$/);
    events.push({ ...JSON.parse(line), saved: existsSync(join(folder, 'creds.json')) });
  });
  const stop = new AbortController();
  const code = pair({
    connection: new Connection({ log: silentLog, random: () => 0 }), session, reporter, limitMs, settleMs: 0,
    makeSocket: (of) => transport.makeSocket({ session: of }), signal: stop.signal,
  });
  return { code, events, stop, folder, transport };
}

test('codes, then the account, with credentials saved before', async (t) => { // contract: BRG-07
  const { code, events, transport } = await start(t, ['qr', 'open']);
  await until(() => events.length === 1, 'a code');
  assert.deepEqual(events[0], { event: 'qr', qr: 'fake-code', saved: false });
  transport.sockets[0].session.creds.me = { ...ME };
  transport.sockets[0].close(515);
  assert.equal(await code, 0);
  assert.deepEqual(events.at(-1), { event: 'connected', user: { id: '15550001111@s.whatsapp.net', name: 'Ada' }, saved: true });
});

test('codes are renewed when WhatsApp lets them expire', async (t) => { // contract: BRG-07
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { code, events, transport } = await start(t, ['expired', 'qr'], { limitMs: 600_000 });
  const settled = async (count) => {
    while (events.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  await settled(1);
  t.mock.timers.tick(1000);
  await settled(2);
  assert.deepEqual(events.map(({ event }) => event), ['disconnected', 'qr']);
  t.mock.timers.tick(600_000);
  assert.equal(await code, 1);
  assert.equal(events.at(-1).event, 'error');
  assert.ok(transport.sockets.at(-1).ended);
});

test('an account that is still linked is connected without a code', async (t) => { // contract: BRG-07
  const { code, events } = await start(t, ['open'], { creds: { me: ME } });
  assert.equal(await code, 0);
  assert.deepEqual(events.map(({ event }) => event), ['connected']);
});

test('a link that WhatsApp ended is replaced by a new one', async (t) => { // contract: BRG-07 BRG-09
  const { code, events, folder, stop } = await start(t, ['logout', 'qr'], { creds: { me: ME } });
  await until(() => events.some(({ event }) => event === 'qr'), 'a code');
  assert.equal(existsSync(join(folder, 'creds.json')), false);
  stop.abort();
  assert.equal(await code, 1);
});

test('people are told the same in words', async () => { // contract: BRG-07
  let text = '';
  const reporter = textReporter((part) => { text += part; }, async (code) => `<${code}>`);
  await reporter.qr('code');
  reporter.connected({ id: 'i', name: '' });
  reporter.disconnected('x');
  reporter.error('late');
  assert.match(text, /^<code>\nScan this code/);
  assert.match(text, /Paired with i\./);
  assert.match(text, /Pairing failed: late\./);
});
