// From the socket to the inbox: admits messages, fetches their files and group names, reads poll votes. Messages of
// one chat keep their order; a slow download in one chat does not hold up another.
import { readContent, unwrap } from './content.js';
import { bare } from './ids.js';
import { isHosted, store } from './media.js';
import { admit, emptyEvent, normalise } from './message.js';
import { questionOf, readVote } from './poll.js';

export class Inbound {
  #chats = new Map(); // chat id -> the work queued for it

  // sent and received are the Recent maps of messages by id that the outbound side answers and edits with.
  constructor({ options, transport, connection, directory, inbox, sent, received, logger, log }) {
    Object.assign(this, { options, transport, connection, directory, inbox, sent, received, logger, log });
  }

  follow(socket) {
    socket.ev.on('messages.upsert', ({ messages }) => messages.forEach((message) => this.#accept(socket, message)));
  }

  #accept(socket, message) {
    const { key } = message;
    const origin = admit(key, this.options, this.connection.self);
    if (origin === 'drop' || this.sent.has(key.id) || this.received.has(key.id)) return;
    if (!isReadable(message)) return;
    this.received.set(key.id, message);
    const chat = bare(key.remoteJid);
    const work = (this.#chats.get(chat) ?? Promise.resolve())
      .then(() => this.#deliver(socket, message, origin === 'owner'))
      .catch((error) => this.log.error(`cannot deliver message ${key.id}: ${error.message}`))
      .finally(() => {
        if (this.#chats.get(chat) === work) this.#chats.delete(chat);
      });
    this.#chats.set(chat, work);
  }

  async #deliver(socket, message, fromOwner) {
    const { self } = this.connection;
    const vote = unwrap(message.message).pollUpdateMessage;
    const event = vote ? this.#voteEvent(message, vote, self) : await this.#messageEvent(socket, message, self);
    if (!event) return;
    if (event.isGroup) event.chatName = (await this.directory.group(socket, event.chatId))?.subject || event.chatName;
    this.inbox.push({ ...event, fromOwner });
  }

  async #messageEvent(socket, message, self) {
    const { event, media } = normalise(message, self);
    return media ? { ...event, mediaUrls: await this.#fetch(socket, message, media) } : event;
  }

  // #fetch gives the path of the stored file as a list, empty if it cannot be had: the text still counts.
  async #fetch(socket, message, media) {
    const content = unwrap(message.message);
    const [part] = Object.values(content).filter((value) => value?.mediaKey);
    try {
      if (!part || !isHosted(part)) throw new Error('it is not kept by WhatsApp');
      const open = () => this.transport.download(socket, { ...message, message: content }, this.logger);
      return [await store(open, media, this.options.folders)];
    } catch (error) {
      this.log.warn(`cannot fetch the file of message ${message.key.id}: ${error.message}`);
      return [];
    }
  }

  #voteEvent(message, update, self) {
    const pollId = update.pollCreationMessageKey?.id;
    const poll = this.sent.get(pollId);
    const names = readVote({ update, key: message.key, poll, self, decrypt: this.transport.decryptVote });
    if (!names?.length) return null;
    return {
      ...emptyEvent(message, self),
      body: names.join('\n'),
      nativeType: 'poll_update',
      nativeMetadata: { pollId, question: questionOf(poll.message), selectedOptions: names },
    };
  }
}

const isReadable = ({ message }) => Boolean(unwrap(message).pollUpdateMessage) || readContent(message) !== null;
