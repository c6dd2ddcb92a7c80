// HTTP on loopback for the agent's adapter (BRG-01 to BRG-05). There is no password: any program that can open the port
// may send, so the server listens on 127.0.0.1 only and refuses requests of web pages.
import { createServer } from 'node:http';
import { Unavailable } from './outbound.js';
import { Invalid, REQUESTS } from './requests.js';

const HOST = '127.0.0.1';
const NAMES = [HOST, 'localhost'];
const POLL_MS = 20_000; // the adapter gives up after 30 s
const KEEP_ALIVE_MS = 20_000; // longer than the adapter keeps idle connections, so that it is never cut off mid-request
const REQUEST_MS = 15_000; // for a request to arrive whole
const LARGEST_BODY = 1024 * 1024;
const CONNECTION_CLOSED = 428; // Baileys' code for a socket that went away while it sent

// api: { health(), take(waitMs, signal), perform(request, payload), chat(jid) }
export function makeServer(api, { pollMs = POLL_MS, requestMs = REQUEST_MS, log }) {
  const limits = { headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: requestMs / 2 };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, ...limits }, (request, response) => {
    answer(api, pollMs, request, response).catch((error) => {
      const status = statusOf(error);
      if (status === 500) log.error(`${request.method} ${request.url?.split('?')[0]}: ${error.message}`);
      reply(response, status, { error: error.message });
    });
  });
  return {
    listen: (port) => new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, () => resolve(server.address().port));
    }),
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

async function answer(api, pollMs, request, response) {
  refuseOtherOrigins(request.headers);
  const { method } = request;
  const path = request.url.split('?')[0];
  const post = REQUESTS.find((name) => path === `/${name}`);
  if (post && method === 'POST') return reply(response, 200, await api.perform(post, await readJson(request)));
  if (method === 'GET' && path === '/health') return reply(response, 200, api.health());
  if (method === 'GET' && path === '/messages') return messages(api, pollMs, response);
  if (method === 'GET' && path.startsWith('/chat/')) return reply(response, 200, await api.chat(decode(path.slice('/chat/'.length))));
  throw new Refused(404, `there is no ${method} ${path}`);
}

// messages waits with the client: if it leaves, the queue keeps what came for it.
async function messages(api, pollMs, response) {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const list = await api.take(pollMs, gone.signal);
  if (!gone.signal.aborted) reply(response, 200, list);
}

// refuseOtherOrigins refuses requests of web pages, which could send messages or empty the queue: those with an Origin,
// and those to a host name that only resolves to this address.
function refuseOtherOrigins(headers) {
  const name = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (!NAMES.includes(name)) throw new Refused(403, `host "${name}" is not served`);
  if (headers.origin || headers['sec-fetch-site']) throw new Refused(403, 'web pages are not served');
}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Invalid(`the body is larger than ${LARGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Invalid('the body is not JSON');
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Invalid('the path is not encoded properly');
  }
}

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function statusOf(error) {
  if (error instanceof Refused) return error.status;
  if (error instanceof Invalid) return 400;
  if (error instanceof Unavailable || error.output?.statusCode === CONNECTION_CLOSED) return 503;
  return 500;
}

function reply(response, status, body) {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
