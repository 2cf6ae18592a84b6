import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/failover/events.ts';
import { runPlan } from '../../src/failover/run.ts';
import type { Problem } from '../../src/link/problem.ts';
import { linkSummary, Person, WizardWorld } from './wizard-world.ts';

/** Stories of a person at the wizard. The servers are a small link that obeys statements; time moves only when somebody sleeps. */

let person: Person;
afterEach(async () => {
  await person.leaves();
  expect(person.world.openConnections).toBe(0);
  expect(person.world.log.filter(line => line.startsWith('ERROR'))).toEqual([]);
});

const enter = (world = new WizardWorld()): Person => {
  person = new Person(world);
  return person;
};

describe('a planned failover', () => {
  it('goes through all seven pages and ends with two independent databases', async () => {
    const world = new WizardWorld();
    world.link.committed = 500n;
    await enter(world).toSummary();
    person.do({ kind: 'go', to: 'finish' });
    const results = await person.sees('results');

    expect(results.headline).toMatchObject({ tone: 'success', title: 'Sales was failed over to mi-prod' });
    expect(results.actions.steps.map(s => s.mark)).toEqual(Array(10).fill('done'));
    expect(results.copies?.title).toBe('Two writable copies');
    expect(results.connection?.server).toBe('mi-prod.abc123.database.windows.net');
    expect(world.link.lostAtCut).toBe(0n);
    expect([...world.link.groups]).toEqual(['AG_Sales']);
    expect(world.happened).toEqual(['signed in by vscode', 'run began', 'run ended', 'tree refreshed']);
  });

  it('shows each step with its state, what is waited for, and both hardened positions', async () => {
    const world = new WizardWorld();
    world.link.committed = 3_172n;
    await enter(world).toSummary();
    person.do({ kind: 'go', to: 'finish' });
    const executing = await person.sees('executing', view => view.live);
    expect(executing.steps.map(s => s.mark)).toContain('running');
    expect(executing.live?.waitingFor).toMatch(/^Waiting for Sales to be SYNCHRONIZED/);
    expect(executing.live?.facts.map(f => f.label)).toEqual([
      'State',
      'Lag',
      'Hardened on SQL Server',
      'Hardened on the instance',
      'Send queue',
      'Redo queue',
      'Writers',
    ]);
    await person.sees('results');
  });

  it('reads out each step once when it begins and once when it ends', async () => {
    await enter().toSummary();
    const said: string[] = [];
    person.controller.onDidChange(() => {
      const { text, id } = person.controller.view.announcement;
      if (!said.includes(`${id} ${text}`)) said.push(`${id} ${text}`);
    });
    person.do({ kind: 'go', to: 'finish' });
    await person.sees('results');
    const texts = said.map(line => line.replace(/^\d+ /, '')).filter(text => /^(Started|Done)/.test(text));
    expect(texts.filter(t => t.endsWith('Delete the link in Azure'))).toEqual([
      'Started: Delete the link in Azure',
      'Done: Delete the link in Azure',
    ]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('leaves the script in an editor tab, with the very statements', async () => {
    await enter().toSummary();
    person.do({ kind: 'script' });
    expect(person.world.scripts[0]).toContain('ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON');
    expect(person.world.link.received).toEqual([]);
  });

  it('lets the server name be copied and the report be saved', async () => {
    await enter().toSummary();
    person.do({ kind: 'go', to: 'finish' });
    await person.sees('results');
    person.do({ kind: 'copyServerName' });
    await expect.poll(() => person.world.clipboard).toBe('mi-prod.abc123.database.windows.net');
    person.do({ kind: 'saveReport' });
    expect((await person.sees('results', view => view.saved)).saved).toBe('Saved: report.md');
    expect(person.world.reports[0]?.markdown).toMatch(/^# Sales was failed over to mi-prod/);
    expect(JSON.parse(person.world.reports[0]?.json ?? '')).toMatchObject({ result: { outcome: 'failedOver' } });
  });
});

describe('a report that cannot be written', () => {
  it('is told, and can be saved elsewhere', async () => {
    const world = new WizardWorld();
    world.saveProblem = new Error('the disk is full');
    await enter(world).toSummary();
    person.do({ kind: 'go', to: 'finish' });
    await person.sees('results');
    person.do({ kind: 'saveReport' });
    await expect.poll(() => world.happened).toContain('error shown: Error: the disk is full');
    world.saveProblem = undefined;
    world.log.length = 0;
    person.do({ kind: 'saveReport' });
    await person.sees('results', view => view.saved);
  });
});

describe('a forced failover', () => {
  it('says what may be lost and asks for the understanding of just that', async () => {
    const world = new WizardWorld();
    world.link.committed = 54_000n;
    world.link.sendRate = 1n;
    await enter(world).toFailoverType();
    person.do({ kind: 'confirm', ticked: true });
    expect(person.canGoOn).toBe(true);
    person.do({ kind: 'chooseKind', failover: 'forced' });
    const view = await person.sees('failoverType', v => v.loss);
    expect(person.canGoOn).toBe(false);
    expect(person.footer.hint).toBe('Tick the box to continue.');
    expect(view.confirm).toEqual({
      label: 'I understand that data committed on SQLPROD01 and not yet hardened on mi-prod may be lost.',
      ticked: false,
    });
    expect(view.loss?.title).toBe('What may be lost');
    expect(view.budget).toBeUndefined();
    expect(view.typedName).toEqual({ label: 'Type the name of the database to confirm: Sales', value: '' });
    person.do({ kind: 'confirm', ticked: true });
    expect([person.canGoOn, person.footer.hint]).toEqual([false, 'Type the name of the database to continue.']);
    person.do({ kind: 'typeName', text: 'Sales' });
    expect([person.canGoOn, person.footer.hint]).toEqual([true, undefined]);
  });

  it('ends with the instance writable', async () => {
    await enter().toSummary('forced');
    person.do({ kind: 'go', to: 'finish' });
    const results = await person.sees('results');
    expect(results.headline.tone).toBe('success');
    expect(person.world.link.received[0]).toContain('/failover {"failoverType":"ForcedAllowDataLoss"}');
  });

  it('is still possible when SQL Server has stopped answering', async () => {
    await enter().toFailoverType();
    person.world.link.sqlServerReachable = false;
    await person.sees('failoverType', v => v.findings.some(f => f.title === 'SQL Server cannot be read'));
    expect(person.canGoOn).toBe(false);
    person.do(
      { kind: 'chooseKind', failover: 'forced' },
      { kind: 'confirm', ticked: true },
      { kind: 'typeName', text: 'Sales' },
    );
    await person.sees('failoverType', () => person.canGoOn);
    person.do({ kind: 'go', to: 'next' });
    const cleanUp = await person.sees('cleanUp');
    expect(cleanUp.boxes.map(b => [b.ticked, b.enabled])).toEqual([
      [false, false],
      [false, false],
    ]);
  });
});

describe('Back', () => {
  it('keeps every choice', async () => {
    await enter().toFailoverType();
    person.do(
      { kind: 'setBudget', text: '120' },
      { kind: 'confirm', ticked: true },
      { kind: 'go', to: 'next' },
      { kind: 'setCleanUp', what: 'ag', ticked: true },
      { kind: 'go', to: 'next' },
    );
    await person.sees('summary', () => person.canGoOn);
    person.do({ kind: 'go', to: 'back' });
    expect((await person.sees('cleanUp')).boxes.map(b => b.ticked)).toEqual([true, true]);
    person.do({ kind: 'go', to: 'back' });
    const type = await person.sees('failoverType');
    expect([type.budget?.value, type.confirm.ticked]).toEqual(['120', true]);
    person.do({ kind: 'go', to: 'back' });
    expect((await person.sees('logIn')).account?.value).toContain('dba@contoso.com');
    expect(person.canGoOn).toBe(true);
  });

  it('is not there any more once the failover runs', async () => {
    await enter().toSummary();
    person.do({ kind: 'go', to: 'finish' });
    await person.sees('executing');
    person.do({ kind: 'go', to: 'back' }, { kind: 'go', to: 'cancel' });
    await person.sees('results');
    expect(person.world.happened).not.toContain('closed');
    person.do({ kind: 'go', to: 'back' });
    expect(person.page).toBe('results');
  });
});

describe('Introduction refuses', () => {
  it.each<[string, (world: WizardWorld) => void, string]>([
    ['a database in no link', w => (w.database = 'Archive'), 'Archive is not part of a Managed Instance link.'],
    ['a database that is not there', w => (w.database = 'Nowhere'), 'There is no database Nowhere on SQLPROD01'],
    [
      'a link whose endpoint is no managed instance',
      w =>
        (w.databases = [
          { name: 'Sales', state: 'ONLINE', writable: true, links: [linkSummary({ instance: undefined })] },
        ]),
      'its partner is not an Azure SQL Managed Instance',
    ],
    [
      'a managed instance as the server',
      w => (w.identity = { ...w.identity, isManagedInstance: true }),
      'SQLPROD01 is itself a managed instance',
    ],
    [
      'a login that may not see the state',
      w => (w.seen = s => ({ ...s, permissions: { ...s.permissions, viewServerState: false } })),
      'VIEW SERVER STATE is missing',
    ],
    [
      'a login that may not change the group',
      w => (w.seen = s => ({ ...s, permissions: { ...s.permissions, alterAvailabilityGroup: false } })),
      'ALTER on the availability group',
    ],
    [
      'a secondary local replica',
      w =>
        (w.seen = s => ({
          ...s,
          availabilityGroup: s.availabilityGroup && { ...s.availabilityGroup, localRole: 'secondary' },
        })),
      'Only the primary replica',
    ],
    [
      'a server that is the secondary of the link',
      w => (w.seen = s => ({ ...s, link: s.link && { ...s.link, localRole: 'secondary' } })),
      'there is nothing to fail over in this direction',
    ],
  ])('%s, and says why', async (_what, arrange, why) => {
    const world = new WizardWorld();
    arrange(world);
    const view = await enter(world).sees('introduction', v => v.blocks.length > 0);
    expect(view.blocks.map(b => b.detail).join(' ')).toContain(why);
    expect(person.canGoOn).toBe(false);
    person.do({ kind: 'go', to: 'next' });
    expect(person.page).toBe('introduction');
  });

  it('a server that cannot be reached, in the server’s own words, until it can', async () => {
    const world = new WizardWorld();
    world.connectProblem = {
      reason: 'loginFailed',
      venue: 'sqlServer',
      message: 'SQLPROD01,1433 refused the login dba.',
      number: 18456,
      serverText: "Login failed for user 'dba'.",
      advice: 'Check the password.',
    };
    const { problem, retry } = await enter(world).sees('introduction', v => v.problem);
    expect(problem).toEqual({
      tone: 'error',
      title: 'SQLPROD01,1433 refused the login dba.',
      source: 'SQL Server · error 18456',
      serverText: "Login failed for user 'dba'.",
      advice: 'Check the password.',
    });
    expect(retry).toBe('Try again');
    world.connectProblem = undefined;
    person.do({ kind: 'retry' });
    await person.sees('introduction', () => person.canGoOn);
  });
});

describe('a database with several links', () => {
  const twoLinks = (): WizardWorld => {
    const world = new WizardWorld();
    const dr = { instance: 'mi-dr', fullyQualifiedDomainName: 'mi-dr.def456.database.windows.net', port: 5022 };
    const links = [linkSummary({ name: 'DAG_DR', instance: dr }), linkSummary()];
    world.databases = [{ name: 'Sales', state: 'ONLINE', writable: true, links }];
    return world;
  };

  it('waits until one is chosen', async () => {
    const view = await enter(twoLinks()).sees('introduction', v => v.link);
    expect(view.link?.chosen).toBeUndefined();
    expect(person.footer.hint).toBe('Choose a link.');
    person.do({ kind: 'chooseLink', link: 'DAG_Sales' });
    await person.sees('introduction', () => person.canGoOn);
  });

  it('looks for the other instance when the other link is chosen later', async () => {
    enter(twoLinks());
    await person.sees('introduction', v => v.link);
    person.do({ kind: 'chooseLink', link: 'DAG_Sales' });
    await person.toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    await person.sees('logIn', v => v.reading);
    person.do({ kind: 'go', to: 'back' }, { kind: 'chooseLink', link: 'DAG_DR' });
    await person.toLogIn();
    const view = await person.sees('logIn', v => v.reading);
    expect(view.lead).toContain('mi-dr');
    expect(person.world.happened.filter(h => h.startsWith('signed in'))).toHaveLength(1);
  });
});

describe('Log in to Azure', () => {
  const cancelled: Problem = { reason: 'cancelled', venue: 'azure', message: 'The sign-in was closed.' };

  it('a sign-in that was closed changes nothing, and can be made again', async () => {
    await enter().toLogIn();
    person.world.signInProblem = cancelled;
    person.do({ kind: 'signIn', choice: 'vscode' });
    const view = await person.sees('logIn', v => v.problem);
    expect(view.problem).toMatchObject({ tone: 'info', title: 'The sign-in was closed.' });
    expect(person.canGoOn).toBe(false);
    person.world.signInProblem = undefined;
    person.do({ kind: 'signIn', choice: 'azureCli' });
    await person.sees('logIn', () => person.canGoOn);
  });

  it('whoever was signed in stays so when a change of tenant is given up', async () => {
    const world = new WizardWorld();
    world.tenants.push({ tenantId: 'fabrikam', displayName: 'Fabrikam' });
    world.remembered.set('azure.tenant.sqlprod01', 'contoso');
    await enter(world).toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    await person.sees('logIn', () => person.canGoOn);
    world.signInProblem = cancelled;
    person.do({ kind: 'chooseTenant', tenantId: 'fabrikam' });
    const view = await person.sees('logIn', v => v.problem);
    expect(view.tenant?.chosen).toBe('contoso');
    expect(person.canGoOn).toBe(true);
  });

  it('a tenant without subscriptions is said, with what to do', async () => {
    const world = new WizardWorld();
    world.subscriptions = [];
    await enter(world).toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    const view = await person.sees('logIn', v => v.problem);
    expect(view.problem?.title).toBe('dba@contoso.com sees no subscription in this tenant.');
  });

  it('an instance that is not where it was last time is looked for elsewhere when asked', async () => {
    const world = new WizardWorld();
    world.subscriptions.push({ subscriptionId: 'sub-2', displayName: 'Test', tenantId: 'contoso' });
    world.remembered.set('azure.subscription.sqlprod01', 'sub-2');
    await enter(world).toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    const view = await person.sees('logIn', v => v.outcome.length > 0);
    expect(view.outcome[0]).toMatchObject({ tone: 'error', title: 'mi-prod was not found' });
    expect(view.outcome[0]?.detail).toContain('Looked in Test');
    expect(person.canGoOn).toBe(false);
    expect(view.searchAll).toBe('Search all 2 subscriptions');
    person.do({ kind: 'searchAll' });
    const found = await person.sees('logIn', v => v.reading);
    expect(found.subscription?.chosen).toBe('sub-1');
    expect(world.remembered.get('azure.subscription.sqlprod01')).toBe('sub-1');
  });

  it('an instance that is nowhere stops the wizard here', async () => {
    const world = new WizardWorld();
    world.instanceIn = 'elsewhere';
    await enter(world).toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    await person.sees('logIn', v => v.outcome.length > 0);
    person.do({ kind: 'go', to: 'next' });
    expect(person.page).toBe('logIn');
  });

  it('missing permissions are named; they stop only the kind that needs them', async () => {
    const world = new WizardWorld();
    const failover = 'Microsoft.Sql/managedInstances/distributedAvailabilityGroups/failover/action';
    world.permissions = { known: true, missing: [failover] };
    await enter(world).toFailoverType();
    person.do({ kind: 'confirm', ticked: true });
    expect(person.canGoOn).toBe(true);
    person.do({ kind: 'chooseKind', failover: 'forced' }, { kind: 'confirm', ticked: true });
    const view = await person.sees('failoverType', v => v.findings.some(f => f.detail?.includes(failover)));
    expect(view.findings[0]?.tone).toBe('error');
    expect(person.canGoOn).toBe(false);
  });

  it('permissions that both kinds need stop the wizard here', async () => {
    const world = new WizardWorld();
    const action = 'Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete';
    world.permissions = { known: true, missing: [action] };
    await enter(world).toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    const view = await person.sees('logIn', v => v.reading && !v.busy);
    expect(view.permissions?.items.filter(i => i.missing).map(i => i.action)).toEqual([action]);
    expect(person.canGoOn).toBe(false);
    expect(person.footer.hint).toBe('This account lacks permissions in Azure.');
  });

  it('a link that is already gone in Azure stops the wizard here, with what to do', async () => {
    const world = new WizardWorld();
    world.link.linkInAzure = false;
    await enter(world).toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    const view = await person.sees('logIn', v => v.reading && !v.busy);
    expect(view.outcome[0]).toMatchObject({ tone: 'error', title: 'Azure knows no link named DAG_Sales on mi-prod' });
    expect(person.canGoOn).toBe(false);
  });

  it('the role of the instance in the link is shown', async () => {
    await enter().toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    const view = await person.sees('logIn', () => person.canGoOn);
    expect(view.instance?.facts).toContainEqual({ label: 'Role in the link', value: 'Secondary' });
  });

  it('waiting for an endpoint that does not answer can be stopped; the instance is then read through Azure', async () => {
    const world = new WizardWorld();
    world.instanceAnswers = new Promise(() => undefined);
    await enter(world).toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    await person.sees('logIn', v => v.permissions && v.instance?.facts.some(f => f.value === 'Secondary'));
    expect(person.canGoOn).toBe(false);
    person.do({ kind: 'stopWaiting' });
    expect((await person.sees('logIn')).reading?.title).toBe('mi-prod is read through Azure only');
    expect(person.canGoOn).toBe(true);
  });

  it('an instance without a route is read through Azure, and that is said with the reason', async () => {
    const world = new WizardWorld();
    world.instanceProblem = { reason: 'unreachable', venue: 'managedInstance', message: 'mi-prod does not answer.' };
    await enter(world).toLogIn();
    person.do({ kind: 'signIn', choice: 'vscode' });
    const view = await person.sees('logIn', () => person.canGoOn);
    expect(view.reading).toMatchObject({ tone: 'info', title: 'mi-prod is read through Azure only' });
    expect(view.reading?.detail).toContain('mi-prod does not answer.');
  });
});

describe('Failover type', () => {
  it('Next waits for the tick', async () => {
    await enter().toFailoverType();
    expect([person.canGoOn, person.footer.hint]).toEqual([false, 'Tick the box to continue.']);
    person.do({ kind: 'confirm', ticked: true });
    expect([person.canGoOn, person.footer.hint]).toEqual([true, undefined]);
  });

  it.each(['', '9', '86401', '300 s', '1e3', '-60'])('a budget of “%s” is refused', async text => {
    await enter().toFailoverType();
    person.do({ kind: 'confirm', ticked: true }, { kind: 'setBudget', text });
    const view = await person.sees('failoverType', v => v.budget?.problem);
    expect(view.budget?.problem).toBe('Enter whole seconds from 10 to 86400.');
    expect(person.canGoOn).toBe(false);
  });

  it('looks at both sides only while it is looked at', async () => {
    await enter().toFailoverType();
    const { world } = person;
    const before = world.looks;
    await expect.poll(() => world.looks).toBeGreaterThan(before + 2);
    person.controller.setVisible(false);
    const hidden = world.looks;
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(world.looks).toBe(hidden);
    person.controller.setVisible(true);
    await expect.poll(() => world.looks).toBeGreaterThan(hidden + 2);
  });

  it('lists who is in the database, the heaviest first', async () => {
    const world = new WizardWorld();
    world.seen = sight => ({
      ...sight,
      sessions: [
        {
          id: 51,
          login: 'report',
          host: 'BI01',
          program: 'Power BI',
          database: 'Sales',
          openTransactions: 0,
          transactionSeconds: undefined,
          logUsedKb: undefined,
        },
        {
          id: 57,
          login: 'app',
          host: 'WEB01',
          program: 'shop',
          database: 'Sales',
          openTransactions: 1,
          transactionSeconds: 5,
          logUsedKb: 1,
        },
      ],
    });
    const { sessions } = await (await enter(world).toFailoverType()).sees('failoverType');
    expect(sessions?.rows).toEqual([
      ['app', 'WEB01', 'shop', 'open for 5 s'],
      ['report', 'BI01', 'Power BI', 'none'],
    ]);
  });
});

describe('Clean-up', () => {
  it('the availability group cannot go while the distributed one stays', async () => {
    await enter().toFailoverType();
    person.do(
      { kind: 'confirm', ticked: true },
      { kind: 'go', to: 'next' },
      { kind: 'setCleanUp', what: 'ag', ticked: true },
    );
    expect((await person.sees('cleanUp')).boxes.map(b => b.ticked)).toEqual([true, true]);
    person.do({ kind: 'setCleanUp', what: 'dag', ticked: false });
    const [, ag] = (await person.sees('cleanUp')).boxes;
    expect(ag).toMatchObject({
      ticked: false,
      enabled: false,
      whyNot: 'The distributed availability group uses it. Drop that one too.',
    });
  });

  it('an availability group that holds more stays, and it is said why', async () => {
    const world = new WizardWorld();
    world.link.otherDatabases = ['Orders'];
    await enter(world).toFailoverType();
    person.do({ kind: 'confirm', ticked: true }, { kind: 'go', to: 'next' });
    const [, ag] = (await person.sees('cleanUp')).boxes;
    expect(ag).toMatchObject({ enabled: false, whyNot: 'It also holds Orders.' });
  });
});

describe('when something changes between the pages', () => {
  it('Summary says what is different since the last look', async () => {
    await enter().toFailoverType();
    person.do({ kind: 'confirm', ticked: true }, { kind: 'go', to: 'next' });
    person.world.link.mode = 'synchronous';
    person.do({ kind: 'go', to: 'next' });
    const view = await person.sees('summary', () => person.canGoOn);
    expect(view.notices[0]?.detail).toContain('Commit mode of AG_Sales: asynchronous, now synchronous');
  });

  it('Finish does not start what the person has not read', async () => {
    await enter().toSummary();
    person.world.link.azureMode = 'synchronous';
    person.do({ kind: 'go', to: 'finish' });
    const view = await person.sees('summary', v => v.notices.length > 0);
    expect(view.notices[0]).toMatchObject({ tone: 'warning', advice: 'Read them again before you press Finish.' });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect([person.page, person.world.link.received]).toEqual(['summary', []]);
    person.do({ kind: 'go', to: 'finish' });
    await person.sees('results');
  });

  it('what now stands in the way is said, and can be looked at again', async () => {
    await enter().toFailoverType();
    person.do({ kind: 'confirm', ticked: true }, { kind: 'go', to: 'next' });
    person.world.link.sqlServerReachable = false;
    person.do({ kind: 'go', to: 'next' });
    const view = await person.sees('summary', v => v.notices.length > 0);
    expect(view.notices[0]?.title).toContain('SQL Server cannot be read');
    expect(person.canGoOn).toBe(false);
    person.world.link.sqlServerReachable = true;
    person.do({ kind: 'retry' });
    await person.sees('summary', () => person.canGoOn);
  });
});

describe('Cancel', () => {
  it('before Finish closes the wizard with nothing changed', async () => {
    await enter().toSummary();
    person.do({ kind: 'go', to: 'cancel' });
    expect(person.world.happened).toContain('closed');
    expect(person.world.link.received).toEqual([]);
  });

  it('during the catch-up puts everything back', async () => {
    const world = new WizardWorld();
    world.link.committed = 1_000_000n;
    await enter(world).toSummary();
    person.do({ kind: 'go', to: 'finish' });
    await person.sees('executing', v => v.live);
    expect(person.footer.cancelRun?.enabled).toBe(true);
    person.do({ kind: 'cancelRun' });
    expect(person.footer).toEqual({ cancelRun: { label: 'Cancel failover', enabled: false }, hint: 'Cancelling…' });
    await person.sees('executing', () => person.footer.hint === 'Putting things back. Please wait.');
    const results = await person.sees('results');
    expect(results.headline).toMatchObject({ tone: 'info', detail: 'You cancelled before the point of no return.' });
    expect([world.link.mode, world.link.azureMode, world.link.linkInAzure]).toEqual([
      'asynchronous',
      'asynchronous',
      true,
    ]);
    expect(results.connection).toBeUndefined();
  });

  it('is gone after the point of no return, and does nothing if asked for nevertheless', async () => {
    await enter().toSummary();
    person.do({ kind: 'go', to: 'finish' });
    await person.sees('executing', v => v.pointOfNoReturn?.passed);
    expect(person.footer.cancelRun).toBeUndefined();
    expect(person.footer.hint).toContain('The point of no return is passed');
    person.do({ kind: 'cancelRun' });
    expect((await person.sees('results')).headline.tone).toBe('success');
  });
});

describe('a run that goes wrong', () => {
  it('shows the failed step with side, number, the server’s words and advice, and what holds now', async () => {
    const world = new WizardWorld();
    world.run = async (plan, sides, options) => {
      const failure: Problem = {
        reason: 'permission',
        venue: 'sqlServer',
        message: 'SQL Server refused the statement.',
        number: 15151,
        serverText: 'Cannot alter.',
        advice: 'Ask for ALTER.',
      };
      const report = (event: RunEvent): void =>
        options.report(event.event === 'stepFailed' ? { ...event, problem: failure } : event);
      return runPlan(plan, sides, { ...options, report });
    };
    world.link.fault = text => {
      if (text.startsWith('DROP')) throw new Error('refused');
      return undefined;
    };
    await enter(world).toSummary();
    person.do({ kind: 'go', to: 'finish' });
    const executing = await person.sees('executing', v => v.steps.some(s => s.mark === 'failed'));
    expect(executing.steps.find(s => s.mark === 'failed')?.problem).toEqual({
      tone: 'error',
      title: 'SQL Server refused the statement.',
      source: 'SQL Server · error 15151',
      serverText: 'Cannot alter.',
      advice: 'Ask for ALTER.',
    });
    const results = await person.sees('results');
    expect(results.headline.tone).toBe('error');
    expect(results.lists.map(l => l.title)).toEqual(['What holds now', 'What to do next']);
    expect(results.actions.steps.at(-1)?.mark).toBe('notRun');
    expect(person.footer.script?.enabled).toBe(true);
    person.do({ kind: 'script' });
    expect(world.scripts[0]).toContain('DROP AVAILABILITY GROUP [DAG_Sales];');
  });

  it('that breaks without a result says so and sends the person to both databases', async () => {
    const world = new WizardWorld();
    world.run = async () => {
      throw new TypeError('undefined is not a function');
    };
    await enter(world).toSummary();
    person.do({ kind: 'go', to: 'finish' });
    const results = await person.sees('results');
    expect(results.headline).toMatchObject({ tone: 'error', title: 'The failover broke off' });
    expect(world.happened).toContain('run ended');
  });
});

describe('the log', () => {
  it('tells each step and holds no secret-bearing object', async () => {
    await enter().toSummary();
    person.do({ kind: 'go', to: 'finish' });
    await person.sees('results');
    expect(person.world.log).toContain('Sales: Done: Delete the link in Azure');
    expect(person.world.log.every(line => !/password|token|bearer/i.test(line))).toBe(true);
  });
});
