import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { linksOf, targetOf } from '../failover/discover.ts';
import type { RouteChoices } from '../failover/plan.ts';
import { checkReadiness, type ReadinessReport } from '../failover/readiness/check-readiness.ts';
import { overallText, readinessJson, readinessMarkdown } from '../failover/readiness/readiness-report.ts';
import type { RegisteredServer, SignedIn, SignInChoice } from '../hosts/contract.ts';
import { problemLine } from '../hosts/log.ts';
import { systemClock } from '../link/clock.ts';
import type { InstanceEndpoint } from '../link/endpoint.ts';
import { sameName } from '../link/names.ts';
import type { InstanceInAzure, LinkSummary } from '../link/observation.ts';
import type { AzureSide, SqlSide } from '../link/ports.ts';
import { LinkError, problemOf } from '../link/problem.ts';
import { chooseDatabase } from './failover-database.ts';
import { type Command, type Parts, serverOfNode } from './parts.ts';
import type { Choice } from './prompter.ts';
import { cancellable } from './with-cancel.ts';

const title = () => l10n.t('Check Failover Readiness');

/** Checks a link without changing anything, and shows what was found as Markdown in an editor; on demand it is saved as JSON. */
export const checkFailoverReadiness: Command = async (parts, node) => {
  const known = serverOfNode(parts, node);
  const chosen =
    known && (node?.kind === 'database' || node?.kind === 'link')
      ? { server: known, database: node.database.name }
      : await chooseDatabase(parts, known, title());
  if (!chosen) return;
  const scope = await askForScope(parts, chosen.server);
  if (!scope) return;
  const report = await cancellable(l10n.t('Checking the failover readiness of {0}…', chosen.database), signal =>
    check(parts, { ...chosen, scope, link: node?.kind === 'link' ? node.link.name : undefined }, signal),
  );
  if (report) await show(report);
};

type Scope = SignInChoice | 'sqlServerOnly';

async function askForScope(parts: Parts, server: RegisteredServer): Promise<Scope | undefined> {
  const withAzure = parts.wizardHost.signIn.choices(server).map(
    (choice): Choice<Scope> => ({
      label: l10n.t('With Azure: {0}', choice.label),
      detail: choice.description,
      icon: 'azure',
      value: choice,
    }),
  );
  const without: Choice<Scope> = {
    label: l10n.t('SQL Server only'),
    detail: l10n.t('No sign-in. What only Azure or the instance can tell stays not known.'),
    icon: 'server',
    value: 'sqlServerOnly',
  };
  const answer = await parts.prompter.choose({
    title: title(),
    placeholder: l10n.t('What should be looked at?'),
    choices: [...withAzure, without],
  });
  return answer.kind === 'answered' ? answer.value : undefined;
}

interface Wanted {
  readonly server: RegisteredServer;
  readonly database: string;
  readonly link: string | undefined;
  readonly scope: Scope;
}

/** undefined: the person did not choose a link. */
async function check(parts: Parts, wanted: Wanted, signal: AbortSignal): Promise<ReadinessReport | undefined> {
  const sqlServer = await parts.servers.connect(wanted.server.id, signal);
  let instance: SqlSide | undefined;
  try {
    const [identity, databases] = await Promise.all([sqlServer.identify(signal), sqlServer.databases(signal)]);
    const link = await linkOf(parts, wanted, databases);
    if (!link?.instance) return undefined;
    const azure = await openAzure(parts, wanted, link.instance, signal);
    instance = azure?.side;
    const target = targetOf(identity, link, databases, azure?.instance ?? notLocated(link.instance));
    const choices: RouteChoices = { direction: link.localRole === 'secondary' ? 'toSqlServer' : 'toInstance' };
    const sides = { sqlServer, instance, azure: azure?.azure };
    return await checkReadiness(sides, target, 'planned', systemClock, signal, choices);
  } finally {
    await Promise.all([sqlServer.close(), instance?.close()]);
  }
}

/** The link that was clicked, the only one, or the one the person chooses. Throws LinkError 'notLinked' where there is none. */
async function linkOf(
  parts: Parts,
  { server, database, link }: Wanted,
  databases: Awaited<ReturnType<SqlSide['databases']>>,
): Promise<LinkSummary | undefined> {
  const summary = databases.find(d => sameName(d.name, database));
  const { usable, whyNot } = summary ? linksOf(summary) : { usable: [], whyNot: undefined };
  const wanted = usable.filter(l => link === undefined || sameName(l.name, link));
  if (wanted.length === 0)
    throw new LinkError({
      reason: 'notLinked',
      venue: 'sqlServer',
      message: whyNot ?? l10n.t('{0} on {1} is in no such link any more.', database, server.label),
    });
  if (wanted.length === 1) return wanted[0];
  const answer = await parts.prompter.choose({
    title: title(),
    placeholder: l10n.t('Which link of {0}?', database),
    choices: wanted.map(l => ({ label: l.name, description: l.instance?.instance ?? '', value: l })),
  });
  return answer.kind === 'answered' ? answer.value : undefined;
}

interface AzureAccess {
  readonly azure: AzureSide;
  readonly instance: InstanceInAzure;
  /** undefined: its endpoint cannot be reached; Azure speaks for it. */
  readonly side: SqlSide | undefined;
}

async function openAzure(
  parts: Parts,
  { server, scope }: Wanted,
  endpoint: InstanceEndpoint,
  signal: AbortSignal,
): Promise<AzureAccess | undefined> {
  if (scope === 'sqlServerOnly') return undefined;
  const signedIn = await parts.wizardHost.signIn.signIn(scope, server, undefined, signal);
  const instance = await findInstance(signedIn, endpoint, signal);
  const side = await signedIn.connectInstance(instance, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    parts.log.warn(problemLine(problemOf(error, 'managedInstance')));
    return undefined;
  });
  return { azure: signedIn.azure, instance, side };
}

/** Looks through the account's subscriptions; one that cannot be read is passed over. Throws LinkError 'notFound'. */
async function findInstance(
  { azure }: SignedIn,
  { instance, fullyQualifiedDomainName }: InstanceEndpoint,
  signal: AbortSignal,
): Promise<InstanceInAzure> {
  const subscriptions = await azure.subscriptions(signal);
  for (const { subscriptionId } of subscriptions) {
    const found = await azure.findInstance(subscriptionId, instance, fullyQualifiedDomainName, signal).catch(() => {
      signal.throwIfAborted();
      return undefined;
    });
    if (found) return found;
  }
  throw new LinkError({
    reason: 'notFound',
    venue: 'azure',
    message: l10n.t('{0} was not found in {1} subscription(s) of {2}.', instance, subscriptions.length, azure.account),
    advice: l10n.t('Sign in with another account, ask for the Reader role on the instance, or check SQL Server only.'),
  });
}

/** The instance as the link's endpoint names it: where it is in Azure is not known and not asked. */
const notLocated = ({ instance, fullyQualifiedDomainName }: InstanceEndpoint): InstanceInAzure => ({
  id: '',
  name: instance,
  subscriptionId: '',
  resourceGroup: '',
  location: '',
  fullyQualifiedDomainName,
  state: '',
  databaseFormat: undefined,
  tier: '',
});

async function show(report: ReadinessReport): Promise<void> {
  const document = await vscode.workspace.openTextDocument({
    language: 'markdown',
    content: readinessMarkdown(report),
  });
  await vscode.window.showTextDocument(document, { preview: false });
  const save = l10n.t('Save as JSON');
  const tell = report.overall === 'blocked' ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  if ((await tell(overallText(report), save)) === save) await saveJson(report);
}

async function saveJson(report: ReadinessReport): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: l10n.t('Save as JSON'),
    filters: { JSON: ['json'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'failover-readiness.json') } : {}),
  });
  if (file) await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(readinessJson(report)));
}
