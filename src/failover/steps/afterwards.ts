import * as l10n from '@vscode/l10n';
import { LinkError, problemOf } from '../../link/problem.ts';
import { nameOf } from '../choices.ts';
import type { Plan } from '../plan.ts';
import { backUpCopy, fullBackupSeen, NO_FULL_BACKUP_YET, recoverDatabase } from '../statements.ts';
import { databaseInAzure, databaseOn, sqlServerSight } from '../sync-facts.ts';
import type { StepHandler, Work } from './handler.ts';
import { sendAndFollow } from './send.ts';

const BACKUP_POLL_MS = 2_000;

/** Before the first full backup the instance cannot restore the database if it fails: until then SQL Server's copy is the only second one. */
export const awaitBackup: StepHandler<'awaitBackup'> = {
  describe: (step, { intent }) => ({
    title: l10n.t('Wait for the first full backup on the instance'),
    detail: l10n.t(
      'Until {0} has made a full backup of its own, the copy on {1} is the only other one; at most {2} s. Without it the link stays.',
      intent.target.instance.name,
      intent.target.sqlServer.name,
      step.budgetSeconds,
    ),
  }),
  changes: (_step, plan) => [fullBackupSeen(plan.intent.target.databases, plan.createdAt)],
  async run(step, work) {
    const endsAt = work.clock.now() + step.budgetSeconds * 1000;
    while (!(await backedUp(work))) {
      if (work.clock.now() >= endsAt) throw noBackup(work.plan, step.budgetSeconds);
      await work.clock.sleep(BACKUP_POLL_MS, work.signal);
    }
    work.notes.evidence.push(
      l10n.t(
        'A full backup made by {0} after the failover was seen at {1}',
        work.plan.intent.target.instance.name,
        new Date(work.clock.now()).toISOString(),
      ),
    );
    return { how: 'done', note: undefined };
  },
};

/** The instance's own history where it can be asked, else what Azure tells. */
async function backedUp(work: Work): Promise<boolean> {
  const { target } = work.plan.intent;
  if (work.sides.instance) {
    try {
      await work.send(fullBackupSeen(target.databases, work.plan.createdAt));
      return true;
    } catch (error) {
      if (problemOf(error).number === NO_FULL_BACKUP_YET) return false;
      if (problemOf(error).reason !== 'permission' && problemOf(error).reason !== 'unreachable') throw error;
    }
  }
  const look = await work.observe();
  return target.databases.every(name => (databaseInAzure(look, name)?.lastBackupTime ?? 0) > work.plan.createdAt);
}

const noBackup = ({ intent }: Plan, seconds: number): LinkError =>
  new LinkError({
    reason: 'timeout',
    venue: 'managedInstance',
    message: l10n.t(
      '{0} made no full backup of {1} within {2} s. The link was not removed.',
      intent.target.instance.name,
      intent.target.databases.join(', '),
      seconds,
    ),
    advice: l10n.t(
      'The failover itself is complete and the link protects the database. Remove the link later, when the backup is there.',
    ),
  });

/** Everything a side alone has is in a copy-only backup before it is thrown away. */
export const backUpDiverged: StepHandler<'backUpDiverged'> = {
  describe: (step, { intent }) => ({
    title: l10n.t('Back up the copy on {0}', nameOf(intent, step.side)),
    detail: l10n.t(
      'A full copy-only backup of {0} to {1}: what {2} alone has is thrown away afterwards.',
      intent.target.databases.join(', '),
      step.to,
      nameOf(intent, step.side),
    ),
  }),
  changes: (step, { intent }) =>
    intent.target.databases.map(name =>
      backUpCopy(name, step.side, backupFile(step.to, name, intent.target.databases)),
    ),
  async run(step, work) {
    await sendAndFollow(work, backUpDiverged.changes(step, work.plan));
    return { how: 'done', note: undefined };
  },
};

/** One file for each database: with several the name goes before the ending. */
function backupFile(to: string, database: string, all: readonly string[]): string {
  if (all.length < 2) return to;
  const safe = database.replaceAll(/[^\p{L}\p{N}_-]/gu, '_');
  const number = all.indexOf(database) + 1;
  return /\.\w+$/.test(to) ? to.replace(/(\.\w+)$/, `-${number}-${safe}$1`) : `${to}-${number}-${safe}`;
}

/** A secondary copy that lost its link is left restoring; recovered it is an ordinary database. */
export const recoverCopy: StepHandler<'recoverCopy'> = {
  describe: (_step, { intent }) => ({
    title: l10n.t('Make the copy on SQL Server usable'),
    detail: l10n.t(
      'Recovers {0} on {1}: it becomes an ordinary, writable database with what it had received.',
      intent.target.databases.join(', '),
      intent.target.sqlServer.name,
    ),
  }),
  changes: (_step, { intent }) => intent.target.databases.map(recoverDatabase),
  isDone: (_step, { intent }, o) =>
    sqlServerSight(o) !== undefined &&
    intent.target.databases.every(name => databaseOn(sqlServerSight(o), name)?.state === 'ONLINE'),
  async run(_step, work) {
    const look = await work.observe('ifInstanceUnseen');
    for (const name of work.plan.intent.target.databases)
      if (databaseOn(sqlServerSight(look), name)?.state !== 'ONLINE') await work.send(recoverDatabase(name));
    return { how: 'done', note: undefined };
  },
};
