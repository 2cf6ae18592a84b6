// MS-TDS 2.2.6.6 RPC Request: the system procedures drivers call by id or name.
import type { SqlType } from '../values.ts';
import type { RpcParameter, TdsSession } from './backend.ts';
import { Unsupported } from './parameters.ts';
import type { RpcCall } from './requests.ts';
import type { Answer } from './response.ts';

interface PreparedStatement {
  readonly sql: string;
  readonly declarations: string;
}

const intType: SqlType = { name: 'int' };

/** The procedures one connection can call, with the statements it has prepared. */
export class SystemProcedures {
  readonly #session: TdsSession;
  readonly #prepared = new Map<number, PreparedStatement>();
  #lastHandle = 0;

  constructor(session: TdsSession) {
    this.#session = session;
  }

  /** RESETCONNECTION drops prepared statements. */
  reset(): void {
    this.#prepared.clear();
  }

  /** Runs one call and writes all of its answer. Throws Unsupported. */
  async call(call: RpcCall, answer: Answer, signal: AbortSignal): Promise<void> {
    answer.procedureStarts();
    await this.#run(call, answer, signal);
    answer.procedureDone();
  }

  async #run(call: RpcCall, answer: Answer, signal: AbortSignal): Promise<void> {
    const { parameters } = call;
    switch (plainName(call.procedure)) {
      case 'sp_executesql':
        return this.#execute(statementOf(parameters, 0, 1), parameters.slice(2), answer, signal);
      case 'sp_prepare':
        return this.#prepare(parameters, answer);
      case 'sp_prepexec': {
        const { handle, statement } = this.#remember(parameters);
        await this.#execute(statement, parameters.slice(3), answer, signal);
        return answer.returnValue(0, parameters[0]?.name ?? '', intType, handle);
      }
      case 'sp_execute':
        return this.#executePrepared(parameters, answer, signal);
      case 'sp_unprepare':
        return this.#unprepare(parameters, answer);
      default:
        answer.message({
          number: 2812,
          class: 16,
          state: 62,
          line: 1,
          message: `Could not find stored procedure '${call.procedure}'.`,
        });
        answer.returnStatus();
    }
  }

  async #execute(
    statement: PreparedStatement,
    values: readonly RpcParameter[],
    answer: Answer,
    signal: AbortSignal,
  ): Promise<void> {
    if (values.some(value => value.output)) throw new Unsupported('OUTPUT parameters of a statement');
    await this.#session.executeSql(statement.sql, named(values, statement.declarations), answer, signal);
    answer.returnStatus();
  }

  /** @handle int OUTPUT, @params, @stmt. */
  #remember(parameters: readonly RpcParameter[]): { readonly handle: number; readonly statement: PreparedStatement } {
    const statement = statementOf(parameters, 2, 1);
    this.#lastHandle += 1;
    this.#prepared.set(this.#lastHandle, statement);
    return { handle: this.#lastHandle, statement };
  }

  #prepare(parameters: readonly RpcParameter[], answer: Answer): void {
    const { handle } = this.#remember(parameters);
    answer.returnStatus();
    answer.returnValue(0, parameters[0]?.name ?? '', intType, handle);
  }

  async #executePrepared(parameters: readonly RpcParameter[], answer: Answer, signal: AbortSignal): Promise<void> {
    const statement = this.#prepared.get(handleOf(parameters));
    if (statement) return this.#execute(statement, parameters.slice(1), answer, signal);
    this.#unknownHandle(parameters, answer);
  }

  #unprepare(parameters: readonly RpcParameter[], answer: Answer): void {
    if (this.#prepared.delete(handleOf(parameters))) answer.returnStatus();
    else this.#unknownHandle(parameters, answer);
  }

  #unknownHandle(parameters: readonly RpcParameter[], answer: Answer): void {
    answer.message({
      number: 8179,
      class: 16,
      state: 2,
      line: 1,
      message: `Could not find prepared statement with handle ${handleOf(parameters)}.`,
    });
    answer.returnStatus();
  }
}

/** [sys].[sp_executesql], master..sp_executesql and sp_executesql are the same procedure. */
function plainName(procedure: string): string {
  return /([^.[\]]*)\]?$/.exec(procedure)?.[1]?.toLowerCase() ?? '';
}

function statementOf(
  parameters: readonly RpcParameter[],
  statementAt: number,
  declarationsAt: number,
): PreparedStatement {
  const sql = parameters[statementAt]?.value;
  const declarations = parameters[declarationsAt]?.value ?? '';
  if (typeof sql !== 'string' || typeof declarations !== 'string')
    throw new Unsupported('Statements and parameter lists that are not texts');
  return { sql, declarations };
}

const handleOf = (parameters: readonly RpcParameter[]): number => Number(parameters[0]?.value ?? 0);

/** Values given by position get the names of the declarations ("@a int, @b numeric(25,0) = 1"). */
function named(values: readonly RpcParameter[], declarations: string): readonly RpcParameter[] {
  if (values.every(value => value.name !== '')) return values;
  const names = declaredNames(declarations);
  return values.map((value, index) => (value.name === '' ? { ...value, name: names[index] ?? '' } : value));
}

/** A name stands at the beginning and after each comma that is not inside parentheses. */
function declaredNames(declarations: string): readonly string[] {
  return declarations
    .replace(/\([^)]*\)/g, '')
    .split(',')
    .map(declaration => /@[\w@#$]*/u.exec(declaration)?.[0] ?? '');
}
