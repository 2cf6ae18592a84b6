import { describe, expect, it } from 'vitest';
import { assess } from '../../src/failover/assess.ts';
import { cleanUpChoices } from '../../src/failover/clean-up.ts';
import { linksOf, targetOf } from '../../src/failover/discover.ts';
import { estimateLoss } from '../../src/failover/loss.ts';
import { observe } from '../../src/failover/sides.ts';
import type { DatabaseSummary, LinkSummary, Observation, ServerSight } from '../../src/link/observation.ts';
import { SmallLink } from './small-link.ts';

const NEVER = new AbortController().signal;
const look = (link: SmallLink): Promise<Observation> => observe(link.sides, link.target, link.clock, NEVER);

/** The look, with something else seen on SQL Server. */
function withServer(o: Observation, change: (server: ServerSight) => Partial<ServerSight>): Observation {
  if (o.sqlServer.state !== 'seen') throw new Error('SQL Server was not seen');
  return { ...o, sqlServer: { state: 'seen', value: { ...o.sqlServer.value, ...change(o.sqlServer.value) } } };
}

const ids = (o: Observation, link: SmallLink, kind: 'planned' | 'forced' = 'planned') =>
  assess(o, link.target, kind)
    .filter(f => f.severity === 'block')
    .map(f => f.id);

describe('what speaks against a failover', () => {
  it('is nothing on a healthy link', async () => {
    const link = new SmallLink();
    expect(assess(await look(link), link.target, 'planned')).toEqual([]);
  });

  it.each<[string, (o: Observation) => Observation]>([
    ['noViewServerState', o => withServer(o, s => ({ permissions: { ...s.permissions, viewServerState: false } }))],
    ['noAlterGroup', o => withServer(o, s => ({ permissions: { ...s.permissions, alterAvailabilityGroup: false } }))],
    ['alwaysOnOff', o => withServer(o, s => ({ identity: { ...s.identity, alwaysOnEnabled: false } }))],
    ['noLink', o => withServer(o, () => ({ link: undefined }))],
    ['otherLink', o => withServer(o, s => (s.link ? { link: { ...s.link, id: 'OTHER' } } : {}))],
    [
      'localSecondary',
      o =>
        withServer(o, s =>
          s.availabilityGroup ? { availabilityGroup: { ...s.availabilityGroup, localRole: 'secondary' } } : {},
        ),
    ],
    ['noPrimary', o => withServer(o, s => (s.link ? { link: { ...s.link, localRole: 'secondary' } } : {}))],
    [
      'disconnected',
      o =>
        withServer(o, s =>
          s.link ? { link: { ...s.link, members: s.link.members.map(m => ({ ...m, connected: false })) } } : {},
        ),
    ],
    ['noDatabase', o => withServer(o, () => ({ databases: [] }))],
    ['linkAbsentInAzure', o => ({ ...o, azure: { state: 'seen', value: 'absent' } })],
    [
      'azureUnseen',
      o => ({
        ...o,
        azure: { state: 'unseen', problem: { reason: 'loginFailed', venue: 'azure', message: 'token expired' } },
      }),
    ],
    [
      'sqlServerUnseen',
      o => ({
        ...o,
        sqlServer: { state: 'unseen', problem: { reason: 'unreachable', venue: 'sqlServer', message: 'no route' } },
      }),
    ],
  ])('%s blocks a planned failover', async (id, change) => {
    const link = new SmallLink();
    expect(ids(change(await look(link)), link)).toContain(id);
  });

  it('two primaries are named, and block forced failovers too', async () => {
    const link = new SmallLink();
    link.instanceRole = 'primary';
    expect(ids(await look(link), link, 'forced')).toContain('splitBrain');
  });

  it('a lost SQL Server blocks a planned failover but not a forced one', async () => {
    const link = new SmallLink();
    link.sqlServerReachable = false;
    const o = await look(link);
    expect([ids(o, link), ids(o, link, 'forced')]).toEqual([['sqlServerUnseen'], []]);
  });

  it('a certificate that runs out is a warning, one that has is a block', async () => {
    const link = new SmallLink();
    const o = await look(link);
    const withExpiry = (days: number): Observation => {
      if (o.azure.state !== 'seen' || o.azure.value === 'absent') throw new Error('Azure was not seen');
      const databases = o.azure.value.databases.map(d => ({ ...d, certificateExpiry: o.takenAt + days * 86_400_000 }));
      return { ...o, azure: { state: 'seen', value: { ...o.azure.value, databases } } };
    };
    const severities = [-2, 10, 300].map(days => assess(withExpiry(days), link.target, 'planned').map(f => f.severity));
    expect(severities).toEqual([['block'], ['warn'], []]);
  });
});

describe('the estimated loss', () => {
  it('is proven zero only when synchronous, equal and quiet', async () => {
    const link = new SmallLink();
    expect(estimateLoss(await look(link), link.target).provenZero).toBe(false);
    link.mode = 'synchronous';
    expect(estimateLoss(await look(link), link.target).provenZero).toBe(true);
    link.openTransactions = 1;
    expect(estimateLoss(await look(link), link.target).provenZero).toBe(false);
  });

  it('of an asynchronous link with nothing waiting claims no proof, and its range is never reversed', async () => {
    const link = new SmallLink();
    const loss = estimateLoss(await look(link), link.target);
    expect([loss.provenZero, loss.fromLsn === loss.toLsn]).toEqual([false, true]);
    expect(loss.explanation).toContain('no proof');
  });

  it('takes a lag of 0 beside waiting log for what it is: no measurement', async () => {
    const link = new SmallLink();
    link.committed += 5n;
    const o = withServer(await look(link), s => ({
      databases: s.databases.map(d => (d.remote ? { ...d, remote: { ...d.remote, lagSeconds: 0 } } : d)),
    }));
    expect(estimateLoss(o, link.target).seconds).toBeUndefined();
  });

  it('names the range of log that is not hardened', async () => {
    const link = new SmallLink();
    link.committed += 5n;
    expect(estimateLoss(await look(link), link.target)).toMatchObject({
      fromLsn: '37000000000000100',
      toLsn: '37000000000000105',
      sendQueueKb: 5,
    });
  });
});

describe('clean-up', () => {
  it.each<[string, (s: ServerSight) => Partial<ServerSight>, RegExp | undefined]>([
    ['nothing else uses the AG', () => ({}), undefined],
    [
      'another database is in it',
      s => (s.availabilityGroup ? { availabilityGroup: { ...s.availabilityGroup, databases: ['Sales', 'HR'] } } : {}),
      /also holds HR/,
    ],
    [
      'another link uses it',
      s =>
        s.availabilityGroup ? { availabilityGroup: { ...s.availabilityGroup, links: ['DAG_Sales', 'DAG_DR'] } } : {},
      /DAG_DR uses it too/,
    ],
    [
      'it has a second replica',
      s => (s.availabilityGroup ? { availabilityGroup: { ...s.availabilityGroup, replicas: ['A', 'B'] } } : {}),
      /2 replicas/,
    ],
    [
      'it has a listener',
      s => (s.availabilityGroup ? { availabilityGroup: { ...s.availabilityGroup, listeners: ['lst'] } } : {}),
      /listener lst/,
    ],
    ['it cannot be read', () => ({ availabilityGroup: undefined }), /cannot be read/],
  ])('given that %s', async (_, change, whyNot) => {
    const link = new SmallLink();
    const { ag, dag } = cleanUpChoices(withServer(await look(link), change), link.target);
    expect([dag.available, dag.recommended, ag.available, ag.recommended]).toEqual([
      true,
      true,
      whyNot === undefined,
      false,
    ]);
    if (whyNot) expect(ag.whyNot).toMatch(whyNot);
  });
});

describe('finding the link of a database', () => {
  const link: LinkSummary = {
    name: 'DAG_Sales',
    id: 'ID',
    availabilityGroup: 'AG_Sales',
    instanceAvailabilityGroup: 'mi-prod',
    instance: { instance: 'mi-prod', fullyQualifiedDomainName: 'mi-prod.z.database.windows.net', port: 5022 },
    localRole: 'primary',
    commitMode: 'asynchronous',
    syncState: 'synchronizing',
    health: 'healthy',
    connected: true,
    sendQueueKb: 0,
    redoQueueKb: 0,
    lagSeconds: 0,
  };
  const database = (name: string, links: readonly LinkSummary[]): DatabaseSummary => ({
    name,
    state: 'ONLINE',
    writable: true,
    links,
  });

  it('says why there is none', () => {
    expect(linksOf(database('Archive', [])).whyNot).toBe('Archive is not part of a Managed Instance link.');
    expect(linksOf(database('Sales', [{ ...link, instance: undefined }])).whyNot).toContain(
      'not an Azure SQL Managed Instance',
    );
  });

  it('takes all databases that the link carries, as Azure names them', async () => {
    const all = [database('Sales', [link]), database('HR', [link]), database('Archive', [])];
    const instance = {
      id: '',
      name: 'mi-prod',
      subscriptionId: 's',
      resourceGroup: 'rg',
      location: 'weu',
      fullyQualifiedDomainName: 'mi-prod.z.database.windows.net',
      state: 'Ready',
      databaseFormat: 'SQLServer2022',
      tier: 'GeneralPurpose',
    };
    const identity = {
      name: 'SQLPROD01',
      version: '15.0.4420.2',
      edition: 'Enterprise',
      isManagedInstance: false,
      alwaysOnEnabled: true,
      utcNow: 0,
    };
    expect(targetOf(identity, link, all, instance)).toMatchObject({
      databases: ['Sales', 'HR'],
      azure: { subscriptionId: 's', resourceGroup: 'rg', instance: 'mi-prod' },
    });
    const { azure } = await look(new SmallLink());
    const inAzure = azure.state === 'seen' && azure.value !== 'absent' ? azure.value : undefined;
    expect(targetOf(identity, link, all, instance, inAzure).databases).toEqual(['Sales']);
  });
});
