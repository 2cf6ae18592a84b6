import { createServer } from 'node:net';
import type { ListenerOptions, TdsBackend, TdsListener } from './backend.ts';
import { Connection } from './connection.ts';
import { tlsContexts } from './tls.ts';

/** Serves `backend` over TDS 7.1 to 7.4 (and 8.0). Rejects when the port cannot be had or the certificate is not usable. */
export async function listenTds(backend: TdsBackend, options: ListenerOptions): Promise<TdsListener> {
  const context = { backend, options, tls: tlsContexts(options.certificate) };
  const connections = new Set<Connection>();
  const server = createServer(socket => {
    const connection: Connection = new Connection(socket, context, () => connections.delete(connection));
    connections.add(connection);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const dropConnections = (abruptly: boolean) => {
    for (const connection of [...connections]) connection.drop(abruptly);
  };
  return {
    host: options.host,
    port: typeof address === 'object' && address ? address.port : options.port,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      dropConnections(false);
      await closed;
    },
    dropConnections,
    get connectionCount() {
      return connections.size;
    },
  };
}
