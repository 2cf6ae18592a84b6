import { type AdminCommand, type LabInstance, SqlError } from '../engine/contract.ts';
import type { Column } from '../values.ts';
import { unsupported } from './errors.ts';
import type { Rowset } from './query.ts';
import type { Run } from './run.ts';
import type { SessionCore } from './session-state.ts';

/** Commands that no user transaction may hold, with the error that says so. */
function refusedInTransaction(command: AdminCommand): SqlError {
  switch (command.kind) {
    case 'modifyAvailabilityGroup':
    case 'setRoleSecondary':
    case 'failOver':
    case 'forceFailoverAllowDataLoss':
    case 'setRequiredSynchronizedSecondaries':
      return new SqlError(574, 'ALTER AVAILABILITY GROUP statement cannot be used inside a user transaction.', 16, 0);
    case 'dropAvailabilityGroup':
      return new SqlError(574, 'DROP AVAILABILITY GROUP statement cannot be used inside a user transaction.', 16, 0);
    case 'createDatabase':
      return new SqlError(226, 'CREATE DATABASE statement not allowed within multi-statement transaction.', 16, 6);
    case 'dropDatabase':
      return new SqlError(574, 'DROP DATABASE statement cannot be used inside a user transaction.', 16, 0);
    case 'setDatabase':
      return new SqlError(226, 'ALTER DATABASE statement not allowed within multi-statement transaction.', 16, 6);
    case 'backup':
    case 'restoreWithRecovery':
      return new SqlError(3021, 'Cannot perform a backup or restore operation within a transaction.', 16, 0);
    case 'kill':
      return new SqlError(6115, 'KILL command cannot be used inside user transactions.');
    case 'alterLogin':
    case 'job':
      return new SqlError(49999, 'The practice server does not support this command inside a user transaction.');
  }
}

/** Hands an administrative command to the engine. Throws SqlError. */
export async function runAdmin(given: AdminCommand, { workplace, sink, signal }: Run): Promise<void> {
  const { core, transactions } = workplace;
  const command: AdminCommand =
    given.kind === 'setDatabase' && given.database === '' ? { ...given, database: core.database.name } : given;
  if (transactions.isOpen) throw refusedInTransaction(command);
  if (command.kind === 'kill' && command.sessionId === core.visible.id)
    throw new SqlError(6104, 'Cannot use KILL to kill your own process.');
  const { messages } = await core.instance.execute(command, core.visible, signal);
  for (const message of messages) sink.message(message);
  core.rowCount = 0;
}

const column = (name: string, type: Column['type']): Column => ({ name, type, nullable: true });

/** DBCC TRACESTATUS: the global flags that are on. */
export function runTraceStatus(instance: LabInstance): Rowset {
  const smallint = { name: 'smallint' } as const;
  return {
    columns: ['TraceFlag', 'Status', 'Global', 'Session'].map(name => column(name, smallint)),
    rows: instance.traceFlags().map(flag => [flag, 1, 1, 0]),
  };
}

/** DBCC SQLPERF(LOGSPACE), from the log counters that the engine shows in sys.dm_os_performance_counters. */
export function runLogSpace({ instance, visible }: SessionCore): Rowset {
  const view = instance.systemView('sys.dm_os_performance_counters');
  if (!view) throw unsupported('DBCC SQLPERF (LOGSPACE)');
  const at = (name: string): number => view.columns.findIndex(candidate => candidate.name === name);
  const [counterAt, instanceAt, valueAt] = [at('counter_name'), at('instance_name'), at('cntr_value')];
  const rows = view.rows(visible);
  const counter = (database: string, name: string): number | undefined => {
    const row = rows.find(
      candidate => String(candidate[counterAt]).trim() === name && String(candidate[instanceAt]).trim() === database,
    );
    return row === undefined ? undefined : Number(row[valueAt]);
  };
  return {
    columns: [
      column('Database Name', { name: 'nvarchar', length: 128 }),
      column('Log Size (MB)', { name: 'real' }),
      column('Log Space Used (%)', { name: 'real' }),
      column('Status', { name: 'int' }),
    ],
    rows: instance.databases().flatMap(({ name }) => {
      const size = counter(name, 'Log File(s) Size (KB)');
      const used = counter(name, 'Log File(s) Used Size (KB)');
      return size === undefined || used === undefined
        ? []
        : [[name, Math.fround(size / 1024), Math.fround(size === 0 ? 0 : (100 * used) / size), 0]];
    }),
  };
}
