import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RegisteredServer } from '../hosts/contract.ts';
import { problemLine } from '../hosts/log.ts';
import { connectSaved } from '../hosts/saved-origin.ts';
import { LinkError, type Problem, problemOf } from '../link/problem.ts';
import { problemParts } from '../link/problem-text.ts';
import { type Command, type Parts, serverOfNode } from './parts.ts';
import {
  askServer,
  draftOf,
  emptyDraft,
  questionFor,
  type ServerDraft,
  type ServerQuestion,
  serverOf,
} from './server-questions.ts';
import { cancellable } from './with-cancel.ts';

/** Asks for a server, tries it, and puts it on the list. undefined: it was not added. */
export const addServer = (parts: Parts): Promise<RegisteredServer | undefined> =>
  enterServer(parts, l10n.t('Add SQL Server'), randomUUID(), emptyDraft);

/** The same for a server on the list, starting from what is known of it. */
export const editServer: Command = async (parts, node) => {
  const id = serverOfNode(parts, node)?.id;
  const saved = id === undefined ? undefined : parts.book.find(id);
  if (!saved) return;
  const draft = draftOf(saved, await parts.book.password(saved.id));
  await enterServer(parts, l10n.t('Edit {0}', saved.name), saved.id, draft);
};

type NextStep = 'edit' | 'save' | 'cancel';

async function enterServer(
  parts: Parts,
  title: string,
  id: string,
  start: ServerDraft,
): Promise<RegisteredServer | undefined> {
  let draft = start;
  let first: ServerQuestion | undefined;
  for (;;) {
    const answered = await askServer(parts.prompter, title, draft, first);
    if (!answered) return undefined;
    draft = answered;
    const problem = await tryServer(parts, id, draft);
    const next: NextStep = problem ? await askAfterFailure(parts, draft, problem) : 'save';
    if (next === 'cancel') return undefined;
    if (next === 'save') return save(parts, id, draft);
    first = problem && questionFor(problem, draft);
  }
}

async function save(parts: Parts, id: string, draft: ServerDraft): Promise<RegisteredServer | undefined> {
  const { server, password } = serverOf(id, draft);
  await parts.book.save(server, password);
  // A connection made the old way must not live on.
  parts.tree.forget(id);
  return parts.servers.list().find(listed => listed.id === id);
}

/** Connects once with these values. undefined: it works. */
async function tryServer(parts: Parts, id: string, draft: ServerDraft): Promise<Problem | undefined> {
  const { server, password } = serverOf(id, draft);
  if (password) parts.access.hide(password);
  try {
    await cancellable(l10n.t('Connecting to {0}…', server.name), async signal => {
      const side = await connectSaved(server, password, parts.access, signal);
      try {
        if ((await side.identify(signal)).isManagedInstance) throw isManagedInstance(server.name);
      } finally {
        await side.close();
      }
    });
    return undefined;
  } catch (error) {
    return problemOf(error, 'sqlServer');
  }
}

async function askAfterFailure(parts: Parts, draft: ServerDraft, problem: Problem): Promise<NextStep> {
  parts.log.warn(problemLine(problem));
  const edit = l10n.t('Edit');
  const saveAnyway = l10n.t('Save Anyway');
  const [message, ...more] = problemParts(problem);
  const headline =
    problem.reason === 'cancelled'
      ? l10n.t('The connection to {0} was not tested.', draft.name)
      : (message ?? problem.message);
  const answer = await vscode.window.showWarningMessage(
    headline,
    { modal: true, detail: more.join('\n\n') },
    edit,
    saveAnyway,
  );
  if (answer === edit) return 'edit';
  return answer === saveAnyway ? 'save' : 'cancel';
}

const isManagedInstance = (name: string): LinkError =>
  new LinkError({
    reason: 'unsupported',
    venue: 'managedInstance',
    message: l10n.t('{0} is an Azure SQL Managed Instance.', name),
    advice: l10n.t('Add the SQL Server at the other end of the link. The instance is found from there.'),
  });
