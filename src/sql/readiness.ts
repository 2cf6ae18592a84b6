import * as l10n from '@vscode/l10n';
import type * as v from 'valibot';
import { quoteLiteral } from '../link/names.ts';
import type { Sight } from '../link/observation.ts';
import type { LinkQuery } from '../link/ports.ts';
import { type Problem, problemOf } from '../link/problem.ts';
import type { DatabaseReadiness, ServerReadiness } from '../link/readiness.ts';
import { MAY_SEE_STATE, observeBatch } from './observe-batch.ts';
import { databaseQuestions, type Needed, type Question, serverQuestions } from './readiness-questions.ts';
import { type Answer, bigint, bit, int, orNull, text } from './rows.ts';
import type { Session } from './session.ts';

/** Reads what the readiness checks need: one batch for the server, one for each database, all at once. Nothing is changed. Throws LinkError only when no batch can be sent. */
export async function readReadiness(session: Session, query: LinkQuery, signal: AbortSignal): Promise<ServerReadiness> {
  const [server, ...databases] = await Promise.all([
    readServer(session, query, signal),
    ...query.databases.map(database => readDatabase(session, database, signal)),
  ]);
  return { ...server, databases };
}

async function readServer(
  session: Session,
  query: LinkQuery,
  signal: AbortSignal,
): Promise<Omit<ServerReadiness, 'databases'>> {
  const questions = serverQuestions(query);
  const of = await ask(session, questions, signal);
  return {
    statements: {
      ...observationStatements(query),
      ...textsOf(questions),
      ...(query.databases[0] === undefined ? {} : textsOf(databaseQuestions(query.databases[0]))),
    },
    logins: of('logins', { name: text, type: text, sid: text }, row => ({ ...row, type: row.type.trim() })),
    jobs: of('jobs', { name: text, enabled: int, database_name: orNull(text) }, row => ({
      job: row.name,
      enabled: row.enabled === 1,
      database: row.database_name,
    })),
    linkedServers: of(
      'linkedServers',
      { name: text, product: text, provider: text, data_source: orNull(text) },
      row => ({ name: row.name, product: row.product, provider: row.provider, dataSource: row.data_source }),
    ),
    serverObjects: of('serverObjects', { kind: text, name: text }, row => ({
      kind: row.kind === 'trigger' ? ('trigger' as const) : ('credential' as const),
      name: row.name,
    })),
    endpoint: of(
      'endpoint',
      {
        name: text,
        state_desc: text,
        port: orNull(int),
        certificate: orNull(text),
        hours_left: orNull(int),
      },
      row => ({
        name: row.name,
        state: row.state_desc,
        port: row.port,
        certificate: row.certificate,
        hoursLeft: row.hours_left,
      }),
    ),
    certificates: of('certificates', { name: text, pvt_key_encryption_type: text }, row => ({
      name: row.name,
      hasPrivateKey: row.pvt_key_encryption_type !== 'NA',
    })),
    backups: of('backups', { session_id: int, command: text, database_name: orNull(text) }, row => ({
      session: row.session_id,
      command: row.command,
      database: row.database_name,
    })),
    traceFlags: of('traceFlags', { TraceFlag: int, Global: bit }, row => row.TraceFlag, 'TraceFlag'),
    seeding: of('seeding', { database_name: orNull(text), current_state: orNull(text) }, row => ({
      database: row.database_name ?? '?',
      state: row.current_state ?? '?',
    })),
    logSpace: of('logSpace', { database_name: text, cntr_value: bigint }, row => ({
      database: row.database_name,
      usedPercent: row.cntr_value,
    })),
    databaseOptions: of(
      'databaseOptions',
      {
        name: text,
        log_reuse_wait_desc: text,
        is_encrypted: bit,
        is_cdc_enabled: bit,
        is_published: bit,
        is_merge_published: bit,
        is_subscribed: bit,
        is_broker_enabled: bit,
      },
      row => ({
        database: row.name,
        logReuseWait: row.log_reuse_wait_desc,
        encrypted: row.is_encrypted,
        changeDataCapture: row.is_cdc_enabled,
        published: row.is_published || row.is_merge_published,
        subscribed: row.is_subscribed,
        broker: row.is_broker_enabled,
      }),
    ),
    acceleratedRecovery: of(
      'acceleratedRecovery',
      { name: text, is_accelerated_database_recovery_on: orNull(bit) },
      row => ({ database: row.name, on: row.is_accelerated_database_recovery_on === true }),
    ),
    files: of('files', { name: text, type_desc: text, files: int }, row => ({
      database: row.name,
      type: row.type_desc,
      count: row.files,
    })),
    localReplicas: of(
      'localReplicas',
      {
        replica_server_name: text,
        availability_mode_desc: orNull(text),
        is_local: orNull(bit),
        role_desc: orNull(text),
        connected_state_desc: orNull(text),
        synchronization_health_desc: orNull(text),
      },
      row => ({
        server: row.replica_server_name,
        isLocal: row.is_local,
        role: row.role_desc,
        connected: row.connected_state_desc,
        health: row.synchronization_health_desc,
        mode: row.availability_mode_desc,
      }),
    ),
    logShipping: of('logShipping', { primary_database: text }, row => row.primary_database),
  };
}

async function readDatabase(session: Session, database: string, signal: AbortSignal): Promise<DatabaseReadiness> {
  const of = await ask(session, databaseQuestions(database), signal);
  return {
    database,
    users: of('users', { name: text, type: text, sid: text }, row => ({ ...row, type: row.type.trim() })),
    specialFilegroups: of('specialFilegroups', { name: text, type: text }, row => ({
      name: row.name,
      type: row.type.trim(),
    })),
  };
}

type Rows<S extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<S, undefined>>;
type Asked<Q> = <S extends v.ObjectEntries, T>(
  name: keyof Q & string,
  columns: S,
  map: (row: Rows<S>) => T,
  part?: string,
) => Sight<readonly T[]>;

/** Sends all questions in one batch, each by itself inside TRY: an error (also one of name resolution) ends that question only. */
async function ask<Q extends Readonly<Record<string, Question>>>(
  session: Session,
  questions: Q,
  signal: AbortSignal,
): Promise<Asked<Q>> {
  const answer = await session.read(batchOf(questions), {}, signal);
  const granted = permissionsIn(answer);
  return (name, columns, map, part = partOf(name)) => {
    const question = questions[name];
    const [refused] = answer.rows(`refused_${name}`, { number: int, message: text });
    if (refused) return { state: 'unseen', problem: refusal(session, refused) };
    if (question?.needs && !granted(question.needs))
      return { state: 'unseen', problem: hidden(session, question.needs) };
    try {
      return { state: 'seen', value: answer.rows(part, columns).map(map) };
    } catch (error) {
      return { state: 'unseen', problem: problemOf(error, session.server.side) };
    }
  };
}

const batchOf = (questions: Readonly<Record<string, Question>>): string =>
  [
    MAY_SEE_STATE,
    `SELECT 1 AS partGranted, IS_SRVROLEMEMBER('sysadmin') AS sysadmin, @see AS view_server_state, HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DEFINITION') AS view_any_definition;`,
    ...Object.entries(questions).map(
      ([name, question]) => `BEGIN TRY
  EXEC sys.sp_executesql ${quoteLiteral(question.text)};
END TRY
BEGIN CATCH
  SELECT 1 AS refused_${name}, ERROR_NUMBER() AS number, ERROR_MESSAGE() AS message;
END CATCH;`,
    ),
  ].join('\n');

const partOf = (name: string): string => `part${name.charAt(0).toUpperCase()}${name.slice(1)}`;

function permissionsIn(answer: Answer): (needed: Needed) => boolean {
  const flag = orNull(bit);
  const [row] = answer.rows('partGranted', { sysadmin: flag, view_server_state: flag, view_any_definition: flag });
  return needed => {
    switch (needed) {
      case 'sysadmin':
        return row?.sysadmin === true;
      case 'viewServerState':
        return row?.view_server_state === true;
      case 'viewAnyDefinition':
        return row?.view_any_definition === true;
    }
  };
}

/** 229 and 230: no permission on an object or column; 297, 300, 371: on a server or database; 916: no access to a database. */
const PERMISSION_ERRORS = new Set([229, 230, 262, 297, 300, 371, 916]);

const refusal = ({ server }: Session, refused: { readonly number: number; readonly message: string }): Problem => ({
  reason: PERMISSION_ERRORS.has(refused.number) ? 'permission' : 'refused',
  venue: server.side,
  message: l10n.t('{0} refused the question with error {1}.', server.label, refused.number),
  number: refused.number,
  serverText: refused.message,
});

const PERMISSION_NAMES: Readonly<Record<Needed, string>> = {
  sysadmin: 'sysadmin',
  viewServerState: 'VIEW SERVER STATE',
  viewAnyDefinition: 'VIEW ANY DEFINITION',
};

const hidden = ({ server }: Session, needed: Needed): Problem => ({
  reason: 'permission',
  venue: server.side,
  message: l10n.t('The login may not see all of it on {0}: {1} is missing.', server.label, PERMISSION_NAMES[needed]),
  advice: l10n.t('Grant it, or connect as a login that has it.'),
});

const textsOf = (questions: Readonly<Record<string, Question>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(questions).map(([name, question]) => [name, question.text]));

/** The statements of the look at a link, by the name of their part, with the names in place of the parameters. */
function observationStatements(query: LinkQuery): Readonly<Record<string, string>> {
  const batch = observeBatch(query.databases.map(quoteLiteral).join(', ') || 'NULL')
    .replaceAll('@link', () => quoteLiteral(query.link))
    .replaceAll('@ag', () => quoteLiteral(query.availabilityGroup));
  const statements: Record<string, string> = {};
  for (const [statement, part] of batch.matchAll(/^[ ]*SELECT 1 AS (part\w+)[\s\S]*?;$/gm))
    if (part !== undefined) statements[part] ??= statement.replaceAll(/^ {2}/gm, '');
  return statements;
}
