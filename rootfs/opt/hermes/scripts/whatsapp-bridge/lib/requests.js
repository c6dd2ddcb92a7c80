// Payloads of the HTTP requests: checked whole, so that one answer names every fault (BRG-05). Pure.
import { isAbsolute } from 'node:path';
import { bare, isAddress } from './ids.js';

const MEDIA_TYPES = ['image', 'video', 'audio', 'document'];
const MOST_OPTIONS = 12; // WhatsApp's own limit

// Invalid is answered with 400.
export class Invalid extends Error {}

const string = (value) => typeof value === 'string' && value.trim() !== '';
const optionalString = (value) => value === undefined || value === null || typeof value === 'string';
const between = (low, high) => (value) => typeof value === 'number' && value >= low && value <= high;

const chatId = ['an id such as 15551234567@s.whatsapp.net', (value) => typeof value === 'string' && isAddress(bare(value))];
const text = ['a text that is not empty', string];
const optional = ['a text', optionalString];

// For each request its fields, each with what it must be and the test for that.
const FIELDS = {
  send: { chatId, message: text, replyTo: optional },
  edit: { chatId, messageId: text, message: text },
  'send-media': {
    chatId,
    filePath: ['an absolute path', (value) => string(value) && isAbsolute(value) && !value.includes('\0')],
    mediaType: [`one of ${MEDIA_TYPES.join(', ')}`, (value) => MEDIA_TYPES.includes(value)],
    caption: optional,
    fileName: optional,
  },
  'send-poll': {
    chatId,
    question: text,
    options: [`2 to ${MOST_OPTIONS} different texts`, areOptions],
    selectableCount: ['a whole number from 0 to the number of options', isCount],
  },
  'send-location': {
    chatId,
    latitude: ['a number from -90 to 90', between(-90, 90)],
    longitude: ['a number from -180 to 180', between(-180, 180)],
    name: optional,
    address: optional,
  },
  typing: { chatId },
};

export const REQUESTS = Object.keys(FIELDS);

// check gives the known fields of a payload, chatId in its bare form, or throws Invalid.
export function check(request, payload) {
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) throw new Invalid('the body must be a JSON object');
  const fields = Object.entries(FIELDS[request]);
  const faults = fields.filter(([name, [, test]]) => !test(payload[name], payload)).map(([name, [wanted]]) => `${name} must be ${wanted}`);
  if (faults.length) throw new Invalid(faults.join('; '));
  const known = Object.fromEntries(fields.map(([name]) => [name, payload[name] ?? undefined]));
  return { ...known, chatId: bare(payload.chatId) };
}

export function checkChat(jid) {
  const id = bare(jid);
  if (!isAddress(id)) throw new Invalid(`chatId must be ${chatId[0]}`);
  return id;
}

function areOptions(value) {
  return Array.isArray(value) && value.length >= 2 && value.length <= MOST_OPTIONS
    && value.every(string) && new Set(value).size === value.length;
}

function isCount(value, { options }) {
  return value === undefined || (Number.isInteger(value) && value >= 0 && value <= (options?.length ?? 0));
}
