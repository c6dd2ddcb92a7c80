// The bridge as a whole: reads the options, wires the parts, waits for the end. run resolves to the exit code:
// 0 asked to stop or paired, 1 failed or logged out, 2 wrong use.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Connection } from './connection.js';
import { Directory } from './directory.js';
import { Inbound } from './inbound.js';
import { Inbox } from './inbox.js';
import { makeLog, quietLogger } from './log.js';
import { USAGE, readOptions } from './options.js';
import { Outbound } from './outbound.js';
import { drawQr, jsonReporter, pair, textReporter } from './pairing.js';
import { Recent } from './recent.js';
import { makeServer } from './server.js';
import { openSession } from './session.js';

const REMEMBERED = 1000; // messages kept to quote or repeat them, to read votes and to recognise echoes
const LOGGED_OUT = 'WhatsApp logged this device out. Pair again: run "hermes whatsapp", or use the dashboard.';

export async function run({ argv, env, script, loadTransport, write = (text) => process.stdout.write(text), log = makeLog() }) {
  let options;
  try {
    options = readOptions(argv, env);
  } catch (error) {
    log.error(`${error.message}\n${USAGE}`);
    return 2;
  }
  const reporter = options.pairJson ? jsonReporter(write) : textReporter(write, drawQr);
  try {
    const main = options.pairOnly ? runPairing : runBridge;
    return await main({ options, script, loadTransport, reporter, log, signal: stopSignal(log) });
  } catch (error) {
    log.error(error.message);
    if (options.pairOnly) reporter.error(error.message);
    return 1;
  }
}

async function runPairing({ options, loadTransport, reporter, log, signal }) {
  const { session, makeSocket } = await load(options, loadTransport, log, {});
  return pair({ connection: new Connection({ log }), session, makeSocket, reporter, signal });
}

async function runBridge({ options, script, loadTransport, reporter, log, signal }) {
  const connection = new Connection({ log });
  const directory = new Directory();
  const inbox = new Inbox();
  const [sent, received] = [new Recent(REMEMBERED), new Recent(REMEMBERED)];
  const outbound = new Outbound({ options, connection, directory, sent, received });
  const scriptHash = await hashOf(script);
  const server = makeServer({
    health: () => ({ status: connection.status, scriptHash }),
    take: (waitMs, gone) => inbox.take(waitMs, gone),
    perform: (request, payload) => outbound.perform(request, payload),
    chat: (jid) => outbound.chat(jid),
  }, { log });
  log.info(`listening on 127.0.0.1:${await server.listen(options.port)}`);
  try {
    // The port is open before Baileys is loaded and WhatsApp is asked: nobody waits for those (BRG-01).
    const { transport, session, makeSocket, logger } = await load(options, loadTransport, log, { sent, directory });
    const inbound = new Inbound({ options, transport, connection, directory, inbox, sent, received, logger, log });
    connection.on('socket', (socket) => {
      directory.follow(socket);
      inbound.follow(socket);
    });
    connection.on('qr', (code) => reporter.qr(code));
    const end = ended(connection, session, signal, log);
    connection.start(session, makeSocket);
    return await end;
  } finally {
    await connection.stop();
    await server.close();
  }
}

// load reads the session and gives makeSocket, which answers what Baileys asks back while it sends.
async function load(options, loadTransport, log, { sent, directory }) {
  const transport = await loadTransport();
  const logger = quietLogger(log);
  const session = await openSession(options.session, transport.codec);
  const makeSocket = () => transport.makeSocket({
    session,
    logger,
    getMessage: (key) => sent?.get(key.id)?.message,
    cachedGroup: (jid) => directory?.cached(jid),
  });
  return { transport, session, makeSocket, logger };
}

function ended(connection, session, signal, log) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) resolve(0);
    signal.addEventListener('abort', () => resolve(0), { once: true });
    connection.on('loggedOut', () => session.forget().then(() => {
      log.error(LOGGED_OUT);
      resolve(1);
    }, reject));
  });
}

async function hashOf(file) {
  return createHash('sha256').update(await readFile(file)).digest('hex').slice(0, 16);
}

// stopSignal aborts on the signals that ask a program to end. A promise that some library left unwatched is noted,
// not deadly: the connection has its own way to notice that it broke.
function stopSignal(log) {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => stop.abort());
  process.on('unhandledRejection', (reason) => log.error(`unexpected: ${reason?.message ?? reason}`));
  return stop.signal;
}
