// bridge.js with the fake socket: same program, same options, no WhatsApp. For tests only.
// FAKE_PLAN: behaviours of the sockets, comma-separated. FAKE_CONTROL: a Unix socket on which a test tells the
// newest fake socket what to do: POST {"method": "receive", "args": [...]}, GET for the calls it recorded.
// BRIDGE_LIB: the lib folder to test, if not the one in this tree.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { fakeTransport } from './fake-socket.mjs';

const here = new URL('../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/', import.meta.url);
const lib = process.env.BRIDGE_LIB ? pathToFileURL(`${process.env.BRIDGE_LIB}/`) : here;
const { run } = await import(new URL('main.js', lib));

const transport = fakeTransport(process.env.FAKE_PLAN?.split(','));
if (process.env.FAKE_CONTROL) {
  createServer(async (request, response) => {
    const socket = transport.sockets.at(-1);
    if (request.method === 'POST') {
      const { method, args } = JSON.parse((await request.toArray()).join(''));
      await socket[method](...args);
    }
    response.end(JSON.stringify(socket?.calls ?? []));
  }).listen(process.env.FAKE_CONTROL);
}

process.exit(await run({
  argv: process.argv.slice(2),
  env: process.env,
  script: process.argv[1],
  loadTransport: async () => transport,
}));
