import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../../src/lab/clock.ts';
import { TransactionLog } from '../../../src/lab/engine/log.ts';
import { Pump } from '../../../src/lab/engine/pump.ts';

describe('transaction log', () => {
  it('addresses blocks as vlf · 10^15 + block · 10^5 + slot, hardened LSN = start of the next block', () => {
    const log = new TransactionLog({ vlf: 71, sector: 94_079 });
    const record = log.append([], 0, 1024);
    expect(record).toMatchObject({ block: 71_000_009_407_900_001n, next: 71_000_009_408_100_001n });
    expect(record.commit).toBeGreaterThan(record.block);
    expect(log.end).toBe(record.next);
  });

  it('goes on in the next VLF when one is full', () => {
    const log = new TransactionLog({ vlf: 40, sector: 131_071 });
    expect(log.append([], 0, 4096).block).toBe(41_000_000_001_600_001n);
  });

  it('never goes back, and both sides agree on where it ends', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000_000 }), { minLength: 1, maxLength: 50 }), sizes => {
        const start = { vlf: 37, sector: 100 };
        const [primary, secondary] = [new TransactionLog(start), new TransactionLog(start)];
        let previous = 0n;
        for (const bytes of sizes) {
          const record = primary.append([], 0, bytes);
          secondary.harden(record);
          expect(record.block).toBeGreaterThanOrEqual(previous);
          expect(record.commit).toBeLessThan(record.next);
          previous = record.next;
        }
        expect(secondary.end).toBe(primary.end);
        expect(primary.after(primary.end)).toEqual([]);
      }),
    );
  });

  it('keeps what lies beyond the truncation point', () => {
    const log = new TransactionLog({ vlf: 37, sector: 100 });
    const records = [1, 2, 3].map(() => log.append([], 0, 512));
    log.truncate(records[0]?.next ?? 0n);
    expect(log.kept).toEqual(records.slice(1));
    expect(log.after(records[1]?.next ?? 0n)).toEqual(records.slice(2));
  });
});

describe('pump', () => {
  const item = (kb: number) => ({ bytes: kb * 1024 });

  it('keeps its rate over many items, also when the rate changes in the middle of one', async () => {
    const clock = virtualClock(0);
    const done: number[] = [];
    const pump = new Pump(clock, 100, () => done.push(clock.now()) > 0);
    for (let i = 0; i < 3; i++) pump.push(item(10));
    expect(pump.queuedKb).toBe(30);
    await clock.advance(150);
    expect(done).toEqual([100]);
    expect(pump.queuedKb).toBe(15);
    pump.setRate(1000);
    await clock.advance(100);
    expect(done).toEqual([100, 155, 165]);
    expect(pump.queuedKb).toBe(0);
  });

  it('needs no timer when it is fast', () => {
    const done: number[] = [];
    const pump = new Pump(virtualClock(0), 1_000_000, () => done.push(1) > 0);
    for (let i = 0; i < 5; i++) pump.push(item(1));
    expect(done).toHaveLength(5);
  });

  it('stands still when paused or at rate 0, and goes on where it was', async () => {
    const clock = virtualClock(0);
    const done: number[] = [];
    const pump = new Pump(clock, 10, () => done.push(clock.now()) > 0);
    pump.push(item(10));
    await clock.advance(500);
    pump.pause();
    await clock.advance(10_000);
    pump.resume();
    pump.setRate(0);
    await clock.advance(10_000);
    pump.setRate(10);
    await clock.advance(500);
    expect(done).toEqual([21_000]);
  });

  it('tries an item again that could not be finished', async () => {
    const clock = virtualClock(0);
    let attempts = 0;
    const pump = new Pump(clock, 1_000_000, () => ++attempts === 3);
    pump.push(item(1));
    await clock.advance(20);
    expect({ attempts, empty: pump.empty }).toEqual({ attempts: 3, empty: true });
  });
});
