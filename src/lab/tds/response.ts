// MS-TDS 2.2.7.6 DONE, 3.3.5.3 and 3.3.5.7: the order of tokens in the answer to a request.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Column, ServerMessage, SqlType, SqlValue } from '../values.ts';
import type { ResultSink } from './backend.ts';
import type { Dialect } from './dialect.ts';
import type { MessageWriter } from './packets.ts';
import { RowFormat, writeReturnValue } from './rows.ts';
import {
  type Done,
  doneStatus,
  doneToken,
  writeDone,
  writeMessage,
  writeReturnStatus,
  writeTextChange,
  writeTransactionChange,
} from './tokens.ts';

/** What an answer shares with the connection it belongs to. */
export interface AnswerContext {
  readonly writer: MessageWriter;
  readonly dialect: Dialect;
  readonly serverName: string;
  /** Carried from one answer to the next: DONE tells whether a transaction is open. */
  readonly transaction: { open: boolean };
  /** Resolves when the socket can take more or `signal` aborts. */
  drained(signal: AbortSignal): Promise<void>;
}

const selectCommand = 0xc1;
const updateCommand = 0xc5;
/** Bytes of rows after which the event loop gets a turn, or an attention would never be read. */
const bytesPerTurn = 64 * 1024;

/** The answer to one request, as tokens. Once `signal` aborts, results and messages are dropped; once it is ended, everything is. */
export class Answer implements ResultSink {
  readonly #context: AnswerContext;
  readonly #signal: AbortSignal;
  #statementToken: number = doneToken.statement;
  /** A DONE is held back until it is known whether more follows. */
  #held: Done | undefined;
  #rows: RowFormat | undefined;
  #rowSetSeen = false;
  #failed = false;
  #lastError = 0;
  #bytesThisTurn = 0;
  #ended = false;

  constructor(context: AnswerContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  columns(columns: readonly Column[]): void {
    if (this.#silent) return;
    if (this.#rows && !this.#failed) throw new Error('A result set is opened before the one in front of it is done');
    this.#closeRows();
    const rows = new RowFormat(columns, this.#context.dialect);
    this.#releaseHeld();
    rows.writeMetadata(this.#body);
    this.#rows = rows;
    this.#rowSetSeen = true;
  }

  row(values: readonly SqlValue[]): Promise<void> | void {
    this.#signal.throwIfAborted();
    if (this.#ended) return;
    if (!this.#rows) throw new Error('A row without a result set');
    const before = this.#body.length;
    this.#rows.writeRow(this.#body, values);
    this.#bytesThisTurn += this.#body.length - before;
    const canTakeMore = this.#body.length < this.#context.writer.packetSize * 2 || this.#context.writer.sendFull();
    if (!canTakeMore) return this.#context.drained(this.#signal);
    if (this.#bytesThisTurn < bytesPerTurn) return;
    this.#bytesThisTurn = 0;
    return nextTurn();
  }

  statementDone(rowCount: number | undefined): void {
    if (this.#silent) return;
    this.#hold(this.#statementToken, rowCount);
  }

  message(message: ServerMessage): void {
    if (this.#silent) return;
    if (message.class >= 11) {
      this.#failed = true;
      this.#lastError = message.number;
    }
    this.#releaseHeld();
    writeMessage(this.#body, this.#context.dialect, this.#context.serverName, message);
  }

  // Whatever a cancelled statement has changed is still told: the client has to know which database and transaction it is in.
  databaseChanged(from: string, to: string): void {
    if (this.#ended) return;
    this.#releaseHeld();
    writeTextChange(this.#body, 1, to, from);
  }

  transactionChanged(change: 'begin' | 'commit' | 'rollback', descriptor: bigint): void {
    this.#context.transaction.open = change === 'begin';
    if (this.#ended) return;
    this.#releaseHeld();
    writeTransactionChange(this.#body, change, descriptor);
  }

  /** Around each procedure of an RPC: its statements end with DONEINPROC. */
  procedureStarts(): void {
    this.#statementToken = doneToken.statementInProcedure;
    this.#lastError = 0;
  }

  /** RETURNVALUE of an output parameter; `ordinal` from 0. */
  returnValue(ordinal: number, name: string, type: SqlType, value: SqlValue): void {
    if (this.#silent) return;
    this.#releaseHeld();
    writeReturnValue(this.#body, this.#context.dialect, ordinal, name, type, value);
  }

  /** The procedure's status: 0, or the number of its last error. */
  returnStatus(): void {
    if (this.#silent) return;
    this.#closeRows();
    this.#releaseHeld();
    writeReturnStatus(this.#body, this.#lastError);
  }

  procedureDone(): void {
    if (this.#silent) return;
    this.#hold(doneToken.procedure, undefined);
    this.#statementToken = doneToken.statement;
  }

  /** Ends the answer of a request that ran to its end. */
  finish(): void {
    if (this.#ended) return;
    this.#closeRows();
    if (!this.#held)
      this.#hold(this.#statementToken === doneToken.statement ? doneToken.statement : doneToken.procedure, undefined);
    this.#release(false);
    this.#end();
  }

  /** Ends the answer of a cancelled request; the acknowledgement is a message of its own (see `acknowledgeAttention`). */
  cut(): void {
    if (this.#ended) return;
    this.#releaseHeld();
    writeDone(this.#body, this.#context.dialect, {
      token: doneToken.statement,
      status: doneStatus.error | this.#inTransaction,
      command: selectCommand,
      rowCount: 0,
    });
    this.#end();
  }

  /** Nothing is sent any more, not even what is already written. */
  abandon(): void {
    this.#ended = true;
  }

  get #body() {
    return this.#context.writer.body;
  }

  get #silent(): boolean {
    return this.#ended || this.#signal.aborted;
  }

  get #inTransaction(): number {
    return this.#context.transaction.open ? doneStatus.inTransaction : 0;
  }

  #hold(token: number, rowCount: number | undefined): void {
    this.#releaseHeld();
    const counted = rowCount === undefined ? 0 : doneStatus.count;
    const failed = this.#failed ? doneStatus.error : 0;
    const command = this.#rowSetSeen ? selectCommand : rowCount === undefined ? 0 : updateCommand;
    this.#held = { token, status: counted | failed | this.#inTransaction, command, rowCount: rowCount ?? 0 };
    this.#rows = undefined;
    this.#rowSetSeen = false;
    this.#failed = false;
  }

  /** A statement that failed after it opened a result set has not said that it is done. */
  #closeRows(): void {
    if (this.#rows) this.#hold(this.#statementToken, undefined);
  }

  #releaseHeld(): void {
    this.#release(true);
  }

  #release(more: boolean): void {
    if (!this.#held) return;
    writeDone(this.#body, this.#context.dialect, {
      ...this.#held,
      status: this.#held.status | (more ? doneStatus.more : 0),
    });
    this.#held = undefined;
  }

  #end(): void {
    this.#ended = true;
    this.#context.writer.end();
  }
}

/** The message that ends an attention (2.2.1.7): one DONE of its own. */
export function acknowledgeAttention(context: AnswerContext): void {
  const inTransaction = context.transaction.open ? doneStatus.inTransaction : 0;
  writeDone(context.writer.body, context.dialect, {
    token: doneToken.statement,
    status: doneStatus.attention | inTransaction,
    command: 0xfd,
    rowCount: 0,
  });
  context.writer.end();
}
