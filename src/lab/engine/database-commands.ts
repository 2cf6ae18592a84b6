import type { ServerMessage } from '../values.ts';
import type { AdminCommand, SessionView } from './contract.ts';
import type { EngineDatabase } from './database.ts';
import type { EngineInstance } from './instance.ts';
import { leaveGroup } from './link.ts';
import * as messages from './messages.ts';
import { metadataChangeMs } from './names.ts';

/** Commands on one database. */
export type DatabaseCommand = Extract<AdminCommand, { readonly database: string }>;
type SetDatabase = Extract<DatabaseCommand, { readonly kind: 'setDatabase' }>;
type BackupCommand = Extract<DatabaseCommand, { readonly kind: 'backup' }>;

/** Options that need the database for themselves, and that an availability database refuses (1468). */
const exclusiveOptions: ReadonlySet<SetDatabase['option']> = new Set([
  'READ_ONLY',
  'READ_WRITE',
  'OFFLINE',
  'SINGLE_USER',
  'RESTRICTED_USER',
]);

/** CREATE, DROP, ALTER, BACKUP and RESTORE DATABASE. Throws SqlError; `signal` ends the wait for other sessions. */
export async function alterDatabase(
  instance: EngineInstance,
  command: DatabaseCommand,
  session: SessionView,
  signal: AbortSignal,
): Promise<readonly ServerMessage[]> {
  switch (command.kind) {
    case 'createDatabase':
      allow(instance, session, 'CREATE ANY DATABASE', messages.statementDenied('CREATE DATABASE', 'master'));
      if (instance.database(command.database)) throw messages.databaseExists(command.database);
      await instance.clock.sleep(metadataChangeMs, signal);
      instance.addDatabase(command.database);
      return [];
    case 'dropDatabase':
      await dropDatabase(instance, command.database, session, signal);
      return [];
    case 'setDatabase':
      await setDatabase(instance, command, session, signal);
      return [];
    case 'backup':
      return backUp(instance, command, session, signal);
    case 'restoreWithRecovery':
      await recover(instance, command.database, session, signal);
      return [];
  }
}

function allow(instance: EngineInstance, session: SessionView, permission: string, refusal: Error): void {
  if (!instance.hasServerPermission(session.login, permission)) throw refusal;
}

function existing(instance: EngineInstance, name: string): EngineDatabase {
  const database = instance.database(name);
  if (!database) throw messages.noSuchDatabase(name);
  return database;
}

async function dropDatabase(
  instance: EngineInstance,
  name: string,
  session: SessionView,
  signal: AbortSignal,
): Promise<void> {
  const database = instance.database(name);
  const refusal = messages.cannot('drop', 'database', name);
  if (!database) throw refusal;
  allow(instance, session, 'ALTER ANY DATABASE', refusal);
  if (!database.isUser) throw messages.dropSystemDatabase(database.name);
  if (database.group) throw messages.dropJoined(database.name);
  await instance.clock.sleep(metadataChangeMs, signal);
  if (instance.sessionsIn(database).length > 0) throw messages.databaseInUse(database.name);
  instance.removeDatabase(database);
}

async function setDatabase(
  instance: EngineInstance,
  command: SetDatabase,
  session: SessionView,
  signal: AbortSignal,
): Promise<void> {
  const database = existing(instance, command.database);
  const { option } = command;
  allow(instance, session, 'ALTER ANY DATABASE', messages.alterDatabaseDenied(command.database));
  if (!database.isUser) throw messages.systemDatabaseOption(option, database.name);
  await instance.clock.sleep(metadataChangeMs, signal);
  if (option === 'HADR OFF') return unjoin(database);
  if (option === 'HADR SUSPEND' || option === 'HADR RESUME') return moveData(database, option);
  if (database.group && exclusiveOptions.has(option)) throw messages.inAvailabilityGroup(database.name);
  if (exclusiveOptions.has(option)) await clearSessions(instance, database, command.termination, session, signal);
  apply(database, option);
}

function apply(database: EngineDatabase, option: SetDatabase['option']): void {
  switch (option) {
    case 'READ_ONLY':
    case 'READ_WRITE':
      database.readOnly = option === 'READ_ONLY';
      return;
    case 'OFFLINE':
    case 'ONLINE':
      database.state = option;
      return;
    case 'SINGLE_USER':
    case 'RESTRICTED_USER':
    case 'MULTI_USER':
      database.userAccess = option;
      return;
    case 'HADR OFF':
    case 'HADR SUSPEND':
    case 'HADR RESUME':
      throw new Error(`${option} is not a plain database option.`);
  }
}

/** Waits for, refuses, or ends the other sessions of a database, as the termination clause says. */
async function clearSessions(
  instance: EngineInstance,
  database: EngineDatabase,
  termination: SetDatabase['termination'],
  session: SessionView,
  signal: AbortSignal,
): Promise<void> {
  const others = () => instance.sessionsIn(database).filter(other => other.id !== session.id);
  const endAll = () => {
    for (const other of others()) other.kill(messages.killed);
  };
  if (termination === 'noWait' && others().length > 0) throw messages.stateChangeBlocked(database.name);
  if (termination === 'rollbackImmediate') endAll();
  if (typeof termination === 'object') {
    const deadline = instance.clock.now() + termination.rollbackAfterSeconds * 1000;
    while (others().length > 0 && instance.clock.now() < deadline) await instance.clock.sleep(50, signal);
    endAll();
  }
  while (others().length > 0) await instance.clock.sleep(50, signal);
}

/** HADR OFF: a secondary copy leaves the group and waits to be recovered. */
function unjoin(database: EngineDatabase): void {
  const { group } = database;
  if (!group) throw messages.databaseNotInGroup(database.name);
  if (database.role === 'PRIMARY') throw messages.unjoinOnPrimary(database.name, group.name);
  database.feed?.close('target');
  leaveGroup(database);
  database.state = 'RESTORING';
}

function moveData(database: EngineDatabase, option: 'HADR SUSPEND' | 'HADR RESUME'): void {
  if (!database.group) throw messages.databaseNotInGroup(database.name);
  for (const end of database.group.links)
    end.link?.moveData(database, option === 'HADR SUSPEND' ? 'suspend' : 'resume');
}

async function backUp(
  instance: EngineInstance,
  command: BackupCommand,
  session: SessionView,
  signal: AbortSignal,
): Promise<readonly ServerMessage[]> {
  const database = existing(instance, command.database);
  const statement = command.what === 'log' ? 'BACKUP LOG' : 'BACKUP DATABASE';
  allow(instance, session, 'BACKUP DATABASE', messages.statementDenied(statement, database.name));
  if (instance.isManagedInstance && (command.what === 'log' || !command.copyOnly)) throw messages.onlyCopyOnlyBackups();
  database.assertReadable(true);
  if (database.role === 'SECONDARY' && !command.copyOnly) throw messages.backupOnSecondary();
  if (command.what === 'log') checkLogBackup(instance, database, command);
  const startedAt = instance.clock.now();
  // 400 MB/s of a database of a few hundred megabytes.
  await instance.clock.sleep(command.what === 'log' ? 100 : 500, signal);
  const pages = command.what === 'log' ? 64 + database.log.kept.length : 42_000;
  instance.backups.push({
    id: instance.backups.length + 1,
    database: database.name,
    type: command.what === 'log' ? 'L' : 'D',
    copyOnly: command.copyOnly,
    startedAt,
    finishedAt: instance.clock.now(),
    firstLsn: database.log.last?.block ?? database.log.end,
    lastLsn: database.log.end,
    sizeBytes: pages * 8192,
    to: command.to,
    user: session.login.name,
  });
  if (command.noRecovery) database.state = 'RESTORING';
  const file = `'${command.what === 'log' ? `${database.name}_log` : database.name}'`;
  return [
    note(4035, `Processed ${pages} pages for database '${database.name}', file ${file} on file 1.`),
    note(
      3014,
      `${statement} successfully processed ${pages} pages in 0.${command.what === 'log' ? '100' : '500'} seconds (400.000 MB/sec).`,
    ),
  ];
}

function checkLogBackup(instance: EngineInstance, database: EngineDatabase, command: BackupCommand): void {
  if (database.recoveryModel === 'SIMPLE') throw messages.simpleRecoveryLogBackup();
  if (!instance.backups.some(backup => backup.database === database.name && backup.type === 'D'))
    throw messages.backupNeedsFull();
  // The tail-log backup that leaves a database restoring would take it out of the group.
  if (command.noRecovery && database.group) throw messages.inAvailabilityGroup(database.name);
}

const note = (number: number, message: string): ServerMessage => ({ number, class: 0, state: 1, line: 1, message });

async function recover(
  instance: EngineInstance,
  name: string,
  session: SessionView,
  signal: AbortSignal,
): Promise<void> {
  const database = existing(instance, name);
  allow(instance, session, 'CREATE ANY DATABASE', messages.restoreDenied(database.name));
  if (database.group) throw messages.restoreJoined(database.name);
  if (database.state !== 'RESTORING') throw messages.alreadyRecovered();
  await instance.clock.sleep(instance.conditions.roleChangeMs, signal);
  database.redo.resume();
  while (!database.redo.flush()) await instance.clock.sleep(5, signal);
  database.writeLog([], instance.clock.now());
  database.state = 'ONLINE';
}
