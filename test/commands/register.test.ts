import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fake } from '../hosts/fake-vscode.ts';

vi.mock('vscode', () => import('../hosts/fake-vscode.ts'));

import type { Parts } from '../../src/commands/parts.ts';
import { registerCommands } from '../../src/commands/register.ts';
import { linkError, practice, prod } from '../tree/servers.ts';
import { partsWith } from './parts.ts';

const run = (id: string, argument?: unknown) => fake.commands.get(id)?.(argument);

describe('a command', () => {
  beforeEach(() => fake.reset());

  const failing = (error: unknown) => {
    const { parts } = partsWith();
    registerCommands({ ...parts, tree: { ...parts.tree, refresh: () => Promise.reject(error) } });
  };

  it('shows what went wrong once, with what to do, and logs it', async () => {
    failing(linkError('unreachable', 'sqlprod01 does not answer.'));
    await run('miLink.refresh');
    expect(fake.messages).toEqual(['sqlprod01 does not answer.']);
    expect(fake.logged).toEqual(['[unreachable] sqlprod01 does not answer.']);
  });

  it.each([new DOMException('Cancelled', 'AbortError'), linkError('cancelled')])('does not mention %s', async error => {
    failing(error);
    await run('miLink.refresh');
    expect(fake.messages).toEqual([]);
    expect(fake.logged).toEqual([]);
  });

  it('shows a defect of ours as one', async () => {
    failing(new TypeError('x is not a function'));
    await run('miLink.refresh');
    expect(fake.messages).toEqual(['TypeError: x is not a function']);
  });

  it.each([undefined, null, 42, 'prod', {}, { kind: 'server' }, { kind: 'server', server: { id: 'gone' } }])(
    'called with %j does no harm',
    async argument => {
      const { parts, opened, memory } = partsWith();
      registerCommands(parts);
      for (const id of ['miLink.removeServer', 'miLink.editServer', 'miLink.copyServerName']) await run(id, argument);
      expect([fake.messages, opened, memory.everWritten, fake.clipboard]).toEqual([[], [], [], '']);
    },
  );

  it('refreshes the server of the node, or all', async () => {
    const { parts, refreshed } = partsWith();
    registerCommands(parts);
    await run('miLink.refresh', { kind: 'server', server: prod });
    await run('miLink.retry', { kind: 'problem', server: prod });
    await run('miLink.refresh');
    expect(refreshed).toEqual(['prod', 'prod', undefined]);
  });

  it('copies the name to connect to', async () => {
    const { parts, servers } = partsWith();
    servers.setServers(prod, practice);
    const { id, label: name } = prod;
    const authentication = { kind: 'entra' } as const;
    await parts.book.save(
      { id, name, server: 'sqlprod01,1433', authentication, encrypt: 'mandatory', trustServerCertificate: false },
      undefined,
    );
    registerCommands(parts);
    await run('miLink.copyServerName', { kind: 'server', server: prod });
    expect(fake.clipboard).toBe('sqlprod01,1433');
  });

  it('never removes or edits the practice server', async () => {
    const { parts, servers, prompter } = partsWith();
    servers.setServers(practice);
    registerCommands(parts);
    await run('miLink.removeServer', { kind: 'server', server: practice });
    await run('miLink.editServer', { kind: 'server', server: practice });
    expect([fake.messages, prompter.asked]).toEqual([[], []]);
  });
});

describe('the practice lab', () => {
  beforeEach(() => fake.reset());

  const withLab = (running: boolean, ...acts: Parameters<typeof partsWith>) => {
    const { parts, state } = partsWith(...acts);
    const done: string[] = [];
    const lab = {
      running: running ? {} : undefined,
      start: async (scenario: string) => void done.push(`start ${scenario}`),
      stop: async () => void done.push('stop'),
    } as unknown as Parts['lab'];
    registerCommands({ ...parts, lab });
    return { done, state };
  };

  it('starts with the chosen scenario and shows the tree', async () => {
    const { done } = withLab(false, { pick: 'Lagging link' });
    await run('miLink.startPracticeLab');
    expect(done).toEqual(['start lagging']);
    expect(fake.executed).toContain('miLink.servers.focus');
  });

  it('starts nothing when the question is closed, or when one runs', async () => {
    const closed = withLab(false, 'close');
    await run('miLink.startPracticeLab');
    fake.reset();
    const second = withLab(true);
    await run('miLink.startPracticeLab');
    expect([closed.done, second.done]).toEqual([[], []]);
    expect(fake.messages[0]).toMatch(/running already.*Stop Practice Lab/);
  });

  it('is stopped at once, but not under a running failover without a question', async () => {
    const { done, state } = withLab(true);
    await run('miLink.stopPracticeLab');
    state.runActive = true;
    await run('miLink.stopPracticeLab');
    expect(done).toEqual(['stop']);
    fake.answers = ['Stop Practice Lab'];
    await run('miLink.stopPracticeLab');
    expect(done).toEqual(['stop', 'stop']);
  });
});
