import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { LinkError } from '../link/problem.ts';
import type { Command } from './parts.ts';
import { practiceScenarios } from './practice-scenarios.ts';
import { cancellable } from './with-cancel.ts';

/** Asks for a scenario and starts a lab on this machine; its server appears in the tree. */
export const startPracticeLab: Command = async parts => {
  if (parts.lab.running) throw alreadyThere();
  const answer = await parts.prompter.choose({
    title: l10n.t('Start Practice Lab'),
    placeholder: l10n.t('What do you want to practise? Everything is simulated on this machine.'),
    choices: practiceScenarios(),
  });
  if (answer.kind !== 'answered') return;
  await cancellable(l10n.t('Starting the practice lab…'), signal => parts.lab.start(answer.value, signal));
  await vscode.commands.executeCommand('miLink.servers.focus');
};

/** Stops the lab and forgets all that was done in it; asks first while a failover runs. */
export const stopPracticeLab: Command = async parts => {
  if (parts.runActive() && !(await confirmStop())) return;
  await parts.lab.stop();
};

async function confirmStop(): Promise<boolean> {
  const stop = l10n.t('Stop Practice Lab');
  const answer = await vscode.window.showWarningMessage(
    l10n.t('A failover is running. Stop the practice lab all the same?'),
    {
      modal: true,
      detail: l10n.t('If it runs on the practice server, it will fail. A failover of a real server is not affected.'),
    },
    stop,
  );
  return answer === stop;
}

const alreadyThere = (): LinkError =>
  new LinkError({
    reason: 'refused',
    venue: undefined,
    message: l10n.t('A practice lab is running already.'),
    advice: l10n.t('Run "Managed Instance Link: Stop Practice Lab" first to begin with a fresh one.'),
  });
