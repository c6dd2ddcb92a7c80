// The transport: the only module that knows Baileys. Everything else works against the value loadTransport gives,
// and the tests give theirs. Loading takes a second or more, so it happens after the HTTP server listens.

const VERSION_TIMEOUT_MS = 5000;

export async function loadTransport() {
  muteConsole();
  const baileys = await import('@whiskeysockets/baileys');
  return {
    codec: codecOf(baileys),
    makeSocket: (options) => makeSocket(baileys, options),
    decryptVote: baileys.decryptPollVote,
    // download opens a stream of the decrypted file of a message.
    download: (socket, message, logger) => baileys.downloadMediaMessage(
      message, 'stream', {}, { logger, reuploadRequest: socket.updateMediaMessage }),
  };
}

function codecOf({ BufferJSON, initAuthCreds, proto }) {
  return {
    replacer: BufferJSON.replacer,
    reviver: BufferJSON.reviver,
    newCredentials: initAuthCreds,
    reviveKey: (type, value) =>
      (type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(value) : value),
  };
}

// makeSocket begins one connection. It does not show the account online. Of the history it wants only the recent
// part, for the pairs of phone and hidden ids that come with it.
async function makeSocket(baileys, { session, logger, getMessage, cachedGroup }) {
  const { version } = await baileys.fetchLatestWaWebVersion({ signal: AbortSignal.timeout(VERSION_TIMEOUT_MS) });
  return baileys.default({
    version, // WhatsApp refuses old ones; without network this is the version Baileys was made for
    auth: { creds: session.creds, keys: baileys.makeCacheableSignalKeyStore(session.keys, logger) },
    logger,
    browser: ['Hermes Agent', 'Chrome', '1.0.0'],
    emitOwnEvents: false,
    markOnlineOnConnect: false,
    syncFullHistory: false,
    shouldIgnoreJid: (jid) => jid === 'status@broadcast' || baileys.isJidNewsletter(jid),
    getMessage: async (key) => getMessage(key),
    cachedGroupMetadata: async (jid) => cachedGroup(jid),
  });
}

// libsignal prints whole sessions, private keys included, on the console. Nothing of ours goes there.
function muteConsole() {
  for (const method of ['debug', 'log', 'info', 'warn', 'error']) console[method] = () => {};
}
