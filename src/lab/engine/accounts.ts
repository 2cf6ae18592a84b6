import { linkedDatabase } from './company.ts';
import type { Random } from './random.ts';
import type { DatabasePrincipal } from './security.ts';

/** Logins with less than all rights, so that tests and readers can try what each cannot do. */
export function makeAccounts(random: Random) {
  const account = (name: string, permissions: readonly string[] = []) => ({
    name,
    permissions,
    password: random.password(),
    sid: random.bytes(16),
    defaultDatabase: linkedDatabase,
  });
  return {
    /** The application's own: no server permission at all. */
    salesApp: account('sales_app'),
    /** May see no dynamic management view. */
    withoutViewServerState: account('no_view_state', ['VIEW ANY DEFINITION']),
    /** Sees everything, may change nothing. */
    watcher: account('link_watcher', ['VIEW SERVER STATE', 'VIEW ANY DEFINITION']),
    /** May operate availability groups without being sysadmin. */
    operator: account('link_operator', ['VIEW SERVER STATE', 'ALTER ANY AVAILABILITY GROUP']),
    /** On SQL Server only: its user is an orphan on the instance. */
    salesReader: account('sales_reader'),
  };
}

/** Users of the Sales database: the application's, one without login on the instance, and one whose login is gone everywhere. */
export function salesUsers(accounts: ReturnType<typeof makeAccounts>): readonly DatabasePrincipal[] {
  const user = (
    principalId: number,
    name: string,
    sid: Uint8Array,
    memberOf: readonly number[],
  ): DatabasePrincipal => ({
    principalId,
    name,
    type: 'S',
    sid,
    fixedRole: false,
    memberOf,
  });
  return [
    user(5, accounts.salesApp.name, accounts.salesApp.sid, [16_390, 16_391]),
    user(6, accounts.salesReader.name, accounts.salesReader.sid, [16_390]),
    // Its login was dropped long ago, on both sides.
    user(
      7,
      'old_etl',
      Uint8Array.from({ length: 16 }, (_, index) => 0x41 + index),
      [16_391],
    ),
  ];
}
