import * as l10n from '@vscode/l10n';
import { linksOf } from '../failover/discover.ts';
import type { RegisteredServer } from '../hosts/contract.ts';
import type { DatabaseSummary } from '../link/observation.ts';
import { addServer } from './add-server.ts';
import { type Command, type Parts, serverOfNode } from './parts.ts';
import type { Answer, Choice } from './prompter.ts';

/** Opens the wizard for the database of the node; without one it asks for server and database. */
export const failoverDatabase: Command = async (parts, node) => {
  const server = serverOfNode(parts, node);
  if (server && (node?.kind === 'database' || node?.kind === 'link')) {
    const link = node.kind === 'link' ? { link: node.link.name } : {};
    return parts.openWizard(parts.wizardHost, { server, database: node.database.name, ...link });
  }
  const chosen = await chooseDatabase(parts, server, l10n.t('Failover Database'));
  if (chosen) await parts.openWizard(parts.wizardHost, chosen);
};

/** Asks for a linked database, and for its server where that is not known. undefined: it was cancelled. */
export async function chooseDatabase(
  parts: Parts,
  known: RegisteredServer | undefined,
  title: string,
): Promise<{ readonly server: RegisteredServer; readonly database: string } | undefined> {
  for (;;) {
    const server = known ?? (await askForServer(parts, title));
    if (!server) return undefined;
    const database = await askForDatabase(parts, server, title, known === undefined);
    if (database.kind === 'answered') return { server, database: database.value };
    if (database.kind === 'cancelled') return undefined;
  }
}

async function askForServer(parts: Parts, title: string): Promise<RegisteredServer | undefined> {
  const servers = parts.servers.list().map(
    (server): Choice<RegisteredServer | 'add'> => ({
      label: server.label,
      description: server.description,
      icon: server.practice ? 'beaker' : 'server',
      group: l10n.t('Servers'),
      value: server,
    }),
  );
  const add: Choice<RegisteredServer | 'add'> = {
    label: l10n.t('Add SQL Server…'),
    icon: 'add',
    group: l10n.t('Other'),
    value: 'add',
  };
  const answer = await parts.prompter.choose({
    title,
    step: { number: 1, of: 2 },
    placeholder: l10n.t('On which SQL Server is the database?'),
    choices: [...servers, add],
  });
  if (answer.kind !== 'answered') return undefined;
  return answer.value === 'add' ? addServer(parts) : answer.value;
}

/** Reads the databases while the list is open. What is in no usable link is listed, says why, and cannot be chosen. */
function askForDatabase(
  parts: Parts,
  server: RegisteredServer,
  title: string,
  mayGoBack: boolean,
): Promise<Answer<string>> {
  return parts.prompter.choose({
    title,
    ...(mayGoBack ? { step: { number: 2, of: 2 } } : {}),
    placeholder: l10n.t('Which database of {0}?', server.label),
    choices: async signal => {
      const side = await parts.servers.connect(server.id, signal);
      try {
        return databaseChoices(await side.databases(signal));
      } finally {
        await side.close();
      }
    },
  });
}

/** Linked ones first. */
function databaseChoices(databases: readonly DatabaseSummary[]): readonly Choice<string>[] {
  const choices = databases.map((database): Choice<string> => {
    const { usable, whyNot } = linksOf(database);
    const common = { label: database.name, value: database.name };
    if (whyNot !== undefined)
      return { ...common, icon: 'circle-slash', detail: whyNot, whyNot, group: l10n.t('Not linked') };
    const to = usable.map(link => `${link.name} → ${link.instance?.instance ?? ''}`).join(', ');
    return { ...common, icon: 'database', description: to, group: l10n.t('Linked to a managed instance') };
  });
  return [...choices.filter(choice => !choice.whyNot), ...choices.filter(choice => choice.whyNot)];
}
