#!/usr/bin/env node
// Entry of the WhatsApp bridge: hands the process over to lib/main.js with the real Baileys transport.
// /health reports a hash of this file, so the agent knows whether a running bridge is the one on disk (BRG-02).
import { fileURLToPath } from 'node:url';
import { run } from './lib/main.js';
import { loadTransport } from './lib/socket.js';

process.exit(await run({
  argv: process.argv.slice(2),
  env: process.env,
  script: fileURLToPath(import.meta.url),
  loadTransport,
}));
