import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TokenCredential } from '@azure/core-auth';
import { generate } from 'selfsigned';
import { connectAzure } from '../../src/azure/azure.ts';
import { customCloud } from '../../src/azure/clouds.ts';
import type { Clock } from '../../src/link/clock.ts';

export const never = new AbortController().signal;

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** An answer, 'drop' for a connection that breaks before it, or 'cut' for one that breaks within it. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | 'drop'
  | 'cut';

const certificate = generate([{ name: 'commonName', value: 'localhost' }], {
  algorithm: 'sha256',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
});

const credential: TokenCredential = {
  getToken: () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
};

/** A Resource Manager of our own whose answers a test writes; time stands still but for what is waited for, which is kept in `waits`. */
export async function smallArm(
  reply: (request: Request, count: number) => Reply,
  options: { readonly credential?: TokenCredential; readonly trusted?: boolean } = {},
) {
  const { private: key, cert } = await certificate;
  const requests: Request[] = [];
  const server: Server = createServer({ key, cert }, (incoming, response) => {
    void handle(incoming, response);
  });
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      body: Buffer.concat(chunks).toString(),
      authorization: incoming.headers.authorization,
    };
    requests.push(request);
    const answer = reply(request, requests.length);
    if (answer === 'drop') incoming.socket.destroy();
    else if (answer === 'cut') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"half":');
      setImmediate(() => incoming.socket.destroy());
    } else {
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(
        answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body),
      );
    }
  };
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const endpoint = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const waits: number[] = [];
  const clock: Clock = {
    now: () => Date.UTC(2026, 10, 24),
    sleep: (ms, signal) => {
      signal.throwIfAborted();
      waits.push(ms);
      return Promise.resolve();
    },
  };
  const cloud = customCloud({
    name: 'Small',
    resourceManagerEndpoint: endpoint,
    authorityHost: endpoint,
    ...(options.trusted !== false && { certificateAuthority: cert }),
  });
  const azure = connectAzure({
    account: 'dba@example.com',
    cloud,
    clock,
    credential: options.credential ?? credential,
    retryDelayMs: 1,
  });
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { azure, requests, waits, endpoint, close };
}

export const armError = (
  status: number,
  code: string,
  message = `Text of ${code}.`,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({ status, headers, body: { error: { code, message } } });
