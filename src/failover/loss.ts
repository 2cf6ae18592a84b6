import * as l10n from '@vscode/l10n';
import type { Direction } from '../link/capabilities.ts';
import type { Observation } from '../link/observation.ts';
import type { LinkTarget } from '../link/vocabulary.ts';
import type { LossEstimate } from './plan.ts';
import {
  databaseInAzure,
  databaseOn,
  instanceSight,
  lsnPairs,
  notEqual,
  pairsEqual,
  sqlServerSight,
} from './sync-facts.ts';

/**
 * What a forced failover would lose, judged by this look: log that the primary has and the side that takes over has not hardened. Never below the truth:
 * what cannot be seen makes it unknown, and zero is claimed only for synchronous, equal, quiet databases.
 */
export function estimateLoss(o: Observation, target: LinkTarget, direction: Direction = 'toInstance'): LossEstimate {
  const name = target.databases[0] ?? '';
  const azure = databaseInAzure(o, name);
  const server = databaseOn(sqlServerSight(o), name);
  const instance = databaseOn(instanceSight(o), name);
  const [primary, successor] = direction === 'toInstance' ? [server, instance] : [instance, server];
  const hardened = successor?.local?.hardenedLsn ?? (direction === 'toInstance' ? azure?.hardenedLsn : undefined);
  const end =
    primary?.local?.endOfLogLsn ??
    primary?.local?.lastCommitLsn ??
    (direction === 'toSqlServer' ? azure?.lastCommitLsn : undefined);
  const sendQueueKb = primary?.remote?.sendQueueKb;
  const provenZero =
    primary?.local !== undefined && notEqual(o, target, direction) === undefined && pairsEqual(lsnPairs(o, target));
  // A hardened LSN is the start of the next block: behind the end of the log it means that nothing is seen waiting.
  const nothingWaiting = end !== undefined && hardened !== undefined && hardened >= end;
  return {
    fromLsn: hardened?.toString(),
    toLsn: (nothingWaiting ? hardened : end)?.toString(),
    sendQueueKb,
    seconds: behindSeconds(primary?.remote?.lagSeconds, sendQueueKb),
    provenZero,
    explanation: explain(direction, end !== undefined, provenZero, nothingWaiting),
  };
}

/** A lag of 0 beside log that waits is no measurement: then the time is not known. */
const behindSeconds = (lag: number | undefined, sendQueueKb: number | undefined): number | undefined =>
  lag === 0 && (sendQueueKb ?? 0) > 0 ? undefined : lag;

function explain(direction: Direction, primarySeen: boolean, provenZero: boolean, nothingWaiting: boolean): string {
  if (!primarySeen)
    return direction === 'toInstance'
      ? l10n.t(
          'SQL Server cannot be read, so what it committed and did not send is unknown. Everything after what the instance has hardened is lost.',
        )
      : l10n.t(
          'The instance cannot be read, so what it committed and did not send is unknown. Everything after what SQL Server has hardened is lost.',
        );
  if (provenZero)
    return l10n.t(
      'Both sides show the same hardened LSN in synchronous mode and nobody is writing: nothing would be lost at this moment.',
    );
  if (nothingWaiting)
    return l10n.t(
      'No log is seen waiting at this moment, which is no proof: what is written between this look and the failover is lost.',
    );
  return direction === 'toInstance'
    ? l10n.t(
        'Log from the instance’s last hardened LSN to the end of the log on SQL Server, as seen at this moment; the queue size is SQL Server’s own. What is written between this look and the failover comes on top.',
      )
    : l10n.t(
        'Log from SQL Server’s last hardened LSN to the end of the log on the instance, as seen at this moment. What is written between this look and the failover comes on top.',
      );
}
