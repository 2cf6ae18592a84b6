import { sameName } from '../../link/names.ts';
import type { DatabaseUser, JobStep, LinkedServer, ServerLogin } from '../../link/readiness.ts';

/** What does not move with a database, compared between the side that has it and the side that will need it. Pure. */

/** A login that a user of the database is mapped to. `other`: how the other side has it. */
export interface LoginDifference {
  readonly login: ServerLogin;
  readonly other: 'missing' | 'otherSid';
}

/** Windows logins have the SID of the domain on every server, and no managed instance has them. */
const sameSid = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();

/** Logins behind the users of the databases that the other side does not have, or has with another SID. */
export function missingLogins(
  users: readonly DatabaseUser[],
  here: readonly ServerLogin[],
  there: readonly ServerLogin[],
): readonly LoginDifference[] {
  const needed = here.filter(login => users.some(user => sameSid(user.sid, login.sid)));
  return needed.flatMap((login): readonly LoginDifference[] => {
    if (there.some(other => sameSid(other.sid, login.sid))) return [];
    return [{ login, other: there.some(other => sameName(other.name, login.name)) ? 'otherSid' : 'missing' }];
  });
}

/** Users whose login does not exist on the server whose logins are given. */
export const orphans = (users: readonly DatabaseUser[], logins: readonly ServerLogin[]): readonly DatabaseUser[] =>
  users.filter(user => !logins.some(login => sameSid(login.sid, user.sid)));

/** Jobs with a step in one of the databases that are not on the other side, by name. */
export function missingJobs(
  databases: readonly string[],
  here: readonly JobStep[],
  there: readonly JobStep[],
): readonly string[] {
  const used = here.filter(step =>
    databases.some(name => step.database !== undefined && sameName(step.database, name)),
  );
  return distinct(used.map(step => step.job)).filter(job => !there.some(other => sameName(other.job, job)));
}

/** Linked servers that the other side does not have, by name. */
export const missingLinkedServers = (
  here: readonly LinkedServer[],
  there: readonly LinkedServer[],
): readonly LinkedServer[] => here.filter(server => !there.some(other => sameName(other.name, server.name)));

export const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)];
