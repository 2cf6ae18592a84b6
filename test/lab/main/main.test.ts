import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LabDescription } from '../../../src/lab/lab.ts';

const main = new URL('../../../src/lab/main.ts', import.meta.url).pathname;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** The lab as a child process, with all it wrote. */
const runLab = (...options: readonly string[]) => {
  const child = spawn(process.execPath, [main, ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    written.out += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    written.err += chunk.toString('utf8');
  });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const described = async (): Promise<LabDescription> => {
    await expect.poll(() => written.out, { timeout: 20_000 }).toContain('\n');
    return JSON.parse(written.out);
  };
  return { child, written, exited, described };
};

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
const portsOf = ({ sqlServer, managedInstance, azure, control }: LabDescription) => [
  sqlServer.port,
  managedInstance.port,
  ...[azure.resourceManager, azure.authority, control].map(url => Number(new URL(url).port)),
];

describe('the practice lab as a program', () => {
  it('prints one line of JSON, serves, and stops cleanly on SIGTERM', async () => {
    const { child, written, exited, described } = runLab('--json', '--seed', '7');
    const lab = await described();
    expect(lab).toMatchObject({
      sqlServer: {
        host: '127.0.0.1',
        port: expect.any(Number),
        user: expect.any(String),
        password: expect.any(String),
      },
      managedInstance: {
        host: '127.0.0.1',
        fullyQualifiedDomainName: expect.stringMatching(/\.database\.windows\.net$/),
      },
      azure: {
        tenantId: expect.any(String),
        clientId: expect.any(String),
        clientSecret: expect.any(String),
        token: expect.any(String),
        location: expect.any(String),
      },
      link: { dag: expect.any(String), ag: expect.any(String), databases: [expect.any(String)] },
    });
    expect(await Promise.all(portsOf(lab).map(answers))).toEqual([true, true, true, true, true]);
    expect(existsSync(lab.azure.certificateFile)).toBe(true);
    child.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(await Promise.all(portsOf(lab).map(answers))).toEqual([false, false, false, false, false]);
    expect(existsSync(lab.azure.certificateFile)).toBe(false);
    expect(written.out.split('\n')).toHaveLength(2);
    expect(written.err).toBe('');
  });

  it('stops when its parent goes away, and when it is told to', async () => {
    const orphan = runLab('--json', '--stop-with-parent');
    await orphan.described();
    orphan.child.stdin.end();
    expect(await orphan.exited).toEqual({ code: 0, signal: null });
    const told = runLab('--json');
    const { control } = await told.described();
    expect((await fetch(`${control}/stop`, { method: 'POST' })).status).toBe(200);
    expect(await told.exited).toEqual({ code: 0, signal: null });
  });

  it('gives a person a summary to start from', async () => {
    const { child, written, exited } = runLab('--sql-server-port', '0');
    await expect.poll(() => written.out, { timeout: 20_000 }).toContain('Ctrl+C');
    expect(written.out).toContain('PRACTICE LAB, scenario sql2019');
    expect(written.out).toMatch(/TDSVER=7\.4 tsql -H 127\.0\.0\.1 -p \d+ -U \w+ -P/);
    child.kill('SIGINT');
    expect(await exited).toEqual({ code: 0, signal: null });
  });

  it('lists its scenarios', async () => {
    const { written, exited } = runLab('--list');
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(written.out.split('\n')).toEqual(expect.arrayContaining(['sql2019', 'lagging', 'busy', 'unreachable']));
  });

  it.each([
    ['--scenario', 'nowhere', /sql2019/],
    ['--seed', 'x', /whole number/],
    ['--control-port', '70000', /port/],
    ['--nonsense', '1', /unknown option/],
  ])('refuses %s %s on standard error', async (option, value, reason) => {
    const { written, exited } = runLab(option, value);
    expect(await exited).toEqual({ code: 1, signal: null });
    expect([written.out, written.err]).toEqual(['', expect.stringMatching(reason)]);
  });

  it('says which port is taken', async () => {
    const first = runLab('--json');
    const { sqlServer } = await first.described();
    const second = runLab('--json', '--sql-server-port', String(sqlServer.port));
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect([second.written.out, second.written.err]).toEqual([
      '',
      expect.stringMatching(new RegExp(`could not start.*${sqlServer.port}`)),
    ]);
  });
});
