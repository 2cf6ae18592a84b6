import { expect, it } from 'vitest';
import type { LabClock } from '../../../src/lab/engine/contract.ts';
import { Pump } from '../../../src/lab/engine/pump.ts';

/** A clock whose timers come late, as on a busy machine: they run only when told to. */
function lateClock() {
  let now = 0;
  const clock: LabClock = {
    now: () => now,
    sleep: async () => undefined,
    setTimer: () => () => undefined,
  };
  return { clock, pass: (ms: number) => (now += ms) };
}

it('a pump that is stalled just when its head is through finishes that and nothing else', () => {
  const { clock, pass } = lateClock();
  const done: string[] = [];
  const pump = new Pump<{ readonly bytes: number; readonly name: string }>(clock, 1, item => done.push(item.name) > 0);
  for (const name of ['first', 'second', 'third']) pump.push({ bytes: 1024, name });
  pass(1_200);
  pump.setRate(0);
  expect(done).toEqual(['first']);
  pass(60_000);
  pump.setRate(0);
  expect([done, pump.queuedKb]).toEqual([['first'], 2]);
});
