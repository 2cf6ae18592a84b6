import * as l10n from '@vscode/l10n';
import type { SqlSide } from '../link/ports.ts';
import { LinkError } from '../link/problem.ts';
import type { RegisteredServer, Servers } from './contract.ts';

/** A place where servers come from: what the person added, the practice lab, and whatever other host is added beside them. */
export interface ServerOrigin {
  list(): readonly RegisteredServer[];
  /** `id` is one of its own. Throws LinkError. The caller closes what it gets. */
  connect(id: string, signal: AbortSignal): Promise<SqlSide>;
  readonly onDidChange: (listener: () => void) => { dispose(): void };
}

/** All origins as one list, in their order. */
export function joinOrigins(origins: readonly ServerOrigin[]): Servers {
  return {
    list: () => origins.flatMap(origin => origin.list()),
    connect(id, signal) {
      const origin = origins.find(candidate => candidate.list().some(server => server.id === id));
      if (origin) return origin.connect(id, signal);
      throw new LinkError({
        reason: 'notFound',
        venue: 'sqlServer',
        message: l10n.t('This server is no longer in the list.'),
        advice: l10n.t('Add it again, or choose another one.'),
      });
    },
    onDidChange(listener) {
      const subscriptions = origins.map(origin => origin.onDidChange(listener));
      return { dispose: () => subscriptions.forEach(subscription => void subscription.dispose()) };
    },
  };
}
