import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSession } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/session.js';
import { ME, fakeTransport } from './fake-socket.mjs';
import { temporaryFolder } from './support.mjs';

const { codec } = fakeTransport();
const modeOf = async (file) => ((await stat(file)).mode & 0o777).toString(8);

test('files are 0600, in the layout the agent reads', async (t) => { // contract: BRG-09
  const folder = join(await temporaryFolder(t), 'new', 'session');
  const session = await openSession(folder, codec);
  session.creds.me = ME;
  await session.save();
  await session.keys.set({
    'lid-mapping': { 15552223333: '77', '77_reverse': '15552223333' },
    'sender-key': { 'group@g.us::1/2': { a: 1 } },
  });
  const files = (await readdir(folder)).sort();
  assert.deepEqual(files, ['creds.json', 'lid-mapping-15552223333.json', 'lid-mapping-77_reverse.json', 'sender-key-group@g.us--1__2.json']);
  for (const file of files) assert.equal(await modeOf(join(folder, file)), '600', file);
  assert.equal(JSON.parse(await readFile(join(folder, 'lid-mapping-77_reverse.json'), 'utf8')), '15552223333');
  assert.equal(JSON.parse(await readFile(join(folder, 'creds.json'), 'utf8')).me.name, 'Ada');
});

test('keys come back, and go when they are emptied', async (t) => {
  const folder = await temporaryFolder(t);
  const session = await openSession(folder, codec);
  await session.keys.set({ session: { a: { n: 1 }, b: { n: 2 } } });
  assert.deepEqual(await session.keys.get('session', ['a', 'x']), { a: { n: 1 }, x: null });
  session.keys.set({ session: { a: { n: 3 } } });
  assert.deepEqual(await session.keys.get('session', ['a']), { a: { n: 3 } });
  await session.keys.set({ session: { a: null, b: null } });
  assert.deepEqual(await readdir(folder), []);
});

test('no creds.json before there is an account', async (t) => { // contract: BRG-09
  const folder = await temporaryFolder(t);
  const session = await openSession(folder, codec);
  await session.save();
  assert.equal(session.paired, false);
  assert.deepEqual(await readdir(folder), []);
});

test('files of an older bridge are taken over and closed to others', async (t) => { // contract: BRG-09
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'creds.json'), JSON.stringify({ me: ME }), { mode: 0o644 });
  await writeFile(join(folder, 'session-a.json'), '{}', { mode: 0o644 });
  const session = await openSession(folder, codec);
  assert.equal(session.paired, true);
  assert.equal(await modeOf(join(folder, 'creds.json')), '600');
  assert.equal(await modeOf(join(folder, 'session-a.json')), '600');
});

test('a new identity leaves the keys of the old one behind, and nothing else', async (t) => { // contract: BRG-09
  const folder = await temporaryFolder(t);
  const session = await openSession(folder, codec);
  session.creds.me = ME;
  await session.save();
  await session.keys.set({ session: { a: { n: 1 } }, 'lid-mapping': { 1: '2' } });
  await writeFile(join(folder, 'bridge.pid'), '1');
  await writeFile(join(folder, 'notes.json'), '{}');
  await session.forget();
  assert.ok(!(await readdir(folder)).includes('creds.json'));
  await session.load();
  assert.equal(session.paired, false);
  assert.deepEqual((await readdir(folder)).sort(), ['bridge.pid', 'lid-mapping-1.json', 'notes.json']);
});

test('broken credentials are an error that names the file, not a new identity', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'creds.json'), '{"me":');
  await assert.rejects(openSession(folder, codec), /cannot read session file ".*creds\.json"/);
  assert.equal(await readFile(join(folder, 'creds.json'), 'utf8'), '{"me":');
});

test('a write that fails is told and does not block the next', async (t) => {
  const folder = await temporaryFolder(t);
  const session = await openSession(folder, codec);
  session.creds.me = ME;
  await mkdir(join(folder, 'creds.json.new'));
  await assert.rejects(session.save());
  await session.flush();
});
