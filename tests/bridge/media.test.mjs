import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileNameFor, isHosted, store } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/media.js';
import { temporaryFolder } from './support.mjs';

// contract: BRG-04
const names = [
  ['image', 'image/png', '', 'img_0123456789ab.png'],
  ['image', 'image/unheard-of', '', 'img_0123456789ab.jpg'],
  ['audio', 'audio/ogg; codecs=opus', '', 'audio_0123456789ab.ogg'],
  ['document', 'application/pdf', 'My report.pdf', 'doc_0123456789ab_My report.pdf'],
  ['document', 'application/pdf', 'Übersicht', 'doc_0123456789ab_Übersicht.pdf'],
  ['document', 'video/mp4', '', 'doc_0123456789ab_file.mp4'],
  ['document', '', '../../etc/passwd', 'doc_0123456789ab_passwd'],
  ['document', '', '..\\..\\x;rm -rf $(y).sh', 'doc_0123456789ab_x_rm -rf __y_.sh'],
  ['document', '', '.bashrc', 'doc_0123456789ab_bashrc'],
  ['document', '', `${'n'.repeat(300)}.${'e'.repeat(300)}`, `doc_0123456789ab_${'n'.repeat(180)}.${'e'.repeat(39)}`],
];
for (const [folder, mime, name, wanted] of names) {
  test(`fileNameFor ${folder} ${mime} ${name.slice(0, 30)}`, () => {
    assert.equal(fileNameFor({ folder, mime, name }, '0123456789ab'), wanted);
  });
}

test('fileNameFor: 12 hex digits, new ones each time', () => { // contract: BRG-04
  const [a, b] = [1, 2].map(() => fileNameFor({ folder: 'document', mime: '', name: 'a.txt' }));
  assert.match(a, /^doc_[0-9a-f]{12}_a\.txt$/);
  assert.notEqual(a, b);
});

const places = [
  [{ url: 'https://mmg.whatsapp.net/v/1', directPath: '/v/1' }, true],
  [{ directPath: '/v/1?ccb=1' }, true],
  [{ url: 'https://media-fra3-1.cdn.whatsapp.net/v/1' }, true],
  [{ url: 'https://evil.example/v/1', directPath: '/v/1' }, false],
  [{ url: 'https://whatsapp.net.evil.example/' }, false],
  [{ directPath: '@evil.example/v/1' }, false],
  [{ directPath: '.evil.example/v/1' }, false],
  [{ url: 'http://mmg.whatsapp.net/v/1' }, false],
  [{ url: 'file:///etc/passwd' }, false],
  [{}, false],
];
for (const [place, wanted] of places) {
  test(`isHosted ${JSON.stringify(place)}`, () => assert.equal(isHosted(place), wanted));
}

const media = { folder: 'document', mime: 'text/plain', name: 'a.txt' };

test('store writes the file where the agent looks for it', async (t) => { // contract: BRG-04
  const folder = join(await temporaryFolder(t), 'new');
  const path = await store(async () => Readable.from([Buffer.from('one '), Buffer.from('two')]), media, { document: folder });
  assert.ok(path.startsWith(`${folder}/doc_`));
  assert.equal(await readFile(path, 'utf8'), 'one two');
});

const failures = [
  ['a file that is too large', async () => Readable.from([Buffer.alloc(20)]), { limit: 10 }, /larger than 10 bytes/],
  ['a server that says no', async () => { throw new Error('gone'); }, {}, /gone/],
  ['a server that never answers', () => new Promise(() => {}), { timeoutMs: 20 }, /timeout/],
  ['a stream that stalls', async () => new Readable({ read() {} }), { timeoutMs: 20 }, /abort|timeout/i],
];
for (const [name, open, limits, wanted] of failures) {
  test(`store leaves nothing of ${name}`, async (t) => {
    const folder = await temporaryFolder(t);
    const alive = setInterval(() => {}, 1000); // AbortSignal.timeout alone does not keep a process up
    t.after(() => clearInterval(alive));
    await assert.rejects(store(open, media, { document: folder }, limits), wanted);
    assert.deepEqual(await readdir(folder), []);
  });
}
