import { describe, expect, it } from 'vitest';
import { realClock, virtualClock } from '../../../src/lab/clock.ts';

describe('virtual clock', () => {
  it('runs timers in order and lets what they start settle before the next', async () => {
    const clock = virtualClock(1000);
    const seen: string[] = [];
    clock.setTimer(20, () => seen.push(`second at ${clock.now()}`));
    void clock.sleep(10).then(() => seen.push(`first at ${clock.now()}`));
    await clock.advance(15);
    expect(seen).toEqual(['first at 1010']);
    expect(clock.now()).toBe(1015);
    await clock.advance(5);
    expect(seen).toEqual(['first at 1010', 'second at 1020']);
  });

  it('cancels timers, and sleeps with the reason of the signal', async () => {
    const clock = virtualClock(0);
    let ran = false;
    clock.setTimer(5, () => {
      ran = true;
    })();
    const stop = new AbortController();
    const sleeping = clock.sleep(5, stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await expect(clock.sleep(5, stop.signal)).rejects.toThrow('enough');
    await clock.advance(10);
    expect(ran).toBe(false);
  });

  it('advances as far as some work needs, and says when nothing will finish it', async () => {
    const clock = virtualClock(0);
    await clock.finish(clock.sleep(700).then(() => clock.sleep(300)));
    expect(clock.now()).toBe(1000);
    await expect(clock.finish(new Promise(() => undefined))).rejects.toThrow('Nothing is left to happen');
  });
});

describe('real clock', () => {
  it('sleeps and is woken by the signal', async () => {
    const clock = realClock();
    const before = clock.now();
    await clock.sleep(5);
    expect(clock.now()).toBeGreaterThanOrEqual(before + 4);
    const stop = new AbortController();
    const sleeping = clock.sleep(60_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
  });
});
