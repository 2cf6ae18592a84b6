import * as l10n from '@vscode/l10n';

/** What to do about a SQL Server error number, and whether the same request may succeed if simply made again. */
export interface Advice {
  readonly advice: string;
  readonly transient: boolean;
}

interface Entry {
  readonly numbers: readonly number[];
  readonly transient?: true;
  /** A function, because the language may be chosen after this file is loaded. */
  readonly say: () => string;
}

/** Availability group errors (sys.messages of SQL Server 2022), permissions, logins, and what role changes cause. */
const ENTRIES: readonly Entry[] = [
  {
    numbers: [41100],
    say: () =>
      l10n.t(
        'The availability group does not exist on this server, or this server has not joined it. Check that you are connected to the right server; if the group was dropped already, there is nothing left to do here.',
      ),
  },
  {
    numbers: [41104],
    say: () =>
      l10n.t(
        'The availability group did not come online. Look at the error log of this server, and at the cluster log if it has one, for the cause.',
      ),
  },
  {
    numbers: [41113],
    transient: true,
    say: () =>
      l10n.t('A failover is already under way on this server. Wait for it to finish, then look at the roles again.'),
  },
  {
    numbers: [41121],
    transient: true,
    say: () =>
      l10n.t(
        'The availability group is in another state or role than this command needs. Look at the roles again before going on.',
      ),
  },
  {
    numbers: [41122],
    say: () =>
      l10n.t(
        'This server is the primary already. Either the failover has been done, or the command belongs on the other side.',
      ),
  },
  {
    numbers: [41131],
    transient: true,
    say: () =>
      l10n.t(
        'Bringing the availability group online took too long. It may still be coming online: look at its state, then try again.',
      ),
  },
  {
    numbers: [41134],
    say: () =>
      l10n.t(
        'The availability group cannot come online here without possible data loss, because its databases are not synchronized. Wait until they are, or choose a forced failover.',
      ),
  },
  {
    numbers: [41138],
    transient: true,
    say: () => l10n.t('A database is busy with another change of state. Try again in a moment.'),
  },
  {
    numbers: [41140],
    say: () =>
      l10n.t(
        'This server is not the primary of the availability group. Connect to the primary replica and run the command there.',
      ),
  },
  {
    numbers: [41142],
    say: () =>
      l10n.t(
        'The databases are not synchronized, so this replica cannot become primary without possible data loss. Wait until they are SYNCHRONIZED; with asynchronous commit only a forced failover is possible.',
      ),
  },
  {
    numbers: [41149],
    transient: true,
    say: () =>
      l10n.t(
        'The command was cancelled or timed out on the server. Look at the roles again before going on: it may have taken effect in part.',
      ),
  },
  {
    numbers: [41154, 41155, 41156],
    transient: true,
    say: () =>
      l10n.t(
        'The availability group is being created or dropped at this moment. Wait for that to finish, then look again.',
      ),
  },
  {
    numbers: [41160],
    say: () =>
      l10n.t(
        'This replica could not become primary. The inner error in the server’s text says why; the error log of this server has more.',
      ),
  },
  {
    numbers: [41163, 41164, 41194],
    transient: true,
    say: () =>
      l10n.t(
        'Waiting for the role change failed. The change may still be going on: look at the roles until they settle.',
      ),
  },
  {
    numbers: [41165, 41166],
    transient: true,
    say: () => l10n.t('The replica is busy with another operation. Try again in a moment.'),
  },
  {
    numbers: [41172],
    transient: true,
    say: () => l10n.t('Dropping the availability group failed. Check whether it still exists, then try again.'),
  },
  {
    numbers: [41183, 41184],
    transient: true,
    say: () =>
      l10n.t(
        'Changing the replica failed, or was written down but not applied. Read the commit mode again, then try again.',
      ),
  },
  {
    numbers: [41186, 41187],
    transient: true,
    say: () =>
      l10n.t('The availability group is being created or dropped, so it cannot be changed now. Wait, then look again.'),
  },
  {
    numbers: [41188, 41189],
    transient: true,
    say: () =>
      l10n.t(
        'The command failed, or was written down but not applied. Read the state of the availability group again, then try again.',
      ),
  },
  {
    numbers: [41190],
    transient: true,
    say: () =>
      l10n.t(
        'The replica is not in a state to process this command: it must be online and primary. Look at its role and at whether it is connected.',
      ),
  },
  {
    numbers: [41191],
    say: () =>
      l10n.t(
        'The last primary runs a higher version than this server. Failing over to a lower version is not possible; check the update policy of the managed instance.',
      ),
  },
  {
    numbers: [41195],
    say: () =>
      l10n.t(
        'This side is the secondary already. A planned failover of a link is started on its primary: run the command on the other side.',
      ),
  },
  {
    numbers: [1408, 1412],
    say: () =>
      l10n.t(
        'The log of the two databases does not fit together any more. The link has to be created again for this database.',
      ),
  },
  {
    numbers: [41962],
    say: () =>
      l10n.t(
        'The link was not initiated within 5 minutes. Check the network path between SQL Server and the managed instance (ports 5022 and 11000–11999, both ways).',
      ),
  },
  {
    numbers: [41973],
    say: () =>
      l10n.t(
        'The certificate of SQL Server is not on the managed instance. Upload its public key to the instance’s trust certificates.',
      ),
  },
  {
    numbers: [41974],
    say: () =>
      l10n.t(
        'The certificate of the managed instance is not on SQL Server. Import the instance’s endpoint certificate.',
      ),
  },
  {
    numbers: [41976, 41977, 41986, 47521],
    transient: true,
    say: () =>
      l10n.t(
        'The partner of the link does not answer. Check the network path (ports 5022 and 11000–11999, both ways), the endpoints and their certificates on both sides.',
      ),
  },
  {
    numbers: [35250, 35201, 35206],
    transient: true,
    say: () =>
      l10n.t(
        'The connection to the partner replica is lost or timed out. During a role change this is expected for a short while; otherwise check the network path and the endpoints.',
      ),
  },
  {
    numbers: [976, 978, 983],
    transient: true,
    say: () =>
      l10n.t(
        'The database cannot be read here, because this replica is a secondary or is changing its role. During a failover this passes by itself.',
      ),
  },
  {
    numbers: [3906],
    transient: true,
    say: () =>
      l10n.t(
        'The database is read-only here, as it is on a secondary. After a failover this passes as soon as the role has changed.',
      ),
  },
  {
    numbers: [229, 262, 297, 300, 371, 916, 15151, 15247],
    say: () =>
      l10n.t(
        'This login lacks a permission. A failover needs ALTER on both availability groups (or ALTER ANY AVAILABILITY GROUP), VIEW SERVER STATE and VIEW ANY DEFINITION; a sysadmin has them all.',
      ),
  },
  { numbers: [574], say: () => l10n.t('The command cannot run inside a transaction.') },
  { numbers: [1205, 1222], transient: true, say: () => l10n.t('Another session held a lock. Try again.') },
  {
    numbers: [1468],
    say: () =>
      l10n.t(
        'The database is part of an availability group, so this cannot be changed. Drop or leave the availability group first.',
      ),
  },
  {
    numbers: [18456],
    say: () =>
      l10n.t(
        'Check the login’s name and password. The error log of the server tells the exact cause (the state number).',
      ),
  },
  {
    numbers: [18452],
    say: () =>
      l10n.t(
        'This server takes no SQL logins from here, or does not trust the Windows domain. Enable mixed authentication, or use another kind of login.',
      ),
  },
  {
    numbers: [18470],
    say: () => l10n.t('The login is disabled. An administrator can enable it (ALTER LOGIN … ENABLE).'),
  },
  {
    numbers: [18486],
    say: () =>
      l10n.t(
        'The login is locked out after too many wrong passwords. An administrator can unlock it (ALTER LOGIN … WITH PASSWORD = … UNLOCK).',
      ),
  },
  {
    numbers: [18487, 18488],
    say: () => l10n.t('The password has expired or must be changed. Change it with another tool, then connect again.'),
  },
  {
    numbers: [4060],
    say: () =>
      l10n.t(
        'The login may not open the database master on this server. Check that it is enabled and has not been denied CONNECT.',
      ),
  },
  {
    numbers: [40615, 40914],
    say: () =>
      l10n.t(
        'A firewall rule of the server does not allow this machine’s address. Add a rule, or connect from an allowed network.',
      ),
  },
  {
    numbers: [47073],
    say: () =>
      l10n.t(
        'Public network access is off for this server. Connect through its private endpoint, or from inside its network.',
      ),
  },
  {
    numbers: [40613, 40197, 40501, 18401],
    transient: true,
    say: () => l10n.t('The server is not available at this moment. Try again in a moment.'),
  },
  {
    numbers: [10928, 10929, 17809],
    transient: true,
    say: () => l10n.t('The server has no free connection at this moment. Try again in a moment.'),
  },
];

const BY_NUMBER = new Map(ENTRIES.flatMap(entry => entry.numbers.map(number => [number, entry] as const)));

/** Advice in words for a person for a SQL Server error number; undefined for a number that nothing is known about. */
export function adviceFor(number: number): Advice | undefined {
  const entry = BY_NUMBER.get(number);
  return entry && { advice: entry.say(), transient: entry.transient === true };
}
