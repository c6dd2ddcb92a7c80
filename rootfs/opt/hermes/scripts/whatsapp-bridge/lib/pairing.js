// --pair-only: shows QR codes until a phone has scanned one, then ends (BRG-07). Two reporters, for people and for
// the dashboard, which reads one JSON object a line and takes "error" as the end of it.

const LIMIT_MS = 600_000;
const SETTLE_MS = 3000; // lets WhatsApp finish its side of the link before the socket goes
const TOO_LATE = 'no phone scanned a code in time; start again';

// pair starts the connection and resolves to the exit code; signal ends the wait early.
export function pair({ connection, session, makeSocket, reporter, signal, limitMs = LIMIT_MS, settleMs = SETTLE_MS }) {
  return new Promise((resolve) => {
    const finish = async (code) => {
      clearTimeout(limit);
      await connection.stop();
      resolve(code);
    };
    const fail = (message) => {
      reporter.error(message);
      finish(1);
    };
    const limit = setTimeout(() => fail(TOO_LATE), limitMs);
    signal?.addEventListener('abort', () => finish(1), { once: true });

    connection.on('qr', (code) => reporter.qr(code));
    connection.on('close', (reason) => reporter.disconnected(reason));
    // The old link is gone for good, and a new one is what the user asked for.
    connection.on('loggedOut', () => renew(session).then(() => connection.reconnect(), (error) => fail(error.message)));
    connection.on('open', async (self) => {
      clearTimeout(limit);
      try {
        await session.save();
        reporter.connected({ id: self.phone || self.hidden, name: self.name });
        setTimeout(() => finish(0), settleMs);
      } catch (error) {
        fail(`cannot save the session: ${error.message}`);
      }
    });
    connection.start(session, makeSocket);
  });
}

async function renew(session) {
  await session.forget();
  await session.load();
}

export function jsonReporter(write) {
  const line = (event) => write(`${JSON.stringify(event)}\n`);
  return {
    qr: (qr) => line({ event: 'qr', qr }),
    connected: (user) => line({ event: 'connected', user }),
    disconnected: (reason) => line({ event: 'disconnected', reason }),
    error: (error) => line({ event: 'error', error }),
  };
}

// textReporter draws codes with draw(code), which resolves to lines of text.
export function textReporter(write, draw) {
  return {
    qr: async (code) => write(`${await draw(code)}\nScan this code with WhatsApp: Settings, Linked devices, Link a device. A new one follows when it expires.\n`),
    connected: ({ id, name }) => write(`Paired with ${name || id}. The session is saved.\n`),
    disconnected: () => write('Connection closed; trying again.\n'),
    error: (message) => write(`Pairing failed: ${message}.\n`),
  };
}

export async function drawQr(code) {
  const { default: qrcode } = await import('qrcode-terminal');
  return new Promise((resolve) => qrcode.generate(code, { small: true }, resolve));
}
