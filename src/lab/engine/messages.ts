import { SqlError } from './contract.ts';

/**
 * The errors that the practice servers raise, by situation. Numbers, severities and wording are those of sys.messages, so that a person can look them up
 * and a client that matches them works the same on a real server.
 */

const error = (number: number, text: string, severity = 16, state = 1) => new SqlError(number, text, severity, state);

// Availability groups -------------------------------------------------------------------------------------------------------------------------

/** The group, or this server's replica of it, is not here. */
export const groupNotFound = (group: string) =>
  error(
    41100,
    `The availability group '${group}' and/or its local availability replica does not exist.  Verify that the specified availability group name is correct, and that the local availability replica has joined the availability group, then retry the operation.`,
  );

export const distributedGroupNotFound = (group: string) =>
  error(
    19510,
    `Distributed availability group '${group}' not found. Rerun the command with an existing distributed availbility group.`,
  );

export const notDistributed = (group: string) =>
  error(
    19512,
    `The requested operation only applies to distributed availability group, and is not supported on the specified availability group '${group}'. Please make sure you are specifying the correct availability group name.`,
  );

export const memberNotFound = (member: string, group: string) =>
  error(
    19508,
    `'ALTER AVAILABILITY GROUP MODIFY AVAILABILITY GROUP' command failed. Participant availability replica '${member}' not found in the distributed availability group '${group}'.`,
  );

/** FAILOVER on a DAG before SQL Server 2022 CU13. */
export const onlyForcedFailover = (group: string) =>
  error(
    19504,
    `Cannot failover a distributed availability replica for availability group '${group}'. Only force failover is supported in this version of SQL Server.`,
  );

export const failoverPending = (group: string) =>
  error(
    41113,
    `Cannot failover availability group '${group}' to this instance of SQL Server because a failover command is already pending on the local replica of this availability group.  Wait for the pending failover command to complete before issuing another command on the local replica of this availability group.`,
  );

export const alreadyPrimary = (group: string) =>
  error(
    41122,
    `Cannot failover availability group '${group}' to this instance of SQL Server.  The local availability replica is already the primary replica of the availability group.  To failover this availability group to another instance of SQL Server, run the failover command on that instance of SQL Server.  If local instance of SQL Server is intended to host the primary replica of the availability group, then no action is required.`,
  );

export const notPrimary = (group: string) =>
  error(
    41140,
    `Availability group '${group}' cannot process the ALTER AVAILABILITY GROUP command, because the local availability replica is not the primary replica.  Connect to the server instance that is currently hosting the primary replica of this availability group, and rerun the command.`,
  );

export const notSynchronized = (group: string) =>
  error(
    41142,
    `The availability replica for availability group '${group}' on this instance of SQL Server cannot become the primary replica. One or more databases are not synchronized or have not joined the availability group. If the availability replica uses the asynchronous-commit mode, consider performing a forced manual failover (with possible data loss). Otherwise, once all local secondary databases are joined and synchronized, you can perform a planned manual failover to this secondary replica (without data loss). For more information, see SQL Server Books Online.`,
  );

/** `command` as the server names it, e.g. 'SET' 'ROLE'. */
export const wrongState = (group: string, command: string, option: string) =>
  error(
    41190,
    `Availability group '${group}' failed to process ${command}-${option} command.  The local availability replica is not in a state that could process the command.  Verify that the availability group is online and that the local availability replica is the primary replica, then retry the command.`,
  );

/** Wording from SQL Server 2022: planned failover of a link runs on the primary. */
export const alreadySecondary = (group: string) =>
  error(
    41195,
    `Availability group '${group}' failed to process the FAILOVER command. The local availability replica is already the secondary replica of the availability group. To fail over the availability group, run the failaway command on the primary replica.`,
  );

export const failoverTimedOut = (group: string) =>
  error(
    41149,
    `Operation on the availability group '${group}' has been cancelled or terminated, either because of a connection timeout or cancellation by user.  This is an informational message.  No user action is required.`,
  );

export const dropFailed = (group: string, osError: number) =>
  error(
    41172,
    `An error occurred while dropping availability group '${group}'.  The operation encountered SQL OS error ${osError}, and has been terminated.  Verify that the specified availability group name is correct, and then retry the command.`,
  );

export const higherVersion = (group: string) =>
  error(
    41191,
    `The local availability replica of availability group '${group}' cannot become the primary replica.  The last-known primary availability replica is of a higher version than the local availability replica.  Upgrade the local instance of SQL Server to the same or later version as the server instance that is hosting the current primary availability replica, and then retry the command.`,
  );

export const requiredSecondariesOutOfRange = (group: string, count: number, most: number) =>
  error(
    47104,
    `The value ${count} is not valid for REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT of availability group '${group}'. Specify a value between 0 and ${most}.`,
  );

export const sameOptions = (group: string) =>
  ({
    number: 41185,
    class: 10,
    state: 1,
    line: 1,
    message: `Replica option specified in ALTER AVAILABILITY GROUP '${group}' MODIFY DDL is same is cached availability group configuration.`,
  }) as const;

export const noConnectionToPrimary = () =>
  error(35250, 'The connection to the primary replica is not active.  The command cannot be processed.');

export const databaseNotInGroup = (database: string) =>
  error(
    35242,
    `Cannot complete this ALTER DATABASE <database-name> SET HADR operation on database '${database}'.  The database is not joined to an availability group.  After the database has joined the availability group, retry the command.`,
  );

export const unjoinOnPrimary = (database: string, group: string) =>
  error(
    35240,
    `Database '${database}' cannot be joined to or unjoined from availability group '${group}'. This operation is not supported on the primary replica of the availability group.`,
  );

/** 40510: what Azure SQL answers to statements it does not have. */
export const notOnManagedInstance = (statement: string) =>
  error(40510, `Statement '${statement}' is not supported in this version of SQL Server.`);

// Access to a database ------------------------------------------------------------------------------------------------------------------------

export const readOnlyDatabase = (database: string) =>
  error(3906, `Failed to update database "${database}" because the database is read-only.`);

export const offline = (database: string) =>
  error(942, `Database '${database}' cannot be opened because it is offline.`, 14, 4);

export const restoring = (database: string) =>
  error(927, `Database '${database}' cannot be opened. It is in the middle of a restore.`, 14, 2);

export const secondaryNotReadable = (database: string) =>
  error(
    976,
    `The target database, '${database}', is participating in an availability group and is currently not accessible for queries. Either data movement is suspended or the availability replica is not enabled for read access. To allow read-only access to this and other databases in the availability group, enable read access to one or more secondary availability replicas in the group.  For more information, see the ALTER AVAILABILITY GROUP statement in SQL Server Books Online.`,
    14,
  );

export const readIntentNeeded = (database: string) =>
  error(
    978,
    `The target database ('${database}') is in an availability group and is currently accessible for connections when the application intent is set to read only. For more information about application intent, see SQL Server Books Online.`,
    14,
  );

export const noRole = (database: string) =>
  error(
    983,
    `Unable to access availability database '${database}' because the database replica is not in the PRIMARY or SECONDARY role. Connections to an availability database is permitted only when the database replica is in the PRIMARY or SECONDARY role. Try the operation again later.`,
    14,
  );

export const noSuchDatabase = (database: string) =>
  error(911, `Database '${database}' does not exist. Make sure that the name is entered correctly.`);

export const inAvailabilityGroup = (database: string) =>
  error(
    1468,
    `The operation cannot be performed on database "${database}" because it is involved in a database mirroring session or an availability group. Some operations are not allowed on a database that is participating in a database mirroring session or in an availability group.`,
  );

export const stateChangeBlocked = (database: string) =>
  error(5070, `Database state cannot be changed while other users are using the database '${database}'`, 16, 2);

export const databaseInUse = (database: string) =>
  error(3702, `Cannot drop database "${database}" because it is currently in use.`, 16, 3);

export const dropJoined = (database: string) =>
  error(
    3752,
    `The database '${database}' is currently joined to an availability group.  Before you can drop the database, you need to remove it from the availability group.`,
  );

export const dropSystemDatabase = (database: string) =>
  error(3708, `Cannot drop the database '${database}' because it is a system database.`);

export const systemDatabaseOption = (option: string, database: string) =>
  error(5058, `Option '${option}' cannot be set in database '${database}'.`);

export const databaseExists = (database: string) =>
  error(1801, `Database '${database}' already exists. Choose a different database name.`, 16, 3);

// Backup and restore --------------------------------------------------------------------------------------------------------------------------

export const backupOnSecondary = () =>
  error(3059, 'This BACKUP or RESTORE command is not supported on a database mirror or secondary replica.');

export const onlyCopyOnlyBackups = () =>
  error(
    41904,
    'BACKUP DATABASE failed. SQL Database Managed Instance supports only COPY_ONLY full database backups which are initiated by user.',
  );

export const backupNeedsFull = () =>
  error(4214, 'BACKUP LOG cannot be performed because there is no current database backup.');

export const simpleRecoveryLogBackup = () =>
  error(
    4208,
    'The statement BACKUP LOG is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or change the recovery model using ALTER DATABASE.',
  );

export const restoreJoined = (database: string) =>
  error(
    3104,
    `RESTORE cannot operate on database '${database}' because it is configured for database mirroring or has joined an availability group. If you intend to restore the database, use ALTER DATABASE to remove mirroring or to remove the database from its availability group.`,
  );

export const alreadyRecovered = () => error(3153, 'The database is already fully recovered.');

// Logins, permissions, sessions, jobs ---------------------------------------------------------------------------------------------------------

/** 18456; on the wire every reason is state 1. */
export const loginFailed = (user: string) => error(18456, `Login failed for user '${user}'.`, 14);

export const loginDisabled = (user: string) =>
  error(18470, `Login failed for user '${user}'. Reason: The account is disabled.`, 14);

/** DMVs: the reader lacks VIEW SERVER STATE. */
export const permissionDenied = (permission: string) =>
  error(300, `${permission} permission was denied on object 'server', database 'master'.`, 14);

/** 15151: the object is not there, or the login may not know. */
export const cannot = (verb: 'alter' | 'drop', what: string, name: string) =>
  error(15151, `Cannot ${verb} the ${what} '${name}', because it does not exist or you do not have permission.`);

export const alterDatabaseDenied = (database: string) =>
  error(
    5011,
    `User does not have permission to alter database '${database}', the database does not exist, or the database is not in a state that allows access checks.`,
    14,
    5,
  );

export const statementDenied = (statement: string, database: string) =>
  error(262, `${statement} permission denied in database '${database}'.`, 14);

export const restoreDenied = (database: string) =>
  error(3110, `User does not have permission to RESTORE database '${database}'.`, 14);

export const executeDenied = (procedure: string) =>
  error(229, `The EXECUTE permission was denied on the object '${procedure}', database 'msdb', schema 'dbo'.`, 14, 5);

export const killDenied = () => error(6102, 'User does not have permission to use the KILL statement.', 14);
export const killSelf = () => error(6104, 'Cannot use KILL to kill your own process.');
export const notActive = (id: number) => error(6106, `Process ID ${id} is not an active process ID.`, 16, 2);
export const onlyUserProcesses = () => error(6107, 'Only user processes can be killed.', 14);

export const noSuchJob = (job: string) => error(14262, `The specified @job_name ('${job}') does not exist.`);
export const jobNotRunning = (job: string, user: string) =>
  error(
    22022,
    `SQLServerAgent Error: Request to stop job ${job} (from User ${user}) refused because the job is not currently running.`,
  );
export const jobAlreadyRunning = (job: string, user: string) =>
  error(
    22022,
    `SQLServerAgent Error: Request to run job ${job} (from User ${user}) refused because the job is already running from a request by User ${user}.`,
  );

// What a session is told when it is ended -----------------------------------------------------------------------------------------------------

/** Ended by KILL or WITH ROLLBACK. */
export const killed = {
  number: 596,
  class: 21,
  state: 1,
  line: 1,
  message: 'Cannot continue the execution because the session is in the kill state.',
} as const;

/** The server restarts. */
export const shuttingDown = {
  number: 6005,
  class: 14,
  state: 2,
  line: 1,
  message: 'SHUTDOWN is in progress.',
} as const;

/** The database went into another role. */
export const roleLost = (database: string) => {
  const { number, message, state } = noRole(database);
  return { number, class: 21, state, line: 1, message } as const;
};

// Connection errors in sys.dm_hadr_availability_replica_states ----------------------------------------------------------------------------------

/** 35206: nothing came within the session timeout. */
export const connectionTimedOut = (replica: string) => ({
  number: 35206,
  text: `A connection timeout has occurred on a previously established connection to availability replica '${replica}'.  Either a networking or a firewall issue exists or the availability replica has transitioned to the resolving role.`,
});

/** 35267: the other side closed the connection. */
export const connectionClosed = (replica: string, database: string) => ({
  number: 35267,
  text: `Always On Availability Groups connection with secondary database terminated for primary database '${database}' on the availability replica '${replica}'. This is an informational message only. No user action is required.`,
});
