import { SqlError } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import { countMismatch, parsed } from './batch.ts';
import { dropIn } from './ddl.ts';
import { CompileError, errorMessage, information, unsupported } from './errors.ts';
import { BatchEnded, type Failure, failureOf, Raised, raisedBy } from './failure.ts';
import { formatRaiserror } from './messages.ts';
import { runProcedure } from './procedures.ts';
import { evaluateAs, evaluateCondition, evaluateScalar } from './query.ts';
import type { Run } from './run.ts';
import type { Frame } from './session-state.ts';
import { StatementRunner } from './statements.ts';
import type { Batch, Condition, Expression, Statement } from './syntax.ts';
import { int, isCharacter, nvarchar, type Stored } from './types.ts';

/** What a statement does to the flow of the statements around it. */
type Flow = 'next' | 'break' | 'continue' | 'return';

/** The text of EXEC inside another batch: errors of its compilation end it alone, and an outer TRY sees them. */
interface Scope {
  readonly nested: boolean;
  readonly outerTry: boolean;
}

/** Runs the statements of one batch (or of one EXEC): control flow, TRY and CATCH, and how far an error reaches. */
export class Interpreter {
  readonly #run: Run;
  readonly #frame: Frame;
  readonly #scope: Scope;
  readonly #statementRunner: StatementRunner;
  #tryDepth = 0;
  #lastYield = performance.now();

  constructor(run: Run, frame: Frame, scope: Scope = { nested: false, outerTry: false }) {
    this.#run = run;
    this.#frame = frame;
    this.#scope = scope;
    this.#statementRunner = new StatementRunner(run, frame);
  }

  /** Runs a text to its end. SQL errors go to the sink; only an outer TRY gets them thrown. */
  async runText(sql: string): Promise<void> {
    let batch: Batch;
    try {
      batch = parsed(sql, this.#frame);
    } catch (thrown) {
      const failure = failureOf(thrown, 1);
      if (!failure) throw thrown;
      return this.#fail(failure);
    }
    if (!this.#scope.nested) return this.#toEnd(batch);
    const leave = this.#enterScope(sql);
    try {
      await this.#toEnd(batch);
    } finally {
      leave();
    }
  }

  async #toEnd(batch: Batch): Promise<void> {
    try {
      await this.#statements(batch.statements);
    } catch (thrown) {
      if (!(thrown instanceof BatchEnded) || (this.#scope.nested && thrown.reach === 'batch')) throw thrown;
    } finally {
      this.#dropTables([...this.#frame.tableVariables.values()]);
    }
  }

  /** What a text run by EXEC or sp_executesql sets, uses or creates ends with it. Returns what undoes it. */
  #enterScope(sql: string): () => void {
    const { workplace, sink } = this.#run;
    const { core, transactions } = workplace;
    const before = sql.includes('#') ? this.#temporaryTables() : undefined;
    const { scopeIdentity, settings, database } = core;
    const count = transactions.count;
    core.scopeIdentity = null;
    core.settings = { ...settings };
    return () => {
      core.scopeIdentity = scopeIdentity;
      if (core.settings.dateOrder !== settings.dateOrder) workplace.forgetPlans();
      core.settings = { ...settings, identityInsert: core.settings.identityInsert };
      if (core.database !== database) workplace.enter(database, sink, 1);
      if (before) this.#dropTables(this.#temporaryTables().filter(name => !before.includes(name)));
      if (transactions.count !== count) sink.message(errorMessage(countMismatch(count, transactions.count), 1));
    };
  }

  #temporaryTables(): readonly string[] {
    const { stores } = this.#run.workplace;
    return stores.tableNames(stores.memory).filter(name => name.startsWith('#'));
  }

  #dropTables(names: readonly string[]): void {
    if (names.length === 0) return;
    const bench = this.#statementRunner.bench(new Set());
    for (const name of names) dropIn(bench, bench.stores.memory, name);
  }

  async #statements(statements: readonly Statement[]): Promise<Flow> {
    for (const statement of statements) {
      const flow = await this.#statement(statement);
      if (flow !== 'next') return flow;
    }
    return 'next';
  }

  async #statement(statement: Statement): Promise<Flow> {
    await this.#breathe();
    try {
      return await this.#perform(statement);
    } catch (thrown) {
      if (this.#run.signal.aborted) throw this.#run.signal.reason;
      const failure = failureOf(thrown, statement.line);
      if (!failure) throw thrown;
      this.#fail(failure);
      return 'next';
    }
  }

  /** Long batches let the event loop live: attention and other sessions get their turn. */
  async #breathe(): Promise<void> {
    this.#run.signal.throwIfAborted();
    if (performance.now() - this.#lastYield < 10) return;
    await new Promise(resolve => setImmediate(resolve));
    this.#lastYield = performance.now();
    this.#run.signal.throwIfAborted();
  }

  async #perform(statement: Statement): Promise<Flow> {
    switch (statement.kind) {
      case 'if':
        if (await this.#holds(statement.condition)) return this.#statement(statement.whenTrue);
        return statement.otherwise ? this.#statement(statement.otherwise) : 'next';
      case 'while':
        return this.#while(statement);
      case 'block':
        return this.#statements(statement.statements);
      case 'break':
      case 'continue':
        return statement.kind;
      case 'return':
        if (!statement.value) return 'return';
        throw new CompileError(
          178,
          'A RETURN statement with a return value cannot be used in this context.',
          statement.line,
          15,
        );
      case 'tryCatch':
        return this.#tryCatch(statement);
      case 'throw':
        return this.#throw(statement);
      case 'raiserror':
        await this.#raiserror(statement);
        return 'next';
      case 'rollback':
        this.#rollbackTo(statement.name);
        this.#succeeded();
        this.#run.sink.statementDone(undefined);
        return 'next';
      case 'execText': {
        const text = await this.#value(statement.text, nvarchar('max'));
        if (text !== null) await this.#nested(String(text), { variables: new Map(), tableVariables: new Map() });
        return 'next';
      }
      case 'execProcedure':
        await runProcedure(statement, {
          run: this.#run,
          frame: this.#frame,
          evaluate: (expression, type) => this.#value(expression, type),
          execute: (text, frame) => this.#nested(text, frame),
        });
        return 'next';
      default:
        await this.#statementRunner.run(statement);
        this.#succeeded();
        return 'next';
    }
  }

  #succeeded(): void {
    this.#run.workplace.core.lastError = 0;
  }

  #value(expression: Expression, type?: SqlType): Promise<Stored> {
    return this.#statementRunner.read(bench =>
      type ? evaluateAs(bench, expression, type) : evaluateScalar(bench, expression).value,
    );
  }

  /** EXEC of a text: its own variables, the same session. */
  #nested(text: string, frame: Frame): Promise<void> {
    const scope: Scope = { nested: true, outerTry: this.#tryDepth > 0 || this.#scope.outerTry };
    return new Interpreter(this.#run, frame, scope).runText(text);
  }

  async #holds(condition: Condition): Promise<boolean> {
    const holds = await this.#statementRunner.read(bench => evaluateCondition(bench, condition));
    this.#run.workplace.core.rowCount = 0;
    this.#succeeded();
    return holds;
  }

  async #while(statement: Extract<Statement, { kind: 'while' }>): Promise<Flow> {
    while (await this.#holds(statement.condition)) {
      await this.#breathe();
      const flow = await this.#statement(statement.body);
      if (flow === 'break') break;
      if (flow === 'return') return flow;
    }
    return 'next';
  }

  #rollbackTo(name: string | undefined): void {
    const { transactions } = this.#run.workplace;
    if (!transactions.isOpen) {
      throw new SqlError(3903, 'The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.');
    }
    if (name !== undefined && transactions.hasSavepoint(name)) transactions.rollbackTo(name);
    else this.#run.workplace.rollback(this.#run.sink);
  }

  // ---- errors -----------------------------------------------------------------------------------------------------

  /** Throws to a TRY when there is one; else reports, and ends what the error ends. */
  #fail(failure: Failure): void {
    const { workplace, sink } = this.#run;
    const { core, transactions } = workplace;
    core.lastError = failure.error.number;
    core.rowCount = 0;
    const isSeen = (this.#tryDepth > 0 && !failure.compile) || this.#scope.outerTry;
    if (failure.error.class > 10 && isSeen) throw new Raised(failure);
    sink.message({ ...errorMessage(failure.error, failure.line), line: failure.line });
    sink.statementDone(undefined);
    if (failure.error.class <= 10) return;
    const aborts = core.settings.xactAbort && !failure.spares && !failure.compile;
    if ((aborts || failure.ends === 'batchAndTransaction') && transactions.isOpen) workplace.rollback(sink);
    if (aborts || failure.ends !== 'statement') throw new BatchEnded(failure.compile ? 'scope' : 'batch');
  }

  async #tryCatch(statement: Extract<Statement, { kind: 'tryCatch' }>): Promise<Flow> {
    let failure: Failure;
    this.#tryDepth++;
    try {
      return await this.#statements(statement.body);
    } catch (thrown) {
      if (!(thrown instanceof Raised)) throw thrown;
      failure = thrown.failure;
    } finally {
      this.#tryDepth--;
    }
    return this.#catch(failure, statement.handler);
  }

  async #catch(failure: Failure, handler: readonly Statement[]): Promise<Flow> {
    const { core, transactions } = this.#run.workplace;
    if ((core.settings.xactAbort && !failure.spares) || failure.ends === 'batchAndTransaction') transactions.doom();
    const outer = core.caught;
    const { error, line } = failure;
    core.caught = {
      number: error.number,
      message: error.message,
      severity: error.class,
      state: error.state,
      line,
      procedure: null,
    };
    core.lastError = error.number;
    try {
      return await this.#statements(handler);
    } finally {
      core.caught = outer;
    }
  }

  async #throw(statement: Extract<Statement, { kind: 'throw' }>): Promise<never> {
    const failure = statement.error
      ? await this.#thrown(statement.error, statement.line)
      : this.#caughtAgain(statement.line);
    this.#fail(failure);
    throw new BatchEnded('batch');
  }

  #caughtAgain(line: number): Failure {
    const { caught } = this.#run.workplace.core;
    if (caught)
      return raisedBy('THROW', new SqlError(caught.number, caught.message, caught.severity, caught.state), caught.line);
    const text =
      'To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, or add error parameters to the THROW statement.';
    throw new CompileError(10704, text, line, 15);
  }

  async #thrown(given: NonNullable<Extract<Statement, { kind: 'throw' }>['error']>, line: number): Promise<Failure> {
    const number = Number(await this.#value(given.number, int));
    const message = String((await this.#value(given.message, nvarchar(2048))) ?? '');
    const state = Number(await this.#value(given.state, int));
    if (number >= 50_000) return raisedBy('THROW', new SqlError(number, message, 16, state), line);
    const text = `Error number ${number} in the THROW statement is outside the valid range. Specify an error number in the valid range of 50000 to 2147483647.`;
    throw new SqlError(35_100, text, 16, 10);
  }

  async #raiserror(statement: Extract<Statement, { kind: 'raiserror' }>): Promise<void> {
    const parts = [statement.message, statement.severity, statement.state, ...statement.arguments];
    const values = await this.#statementRunner.read(bench => parts.map(part => evaluateScalar(bench, part)));
    const [message, severity, state, ...items] = values;
    const level = Number(severity?.value ?? 0);
    if (level > 18) throw unsupported('RAISERROR with a severity above 18', statement.line);
    if (message && !isCharacter(message.type))
      throw unsupported('RAISERROR with a message number (sys.messages)', statement.line);
    const substitutes = items.map(item => item.value);
    const text = formatRaiserror(String(message?.value ?? ''), substitutes);
    const mark = Math.max(0, Math.min(255, Number(state?.value ?? 1)));
    if (level > 10) return this.#fail(raisedBy('RAISERROR', new SqlError(50_000, text, level, mark), statement.line));
    this.#run.sink.message(information(50_000, text, statement.line, mark, level));
    this.#run.workplace.core.rowCount = 0;
    this.#succeeded();
  }
}
