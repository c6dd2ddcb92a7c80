// The session folder: credentials and Signal keys of the linked device, one JSON file each, in the layout of Baileys'
// own multi-file store, so that folders of either kind can be used. Unlike that store every file is 0600 and is
// replaced as a whole: a process killed while it writes leaves the old file.
import { chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const CREDENTIALS = 'creds.json';
// Keys that belong to one identity and harm the next. Mappings between phone and hidden ids are facts and stay.
const KEYS = /^(pre-key|session|sender-key|sender-key-memory|app-state-sync-key|app-state-sync-version|device-list|tctoken|identity-key)-.*\.json$/;

// openSession reads the folder, or begins a new identity where it has no credentials. codec is the transport's.
export async function openSession(folder, codec) {
  const session = new Session(folder, codec);
  await session.load();
  return session;
}

class Session {
  #pending = new Map(); // file name -> the last write to it

  constructor(folder, codec) {
    this.folder = folder;
    this.codec = codec;
    this.keys = {
      get: (type, ids) => this.#getKeys(type, ids),
      set: (data) => this.#setKeys(data),
    };
  }

  async load() {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const files = (await readdir(this.folder)).filter((file) => file.endsWith('.json'));
    const creds = await this.#read(CREDENTIALS);
    const stale = creds ? [] : files.filter((file) => KEYS.test(file));
    await Promise.all(stale.map((file) => rm(join(this.folder, file), { force: true })));
    await Promise.all(files.filter((file) => !stale.includes(file)).map((file) => chmod(join(this.folder, file), 0o600)));
    this.creds = creds ?? this.codec.newCredentials();
  }

  get paired() {
    return Boolean(this.creds.me);
  }

  // save writes the credentials once there is an account in them: others take the file to mean "paired".
  async save() {
    if (this.paired) await this.#write(CREDENTIALS, this.creds);
  }

  async flush() {
    await Promise.allSettled(this.#pending.values());
  }

  // forget removes the credentials of a device that was logged out.
  async forget() {
    await this.flush();
    await rm(join(this.folder, CREDENTIALS), { force: true });
  }

  async #getKeys(type, ids) {
    const entries = await Promise.all(ids.map(async (id) => {
      const value = await this.#read(fileOf(type, id));
      return [id, value === null ? null : this.codec.reviveKey(type, value)];
    }));
    return Object.fromEntries(entries);
  }

  async #setKeys(data) {
    const writes = Object.entries(data).flatMap(([type, values]) =>
      Object.entries(values).map(([id, value]) => this.#write(fileOf(type, id), value)));
    await Promise.all(writes);
  }

  async #read(file) {
    await this.#pending.get(file)?.catch(() => {});
    try {
      return JSON.parse(await readFile(join(this.folder, file), 'utf8'), this.codec.reviver);
    } catch (error) {
      if (error.code === 'ENOENT') return null;
      if (error instanceof SyntaxError && file !== CREDENTIALS) return null; // a torn key file: WhatsApp renews keys
      throw new Error(`cannot read session file "${join(this.folder, file)}": ${error.message}`, { cause: error });
    }
  }

  // #write replaces one file, or removes it for an empty value; writes to one file happen in order.
  #write(file, value) {
    const text = value ? JSON.stringify(value, this.codec.replacer) : null;
    const write = (this.#pending.get(file) ?? Promise.resolve()).catch(() => {}).then(() => this.#replace(file, text));
    this.#pending.set(file, write);
    const settle = () => {
      if (this.#pending.get(file) === write) this.#pending.delete(file);
    };
    write.then(settle, settle);
    return write;
  }

  async #replace(file, text) {
    const path = join(this.folder, file);
    if (text === null) return rm(path, { force: true });
    const next = `${path}.new`;
    await writeFile(next, text, { mode: 0o600, flush: file === CREDENTIALS });
    return rename(next, path);
  }
}

const fileOf = (type, id) => `${type}-${id}.json`.replaceAll('/', '__').replaceAll(':', '-');
