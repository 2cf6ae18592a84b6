import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Journal } from '../link/ports.ts';

/**
 * One file per plan, one line of JSON per entry. `append` resolves when the line is on disk (fsync), so that after a crash the file knows at
 * least what the person saw. Entries are written in the order of the calls. Throws RangeError when `planId` cannot be a file name.
 */
export function fileJournal(folder: string, planId: string): Journal {
  if (!/^[\w-]{1,120}$/.test(planId)) throw new RangeError(`Not a plan id: ${JSON.stringify(planId.slice(0, 130))}`);
  const path = join(folder, `${planId}.jsonl`);
  let last: Promise<void> = Promise.resolve();
  return {
    append(entry) {
      const line = `${JSON.stringify(entry, plain)}\n`;
      // After a failed write the next one is still tried: its caller learns of its own failure.
      last = last.catch(() => undefined).then(() => appendLine(path, line));
      return last;
    },
  };
}

async function appendLine(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(line, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
}

/** LSNs are bigint; JSON has no such thing, and as numbers they would lose digits. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
