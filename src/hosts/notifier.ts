/** Something that tells others it has changed, in the shape of a VS Code event. */
export interface Notifier {
  readonly onDidChange: (listener: () => void) => { dispose(): void };
  notify(): void;
}

/** Listeners are called in the order they came; one that is disposed during a call is not called any more. */
export function createNotifier(): Notifier {
  const listeners = new Set<{ readonly call: () => void }>();
  return {
    onDidChange(listener) {
      const entry = { call: listener };
      listeners.add(entry);
      return { dispose: () => void listeners.delete(entry) };
    },
    notify() {
      for (const entry of listeners) entry.call();
    },
  };
}
