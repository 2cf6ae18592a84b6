import type { LabDatabase, LabInstance, SessionView } from '../engine/contract.ts';
import { SqlError } from '../engine/contract.ts';
import type { SqlValue } from '../values.ts';

/** Who asks, and on which server. */
export interface Asker {
  readonly instance: LabInstance;
  readonly visible: SessionView;
}

/** A row of a view, by column name. */
export interface ViewRow {
  readonly [column: string]: SqlValue | undefined;
}

/** The session as a view sees it that is read for another database than the current one. */
export const viewerOf = (view: SessionView, databaseId: number): SessionView =>
  view.databaseId === databaseId ? view : Object.create(view, { databaseId: { value: databaseId, enumerable: true } });

/** The rows of one of the engine's views as a session sees them; none when there is no such view. */
export function viewRows(instance: LabInstance, viewer: SessionView, name: string): readonly ViewRow[] {
  const view = instance.systemView(name);
  if (!view) return [];
  return view
    .rows(viewer)
    .map(row => Object.fromEntries(view.columns.map((column, index) => [column.name, row[index]])));
}

/** A login's user in a database, with the names of its roles; undefined = it may not come in. */
export interface DatabaseUser {
  readonly name: string;
  readonly roles: ReadonlySet<string>;
}

const owner: DatabaseUser = { name: 'dbo', roles: new Set(['db_owner', 'public']) };
const guest: DatabaseUser = { name: 'guest', roles: new Set(['public']) };

/** The login's user in a database; sysadmins are dbo everywhere. */
export function userIn({ instance, visible }: Asker, database: LabDatabase): DatabaseUser | undefined {
  const { login } = visible;
  if (login.sysadmin || instance.hasServerPermission(login, 'CONTROL SERVER')) return owner;
  const viewer = viewerOf(visible, database.id);
  const principals = viewRows(instance, viewer, 'sys.database_principals');
  const sid = Buffer.from(login.sid);
  const user = principals.find(row => row.sid instanceof Uint8Array && sid.equals(row.sid) && row.type !== 'R');
  // Only the system databases let everybody in.
  if (!user) return database.isUser ? undefined : guest;
  const roles = viewRows(instance, viewer, 'sys.database_role_members')
    .filter(row => row.member_principal_id === user.principal_id)
    .map(row => String(principals.find(role => role.principal_id === row.role_principal_id)?.name ?? ''));
  return { name: String(user.name), roles: new Set([...roles, 'public']) };
}

/** Throws 916. */
export function assertAccess(asker: Asker, database: LabDatabase): DatabaseUser {
  const user = userIn(asker, database);
  if (user) return user;
  throw new SqlError(
    916,
    `The server principal "${asker.visible.login.name}" is not able to access the database "${database.name}" under the current security context.`,
    14,
  );
}

/** What a login may or may not do with a table. */
export type TableAction = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'ALTER';

const needed: Readonly<Record<TableAction, string>> = {
  SELECT: 'db_datareader',
  INSERT: 'db_datawriter',
  UPDATE: 'db_datawriter',
  DELETE: 'db_datawriter',
  ALTER: 'db_ddladmin',
};

/** Whether the login's roles in the database let it do that with a table of dbo. */
export function mayDo(asker: Asker, database: LabDatabase, action: TableAction): boolean {
  const { roles } = assertAccess(asker, database);
  return roles.has('db_owner') || roles.has(needed[action]);
}

/** Throws 916 and 229. */
export function assertMay(asker: Asker, database: LabDatabase, action: TableAction, table: string): void {
  if (mayDo(asker, database, action)) return;
  throw new SqlError(
    229,
    `The ${action} permission was denied on the object '${table}', database '${database.name}', schema 'dbo'.`,
    14,
    5,
  );
}
