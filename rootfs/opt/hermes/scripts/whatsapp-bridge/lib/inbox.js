// Messages on their way to the agent: a bounded queue with waiting readers (BRG-03). It keeps nothing on disk.
const LIMIT = 1000;

export class Inbox {
  #messages = [];
  #readers = [];

  constructor(limit = LIMIT) {
    this.limit = limit;
  }

  get size() {
    return this.#messages.length;
  }

  push(message) {
    this.#messages.push(message);
    if (this.#messages.length > this.limit) this.#messages.shift();
    this.#readers.shift()?.();
  }

  // take resolves to all queued messages, at once if there are any, else when the first comes or after waitMs.
  // If signal aborts, it resolves to [] and leaves the queue to the next reader.
  async take(waitMs, signal) {
    if (!this.size && !signal?.aborted) await this.#wait(waitMs, signal);
    return signal?.aborted ? this.#passOn() : this.#messages.splice(0);
  }

  #wait(waitMs, signal) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.#readers = this.#readers.filter((reader) => reader !== done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal?.addEventListener('abort', done);
      this.#readers.push(done);
    });
  }

  #passOn() {
    if (this.size) this.#readers.shift()?.();
    return [];
  }
}
