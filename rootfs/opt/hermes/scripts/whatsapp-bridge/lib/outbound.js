// The agent's requests carried out on the open socket. Every message id is chosen and noted before it is sent, so
// that no echo of ours is taken for somebody's message.
import { stat } from 'node:fs/promises';
import { isGroup, newMessageId, userOf, bare } from './ids.js';
import { editContent, locationContent, mediaContent, pollContent, textContent } from './outgoing.js';
import { Invalid, check, checkChat } from './requests.js';

// Unavailable is answered with 503.
export class Unavailable extends Error {}

export class Outbound {
  constructor({ options, connection, directory, sent, received }) {
    Object.assign(this, { options, connection, directory, sent, received });
    this.actions = {
      send: (fields) => this.#send(fields),
      edit: (fields) => this.#edit(fields),
      'send-media': (fields) => this.#sendMedia(fields),
      'send-poll': (fields) => this.#deliver(fields.chatId, pollContent(fields)),
      'send-location': (fields) => this.#deliver(fields.chatId, locationContent(fields)),
      typing: (fields) => this.#typing(fields),
    };
  }

  // perform checks the payload of a request and carries it out; the answer is the response body.
  perform(request, payload) {
    return this.actions[request](check(request, payload));
  }

  async chat(jid) {
    const id = checkChat(jid);
    const socket = this.#socket();
    if (!isGroup(id)) return { name: this.#nameOf(id), isGroup: false, participants: [] };
    const group = await this.directory.group(socket, id);
    return {
      name: group?.subject || userOf(id),
      isGroup: true,
      participants: (group?.participants ?? []).map((member) => bare(member.id)),
    };
  }

  #send({ chatId, message, replyTo }) {
    const quoted = this.received.get(replyTo) ?? this.sent.get(replyTo);
    return this.#deliver(chatId, textContent(this.options.prefix, message), quoted && { quoted });
  }

  async #edit(fields) {
    await this.#deliver(fields.chatId, editContent(this.options.prefix, fields));
    return { messageId: fields.messageId };
  }

  async #sendMedia(fields) {
    const file = await stat(fields.filePath).catch(() => null);
    if (!file?.isFile()) throw new Invalid(`filePath "${fields.filePath}" is not a file that can be read`);
    return this.#deliver(fields.chatId, mediaContent(fields));
  }

  async #typing({ chatId }) {
    await this.#socket().sendPresenceUpdate('composing', chatId);
    return { ok: true };
  }

  async #deliver(chatId, content, extra) {
    const socket = this.#socket();
    const messageId = newMessageId();
    this.sent.set(messageId, undefined);
    const message = await socket.sendMessage(chatId, content, { messageId, ...extra });
    this.sent.set(messageId, message);
    return { messageId };
  }

  #socket() {
    const { socket } = this.connection;
    if (!socket) throw new Unavailable(`not connected to WhatsApp (${this.connection.status})`);
    return socket;
  }

  // #nameOf gives the name a person last wrote under; WhatsApp gives no other.
  #nameOf(id) {
    const written = [...this.received.values()].findLast(({ key, pushName }) =>
      pushName && !key.fromMe && [key.remoteJid, key.remoteJidAlt, key.participant, key.participantAlt].some((jid) => bare(jid) === id));
    return written?.pushName ?? userOf(id);
  }
}
