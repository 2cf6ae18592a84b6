import { mayDo, viewRows as rowsOf, type TableAction, userIn } from '../access.ts';
import { type SessionContext, sameName } from '../compiler.ts';
import { unsupported } from '../errors.ts';
import type { Stored } from '../types.ts';

/** The rows of one of the engine's views as the session sees them. */
export const viewRows = (context: SessionContext, name: string) => rowsOf(context.instance, context.view, name);

/** The parts of a name as OBJECT_ID and HAS_PERMS_BY_NAME take them: "[a].[b]" or "a.b". */
export function nameParts(text: string): readonly string[] {
  const parts = text.match(/\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"|[^.[\]"]+|(?<=\.)(?=\.)/g) ?? [];
  return parts.map(part =>
    part.startsWith('[')
      ? part.slice(1, -1).replaceAll(']]', ']')
      : part.startsWith('"')
        ? part.slice(1, -1).replaceAll('""', '"')
        : part,
  );
}

const asker = ({ instance, view }: SessionContext) => ({ instance, visible: view });

/** The database that a name or id means. */
export const databaseOf = (context: SessionContext, given: Stored | undefined) => {
  if (given === undefined || given === null) return undefined;
  return context.instance.database(typeof given === 'string' ? given.trimEnd() : Number(given));
};

/** HAS_DBACCESS. */
export function canReach(context: SessionContext, database: Stored): number | null {
  const found = databaseOf(context, database);
  if (!found) return null;
  try {
    found.assertReadable(false);
    return userIn(asker(context), found) ? 1 : 0;
  } catch {
    return 0;
  }
}

/** Which server permission covers a permission on something inside the server. */
const coveredBy: Readonly<Record<string, string>> = {
  'ALTER DATABASE': 'ALTER ANY DATABASE',
  'CONTROL DATABASE': 'CONTROL SERVER',
  'VIEW DATABASE STATE DATABASE': 'VIEW SERVER STATE',
  'VIEW DEFINITION DATABASE': 'VIEW ANY DEFINITION',
  'ALTER AVAILABILITY GROUP': 'ALTER ANY AVAILABILITY GROUP',
  'CONTROL AVAILABILITY GROUP': 'CONTROL SERVER',
  'TAKE OWNERSHIP AVAILABILITY GROUP': 'CONTROL SERVER',
  'VIEW DEFINITION AVAILABILITY GROUP': 'VIEW ANY DEFINITION',
  'ALTER LOGIN': 'ALTER ANY LOGIN',
  'CONTROL LOGIN': 'CONTROL SERVER',
  'VIEW DEFINITION LOGIN': 'VIEW ANY DEFINITION',
  'ALTER ENDPOINT': 'ALTER ANY ENDPOINT',
  'VIEW DEFINITION ENDPOINT': 'VIEW ANY DEFINITION',
};

const securableViews: Readonly<Record<string, string>> = {
  'AVAILABILITY GROUP': 'sys.availability_groups',
  LOGIN: 'sys.server_principals',
  ENDPOINT: 'sys.endpoints',
};

/** HAS_PERMS_BY_NAME(securable, class, permission). */
export function hasPermission(
  [securable = null, kind = null, permission = null]: readonly Stored[],
  context: SessionContext,
): number | null {
  if (permission === null) return null;
  const { instance, view } = context;
  const wanted = String(permission).trim().toUpperCase();
  const held = (name: string): boolean =>
    instance.hasServerPermission(view.login, name) || instance.hasServerPermission(view.login, 'CONTROL SERVER');
  const className = kind === null ? 'SERVER' : String(kind).trim().toUpperCase();
  if (className === 'SERVER')
    return held(wanted) || (wanted === 'ANY' && view.login.permissions.length > 0) || wanted === 'CONNECT SQL' ? 1 : 0;
  const name = securable === null ? undefined : (nameParts(String(securable))[0] ?? '');
  if (className === 'DATABASE') {
    const database = name === undefined ? context.database : instance.database(name);
    if (!database) return null;
    if (wanted === 'CONNECT' || wanted === 'ANY') return canReach(context, database.name);
  } else if (className in securableViews) {
    const exists =
      name !== undefined &&
      viewRows(context, securableViews[className] ?? '').some(row => sameName(String(row.name ?? ''), name));
    if (!exists && !(view.login.sysadmin === false && held('VIEW ANY DEFINITION') === false)) return null;
  } else if (className === 'OBJECT') {
    if (name === undefined || context.objectId(String(securable), null) === null) return null;
    if (!['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'ALTER'].includes(wanted))
      throw unsupported(`HAS_PERMS_BY_NAME for ${wanted} on an object`);
    return mayDo(asker(context), context.database, wanted as TableAction) ? 1 : 0;
  } else throw unsupported(`HAS_PERMS_BY_NAME for the class ${className}`);
  const covering = coveredBy[`${wanted} ${className}`];
  return held('CONTROL SERVER') || (covering !== undefined && held(covering)) ? 1 : 0;
}

const fixedRoles = [
  'sysadmin',
  'securityadmin',
  'serveradmin',
  'setupadmin',
  'processadmin',
  'diskadmin',
  'dbcreator',
  'bulkadmin',
];

/** IS_SRVROLEMEMBER(role [, login]). */
export function isServerRoleMember(
  [role = null, login = null]: readonly Stored[],
  context: SessionContext,
): number | null {
  if (role === null) return null;
  const wanted = String(role).trimEnd();
  const principals = viewRows(context, 'sys.server_principals');
  const roleId = principals.find(row => sameName(String(row.name ?? ''), wanted))?.principal_id;
  if (roleId === undefined && !fixedRoles.includes(wanted.toLowerCase()) && wanted.toLowerCase() !== 'public')
    return null;
  if (wanted.toLowerCase() === 'public') return 1;
  const own = context.view.login;
  const isOwn = login === null || sameName(String(login), own.name);
  if (isOwn && wanted.toLowerCase() === 'sysadmin') return own.sysadmin ? 1 : 0;
  const memberId = isOwn
    ? own.principalId
    : principals.find(row => sameName(String(row.name ?? ''), String(login)))?.principal_id;
  if (memberId === undefined) return null;
  return viewRows(context, 'sys.server_role_members').some(
    row => row.role_principal_id === roleId && row.member_principal_id === memberId,
  )
    ? 1
    : 0;
}

/** The current database's user for the login. */
export const userName = (context: SessionContext): string => userIn(asker(context), context.database)?.name ?? 'guest';

/** IS_MEMBER(role). */
export const isDatabaseRoleMember = ([role = null]: readonly Stored[], context: SessionContext): number | null => {
  if (role === null) return null;
  const wanted = String(role).toLowerCase();
  if (wanted === 'public') return 1;
  const roles = [
    'db_owner',
    'db_accessadmin',
    'db_securityadmin',
    'db_ddladmin',
    'db_backupoperator',
    'db_datareader',
    'db_datawriter',
    'db_denydatareader',
    'db_denydatawriter',
  ];
  if (!roles.includes(wanted)) return null;
  return userIn(asker(context), context.database)?.roles.has(wanted) ? 1 : 0;
};
