import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServerReadiness } from '../../src/link/readiness.ts';
import { type PracticeLab, startPracticeLab } from './practice-lab.ts';

const never = new AbortController().signal;

let lab: PracticeLab;
beforeAll(async () => {
  lab = await startPracticeLab();
});
afterAll(() => lab.stop());
afterEach(() => lab.closeAll());

/** The facts by whether they were seen. */
const states = ({ statements: _, databases, ...facts }: ServerReadiness): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...Object.entries(facts), ...databases.flatMap(({ database: __, ...own }) => Object.entries(own))].map(
      ([name, sight]) => [name, sight.state],
    ),
  );
const unseen = (readiness: ServerReadiness) =>
  Object.entries(states(readiness))
    .filter(([, state]) => state !== 'seen')
    .map(([name]) => name)
    .toSorted();

/** msdb's tables of log shipping are not part of the practice lab. */
const NOT_IN_THE_LAB = 'logShipping';

describe('what surrounds a link, read by T-SQL', () => {
  it('is what the server has, in one batch for the server and one for the database', async () => {
    const side = await lab.connect('sqlServer');
    const before = lab.state().sqlServer.statements.length;
    const facts = await side.readiness(lab.query, never);
    expect(lab.state().sqlServer.statements.length - before).toBe(2);
    expect(unseen(facts)).toEqual([NOT_IN_THE_LAB]);
    expect(facts).toMatchObject({
      endpoint: {
        value: [
          { state: 'STARTED', port: 5022, certificate: expect.any(String), hoursLeft: expect.closeTo(265 * 24, -1) },
        ],
      },
      traceFlags: { value: [1800, 9567] },
      linkedServers: { value: [{ name: 'CRM01', dataSource: 'crm01.corp.example' }] },
      logSpace: { value: [{ database: lab.database, usedPercent: expect.any(Number) }] },
      files: {
        value: expect.arrayContaining([
          { database: lab.database, type: 'LOG', count: 1 },
          { database: lab.database, type: 'ROWS', count: 1 },
        ]),
      },
      localReplicas: { value: [{ isLocal: true, role: 'PRIMARY' }] },
      seeding: { value: [] },
    });
    const [users] = facts.databases.map(d => (d.users.state === 'seen' ? d.users.value : []));
    expect(users?.map(user => user.name)).toEqual(['sales_app', 'sales_reader', 'old_etl']);
  });

  it('shows what it asks, with names in place of parameters', async () => {
    const { statements } = await (await lab.connect('sqlServer')).readiness(lab.query, never);
    expect(statements.users).toContain(`FROM [${lab.database}].sys.database_principals`);
    expect(statements.partMembers).toContain(`ag.name = N'${lab.query.link}'`);
    for (const text of Object.values(statements)) expect(text).not.toMatch(/(?<!@)@(?!@|see\b)\w/);
  });

  it.each([
    ['watcher', ['jobs', NOT_IN_THE_LAB]],
    ['withoutViewServerState', ['backups', 'jobs', 'localReplicas', NOT_IN_THE_LAB, 'logSpace', 'seeding']],
  ])('for %s it lacks what that login may not see, and says which permission is missing', async (account, missing) => {
    const side = await lab.connectAs('sqlServer', lab.account(account));
    const facts = await side.readiness(lab.query, never);
    expect(unseen(facts)).toEqual(missing.toSorted());
    expect(facts.jobs).toMatchObject({ problem: { reason: 'permission', message: expect.stringMatching(/sysadmin/) } });
  });

  it('for a login without VIEW ANY DEFINITION a short list is not taken for the whole', async () => {
    const side = await lab.connectAs('sqlServer', lab.account('salesApp'));
    const facts = await side.readiness(lab.query, never);
    for (const sight of [facts.logins, facts.endpoint, facts.files, facts.linkedServers])
      expect(sight).toMatchObject({ state: 'unseen', problem: { reason: 'permission' } });
  });

  it('a database that cannot be opened loses its own facts only', async () => {
    const side = await lab.connect('sqlServer');
    const facts = await side.readiness({ ...lab.query, databases: [lab.database, 'Nowhere] here'] }, never);
    expect(facts.databases.map(d => [d.database, d.users.state])).toEqual([
      [lab.database, 'seen'],
      ['Nowhere] here', 'unseen'],
    ]);
    expect(facts.logins.state).toBe('seen');
  });

  it('is read from the managed instance as well', async () => {
    const side = await lab.connect('managedInstance');
    const facts = await side.readiness({ ...lab.query, availabilityGroup: 'mi' }, never);
    expect(unseen(facts)).toEqual([NOT_IN_THE_LAB]);
    expect(facts.jobs).toEqual({ state: 'seen', value: [] });
  });
});
