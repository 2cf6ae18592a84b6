import { afterEach, describe, expect, it } from 'vitest';
import { armError, never, type Reply, type Request, smallArm } from './small-arm.ts';

let stop: () => void = () => undefined;
afterEach(() => {
  stop();
  stop = () => undefined;
});

const ref = { subscriptionId: '11111111-2222-3333-4444-555555555555', resourceGroup: 'rg prod', instance: 'mi-prod' };
const HOME =
  '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg%20prod/providers/Microsoft.Sql/managedInstances/mi-prod';
const ID = HOME.replace('%20', ' ');

const instance = {
  id: ID,
  location: 'westeurope',
  sku: { tier: 'BusinessCritical' },
  properties: { state: 'Ready', databaseFormat: 'SQLServer2022', hybridSecondaryUsage: 'Passive' },
};
const group = (name: string, primary: string, partner: string) => ({
  name,
  properties: {
    managedInstancePairs: [{ primaryManagedInstanceId: primary, partnerManagedInstanceId: partner }],
  },
});

type Answers = Readonly<Record<string, (request: Request) => Reply>>;
const list =
  (...value: unknown[]) =>
  (): Reply => ({ status: 200, body: { value } });
const healthy: Answers = {
  '/operations': list(),
  '/databases': list({ name: 'Sales', properties: { status: 'Online' } }, { name: 'New' }),
  '/instanceFailoverGroups': list(),
  '/mi-prod': () => ({ status: 200, body: instance }),
};

async function read(answers: Answers) {
  const all = { ...healthy, ...answers };
  const small = await smallArm(request => {
    const [path = ''] = request.url.split('?');
    const answer = Object.entries(all).find(([end]) => path.endsWith(end))?.[1];
    return answer ? answer(request) : armError(404, 'NotFound');
  });
  stop = small.close;
  return { facts: await small.azure.readiness(ref, never), requests: small.requests, endpoint: small.endpoint };
}

describe('what surrounds a link in Azure', () => {
  it('is the instance, its operations, databases and failover groups, by reading only', async () => {
    const { facts, requests } = await read({});
    expect(facts).toMatchObject({
      instance: {
        value: {
          state: 'Ready',
          databaseFormat: 'SQLServer2022',
          tier: 'BusinessCritical',
          hybridSecondaryUsage: 'Passive',
        },
      },
      operations: { state: 'seen', value: [] },
      databases: {
        value: [
          { name: 'Sales', status: 'Online' },
          { name: 'New', status: '' },
        ],
      },
      failoverGroups: { state: 'seen', value: [] },
    });
    expect(requests.every(request => request.method === 'GET')).toBe(true);
    const asked = requests.map(request => `GET ${request.url}`);
    const { instance: own, operations, databases, failoverGroups } = facts.reads;
    expect([own, operations, databases, failoverGroups].toSorted()).toEqual(asked.toSorted());
  });

  it('has the operations that have not ended, also those in a state not known here', async () => {
    const operation = (name: string, state: string) => ({
      name,
      properties: { operationFriendlyName: `UPDATE ${name}`, state, percentComplete: 40 },
    });
    const { facts } = await read({
      '/operations': list(
        operation('a', 'Succeeded'),
        operation('b', 'InProgress'),
        operation('c', 'Failed'),
        operation('d', 'Dreaming'),
      ),
    });
    expect(facts.operations).toMatchObject({
      value: ['UPDATE b (InProgress, 40 %)', 'UPDATE d (Dreaming, 40 %)'],
    });
  });

  it('has the failover groups of this instance only, as either partner', async () => {
    const { facts } = await read({
      '/instanceFailoverGroups': list(
        group('mine', ID.toUpperCase(), '/other'),
        group('partner', '/other', ID),
        group('foreign', '/other', '/third'),
      ),
    });
    expect(facts.failoverGroups).toMatchObject({ value: ['mine', 'partner'] });
  });

  it('follows pages', async () => {
    const { facts } = await read({
      '/databases': request => ({
        status: 200,
        body: request.url.includes('page=2')
          ? { value: [{ name: 'B' }] }
          : { value: [{ name: 'A' }], nextLink: `${HOME}/databases?page=2` },
      }),
    });
    expect(facts.databases).toMatchObject({ value: [{ name: 'A' }, { name: 'B' }] });
  });

  it('loses one part when that may not be read, and the groups with the instance that tells their location', async () => {
    const denied = (): Reply => armError(403, 'AuthorizationFailed');
    const without = await read({ '/operations': denied });
    expect(without.facts).toMatchObject({
      operations: { state: 'unseen', problem: { reason: 'permission' } },
      databases: { state: 'seen' },
    });
    stop();
    const { facts } = await read({ '/mi-prod': denied });
    expect(facts).toMatchObject({
      instance: { state: 'unseen' },
      failoverGroups: { state: 'unseen' },
      operations: { state: 'seen' },
    });
  });

  it('an answer that cannot be understood is unseen, and names the field', async () => {
    const { facts } = await read({ '/mi-prod': () => ({ status: 200, body: { ...instance, location: 7 } }) });
    expect(facts.instance).toMatchObject({
      state: 'unseen',
      problem: { message: expect.stringContaining('location') },
    });
  });
});
