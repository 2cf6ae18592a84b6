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
 * What a forced failover would lose, judged by this look: log that SQL Server has and the instance has not hardened. Never below the truth:
 * what cannot be seen makes it unknown, and zero is claimed only for synchronous, equal, quiet databases.
 */
export function estimateLoss(o: Observation, target: LinkTarget, direction: Direction = 'toInstance'): LossEstimate {
  return direction === 'toInstance' ? lossToInstance(o, target) : lossToSqlServer(o, target);
}

/** The same in the other direction: log that the instance has and SQL Server has not hardened. */
function lossToSqlServer(o: Observation, target: LinkTarget): LossEstimate {
  const name = target.databases[0] ?? '';
  const there = databaseOn(instanceSight(o), name);
  const azure = databaseInAzure(o, name);
  const provenZero =
    notEqual(o, target, 'toSqlServer') === undefined &&
    instanceSight(o) !== undefined &&
    pairsEqual(lsnPairs(o, target));
  return {
    fromLsn: databaseOn(sqlServerSight(o), name)?.local?.hardenedLsn?.toString(),
    toLsn: (there?.local?.endOfLogLsn ?? there?.local?.lastCommitLsn ?? azure?.lastCommitLsn)?.toString(),
    sendQueueKb: there?.remote?.sendQueueKb,
    seconds: there?.remote?.lagSeconds,
    provenZero,
    explanation: provenZero
      ? l10n.t(
          'Both sides show the same hardened LSN in synchronous mode and nobody is writing: nothing would be lost at this moment.',
        )
      : there || azure
        ? l10n.t(
            'Log from SQL Server’s last hardened LSN to the end of the log on the instance, as seen at this moment. What is written between this look and the failover comes on top.',
          )
        : l10n.t(
            'The instance cannot be read, so what it committed and did not send is unknown. Everything after what SQL Server has hardened is lost.',
          ),
  };
}

function lossToInstance(o: Observation, target: LinkTarget): LossEstimate {
  const name = target.databases[0] ?? '';
  const server = databaseOn(sqlServerSight(o), name);
  const hardened = instanceSight(o)
    ? databaseOn(instanceSight(o), name)?.local?.hardenedLsn
    : databaseInAzure(o, name)?.hardenedLsn;
  const fromLsn = hardened?.toString();
  if (!server?.local) {
    return {
      fromLsn,
      toLsn: undefined,
      sendQueueKb: undefined,
      seconds: undefined,
      provenZero: false,
      explanation: l10n.t(
        'SQL Server cannot be read, so what it committed and did not send is unknown. Everything after what the instance has hardened is lost.',
      ),
    };
  }
  const end = server.local.endOfLogLsn ?? server.local.lastCommitLsn;
  const provenZero = notEqual(o, target) === undefined && pairsEqual(lsnPairs(o, target));
  return {
    fromLsn,
    toLsn: end?.toString(),
    sendQueueKb: server.remote?.sendQueueKb,
    seconds: server.remote?.lagSeconds,
    provenZero,
    explanation: provenZero
      ? l10n.t(
          'Both sides show the same hardened LSN in synchronous mode and nobody is writing: nothing would be lost at this moment.',
        )
      : l10n.t(
          'Log from the instance’s last hardened LSN to the end of the log on SQL Server, as seen at this moment; the queue size is SQL Server’s own. What is written between this look and the failover comes on top.',
        ),
  };
}
