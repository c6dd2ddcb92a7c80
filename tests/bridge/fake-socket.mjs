// FakeSocket stands where Baileys' socket stands in the program. It records what it is asked to send and emits what
// a test tells it to; it speaks no WhatsApp. For tests only: nothing of it is in the image.
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';

export const ME = { id: '15550001111:7@s.whatsapp.net', lid: '900100200300:7@lid', name: 'Ada' };

export class FakeSocket {
  ev = new EventEmitter();
  calls = [];
  ended = false;

  constructor(session) {
    this.session = session;
  }

  get user() {
    return this.session.creds.me;
  }

  async sendMessage(jid, content, options) {
    this.calls.push({ method: 'sendMessage', jid, content, options });
    if (this.failure) throw this.failure;
    const secret = content.poll ? { messageContextInfo: { messageSecret: Buffer.from('secret') } } : {};
    return { key: { remoteJid: jid, id: options.messageId, fromMe: true }, message: { ...asMessage(content), ...secret } };
  }

  async sendPresenceUpdate(type, jid) {
    this.calls.push({ method: 'sendPresenceUpdate', type, jid });
  }

  async groupMetadata(jid) {
    this.calls.push({ method: 'groupMetadata', jid });
    return { id: jid, subject: 'Fake group', participants: [{ id: '15552223333:1@s.whatsapp.net' }, { id: '42@lid' }] };
  }

  end() {
    this.ended = true;
  }

  open() {
    this.session.creds.me ??= { ...ME };
    this.ev.emit('creds.update', {});
    this.ev.emit('connection.update', { connection: 'open' });
  }

  close(statusCode) {
    const error = Object.assign(new Error(`fake close ${statusCode}`), { output: { statusCode } });
    this.ev.emit('connection.update', { connection: 'close', lastDisconnect: { error } });
  }

  // learn stores a pair of ids under the keys Baileys uses for it.
  learn(phone, hidden) {
    return this.session.keys.set({ 'lid-mapping': { [phone]: hidden, [`${hidden}_reverse`]: phone } });
  }

  receive(...messages) {
    this.ev.emit('messages.upsert', { messages, type: 'notify' });
  }
}

// What one new socket does by itself, by name. silent is a network that never answers.
export const BEHAVIOURS = {
  silent: () => {},
  open: (socket) => socket.open(),
  qr: (socket) => socket.ev.emit('connection.update', { qr: 'fake-code' }),
  pair: (socket) => {
    socket.session.creds.me = { ...ME };
    socket.ev.emit('creds.update', {});
    socket.close(515);
  },
  lost: (socket) => socket.close(428),
  expired: (socket) => socket.close(408),
  logout: (socket) => socket.close(401),
};

// fakeTransport takes the place of loadTransport's value. plan names the behaviour of each socket in turn; the last
// one goes on for ever.
export function fakeTransport(plan = ['open']) {
  const transport = {
    sockets: [],
    file: Buffer.from('fake file'),
    codec: {
      replacer: undefined,
      reviver: undefined,
      newCredentials: () => ({ identity: `fake ${Math.random()}` }),
      reviveKey: (_type, value) => value,
    },
    async makeSocket({ session, getMessage, cachedGroup }) {
      const socket = new FakeSocket(session);
      Object.assign(socket, { getMessage, cachedGroup });
      const name = plan[Math.min(transport.sockets.length, plan.length - 1)];
      transport.sockets.push(socket);
      setImmediate(() => BEHAVIOURS[name](socket));
      return socket;
    },
    // A fake vote names its options in the clear and the one pair of ids that opens it.
    decryptVote(vote, { pollCreatorJid, voterJid, pollEncKey }) {
      if (pollEncKey.toString() !== 'secret') throw new Error('wrong secret');
      if (vote.creator !== pollCreatorJid || vote.voter !== voterJid) throw new Error('cannot authenticate');
      return { selectedOptions: vote.hashes.map((hash) => Buffer.from(hash, 'hex')) };
    },
    async download() {
      if (!transport.file) throw new Error('gone');
      return Readable.from([transport.file]);
    },
  };
  return transport;
}

function asMessage({ text, poll }) {
  if (poll) return { pollCreationMessageV3: { name: poll.name, options: poll.values.map((optionName) => ({ optionName })) } };
  return { conversation: text ?? '' };
}
