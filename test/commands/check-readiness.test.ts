import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fake } from '../hosts/fake-vscode.ts';

const screen = vi.hoisted(() => ({
  documents: [] as { language: string; content: string }[],
  saved: [] as { file: string; text: string }[],
}));

vi.mock('vscode', async () => {
  const base = await import('../hosts/fake-vscode.ts');
  return {
    ...base,
    window: {
      ...base.window,
      showTextDocument: async () => undefined,
      showSaveDialog: async () => ({ path: '/reports/sales.json' }),
    },
    workspace: {
      ...base.workspace,
      openTextDocument: async (document: { language: string; content: string }) => {
        screen.documents.push(document);
        return document;
      },
      fs: {
        writeFile: async (file: { path: string }, bytes: Uint8Array) =>
          void screen.saved.push({ file: file.path, text: new TextDecoder().decode(bytes) }),
      },
    },
  };
});

/** The two looks need not be apart here. */
vi.mock('../../src/link/clock.ts', () => ({
  systemClock: { now: () => 1_800_000_000_000, sleep: async () => undefined },
}));

import { checkFailoverReadiness } from '../../src/commands/check-readiness.ts';
import type { Parts } from '../../src/commands/parts.ts';
import type { SignedIn } from '../../src/hosts/contract.ts';
import type { InstanceInAzure } from '../../src/link/observation.ts';
import type { AzureSide, SqlSide } from '../../src/link/ports.ts';
import { SmallLink } from '../failover/small-link.ts';
import { aDatabase, aLink, identity, linkError, prod } from '../tree/servers.ts';
import { partsWith } from './parts.ts';
import type { Act } from './scripted-prompter.ts';

const VSCODE = { kind: 'vscode', label: 'Account in VS Code', description: 'Yours.' } as const;
const AZURE = { pick: 'With Azure: Account in VS Code' };
const ONLY = { pick: 'SQL Server only' };

/** A production server whose Sales is linked, and an account that finds the instance unless `instance` is undefined. */
function world(...acts: Act[]) {
  const made = partsWith(...acts);
  const link = new SmallLink();
  const { sqlServer, instance, azure } = link.sides;
  if (!sqlServer || !instance || !azure) throw new Error('the small link has all sides');
  const state = {
    links: [aLink({ id: link.linkId })],
    instance: { name: 'mi-prod', fullyQualifiedDomainName: 'mi-prod.zone', subscriptionId: 's', resourceGroup: 'rg' } as
      | InstanceInAzure
      | undefined,
    instanceReachable: true,
    signedIn: 0,
    open: 0,
  };
  const counted = (side: SqlSide): SqlSide => {
    state.open += 1;
    return {
      ...side,
      identify: async () => identity,
      databases: async () => [aDatabase('Sales', state.links), aDatabase('Archive')],
      close: async () => {
        state.open -= 1;
      },
    };
  };
  made.servers.setServers(prod);
  made.servers.connect = async () => counted(sqlServer);
  const account: AzureSide = {
    ...azure,
    account: 'dba@example.com',
    subscriptions: async () => [{ subscriptionId: 's', displayName: 'S', tenantId: 't' }],
    findInstance: async () => state.instance,
  };
  const signedIn: SignedIn = {
    azure: account,
    tenantId: 't',
    connectInstance: async () => {
      if (!state.instanceReachable) throw linkError('unreachable', 'no route');
      return counted(instance);
    },
  };
  const signIn = {
    choices: () => [VSCODE],
    signIn: async () => {
      state.signedIn += 1;
      return signedIn;
    },
  };
  const parts: Parts = { ...made.parts, wizardHost: { signIn } as unknown as Parts['wizardHost'] };
  return { parts, prompter: made.prompter, state };
}

const node = { kind: 'database', server: prod, database: aDatabase('Sales', [aLink()]) } as const;

describe('Check failover readiness…', () => {
  beforeEach(() => {
    fake.reset();
    screen.documents.length = 0;
    screen.saved.length = 0;
  });

  it('on a database asks only whether Azure should be asked, shows Markdown, and closes all connections', async () => {
    const { parts, prompter, state } = world(AZURE);
    await checkFailoverReadiness(parts, node);
    expect(prompter.asked).toEqual(['What should be looked at?']);
    expect(screen.documents).toEqual([
      { language: 'markdown', content: expect.stringContaining('# Failover readiness of Sales') },
    ]);
    expect(screen.documents[0]?.content).toMatch(/\| The managed instance can be read \| passed \|/);
    expect(state).toMatchObject({ signedIn: 1, open: 0 });
    expect(screen.saved).toEqual([]);
  });

  it('without Azure signs in nowhere, and what only Azure knows is not known', async () => {
    const { parts, state } = world(ONLY);
    await checkFailoverReadiness(parts, node);
    expect(state).toMatchObject({ signedIn: 0, open: 0 });
    expect(screen.documents[0]?.content).toMatch(/\| The managed instance can be read \| not known \|/);
    expect(fake.messages).toEqual([expect.stringMatching(/^Not certain:/)]);
  });

  it('saves JSON when asked to', async () => {
    const { parts } = world(ONLY);
    fake.answers.push('Save as JSON');
    await checkFailoverReadiness(parts, node);
    expect(screen.saved.map(({ file, text }) => [file, JSON.parse(text).target.link])).toEqual([
      ['/reports/sales.json', 'DAG_Sales'],
    ]);
  });

  it('from the palette asks for server and database as the failover does', async () => {
    const { parts, prompter } = world({ pick: 'Production' }, { pick: 'Archive' }, { pick: 'Sales' }, ONLY);
    await checkFailoverReadiness(parts, undefined);
    expect(prompter.refused).toEqual(['Archive is not part of a Managed Instance link.']);
    expect(screen.documents).toHaveLength(1);
  });

  it('asks which link where there are several, and takes the one that was clicked', async () => {
    const two = world(ONLY, { pick: 'DAG_Other' });
    two.state.links.push(aLink({ name: 'DAG_Other' }));
    await checkFailoverReadiness(two.parts, node);
    expect(two.prompter.asked).toContain('Which link of Sales?');
    const clicked = world(ONLY);
    clicked.state.links.push(aLink({ name: 'DAG_Other' }));
    await checkFailoverReadiness(clicked.parts, { ...node, kind: 'link', link: aLink() });
    expect(clicked.prompter.asked).not.toContain('Which link of Sales?');
    expect(screen.documents).toHaveLength(2);
  });

  it('goes on through Azure when the instance cannot be reached', async () => {
    const { parts, state } = world(AZURE);
    state.instanceReachable = false;
    await checkFailoverReadiness(parts, node);
    expect(screen.documents[0]?.content).toContain('is read through Azure.');
    expect(fake.logged.join('\n')).toContain('no route');
  });

  it('says so when no subscription holds the instance, and leaves no connection', async () => {
    const { parts, state } = world(AZURE);
    state.instance = undefined;
    await expect(checkFailoverReadiness(parts, node)).rejects.toThrow(/mi-prod was not found in 1 subscription/);
    expect(state.open).toBe(0);
    expect(screen.documents).toEqual([]);
  });

  it('ends quietly when it is cancelled', async () => {
    const { parts, state } = world('close');
    await checkFailoverReadiness(parts, node);
    expect([screen.documents.length, state.open, fake.messages.length]).toEqual([0, 0, 0]);
  });
});
