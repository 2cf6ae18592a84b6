import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileJournal } from '../../src/hosts/journal.ts';

describe('the journal of a run', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const lines = async (file: string) =>
    (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as unknown);

  it('has written a line when append resolves, in the order of the calls, into a file of the plan', async () => {
    const journal = fileJournal(join(folder, 'runs'), 'plan-1');
    await journal.append({ event: 'started', lsn: 37000000123400001n });
    expect(await lines(join(folder, 'runs', 'plan-1.jsonl'))).toEqual([{ event: 'started', lsn: '37000000123400001' }]);
    await Promise.all(Array.from({ length: 20 }, (_, i) => journal.append({ i })));
    const written = await lines(join(folder, 'runs', 'plan-1.jsonl'));
    expect(written.slice(1)).toEqual(Array.from({ length: 20 }, (_, i) => ({ i })));
  });

  it('goes on in the same file after a restart, and is readable by its owner only', async () => {
    await fileJournal(folder, 'plan-1').append({ event: 'started' });
    await fileJournal(folder, 'plan-1').append({ event: 'resumed' });
    const file = join(folder, 'plan-1.jsonl');
    expect(await lines(file)).toEqual([{ event: 'started' }, { event: 'resumed' }]);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('rejects when the line cannot be written, and tries the next one all the same', async () => {
    const blocked = join(folder, 'runs');
    await writeFile(blocked, 'a file where the folder should be');
    const journal = fileJournal(blocked, 'plan-1');
    await expect(journal.append({ n: 1 })).rejects.toThrow();
    await rm(blocked);
    await journal.append({ n: 2 });
    expect(await lines(join(blocked, 'plan-1.jsonl'))).toEqual([{ n: 2 }]);
  });

  it.each(['', '../x', 'a/b', 'a.b', 'x'.repeat(121)])('refuses %j as a file name', id =>
    expect(() => fileJournal(folder, id)).toThrow(RangeError),
  );
});
