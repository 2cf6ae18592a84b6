import type { AdminCommand, AvailabilityMode } from '../engine/contract.ts';
import { unsupported } from './errors.ts';
import { parseList, type Reader } from './reader.ts';

/** ALTER AVAILABILITY GROUP: the forms that a distributed availability group has. Member names are string literals, group names identifiers. */
export function parseAlterAvailabilityGroup(reader: Reader): AdminCommand {
  const group = reader.expectName();
  if (reader.acceptWord('FAILOVER')) return { kind: 'failOver', group };
  if (reader.acceptWord('FORCE_FAILOVER_ALLOW_DATA_LOSS')) return { kind: 'forceFailoverAllowDataLoss', group };
  if (reader.acceptWord('SET')) return parseGroupOption(reader, group);
  if (reader.acceptWord('MODIFY', 'AVAILABILITY', 'GROUP', 'ON')) {
    const members = [parseMember(reader)];
    while (reader.acceptSymbol(',')) members.push(parseMember(reader));
    return { kind: 'modifyAvailabilityGroup', group, members };
  }
  throw unsupported(
    `ALTER AVAILABILITY GROUP … ${reader.token.text.toUpperCase()} ${reader.peek().text.toUpperCase()}`.trimEnd(),
    reader.line,
  );
}

function parseGroupOption(reader: Reader, group: string): AdminCommand {
  reader.expectSymbol('(');
  const option = reader.next();
  reader.expectSymbol('=');
  let command: AdminCommand;
  switch (option.text.toUpperCase()) {
    case 'ROLE':
      reader.expectWord('SECONDARY');
      command = { kind: 'setRoleSecondary', group };
      break;
    case 'REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT':
      command = { kind: 'setRequiredSynchronizedSecondaries', group, count: reader.expectInteger() };
      break;
    default:
      throw unsupported(`ALTER AVAILABILITY GROUP … SET (${option.text.toUpperCase()})`, option.line);
  }
  reader.expectSymbol(')');
  return command;
}

type Member = Extract<AdminCommand, { kind: 'modifyAvailabilityGroup' }>['members'][number];

function parseMember(reader: Reader): Member {
  const name = reader.expectString();
  reader.expectWord('WITH');
  let member: Member = { name };
  parseList(reader, r => {
    const option = r.next();
    r.expectSymbol('=');
    const value = r.next().text.toUpperCase();
    switch (option.text.toUpperCase()) {
      case 'AVAILABILITY_MODE':
        if (value !== 'SYNCHRONOUS_COMMIT' && value !== 'ASYNCHRONOUS_COMMIT')
          throw unsupported(`AVAILABILITY_MODE = ${value}`, option.line);
        member = { ...member, availabilityMode: value satisfies AvailabilityMode };
        break;
      case 'FAILOVER_MODE':
        member = { ...member, failoverMode: value };
        break;
      case 'SEEDING_MODE':
        member = { ...member, seedingMode: value };
        break;
      default:
        throw unsupported(`the availability group option ${option.text.toUpperCase()}`, option.line);
    }
  });
  return member;
}

type SetDatabase = Extract<AdminCommand, { kind: 'setDatabase' }>;

/** ALTER DATABASE name SET option [WITH termination]. '' as the database means the current one. */
export function parseAlterDatabase(reader: Reader): AdminCommand {
  const database = reader.acceptWord('CURRENT') ? '' : reader.expectName();
  if (!reader.acceptWord('SET')) throw unsupported(`ALTER DATABASE … ${reader.token.text.toUpperCase()}`, reader.line);
  const option = parseDatabaseOption(reader);
  return { kind: 'setDatabase', database, option, termination: parseTermination(reader) };
}

function parseDatabaseOption(reader: Reader): SetDatabase['option'] {
  if (reader.acceptWord('HADR')) {
    if (reader.isWord('AVAILABILITY')) throw unsupported('ALTER DATABASE … SET HADR AVAILABILITY GROUP', reader.line);
    const action = reader.acceptOneOf('OFF', 'SUSPEND', 'RESUME');
    if (!action) throw reader.failure();
    return `HADR ${action}`;
  }
  const option = reader.acceptOneOf(
    'READ_ONLY',
    'READ_WRITE',
    'OFFLINE',
    'ONLINE',
    'SINGLE_USER',
    'RESTRICTED_USER',
    'MULTI_USER',
  );
  if (!option) throw unsupported(`ALTER DATABASE … SET ${reader.token.text.toUpperCase()}`, reader.line);
  return option;
}

function parseTermination(reader: Reader): SetDatabase['termination'] {
  if (!reader.acceptWord('WITH')) return 'wait';
  if (reader.acceptWord('NO_WAIT')) return 'noWait';
  reader.expectWord('ROLLBACK');
  if (reader.acceptWord('IMMEDIATE')) return 'rollbackImmediate';
  reader.expectWord('AFTER');
  const rollbackAfterSeconds = reader.expectInteger();
  reader.acceptWord('SECONDS');
  return { rollbackAfterSeconds };
}

/** BACKUP DATABASE and BACKUP LOG, after the word BACKUP. */
export function parseBackup(reader: Reader): AdminCommand {
  const what = reader.acceptOneOf('DATABASE', 'LOG');
  if (!what) throw unsupported(`BACKUP ${reader.token.text.toUpperCase()}`, reader.line);
  const database = reader.expectName();
  reader.expectWord('TO');
  if (!reader.acceptOneOf('DISK', 'URL')) throw unsupported('BACKUP to anything but DISK or URL', reader.line);
  reader.expectSymbol('=');
  const to = reader.expectString();
  const options = parseWithOptions(reader);
  return {
    kind: 'backup',
    database,
    what: what === 'LOG' ? 'log' : 'database',
    copyOnly: options.includes('COPY_ONLY'),
    noRecovery: options.includes('NORECOVERY'),
    to,
  };
}

/** "WITH a, b = c (…)": the names. */
function parseWithOptions(reader: Reader): string[] {
  const names: string[] = [];
  if (!reader.acceptWord('WITH')) return names;
  do {
    if (reader.token.kind !== 'word') throw reader.failure();
    names.push(reader.next().text.toUpperCase());
    if (reader.acceptSymbol('=')) reader.next();
    else if (reader.isSymbol('(')) parseList(reader, r => r.next());
  } while (reader.acceptSymbol(','));
  return names;
}

/** RESTORE DATABASE name WITH RECOVERY, after the word RESTORE. */
export function parseRestore(reader: Reader): AdminCommand {
  const { line } = reader.token;
  if (!reader.acceptWord('DATABASE')) throw unsupported(`RESTORE ${reader.token.text.toUpperCase()}`, line);
  const database = reader.expectName();
  if (reader.isWord('FROM'))
    throw unsupported('RESTORE DATABASE … FROM (only RESTORE DATABASE name WITH RECOVERY)', line);
  const options = parseWithOptions(reader);
  if (!options.includes('RECOVERY')) throw unsupported('RESTORE DATABASE other than WITH RECOVERY', line);
  return { kind: 'restoreWithRecovery', database };
}

/** ALTER LOGIN name ENABLE or DISABLE, after the word LOGIN. */
export function parseAlterLogin(reader: Reader): AdminCommand {
  const login = reader.expectName();
  const action = reader.acceptOneOf('ENABLE', 'DISABLE');
  if (!action) throw unsupported(`ALTER LOGIN … ${reader.token.text.toUpperCase()}`, reader.line);
  return { kind: 'alterLogin', login, enable: action === 'ENABLE' };
}
