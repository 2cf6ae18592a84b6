import * as l10n from '@vscode/l10n';
import { estimateLoss } from '../../../failover/loss.ts';
import {
  azureLink,
  databaseInAzure,
  databaseOn,
  instanceReadBy,
  instanceSight,
  lsnPairs,
  roles,
  sqlServerSight,
} from '../../../failover/sync-facts.ts';
import type { Way } from '../../../link/capabilities.ts';
import type { DatabaseOnServer, LinkMember, Observation, SessionInDatabase } from '../../../link/observation.ts';
import type { LinkTarget } from '../../../link/vocabulary.ts';
import type { PageViewOf, Replicas, Tone } from '../../messages.ts';
import { budgetProblem, databaseNames, findings, keepingWay, keepsLink, plannedWays, targetOfModel } from '../facts.ts';
import type { Model } from '../model.ts';
import {
  commitMode,
  findingNotice,
  lsn,
  lsnDigits,
  notReported,
  role,
  seconds,
  size,
  syncState,
  timeOfDay,
} from './format.ts';

type FailoverTypeView = PageViewOf<'failoverType'>;
type Row = Replicas['groups'][number]['rows'][number];
type Cell = Row['cells'][number];

/** Sessions beyond these are counted, not listed. */
const SESSIONS_SHOWN = 8;

export function failoverTypeView(model: Model): FailoverTypeView {
  const { choices, observation } = model;
  const target = targetOfModel(model);
  const planned = choices.kind === 'planned';
  return {
    page: 'failoverType',
    lead: l10n.t('Both replicas as they are now, and the way to fail over.'),
    busy: observation ? undefined : l10n.t('Looking at both sides…'),
    replicas: observation && target && replicas(observation, target),
    findings: findings(model).map(findingNotice),
    kinds: kinds(model),
    way: planned && observation ? way(model) : undefined,
    loss: !planned && observation && target ? loss(observation, target) : undefined,
    confirm: {
      label: planned
        ? l10n.t('The workload on {0} is stopped.', databaseNames(model))
        : l10n.t(
            'I understand that data committed on {0} and not yet hardened on {1} may be lost.',
            target?.sqlServer.name ?? '',
            target?.instance.name ?? '',
          ),
      ticked: planned ? choices.workloadStopped : choices.lossUnderstood,
    },
    typedName: !planned && target ? typedName(model, target) : undefined,
    budget: planned
      ? {
          label: l10n.t('Catch-up budget (seconds)'),
          description: l10n.t(
            'How long to wait until both sides are equal. After that everything is put back as it was.',
          ),
          value: choices.budgetText,
          problem: budgetProblem(choices.budgetText),
        }
      : undefined,
    sessions: sessions(observation),
  };
}

function kinds(model: Model): FailoverTypeView['kinds'] {
  const { choices } = model;
  return {
    label: l10n.t('Failover type'),
    chosen: choices.kind,
    options: [
      {
        kind: 'planned',
        title: l10n.t('Planned failover'),
        description: keepsLink(model)
          ? l10n.t('Waits until both sides are equal, then reverses the roles. Nothing is lost.')
          : l10n.t('Waits until both sides are equal, then cuts the link. Nothing is lost.'),
      },
      {
        kind: 'forced',
        title: l10n.t('Forced failover'),
        description: l10n.t('Does not wait. For when SQL Server is lost or cannot catch up. Data may be lost.'),
      },
    ],
  };
}

function typedName({ choices }: Model, { databases }: LinkTarget): FailoverTypeView['typedName'] {
  const names = databases.join(', ');
  return {
    label:
      databases.length > 1
        ? l10n.t('Type the name of one of the databases to confirm: {0}', names)
        : l10n.t('Type the name of the database to confirm: {0}', names),
    value: choices.typedName,
  };
}

/** Keep the link or cut it; what is not possible is listed with its reason. */
function way(model: Model): FailoverTypeView['way'] {
  const keeping = keepingWay(model);
  const { keepLink } = model.choices;
  const notPossible = plannedWays(model).flatMap(c =>
    c.keepsLink && c.whyNot ? [{ way: c.way, whyNot: c.whyNot }] : [],
  );
  const label = l10n.t('What becomes of the link');
  const chosen = keepLink ? 'keep' : 'cut';
  if (keeping === undefined && !keepLink) {
    // Which of the ways it would be does not matter then, and Azure's own is for the other direction.
    const reasons = notPossible.filter(n => n.way !== 'azureFailover').map(n => n.whyNot);
    const items = [...new Set(reasons)];
    if (items.length === 0) return undefined;
    return { label, chosen, options: [], notes: { title: l10n.t('The link is cut: it cannot be kept'), items } };
  }
  return {
    label,
    chosen,
    options: [
      {
        link: 'keep',
        title: l10n.t('Keep it, with roles reversed'),
        description: keeping ? howItIsKept(keeping) : l10n.t('Not possible any more.'),
      },
      {
        link: 'cut',
        title: l10n.t('Cut it: both databases become independent'),
        description: l10n.t('The link is deleted, and replication ends.'),
      },
    ],
    notes: {
      title: l10n.t('Ways that are not possible here'),
      items: notPossible.map(n => l10n.t('{0}: {1}', wayName(n.way), n.whyNot)),
    },
  };
}

const howItIsKept = (keeping: Way): string =>
  keeping === 'roleSwitch'
    ? l10n.t('By switching the role on each side: this build has no FAILOVER of a link yet.')
    : l10n.t('By the T-SQL statement FAILOVER on SQL Server.');

function wayName(value: Way): string {
  switch (value) {
    case 'cutLink':
      return l10n.t('Cutting the link');
    case 'tsqlFailover':
      return l10n.t('T-SQL FAILOVER');
    case 'roleSwitch':
      return l10n.t('Switching the role on each side');
    case 'azureFailover':
      return l10n.t('Planned failover by Azure');
    case 'force':
      return l10n.t('Forced failover');
  }
}

function replicas(o: Observation, target: LinkTarget): Replicas {
  const readBy = instanceReadBy(o);
  const own = { name: target.sqlServer.name, place: l10n.t('SQL Server') };
  const instance = { name: target.instance.name, place: l10n.t('Managed instance') };
  return {
    caption: l10n.t('Both replicas'),
    columns: [own, instance],
    groups: [
      { rows: sideRows(o, target) },
      ...target.databases.map(name => ({
        title: target.databases.length > 1 ? name : undefined,
        rows: databaseRows(o, target, name),
      })),
    ],
    asOf:
      readBy === 'azure'
        ? l10n.t('As of {0}. The instance is read through Azure.', timeOfDay(o.takenAt))
        : l10n.t('As of {0}', timeOfDay(o.takenAt)),
  };
}

const row = (label: string, own: Cell | string, there: Cell | string, code = false): Row => {
  const cell = (c: Cell | string): Cell => (typeof c === 'string' ? { text: c } : c);
  return { label, cells: [cell(own), cell(there)], code };
};

function sideRows(o: Observation, target: LinkTarget): Row[] {
  const both = roles(o);
  const members = sqlServerSight(o)?.link?.members ?? [];
  const member = (name: string): LinkMember | undefined => members.find(m => m.availabilityGroup === name);
  const remote = member(target.instanceAvailabilityGroup) ?? members.find(m => m.isLocal === false);
  const own = member(target.availabilityGroup) ?? members.find(m => m.isLocal === true);
  return [
    row(l10n.t('Role'), role(both.sqlServer), role(both.instance)),
    row(l10n.t('Commit mode'), commitMode(own?.commitMode), commitMode(remote?.commitMode ?? azureLink(o)?.commitMode)),
    row(l10n.t('Connected'), answers(o.sqlServer.state === 'seen'), connected(remote?.connected)),
  ];
}

function databaseRows(o: Observation, target: LinkTarget, name: string): Row[] {
  const own = databaseOn(sqlServerSight(o), name);
  const there = databaseOn(instanceSight(o), name);
  const azure = databaseInAzure(o, name);
  const pair = lsnPairs(o, target).find(p => p.database === name);
  const none = '–';
  return [
    row(l10n.t('State'), replicaState(own), there ? replicaState(there) : azure ? azure.replicaState : notReported()),
    row(l10n.t('Hardened LSN'), lsn(pair?.sqlServer), lsn(pair?.instance), true),
    row(l10n.t('Send queue'), queue(own?.remote?.sendQueueKb), none),
    row(l10n.t('Redo queue'), none, queue(there?.local?.redoQueueKb ?? own?.remote?.redoQueueKb)),
    row(l10n.t('Lag'), none, seconds(own?.remote?.lagSeconds ?? there?.local?.lagSeconds)),
  ];
}

const answers = (seen: boolean): Cell =>
  seen ? { text: l10n.t('Yes') } : { text: l10n.t('Does not answer'), tone: 'error' };

function connected(value: boolean | undefined): Cell {
  if (value === undefined) return { text: notReported() };
  return value ? { text: l10n.t('Yes'), tone: 'success' } : { text: l10n.t('No'), tone: 'error' };
}

function replicaState(database: DatabaseOnServer | undefined): Cell {
  const replica = database?.local;
  if (!replica) return { text: notReported() };
  if (replica.suspended) return { text: l10n.t('Suspended'), tone: 'error' };
  const tones: Partial<Record<typeof replica.syncState, Tone>> = {
    synchronized: 'success',
    notSynchronizing: 'error',
    reverting: 'warning',
    initializing: 'warning',
  };
  return { text: syncState(replica.syncState), tone: tones[replica.syncState] };
}

const queue = (kb: number | undefined): Cell => ({
  text: size(kb),
  tone: kb !== undefined && kb > 0 ? 'warning' : undefined,
});

function loss(o: Observation, target: LinkTarget): NonNullable<FailoverTypeView['loss']> {
  const estimate = estimateLoss(o, target);
  return {
    title: estimate.provenZero ? l10n.t('Nothing would be lost at this moment') : l10n.t('What may be lost'),
    tone: estimate.provenZero ? 'success' : 'warning',
    facts: [
      { label: l10n.t('From (hardened on the instance)'), value: lsnDigits(estimate.fromLsn) },
      { label: l10n.t('To (end of log on SQL Server)'), value: lsnDigits(estimate.toLsn) },
      { label: l10n.t('Waiting to be sent'), value: size(estimate.sendQueueKb) },
      { label: l10n.t('Time behind'), value: seconds(estimate.seconds) },
    ],
    explanation: estimate.explanation,
  };
}

function sessions(o: Observation | undefined): FailoverTypeView['sessions'] {
  const server = o && sqlServerSight(o);
  if (!server) return undefined;
  const byWeight = [...server.sessions].sort(
    (a, b) => b.openTransactions - a.openTransactions || (b.transactionSeconds ?? 0) - (a.transactionSeconds ?? 0),
  );
  const more = byWeight.length - SESSIONS_SHOWN;
  return {
    title: l10n.t('Sessions in the database ({0})', byWeight.length),
    none: byWeight.length === 0 ? l10n.t('No other session is connected to it.') : undefined,
    columns: [l10n.t('Login'), l10n.t('Host'), l10n.t('Program'), l10n.t('Open transaction')],
    rows: byWeight.slice(0, SESSIONS_SHOWN).map(s => [s.login, s.host || '–', s.program || '–', transaction(s)]),
    more: more > 0 ? l10n.t('and {0} more', more) : undefined,
  };
}

function transaction(session: SessionInDatabase): string {
  if (session.openTransactions === 0) return l10n.t('none');
  return session.transactionSeconds === undefined
    ? l10n.t('open')
    : l10n.t('open for {0} s', session.transactionSeconds);
}
