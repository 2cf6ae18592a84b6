import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeLab } from '../../../scripts/practice-lab.ts';
import type { PracticeWorld } from '../../../src/lab/engine/world.ts';
import { type Application, startApplication } from '../../../src/practice/application.ts';
import { readLabDescription } from '../../../src/practice/lab-description.ts';
import { labServer } from '../../../src/practice/lab-server.ts';
import { type NumberedRows, openNumberedRows } from '../../../src/sql/numbered-rows.ts';
import type { Workbench } from './workbench.ts';

/** What is so, whatever the screen says. */
type LabState = ReturnType<PracticeWorld['state']>;

/** Both sides of the lab, by the lab's own account. */
export const truthOf = async (lab: PracticeLab): Promise<LabState> => (await lab.state()) as LabState;

/** An availability group; what follows the role is known of distributed ones only. */
interface GroupState {
  readonly name: string;
  readonly role: string;
  readonly localMode?: string;
  readonly remoteMode?: string;
  readonly connected?: boolean;
}

/** The link as one side has it, in a line: role, commit mode of this side and of the other, connected or not. */
export function linkOn(side: LabState['sqlServer'], link: string): string {
  const groups: readonly GroupState[] = side.availabilityGroups;
  const group = groups.find(g => g.name === link);
  if (!group) return 'gone';
  return `${group.role} ${group.localMode} ${group.remoteMode} ${group.connected ? 'connected' : 'disconnected'}`;
}

/** Numbered rows of the lab's database on both sides, over TDS connections of their own. */
export interface BothSides {
  readonly here: NumberedRows;
  readonly there: NumberedRows;
  close(): Promise<void>;
}

/** Logs in on both sides; after a role change a client has to do that anew. */
export async function openBothSides({ file }: PracticeLab): Promise<BothSides> {
  const lab = await readLabDescription(file);
  const [database = ''] = lab.link.databases;
  // Logged in to the database as an application is, so that its sessions are seen there.
  const sqlServer = { ...(await labServer(lab, 'sqlServer', 'SQL Server')), database };
  const instance = await labServer(lab, 'managedInstance', 'managed instance');
  const [here, there] = await Promise.all([
    openNumberedRows(sqlServer, database),
    openNumberedRows(instance, database),
  ]);
  return { here, there, close: async () => void (await Promise.all([here.close(), there.close()])) };
}

/** An application that writes numbered rows on the practice SQL Server. */
export interface Business {
  readonly application: Application;
  close(): Promise<void>;
}

/** Starts `writers` writers, about 20 rows a second each. */
export async function startBusiness(lab: PracticeLab, writers: number): Promise<Business> {
  const sides = await openBothSides(lab);
  await sides.here.prepare();
  const application = startApplication(sides.here, 1, writers, 20);
  const close = async () => {
    await application.stop();
    await sides.close();
  };
  return { application, close };
}

/** What must not be found anywhere: the lab's passwords and client secret, its token, and anything that looks like a signed access token. */
export function secretsIn(text: string, { description }: PracticeLab): readonly string[] {
  const { sqlServer, managedInstance, azure } = description;
  const known = {
    'password of SQL Server': sqlServer.password,
    'password of the instance': managedInstance.password,
    'client secret': azure.clientSecret,
    'Azure token': azure.token,
  };
  const found = Object.entries(known).flatMap(([name, secret]) => (text.includes(secret) ? [name] : []));
  return /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/.test(text) ? [...found, 'a signed token'] : found;
}

/** Every file VS Code and the extension have written (settings, state, logs, journals), extensions left out; names relative to its home. */
export async function writtenFiles({ home }: Workbench): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(home, { recursive: true });
  const files = new Map<string, string>();
  for (const name of names) {
    if (name.startsWith('extensions')) continue;
    const path = join(home, name);
    if ((await stat(path).catch(() => undefined))?.isFile()) files.set(name, await readFile(path, 'latin1'));
  }
  return files;
}

/** The lab that the workbench was started with. */
export function theLabOf({ lab }: Workbench): PracticeLab {
  if (!lab) throw new Error('This workbench was started without a lab');
  return lab;
}
