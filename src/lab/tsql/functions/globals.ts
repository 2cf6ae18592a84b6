import type { SqlType } from '../../values.ts';
import type { Compiler, SessionContext, Typed } from '../compiler.ts';
import { CompileError, unsupported } from '../errors.ts';
import { int, nvarchar, type Stored, sysname } from '../types.ts';

/** The @@ variables: type and value when the statement starts. */
const globals: Readonly<Record<string, readonly [type: SqlType, read: (context: SessionContext) => Stored]>> = {
  '@@ROWCOUNT': [int, context => context.rowCount],
  '@@ERROR': [int, context => context.lastError],
  '@@TRANCOUNT': [int, context => context.tranCount],
  '@@SPID': [{ name: 'smallint' }, context => context.view.id],
  '@@SERVERNAME': [sysname, context => context.instance.name],
  '@@SERVICENAME': [sysname, () => 'MSSQLSERVER'],
  '@@VERSION': [nvarchar(300), context => context.instance.versionText],
  '@@IDENTITY': [{ name: 'numeric', precision: 38, scale: 0 }, context => context.identity],
  '@@LOCK_TIMEOUT': [int, context => context.lockTimeout],
  '@@DATEFIRST': [{ name: 'tinyint' }, context => context.dateFirst],
  '@@OPTIONS': [int, context => context.optionBits],
  '@@LANGUAGE': [sysname, () => 'us_english'],
  '@@LANGID': [{ name: 'smallint' }, () => 0],
  '@@MAX_PRECISION': [{ name: 'tinyint' }, () => 38],
  '@@MAX_CONNECTIONS': [int, () => 32_767],
  '@@NESTLEVEL': [int, () => 0],
  '@@PROCID': [int, () => 0],
  '@@TEXTSIZE': [int, () => 2_147_483_647],
};

const refused = [
  '@@FETCH_STATUS',
  '@@CURSOR_ROWS',
  '@@DBTS',
  '@@CPU_BUSY',
  '@@IDLE',
  '@@IO_BUSY',
  '@@CONNECTIONS',
  '@@MICROSOFTVERSION',
  '@@REMSERVER',
  '@@TIMETICKS',
  '@@PACK_RECEIVED',
  '@@PACK_SENT',
  '@@PACKET_ERRORS',
  '@@TOTAL_ERRORS',
  '@@TOTAL_READ',
  '@@TOTAL_WRITE',
  '@@DEF_SORTORDER_ID',
  '@@DEFAULT_LANGID',
];

/** An @@ variable. Throws 137 for unknown ones. */
export function globalVariable(name: string, compiler: Compiler, line: number): Typed {
  const known = globals[name];
  if (known) return { sql: compiler.runtime(known[1]), type: known[0], nullable: name === '@@IDENTITY' };
  if (refused.includes(name)) throw unsupported(name, line);
  throw new CompileError(137, `Must declare the scalar variable "${name.toLowerCase()}".`, line, 15, 2);
}
