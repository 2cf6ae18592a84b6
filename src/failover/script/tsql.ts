import * as l10n from '@vscode/l10n';
import { quoteLiteral } from '../../link/names.ts';
import type { ArmRequest } from '../../link/ports.ts';
import type { LinkTarget } from '../../link/vocabulary.ts';
import { describeStep, venueName } from '../describe.ts';
import type { Plan, Step } from '../plan.ts';
import type { Change } from '../statements.ts';
import { bind } from '../steps/index.ts';

/**
 * The plan as T-SQL to read, keep or run by hand: one section a step, each for one server and guarded against the wrong one. Statements are those that the
 * executor sends; requests to Azure stand as comments with the Azure CLI command that sends them.
 */
export function tsqlScript(plan: Plan): string {
  const sections = plan.steps.map((step, index) => section(step, index + 1, plan));
  return `${[header(plan), ...sections].join('\n\n')}\n`;
}

function header({ intent, createdAt, loss }: Plan): string {
  const { target } = intent;
  const lines = [
    intent.kind === 'planned'
      ? l10n.t(
          'Planned failover of {0} from {1} to {2}',
          target.databases.join(', '),
          target.sqlServer.name,
          target.instance.name,
        )
      : l10n.t(
          'Forced failover of {0} from {1} to {2}',
          target.databases.join(', '),
          target.sqlServer.name,
          target.instance.name,
        ),
    l10n.t(
      'Link {0}, availability group {1}; made {2}',
      target.link,
      target.availabilityGroup,
      new Date(createdAt).toISOString(),
    ),
    l10n.t(
      'Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.',
    ),
    ...(loss ? [loss.explanation] : []),
  ];
  return lines.map(comment).join('\n');
}

function section(step: Step, number: number, plan: Plan): string {
  const { title, detail } = describeStep(step, plan);
  const head = [
    ...(step.pointOfNoReturn
      ? [comment(`*** ${l10n.t('POINT OF NO RETURN: after this step the only way is forward.')} ***`)]
      : []),
    comment(`${number}. ${title}  [${venueName(step.venue, plan)}]`),
    comment(`   ${detail}`),
  ];
  return [...head, ...body(step, plan)].join('\n');
}

function body(step: Step, plan: Plan): readonly string[] {
  const { target } = plan.intent;
  switch (step.kind) {
    case 'validate':
    case 'recheck':
      return [guard(target), stateQuery(target)];
    case 'catchUp':
      return [guard(target), waitUntilSynchronized(target, step.budgetSeconds)];
    case 'awaitEquality':
      return [
        guard(target),
        lsnQuery(target),
        comment(
          l10n.t(
            'Run the same query on {0}. Go on only when both hardened LSNs are equal and stay equal.',
            target.instance.name,
          ),
        ),
        instanceLsnQuery(target),
      ];
    case 'awaitWritable':
      return [
        comment(l10n.t('On {0}: repeat until every row says READ_WRITE.', target.instance.name)),
        updateability(target),
      ];
    case 'verify':
      return [guard(target), updateability(target), 'SELECT name, is_distributed FROM sys.availability_groups;'];
    case 'dropDistributedAvailabilityGroup':
      return [guard(target), stillConnectedGuard(target), ...bind(step, plan).changes().flatMap(sqlText)];
    case 'setCommitMode':
    case 'setReplicationMode':
    case 'deleteLink':
    case 'forceFailover':
    case 'dropAvailabilityGroup':
      return bind(step, plan)
        .changes()
        .flatMap(change => changeLines(change, target));
  }
}

/** A change as the script shows it; the executor sends the same text. */
function changeLines(change: Change, target: LinkTarget): readonly string[] {
  return change.on === 'azure'
    ? azureCliCommand(change.arm).split('\n').map(comment)
    : [guard(target), change.sql.text];
}

const sqlText = (change: Change): readonly string[] => (change.on === 'azure' ? [] : [change.sql.text]);

/** A script run from top to bottom skips the requests to Azure, which are comments: then this stops it before anything is dropped. */
const stillConnectedGuard = (target: LinkTarget): string =>
  [
    'IF EXISTS (',
    '  SELECT 1 FROM sys.availability_groups AS ag',
    '  JOIN sys.dm_hadr_availability_replica_states AS ars ON ars.group_id = ag.group_id',
    `  WHERE ag.name = ${quoteLiteral(target.link)} AND ars.is_local = 0 AND ars.connected_state_desc = N'CONNECTED'`,
    ')',
    `  THROW 50002, ${quoteLiteral(l10n.t('The link is still connected: delete it in Azure first.'))}, 1;`,
  ].join('\n');

/** `az rest` sends exactly the request of the executor; single-quoted for a POSIX shell. */
export function azureCliCommand(request: ArmRequest): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const url = `${request.path}?api-version=${request.apiVersion}`;
  const body = request.body ? ` --body ${quote(JSON.stringify(request.body))}` : '';
  return `az rest --method ${request.method.toLowerCase()} --url ${quote(url)}${body}`;
}

/** Stops a section that was pasted into the wrong server. */
const guard = (target: LinkTarget): string =>
  [
    `IF @@SERVERNAME <> ${quoteLiteral(target.sqlServer.name)} OR SERVERPROPERTY('EngineEdition') = 8`,
    `  THROW 50000, ${quoteLiteral(l10n.t('Wrong server: this section is for {0}.', target.sqlServer.name))}, 1;`,
  ].join('\n');

const databaseList = (target: LinkTarget): string => target.databases.map(quoteLiteral).join(', ');

const replicaStates = (target: LinkTarget): string =>
  [
    'FROM sys.dm_hadr_database_replica_states AS drs',
    'JOIN sys.databases AS db ON db.database_id = drs.database_id',
    'JOIN sys.availability_groups AS ag ON ag.group_id = drs.group_id',
    `WHERE ag.name = ${quoteLiteral(target.link)} AND db.name IN (${databaseList(target)})`,
  ].join('\n');

const lsnQuery = (target: LinkTarget): string =>
  [
    'SELECT db.name, drs.is_local, drs.synchronization_state_desc, CONVERT(varchar(25), drs.last_hardened_lsn) AS last_hardened_lsn, drs.log_send_queue_size, drs.redo_queue_size',
    `${replicaStates(target)};`,
  ].join('\n');

const instanceLsnQuery = (target: LinkTarget): string =>
  [
    `SELECT db.name, drs.synchronization_state_desc, CONVERT(varchar(25), drs.last_hardened_lsn) AS last_hardened_lsn`,
    'FROM sys.dm_hadr_database_replica_states AS drs',
    'JOIN sys.databases AS db ON db.database_id = drs.database_id',
    `WHERE db.name IN (${databaseList(target)}) AND drs.is_local = 1;`,
  ]
    .map(comment)
    .join('\n');

const stateQuery = (target: LinkTarget): string =>
  [
    'SELECT ag.name, ars.role_desc, ars.connected_state_desc, ars.synchronization_health_desc, ar.replica_server_name, ar.availability_mode_desc',
    'FROM sys.availability_groups AS ag',
    'JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id',
    'LEFT JOIN sys.dm_hadr_availability_replica_states AS ars ON ars.replica_id = ar.replica_id',
    `WHERE ag.name = ${quoteLiteral(target.link)};`,
  ].join('\n');

const updateability = (target: LinkTarget): string =>
  `SELECT name, state_desc, DATABASEPROPERTYEX(name, 'Updateability') AS updateability FROM sys.databases WHERE name IN (${databaseList(target)});`;

function waitUntilSynchronized(target: LinkTarget, seconds: number): string {
  return [
    'DECLARE @waited int = 0;',
    'WHILE EXISTS (',
    '  SELECT 1',
    indent(replicaStates(target)),
    "    AND (drs.synchronization_state_desc <> N'SYNCHRONIZED' OR drs.log_send_queue_size > 0)",
    ')',
    'BEGIN',
    `  IF @waited >= ${seconds} THROW 50001, ${quoteLiteral(l10n.t('Not synchronized in time: stop here and set the link back to asynchronous.'))}, 1;`,
    "  WAITFOR DELAY '00:00:01';",
    '  SET @waited += 1;',
    'END;',
  ].join('\n');
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n');

/** One comment line, whatever line breaks a name may hold. */
const comment = (text: string): string => `-- ${text.replaceAll(/[\r\n\u2028\u2029\u0085]+/g, ' ')}`;
