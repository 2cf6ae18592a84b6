import * as l10n from '@vscode/l10n';
import { sameName } from '../../link/names.ts';
import type { Sight } from '../../link/observation.ts';
import type { DatabaseUser, ServerReadiness } from '../../link/readiness.ts';
import {
  both,
  type Check,
  factOf,
  fail,
  notKnown,
  pass,
  primaryReadiness,
  type ReadinessFacts,
  type Verdict,
  whenSeen,
} from './check.ts';
import { distinct, missingJobs, missingLinkedServers, missingLogins, orphans } from './compare.ts';

/** Checks of what surrounds the database on its server and does not move with it. Both sides are compared when both can be read. */

/** The users of all databases of the link; not seen when one database could not be read. */
export function usersOf(readiness: Sight<ServerReadiness>): Sight<readonly DatabaseUser[]> {
  return factOf(readiness, ({ databases }) => {
    const missing = databases.find(d => d.users.state !== 'seen');
    if (missing) return missing.users;
    return { state: 'seen', value: databases.flatMap(d => (d.users.state === 'seen' ? d.users.value : [])) };
  });
}

/** The side that will be primary. */
export const nextReadiness = (facts: ReadinessFacts): Sight<ServerReadiness> =>
  facts.direction === 'toInstance' ? facts.instance : facts.sqlServer;

export const nextName = ({ direction, target }: ReadinessFacts): string =>
  direction === 'toInstance' ? target.instance.name : target.sqlServer.name;

/** Compares; when the other side cannot be read, says so and what would have to be looked for there. */
function compared<T>(
  here: Sight<T>,
  there: Sight<T>,
  count: (here: T) => number,
  none: () => string,
  judge: (here: T, there: T) => Verdict,
): Verdict {
  return whenSeen(here, mine => {
    if (count(mine) === 0) return pass(none());
    if (there.state === 'seen') return judge(mine, there.value);
    const why = whenSeen(there, () => notKnown(''));
    return notKnown(
      l10n.t('{0} here; whether the other side has them is not known: {1}', count(mine), why.finding),
      l10n.t('Connect to the other side too, or compare by hand.'),
    );
  });
}

function judgeLogins(facts: ReadinessFacts): Verdict {
  const users = usersOf(primaryReadiness(facts));
  const here = both(
    users,
    factOf(primaryReadiness(facts), s => s.logins),
  );
  const there = both(
    users,
    factOf(nextReadiness(facts), s => s.logins),
  );
  return compared(
    here,
    there,
    ([mapped, logins]) => mapped.length - orphans(mapped, logins).length,
    () => l10n.t('No user of the databases is mapped to a login.'),
    ([mapped, logins], [, others]) => {
      const missing = missingLogins(mapped, logins, others);
      return missing.length === 0
        ? pass(l10n.t('All logins of the databases’ users exist on {0}, with the same SID.', nextName(facts)))
        : fail(
            'warn',
            l10n.t('{0} login(s) are not on {1} as they should be.', missing.length, nextName(facts)),
            l10n.t('Create them with the same SID before the failover, or their users cannot log in.'),
            missing.map(({ login, other }) =>
              other === 'missing'
                ? l10n.t('{0} is missing (SID {1})', login.name, login.sid)
                : l10n.t('{0} exists with another SID (here {1})', login.name, login.sid),
            ),
          );
    },
  );
}

/** Users without a login on the side where they will have to log in. Those that are orphans on both sides are old news, but still listed. */
function judgeOrphans(facts: ReadinessFacts): Verdict {
  // The rows travel with the database: where the other copy cannot be read, the primary's users are the same.
  const theirs = usersOf(nextReadiness(facts));
  const users = theirs.state === 'seen' ? theirs : usersOf(primaryReadiness(facts));
  return whenSeen(
    both(
      users,
      factOf(nextReadiness(facts), s => s.logins),
    ),
    ([all, logins]) => {
      const lost = orphans(all, logins);
      const own = factOf(primaryReadiness(facts), s => s.logins);
      const already = own.state === 'seen' ? orphans(lost, own.value) : [];
      return lost.length === 0
        ? pass(l10n.t('Every user has its login on {0}.', nextName(facts)))
        : fail(
            'warn',
            l10n.t('{0} user(s) would be orphans on {1}.', lost.length, nextName(facts)),
            l10n.t('Create their logins with the same SID, or map them afterwards: ALTER USER … WITH LOGIN = ….'),
            lost.map(user => describeOrphan(user, already.includes(user))),
          );
    },
  );
}

/** A Windows user may come in through a group's login here; a managed instance has no Windows logins at all. */
function describeOrphan({ name, type }: DatabaseUser, alreadyHere: boolean): string {
  if (type === 'U' || type === 'G') return l10n.t('{0} (Windows: needs a Microsoft Entra login)', name);
  return alreadyHere ? l10n.t('{0} (an orphan here as well)', name) : name;
}

const judgeJobs = (facts: ReadinessFacts): Verdict =>
  compared(
    factOf(primaryReadiness(facts), s => s.jobs),
    factOf(nextReadiness(facts), s => s.jobs),
    jobs => missingJobs(facts.target.databases, jobs, []).length,
    () => l10n.t('No Agent job has a step in these databases.'),
    (here, there) => {
      const missing = missingJobs(facts.target.databases, here, there);
      const elsewhere = distinct(here.map(step => step.job)).filter(
        job => !there.some(other => sameName(other.job, job)) && !missing.includes(job),
      );
      return missing.length === 0
        ? pass(l10n.t('The Agent jobs of these databases exist on {0}.', nextName(facts)))
        : fail(
            'warn',
            l10n.t('{0} Agent job(s) of these databases are not on {1}.', missing.length, nextName(facts)),
            l10n.t('Script them, create them there disabled, and enable them after the failover.'),
            [...missing, ...(elsewhere.length > 0 ? [l10n.t('Also look at: {0}', elsewhere.join(', '))] : [])],
          );
    },
  );

const judgeLinkedServers = (facts: ReadinessFacts): Verdict =>
  compared(
    factOf(primaryReadiness(facts), s => s.linkedServers),
    factOf(nextReadiness(facts), s => s.linkedServers),
    servers => servers.length,
    () => l10n.t('There are no linked servers.'),
    (here, there) => {
      const missing = missingLinkedServers(here, there);
      return missing.length === 0
        ? pass(l10n.t('The linked servers exist on {0}.', nextName(facts)))
        : fail(
            'warn',
            l10n.t('{0} linked server(s) are not on {1}.', missing.length, nextName(facts)),
            l10n.t('Create those that the databases use; their passwords cannot be read and must be entered anew.'),
            missing.map(s => `${s.name} (${[s.product, s.dataSource].filter(Boolean).join(', ')})`),
          );
    },
  );

const judgeServerObjects = (facts: ReadinessFacts): Verdict =>
  compared(
    factOf(primaryReadiness(facts), s => s.serverObjects),
    factOf(nextReadiness(facts), s => s.serverObjects),
    objects => objects.length,
    () => l10n.t('There are no server triggers and no credentials.'),
    (here, there) => {
      const missing = here.filter(o => !there.some(other => other.kind === o.kind && sameName(other.name, o.name)));
      return missing.length === 0
        ? pass(l10n.t('Server triggers and credentials exist on {0}.', nextName(facts)))
        : fail(
            'warn',
            l10n.t('{0} server object(s) are not on {1}.', missing.length, nextName(facts)),
            l10n.t('Create those that the databases or their jobs need.'),
            missing.map(o =>
              o.kind === 'trigger' ? l10n.t('server trigger {0}', o.name) : l10n.t('credential {0}', o.name),
            ),
          );
    },
  );

const onBoth = (names: readonly string[]) => ({ sqlServer: names, managedInstance: names });

export const surroundingsChecks: readonly Check[] = [
  {
    id: 'logins',
    title: () => l10n.t('The logins exist on the other side'),
    severity: 'warn',
    reads: onBoth(['users', 'logins']),
    judge: judgeLogins,
  },
  {
    id: 'orphans',
    title: () => l10n.t('No user will be an orphan'),
    severity: 'warn',
    reads: onBoth(['users', 'logins']),
    judge: judgeOrphans,
  },
  {
    id: 'jobs',
    title: () => l10n.t('The Agent jobs exist on the other side'),
    severity: 'warn',
    reads: onBoth(['jobs']),
    judge: judgeJobs,
  },
  {
    id: 'linkedServers',
    title: () => l10n.t('The linked servers exist on the other side'),
    severity: 'warn',
    reads: onBoth(['linkedServers']),
    judge: judgeLinkedServers,
  },
  {
    id: 'serverObjects',
    title: () => l10n.t('Server triggers and credentials exist on the other side'),
    severity: 'warn',
    reads: onBoth(['serverObjects']),
    judge: judgeServerObjects,
  },
];
