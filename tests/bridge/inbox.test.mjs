import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Inbox } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/inbox.js';

test('take drains what is queued at once', async () => { // contract: BRG-03
  const inbox = new Inbox();
  inbox.push(1);
  inbox.push(2);
  assert.deepEqual(await inbox.take(10_000), [1, 2]);
  assert.equal(inbox.size, 0);
});

test('take waits for the first message', async () => { // contract: BRG-03
  const inbox = new Inbox();
  const taken = inbox.take(10_000);
  inbox.push(1);
  assert.deepEqual(await taken, [1]);
});

test('take ends empty after its time', async (t) => { // contract: BRG-03
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const taken = new Inbox().take(20_000);
  t.mock.timers.tick(20_000);
  assert.deepEqual(await taken, []);
});

test('a reader that left takes nothing with it', async () => {
  const inbox = new Inbox();
  const [gone, next] = [new AbortController(), new AbortController()];
  const first = inbox.take(10_000, gone.signal);
  const second = inbox.take(10_000, next.signal);
  inbox.push(1); // wakes the first reader, which leaves in the same moment
  gone.abort();
  assert.deepEqual(await first, []);
  assert.deepEqual(await second, [1]);
  assert.deepEqual(await inbox.take(0, gone.signal), []);
});

test('a full queue drops its oldest message', async () => {
  const inbox = new Inbox(2);
  for (const message of [1, 2, 3]) inbox.push(message);
  assert.deepEqual(await inbox.take(0), [2, 3]);
});
