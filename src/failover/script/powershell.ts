import * as l10n from '@vscode/l10n';
import type { ArmRequest } from '../../link/ports.ts';
import type { Side } from '../../link/vocabulary.ts';
import { venueName } from '../describe.ts';
import type { Plan, Step } from '../plan.ts';
import { primaryBefore, undoOf } from './actions.ts';
import { linkOperation, requestUrl } from './azure-request.ts';
import { type Command, changeCommand, commandsOf, lsnQuery, refuseLineBreaks } from './commands.ts';
import { confirmation, headerOf, headingOf, needsConfirmation, oneLine, putBackHeading, titleOf } from './words.ts';

/**
 * The plan as a PowerShell script: Az.Sql cmdlets for the link, Invoke-AzRestMethod where there is none, Invoke-Sqlcmd for both servers. It stops at the first
 * error. Throws LinkError 'unsupported' for a name with a line break. Cmdlets and parameters: Microsoft Learn, Az.Sql and SqlServer modules.
 */
export function powershellScript(plan: Plan): string {
  refuseLineBreaks(plan.intent.target);
  const proves = plan.steps.some(s => commandsOf(s, plan).some(c => c.command === 'proveEqual'));
  const steps = plan.steps.map((step, index) => stepText(step, index + 1, plan));
  return `${[head(plan), FUNCTIONS, ...(proves ? [lsnFunctions(plan)] : []), ...steps, ...putBack(plan)].join('\n\n')}\n`;
}

function head(plan: Plan): string {
  const { target } = plan.intent;
  return [
    '#Requires -Modules Az.Accounts, Az.Sql, SqlServer',
    ...headerOf(plan).map(comment),
    comment(
      l10n.t(
        'Every batch refuses to run on another server. For Windows PowerShell 5.1 save this file as UTF-8 with BOM.',
      ),
    ),
    '',
    "$ErrorActionPreference = 'Stop'",
    'Set-StrictMode -Version 2.0',
    '',
    `$SubscriptionId = ${quote(target.azure.subscriptionId)}`,
    `$ResourceGroup = ${quote(target.azure.resourceGroup)}`,
    `$InstanceName = ${quote(target.azure.instance)}`,
    `$LinkName = ${quote(target.link)}`,
    comment(l10n.t('What Invoke-Sqlcmd connects to; add a port or another name if yours differs.')),
    `$SqlServer = ${quote(target.sqlServer.name)}`,
    `$ManagedInstance = ${quote(target.instance.fullyQualifiedDomainName)}`,
    ...(needsConfirmation(plan) ? [`$ConfirmDatabase = ''  ${comment(confirmation(plan))}`] : []),
    '',
    'if (-not (Get-AzContext)) { Connect-AzAccount | Out-Null }',
    'Set-AzContext -Subscription $SubscriptionId | Out-Null',
  ].join('\n');
}

/** Connections and waits. The instance takes an Entra token; newer Az modules hand it out as a SecureString. */
const FUNCTIONS = `function Invoke-OnSqlServer([string] $Query) {
  Invoke-Sqlcmd -ServerInstance $SqlServer -Database 'master' -Query $Query -Encrypt Mandatory -DisableVariables -DisableCommands
}

function Invoke-OnInstance([string] $Query) {
  $suffix = (Get-AzContext).Environment.SqlDatabaseDnsSuffix.TrimStart('.')
  $token = (Get-AzAccessToken -ResourceUrl "https://$suffix/").Token
  if ($token -is [securestring]) { $token = [System.Net.NetworkCredential]::new('', $token).Password }
  Invoke-Sqlcmd -ServerInstance $ManagedInstance -Database 'master' -AccessToken $token -Query $Query -Encrypt Mandatory -DisableVariables -DisableCommands
}

function Invoke-OnAzure([string] $Method, [string] $Path, [string] $Payload) {
  $request = @{ Method = $Method; Path = $Path }
  if ($Payload) { $request.Payload = $Payload }
  $response = Invoke-AzRestMethod @request
  if ($response.StatusCode -ge 400) { throw "Azure answered $($response.StatusCode): $($response.Content)" }
}

function Wait-Until([int] $Seconds, [string] $Otherwise, [scriptblock] $Condition) {
  $deadline = (Get-Date).AddSeconds($Seconds)
  while ($true) {
    $problem = ''
    try { if (& $Condition) { return } } catch { $problem = $_.Exception.Message }
    if ((Get-Date) -ge $deadline) { throw "$Otherwise $problem" }
    Start-Sleep -Seconds 1
  }
}`;

const onServer = (side: Side): string => (side === 'sqlServer' ? 'Invoke-OnSqlServer' : 'Invoke-OnInstance');

const lsnOf = (side: Side): string => (side === 'sqlServer' ? 'Get-LsnOnSqlServer' : 'Get-LsnOnInstance');

/** Equal three times in a row, two seconds apart: nobody writes any more. */
function lsnFunctions(plan: Plan): string {
  const getters = (['sqlServer', 'managedInstance'] as const).map(
    side => `function ${lsnOf(side)} {\n  (${onServer(side)} ${hereString(lsnQuery(side, plan))}).answer\n}`,
  );
  return [
    ...getters,
    `function Wait-EqualLsn([int] $Seconds) {
  $deadline = (Get-Date).AddSeconds($Seconds)
  $last = ''
  $times = 0
  while ($times -lt 3) {
    $here = Get-LsnOnSqlServer
    $there = Get-LsnOnInstance
    if ($here -and $here -eq $there -and ($times -eq 0 -or $here -eq $last)) { $times += 1 } else { $times = 0 }
    $last = $here
    if ($times -lt 3) {
      if ((Get-Date) -ge $deadline) { throw ${quote(notEqualInTime())} }
      Start-Sleep -Seconds 2
    }
  }
  return $last
}`,
  ].join('\n\n');
}

const notEqualInTime = (): string => l10n.t('The two sides are not equal: stop here and put back what was changed.');

function stepText(step: Step, number: number, plan: Plan): string {
  const heading = headingOf(step, number, plan);
  return [
    ...heading.map(comment),
    `Write-Host ${quote(titleOf(heading))}`,
    ...(step.pointOfNoReturn && needsConfirmation(plan)
      ? [
          `if (${quote(plan.intent.target.databases[0] ?? '')} -cne $ConfirmDatabase) { throw ${quote(confirmation(plan))} }`,
        ]
      : []),
    ...commandsOf(step, plan).map(command => commandText(command, plan)),
  ].join('\n');
}

function commandText(command: Command, plan: Plan): string {
  switch (command.command) {
    case 'note':
      return `Write-Warning ${quote(command.text)}`;
    case 'batch':
      return `${onServer(command.on)} ${hereString(command.text)} | Format-Table -AutoSize`;
    case 'await':
      return [
        `Wait-Until -Seconds ${command.budgetSeconds} -Otherwise ${quote(command.otherwise)} -Condition {`,
        `  (${onServer(command.on)} ${hereString(command.query)}).answer -eq 1`,
        '}',
      ].join('\n');
    case 'proveEqual':
      return [
        `$ProvenLsn = Wait-EqualLsn -Seconds ${command.budgetSeconds}`,
        `Write-Host ${quote(l10n.t('Equal on both sides, hardened LSN:'))} $ProvenLsn`,
      ].join('\n');
    case 'stillEqual': {
      const moved = l10n.t('The log has moved: somebody is still writing. Nothing was cut.');
      return `if ((${lsnOf(primaryBefore(plan))}) -ne $ProvenLsn) { throw ${quote(moved)} }`;
    }
    case 'azure': {
      const send = azureText(command.request, plan);
      return command.tolerated ? `try {\n  ${send}\n} catch {\n  Write-Warning $_.Exception.Message\n}` : send;
    }
  }
}

function azureText(request: ArmRequest, plan: Plan): string {
  const link = '-ResourceGroupName $ResourceGroup -InstanceName $InstanceName -Name $LinkName';
  const operation = linkOperation(request, plan.intent.target);
  switch (operation.operation) {
    case 'update':
      return `Update-AzSqlInstanceLink ${link} -ReplicationMode ${quote(operation.mode)} | Out-Null`;
    case 'delete':
      return `Remove-AzSqlInstanceLink ${link} -Force`;
    case 'failover': {
      const force = operation.type === 'ForcedAllowDataLoss' ? ' -Force' : '';
      return `Start-AzSqlInstanceLinkFailover ${link} -FailoverType ${quote(operation.type)}${force} | Out-Null`;
    }
    case 'other': {
      const payload = request.body ? ` -Payload ${quote(JSON.stringify(request.body))}` : '';
      return `Invoke-OnAzure -Method ${request.method} -Path ${quote(requestUrl(request))}${payload}`;
    }
  }
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

/** A string that PowerShell takes as it stands. It reads typographic single quotes as quotes too. */
const quote = (text: string): string => `'${text.replaceAll(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;

/** Lines that PowerShell takes as they stand, up to a line that begins with a quote and an at sign. Throws RangeError on a text that has such a line. */
function hereString(text: string): string {
  if (/^['\u2018\u2019\u201a\u201b]@/m.test(text)) throw new RangeError('A line of T-SQL would end the here-string');
  return `@'\n${text}\n'@`;
}

const comment = (text: string): string => `# ${oneLine(text)}`;
