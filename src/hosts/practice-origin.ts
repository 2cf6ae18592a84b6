import * as l10n from '@vscode/l10n';
import { LinkError } from '../link/problem.ts';
import { labServer } from '../practice/lab-server.ts';
import type { RegisteredServer } from './contract.ts';
import type { ServerOrigin } from './origins.ts';
import type { PracticeLab } from './practice-lab.ts';

/** The practice server's id: always the same, so that what the tree remembers of it survives a restart of the lab. */
export const PRACTICE_ID = 'practice';

/** The running practice lab as a server in the list. */
export function practiceOrigin(lab: PracticeLab): ServerOrigin {
  return {
    list: () => (lab.running ? [practiceServer(lab.running.sqlServer)] : []),
    async connect(_id, signal) {
      if (!lab.running) throw practiceStopped();
      const [{ connectSql }, options] = await Promise.all([
        import('../sql/connect.ts'),
        labServer(lab.running, 'sqlServer', practiceLabel()),
      ]);
      return connectSql(options, signal);
    },
    onDidChange: lab.onDidChange,
  };
}

/** The lab was there when the person chose it, but is no more. */
export const practiceStopped = (): LinkError =>
  new LinkError({
    reason: 'unreachable',
    venue: 'sqlServer',
    message: l10n.t('The practice lab is not running.'),
    advice: l10n.t('Run the command "Managed Instance Link: Start Practice Lab".'),
  });

const practiceLabel = (): string => l10n.t('PRACTICE SQL Server');

const practiceServer = (at: {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}): RegisteredServer => ({
  id: PRACTICE_ID,
  label: practiceLabel(),
  description: l10n.t(
    '{0},{1} · SQL login {2} · practice lab on this machine, no real server',
    at.host,
    at.port,
    at.user,
  ),
  practice: true,
});
