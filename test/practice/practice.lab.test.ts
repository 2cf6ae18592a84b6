import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Said {
  readonly code: number | null;
  readonly json: {
    readonly outcome: string;
    readonly acknowledged: number;
    readonly present: number;
    readonly missing: number;
    readonly countedOn: string;
    readonly outageMs: number | null;
    readonly steps: readonly {
      readonly kind: string;
      readonly side: string;
      readonly state: string;
      readonly ms: number | null;
    }[];
    readonly problem: { readonly reason: string } | null;
    readonly holds: readonly string[];
  };
  readonly stderr: string;
}

/** `npm run practice -- --json …` as a person would run it, without npm. */
function practice(...options: string[]): Promise<Said> {
  const main = fileURLToPath(new URL('../../src/practice/main.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, '--json', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', code => {
      try {
        resolve({ code, json: JSON.parse(stdout), stderr });
      } catch {
        reject(new Error(`No JSON on stdout: ${stdout}\n${stderr}`));
      }
    });
  });
}

describe('npm run practice', { timeout: 60_000 }, () => {
  it('given writers at work, when the failover is planned, then no acknowledged row is missing on the instance', async () => {
    const { code, json, stderr } = await practice('--seed', '7');
    expect([json.outcome, json.missing, code], stderr).toEqual(['failedOver', 0, 0]);
    expect(json.acknowledged).toBeGreaterThan(10);
    expect([json.present, json.countedOn]).toEqual([json.acknowledged, 'managedInstance']);
    expect(json.outageMs).toBeGreaterThan(0);
    expect(json.steps.map(s => s.kind)).toEqual([
      'validate',
      'setCommitMode',
      'setReplicationMode',
      'catchUp',
      'awaitEquality',
      'recheck',
      'deleteLink',
      'awaitWritable',
      'dropDistributedAvailabilityGroup',
      'verify',
    ]);
  });

  it('given 3 MB in the send queue, waits for them and loses nothing', async () => {
    const { code, json, stderr } = await practice('--scenario', 'lagging');
    expect([json.outcome, json.missing, code], stderr).toEqual(['failedOver', 0, 0]);
  });

  it('given writers that do not stop, backs out and leaves every row where it was', async () => {
    const { code, json, stderr } = await practice('--scenario', 'busy', '--budget', '8');
    expect([json.outcome, json.missing, json.countedOn, code], stderr).toEqual(['backedOut', 0, 'sqlServer', 1]);
    expect(json.problem?.reason).toBe('notSynchronized');
    expect(json.holds.join('\n')).toMatch(/Commit mode of .*: asynchronous, as before/);
  });

  it('given an instance that only Azure can reach, fails over and says how it was read', async () => {
    const { json, code, stderr } = await practice('--scenario', 'unreachable');
    expect([json.outcome, json.missing, json.countedOn, code], stderr).toEqual(['failedOver', 0, 'managedInstance', 0]);
  });

  it.each([
    ['sql2022', 'tsqlFailover', 'failOver'],
    ['sql2022BeforeCu13', 'roleSwitch', 'setRolePrimary'],
  ])('on %s by %s keeps the link and loses nothing', async (scenario, way, step) => {
    const { code, json, stderr } = await practice('--scenario', scenario, '--way', way, '--seed', '7');
    expect([json.outcome, json.missing, code], stderr).toEqual(['failedOver', 0, 0]);
    expect(json.steps.map(s => s.kind)).toContain(step);
    expect(json.acknowledged).toBeGreaterThan(10);
  });

  it('forced, takes over at once', async () => {
    const { json, code, stderr } = await practice('--kind', 'forced', '--drop-ag');
    expect([json.outcome, code], stderr).toEqual(['failedOver', 0]);
    expect(json.steps.map(s => s.kind)).toEqual([
      'validate',
      'forceFailover',
      'awaitWritable',
      'deleteLink',
      'dropDistributedAvailabilityGroup',
      'dropAvailabilityGroup',
      'verify',
    ]);
  });
});
