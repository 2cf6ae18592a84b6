import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { problemLine } from '../hosts/log.ts';
import { type Problem, problemOf } from '../link/problem.ts';
import { problemSentence } from '../link/problem-text.ts';
import type { Node } from '../tree/rows.ts';
import { addServer, editServer } from './add-server.ts';
import { checkFailoverReadiness } from './check-readiness.ts';
import { copyServerName } from './copy-server-name.ts';
import { failoverDatabase } from './failover-database.ts';
import type { Command, Parts } from './parts.ts';
import { startPracticeLab, stopPracticeLab } from './practice-lab.ts';
import { refresh } from './refresh.ts';
import { removeServer } from './remove-server.ts';

const showLog: Command = async parts => parts.log.show();

/** All commands of package.json. */
const commands: Readonly<Record<string, Command>> = {
  'miLink.failoverDatabase': failoverDatabase,
  'miLink.checkReadiness': checkFailoverReadiness,
  'miLink.addServer': async parts => void (await addServer(parts)),
  'miLink.editServer': editServer,
  'miLink.removeServer': removeServer,
  'miLink.copyServerName': copyServerName,
  'miLink.refresh': refresh,
  'miLink.retry': refresh,
  'miLink.startPracticeLab': startPracticeLab,
  'miLink.stopPracticeLab': stopPracticeLab,
  'miLink.showLog': showLog,
};

/** Registers them, each so that what goes wrong is shown once, in words, and kept in the log; what the person cancelled is not mentioned. */
export function registerCommands(parts: Parts): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([id, command]) =>
      vscode.commands.registerCommand(id, async (argument?: unknown) => {
        try {
          await command(parts, isNode(argument) ? argument : undefined);
        } catch (error) {
          await showProblem(parts.log, problemOf(error));
        }
      }),
    ),
  );
}

/** One message with what to do, and a way to the log. */
export async function showProblem(log: vscode.LogOutputChannel, problem: Problem): Promise<void> {
  if (problem.reason === 'cancelled') return;
  log.error(problemLine(problem));
  const open = l10n.t('Show Log');
  if ((await vscode.window.showErrorMessage(problemSentence(problem), open)) === open) log.show();
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  'server' in value &&
  typeof value.server === 'object';
