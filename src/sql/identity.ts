import * as l10n from '@vscode/l10n';
import type { ServerIdentity } from '../link/observation.ts';
import { LinkError } from '../link/problem.ts';
import { type Answer, bit, date, int, orNull, text } from './rows.ts';
import type { Session } from './session.ts';

/** EngineEdition 8 is Azure SQL Managed Instance (Microsoft Learn, SERVERPROPERTY). */
export const IDENTITY = `
SELECT 1 AS partIdentity,
  CONVERT(nvarchar(128), @@SERVERNAME) AS server_name,
  CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')) AS product_version,
  CONVERT(nvarchar(128), SERVERPROPERTY('Edition')) AS edition,
  CONVERT(int, SERVERPROPERTY('EngineEdition')) AS engine_edition,
  CONVERT(int, SERVERPROPERTY('IsHadrEnabled')) AS is_hadr_enabled,
  SYSUTCDATETIME() AS utc_now,
  DATEDIFF(minute, SYSUTCDATETIME(), SYSDATETIME()) AS offset_minutes;`;

const COLUMNS = {
  server_name: orNull(text),
  product_version: text,
  edition: text,
  engine_edition: int,
  is_hadr_enabled: orNull(bit),
  utc_now: date,
  offset_minutes: int,
};

const MANAGED_INSTANCE = 8;
const MS_PER_MINUTE = 60_000;

/** Who the server is, and how its local time (that of DMV columns) becomes Unix ms. */
export interface Identified {
  readonly identity: ServerIdentity;
  toUnixMs(local: Date | undefined): number | undefined;
}

/** Reads the identity part of an answer. */
export function identityOf(answer: Answer, session: Session): Identified {
  const [row] = answer.rows('partIdentity', COLUMNS);
  if (!row) {
    throw new LinkError({
      reason: 'badAnswer',
      venue: session.server.side,
      message: l10n.t('{0} did not say who it is. Is it a SQL Server?', session.server.label),
    });
  }
  const isManagedInstance = row.engine_edition === MANAGED_INSTANCE;
  // Rounded to a quarter of an hour, as time zones are: DATEDIFF counts boundaries crossed between two clock readings.
  const offsetMs = Math.round(row.offset_minutes / 15) * 15 * MS_PER_MINUTE;
  return {
    identity: {
      // NULL after the machine was renamed without sp_addserver.
      name: row.server_name ?? session.server.label,
      version: row.product_version,
      edition: row.edition,
      isManagedInstance,
      alwaysOnEnabled: isManagedInstance || row.is_hadr_enabled === true,
      utcNow: row.utc_now.getTime(),
    },
    toUnixMs: local => (local ? local.getTime() - offsetMs : undefined),
  };
}

export const readIdentity = async (session: Session, signal: AbortSignal): Promise<Identified> =>
  identityOf(await session.read(IDENTITY, {}, signal), session);
