import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Invalid, check, checkChat } from '../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/requests.js';

const chatId = '15552223333@s.whatsapp.net';

// contract: BRG-05
const bad = [
  ['send', null, /JSON object/],
  ['send', [], /JSON object/],
  ['send', { message: 'x' }, /^chatId must/],
  ['send', {}, /chatId must.*; message must/],
  ['send', { chatId: 'John', message: 'x' }, /chatId/],
  ['send', { chatId: '../../etc@s.whatsapp.net', message: 'x' }, /chatId/],
  ['send', { chatId: 'status@broadcast', message: 'x' }, /chatId/],
  ['send', { chatId, message: '' }, /message/],
  ['send', { chatId, message: 7 }, /message/],
  ['send', { chatId, message: 'x', replyTo: 7 }, /replyTo/],
  ['edit', { chatId, message: 'x' }, /messageId/],
  ['send-media', { chatId, filePath: 'a.png', mediaType: 'image' }, /absolute path/],
  ['send-media', { chatId, filePath: '/a\0b', mediaType: 'image' }, /absolute path/],
  ['send-media', { chatId, filePath: 'http://x/a.png', mediaType: 'image' }, /absolute path/],
  ['send-media', { chatId, filePath: '/a.png', mediaType: 'sticker' }, /mediaType/],
  ['send-poll', { chatId, question: 'q', options: ['a'] }, /options/],
  ['send-poll', { chatId, question: 'q', options: ['a', 'a'] }, /options/],
  ['send-poll', { chatId, question: 'q', options: ['a', ''] }, /options/],
  ['send-poll', { chatId, question: 'q', options: Array.from({ length: 13 }, (_, n) => `o${n}`) }, /options/],
  ['send-poll', { chatId, question: 'q', options: ['a', 'b'], selectableCount: 3 }, /selectableCount/],
  ['send-poll', { chatId, question: 'q', selectableCount: 1 }, /options/],
  ['send-location', { chatId, latitude: 91, longitude: 0 }, /latitude/],
  ['send-location', { chatId, latitude: '1', longitude: 0 }, /latitude/],
  ['send-location', { chatId, latitude: 1, longitude: NaN }, /longitude/],
  ['typing', {}, /chatId/],
];
for (const [request, payload, wanted] of bad) {
  test(`check ${request} ${JSON.stringify(payload)}`, () => {
    assert.throws(() => check(request, payload), (error) => error instanceof Invalid && wanted.test(error.message));
  });
}

const good = [
  ['send', { chatId: '15552223333:4@s.whatsapp.net', message: 'x', extra: 1 }, { chatId, message: 'x', replyTo: undefined }],
  ['send', { chatId: '15552223333@c.us', message: 'x', replyTo: null }, { chatId, message: 'x', replyTo: undefined }],
  ['typing', { chatId: '77@lid' }, { chatId: '77@lid' }],
  ['send-location', { chatId: '1-2@g.us', latitude: -90, longitude: 180 },
    { chatId: '1-2@g.us', latitude: -90, longitude: 180, name: undefined, address: undefined }],
];
for (const [request, payload, wanted] of good) {
  test(`check ${request} ${JSON.stringify(payload)}`, () => assert.deepEqual(check(request, payload), wanted));
}

test('checkChat refuses what is no id', () => {
  assert.equal(checkChat('7:1@lid'), '7@lid');
  assert.throws(() => checkChat('x'), Invalid);
});
