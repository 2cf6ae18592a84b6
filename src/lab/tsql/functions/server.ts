import type { SqlType, SqlValue } from '../../values.ts';
import { type SessionContext, sameName, type Typed } from '../compiler.ts';
import { unsupported } from '../errors.ts';
import type { OperationContext } from '../operations.ts';
import { toStored } from '../stored.ts';
import { bigint, bit, int, isCharacter, nvarchar, type Stored, sysname } from '../types.ts';
import {
  asInt,
  asText,
  asType,
  type Call,
  type Functions,
  literalText,
  operandAt,
  type ScalarFunction,
  volatile,
} from './define.ts';
import {
  canReach,
  databaseOf,
  hasPermission,
  isDatabaseRoleMember,
  isServerRoleMember,
  userName,
  viewRows,
} from './security.ts';

/** Operations get the session as their context (connection.ts sets it before each statement). */
const session = (context: OperationContext): SessionContext => context as SessionContext;

/** A function without arguments: read once per statement. */
function reading(type: SqlType, read: (context: SessionContext) => Stored): ScalarFunction {
  return { arguments: [0, 0], translate: (_, call) => ({ sql: call.compiler.runtime(read), type, nullable: true }) };
}

/** A function of texts and numbers that asks the session, row by row. */
function asking(
  key: string,
  least: number,
  most: number,
  type: SqlType,
  run: (values: readonly Stored[], context: SessionContext) => Stored,
): ScalarFunction {
  return {
    arguments: [least, most],
    translate: (operands, call) => {
      const values = operands.map(value =>
        value.untyped ? { ...value, sql: 'NULL' } : isCharacter(value.type) ? asText(call, value) : value,
      );
      return volatile(key, values, type, (given, context) => run(given, session(context)));
    },
  };
}

const isNumberProperty =
  /^(is|version$|lcid$|processid|editionid|engineedition|collationid|comparisonstyle|sqlcharset|sqlsortorder|buildclrversion$|filestream(configured|effective)level|hadrmanagerstatus|productupdate)/i;

function propertyType(name: string, value: SqlValue | undefined): SqlType {
  if (typeof value === 'string') return nvarchar(Math.max(128, value.length));
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? int : bigint;
  if (typeof value === 'bigint') return bigint;
  return isNumberProperty.test(name) && !/^(buildclrversion|productupdate)/i.test(name) ? int : nvarchar(128);
}

function serverProperty(operands: readonly Typed[], call: Call): Typed {
  const name = literalText(call.expressions[0]);
  if (name === undefined) {
    return volatile(
      'serverproperty',
      [asText(call, operandAt(operands, 0))],
      nvarchar(256),
      ([given = null], context) => {
        const value = given === null ? undefined : session(context).instance.serverProperty(String(given));
        return value === undefined || value === null ? null : String(toStored(value));
      },
    );
  }
  const type = propertyType(name, call.compiler.names.instance.serverProperty(name));
  const read = (context: SessionContext): Stored => toStored(context.instance.serverProperty(name) ?? null);
  return { sql: call.compiler.runtime(read), type, nullable: true };
}

function databaseProperty(operands: readonly Typed[], call: Call): Typed {
  const name = literalText(call.expressions[1]);
  if (name === undefined) throw unsupported('DATABASEPROPERTYEX with a property that is not a literal', call.line);
  const type = propertyType(name, undefined);
  return volatile(
    `databasepropertyex ${name.toLowerCase()}`,
    [asText(call, operandAt(operands, 0))],
    type,
    ([database = null], context) => {
      if (database === null || !session(context).instance.database(String(database))) return null;
      const value = toStored(session(context).instance.databaseProperty(String(database), name));
      return isCharacter(type) && value !== null ? String(value) : value;
    },
  );
}

const login = reading(sysname, context => context.view.login.name);

const user = reading(sysname, userName);

const caught = (type: SqlType, read: (error: NonNullable<SessionContext['caught']>) => Stored): ScalarFunction =>
  reading(type, context => (context.caught ? read(context.caught) : null));

const schemas: readonly (readonly [name: string, id: number])[] = [
  ['dbo', 1],
  ['guest', 2],
  ['INFORMATION_SCHEMA', 3],
  ['sys', 4],
];

const connectionProperties: Readonly<Record<string, (context: SessionContext) => Stored>> = {
  net_transport: () => 'TCP',
  protocol_type: () => 'TSQL',
  auth_scheme: () => 'SQL',
  local_net_address: () => '127.0.0.1',
  client_net_address: context => context.view.clientAddress,
  physical_net_transport: () => 'TCP',
};

/** Functions about the server, its databases, logins and objects. */
export const serverFunctions: Functions = {
  SERVERPROPERTY: { arguments: [1, 1], translate: serverProperty },
  DATABASEPROPERTYEX: { arguments: [2, 2], translate: databaseProperty },
  DB_ID: {
    arguments: [0, 1],
    translate: (operands, call) => {
      if (operands.length === 0)
        return { sql: call.compiler.runtime(currentDatabaseId), type: { name: 'smallint' }, nullable: true };
      return volatile(
        'db_id',
        [asText(call, operandAt(operands, 0))],
        { name: 'smallint' },
        ([name = null], context) => (name === null ? null : (databaseOf(session(context), String(name))?.id ?? null)),
      );
    },
  },
  DB_NAME: {
    arguments: [0, 1],
    translate: (operands, call) => {
      if (operands.length === 0)
        return { sql: call.compiler.runtime(currentDatabaseName), type: sysname, nullable: true };
      return volatile('db_name', [asInt(call, operandAt(operands, 0))], sysname, ([id = null], context) =>
        id === null ? null : (databaseOf(session(context), Number(id))?.name ?? null),
      );
    },
  },
  ORIGINAL_DB_NAME: reading(sysname, context => context.database.name),
  OBJECT_ID: asking('object_id', 1, 2, int, ([name = null, type = null], context) =>
    name === null ? null : context.objectId(String(name), type === null ? null : String(type)),
  ),
  OBJECT_NAME: asking('object_name', 1, 2, sysname, ([id = null, database = null], context) =>
    id === null ? null : (context.objectName(Number(id), database === null ? null : Number(database))?.name ?? null),
  ),
  OBJECT_SCHEMA_NAME: asking('object_schema_name', 1, 2, sysname, ([id = null, database = null], context) =>
    id === null ? null : (context.objectName(Number(id), database === null ? null : Number(database))?.schema ?? null),
  ),
  SCHEMA_ID: asking('schema_id', 0, 1, int, ([name]) =>
    name === undefined
      ? 1
      : name === null
        ? null
        : (schemas.find(schema => sameName(schema[0], String(name)))?.[1] ?? null),
  ),
  SCHEMA_NAME: asking('schema_name', 0, 1, sysname, ([id]) =>
    id === undefined ? 'dbo' : id === null ? null : (schemas.find(schema => schema[1] === Number(id))?.[0] ?? null),
  ),
  SUSER_SNAME: asking('suser_sname', 0, 1, sysname, ([sid], context) => {
    if (sid === undefined) return context.view.login.name;
    if (!(sid instanceof Uint8Array)) return null;
    const row = viewRows(context, 'sys.server_principals').find(
      principal => principal.sid instanceof Uint8Array && Buffer.compare(principal.sid, sid) === 0,
    );
    return row === undefined ? null : String(row.name);
  }),
  SUSER_NAME: asking('suser_name', 0, 1, sysname, ([id], context) => {
    if (id === undefined) return context.view.login.name;
    const row = viewRows(context, 'sys.server_principals').find(principal => principal.principal_id === id);
    return row === undefined ? null : String(row.name);
  }),
  SUSER_SID: asking('suser_sid', 0, 1, { name: 'varbinary', length: 85 }, ([name], context) => {
    if (name === undefined) return context.view.login.sid;
    const row = viewRows(context, 'sys.server_principals').find(principal =>
      sameName(String(principal.name ?? ''), String(name)),
    );
    return row?.sid instanceof Uint8Array ? row.sid : null;
  }),
  SUSER_ID: reading(int, context => context.view.login.principalId),
  SYSTEM_USER: login,
  ORIGINAL_LOGIN: login,
  USER_NAME: asking('user_name', 0, 1, sysname, ([id], context) => {
    if (id === undefined) return userName(context);
    const row = viewRows(context, 'sys.database_principals').find(principal => principal.principal_id === id);
    return row === undefined ? (Number(id) === 1 ? 'dbo' : null) : String(row.name);
  }),
  CURRENT_USER: user,
  SESSION_USER: user,
  USER: user,
  IS_SRVROLEMEMBER: asking('is_srvrolemember', 1, 2, int, isServerRoleMember),
  IS_MEMBER: asking('is_member', 1, 1, int, isDatabaseRoleMember),
  IS_ROLEMEMBER: asking('is_rolemember', 1, 1, int, isDatabaseRoleMember),
  HAS_PERMS_BY_NAME: asking('has_perms_by_name', 3, 3, int, hasPermission),
  HAS_DBACCESS: asking('has_dbaccess', 1, 1, int, ([name = null], context) =>
    name === null ? null : canReach(context, name),
  ),
  APP_NAME: reading(nvarchar(128), context => context.view.programName),
  HOST_NAME: reading(nvarchar(128), context => context.view.hostName),
  HOST_ID: reading({ name: 'char', length: 10 }, () => '1         '),
  CONNECTIONPROPERTY: asking('connectionproperty', 1, 1, nvarchar(128), ([name = null], context) =>
    name === null ? null : (connectionProperties[String(name).toLowerCase()]?.(context) ?? null),
  ),
  ERROR_NUMBER: caught(int, error => error.number),
  ERROR_MESSAGE: caught(nvarchar(4000), error => error.message),
  ERROR_SEVERITY: caught(int, error => error.severity),
  ERROR_STATE: caught(int, error => error.state),
  ERROR_LINE: caught(int, error => error.line),
  ERROR_PROCEDURE: caught(nvarchar(128), error => error.procedure),
  XACT_STATE: reading({ name: 'smallint' }, context => context.xactState),
  SCOPE_IDENTITY: reading({ name: 'numeric', precision: 38, scale: 0 }, context => context.scopeIdentity),
  CURRENT_TRANSACTION_ID: reading(bigint, context => context.view.transaction?.id ?? null),
  GETANSINULL: reading(int, () => 1),
  TYPE_NAME: asking('type_name', 1, 1, sysname, ([id = null], context) => {
    const row = viewRows(context, 'sys.types').find(type => type.user_type_id === id);
    return row === undefined ? null : String(row.name);
  }),
  'SYS.FN_HADR_IS_PRIMARY_REPLICA': {
    arguments: [1, 1],
    translate: (operands, call) =>
      volatile(
        'fn_hadr_is_primary_replica',
        [asType(call, operandAt(operands, 0), sysname)],
        bit,
        ([name = null], context) => {
          const database = name === null ? undefined : databaseOf(session(context), String(name));
          const rows = viewRows(session(context), 'sys.dm_hadr_database_replica_states').filter(
            row => row.database_id === database?.id && row.is_local === true,
          );
          return rows.length === 0 ? null : rows.some(row => row.is_primary_replica === true) ? 1 : 0;
        },
      ),
  },
  NEWSEQUENTIALID: {
    arguments: [0, 0],
    translate: (_, call) => {
      throw unsupported('NEWSEQUENTIALID', call.line);
    },
  },
};

const currentDatabaseId = (context: SessionContext): Stored => context.database.id;

const currentDatabaseName = (context: SessionContext): Stored => context.database.name;
