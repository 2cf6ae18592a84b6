import type { RegisteredServer, Servers } from '../hosts/contract.ts';
import type { DatabaseSummary, ServerIdentity } from '../link/observation.ts';
import type { SqlSide } from '../link/ports.ts';
import { LinkError, type Problem, problemOf } from '../link/problem.ts';

/** What the tree knows of a server. */
export type ServerState =
  | { readonly status: 'unread' }
  | { readonly status: 'read'; readonly identity: ServerIdentity; readonly databases: readonly DatabaseSummary[] }
  | { readonly status: 'failed'; readonly problem: Problem };

/** Reads one server again and again over one connection, which is opened at the first reading. */
export interface ServerReading {
  readonly state: ServerState;
  /** A reading that is under way is shared. Never throws: a failure is a state. True when the state has changed. */
  read(): Promise<boolean>;
  /** Ends a reading that is under way and the connection; the state stays. The next reading connects anew. */
  close(): Promise<void>;
}

export function createServerReading(server: RegisteredServer, servers: Pick<Servers, 'connect'>): ServerReading {
  let state: ServerState = { status: 'unread' };
  let side: SqlSide | undefined;
  let identity: ServerIdentity | undefined;
  let underWay: { readonly done: Promise<boolean>; readonly stop: AbortController } | undefined;

  const drop = async () => {
    const dropped = side;
    side = undefined;
    await dropped?.close().catch(() => undefined);
  };
  const look = async (signal: AbortSignal): Promise<ServerState> => {
    if (!side) {
      const opened = await servers.connect(server.id, signal);
      if (signal.aborted) await opened.close().catch(() => undefined);
      signal.throwIfAborted();
      side = opened;
      identity = await side.identify(signal);
    }
    identity ??= await side.identify(signal);
    return { status: 'read', identity, databases: await side.databases(signal) };
  };
  const lookAgain = async (signal: AbortSignal): Promise<ServerState> => {
    const reused = side !== undefined;
    try {
      return await look(signal);
    } catch (error) {
      await drop();
      // A connection that was idle may have been cut without notice (server restart, sleep, firewall).
      if (!reused || signal.aborted || !(error instanceof LinkError) || error.problem.reason !== 'unreachable')
        throw error;
      return look(signal);
    }
  };
  const readNow = async (signal: AbortSignal): Promise<boolean> => {
    const before = state;
    let after: ServerState;
    try {
      after = await lookAgain(signal);
    } catch (error) {
      if (signal.aborted) return false;
      await drop();
      after = { status: 'failed', problem: problemOf(error, 'sqlServer') };
    }
    if (signal.aborted) return false;
    state = after;
    return JSON.stringify(before) !== JSON.stringify(after);
  };

  return {
    get state() {
      return state;
    },
    read() {
      if (underWay) return underWay.done;
      const stop = new AbortController();
      const current = {
        stop,
        done: readNow(stop.signal).finally(() => {
          if (underWay === current) underWay = undefined;
        }),
      };
      underWay = current;
      return current.done;
    },
    async close() {
      underWay?.stop.abort(new DOMException('Closed', 'AbortError'));
      underWay = undefined;
      await drop();
    },
  };
}

/** A failed login is not tried again unasked: it would lock the account out. What may heal by itself is. */
export function mayReadUnasked(state: ServerState): boolean {
  if (state.status !== 'failed') return true;
  const { reason } = state.problem;
  return reason === 'unreachable' || reason === 'timeout';
}
