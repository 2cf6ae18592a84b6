import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { type Command, serverOfNode } from './parts.ts';

/** Takes a server off the list, with its password, after asking. Nothing is done on the server itself. */
export const removeServer: Command = async (parts, node) => {
  const server = serverOfNode(parts, node);
  if (!server || server.practice) return;
  const remove = l10n.t('Remove');
  const answer = await vscode.window.showWarningMessage(
    l10n.t('Remove {0} from the list?', server.label),
    { modal: true, detail: l10n.t('Its stored password is deleted too. Nothing changes on the server.') },
    remove,
  );
  if (answer === remove) await parts.book.remove(server.id);
};
