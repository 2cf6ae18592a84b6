import type { LabDatabase, LabInstance, LoginView } from '../engine/contract.ts';
import { SqlError } from '../engine/contract.ts';
import { loadSqlite } from '../engine/sqlite.ts';
import type { LoginOutcome, LoginRequest, TdsBackend } from '../tds/backend.ts';
import type { ServerMessage } from '../values.ts';
import { userIn } from './access.ts';
import { errorMessage } from './errors.ts';
import { StoreLocks } from './locks.ts';
import { type ServerShare, TsqlSession } from './session.ts';
import { VisibleSession } from './session-state.ts';

export { ConnectionDropped } from './errors.ts';

/** The T-SQL side of a practice server: logs clients in and runs what they send. */
export async function createTsqlBackend(instance: LabInstance): Promise<TdsBackend> {
  await loadSqlite();
  let transactions = 1000;
  const share: ServerShare = {
    instance,
    locks: new StoreLocks(),
    identities: new Map(),
    transactionNumbers: { next: () => ++transactions },
  };
  return {
    serverName: instance.name,
    productVersion: String(instance.serverProperty('ProductVersion') ?? '15.0.2000.5'),
    login: request => login(share, request),
  };
}

async function login(share: ServerShare, request: LoginRequest): Promise<LoginOutcome> {
  const { instance } = share;
  let view: LoginView;
  try {
    view = await instance.authenticate(request.proof);
  } catch (error) {
    return { accepted: false, errors: [messageOf(error)] };
  }
  try {
    const database = openDatabase(instance, request);
    const session = openSession(share, request, view, database);
    return { accepted: true, session };
  } catch (error) {
    const failed = new SqlError(18_456, `Login failed for user '${view.name}'.`, 14);
    return { accepted: false, errors: [messageOf(error), errorMessage(failed, 1)] };
  }
}

function messageOf(error: unknown): ServerMessage {
  if (error instanceof SqlError) return errorMessage(error, 1);
  throw error;
}

function openDatabase(instance: LabInstance, request: LoginRequest): LabDatabase {
  const name = request.database === '' ? 'master' : request.database;
  const database = instance.database(name);
  if (!database) throw cannotOpen(name);
  database.assertReadable(request.readOnlyIntent);
  return database;
}

const cannotOpen = (name: string): SqlError =>
  new SqlError(4060, `Cannot open database "${name}" requested by the login. The login failed.`, 11);

function openSession(share: ServerShare, request: LoginRequest, login: LoginView, database: LabDatabase): TsqlSession {
  let session: TsqlSession | undefined;
  const view = share.instance.sessionOpened(
    id =>
      new VisibleSession({
        id,
        login,
        hostName: request.hostName,
        programName: request.applicationName,
        connectedAt: share.instance.clock.now(),
        encrypted: request.encrypted,
        clientAddress: request.remoteAddress,
        databaseId: database.id,
        kill: reason => session?.kill(reason),
      }),
  );
  if (!(view instanceof VisibleSession)) throw new Error('The engine must keep the session view it was given.');
  if (!userIn({ instance: share.instance, visible: view }, database)) {
    share.instance.sessionClosed(view.id);
    throw cannotOpen(database.name);
  }
  session = new TsqlSession(share, view, database, request.readOnlyIntent);
  return session;
}
