import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPracticeLab, type PracticeLab } from '../../src/hosts/practice-lab.ts';
import { PRACTICE_ID, practiceOrigin } from '../../src/hosts/practice-origin.ts';
import { startLabProcess } from '../../src/practice/lab-process.ts';

const program = join(import.meta.dirname, 'fake-lab.mjs');
const never = new AbortController().signal;

describe('the practice lab as a child process', () => {
  let folder: string;
  let lab: PracticeLab;
  let hidden: string[];
  let lost: string[];
  let changes: boolean[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'practice-'));
    [hidden, lost, changes] = [[], [], []];
    lab = createPracticeLab({
      file: program,
      log: () => undefined,
      hide: secret => hidden.push(secret),
      onLost: words => lost.push(words),
    });
    lab.onDidChange(() => changes.push(lab.running !== undefined));
  });
  afterEach(async () => {
    await lab.stop();
    await rm(folder, { recursive: true });
  });

  it('shows its server while it runs, and is gone when stop resolves', async () => {
    const file = join(folder, 'seen');
    process.env.NODE_OPTIONS = '--no-warnings';
    try {
      await lab.start(`good|${file}`, never);
    } finally {
      delete process.env.NODE_OPTIONS;
    }
    expect(practiceOrigin(lab).list()).toEqual([
      expect.objectContaining({ id: PRACTICE_ID, practice: true, label: expect.stringContaining('PRACTICE') }),
    ]);
    expect(hidden).toEqual(['Pr4ctice!', 'Pr4ctice!', 'cl1ent-secret']);
    await lab.stop();
    await lab.stop();
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([
      '--json --stop-with-parent node=1 options=undefined',
      'stopped',
      '',
    ]);
    expect(practiceOrigin(lab).list()).toEqual([]);
    expect(changes).toEqual([true, false]);
    expect(lost).toEqual([]);
  });

  it('says so when it ends by itself, with its last words', async () => {
    const told = new Promise<void>(resolve => lab.onDidChange(() => lab.running ?? resolve()));
    await lab.start('crashLater', never);
    await told;
    expect(lost).toEqual(['the engine has a defect\nExit code 3']);
    expect(changes).toEqual([true, false]);
  });

  it.each([
    ['crash', { reason: 'unreachable', serverText: 'no free port\nExit code 7' }],
    ['garbage', { reason: 'badAnswer', message: expect.stringContaining('not JSON') }],
    ['incomplete', { reason: 'badAnswer', message: expect.stringContaining('"azure.clientSecret"') }],
  ])('is not there after a start that went wrong: %s', async (scenario, problem) => {
    await expect(lab.start(scenario, never)).rejects.toMatchObject({ problem });
    expect(lab.running).toBeUndefined();
    // The failed start leaves nothing behind that would be in the way of the next one.
    await lab.start('good', never);
    expect(lab.running?.link.dag).toBe('DAG_Sales');
  });

  it('refuses a second one, also while the first is starting', async () => {
    const first = lab.start('good', never);
    await expect(lab.start('good', never)).rejects.toMatchObject({ problem: { reason: 'refused' } });
    await first;
    await expect(lab.start('good', never)).rejects.toMatchObject({ problem: { reason: 'refused' } });
  });

  it('is stopped when the start is cancelled', async () => {
    const cancel = new AbortController();
    const start = lab.start('silent', cancel.signal);
    cancel.abort(new DOMException('Cancelled', 'AbortError'));
    await expect(start).rejects.toMatchObject({ name: 'AbortError' });
    expect(lab.running).toBeUndefined();
  });

  it('is stopped when it is not ready in time', async () => {
    const slow = { file: program, arguments: ['--scenario', 'silent'], readyWithinMs: 50, log: () => undefined };
    await expect(startLabProcess(slow, never)).rejects.toMatchObject({ problem: { reason: 'timeout' } });
  });

  it('can be one that somebody else has started: stopping it only takes it off the list', async () => {
    const own = await startLabProcess(
      { file: program, arguments: ['--scenario', 'good'], readyWithinMs: 20_000, log: () => undefined },
      never,
    );
    try {
      const file = join(folder, 'lab.json');
      await writeFile(file, JSON.stringify({ ...own.description, more: 'keys' }));
      await lab.adopt(file);
      expect(lab.running).toEqual(own.description);
      await lab.stop();
      expect(lab.running).toBeUndefined();
    } finally {
      await own.stop();
    }
    await expect(lab.adopt(join(folder, 'none.json'))).rejects.toMatchObject({ problem: { reason: 'notFound' } });
  });

  it('is not reached any more once it is stopped', async () => {
    await lab.start('good', never);
    const origin = practiceOrigin(lab);
    await lab.stop();
    await expect(origin.connect(PRACTICE_ID, never)).rejects.toMatchObject({ problem: { reason: 'unreachable' } });
  });
});
