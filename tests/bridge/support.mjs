// Small helpers of the bridge's tests: a folder that goes away, polling instead of sleeping, a free port.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const silentLog = { info() {}, warn() {}, error() {} };

export async function temporaryFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-test-'));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }));
  return folder;
}

// until polls probe until it gives something true, and gives that.
export async function until(probe, what, limitMs = 8000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not seen within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
