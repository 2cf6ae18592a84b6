import { LinkError } from '../../../src/link/problem.ts';
import type { WizardView } from '../../../src/webviews/messages.ts';
import { linkSummary, Person, twoWayWorld, WizardWorld } from '../wizard-world.ts';

/** Views as the real controller makes them, in situations worth a look. */

type Named = readonly (readonly [string, WizardView])[];

/** The seven pages of a planned failover that goes well. */
export async function sevenPages(): Promise<Named> {
  const world = new WizardWorld();
  world.link.committed = 3_172n;
  world.link.openTransactions = 1;
  const person = new Person(world);
  const shown: (readonly [string, WizardView])[] = [];
  const take = (name: string) => void shown.push([name, person.controller.view]);

  await person.sees('introduction', () => person.canGoOn);
  take('1-introduction');
  person.do({ kind: 'go', to: 'next' }, { kind: 'signIn', choice: 'vscode' });
  await person.sees('logIn', () => person.canGoOn);
  take('2-log-in');
  person.do({ kind: 'go', to: 'next' });
  await person.sees('failoverType', view => view.replicas);
  take('3-failover-type');
  person.do({ kind: 'confirm', ticked: true }, { kind: 'go', to: 'next' });
  take('4-clean-up');
  world.link.openTransactions = 0;
  person.do({ kind: 'go', to: 'next' });
  await person.sees('summary', () => person.canGoOn);
  take('5-summary');
  person.do({ kind: 'go', to: 'finish' });
  await person.sees('executing', view => view.live);
  take('6-executing');
  await person.sees('executing', view => view.pointOfNoReturn?.passed);
  take('6-executing-passed');
  await person.sees('results');
  take('7-results');
  await person.leaves();
  return shown;
}

/** Pages that say why something does not go. */
export async function troubledPages(): Promise<Named> {
  return [
    ['1-introduction-refused', await refused()],
    ['1-introduction-several-links', await severalLinks()],
    ['1-introduction-not-linked', await notLinked()],
    ['2-log-in-not-found', await notFound()],
    ['2-log-in-azure-only', await azureOnly()],
    ['3-failover-type-forced', await forced()],
    ...(await linkKept()),
    ['5-summary-script-refused', await scriptRefused()],
    ['7-results-backed-out', await backedOut()],
    ['7-results-failed', await stoppedPartWay()],
    ...(await longNames()),
  ];
}

async function refused(): Promise<WizardView> {
  const world = new WizardWorld();
  world.connectProblem = {
    reason: 'loginFailed',
    venue: 'sqlServer',
    message: 'SQLPROD01,1433 refused the login dba.',
    number: 18456,
    serverText: "Login failed for user 'dba'.",
    advice: 'Check the user name and the password of this server in the tree.',
  };
  const person = new Person(world);
  await person.sees('introduction', view => view.problem);
  return person.leaves();
}

async function severalLinks(): Promise<WizardView> {
  const world = new WizardWorld();
  const other = { instance: 'mi-dr', fullyQualifiedDomainName: 'mi-dr.def456.database.windows.net', port: 5022 };
  world.databases = [
    {
      name: 'Sales',
      state: 'ONLINE',
      writable: true,
      links: [
        linkSummary(),
        linkSummary({ name: 'DAG_Sales_DR', instance: other, instanceAvailabilityGroup: 'mi-dr' }),
      ],
    },
  ];
  const person = new Person(world);
  await person.sees('introduction', view => view.link);
  return person.leaves();
}

async function notLinked(): Promise<WizardView> {
  const world = new WizardWorld();
  world.database = 'Archive';
  const person = new Person(world);
  await person.sees('introduction', view => view.blocks.length > 0);
  return person.leaves();
}

async function notFound(): Promise<WizardView> {
  const world = new WizardWorld();
  world.instanceIn = 'nowhere';
  world.remembered.set('azure.subscription.sqlprod01', 'sub-1');
  world.tenants.push({ tenantId: 'fabrikam', displayName: 'Fabrikam' });
  world.remembered.set('azure.tenant.sqlprod01', 'contoso');
  world.subscriptions.push({
    subscriptionId: 'sub-2',
    displayName: 'Development and test of the northern region',
    tenantId: 'contoso',
  });
  const person = await new Person(world).toLogIn();
  person.do({ kind: 'signIn', choice: 'azureCli' });
  await person.sees('logIn', view => view.outcome.length > 0);
  return person.leaves();
}

async function azureOnly(): Promise<WizardView> {
  const world = new WizardWorld();
  world.instanceProblem = {
    reason: 'unreachable',
    venue: 'managedInstance',
    message: 'mi-prod.abc123.database.windows.net:1433 does not answer.',
    code: 'ETIMEOUT',
  };
  world.permissions = { known: true, missing: ['Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete'] };
  const person = await new Person(world).toLogIn();
  person.do({ kind: 'signIn', choice: 'vscode' });
  await person.sees('logIn', view => view.reading);
  return person.leaves();
}

async function forced(): Promise<WizardView> {
  const world = new WizardWorld();
  world.link.committed = 54_000n;
  world.link.sendRate = 10n;
  const person = await new Person(world).toFailoverType();
  person.do({ kind: 'chooseKind', failover: 'forced' }, { kind: 'typeName', text: 'Sal' });
  await person.sees('failoverType', view => view.loss);
  return person.leaves();
}

/** Both sides allow it: the link is kept. The pages that speak of it, and the one that offers nothing where they do not. */
async function linkKept(): Promise<Named> {
  const person = await new Person(twoWayWorld()).toFailoverType();
  const shown: (readonly [string, WizardView])[] = [['3-failover-type-two-way', person.controller.view]];
  person.do({ kind: 'chooseWay', link: 'keep' }, { kind: 'confirm', ticked: true }, { kind: 'go', to: 'next' });
  shown.push(['4-clean-up-link-kept', person.controller.view]);
  person.do({ kind: 'go', to: 'next' });
  await person.sees('summary', () => person.canGoOn);
  shown.push(['5-summary-link-kept', person.controller.view]);
  person.do({ kind: 'go', to: 'finish' });
  await person.sees('results');
  shown.push(['7-results-link-kept', await person.leaves()]);
  return shown;
}

async function scriptRefused(): Promise<WizardView> {
  const world = new WizardWorld();
  world.identity = { ...world.identity, name: 'SQL\nPROD01' };
  const person = await new Person(world).toSummary();
  person.do({ kind: 'chooseLanguage', language: 'powershell' }, { kind: 'script' });
  await person.sees('summary', view => view.notices.length > 0);
  return person.leaves();
}

async function backedOut(): Promise<WizardView> {
  const world = new WizardWorld();
  world.link.writeRate = 100n;
  const person = await new Person(world).toSummary();
  person.do({ kind: 'go', to: 'finish' });
  await person.sees('executing', view => view.live);
  person.do({ kind: 'cancelRun' });
  await person.sees('results');
  return person.leaves();
}

async function stoppedPartWay(): Promise<WizardView> {
  const world = new WizardWorld();
  world.link.fault = text => {
    if (text.startsWith('DROP'))
      throw new LinkError({
        reason: 'permission',
        venue: 'sqlServer',
        message: 'SQL Server refused the statement.',
        number: 15151,
        serverText:
          "Cannot drop the availability group 'DAG_Sales', because it does not exist or you do not have permission.",
        advice: 'Grant ALTER ANY AVAILABILITY GROUP to this login, or connect as a member of sysadmin.',
      });
    return undefined;
  };
  const person = await new Person(world).toSummary();
  person.do({ kind: 'go', to: 'finish' });
  await person.sees('results');
  return person.leaves();
}

/** Names as long as SQL Server allows (sysname, 128 characters), on the practice lab. */
async function longNames(): Promise<Named> {
  const server = 'Sql_Server_Of_The_Northern_Region_For_Production_'.repeat(3).slice(0, 128);
  const database = `Sales_${'und_noch_mehr_Umsätze_'.repeat(6)}`.slice(0, 128);
  const stretch = (view: WizardView): WizardView => {
    const text = JSON.stringify({ ...view, practice: 'PRACTICE' });
    return JSON.parse(text.replaceAll('SQLPROD01', server).replaceAll(/\bSales\b/g, database));
  };
  return (await sevenPages()).map(([name, view]) => [`${name}-long-names`, stretch(view)] as const);
}
