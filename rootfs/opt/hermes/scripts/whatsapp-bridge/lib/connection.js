// One WhatsApp connection kept alive: connects, reconnects with backoff, saves credentials, reports a log-out
// (BRG-09). It knows no messages; whoever needs the socket's other events subscribes on 'socket'.
import { EventEmitter } from 'node:events';
import { backoff } from './backoff.js';
import { selfOf } from './message.js';

const LOGGED_OUT = 401;
const RESTART = 515; // asked for by WhatsApp, as after pairing
const STEADY_MS = 30_000; // a connection that held this long ends a series of failures

// Events: 'socket' (socket), 'qr' (code), 'open' (self), 'close' (reason), 'loggedOut'.
export class Connection extends EventEmitter {
  status = 'connecting';
  self = { phone: '', hidden: '', name: '' };
  #session = null;
  #makeSocket = null;
  #socket = null;
  #attempt = 0;
  #openedAt = 0;
  #timer = null;
  #stopped = false;

  constructor({ log, now = Date.now, random = Math.random }) {
    super();
    Object.assign(this, { log, now, random });
  }

  // socket is the open one, else null: nothing can be sent while WhatsApp is away.
  get socket() {
    return this.status === 'connected' ? this.#socket : null;
  }

  // start connects with the credentials of session; makeSocket(session) begins one attempt.
  async start(session, makeSocket) {
    this.#session = session;
    this.#makeSocket = makeSocket;
    await this.reconnect();
  }

  async reconnect() {
    if (this.#stopped) return;
    this.status = 'connecting';
    try {
      const socket = await this.#makeSocket(this.#session);
      if (this.#stopped) {
        socket.end(undefined);
        return;
      }
      this.#socket = socket;
      this.#follow(socket);
      this.emit('socket', socket);
    } catch (error) {
      this.#closed(undefined, error.message);
    }
  }

  async stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.status = 'disconnected';
    this.#socket?.end(undefined);
    this.#socket = null;
    await this.#session?.flush();
  }

  // An event of a socket that was given up must not touch the state of its successor.
  #follow(socket) {
    const mine = (handler) => (value) => {
      if (socket === this.#socket && !this.#stopped) handler(value);
    };
    socket.ev.on('creds.update', mine(() => this.#save()));
    socket.ev.on('connection.update', mine((update) => {
      if (update.qr) this.emit('qr', update.qr);
      if (update.connection === 'open') this.#opened(socket);
      if (update.connection === 'close') this.#ended(update.lastDisconnect?.error);
    }));
  }

  #save() {
    this.#session.save().catch((error) => this.log.error(`cannot save the session: ${error.message}`));
  }

  #opened(socket) {
    this.status = 'connected';
    this.self = selfOf(socket.user);
    this.#openedAt = this.now();
    this.log.info('connected to WhatsApp');
    this.emit('open', this.self);
  }

  #ended(error) {
    const code = error?.output?.statusCode;
    this.#socket = null;
    if (code !== LOGGED_OUT) return this.#closed(code, error?.message ?? 'no reason given');
    this.status = 'disconnected';
    return this.emit('loggedOut');
  }

  #closed(code, reason) {
    if (this.#stopped) return;
    if (this.status === 'connected' && this.now() - this.#openedAt >= STEADY_MS) this.#attempt = 0;
    this.status = 'disconnected';
    const wait = code === RESTART && this.#attempt === 0 ? 0 : backoff(this.#attempt, this.random());
    this.#attempt += 1;
    this.log.warn(`connection closed (${code ?? 'no code'}: ${reason}); next attempt in ${(wait / 1000).toFixed(1)} s`);
    this.emit('close', reason);
    this.#timer = setTimeout(() => this.reconnect(), wait);
  }
}
