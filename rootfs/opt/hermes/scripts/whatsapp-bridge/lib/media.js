// Files that came with messages: stored in the folders the agent named, under names of ours (BRG-04).
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const LARGEST_BYTES = 100 * 1024 * 1024;
const LONGEST_NAME = 180; // bytes of the sender's own name; with ours, a file system takes 255
const LONGEST_ENDING = 40;
const TIMEOUT_MS = 60_000;

const EXTENSIONS = {
  'image/jpeg': '.jpg', 'image/png': '.png', 'image/webp': '.webp', 'image/gif': '.gif',
  'video/mp4': '.mp4', 'video/3gpp': '.3gp', 'video/quicktime': '.mov', 'video/webm': '.webm',
  'audio/ogg': '.ogg', 'audio/mpeg': '.mp3', 'audio/mp4': '.m4a', 'audio/aac': '.aac', 'audio/wav': '.wav',
  'audio/amr': '.amr', 'application/pdf': '.pdf', 'text/plain': '.txt',
};
const PREFIXES = { image: 'img', audio: 'audio', document: 'doc' };

// fileNameFor names a stored file: kind, 12 hex digits, then the sender's own name for a document, made harmless.
export function fileNameFor({ folder, mime, name }, unique = randomBytes(6).toString('hex')) {
  const extension = EXTENSIONS[mime.split(';')[0].trim().toLowerCase()] ?? '';
  const stem = `${PREFIXES[folder]}_${unique}`;
  if (folder !== 'document') return stem + (extension || (folder === 'image' ? '.jpg' : '.ogg'));
  return `${stem}_${harmless(name, extension)}`;
}

function harmless(name, extension) {
  const last = name.split(/[/\\]/).pop().replace(/[^\p{L}\p{N}._ -]/gu, '_').replace(/^[.\s]+/, '').trim();
  const ending = clip(extname(last), LONGEST_ENDING) || extension;
  const stem = clip(last.slice(0, last.length - extname(last).length), LONGEST_NAME);
  return (stem || 'file') + ending;
}

// clip keeps whole characters, at most so many bytes of them.
function clip(text, bytes) {
  let kept = '';
  for (const character of text) {
    if (Buffer.byteLength(kept + character) > bytes) break;
    kept += character;
  }
  return kept;
}

// isHosted reports whether a file is on a server of WhatsApp. The sender chooses the address: this program must not
// fetch any other.
export function isHosted({ url, directPath }) {
  const ours = (text) => URL.canParse(text) && /^https:$/.test(new URL(text).protocol) && new URL(text).hostname.endsWith('.whatsapp.net');
  if (!url && !directPath) return false;
  return (!url || ours(url)) && (!directPath || ours(`https://mmg.whatsapp.net${directPath}`));
}

// store writes what open() streams into a new file and gives its path; on failure nothing stays behind.
export async function store(open, media, folders, { limit = LARGEST_BYTES, timeoutMs = TIMEOUT_MS } = {}) {
  const folder = folders[media.folder];
  await mkdir(folder, { recursive: true });
  const path = join(folder, fileNameFor(media));
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const source = await before(signal, open());
    await pipeline(source, atMost(limit), createWriteStream(path, { flags: 'wx' }), { signal });
    return path;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function before(signal, promise) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

function atMost(limit) {
  let seen = 0;
  return new Transform({
    transform(chunk, _encoding, done) {
      seen += chunk.length;
      if (seen > limit) done(new Error(`file is larger than ${limit} bytes`));
      else done(null, chunk);
    },
  });
}
