// Reads a WhatsApp message: its kind, text, media and facts, without its envelopes. Pure; a table with one reader for
// each kind of message a person can send. Kinds that are not in the table (receipts, reactions,
// edits, key exchanges) are not messages to the agent.

const WRAPPERS = [
  'ephemeralMessage', 'viewOnceMessage', 'viewOnceMessageV2', 'viewOnceMessageV2Extension',
  'documentWithCaptionMessage', 'lottieStickerMessage', 'groupMentionedMessage', 'associatedChildMessage',
];
const DEEPEST = 5;

// Each reader gives at least { type }; text, mediaType, media, facts where the kind has them.
const READERS = {
  conversation: (text) => ({ type: 'text', text }),
  extendedTextMessage: (m) => ({ type: 'text', text: m.text }),
  imageMessage: (m) => media('image', 'image', m),
  videoMessage: (m) => media('video', 'document', m),
  ptvMessage: (m) => media('video', 'document', m),
  audioMessage: (m) => media(m.ptt ? 'ptt' : 'audio', 'audio', m),
  documentMessage: (m) => ({ ...media('document', 'document', m), facts: facts({ fileName: m.fileName, title: m.title }) }),
  stickerMessage: (m) => ({ ...media('sticker', 'image', m), text: '[Sticker]' }),
  locationMessage: (m) => location('location', m, [m.name, m.address], m.comment),
  liveLocationMessage: (m) => location('live_location', m, [], m.caption),
  contactMessage: (m) => contacts('contact', [m]),
  contactsArrayMessage: (m) => contacts('contacts', m.contacts ?? []),
  pollCreationMessage: poll,
  pollCreationMessageV2: poll,
  pollCreationMessageV3: poll,
  eventMessage: (m) => ({
    type: 'event',
    text: lines(`[Event] ${m.name ?? ''}`.trim(), m.description),
    facts: facts({ name: m.name, description: m.description, startTime: seconds(m.startTime) }),
  }),
  buttonsResponseMessage: (m) => reply('button_reply', m.selectedDisplayText, m.selectedButtonId),
  templateButtonReplyMessage: (m) => reply('button_reply', m.selectedDisplayText, m.selectedId),
  listResponseMessage: (m) => reply('list_reply', m.title, m.singleSelectReply?.selectedRowId),
  interactiveResponseMessage: (m) => reply('button_reply', m.body?.text, m.nativeFlowResponseMessage?.name),
};

// unwrap takes off the envelopes for disappearing, view-once and captioned messages.
export function unwrap(message) {
  let content = message ?? {};
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const wrapper = WRAPPERS.find((name) => content[name]?.message);
    if (!wrapper) break;
    content = content[wrapper].message;
  }
  return content;
}

// readContent gives { type, text, mediaType, media, facts, context } of a message, or null if it is of no kind that
// concerns the agent. media is { folder, mime, name } for what can be downloaded.
export function readContent(message) {
  const content = unwrap(message);
  const kind = Object.keys(READERS).find((name) => content[name] !== undefined && content[name] !== null);
  if (!kind) return null;
  const part = content[kind];
  const { type, text, mediaType = '', media: file = null, facts: known = {} } = READERS[kind](part);
  return { type, text: text ?? '', mediaType, media: file, facts: known, context: part.contextInfo ?? {} };
}

function media(type, folder, m) {
  const file = { folder, mime: m.mimetype ?? '', name: m.fileName ?? '' };
  return { type, mediaType: type, text: m.caption, media: file };
}

function location(type, m, place, comment) {
  const [latitude, longitude] = [m.degreesLatitude ?? 0, m.degreesLongitude ?? 0];
  const [name, address] = place;
  return {
    type,
    mediaType: type,
    text: lines(`[Location] ${latitude}, ${longitude}`, place.filter(Boolean).join(', '), comment),
    facts: facts({ latitude, longitude, name, address, accuracyInMeters: m.accuracyInMeters, comment }),
  };
}

function contacts(type, people) {
  const list = people.map(({ displayName, vcard }) => ({
    name: displayName ?? '',
    phones: [...(vcard ?? '').matchAll(/^(?:\w+\.)?TEL[^:\r\n]*:([^\r\n]+)/gim)].map(([, phone]) => phone.trim()),
  }));
  const text = list.map(({ name, phones }) => `[Contact] ${[name, ...phones].filter(Boolean).join(', ')}`);
  return { type, text: lines(...text), facts: { contacts: list } };
}

function poll(m) {
  const options = (m.options ?? []).map(({ optionName }) => optionName);
  return {
    type: 'poll',
    text: lines(`[Poll] ${m.name ?? ''}`, ...options.map((option) => `- ${option}`)),
    facts: { question: m.name ?? '', options, selectableCount: m.selectableOptionsCount ?? 0 },
  };
}

const reply = (type, text, id) => ({ type, text: text || id, facts: facts({ id }) });
const lines = (...parts) => parts.filter(Boolean).join('\n');
const facts = (all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null));
const seconds = (value) => (value === undefined || value === null ? undefined : Number(value));
