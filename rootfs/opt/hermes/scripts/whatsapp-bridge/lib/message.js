// From a message as Baileys delivers it to the event the agent reads (BRG-03). Pure: who may speak, names that need
// a look-up and files to download are decided or fetched elsewhere.
import { readContent } from './content.js';
import { bare, isBroadcast, isGroup, isHidden, userOf, visible } from './ids.js';

const WITH_MEDIA = ['image', 'video', 'ptt', 'audio', 'document'];

// admit decides by the key alone what becomes of a message: 'inbound', 'owner' (typed by the account's owner on
// another device in somebody's chat) or 'drop'. No sender is dropped: the gateway authorises (BRG-08).
export function admit(key, { mode, forwardOwner }, self) {
  if (!key?.remoteJid || isBroadcast(key.remoteJid)) return 'drop';
  if (!key.fromMe) return 'inbound';
  const toSelf = isSelf(key.remoteJid, self) || isSelf(key.remoteJidAlt, self);
  if (mode === 'self-chat') return toSelf ? 'inbound' : 'drop';
  return forwardOwner && !toSelf ? 'owner' : 'drop';
}

// normalise gives { event, media }, or null for what is no message to the agent. self is { phone, hidden, name }.
export function normalise(message, self) {
  const content = readContent(message.message);
  if (!content) return null;
  const event = {
    ...emptyEvent(message, self),
    body: content.text,
    mediaType: content.mediaType,
    mime: content.media?.mime ?? '',
    hasMedia: WITH_MEDIA.includes(content.mediaType),
    nativeType: content.type,
    nativeMetadata: content.facts,
    ...quoteOf(content.context),
  };
  return { event, media: content.media };
}

// emptyEvent has every field of the contract, and who wrote where.
export function emptyEvent({ key, pushName }, self) {
  const chatId = bare(key.remoteJid);
  const senderId = senderOf(key, self);
  const senderName = pushName || (key.fromMe && self.name) || userOf(senderId);
  return {
    messageId: key.id ?? '',
    chatId,
    chatName: isGroup(chatId) || key.fromMe ? userOf(chatId) : senderName,
    senderId,
    senderName,
    from: senderId,
    isGroup: isGroup(chatId),
    body: '',
    hasMedia: false,
    mediaType: '',
    mime: '',
    mediaUrls: [],
    mentionedIds: [],
    hasQuotedMessage: false,
    quotedText: '',
    quotedMessageId: '',
    quotedParticipant: '',
    botIds: [self.phone, self.hidden].filter(Boolean),
    fromOwner: false,
    nativeType: '',
    nativeMetadata: {},
  };
}

// selfOf reads the two ids of the linked account from what Baileys calls the user.
export function selfOf(user) {
  const ids = [bare(user?.id), bare(user?.lid), bare(user?.phoneNumber)].filter(Boolean);
  return {
    phone: ids.find((id) => !isHidden(id)) ?? '',
    hidden: ids.find(isHidden) ?? '',
    name: user?.name || user?.verifiedName || user?.notify || '',
  };
}

export function isSelf(jid, self) {
  const id = bare(jid);
  return id !== '' && (id === self.phone || id === self.hidden);
}

function senderOf(key, self) {
  if (key.fromMe) return self.phone || self.hidden;
  return key.participant ? visible(key.participant, key.participantAlt) : visible(key.remoteJid, key.remoteJidAlt);
}

function quoteOf(context) {
  const quoted = context.quotedMessage ? readContent(context.quotedMessage) : null;
  return {
    mentionedIds: (context.mentionedJid ?? []).map(bare).filter(Boolean),
    hasQuotedMessage: Boolean(context.stanzaId),
    quotedText: quoted?.text ?? '',
    quotedMessageId: context.stanzaId ?? '',
    quotedParticipant: bare(context.participant),
  };
}
