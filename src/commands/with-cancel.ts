import * as vscode from 'vscode';

/** Shows that work is under way, with a Cancel button that aborts its signal. Rejects with AbortError then, even when the work does not listen. */
export function cancellable<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const shown = vscode.window.withProgress(options, async (_progress, token) => {
    const controller = new AbortController();
    const cancelled = new Promise<never>((_resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
    });
    const listening = token.onCancellationRequested(() =>
      controller.abort(new DOMException('Cancelled', 'AbortError')),
    );
    try {
      return await Promise.race([work(controller.signal), cancelled]);
    } finally {
      listening.dispose();
    }
  });
  return Promise.resolve(shown);
}
