import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';

/** A running HTTP listener on loopback. */
export interface HttpListener {
  readonly port: number;
  /** https://127.0.0.1:PORT or http://127.0.0.1:PORT. */
  readonly url: string;
  /** Stops accepting and drops every connection. */
  close(): Promise<void>;
}

type Fetch = Parameters<typeof getRequestListener>[0];

/** Listens on loopback at `port` (0 = any free one); over TLS when there is a certificate. Rejects when the port is taken. */
export const listenHttp = async (
  fetch: Fetch,
  port: number,
  tls?: { readonly cert: string; readonly key: string },
): Promise<HttpListener> => {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const handle = (...[request, response]: Parameters<typeof listener>) => void listener(request, response);
  const server: Server | SecureServer = tls ? createSecureServer({ ...tls }, handle) : createPlainServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${bound}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
