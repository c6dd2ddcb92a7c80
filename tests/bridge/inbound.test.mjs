import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Directory } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/directory.js';
import { Inbound } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/inbound.js';
import { Inbox } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/inbox.js';
import { selfOf } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/message.js';
import { Outbound } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/outbound.js';
import { Recent } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/recent.js';
import { FakeSocket, ME, fakeTransport } from './fake-socket.mjs';
import { silentLog, temporaryFolder, until } from './support.mjs';

const PEER = '15552223333@s.whatsapp.net';
const GROUP = '120363000000@g.us';
const OWN = '15550001111@s.whatsapp.net';

async function bridge(t, options = {}) {
  const folder = await temporaryFolder(t);
  const transport = fakeTransport();
  const socket = new FakeSocket({ creds: { me: ME } });
  const connection = { self: selfOf(ME), socket, status: 'connected' };
  const parts = {
    options: { mode: 'bot', prefix: '', forwardOwner: false, folders: { image: folder, audio: folder, document: folder }, ...options },
    transport, connection, directory: new Directory({ timeoutMs: 50 }), inbox: new Inbox(),
    sent: new Recent(10), received: new Recent(10), log: silentLog,
  };
  new Inbound(parts).follow(socket);
  parts.directory.follow(socket);
  return { ...parts, socket, folder, outbound: new Outbound(parts), next: async () => (await parts.inbox.take(2000))[0] };
}

let count = 0;
const from = (remoteJid, message, key = {}) => ({ key: { id: `IN${count += 1}`, remoteJid, ...key }, message, pushName: 'Bob' });
const document = { mediaKey: Buffer.from('k'), directPath: '/v/1', mimetype: 'text/plain', fileName: 'a.txt' };

test('a file is stored and its path given', async (t) => { // contract: BRG-04
  const { socket, folder, next } = await bridge(t);
  socket.receive(from(PEER, { documentWithCaptionMessage: { message: { documentMessage: document } } }));
  const event = await next();
  assert.equal(event.mediaUrls.length, 1);
  assert.match(event.mediaUrls[0], new RegExp(`^${folder}/doc_[0-9a-f]{12}_a\\.txt$`));
  assert.equal(await readFile(event.mediaUrls[0], 'utf8'), 'fake file');
});

for (const [name, part, file] of [
  ['that is gone', document, null],
  ['kept elsewhere', { ...document, url: 'https://evil.example/' }, Buffer.from('x')],
  ['without a key', { mimetype: 'text/plain' }, Buffer.from('x')],
]) {
  test(`a file ${name} does not hold the message back`, async (t) => { // contract: BRG-04
    const { socket, transport, next } = await bridge(t);
    transport.file = file;
    socket.receive(from(PEER, { documentMessage: { ...part, caption: 'see' } }));
    const event = await next();
    assert.deepEqual([event.body, event.hasMedia, event.mediaUrls], ['see', true, []]);
  });
}

test('a group has its name, asked for once', async (t) => { // contract: BRG-03
  const { socket, next } = await bridge(t);
  for (const text of ['a', 'b']) {
    socket.receive(from(GROUP, { conversation: text }, { participant: PEER }));
    assert.equal((await next()).chatName, 'Fake group');
  }
  assert.equal(socket.calls.filter(({ method }) => method === 'groupMetadata').length, 1);
  socket.ev.emit('groups.update', [{ id: GROUP }]);
  socket.groupMetadata = () => new Promise(() => {});
  socket.receive(from(GROUP, { conversation: 'c' }, { participant: PEER }));
  assert.equal((await next()).chatName, '120363000000');
});

test('order within a chat is kept while another chat is served', async (t) => {
  const { socket, transport, inbox } = await bridge(t);
  const { download } = transport;
  let release;
  transport.download = async () => {
    await new Promise((resolve) => { release = resolve; });
    return download();
  };
  socket.receive(from(PEER, { documentMessage: document }), from(PEER, { conversation: 'after' }), from(GROUP, { conversation: 'other' }, { participant: PEER }));
  assert.deepEqual((await inbox.take(2000)).map(({ body }) => body), ['other']);
  await until(() => release, 'the download began');
  release();
  await until(() => inbox.size === 2, 'the rest arrived');
  assert.deepEqual((await inbox.take(0)).map(({ body }) => body), ['', 'after']);
});

test('own sends never come back, nor does a message twice', async (t) => { // contract: BRG-04
  const { socket, inbox, outbound } = await bridge(t, { mode: 'self-chat' });
  const send = socket.sendMessage.bind(socket);
  socket.sendMessage = (jid, content, options) => { // the echo overtakes the answer
    socket.receive(from(OWN, { conversation: content.text }, { id: options.messageId, fromMe: true }));
    return send(jid, content, options);
  };
  await outbound.perform('send', { chatId: OWN, message: 'mine' });
  const note = from(OWN, { conversation: 'note' }, { fromMe: true });
  socket.receive(note, note);
  await until(() => inbox.size, 'the note');
  assert.deepEqual((await inbox.take(0)).map(({ body, fromOwner }) => [body, fromOwner]), [['note', false]]);
});

test('an owner is told from a customer, if that is wanted', async (t) => { // contract: BRG-04
  const { socket, next } = await bridge(t, { forwardOwner: true });
  socket.receive(from(PEER, { conversation: 'I take over' }, { fromMe: true }));
  const event = await next();
  assert.deepEqual([event.fromOwner, event.chatId, event.senderId], [true, PEER, OWN]);
});

test('a message that could not be read at first is taken when it can', async (t) => {
  const { socket, next } = await bridge(t);
  const message = from(PEER, undefined);
  socket.receive(message);
  socket.receive({ ...message, message: { conversation: 'now' } });
  assert.equal((await next()).body, 'now');
});

const hash = (text) => createHash('sha256').update(text).digest('hex');
const ballot = (pollId, vote) => ({ pollUpdateMessage: { pollCreationMessageKey: { id: pollId, remoteJid: PEER }, vote } });

// contract: BRG-04
for (const [name, vote, key] of [
  ['by phone ids', { creator: OWN, voter: PEER }, {}],
  ['by hidden ids', { creator: '900100200300@lid', voter: '77@lid' }, { remoteJidAlt: '77:3@lid' }],
]) {
  test(`a vote ${name} is a message`, async (t) => {
    const { socket, outbound, next } = await bridge(t);
    const { messageId } = await outbound.perform('send-poll', { chatId: PEER, question: 'Tea?', options: ['yes', 'no'], selectableCount: 1 });
    socket.receive(from(PEER, ballot(messageId, { ...vote, hashes: [hash('no')] }), key));
    const event = await next();
    assert.deepEqual([event.body, event.nativeType, event.chatId], ['no', 'poll_update', PEER]);
    assert.deepEqual(event.nativeMetadata, { pollId: messageId, question: 'Tea?', selectedOptions: ['no'] });
  });
}

for (const [name, vote, known] of [
  ['taken back', { creator: OWN, voter: PEER, hashes: [] }, true],
  ['under other ids', { creator: OWN, voter: '1@lid', hashes: [hash('no')] }, true],
  ['in a poll of somebody else', { creator: OWN, voter: PEER, hashes: [hash('no')] }, false],
]) {
  test(`a vote ${name} is no message`, async (t) => { // contract: BRG-04
    const { socket, outbound, inbox } = await bridge(t);
    const { messageId } = await outbound.perform('send-poll', { chatId: PEER, question: 'Tea?', options: ['yes', 'no'] });
    socket.receive(from(PEER, ballot(known ? messageId : 'other', vote)), from(PEER, { conversation: 'end' }));
    assert.deepEqual((await inbox.take(2000)).map(({ body }) => body), ['end']);
  });
}

test('a reply quotes what was said, an edit keeps its id, both keep the prefix', async (t) => { // contract: BRG-05 BRG-08
  const { socket, received, outbound, next } = await bridge(t, { mode: 'self-chat', prefix: 'P ' });
  const message = from(PEER, { conversation: 'question' });
  socket.receive(message);
  await next();
  const { messageId } = await outbound.perform('send', { chatId: PEER, message: 'answer', replyTo: message.key.id });
  assert.equal(socket.calls.at(-1).options.quoted, received.get(message.key.id));
  assert.equal(socket.calls.at(-1).content.text, 'P answer');
  assert.equal(socket.calls.at(-1).options.messageId, messageId);
  assert.deepEqual(await outbound.perform('edit', { chatId: PEER, messageId, message: 'better' }), { messageId });
  assert.deepEqual(socket.calls.at(-1).content, { text: 'P better', linkPreview: null, edit: { remoteJid: PEER, id: messageId, fromMe: true } });
  await outbound.perform('send', { chatId: PEER, message: 'x', replyTo: 'unknown' });
  assert.equal(socket.calls.at(-1).options.quoted, undefined);
});

test('a chat is described', async (t) => { // contract: BRG-05
  const { socket, outbound, next } = await bridge(t);
  assert.deepEqual(await outbound.chat(GROUP), { name: 'Fake group', isGroup: true, participants: [PEER, '42@lid'] });
  assert.deepEqual(await outbound.chat(PEER), { name: '15552223333', isGroup: false, participants: [] });
  socket.receive(from('15552223333:2@s.whatsapp.net', { conversation: 'hi' }));
  await next();
  assert.equal((await outbound.chat(PEER)).name, 'Bob');
});

test('a media path must be a file', async (t) => { // contract: BRG-05
  const { folder, outbound, socket } = await bridge(t);
  for (const filePath of [folder, '/dev/zero', `${folder}/missing`]) {
    await assert.rejects(outbound.perform('send-media', { chatId: PEER, filePath, mediaType: 'document' }), /is not a file that can be read/);
  }
  assert.deepEqual(socket.calls, []);
});
