import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit, emptyEvent, normalise, selfOf } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/message.js';
import { ME } from './fake-socket.mjs';

const self = selfOf(ME);
const PEER = '15552223333@s.whatsapp.net';
const GROUP = '120363000000@g.us';
const direct = (message, key = {}, more = {}) => ({ key: { id: 'M1', remoteJid: PEER, ...key }, message, pushName: 'Bob', ...more });

const STRINGS = ['messageId', 'chatId', 'chatName', 'senderId', 'senderName', 'from', 'body', 'mediaType', 'mime',
  'quotedText', 'quotedMessageId', 'quotedParticipant', 'nativeType'];
const BOOLEANS = ['isGroup', 'hasMedia', 'hasQuotedMessage', 'fromOwner'];
const ARRAYS = ['mediaUrls', 'mentionedIds', 'botIds'];

// contract: BRG-03 BRG-04
const kinds = [
  ['plain text', { conversation: 'hi' }, { body: 'hi', mediaType: '', hasMedia: false, nativeType: 'text' }],
  ['long text', { extendedTextMessage: { text: 'long' } }, { body: 'long', nativeType: 'text' }],
  ['disappearing text', { ephemeralMessage: { message: { extendedTextMessage: { text: 'gone' } } } }, { body: 'gone' }],
  ['view-once image', { viewOnceMessageV2: { message: { imageMessage: { mimetype: 'image/jpeg' } } } }, { mediaType: 'image', hasMedia: true }],
  ['image with caption', { imageMessage: { caption: 'look', mimetype: 'image/png' } }, { body: 'look', mediaType: 'image', mime: 'image/png', hasMedia: true }],
  ['video', { videoMessage: { mimetype: 'video/mp4' } }, { mediaType: 'video', hasMedia: true }],
  ['round video', { ptvMessage: { mimetype: 'video/mp4' } }, { mediaType: 'video', hasMedia: true }],
  ['voice note', { audioMessage: { ptt: true, mimetype: 'audio/ogg; codecs=opus' } }, { mediaType: 'ptt', hasMedia: true }],
  ['audio', { audioMessage: { mimetype: 'audio/mpeg' } }, { mediaType: 'audio', hasMedia: true }],
  ['document with caption', { documentWithCaptionMessage: { message: { documentMessage: { fileName: 'a.pdf', caption: 'read', mimetype: 'application/pdf' } } } },
    { body: 'read', mediaType: 'document', hasMedia: true, nativeMetadata: { fileName: 'a.pdf' } }],
  ['sticker', { stickerMessage: { mimetype: 'image/webp' } }, { mediaType: 'sticker', hasMedia: false, body: '[Sticker]' }],
  ['location', { locationMessage: { degreesLatitude: 52.5, degreesLongitude: 13.4, name: 'Cafe' } },
    { mediaType: 'location', hasMedia: false, body: '[Location] 52.5, 13.4\nCafe', nativeMetadata: { latitude: 52.5, longitude: 13.4, name: 'Cafe' } }],
  ['live location', { liveLocationMessage: { degreesLatitude: 1, degreesLongitude: 2, caption: 'here' } },
    { mediaType: 'live_location', body: '[Location] 1, 2\nhere', nativeType: 'live_location' }],
  ['contact', { contactMessage: { displayName: 'Eve', vcard: 'BEGIN:VCARD\nitem1.TEL;waid=1:+1 555\nTEL:+2\nEND:VCARD' } },
    { body: '[Contact] Eve, +1 555, +2', nativeMetadata: { contacts: [{ name: 'Eve', phones: ['+1 555', '+2'] }] } }],
  ['poll', { pollCreationMessageV3: { name: 'Tea?', options: [{ optionName: 'yes' }, { optionName: 'no' }], selectableOptionsCount: 1 } },
    { body: '[Poll] Tea?\n- yes\n- no', nativeType: 'poll' }],
  ['button', { buttonsResponseMessage: { selectedDisplayText: 'OK', selectedButtonId: 'b1' } }, { body: 'OK', nativeMetadata: { id: 'b1' } }],
];
for (const [name, message, wanted] of kinds) {
  test(`normalise: ${name}`, () => {
    const { event } = normalise(direct(message), self);
    for (const [field, value] of Object.entries(wanted)) assert.deepEqual(event[field], value, field);
    for (const field of STRINGS) assert.equal(typeof event[field], 'string', field);
    for (const field of BOOLEANS) assert.equal(typeof event[field], 'boolean', field);
    for (const field of ARRAYS) assert.ok(Array.isArray(event[field]), field);
    assert.equal(Object.prototype.toString.call(event.nativeMetadata), '[object Object]');
    assert.equal(Object.keys(event).length, STRINGS.length + BOOLEANS.length + ARRAYS.length + 1);
  });
}

for (const [name, message] of [
  ['reaction', { reactionMessage: { text: '+' } }],
  ['edit', { protocolMessage: { editedMessage: { conversation: 'x' } } }],
  ['group keys', { senderKeyDistributionMessage: {} }],
  ['nothing that could be decrypted', undefined],
]) {
  test(`normalise: ${name} is no message`, () => assert.equal(normalise(direct(message), self), null));
}

test('normalise: every field survives empty input', () => { // contract: BRG-03
  const event = emptyEvent({ key: { remoteJid: PEER } }, selfOf(undefined));
  for (const field of STRINGS) assert.equal(typeof event[field], 'string', field);
});

// contract: BRG-04
const people = [
  ['direct, with device', { remoteJid: '15552223333:9@s.whatsapp.net' }, { chatId: PEER, senderId: PEER, from: PEER, chatName: 'Bob', isGroup: false }],
  ['direct, hidden id with phone known', { remoteJid: '77@lid', remoteJidAlt: PEER }, { chatId: '77@lid', senderId: PEER }],
  ['direct, hidden id alone', { remoteJid: '77:2@lid' }, { chatId: '77@lid', senderId: '77@lid' }],
  ['group', { remoteJid: GROUP, participant: '77:3@lid', participantAlt: '15552223333:3@s.whatsapp.net' }, { chatId: GROUP, senderId: PEER, isGroup: true }],
  ['to self', { remoteJid: '900100200300@lid', fromMe: true }, { senderId: '15550001111@s.whatsapp.net' }],
];
for (const [name, key, wanted] of people) {
  test(`normalise: ${name}`, () => {
    const { event } = normalise(direct({ conversation: 'x' }, key), self);
    for (const [field, value] of Object.entries(wanted)) assert.equal(event[field], value, field);
    assert.deepEqual(event.botIds, ['15550001111@s.whatsapp.net', '900100200300@lid']);
    for (const id of [event.chatId, event.senderId, event.from, ...event.botIds]) assert.doesNotMatch(id, /:/);
  });
}

test('normalise: a reply carries what it quotes', () => { // contract: BRG-03
  const contextInfo = {
    stanzaId: 'Q1', participant: '77:3@lid', quotedMessage: { imageMessage: { caption: 'old' } },
    mentionedJid: ['900100200300:7@lid', '1@s.whatsapp.net'],
  };
  const { event } = normalise(direct({ extendedTextMessage: { text: 'yes', contextInfo } }), self);
  assert.equal(event.hasQuotedMessage, true);
  assert.equal(event.quotedText, 'old');
  assert.equal(event.quotedMessageId, 'Q1');
  assert.equal(event.quotedParticipant, '77@lid');
  assert.deepEqual(event.mentionedIds, ['900100200300@lid', '1@s.whatsapp.net']);
});

// contract: BRG-04 BRG-08
const own = '15550001111:0@s.whatsapp.net';
const admissions = [
  ['stranger', {}, 'bot', false, 'inbound'],
  ['stranger', {}, 'self-chat', false, 'inbound'],
  ['group member', { remoteJid: GROUP, participant: PEER }, 'self-chat', false, 'inbound'],
  ['status', { remoteJid: 'status@broadcast', participant: PEER }, 'bot', false, 'drop'],
  ['channel', { remoteJid: '1@newsletter' }, 'bot', false, 'drop'],
  ['note to self', { remoteJid: own, fromMe: true }, 'self-chat', false, 'inbound'],
  ['note to self, hidden', { remoteJid: '900100200300@lid', fromMe: true }, 'self-chat', false, 'inbound'],
  ['note to self', { remoteJid: own, fromMe: true }, 'bot', true, 'drop'],
  ['owner to a friend', { fromMe: true }, 'self-chat', true, 'drop'],
  ['owner to a customer', { fromMe: true }, 'bot', false, 'drop'],
  ['owner to a customer, forwarded', { fromMe: true }, 'bot', true, 'owner'],
  ['nothing', { remoteJid: undefined }, 'bot', false, 'drop'],
];
for (const [name, key, mode, forwardOwner, wanted] of admissions) {
  test(`admit: ${name} in ${mode} mode: ${wanted}`, () => {
    assert.equal(admit({ id: 'M1', remoteJid: PEER, ...key }, { mode, forwardOwner }, self), wanted);
  });
}
