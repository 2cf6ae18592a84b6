import type { ListenerOptions, TdsBackend, TdsListener } from './tds/backend.ts';
import { listenTds } from './tds/listener.ts';

/** A TDS port that can be closed and opened again where it was. */
export const openPort = async (backend: TdsBackend, options: ListenerOptions) => {
  const first = await listenTds(backend, options);
  const { host, port } = first;
  let listener: TdsListener | undefined = first;
  let last: Promise<void> = Promise.resolve();
  const change = async (open: boolean): Promise<void> => {
    if (open && !listener) listener = await listenTds(backend, { ...options, port });
    if (!open && listener) {
      const closing = listener;
      listener = undefined;
      await closing.close();
    }
  };
  return {
    host,
    port,
    /** One change at a time, in the order asked for. */
    set: (open: boolean): Promise<void> => {
      last = last.catch(() => undefined).then(() => change(open));
      return last;
    },
    drop: (abruptly: boolean) => listener?.dropConnections(abruptly),
  };
};
