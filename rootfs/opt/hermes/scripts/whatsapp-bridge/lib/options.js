// Command line and environment, read once into a plain value. Pure: no file or network is touched here.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const DEFAULT_PREFIX = '⚕ *Hermes Agent*\n────────────\n';
const MODES = ['self-chat', 'bot'];

export const USAGE = `usage: node bridge.js --session DIR [--port N] [--mode ${MODES.join('|')}]
       node bridge.js --session DIR --pair-only [--pair-json]`;

// Throws an Error whose message is for the user.
export function readOptions(argv, env) {
  const { values } = parseArgs({
    args: argv,
    options: {
      port: { type: 'string', default: '3000' },
      session: { type: 'string' },
      mode: { type: 'string', default: env.WHATSAPP_MODE || 'self-chat' },
      'pair-only': { type: 'boolean', default: false },
      'pair-json': { type: 'boolean', default: false },
    },
  });
  if (!values.session) throw new Error('--session is missing: name the folder that holds the WhatsApp session');
  if (!MODES.includes(values.mode)) throw new Error(`unknown mode "${values.mode}": use ${MODES.join(' or ')}`);
  return {
    port: readPort(values.port),
    session: values.session,
    mode: values.mode,
    pairOnly: values['pair-only'],
    pairJson: values['pair-json'],
    prefix: values.mode === 'self-chat' ? readPrefix(env.WHATSAPP_REPLY_PREFIX) : '',
    forwardOwner: isTrue(env.WHATSAPP_FORWARD_OWNER_MESSAGES),
    folders: readFolders(env),
  };
}

function readPort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) throw new Error(`bad port "${text}": use 1 to 65535`);
  return port;
}

const readPrefix = (text = DEFAULT_PREFIX) => text.replaceAll('\\n', '\n');

const isTrue = (text = '') => ['1', 'true', 'yes', 'on'].includes(text.trim().toLowerCase());

// The agent names the folders of the active profile; a bridge started by hand falls back to its defaults.
function readFolders(env) {
  const cache = join(env.HERMES_HOME || join(homedir(), '.hermes'), 'cache');
  return {
    image: env.HERMES_IMAGE_CACHE_DIR || join(cache, 'images'),
    audio: env.HERMES_AUDIO_CACHE_DIR || join(cache, 'audio'),
    document: env.HERMES_DOCUMENT_CACHE_DIR || join(cache, 'documents'),
  };
}
