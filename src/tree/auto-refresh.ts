/** When to read unasked. */
export interface AutoRefresh {
  /** Seconds between the end of a reading and the next one; 0 = off. */
  everySeconds(): number;
  /** Whether anybody can see the result. */
  visible(): boolean;
  /** Must not throw. */
  refresh(): Promise<void>;
}

/** Call `update` whenever an answer of `options` may have changed: the pause begins anew. */
export interface RunningAutoRefresh {
  update(): void;
  dispose(): void;
}

/** Readings never overlap, and none is made while nobody looks. */
export function startAutoRefresh(options: AutoRefresh): RunningAutoRefresh {
  let timer: NodeJS.Timeout | undefined;
  let disposed = false;
  let reading = false;
  const update = (): void => {
    clearTimeout(timer);
    const seconds = options.everySeconds();
    if (disposed || reading || !(seconds > 0) || !options.visible()) return;
    timer = setTimeout(() => void run(), seconds * 1000);
  };
  const run = async (): Promise<void> => {
    reading = true;
    try {
      await options.refresh();
    } finally {
      reading = false;
      update();
    }
  };
  update();
  return {
    update,
    dispose() {
      disposed = true;
      clearTimeout(timer);
    },
  };
}
