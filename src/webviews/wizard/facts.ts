import * as l10n from '@vscode/l10n';
import { assess, type Finding } from '../../failover/assess.ts';
import { nameWasTyped, settle } from '../../failover/choices.ts';
import { type CleanUpChoice, cleanUpChoices } from '../../failover/clean-up.ts';
import { databasesOfLink, linksOf, targetOf } from '../../failover/discover.ts';
import { type CleanUp, DEFAULT_CATCH_UP_BUDGET_SECONDS, type Intent, type RouteChoices } from '../../failover/plan.ts';
import type { Sides } from '../../failover/sides.ts';
import { neededActions } from '../../failover/statements.ts';
import { azureLink } from '../../failover/sync-facts.ts';
import { type Capability, capabilities, type Way } from '../../link/capabilities.ts';
import { sameName } from '../../link/names.ts';
import type { DatabaseSummary, LinkInAzure, LinkSummary, Observation } from '../../link/observation.ts';
import type { FailoverKind, LinkTarget } from '../../link/vocabulary.ts';
import type { Model } from './model.ts';

/** What follows from the model: the one link, the target, what stands in the way. Pure. */

/** Limits of the catch-up budget, s: shorter is no wait at all, longer is no planned outage any more. */
const LEAST_BUDGET_SECONDS = 10;
const MOST_BUDGET_SECONDS = 86_400;

const databaseOf = (model: Model): DatabaseSummary | undefined =>
  model.opening.state === 'ready'
    ? model.opening.databases.find(d => sameName(d.name, model.start.database))
    : undefined;

/** The database's links to managed instances, or why there is none to fail over. */
export function usableLinks(model: Model): {
  readonly usable: readonly LinkSummary[];
  readonly whyNot: string | undefined;
} {
  if (model.opening.state !== 'ready') return { usable: [], whyNot: undefined };
  if (model.opening.identity.isManagedInstance)
    return {
      usable: [],
      whyNot: l10n.t(
        '{0} is itself a managed instance. Start from the SQL Server at the other end of the link.',
        model.opening.identity.name,
      ),
    };
  const database = databaseOf(model);
  if (!database)
    return {
      usable: [],
      whyNot: l10n.t(
        'There is no database {0} on {1}, or this login may not see it.',
        model.start.database,
        model.opening.identity.name,
      ),
    };
  return linksOf(database);
}

export function linkOf(model: Model): LinkSummary | undefined {
  const { link } = model;
  return link === undefined ? undefined : usableLinks(model).usable.find(l => sameName(l.name, link));
}

/** All databases that move together. */
export function databasesOf(model: Model): readonly string[] {
  const link = linkOf(model);
  if (!link || model.opening.state !== 'ready') return [model.start.database];
  return databasesOfLink(link, model.opening.databases, linkInAzureOf(model));
}

/** The link as Azure has it, once it was asked. */
function linkInAzureOf(model: Model): LinkInAzure | undefined {
  const { instance } = model.logIn;
  if (instance.state !== 'found' || instance.link.state !== 'seen' || instance.link.value === 'absent')
    return undefined;
  return instance.link.value;
}

export const databaseNames = (model: Model): string => databasesOf(model).join(', ');
export const serverName = (model: Model): string =>
  model.opening.state === 'ready' ? model.opening.identity.name : model.start.server.label;
export const instanceName = (model: Model): string =>
  model.logIn.instance.state === 'found'
    ? model.logIn.instance.instance.name
    : (linkOf(model)?.instance?.instance ?? l10n.t('the managed instance'));

/** What the failover is about; undefined until the instance was found. */
export function targetOfModel(model: Model): LinkTarget | undefined {
  const link = linkOf(model);
  if (!link || model.opening.state !== 'ready' || model.logIn.instance.state !== 'found') return undefined;
  const { identity, databases } = model.opening;
  return targetOf(identity, link, databases, model.logIn.instance.instance, linkInAzureOf(model));
}

/** The connections to work with. */
export function sidesOf(model: Model): Sides {
  const found = model.logIn.instance.state === 'found' ? model.logIn.instance : undefined;
  return {
    sqlServer: model.opening.state === 'ready' ? model.opening.side : undefined,
    instance: found?.access.by === 'tds' ? found.access.side : undefined,
    azure: model.logIn.signedIn?.azure,
  };
}

/** Findings that are about the other side, which is not asked before the sign-in. */
const NOT_YET_ASKED: ReadonlySet<string> = new Set([
  'instanceUnseen',
  'instanceByAzure',
  'azureUnseen',
  'linkAbsentInAzure',
]);

/** What SQL Server alone already shows to be in the way of any failover. */
export function serverBlocks(model: Model): readonly Finding[] {
  const link = linkOf(model);
  if (!link?.instance || model.opening.state !== 'ready' || model.look.state !== 'seen') return [];
  const target: LinkTarget = {
    link: link.name,
    linkId: link.id,
    availabilityGroup: link.availabilityGroup,
    instanceAvailabilityGroup: link.instanceAvailabilityGroup,
    databases: databasesOf(model),
    sqlServer: model.opening.identity,
    instance: { name: link.instance.instance, fullyQualifiedDomainName: link.instance.fullyQualifiedDomainName },
    azure: { subscriptionId: '', resourceGroup: '', instance: link.instance.instance },
  };
  const observation: Observation = {
    takenAt: model.look.at,
    sqlServer: { state: 'seen', value: model.look.sight },
    managedInstance: { state: 'notAsked' },
    azure: { state: 'notAsked' },
  };
  return assess(observation, target, 'forced').filter(f => f.severity === 'block' && !NOT_YET_ASKED.has(f.id));
}

/** Every planned way to the instance with its verdict, as far as version, update policy and failover mode are known by now. */
export function plannedWays(model: Model): readonly Capability[] {
  const { opening, logIn, observation } = model;
  if (opening.state !== 'ready') return [];
  const inAzure = (observation && azureLink(observation)) ?? linkInAzureOf(model);
  try {
    return capabilities({
      version: opening.identity.version,
      databaseFormat: logIn.instance.state === 'found' ? logIn.instance.instance.databaseFormat : undefined,
      failoverMode: inAzure?.failoverMode || undefined,
      direction: 'toInstance',
    }).filter(c => c.kind === 'planned');
  } catch (error) {
    // A version that cannot be read: the cut is what every version has.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** The possible way that keeps the link. */
export const keepingWay = (model: Model): Way | undefined =>
  plannedWays(model).find(c => c.possible && c.keepsLink)?.way;

/** The chosen way. A link that was to be kept is never cut instead: where it cannot be kept any more, the assessment says so. */
function wayOf(model: Model): Way | undefined {
  const { kind, keepLink } = model.choices;
  return kind === 'planned' && keepLink ? (keepingWay(model) ?? 'tsqlFailover') : undefined;
}

/** What the person chose of the way. */
function routeChoices(model: Model): RouteChoices {
  const { logIn, choices } = model;
  const way = wayOf(model);
  const databaseFormat = logIn.instance.state === 'found' ? logIn.instance.instance.databaseFormat : undefined;
  return {
    ...(way ? { way } : {}),
    ...(databaseFormat === undefined ? {} : { databaseFormat }),
    ...(choices.kind === 'forced' ? { typedDatabaseName: choices.typedName } : {}),
  };
}

/** The link is there afterwards, as chosen so far. */
export const keepsLink = (model: Model): boolean => settle(model.choices.kind, routeChoices(model)).keepsLink;

/** Azure actions that this kind needs and the account is known to lack. */
function missingActions(model: Model, kind: FailoverKind): readonly string[] {
  const { instance } = model.logIn;
  if (instance.state !== 'found' || instance.permissions === 'asking') return [];
  const { missing } = instance.permissions;
  return neededActions(kind, wayOf(model)).filter(action => missing.includes(action));
}

/** What speaks against the chosen kind now, blocking first. */
export function findings(model: Model): readonly Finding[] {
  const target = targetOfModel(model);
  if (!target || !model.observation) return [];
  const missing = missingActions(model, model.choices.kind);
  const permission: readonly Finding[] =
    missing.length === 0
      ? []
      : [
          {
            id: 'azurePermission',
            severity: 'block',
            title: l10n.t('{0} may not do this in Azure', model.logIn.signedIn?.azure.account ?? ''),
            detail: l10n.t('Missing: {0}', missing.join(', ')),
            advice: l10n.t(
              'Ask for a role that holds these actions on {0}, e.g. SQL Managed Instance Contributor.',
              target.instance.name,
            ),
          },
        ];
  return [...permission, ...assess(model.observation, target, model.choices.kind, routeChoices(model))];
}

/** Why the text is no catch-up budget; undefined: it is one. */
export function budgetProblem(text: string): string | undefined {
  const seconds = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (seconds >= LEAST_BUDGET_SECONDS && seconds <= MOST_BUDGET_SECONDS) return undefined;
  return l10n.t('Enter whole seconds from {0} to {1}.', LEAST_BUDGET_SECONDS, MOST_BUDGET_SECONDS);
}

/** The clean-up boxes; undefined until both sides were seen. The AG cannot go while the DAG that uses it stays. */
export function cleanUpOf(
  model: Model,
): { readonly dag: CleanUpChoice; readonly ag: CleanUpChoice; readonly chosen: CleanUp } | undefined {
  const target = targetOfModel(model);
  if (!target || !model.observation) return undefined;
  const { dag, ag } = cleanUpChoices(model.observation, target, {
    kind: model.choices.kind,
    ...routeChoices(model),
  });
  const dropDag = dag.available && (model.choices.dropDag ?? dag.recommended);
  const agNow: CleanUpChoice =
    ag.available && !dropDag
      ? { ...ag, available: false, whyNot: l10n.t('The distributed availability group uses it. Drop that one too.') }
      : ag;
  return {
    dag,
    ag: agNow,
    chosen: {
      dropDistributedAvailabilityGroup: dropDag,
      dropAvailabilityGroup: agNow.available && model.choices.dropAg,
    },
  };
}

/** What the person chose; undefined while a choice is still missing. */
export function intentOf(model: Model): Intent | undefined {
  const target = targetOfModel(model);
  const cleanUp = cleanUpOf(model)?.chosen;
  const { kind, budgetText } = model.choices;
  const noBudget = budgetProblem(budgetText) !== undefined;
  if (!target || !cleanUp || (kind === 'planned' && noBudget)) return undefined;
  // A forced failover does not wait, so what was typed there before does not matter.
  const catchUpBudgetSeconds = noBudget ? DEFAULT_CATCH_UP_BUDGET_SECONDS : Number(budgetText);
  return { kind, target, cleanUp, catchUpBudgetSeconds, ...routeChoices(model) };
}

/** Why the page cannot be left forwards; undefined: it can. '' = the page itself says why. */
export function whyNotNext(model: Model): string | undefined {
  switch (model.page) {
    case 'introduction':
      return whyNotFromIntroduction(model);
    case 'logIn':
      return whyNotFromLogIn(model);
    case 'failoverType':
      return whyNotFromFailoverType(model);
    case 'cleanUp':
      return cleanUpOf(model) ? undefined : '';
    case 'summary':
      return model.summary.state === 'ready' ? undefined : '';
    case 'executing':
    case 'results':
      return '';
  }
}

function whyNotFromIntroduction(model: Model): string | undefined {
  if (model.opening.state !== 'ready') return '';
  const { usable } = usableLinks(model);
  if (usable.length === 0) return '';
  if (!linkOf(model)) return l10n.t('Choose a link.');
  return model.look.state === 'seen' && serverBlocks(model).length === 0 ? undefined : '';
}

function whyNotFromLogIn({ logIn }: Model): string | undefined {
  if (logIn.busy !== undefined) return '';
  if (!logIn.signedIn) return l10n.t('Sign in first.');
  if (logIn.instance.state !== 'found') return '';
  const { permissions, access, link } = logIn.instance;
  if (access.by === 'trying' || permissions === 'asking' || link.state !== 'seen' || link.value === 'absent') return '';
  const lacks = (kind: FailoverKind) => neededActions(kind).some(action => permissions.missing.includes(action));
  return lacks('planned') && lacks('forced') ? l10n.t('This account lacks permissions in Azure.') : undefined;
}

function whyNotFromFailoverType(model: Model): string | undefined {
  if (!model.observation) return '';
  if (findings(model).some(f => f.severity === 'block')) return l10n.t('Something stands in the way; see above.');
  const { choices } = model;
  if (choices.kind === 'planned' && budgetProblem(choices.budgetText)) return l10n.t('Correct the catch-up budget.');
  const ticked = choices.kind === 'planned' ? choices.workloadStopped : choices.lossUnderstood;
  if (!ticked) return l10n.t('Tick the box to continue.');
  if (choices.kind === 'planned') return undefined;
  const intent = intentOf(model);
  return intent && nameWasTyped(intent) ? undefined : l10n.t('Type the name of the database to continue.');
}
