import type { DatabasePrincipal, Login } from '../security.ts';
import { type Reading, type Row, seesAllDefinitions, view } from './view.ts';

/** Logins, users, permissions, certificates and endpoints, as far as the viewer may see them. */

const principalTypes = { S: 'SQL_USER', R: 'DATABASE_ROLE', E: 'EXTERNAL_USER' } as const;
const loginTypes = {
  S: 'SQL_LOGIN',
  E: 'EXTERNAL_LOGIN',
  X: 'EXTERNAL_GROUP',
  R: 'SERVER_ROLE',
} as const;

const serverRoles = [
  [2, 'public'],
  [3, 'sysadmin'],
  [4, 'securityadmin'],
  [5, 'serveradmin'],
  [6, 'setupadmin'],
  [7, 'processadmin'],
  [8, 'diskadmin'],
  [9, 'dbcreator'],
  [10, 'bulkadmin'],
] as const;

/** Every login sees itself and sa; the others take VIEW ANY DEFINITION. */
const logins = (reading: Reading): readonly Login[] =>
  reading.instance.logins.filter(
    login => seesAllDefinitions(reading) || login.principalId === 1 || login.name === reading.viewer.login.name,
  );

const loginRow = (login: Login): Row => ({
  name: login.name,
  principal_id: login.principalId,
  sid: login.sid,
  type: login.type,
  type_desc: loginTypes[login.type],
  is_disabled: login.disabled,
  create_date: login.createdAt,
  modify_date: login.createdAt,
  default_database_name: login.defaultDatabase,
  default_language_name: 'us_english',
  is_fixed_role: false,
});

const roleRow = ([id, name]: readonly [number, string]): Row => ({
  name,
  principal_id: id,
  sid: Uint8Array.of(id),
  type: 'R',
  type_desc: 'SERVER_ROLE',
  is_disabled: false,
  create_date: '2009-04-13T12:59:06.030',
  modify_date: '2009-04-13T12:59:06.030',
  owning_principal_id: 1,
  is_fixed_role: id !== 2,
});

const permissionTypes: Readonly<Record<string, string>> = {
  'CONNECT SQL': 'COSQ',
  'VIEW SERVER STATE': 'VWSS',
  'VIEW ANY DEFINITION': 'VWAD',
  'ALTER ANY AVAILABILITY GROUP': 'ALAG',
  'CONTROL SERVER': 'CL',
  'ALTER ANY LOGIN': 'ALLG',
  'ALTER ANY CONNECTION': 'ALCO',
};

const principals = ({ instance, viewer }: Reading): readonly DatabasePrincipal[] => {
  const database = instance.database(viewer.databaseId);
  return database ? (instance.principals.get(database.name) ?? []) : [];
};

const certificates = (reading: Reading) => (seesAllDefinitions(reading) ? reading.instance.certificates : []);

const principalColumns = `name sysname, principal_id int, sid varbinary(85), type char(1), type_desc nvarchar(60), is_disabled bit,
  create_date datetime, modify_date datetime, default_database_name sysname, default_language_name sysname, credential_id int,
  owning_principal_id int, is_fixed_role bit`;

/** Principals, permissions, certificates and endpoints. */
export const securityViews = [
  view('sys.server_principals', principalColumns, reading => [
    ...logins(reading).map(loginRow),
    ...serverRoles.map(roleRow),
  ]),
  view(
    'sys.sql_logins',
    `name sysname, principal_id int, sid varbinary(85), type char(1), type_desc nvarchar(60), is_disabled bit, create_date datetime,
     modify_date datetime, default_database_name sysname, default_language_name sysname, credential_id int, is_policy_checked bit = 1,
     is_expiration_checked bit = 0, password_hash varbinary(256)`,
    reading =>
      logins(reading)
        .filter(login => login.type === 'S')
        .map(login => {
          const { is_fixed_role: _, ...row } = loginRow(login);
          return row;
        }),
  ),
  view('sys.server_role_members', 'role_principal_id int, member_principal_id int', reading =>
    logins(reading)
      .filter(login => login.sysadmin)
      .map(login => ({ role_principal_id: 3, member_principal_id: login.principalId })),
  ),
  view(
    'sys.server_permissions',
    `class tinyint = 100, class_desc nvarchar(60) = SERVER, major_id int = 0, minor_id int = 0, grantee_principal_id int, grantor_principal_id int = 1,
     type char(4), permission_name nvarchar(128), state char(1) = G, state_desc nvarchar(60) = GRANT`,
    reading =>
      logins(reading).flatMap(login =>
        ['CONNECT SQL', ...login.permissions].map(permission => ({
          grantee_principal_id: login.principalId,
          type: permissionTypes[permission] ?? '',
          permission_name: permission,
        })),
      ),
  ),
  view(
    'sys.database_principals',
    `name sysname, principal_id int, type char(1), type_desc nvarchar(60), default_schema_name sysname, create_date datetime, modify_date datetime,
     owning_principal_id int, sid varbinary(85), is_fixed_role bit, authentication_type int, authentication_type_desc nvarchar(60),
     default_language_name sysname, default_language_lcid int, allow_encrypted_value_modifications bit = 0`,
    reading =>
      principals(reading).map(principal => {
        const user = principal.type !== 'R';
        const mapped = user && principal.sid !== undefined && principal.sid.length > 1;
        return {
          name: principal.name,
          principal_id: principal.principalId,
          type: principal.type,
          type_desc: principalTypes[principal.type],
          default_schema_name: user && principal.principalId !== 3 && principal.principalId !== 4 ? 'dbo' : null,
          create_date: reading.instance.startedAt,
          modify_date: reading.instance.startedAt,
          owning_principal_id: user ? null : 1,
          sid: principal.sid,
          is_fixed_role: principal.fixedRole,
          authentication_type: mapped || principal.name === 'dbo' ? (principal.type === 'E' ? 4 : 1) : 0,
          authentication_type_desc:
            mapped || principal.name === 'dbo' ? (principal.type === 'E' ? 'EXTERNAL' : 'INSTANCE') : 'NONE',
        };
      }),
  ),
  view('sys.database_role_members', 'role_principal_id int, member_principal_id int', reading =>
    principals(reading).flatMap(principal =>
      principal.memberOf.map(roleId => ({
        role_principal_id: roleId,
        member_principal_id: principal.principalId,
      })),
    ),
  ),
  view(
    'sys.database_permissions',
    `class tinyint = 0, class_desc nvarchar(60) = DATABASE, major_id int = 0, minor_id int = 0, grantee_principal_id int, grantor_principal_id int = 1,
     type char(4) = CO, permission_name nvarchar(128) = CONNECT, state char(1) = G, state_desc nvarchar(60) = GRANT`,
    reading =>
      principals(reading)
        .filter(principal => principal.type !== 'R' && principal.principalId !== 2 && principal.principalId < 16_384)
        .filter(principal => principal.sid !== undefined)
        .map(principal => ({ grantee_principal_id: principal.principalId })),
  ),
  view(
    'sys.certificates',
    `name sysname, certificate_id int, principal_id int = 1, pvt_key_encryption_type char(2), pvt_key_encryption_type_desc nvarchar(60),
     is_active_for_begin_dialog bit = 1, issuer_name nvarchar(442), cert_serial_number nvarchar(64), sid varbinary(85), string_sid nvarchar(128),
     subject nvarchar(4000), expiry_date datetime, start_date datetime, thumbprint varbinary(32), attested_by nvarchar(260),
     pvt_key_last_backup_date datetime, key_length int = 2048`,
    reading =>
      certificates(reading).map(certificate => ({
        name: certificate.name,
        certificate_id: certificate.id,
        pvt_key_encryption_type: certificate.privateKey,
        pvt_key_encryption_type_desc: certificate.privateKey === 'MK' ? 'ENCRYPTED_BY_MASTER_KEY' : 'NO_PRIVATE_KEY',
        issuer_name: certificate.issuer,
        cert_serial_number: Array.from(certificate.thumbprint.slice(0, 16), byte =>
          byte.toString(16).padStart(2, '0'),
        ).join(' '),
        subject: certificate.subject,
        expiry_date: certificate.expiresAt,
        start_date: certificate.startsAt,
        thumbprint: certificate.thumbprint,
      })),
  ),
  view(
    'sys.symmetric_keys',
    `name sysname, principal_id int = 1, symmetric_key_id int, key_length int = 256, key_algorithm char(2) = A3, algorithm_desc nvarchar(60) = AES_256,
     create_date datetime, modify_date datetime, key_guid uniqueidentifier, key_thumbprint varbinary(32), provider_type nvarchar(120),
     cryptographic_provider_guid uniqueidentifier, cryptographic_provider_algid nvarchar(120)`,
    reading =>
      seesAllDefinitions(reading) && reading.viewer.databaseId === 1
        ? [{ name: '##MS_DatabaseMasterKey##', symmetric_key_id: 101, create_date: reading.instance.startedAt }]
        : [],
  ),
  ...endpointViews(),
];

function endpointViews() {
  /** 65536 is the database mirroring endpoint that carries the link. */
  const base = `name sysname, endpoint_id int, principal_id int = 1, protocol tinyint = 2, protocol_desc nvarchar(60) = TCP, type tinyint,
    type_desc nvarchar(60), state tinyint = 0, state_desc nvarchar(60) = STARTED, is_admin_endpoint bit = 0`;
  const hadr: Row = { name: 'Hadr_endpoint', endpoint_id: 65_536, type: 4, type_desc: 'DATABASE_MIRRORING' };
  const tsql: Row = { name: 'TSQL Default TCP', endpoint_id: 4, type: 2, type_desc: 'TSQL' };
  const mine = (reading: Reading, rows: readonly Row[]) => (seesAllDefinitions(reading) ? rows : []);
  return [
    view('sys.endpoints', base, reading => mine(reading, [tsql, hadr])),
    view(
      'sys.database_mirroring_endpoints',
      `${base}, role tinyint = 3, role_desc nvarchar(60) = ALL, is_encryption_enabled bit = 1, connection_auth tinyint = 4,
       connection_auth_desc nvarchar(60) = CERTIFICATE, certificate_id int, encryption_algorithm tinyint = 2,
       encryption_algorithm_desc nvarchar(60) = AES`,
      reading =>
        mine(reading, [
          { ...hadr, certificate_id: reading.instance.certificates.find(({ privateKey }) => privateKey === 'MK')?.id },
        ]),
    ),
    view('sys.tcp_endpoints', `${base}, port int, is_dynamic_port bit = 0, ip_address nvarchar(45)`, reading =>
      mine(reading, [
        { ...tsql, port: 0 },
        { ...hadr, port: 5022 },
      ]),
    ),
  ];
}
