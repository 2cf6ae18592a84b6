import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { WizardController } from './controller.ts';
import { backgroundView, resultLine } from './view/background.ts';

/** A panel cannot refuse to be closed: what should become of the running failover is asked afterwards. Going on is the default. */
export async function askWhenClosed(controller: WizardController, database: string, reopen: () => void): Promise<void> {
  const goOn: vscode.MessageItem = { title: l10n.t('Keep running in background'), isCloseAffordance: true };
  const cancel: vscode.MessageItem = { title: l10n.t('Cancel failover') };
  const open: vscode.MessageItem = { title: l10n.t('Reopen') };
  const answer = await vscode.window.showWarningMessage(
    l10n.t('The failover of {0} is still running.', database),
    {
      modal: true,
      detail: controller.cancellable
        ? l10n.t('It goes on in the background. If you cancel it now, everything is put back as it was.')
        : l10n.t('It goes on in the background. It can no longer be cancelled.'),
    },
    goOn,
    open,
    ...(controller.cancellable ? [cancel] : []),
  );
  if (answer === open) reopen();
  if (answer === cancel) controller.cancelFailover();
}

/** Shows the failover as a notification until it ends; its Cancel button goes away at the point of no return. */
export async function showInBackground(controller: WizardController, database: string): Promise<void> {
  const during = (cancellable: boolean, ended: () => boolean): Thenable<void> =>
    vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: l10n.t('Failover of {0}', database), cancellable },
      (progress, token) => {
        token.onCancellationRequested(() => controller.cancelFailover());
        return until(controller, ended, () => progress.report(backgroundView(controller.model)));
      },
    );
  if (controller.cancellable) await during(true, () => !controller.cancellable);
  if (controller.run === 'running') await during(false, () => controller.run !== 'running');
}

/** Says how it ended; gives whether the person wants to see the results. */
export async function tellEnd(controller: WizardController): Promise<boolean> {
  const { text, good } = resultLine(controller.model);
  const show = l10n.t('Show results');
  const tell = good ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
  return (await tell(text, show)) === show;
}

function until(controller: WizardController, ended: () => boolean, changed: () => void): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      changed();
      if (!ended()) return;
      listening.dispose();
      resolve();
    };
    const listening = controller.onDidChange(look);
    look();
  });
}
