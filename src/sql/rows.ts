import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { type Lsn, parseLsn } from '../link/lsn.ts';
import { LinkError } from '../link/problem.ts';
import type { ServerName } from './connect-error.ts';

/** What a reading batch gave back, by the name of each part. */
export interface Answer {
  /** The rows of a part, each validated; a part that was not sent has none. Throws LinkError 'badAnswer' naming part and column. */
  rows<S extends v.ObjectEntries>(part: string, columns: S): readonly v.InferOutput<v.ObjectSchema<S, undefined>>[];
}

interface RecordSet extends ReadonlyArray<unknown> {
  readonly columns?: unknown;
}

/**
 * Each result set of our batches has its part's name as the name of its first column (`SELECT 1 AS partMembers, …`), so that sets which a server
 * leaves out (for want of a permission) or which are empty cannot be mistaken for one another.
 */
export function answerOf(server: ServerName, recordsets: unknown): Answer {
  const parts = new Map<string, RecordSet>();
  for (const set of Array.isArray(recordsets) ? (recordsets as RecordSet[]) : []) {
    const [part] = Object.keys(set.columns ?? set[0] ?? {});
    if (part !== undefined) parts.set(part, set);
  }
  return {
    rows(part, columns) {
      const schema = v.object(columns);
      return (parts.get(part) ?? []).map(row => {
        const result = v.safeParse(schema, row);
        if (result.success) return result.output;
        throw badAnswer(server, part, result.issues[0]);
      });
    },
  };
}

function badAnswer(server: ServerName, part: string, issue: v.BaseIssue<unknown>): LinkError {
  const column = String(issue.path?.[0]?.key ?? '?');
  return new LinkError({
    reason: 'badAnswer',
    venue: server.side,
    message: l10n.t(
      '{0} answered with a value that cannot be understood: column {1} of {2} ({3}).',
      server.label,
      column,
      part,
      issue.message,
    ),
    advice: l10n.t(
      'Nothing was concluded from it and nothing was changed. Please report this with the version of the server.',
    ),
  });
}

/** T-SQL bit, or the int of a CASE. */
export const bit = v.pipe(
  v.union([v.boolean(), v.picklist([0, 1])]),
  v.transform(value => value === true || value === 1),
);
export const text = v.string();
export const int = v.number();
/** uniqueidentifier, upper-case. */
export const guid = v.pipe(v.string(), v.regex(/^[0-9a-f-]{36}$/i), v.toUpperCase());
/** bigint, which the driver gives as text; sizes and rates in KB are far below 2^53. */
export const bigint = v.pipe(v.union([v.pipe(v.string(), v.regex(/^-?\d{1,15}$/)), v.number()]), v.transform(Number));
export const date = v.date();
/** numeric(25,0) read through CONVERT(varchar(25), …). */
export const lsn = v.pipe(
  v.string(),
  v.regex(/^\d{1,25}$/, 'not a log sequence number'),
  v.transform((digits): Lsn => parseLsn(digits)),
);
/** NULL becomes undefined. */
export const orNull = <T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T | undefined> =>
  v.pipe(
    v.nullable(schema),
    v.transform((value): T | undefined => (value === null ? undefined : value)),
  );
