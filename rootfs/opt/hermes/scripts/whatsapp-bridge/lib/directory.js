// Names and members of groups, remembered for a while: WhatsApp limits how often they may be asked for.
import { Recent } from './recent.js';

const FRESH_MS = 5 * 60_000;
const TIMEOUT_MS = 5000;

export class Directory {
  #groups = new Recent(500);

  constructor({ now = Date.now, timeoutMs = TIMEOUT_MS } = {}) {
    Object.assign(this, { now, timeoutMs });
  }

  cached(jid) {
    const entry = this.#groups.get(jid);
    return entry && this.now() - entry.at < FRESH_MS ? entry.group : undefined;
  }

  // group gives Baileys' metadata of a group, or undefined if WhatsApp does not answer in time.
  async group(socket, jid) {
    const known = this.cached(jid);
    if (known || !socket) return known;
    const group = await within(this.timeoutMs, socket.groupMetadata(jid));
    if (group) this.#groups.set(jid, { group, at: this.now() });
    return group;
  }

  // follow drops what a socket's events say is out of date.
  follow(socket) {
    socket.ev.on('groups.update', (updates) => updates.forEach(({ id }) => this.#groups.delete(id)));
    socket.ev.on('group-participants.update', ({ id }) => this.#groups.delete(id));
  }
}

async function within(ms, promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
