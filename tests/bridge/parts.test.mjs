// The small pure parts: options, backoff, outgoing contents, the bounded map, the log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/backoff.js';
import { makeLog, quietLogger } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/log.js';
import { readOptions } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/options.js';
import { editContent, mediaContent, pollContent, textContent } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/outgoing.js';
import { Recent } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/recent.js';

const base = ['--session', '/s'];
// contract: BRG-01 BRG-04 BRG-08
const options = [
  ['defaults', base, {}, { port: 3000, mode: 'self-chat', prefix: '⚕ *Hermes Agent*\n────────────\n', pairOnly: false, forwardOwner: false }],
  ['mode from the environment', base, { WHATSAPP_MODE: 'bot' }, { mode: 'bot', prefix: '' }],
  ['mode from the command line wins', [...base, '--mode', 'self-chat'], { WHATSAPP_MODE: 'bot' }, { mode: 'self-chat' }],
  ['own prefix', base, { WHATSAPP_REPLY_PREFIX: 'Bot:\\n' }, { prefix: 'Bot:\n' }],
  ['no prefix', base, { WHATSAPP_REPLY_PREFIX: '' }, { prefix: '' }],
  ['no prefix for a bot', [...base, '--mode', 'bot'], { WHATSAPP_REPLY_PREFIX: 'Bot:' }, { prefix: '' }],
  ['owner messages', base, { WHATSAPP_FORWARD_OWNER_MESSAGES: 'True' }, { forwardOwner: true }],
  ['pairing', [...base, '--pair-only', '--pair-json'], {}, { pairOnly: true, pairJson: true }],
  ['folders', base, { HERMES_HOME: '/h', HERMES_AUDIO_CACHE_DIR: '/a' },
    { folders: { image: '/h/cache/images', audio: '/a', document: '/h/cache/documents' } }],
];
for (const [name, argv, env, wanted] of options) {
  test(`options: ${name}`, () => {
    const read = readOptions(argv, env);
    for (const [field, value] of Object.entries(wanted)) assert.deepEqual(read[field], value, field);
  });
}
for (const [argv, wanted] of [
  [[], /--session is missing/],
  [[...base, '--port', '0'], /bad port/],
  [[...base, '--port', '3e3'], /bad port/],
  [[...base, '--mode', 'x'], /unknown mode/],
  [[...base, '--host', '0.0.0.0'], /--host/],
]) {
  test(`options: ${argv.join(' ') || 'none'} is refused`, () => assert.throws(() => readOptions(argv, {}), wanted));
}

test('backoff grows to a minute and is jittered downwards', () => { // contract: BRG-09
  assert.deepEqual([0, 1, 2, 5, 6, 500].map((attempt) => backoff(attempt, 0)), [1000, 2000, 4000, 32000, 60000, 60000]);
  assert.equal(backoff(6, 1), 30000);
});

// contract: BRG-05
const media = [
  ['image', '/a/b.PNG', { image: { url: '/a/b.PNG' }, mimetype: 'image/png', caption: 'c' }],
  ['image', '/a/b.bin', { image: { url: '/a/b.bin' }, mimetype: 'image/jpeg', caption: 'c' }],
  ['video', '/a/b.mov', { video: { url: '/a/b.mov' }, mimetype: 'video/quicktime', caption: 'c' }],
  ['audio', '/a/b.ogg', { audio: { url: '/a/b.ogg' }, mimetype: 'audio/ogg; codecs=opus', ptt: true }],
  ['audio', '/a/b.mp3', { audio: { url: '/a/b.mp3' }, mimetype: 'audio/mpeg', ptt: false }],
  ['document', '/a/b.png', { document: { url: '/a/b.png' }, mimetype: 'image/png', fileName: 'b.png', caption: 'c' }],
];
for (const [mediaType, filePath, wanted] of media) {
  test(`outgoing: ${mediaType} ${filePath}`, () => assert.deepEqual(mediaContent({ mediaType, filePath, caption: 'c' }), wanted));
}

test('outgoing: texts, edits and polls', () => { // contract: BRG-05 BRG-08
  assert.deepEqual(textContent('P\n', 'hi'), { text: 'P\nhi', linkPreview: null });
  assert.deepEqual(editContent('P\n', { chatId: 'c', messageId: 'm', message: 'hi' }).edit, { remoteJid: 'c', id: 'm', fromMe: true });
  assert.deepEqual(pollContent({ question: 'q', options: ['a', 'b'] }).poll, { name: 'q', values: ['a', 'b'], selectableCount: 1 });
});

test('Recent forgets its oldest entries', () => {
  const recent = new Recent(2).set('a', 1).set('b', 2).set('a', 3).set('c', 4);
  assert.deepEqual([...recent.keys()], ['a', 'c']);
});

test('the library logger passes texts of warnings and no details', () => {
  const lines = [];
  const logger = quietLogger(makeLog((line) => lines.push(line)));
  logger.info({ key: 'secret' }, 'quiet');
  logger.child({}).warn({ key: 'secret' }, 'loud');
  logger.error('plain');
  logger.error({ key: 'secret' });
  assert.equal(lines.length, 3);
  assert.match(lines[0], /warn whatsapp: loud/);
  assert.doesNotMatch(lines.join(''), /secret/);
});
