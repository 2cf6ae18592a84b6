import { afterEach, describe, expect, it } from 'vitest';
import type { SqlValue } from '../../src/lab/values.ts';
import type { Side } from '../../src/link/vocabulary.ts';
import { connectSql } from '../../src/sql/connect.ts';
import { never, scriptedServer, sendIdentity, sendRows } from './scripted-server.ts';

type Rows = readonly Readonly<Record<string, SqlValue>>[];

let stop: () => unknown = () => undefined;
afterEach(async () => {
  await stop();
  stop = () => undefined;
});

const DAG = 'c856cff5-a6fe-418e-8894-17799cc20f5d';
const AG = '4713ed91-1e8c-497d-9bd4-d8a3935ae49a';

const PERMISSIONS = {
  login_name: 'failover',
  is_sysadmin: 0,
  view_server_state: 1,
  view_any_definition: 1,
  alter_availability_group: 1,
};
const MEMBER = {
  replica_server_name: 'AG_Sales',
  endpoint_url: 'tcp://sql01.contoso.com:5022',
  availability_mode: 0,
  is_local: true,
  role: 1,
  connected_state: 1,
  synchronization_health: 2,
  last_connect_error_number: 0,
  last_connect_error_description: null,
  last_connect_error_timestamp: null,
};
const STATE = {
  database_name: 'Sales',
  group_name: 'DAG_Sales',
  is_distributed: true,
  is_local: true,
  is_primary_replica: true,
  synchronization_state: 2,
  synchronization_health: 2,
  is_suspended: false,
  suspend_reason_desc: null,
  last_hardened_lsn: '37000000123200001',
  end_of_log_lsn: '37000000123200009',
  last_commit_lsn: '37000000123199999',
  last_commit_time: '2026-11-24T11:00:00.000',
  last_hardened_time: '2026-11-24T11:00:01.000',
  log_send_queue_size: 12n,
  log_send_rate: 1000n,
  redo_queue_size: 3n,
  redo_rate: 2000n,
  secondary_lag_seconds: 4n,
};

/** What a server would answer to the observing batch; each test says what is different. */
const whole: Readonly<Record<string, Rows>> = {
  partPermissions: [PERMISSIONS],
  partGroupNames: [{ name: 'AG_Sales' }, { name: 'DAG_Sales' }],
  partDatabases: [{ name: 'Sales', state_desc: 'ONLINE', updateability: 'READ_WRITE' }],
  partUse: [
    { kind: 'database', name: 'Sales' },
    { kind: 'replica', name: 'SQL01' },
    { kind: 'listener', name: 'sales-listener' },
  ],
  partOtherLinks: [{ name: 'DAG_Sales' }],
  partGroups: [
    { name: 'DAG_Sales', group_id: DAG, is_distributed: true, role: 1 },
    { name: 'AG_Sales', group_id: AG, is_distributed: false, role: 1 },
  ],
  partMembers: [
    MEMBER,
    {
      ...MEMBER,
      replica_server_name: 'mi-prod',
      endpoint_url: 'tcp://mi-prod.zone.database.windows.net:5022;Server=[mi-prod]',
      is_local: false,
      role: 2,
      connected_state: 0,
      synchronization_health: 1,
      last_connect_error_number: 10061,
      last_connect_error_description: 'refused',
      last_connect_error_timestamp: '2026-11-24T11:30:00.000',
    },
  ],
  partStates: [
    STATE,
    {
      ...STATE,
      is_local: false,
      is_primary_replica: false,
      synchronization_state: 1,
      last_hardened_lsn: '37000000123100001',
    },
  ],
  partSessions: [
    {
      session_id: 61,
      login_name: 'app',
      host_name: 'WEB1',
      program_name: 'shop',
      database_name: 'Sales',
      open_transaction_count: 1,
      transaction_seconds: 5,
      log_bytes: 2048n,
    },
    {
      session_id: 61,
      login_name: 'app',
      host_name: 'WEB1',
      program_name: 'shop',
      database_name: 'Sales',
      open_transaction_count: 1,
      transaction_seconds: 9,
      log_bytes: null,
    },
  ],
};

async function observe(
  answer: Readonly<Record<string, Rows>>,
  side: Side = 'sqlServer',
  identity: Readonly<Record<string, SqlValue>> = {},
) {
  const parameters: unknown[] = [];
  const server = await scriptedServer({
    script: (text, sink, _signal, sent) => {
      if (!text.includes('partPermissions')) return;
      parameters.push(...sent.map(p => [p.name.replace('@', ''), p.value]));
      if (Object.keys(identity).length > 0) sendIdentity(sink, identity);
      for (const [part, rows] of Object.entries(answer)) if (rows.length > 0) sendRows(sink, part, rows);
    },
  });
  const connection = await connectSql({ ...server.options, side }, never);
  stop = async () => {
    await connection.close();
    await server.listener.close();
  };
  const before = server.texts.length;
  const sight = await connection.observe(
    { link: 'DAG_Sales', availabilityGroup: 'AG_Sales', databases: ['sales', "O'Brien]"] },
    never,
  );
  return { sight, parameters, roundTrips: server.texts.length - before };
}

describe('a look at a link', () => {
  it('sees everything in one round trip, with names as parameters', async () => {
    const { sight, parameters, roundTrips } = await observe(whole);
    expect(roundTrips).toBe(1);
    expect(Object.fromEntries(parameters as [string, string][])).toEqual({
      db0: 'sales',
      db1: "O'Brien]",
      link: 'DAG_Sales',
      ag: 'AG_Sales',
    });
    // The scripted server's local time is one hour ahead of UTC.
    const state = {
      syncState: 'synchronized',
      health: 'healthy',
      suspended: false,
      suspendReason: undefined,
      hardenedLsn: 37000000123200001n,
      endOfLogLsn: 37000000123200009n,
      lastCommitLsn: 37000000123199999n,
      lastCommitTime: Date.UTC(2026, 10, 24, 10),
      lastHardenedTime: Date.UTC(2026, 10, 24, 10, 0, 1),
      sendQueueKb: 12,
      sendRateKbPerSecond: 1000,
      redoQueueKb: 3,
      redoRateKbPerSecond: 2000,
      lagSeconds: 4,
    };
    expect(sight).toEqual({
      identity: {
        name: 'SQLTEST01',
        version: '15.0.4312.2',
        edition: 'Enterprise Edition (64-bit)',
        isManagedInstance: false,
        alwaysOnEnabled: true,
        utcNow: Date.UTC(2026, 10, 24, 10),
      },
      permissions: {
        login: 'failover',
        sysadmin: false,
        viewServerState: true,
        viewAnyDefinition: true,
        alterAvailabilityGroup: true,
      },
      link: {
        name: 'DAG_Sales',
        id: DAG.toUpperCase(),
        localRole: 'primary',
        members: [
          {
            availabilityGroup: 'AG_Sales',
            endpointUrl: 'tcp://sql01.contoso.com:5022',
            commitMode: 'asynchronous',
            isLocal: true,
            role: 'primary',
            connected: true,
            health: 'healthy',
            lastConnectError: undefined,
          },
          {
            availabilityGroup: 'mi-prod',
            endpointUrl: 'tcp://mi-prod.zone.database.windows.net:5022;Server=[mi-prod]',
            commitMode: 'asynchronous',
            isLocal: false,
            role: 'secondary',
            connected: false,
            health: 'partiallyHealthy',
            lastConnectError: { number: 10061, text: 'refused', at: '2026-11-24T10:30:00.000Z' },
          },
        ],
        instance: { instance: 'mi-prod', fullyQualifiedDomainName: 'mi-prod.zone.database.windows.net', port: 5022 },
      },
      databases: [
        {
          name: 'Sales',
          state: 'ONLINE',
          writable: true,
          local: state,
          remote: { ...state, syncState: 'synchronizing', hardenedLsn: 37000000123100001n },
        },
      ],
      sessions: [
        {
          id: 61,
          login: 'app',
          host: 'WEB1',
          program: 'shop',
          database: 'Sales',
          openTransactions: 1,
          transactionSeconds: 9,
          logUsedKb: 2,
        },
      ],
      availabilityGroup: {
        name: 'AG_Sales',
        id: AG.toUpperCase(),
        databases: ['Sales'],
        replicas: ['SQL01'],
        localRole: 'primary',
        listeners: ['sales-listener'],
        links: ['DAG_Sales'],
      },
      groupNames: ['AG_Sales', 'DAG_Sales'],
    });
  });

  it('without VIEW SERVER STATE: what cannot be seen is unknown, and the rest is there', async () => {
    const nothingLive = {
      is_local: null,
      role: null,
      connected_state: null,
      synchronization_health: null,
      last_connect_error_number: null,
      last_connect_error_description: null,
      last_connect_error_timestamp: null,
    };
    const { partStates: _, partSessions: __, ...seen } = whole;
    const { sight } = await observe({
      ...seen,
      partPermissions: [{ ...PERMISSIONS, view_server_state: 0, alter_availability_group: null }],
      partGroups: (whole.partGroups ?? []).map(row => ({ ...row, role: null })),
      partMembers: (whole.partMembers ?? []).map(row => ({ ...row, ...nothingLive })),
    });
    expect(sight.permissions).toMatchObject({ viewServerState: false, alterAvailabilityGroup: false });
    expect(sight.link).toMatchObject({
      localRole: 'unknown',
      members: [
        { isLocal: undefined, role: 'unknown', connected: undefined, health: 'unknown', commitMode: 'asynchronous' },
        {},
      ],
    });
    expect(sight.databases).toMatchObject([{ name: 'Sales', writable: true, local: undefined, remote: undefined }]);
  });

  it('a server that has neither link nor database', async () => {
    const { sight } = await observe({ partPermissions: [PERMISSIONS] });
    expect(sight).toMatchObject({
      link: undefined,
      databases: [],
      sessions: [],
      availabilityGroup: undefined,
      groupNames: [],
    });
  });

  it.each([
    ['online, read-write', 'ONLINE', 'READ_WRITE', true],
    ['online, read-only', 'ONLINE', 'READ_ONLY', false],
    ['restoring, though flagged read-write', 'RESTORING', 'READ_WRITE', false],
    ['nothing told', 'ONLINE', null, false],
  ])('a database that is %s', async (_what, state_desc, updateability, writable) => {
    const { sight } = await observe({ ...whole, partDatabases: [{ name: 'Sales', state_desc, updateability }] });
    expect(sight.databases[0]?.writable).toBe(writable);
  });

  it('an asynchronous primary tells no hardened LSN', async () => {
    const { sight } = await observe({ ...whole, partStates: [{ ...STATE, last_hardened_lsn: null }] });
    expect(sight.databases[0]?.local?.hardenedLsn).toBeUndefined();
  });

  it('rows of another link of the same database are not this link’s', async () => {
    const other = { ...STATE, group_name: 'DAG_Other', last_hardened_lsn: '1' };
    const { sight } = await observe({
      ...whole,
      partStates: [other, { ...other, is_local: false }, ...(whole.partStates ?? [])],
    });
    expect(sight.databases[0]?.local?.hardenedLsn).toBe(37000000123200001n);
    expect(sight.databases[0]?.remote?.hardenedLsn).toBe(37000000123100001n);
  });

  it('SQL Server: where the link has no row the local availability group’s tells', async () => {
    const { sight } = await observe({
      ...whole,
      partStates: [{ ...STATE, group_name: 'AG_Sales', is_distributed: false }],
    });
    expect(sight.databases[0]?.local?.hardenedLsn).toBe(37000000123200001n);
    expect(sight.databases[0]?.remote).toBeUndefined();
  });

  it('managed instance, General Purpose: its local row', async () => {
    const row = { ...STATE, group_name: null, is_distributed: null, is_primary_replica: null };
    const { sight } = await observe({ ...whole, partStates: [row] }, 'managedInstance', { engine_edition: 8 });
    expect(sight.databases[0]?.local?.hardenedLsn).toBe(37000000123200001n);
  });

  it('managed instance, Business Critical: the row with is_primary_replica', async () => {
    const secondary = {
      ...STATE,
      group_name: null,
      is_distributed: null,
      is_primary_replica: false,
      last_hardened_lsn: '1',
    };
    const { sight } = await observe(
      { ...whole, partStates: [secondary, { ...secondary, is_primary_replica: true, last_hardened_lsn: '2' }] },
      'managedInstance',
      { engine_edition: 8 },
    );
    expect(sight.databases[0]?.local?.hardenedLsn).toBe(2n);
  });

  it('codes that this release does not know are unknown', async () => {
    const { sight } = await observe({
      ...whole,
      partStates: [{ ...STATE, synchronization_state: 9, synchronization_health: 7 }],
    });
    expect(sight.databases[0]?.local).toMatchObject({ syncState: 'unknown', health: 'unknown' });
  });

  it('an LSN that lost its digits on the way is refused, not rounded', async () => {
    await expect(observe({ ...whole, partStates: [{ ...STATE, last_hardened_lsn: '3.7E+16' }] })).rejects.toMatchObject(
      { problem: { reason: 'badAnswer', message: expect.stringContaining('last_hardened_lsn') } },
    );
  });
});
