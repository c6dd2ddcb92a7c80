// Our modules against the real Baileys, without network: what it decodes, stores, encrypts and is asked to send.
// Needs its packages: BRIDGE_DIR=/opt/hermes/scripts/whatsapp-bridge. Skipped elsewhere.
import assert from 'node:assert/strict';
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ME } from './fake-socket.mjs';
import { temporaryFolder } from './support.mjs';

const root = process.env.BRIDGE_DIR;
const options = { skip: !root && 'BRIDGE_DIR is not set' };
const lib = (name) => import(pathToFileURL(join(root, 'lib', name)));
const baileys = root && await import(createRequire(join(root, 'bridge.js')).resolve('@whiskeysockets/baileys'));
const OWN = '15550001111@s.whatsapp.net';
const PEER = '15552223333@s.whatsapp.net';

// overTheWire gives a message as the other side decodes it.
const overTheWire = (message) => baileys.proto.Message.decode(baileys.proto.Message.encode(baileys.proto.Message.fromObject(message)).finish());

test('decoded messages are read by their kind', options, async () => { // contract: BRG-03
  const { readContent } = await lib('content.js');
  for (const [message, type, text] of [
    [{ conversation: 'hi' }, 'text', 'hi'],
    [{ imageMessage: { caption: 'c', mimetype: 'image/png' } }, 'image', 'c'],
    [{ ephemeralMessage: { message: { audioMessage: { ptt: true } } } }, 'audio', ''],
    [{ documentWithCaptionMessage: { message: { documentMessage: { caption: 'd' } } } }, 'document', 'd'],
    [{ locationMessage: { degreesLatitude: 1, degreesLongitude: 2 } }, 'location', '[Location] 1, 2'],
    [{ messageContextInfo: { messageSecret: Buffer.alloc(32) }, extendedTextMessage: { text: 'x' } }, 'text', 'x'],
  ]) {
    const content = readContent(overTheWire(message));
    assert.equal(content.mediaType === 'ptt' ? 'audio' : content.type, type);
    assert.equal(content.text, text);
  }
  assert.equal(readContent(overTheWire({ reactionMessage: { text: '+' } })), null);
  assert.equal(readContent(overTheWire({ protocolMessage: { type: 0 } })), null);
});

test('credentials and keys come back as they went', options, async (t) => { // contract: BRG-09
  const { loadTransport } = await lib('socket.js');
  const { openSession } = await lib('session.js');
  const { codec } = await loadTransport();
  const folder = await temporaryFolder(t);
  const session = await openSession(folder, codec);
  session.creds.me = ME;
  await session.save();
  const keyData = baileys.proto.Message.AppStateSyncKeyData.fromObject({ keyData: Buffer.from('k') });
  await session.keys.set({ 'pre-key': { 1: session.creds.signedPreKey.keyPair }, 'app-state-sync-key': { a: keyData } });
  const again = await openSession(folder, codec);
  assert.deepEqual(JSON.stringify(again.creds), JSON.stringify(session.creds));
  assert.ok(Buffer.isBuffer(again.creds.noiseKey.private));
  assert.deepEqual((await again.keys.get('pre-key', ['1']))['1'], session.creds.signedPreKey.keyPair);
  assert.equal(Buffer.from((await again.keys.get('app-state-sync-key', ['a'])).a.keyData).toString(), 'k');
  const { state } = await baileys.useMultiFileAuthState(folder);
  assert.equal(state.creds.me.name, 'Ada'); // and the other store reads the same folder
});

test('votes are decrypted', options, async () => { // contract: BRG-04
  const { readVote } = await lib('poll.js');
  const [secret, id, voter] = [randomBytes(32), 'POLL1', '77@lid'];
  const selectedOptions = [createHash('sha256').update('no').digest()];
  const plain = baileys.proto.Message.PollVoteMessage.encode({ selectedOptions }).finish();
  const base = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
  const key = createHmac('sha256', base).update(Buffer.concat([Buffer.from(`${id}${OWN}${voter}Poll Vote`), Buffer.from([1])])).digest();
  const encIv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, encIv).setAAD(Buffer.from(`${id}\0${voter}`));
  const encPayload = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const names = readVote({
    update: { pollCreationMessageKey: { id }, vote: { encPayload, encIv } },
    key: { remoteJid: PEER, participant: undefined, remoteJidAlt: '77:2@lid' },
    poll: { message: { messageContextInfo: { messageSecret: secret }, pollCreationMessageV3: { options: [{ optionName: 'yes' }, { optionName: 'no' }] } } },
    self: { phone: OWN, hidden: '900100200300@lid' },
    decrypt: baileys.decryptPollVote,
  });
  assert.deepEqual(names, ['no']);
});

test('everything we ask it to send, it can', options, async (t) => { // contract: BRG-05
  const { editContent, locationContent, mediaContent, pollContent, textContent } = await lib('outgoing.js');
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a b;touch x.mp4');
  await writeFile(file, 'fake file');
  const uploaded = [];
  const upload = async (path) => {
    uploaded.push((await readFile(path)).length);
    return { mediaUrl: 'https://mmg.whatsapp.net/x', directPath: '/x' };
  };
  const build = (content) => baileys.generateWAMessageContent(content, { upload, userJid: OWN, jid: PEER, options: {} });
  assert.equal((await build(textContent('', 'see https://a.example'))).extendedTextMessage.text, 'see https://a.example');
  assert.equal((await build(editContent('', { chatId: PEER, messageId: 'M', message: 'x' }))).protocolMessage.editedMessage.extendedTextMessage.text, 'x');
  assert.equal((await build(locationContent({ latitude: 1, longitude: 2 }))).locationMessage.degreesLatitude, 1);
  const poll = await build(pollContent({ question: 'q', options: ['a', 'b'], selectableCount: 1 }));
  assert.equal(poll.pollCreationMessageV3.options.length, 2);
  assert.equal(poll.messageContextInfo.messageSecret.length, 32);
  for (const mediaType of ['image', 'video', 'audio', 'document']) {
    const message = await build(mediaContent({ filePath: file, mediaType }));
    assert.ok(message[`${mediaType}Message`].directPath, mediaType);
  }
  assert.equal(uploaded.length, 4);
});
