import type { LabDatabase } from '../engine/contract.ts';
import type { Column } from '../values.ts';
import { runAdmin, runLogSpace, runTraceStatus } from './admin.ts';
import { addToTable, createIndex, dropColumns, dropIndex, identityInsert } from './alter-table.ts';
import { combined, mentionsVariable, printed, queryWithoutInto } from './batch.ts';
import { createIn, createTable, dropTable, selectInto, truncateTable } from './ddl.ts';
import type { DmlResult } from './dml.ts';
import { CompileError, information, unsupported } from './errors.ts';
import { runInsert } from './insert.ts';
import { waitMilliseconds } from './messages.ts';
import { setOption } from './options.ts';
import { assignment, type Bench, evaluateAs, evaluateQuery, evaluateScalar, type Rowset } from './query.ts';
import type { Run } from './run.ts';
import type { Frame } from './session-state.ts';
import { fromStored } from './stored.ts';
import type { Expression, Query, Select, Statement } from './syntax.ts';
import { int } from './types.ts';
import { runDelete, runUpdate } from './update.ts';

/** Statements that decide what runs next: the interpreter's own. */
export type FlowStatement = Extract<
  Statement,
  {
    kind:
      | 'if'
      | 'while'
      | 'block'
      | 'break'
      | 'continue'
      | 'return'
      | 'tryCatch'
      | 'throw'
      | 'raiserror'
      | 'rollback'
      | 'execText'
      | 'execProcedure';
  }
>;
/** Statements after which simply the next one runs. */
export type PlainStatement = Exclude<Statement, FlowStatement>;

/** Runs single statements of one batch, and sends what they answer. */
export class StatementRunner {
  readonly #run: Run;
  readonly #frame: Frame;
  constructor(run: Run, frame: Frame) {
    this.#run = run;
    this.#frame = frame;
  }

  bench(databases: Set<LabDatabase>): Bench {
    return this.#run.workplace.bench(this.#frame, databases);
  }

  /** Runs in one turn; waits and runs again when a store is locked. */
  read<T>(work: (bench: Bench) => T): Promise<T> {
    return this.#run.workplace.read(databases => work(this.bench(databases)), this.#run.signal);
  }

  /** The same, whole or not at all. */
  write<T>(work: (bench: Bench) => T): Promise<T> {
    return this.#run.workplace.write(databases => work(this.bench(databases)), this.#run.signal);
  }

  async run(statement: PlainStatement): Promise<void> {
    const { workplace, sink, signal } = this.#run;
    const { core } = workplace;
    switch (statement.kind) {
      case 'query':
        return this.#query(statement.query, statement.line);
      case 'insert':
        return this.#changes(bench => runInsert(bench, statement));
      case 'update':
        return this.#changes(bench => runUpdate(bench, statement));
      case 'delete':
        return this.#changes(bench => runDelete(bench, statement));
      case 'truncate':
        return this.#defines(bench => truncateTable(bench, statement.table, statement.line));
      case 'createTable':
        return this.#defines(bench => createTable(bench, statement.table, statement.definition, statement.line));
      case 'declareTable':
        return this.#declareTable(statement);
      case 'addColumns':
        return this.#defines(bench => addToTable(bench, statement.table, statement.definition, statement.line));
      case 'dropColumn':
        return this.#defines(bench => dropColumns(bench, statement.table, statement.columns, statement.line));
      case 'dropTables':
        return this.#defines(bench => {
          for (const table of statement.tables) dropTable(bench, table, statement.ifExists, statement.line);
        });
      case 'createIndex':
        return this.#defines(bench => createIndex(bench, statement));
      case 'dropIndex':
        return this.#defines(bench => dropIndex(bench, statement));
      case 'declare':
        return this.#declare(statement);
      case 'setVariable':
        await this.#setVariable(statement.name, statement.operator, statement.value, statement.line);
        core.rowCount = 1;
        return;
      case 'setOption':
        return setOption(workplace, statement.option, statement.value, statement.line);
      case 'identityInsert':
        return this.read(bench => identityInsert(bench, statement.table, statement.on, statement.line));
      case 'print': {
        const text = await this.read(bench => printed(bench, statement.value));
        sink.message(information(0, text, statement.line));
        core.rowCount = 0;
        return;
      }
      case 'waitFor':
        await this.#waitFor(statement);
        return this.#done();
      case 'begin':
        if (workplace.transactions.begin()) sink.transactionChanged('begin', BigInt(core.visible.transaction?.id ?? 0));
        return this.#done();
      case 'save':
        workplace.transactions.save(statement.name ?? '');
        return this.#done();
      case 'commit':
        await workplace.commit(sink, signal);
        return this.#done();
      case 'use':
        return workplace.use(statement.database, sink, statement.line);
      case 'admin':
        await runAdmin(statement.command, this.#run);
        return this.#done();
      case 'traceStatus':
        return this.#dbcc(runTraceStatus(core.instance), statement.line);
      case 'logSpace':
        return this.#dbcc(runLogSpace(core), statement.line);
      case 'checkpoint':
        return this.#done();
    }
  }

  /** Ends a statement that counts no rows. */
  #done(): void {
    this.#run.workplace.core.rowCount = 0;
    this.#run.sink.statementDone(undefined);
  }

  #count(rows: number): void {
    const { core } = this.#run.workplace;
    core.rowCount = rows;
    this.#run.sink.statementDone(core.settings.noCount ? undefined : rows);
  }

  async #send({ columns, rows }: Rowset): Promise<void> {
    const { sink, signal } = this.#run;
    sink.columns(columns.map(({ name, type, nullable }): Column => ({ name, type, nullable })));
    for (const row of rows) {
      await sink.row(row.map((value, index) => fromStored(value, columns[index]?.type ?? int)));
      signal.throwIfAborted();
    }
  }

  async #changes(work: (bench: Bench) => DmlResult): Promise<void> {
    const { count, output } = await this.write(work);
    if (output) await this.#send(output);
    this.#count(count);
  }

  async #defines(work: (bench: Bench) => unknown): Promise<void> {
    await this.write(work);
    this.#done();
  }

  async #dbcc(rowset: Rowset, line: number): Promise<void> {
    await this.#send(rowset);
    this.#done();
    const text = 'DBCC execution completed. If DBCC printed error messages, contact your system administrator.';
    this.#run.sink.message(information(2528, text, line));
  }

  async #waitFor(statement: Extract<Statement, { kind: 'waitFor' }>): Promise<void> {
    const { workplace, signal } = this.#run;
    const { clock } = workplace.core.instance;
    const { value } = await this.read(bench => evaluateScalar(bench, statement.value));
    const ms = waitMilliseconds(statement.what, value, clock.now(), statement.line);
    await workplace.waiting('WAITFOR', () => clock.sleep(ms, signal));
  }

  // ---- queries ----------------------------------------------------------------------------------------------------

  async #query(query: Query, line: number): Promise<void> {
    const select = query.body.kind === 'select' ? query.body : undefined;
    if (select?.items.some(item => item.kind === 'assign')) return this.#assignFrom(query, select, line);
    if (select?.into) {
      const { into } = select;
      const source = queryWithoutInto(query, select);
      return this.#count(await this.write(bench => selectInto(bench, into, evaluateQuery(bench, source), line)));
    }
    const rowset = await this.read(bench => evaluateQuery(bench, query));
    await this.#send(rowset);
    this.#count(rowset.rows.length);
  }

  /** SELECT @a = …: the last row's values stay. */
  async #assignFrom(query: Query, select: Select, line: number): Promise<void> {
    const items = select.items.map(item => {
      if (item.kind === 'assign') return item;
      const text =
        'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.';
      throw new CompileError(141, text, line, 15);
    });
    if (select.from.length === 0 && !select.where) {
      for (const item of items) await this.#setVariable(item.variable, item.operator, item.expression, line);
      return this.#count(1);
    }
    const rows = await this.read(bench => {
      const rowset = evaluateQuery(bench, query);
      const assigned = new Set(items.map(item => item.variable));
      // Row by row each value could depend on the one before; one row can be told apart from that.
      const looksBack = items.some(item => item.operator !== '=' || mentionsVariable(item.expression, assigned));
      if (looksBack && rowset.rows.length > 1) {
        throw unsupported('SELECT @variable = an expression of the same variables over several rows', line);
      }
      this.#assignRow(bench, items, rowset, line);
      return rowset.rows.length;
    });
    this.#count(rows);
  }

  #assignRow(
    bench: Bench,
    items: readonly Extract<Select['items'][number], { kind: 'assign' }>[],
    { columns, rows }: Rowset,
    line: number,
  ): void {
    const last = rows.at(-1);
    if (!last) return;
    const values = items.map(({ variable, operator }, index) => {
      if (operator !== '=') throw unsupported(`SELECT @variable ${operator} … FROM`, line);
      const type = bench.frame.variables.get(variable)?.type ?? int;
      const column = columns[index];
      const from = column && !column.untyped ? column.type : type;
      return assignment(bench, from, type, 'cast', line)(last[index] ?? null);
    });
    items.forEach(({ variable: name }, index) => {
      const variable = bench.frame.variables.get(name);
      if (variable) variable.value = values[index] ?? null;
    });
  }

  // ---- variables --------------------------------------------------------------------------------------------------

  async #declare(statement: Extract<Statement, { kind: 'declare' }>): Promise<void> {
    for (const { name, type, value, line } of statement.variables) {
      // A declaration inside a loop runs again without forgetting the value, unless it has an initial one.
      if (!this.#frame.variables.has(name)) this.#frame.variables.set(name, { type, value: null });
      if (value) await this.#setVariable(name, '=', value, line);
    }
  }

  async #setVariable(name: string, operator: string, value: Expression, line: number): Promise<void> {
    const variable = this.#frame.variables.get(name);
    if (!variable) return;
    const expression = operator === '=' ? value : combined(name, operator, value, line);
    variable.value = await this.read(bench => evaluateAs(bench, expression, variable.type));
  }

  /** In a loop the table is declared again without losing its rows. */
  async #declareTable({ name, definition, line }: Extract<Statement, { kind: 'declareTable' }>): Promise<void> {
    if (this.#frame.tableVariables.has(name)) return;
    await this.write(bench => {
      const stored = `${name} ${this.#run.workplace.nextNumber()}`;
      createIn(bench, bench.stores.memory, stored, definition, line);
      this.#frame.tableVariables.set(name, stored);
    });
  }
}
