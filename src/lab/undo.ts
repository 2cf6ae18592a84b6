/** Undoes in reverse order, once, all of it even when one undoing fails. */
export const createUndo = () => {
  const steps: (() => unknown)[] = [];
  let finish: () => void = () => undefined;
  const ran = new Promise<void>(resolve => {
    finish = resolve;
  });
  let running: Promise<void> | undefined;
  const undoAll = async () => {
    for (const step of steps.reverse())
      await Promise.resolve()
        .then(step)
        .catch(() => undefined);
    finish();
  };
  return {
    add: (step: () => unknown) => void steps.push(step),
    run: (): Promise<void> => {
      running ??= undoAll();
      return running;
    },
    ran,
  };
};

/** What a half-started or running lab must take down again. */
export type Undo = ReturnType<typeof createUndo>;
