import { afterEach, describe, expect, it } from 'vitest';
import type { Intent } from '../../src/failover/plan.ts';
import { runPlan } from '../../src/failover/run.ts';
import { Person, twoWayWorld, WizardWorld } from './wizard-world.ts';

/** What a person may choose beside planned or forced: the word for a loss, the language of the script, what becomes of the link. */

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

/** Every intent that is run is kept. */
const intentsOf = (world: WizardWorld): Intent[] => {
  const intents: Intent[] = [];
  world.run = (plan, sides, options) => {
    intents.push(plan.intent);
    return runPlan(plan, sides, options);
  };
  return intents;
};

describe('the name that confirms a forced failover', () => {
  const forced = async (): Promise<void> => {
    await enter().toFailoverType();
    person.do({ kind: 'chooseKind', failover: 'forced' });
  };

  it.each(['', 'sales', 'SALES', 'Sale', 'Sales2', 'Archive', 'Sales, Sales'])('is not “%s”', async text => {
    await forced();
    person.do({ kind: 'confirm', ticked: true }, { kind: 'typeName', text });
    expect([person.canGoOn, person.footer.hint]).toEqual([false, 'Type the name of the database to continue.']);
    person.do({ kind: 'go', to: 'next' });
    expect(person.page).toBe('failoverType');
  });

  it.each(['Sales', ' Sales '])('is “%s”', async text => {
    await forced();
    person.do({ kind: 'confirm', ticked: true }, { kind: 'typeName', text });
    expect(person.canGoOn).toBe(true);
  });

  it('does not stand for the tick', async () => {
    await forced();
    person.do({ kind: 'typeName', text: 'Sales' });
    expect([person.canGoOn, person.footer.hint]).toEqual([false, 'Tick the box to continue.']);
  });

  it('is not asked for a planned failover', async () => {
    await enter().toFailoverType();
    expect((await person.sees('failoverType')).typedName).toBeUndefined();
  });

  it('is kept on Back, and goes into the plan as it was typed', async () => {
    const world = new WizardWorld();
    const intents = intentsOf(world);
    await enter(world).toFailoverType();
    person.do(
      { kind: 'chooseKind', failover: 'forced' },
      { kind: 'confirm', ticked: true },
      { kind: 'typeName', text: ' Sales ' },
      { kind: 'go', to: 'next' },
      { kind: 'go', to: 'back' },
    );
    expect((await person.sees('failoverType')).typedName?.value).toBe(' Sales ');
    person.do({ kind: 'go', to: 'next' }, { kind: 'go', to: 'next' });
    await person.sees('summary', () => person.canGoOn);
    person.do({ kind: 'go', to: 'finish' });
    expect((await person.sees('results')).headline.tone).toBe('success');
    expect(intents.map(i => i.typedDatabaseName)).toEqual([' Sales ']);
  });

  it('goes on although the budget of the planned failover was left wrong', async () => {
    await enter().toFailoverType();
    person.do(
      { kind: 'setBudget', text: 'long' },
      { kind: 'chooseKind', failover: 'forced' },
      { kind: 'confirm', ticked: true },
      { kind: 'typeName', text: 'Sales' },
      { kind: 'go', to: 'next' },
      { kind: 'go', to: 'next' },
    );
    expect((await person.sees('summary', () => person.canGoOn)).steps.length).toBeGreaterThan(0);
  });
});

describe('the language of the script', () => {
  it.each([
    ['tsql', 'ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON'],
    ['powershell', '$ErrorActionPreference'],
    ['azureCli', '#!/'],
  ] as const)('is %s when that is chosen', async (language, holds) => {
    await enter().toSummary();
    person.do({ kind: 'chooseLanguage', language });
    expect(person.footer.language?.chosen).toBe(language);
    person.do({ kind: 'script' });
    expect(person.world.scriptLanguages).toEqual([language]);
    expect(person.world.scripts[0]).toContain(holds);
    expect(person.world.link.received).toEqual([]);
  });

  it('is T-SQL unless another is chosen, and three are offered', async () => {
    await enter().toSummary();
    expect(person.footer.language?.options.map(o => o.label)).toEqual(['T-SQL', 'PowerShell', 'Azure CLI']);
    expect(person.footer.language?.chosen).toBe('tsql');
  });

  it('that cannot take a name says so on the page, until another is chosen', async () => {
    const world = new WizardWorld();
    world.identity = { ...world.identity, name: 'SQL\nPROD01' };
    await enter(world).toSummary();
    person.do({ kind: 'chooseLanguage', language: 'powershell' }, { kind: 'script' });
    const { notices } = await person.sees('summary', v => v.notices.length > 0);
    expect(notices[0]).toMatchObject({
      tone: 'error',
      title: 'The name "SQL\\nPROD01" holds a line break, which sqlcmd cannot be given safely.',
      advice: 'Use the T-SQL script, or let the extension run the failover.',
    });
    expect(world.scripts).toEqual([]);
    person.do({ kind: 'chooseLanguage', language: 'tsql' });
    expect((await person.sees('summary')).notices).toEqual([]);
    person.do({ kind: 'script' });
    expect(world.scriptLanguages).toEqual(['tsql']);
  });
});

describe('what becomes of the link', () => {
  it('is chosen where both sides allow it: cut at first, with what is not possible and why', async () => {
    await enter(twoWayWorld()).toFailoverType();
    const { way } = await person.sees('failoverType');
    expect(way?.chosen).toBe('cut');
    expect(way?.options.map(o => [o.title, o.description])).toEqual([
      ['Keep it, with roles reversed', 'By the T-SQL statement FAILOVER on SQL Server.'],
      ['Cut it: both databases become independent', 'The link is deleted, and replication ends.'],
    ]);
    expect(way?.notes.items).toEqual([
      'Switching the role on each side: From build 16.0.4125.3 on, FAILOVER does the same in one statement.',
      'Planned failover by Azure: Azure plans a failover only while the instance is the primary.',
    ]);
  });

  it('kept before CU13 is by switching the roles', async () => {
    await enter(twoWayWorld('16.0.4105.2')).toFailoverType();
    const { way } = await person.sees('failoverType');
    expect(way?.options[0]?.description).toMatch(/^By switching the role on each side/);
    expect(way?.notes.items[0]).toContain(
      'T-SQL FAILOVER: SQL Server 2022 has no T-SQL failover of a link before build',
    );
  });

  it.each<[string, () => WizardWorld, string]>([
    [
      'SQL Server 2019',
      () => new WizardWorld(),
      'SQL Server 2019 can only fail over to the instance, once: the link does not survive it.',
    ],
    [
      'a link made for one direction',
      () => {
        const world = twoWayWorld();
        world.link.failoverMode = 'None';
        return world;
      },
      'The link was made for one direction only (failover mode None).',
    ],
    [
      'an instance that is always up to date',
      () => {
        const world = twoWayWorld();
        world.databaseFormat = 'AlwaysUpToDate';
        return world;
      },
      'The instance’s update policy is Always-up-to-date: there is never a way back to SQL Server.',
    ],
  ])('is no choice with %s, and the reason is said', async (_what, world, why) => {
    await enter(world()).toFailoverType();
    const { way } = await person.sees('failoverType');
    expect([way?.options, way?.notes.items]).toEqual([[], [why]]);
  });

  it('is no choice in a forced failover', async () => {
    await enter(twoWayWorld()).toFailoverType();
    person.do({ kind: 'chooseWay', link: 'keep' }, { kind: 'chooseKind', failover: 'forced' });
    expect((await person.sees('failoverType', v => v.loss)).way).toBeUndefined();
    person.do({ kind: 'confirm', ticked: true }, { kind: 'typeName', text: 'Sales' }, { kind: 'go', to: 'next' });
    expect((await person.sees('cleanUp')).boxes[0]?.ticked).toBe(true);
  });

  it.each([
    ['16.0.4165.4', 'tsqlFailover'],
    ['16.0.4105.2', 'roleSwitch'],
  ])('kept on %s: every page says so, nothing is dropped, and the roles are reversed', async (version, way) => {
    const world = twoWayWorld(version);
    const intents = intentsOf(world);
    world.link.committed = 500n;
    await enter(world).toFailoverType();
    person.do({ kind: 'chooseWay', link: 'keep' }, { kind: 'confirm', ticked: true });
    const type = await person.sees('failoverType');
    expect(type.kinds.options[0]?.description).toBe(
      'Waits until both sides are equal, then reverses the roles. Nothing is lost.',
    );
    person.do({ kind: 'go', to: 'next' }, { kind: 'setCleanUp', what: 'ag', ticked: true });
    const cleanUp = await person.sees('cleanUp');
    expect(cleanUp.lead).toMatch(/^Nothing is dropped: the link is kept/);
    const reason = 'The link DAG_Sales is to be kept, and it needs these groups.';
    expect(cleanUp.boxes.map(b => [b.ticked, b.enabled, b.explanation])).toEqual([
      [false, false, reason],
      [false, false, reason],
    ]);
    person.do({ kind: 'go', to: 'back' }, { kind: 'go', to: 'back' }, { kind: 'go', to: 'back' });
    expect((await person.sees('introduction')).effects.items.join(' ')).not.toContain('The link is cut');
    person.do({ kind: 'go', to: 'next' }, { kind: 'go', to: 'next' });
    expect((await person.sees('failoverType')).way?.chosen).toBe('keep');
    person.do({ kind: 'go', to: 'next' }, { kind: 'go', to: 'next' });
    const summary = await person.sees('summary', () => person.canGoOn);
    const said = summary.lists.flatMap(l => l.items).join(' ');
    expect(said).toContain('The link DAG_Sales and its groups are kept on SQLPROD01.');
    expect(said).not.toMatch(/link is (cut|gone)|independently/);
    person.do({ kind: 'go', to: 'finish' });
    const results = await person.sees('results');
    expect(results.headline).toMatchObject({ tone: 'success' });
    expect(results.copies).toBeUndefined();
    expect(intents.map(i => [i.way, i.databaseFormat])).toEqual([[way, 'SQLServer2022']]);
    expect([world.link.sqlServerRole, world.link.instanceRole, world.link.linkInAzure]).toEqual([
      'secondary',
      'primary',
      true,
    ]);
    expect(world.link.hardened).toBeGreaterThanOrEqual(500n);
  });

  it('is never cut instead of kept when that stops being possible: the wizard stops and says why', async () => {
    const world = twoWayWorld();
    await enter(world).toFailoverType();
    person.do({ kind: 'chooseWay', link: 'keep' }, { kind: 'confirm', ticked: true });
    expect(person.canGoOn).toBe(true);
    world.link.failoverMode = 'None';
    const view = await person.sees('failoverType', v =>
      v.findings.some(f => f.title === 'This failover is not possible'),
    );
    expect([view.way?.chosen, person.canGoOn]).toEqual(['keep', false]);
    person.do({ kind: 'chooseWay', link: 'cut' });
    await person.sees('failoverType', () => person.canGoOn);
  });
});
