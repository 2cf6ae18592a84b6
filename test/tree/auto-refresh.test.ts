import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAutoRefresh } from '../../src/tree/auto-refresh.ts';

describe('reading unasked', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    Object.assign(world, { seconds: 30, visible: true, reads: 0, takesMs: 0 });
  });
  afterEach(() => void vi.useRealTimers());

  const world = { seconds: 30, visible: true, reads: 0, takesMs: 0 };
  const start = () =>
    startAutoRefresh({
      everySeconds: () => world.seconds,
      visible: () => world.visible,
      refresh: async () => {
        world.reads += 1;
        await new Promise(resolve => setTimeout(resolve, world.takesMs));
      },
    });

  it('happens every so many seconds', async () => {
    const auto = start();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(world.reads).toBe(0);
    await vi.advanceTimersByTimeAsync(60_100);
    expect(world.reads).toBe(3);
    auto.dispose();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(world.reads).toBe(3);
  });

  it('never overlaps: the pause begins when a slow reading has ended', async () => {
    world.takesMs = 100_000;
    const auto = start();
    await vi.advanceTimersByTimeAsync(129_000);
    auto.update();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.reads).toBe(1);
    await vi.advanceTimersByTimeAsync(32_000);
    expect(world.reads).toBe(2);
    auto.dispose();
  });

  it('rests while nobody looks or it is switched off, and goes on afterwards', async () => {
    world.visible = false;
    const auto = start();
    await vi.advanceTimersByTimeAsync(120_000);
    world.visible = true;
    world.seconds = 0;
    auto.update();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(world.reads).toBe(0);
    world.seconds = 10;
    auto.update();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(world.reads).toBe(1);
    auto.dispose();
  });
});
