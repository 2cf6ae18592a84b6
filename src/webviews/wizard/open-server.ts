import { sameName } from '../../link/names.ts';
import { problemOf } from '../../link/problem.ts';
import { databasesOf, linkOf, usableLinks } from './facts.ts';
import type { Store } from './model.ts';
import type { WizardPorts } from './ports.ts';

/** Connects to SQL Server, finds the database's links, and looks at the link if there is only one that can be meant. */
export async function openServer(store: Store, ports: WizardPorts, signal: AbortSignal): Promise<void> {
  const { start, opening } = store.model;
  store.change({ opening: { state: 'working' }, look: { state: 'none' } });
  if (opening.state === 'ready') await opening.side.close();
  try {
    const side = await ports.servers.connect(start.server.id, signal);
    try {
      const [identity, databases] = await Promise.all([side.identify(signal), side.databases(signal)]);
      signal.throwIfAborted();
      store.change({ opening: { state: 'ready', side, identity, databases } });
    } catch (error) {
      await side.close();
      throw error;
    }
  } catch (error) {
    if (!signal.aborted) store.change({ opening: { state: 'failed', problem: problemOf(error, 'sqlServer') } });
    return;
  }
  const { usable } = usableLinks(store.model);
  const wanted = store.model.link ?? start.link;
  const link =
    usable.find(l => wanted !== undefined && sameName(l.name, wanted)) ?? (usable.length === 1 ? usable[0] : undefined);
  store.change({ link: link?.name });
  await lookAtLink(store, ports, signal);
}

/** One look at the chosen link from SQL Server alone: permissions, role, replica. */
export async function lookAtLink(store: Store, ports: WizardPorts, signal: AbortSignal): Promise<void> {
  const { model } = store;
  const link = linkOf(model);
  if (!link || model.opening.state !== 'ready') return;
  store.change({ look: { state: 'looking' } });
  try {
    const query = { link: link.name, availabilityGroup: link.availabilityGroup, databases: databasesOf(model) };
    const sight = await model.opening.side.observe(query, signal);
    signal.throwIfAborted();
    store.change({ look: { state: 'seen', sight, at: ports.clock.now() } });
  } catch (error) {
    if (!signal.aborted) store.change({ look: { state: 'failed', problem: problemOf(error, 'sqlServer') } });
  }
}
