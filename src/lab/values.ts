/**
 * The lab's common currency: T-SQL types and values, as the TDS server sends them and the T-SQL layer makes them.
 * A value's JavaScript form is fixed by its type, so that no layer has to guess (and no LSN loses digits).
 */

/** A T-SQL type with what the wire needs to describe it. `length` counts characters for n(var)char, bytes for (var)char/(var)binary; 'max' for (max). */
export type SqlType =
  | { readonly name: 'bit' | 'tinyint' | 'smallint' | 'int' | 'bigint' | 'float' | 'real' | 'money' }
  | { readonly name: 'decimal' | 'numeric'; readonly precision: number; readonly scale: number }
  | {
      readonly name: 'char' | 'varchar' | 'nchar' | 'nvarchar' | 'binary' | 'varbinary';
      readonly length: number | 'max';
    }
  | { readonly name: 'uniqueidentifier' | 'date' | 'smalldatetime' | 'datetime' }
  | { readonly name: 'time' | 'datetime2' | 'datetimeoffset'; readonly scale: number };

/**
 * bit → boolean; tinyint, smallint, int, float, real → number; bigint → bigint; decimal, numeric, money → decimal string ("37000000123200001");
 * character types → string; uniqueidentifier → upper-case string with hyphens; date and time types → ISO text
 * ("2026-11-24", "13:05:01.1234567", "2026-11-24T13:05:01.1234567", with offset "+01:00" for datetimeoffset); binary types → Uint8Array.
 */
export type SqlValue = null | boolean | number | bigint | string | Uint8Array;

/** A column of a result: `name` is '' for an unnamed expression. */
export interface Column {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
}

/** A message a server sends: severity (`class`) 11 and above is an error, below it is information (PRINT is number 0, class 0). */
export interface ServerMessage {
  readonly number: number;
  readonly class: number;
  readonly state: number;
  readonly message: string;
  readonly line: number;
  readonly procedure?: string;
}
