import * as l10n from '@vscode/l10n';
import type { ArmRequest } from '../../link/ports.ts';
import type { LinkTarget, Side } from '../../link/vocabulary.ts';
import { venueName } from '../describe.ts';
import type { Plan, Step } from '../plan.ts';
import { primaryBefore, undoOf } from './actions.ts';
import { linkOperation, requestUrl } from './azure-request.ts';
import { type Command, changeCommand, commandsOf, lsnQuery, refuseLineBreaks } from './commands.ts';
import { confirmation, headerOf, headingOf, needsConfirmation, oneLine, putBackHeading, titleOf } from './words.ts';

/**
 * The plan as a bash script: `az sql mi link` where the CLI takes the names, else `az rest`; sqlcmd (of Go or ODBC) for both servers. It stops at the first
 * error. Throws LinkError 'unsupported' for a name with a line break.
 */
export function azureCliScript(plan: Plan): string {
  refuseLineBreaks(plan.intent.target);
  const commands = plan.steps.flatMap(s => commandsOf(s, plan));
  const functions = [
    ...SERVERS.filter(side => usesServer(side, commands)).map(serverFunction),
    ...(commands.some(c => c.command === 'await') ? [WAIT_UNTIL] : []),
    ...(commands.some(c => c.command === 'proveEqual') ? [lsnFunctions(plan)] : []),
  ];
  const steps = plan.steps.map((step, index) => stepText(step, index + 1, plan));
  return `${[head(plan, commands), ...functions, ...steps, ...putBack(plan)].join('\n\n')}\n`;
}

const SERVERS = ['sqlServer', 'managedInstance'] as const;

const usesServer = (side: Side, commands: readonly Command[]): boolean =>
  commands.some(c => ((c.command === 'batch' || c.command === 'await') && c.on === side) || c.command === 'proveEqual');

function head(plan: Plan, commands: readonly Command[]): string {
  const { target } = plan.intent;
  const named = commands.some(c => c.command === 'azure' && isNamed(c.request, target));
  return [
    '#!/usr/bin/env bash',
    // Words and names may hold typographic quotes; they are meant.
    '# shellcheck disable=SC1112',
    ...headerOf(plan).map(comment),
    comment(
      l10n.t(
        'Needs bash, the Azure CLI (signed in by az login) and sqlcmd. Every batch refuses to run on another server.',
      ),
    ),
    '',
    'set -euo pipefail',
    '',
    ...(commands.some(c => c.command === 'azure') ? [`subscription=${quote(target.azure.subscriptionId)}`] : []),
    ...(named
      ? [
          `resource_group=${quote(target.azure.resourceGroup)}`,
          `instance=${quote(target.azure.instance)}`,
          `link=${quote(target.link)}`,
        ]
      : []),
    ...(usesServer('sqlServer', commands)
      ? [
          comment(
            l10n.t(
              'How sqlcmd connects to SQL Server: -E is Windows sign-in; for a SQL login put -U here and the password in SQLCMDPASSWORD.',
            ),
          ),
          `sql_server=(-S ${quote(target.sqlServer.name)} -E)`,
        ]
      : []),
    ...(usesServer('managedInstance', commands)
      ? [
          comment(l10n.t('How sqlcmd connects to the instance: -G is Microsoft Entra ID.')),
          `managed_instance=(-S ${quote(target.instance.fullyQualifiedDomainName)} -G)`,
        ]
      : []),
    ...(needsConfirmation(plan) ? [`confirm_database='' ${comment(confirmation(plan))}`] : []),
    ...(commands.some(c => c.command === 'azure') ? ['', 'az account set --subscription "$subscription"'] : []),
  ].join('\n');
}

/** Reads T-SQL from standard input. -b: an error ends sqlcmd with a failure; -x: $(…) is no variable; -h -1 -W: bare values. */
const serverFunction = (side: Side): string =>
  `${onServer(side)}() {\n  sqlcmd "\${${side === 'sqlServer' ? 'sql_server' : 'managed_instance'}[@]}" -d master -b -x -h -1 -W -i /dev/stdin\n}`;

const onServer = (side: Side): string => (side === 'sqlServer' ? 'on_sql_server' : 'on_instance');

const WAIT_UNTIL = `# wait_until SERVER SECONDS OTHERWISE: repeats the query of standard input until it answers 1.
wait_until() {
  local server=$1 deadline=$((SECONDS + $2)) otherwise=$3 query answer
  query=$(cat)
  while true; do
    answer=$("$server" <<<"$query") || answer="($answer)"
    if [[ \${answer//[[:space:]]/} == 1 ]]; then return 0; fi
    if ((SECONDS >= deadline)); then
      printf '%s %s\\n' "$otherwise" "$answer" >&2
      return 1
    fi
    sleep 1
  done
}`;

const lsnOf = (side: Side): string => (side === 'sqlServer' ? 'lsn_on_sql_server' : 'lsn_on_instance');

/** Equal three times in a row, two seconds apart: nobody writes any more. */
function lsnFunctions(plan: Plan): string {
  const getters = SERVERS.map(
    side => `${lsnOf(side)}() {\n  ${onServer(side)} ${hereDocument(lsnQuery(side, plan))}\n}`,
  );
  return [
    ...getters,
    `# wait_equal_lsn SECONDS: sets proven_lsn.
wait_equal_lsn() {
  local deadline=$((SECONDS + $1)) here there times=0
  proven_lsn=''
  while true; do
    here=$(lsn_on_sql_server)
    there=$(lsn_on_instance)
    if [[ -n \${here//[[:space:]]/} && $here == "$there" && ($times -eq 0 || $here == "$proven_lsn") ]]; then
      times=$((times + 1))
    else
      times=0
    fi
    proven_lsn=$here
    if ((times >= 3)); then return 0; fi
    if ((SECONDS >= deadline)); then
      printf '%s\\n' ${quote(notEqualInTime())} >&2
      return 1
    fi
    sleep 2
  done
}`,
  ].join('\n\n');
}

const notEqualInTime = (): string => l10n.t('The two sides are not equal: stop here and put back what was changed.');

function stepText(step: Step, number: number, plan: Plan): string {
  const heading = headingOf(step, number, plan);
  return [
    ...heading.map(comment),
    say(titleOf(heading)),
    ...(step.pointOfNoReturn && needsConfirmation(plan)
      ? [stopUnless(`$confirm_database == ${quote(plan.intent.target.databases[0] ?? '')}`, confirmation(plan))]
      : []),
    ...commandsOf(step, plan).map(command => commandText(command, plan)),
  ].join('\n');
}

function commandText(command: Command, plan: Plan): string {
  switch (command.command) {
    case 'note':
      return say(command.text);
    case 'batch':
      return `${onServer(command.on)} ${hereDocument(command.text)}`;
    case 'await':
      return `wait_until ${onServer(command.on)} ${command.budgetSeconds} ${quote(command.otherwise)} ${hereDocument(command.query)}`;
    case 'proveEqual':
      return [
        `wait_equal_lsn ${command.budgetSeconds}`,
        `printf '%s %s\\n' ${quote(l10n.t('Equal on both sides, hardened LSN:'))} "$proven_lsn"`,
      ].join('\n');
    case 'stillEqual':
      return stopUnless(
        `$(${lsnOf(primaryBefore(plan))}) == "$proven_lsn"`,
        l10n.t('The log has moved: somebody is still writing. Nothing was cut.'),
      );
    case 'azure': {
      const send = azureText(command.request, plan.intent.target);
      const tolerated = l10n.t('Azure did not do this; the script goes on without it.');
      return command.tolerated ? `${send} || printf '%s\\n' ${quote(tolerated)} >&2` : send;
    }
  }
}

const say = (text: string): string => `printf '%s\\n' ${quote(text)}`;

const stopUnless = (condition: string, otherwise: string): string =>
  `if ! [[ ${condition} ]]; then\n  printf '%s\\n' ${quote(otherwise)} >&2\n  exit 1\nfi`;

function azureText(request: ArmRequest, target: LinkTarget): string {
  if (!isNamed(request, target)) return azureRestCommand(request);
  const link = '-g "$resource_group" --mi "$instance" -n "$link"';
  const operation = linkOperation(request, target);
  switch (operation.operation) {
    case 'update':
      return `az sql mi link update ${link} --replication-mode ${quote(operation.mode)} -o none`;
    case 'delete':
      return `az sql mi link delete ${link} -y`;
    case 'failover':
      return `az sql mi link failover ${link} --failover-type ${quote(operation.type)} -y -o none`;
    case 'other':
      return azureRestCommand(request);
  }
}

/** The CLI has a command for it and takes the names (patterns of `az sql mi link`: a link with a hyphen, for one, it refuses). */
const isNamed = (request: ArmRequest, target: LinkTarget): boolean =>
  linkOperation(request, target).operation !== 'other' &&
  /^[#a-zA-Z_][\w@#$]{0,127}$/.test(target.link) &&
  /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(target.azure.instance);

/** `az rest` sends exactly the request of the executor. */
export function azureRestCommand(request: ArmRequest): string {
  const body = request.body ? ` --body ${quote(JSON.stringify(request.body))}` : '';
  return `az rest --method ${request.method.toLowerCase()} --url ${quote(requestUrl(request))}${body}`;
}

/** Comments only: they are for the person who stops before the point of no return. */
function putBack(plan: Plan): readonly string[] {
  const undone = undoOf(plan);
  if (undone.length === 0) return [];
  const lines = undone.flatMap(({ step, changes }) => [
    `[${venueName(step.venue, plan)}]`,
    ...changes.flatMap(c => commandText(changeCommand(c, plan), plan).split('\n')),
  ]);
  return [[putBackHeading(), ...lines].map(comment).join('\n')];
}

/** A word that a POSIX shell takes as it stands. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Lines that bash takes as they stand. sqlcmd sends what it has read at GO. Throws RangeError on a text that has the line that ends it. */
function hereDocument(text: string): string {
  if (/^SQL$/m.test(text)) throw new RangeError('A line of T-SQL would end the here-document');
  return `<<'SQL'\n${text}\nGO\nSQL`;
}

const comment = (text: string): string => `# ${oneLine(text)}`;
