import type { LoginView } from './contract.ts';
import type { Random } from './random.ts';

/** A login with what the server must know to check it. `disabled` and `permissions` may change while the world runs. */
export interface Login extends LoginView {
  readonly type: 'S' | 'E' | 'X' | 'R';
  /** undefined: no password (Entra principals, certificate logins). */
  readonly password: string | undefined;
  disabled: boolean;
  permissions: readonly string[];
  readonly createdAt: number;
  readonly defaultDatabase: string;
}

/** A user or role inside a database. The rows travel with the database, so both copies of a linked database have the same. */
export interface DatabasePrincipal {
  readonly principalId: number;
  readonly name: string;
  readonly type: 'S' | 'R' | 'E';
  /** undefined for principals without login. */
  readonly sid: Uint8Array | undefined;
  readonly fixedRole: boolean;
  readonly memberOf: readonly number[];
}

/** What includes what, as far as it matters here. sysadmin includes everything. */
const impliedBy: Readonly<Record<string, readonly string[]>> = {
  'VIEW SERVER STATE': ['ALTER SERVER STATE', 'CONTROL SERVER'],
  'VIEW SERVER PERFORMANCE STATE': ['VIEW SERVER STATE', 'ALTER SERVER STATE', 'CONTROL SERVER'],
  'VIEW ANY DEFINITION': ['ALTER ANY AVAILABILITY GROUP', 'CONTROL SERVER'],
  'ALTER ANY AVAILABILITY GROUP': ['CONTROL SERVER'],
};

/** Whether a login has a server permission, directly or through a wider one. Case-insensitive. */
export function holdsPermission(login: LoginView, permission: string): boolean {
  if (login.sysadmin) return true;
  const wanted = permission.trim().toUpperCase();
  const held = new Set(login.permissions.map(name => name.toUpperCase()));
  const wider = impliedBy[wanted] ?? ['CONTROL SERVER'];
  return held.has(wanted) || wider.some(name => held.has(name)) || (wanted === 'CONNECT SQL' && !login.disabled);
}

/** A login to be created; what is absent is none, false or random. */
export interface LoginSpecification {
  readonly name: string;
  readonly sysadmin?: boolean;
  readonly disabled?: boolean;
  readonly permissions?: readonly string[];
  /** Same SID on both servers, as a migrated login should have. */
  readonly sid?: Uint8Array;
  readonly password?: string;
  readonly defaultDatabase?: string;
}

const saSid = Uint8Array.of(1);

/** sa and the named logins, with passwords from `random` unless given. */
export function createLogins(specifications: readonly LoginSpecification[], random: Random, now: number): Login[] {
  const sa: LoginSpecification = { name: 'sa', sysadmin: true, disabled: true, sid: saSid };
  return [sa, ...specifications].map((specification, index) => ({
    name: specification.name,
    principalId: index === 0 ? 1 : 267 + index,
    sid: specification.sid ?? random.bytes(16),
    sysadmin: specification.sysadmin ?? false,
    disabled: specification.disabled ?? false,
    permissions: specification.permissions ?? [],
    type: 'S',
    password: specification.password ?? random.password(),
    createdAt: now,
    defaultDatabase: specification.defaultDatabase ?? 'master',
  }));
}
