import { SqlError } from '../engine/contract.ts';
import { CompileError, overflowTo } from './errors.ts';
import { SqliteFailure } from './sqlite-memory.ts';

/** An error on its way: where it was raised and how far it reaches. */
export interface Failure {
  readonly error: SqlError;
  readonly line: number;
  /** Found while the statement was compiled: TRY of the same batch does not see it. */
  readonly compile: boolean;
  /** 'statement' = the batch goes on; 'batch' = it ends (and with a conversion error or a deadlock the transaction, too). */
  readonly ends: 'statement' | 'batch' | 'batchAndTransaction';
  /** RAISERROR is the one error that SET XACT_ABORT does not touch. */
  readonly spares: boolean;
}

/** Thrown through the statements between an error and the CATCH that takes it. */
export class Raised extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.error.message);
    this.failure = failure;
  }
}

/** The batch is over: its error has been reported. `scope` = only the text that EXEC ran. */
export class BatchEnded extends Error {
  readonly reach: 'scope' | 'batch';
  constructor(reach: 'scope' | 'batch') {
    super('batch ended');
    this.reach = reach;
  }
}

/** Conversion failures and deadlocks end the batch and its transaction; overflow, division and constraints end only the statement. */
const endBatch = new Set([205, 206, 208, 235, 241, 242, 244, 245, 248, 257, 281, 529, 1205, 8114, 8169, 8170, 3930]);

/** An error as a failure of the statement on `line`; undefined = no SQL error, to be thrown on. */
export function failureOf(thrown: unknown, line: number): Failure | undefined {
  const error = thrown instanceof SqliteFailure ? translated(thrown) : thrown;
  if (!(error instanceof SqlError)) return undefined;
  const compile = error instanceof CompileError && error.number !== 49999;
  const own = error instanceof CompileError && error.line > 0 ? error.line : line;
  const ends =
    compile || error.number === 49999 ? 'batch' : endBatch.has(error.number) ? 'batchAndTransaction' : 'statement';
  return { error, line: own, compile, ends, spares: false };
}

/** An error that the batch raises itself: THROW ends the batch, RAISERROR does not even heed SET XACT_ABORT. */
export const raisedBy = (statement: 'THROW' | 'RAISERROR', error: SqlError, line: number): Failure => ({
  error,
  line,
  compile: false,
  ends: statement === 'THROW' ? 'batch' : 'statement',
  spares: statement === 'RAISERROR',
});

/** What SQLite itself refuses is refused here by name. */
function translated({ message, code }: SqliteFailure): SqlError {
  if (message.includes('integer overflow')) return overflowTo('bigint');
  if (code === 9)
    return new SqlError(49998, 'The practice server stopped this statement: it ran for longer than 20 seconds.');
  return new SqlError(49998, `The practice server could not run this statement: ${message}.`);
}
