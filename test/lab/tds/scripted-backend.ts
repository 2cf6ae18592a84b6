import type {
  LoginOutcome,
  LoginRequest,
  ResultSink,
  RpcParameter,
  TdsBackend,
  TdsSession,
} from '../../../src/lab/tds/backend.ts';
import type { Column, SqlType, SqlValue } from '../../../src/lab/values.ts';

/** What a scripted statement gets to answer with. */
export interface ScriptCall {
  readonly session: ScriptedSession;
  readonly sink: ResultSink;
  readonly signal: AbortSignal;
  readonly parameters: readonly RpcParameter[];
}

type Script = (call: ScriptCall) => Promise<void> | void;

export const password = 'Practice-1!';
export const accessToken = 'header.payload.signature';

/** A server that knows the statements a test has taught it, and no others. */
export class ScriptedBackend implements TdsBackend {
  readonly serverName = 'SQLPROD01';
  readonly productVersion = '15.0.4430.1';
  readonly logins: LoginRequest[] = [];
  readonly sessions: ScriptedSession[] = [];
  readonly scripts = new Map<string, Script>();
  /** How long it takes to check a login. */
  checking: Promise<void> = Promise.resolve();

  /** Answers the statement `sql`, however it arrives. */
  on(sql: string, script: Script): void {
    this.scripts.set(sql, script);
  }

  async login(request: LoginRequest): Promise<LoginOutcome> {
    this.logins.push(request);
    await this.checking;
    const { proof } = request;
    const known =
      proof.kind === 'password' ? proof.user === 'dba' && proof.password === password : proof.token === accessToken;
    if (!known) {
      const user = proof.kind === 'password' ? proof.user : '<token-identified principal>';
      const message = `Login failed for user '${user}'.`;
      return { accepted: false, errors: [{ number: 18456, class: 14, state: 1, line: 1, message }] };
    }
    const session = new ScriptedSession(this, 51 + this.sessions.length, request.database || 'master');
    this.sessions.push(session);
    return { accepted: true, session };
  }

  /** The sessions that are still open. */
  get open(): readonly ScriptedSession[] {
    return this.sessions.filter(session => !session.closed);
  }
}

export class ScriptedSession implements TdsSession {
  readonly sessionId: number;
  readonly serverName: string;
  readonly backend: ScriptedBackend;
  database: string;
  closed = false;
  resets = 0;
  running = 0;
  readonly transactions: string[] = [];
  #descriptor = 0n;

  constructor(backend: ScriptedBackend, sessionId: number, database: string) {
    this.backend = backend;
    this.sessionId = sessionId;
    this.serverName = backend.serverName;
    this.database = database;
  }

  batch(sql: string, sink: ResultSink, signal: AbortSignal): Promise<void> {
    return this.#run(sql, [], sink, signal);
  }

  executeSql(sql: string, parameters: readonly RpcParameter[], sink: ResultSink, signal: AbortSignal): Promise<void> {
    return this.#run(sql, parameters, sink, signal);
  }

  async transaction(request: 'begin' | 'commit' | 'rollback', sink: ResultSink): Promise<void> {
    this.transactions.push(request);
    if (request === 'begin') this.#descriptor += 1n;
    sink.transactionChanged(request, this.#descriptor);
  }

  reset(): void {
    this.resets += 1;
  }

  close(): void {
    if (this.running > 0) throw new Error('Closed while a statement is running');
    this.closed = true;
  }

  async #run(sql: string, parameters: readonly RpcParameter[], sink: ResultSink, signal: AbortSignal): Promise<void> {
    if (this.running > 0) throw new Error('Two statements at once');
    this.running += 1;
    try {
      await this.#script(sql)({ session: this, sink, signal, parameters });
    } finally {
      this.running -= 1;
    }
  }

  #script(sql: string): Script {
    const text = sql.trim().replace(/;$/, '');
    const script = this.backend.scripts.get(text);
    if (script) return script;
    if (text === 'SELECT 1') return oneRow([{ type: { name: 'int' }, value: 1 }]);
    if (/^set /i.test(text)) return ({ sink }) => sink.statementDone(undefined);
    return ({ sink }) => {
      sink.message({
        number: 102,
        class: 15,
        state: 1,
        line: 1,
        message: `Incorrect syntax near '${text.slice(0, 40)}'.`,
      });
    };
  }
}

/** A column of some type with one value for it. */
export interface Cell {
  readonly name?: string;
  readonly type: SqlType;
  readonly value: SqlValue;
}

/** Answers with one result set of one row. */
export function oneRow(cells: readonly Cell[]): Script {
  return async ({ sink }) => {
    sink.columns(cells.map(columnOf));
    await sink.row(cells.map(cell => cell.value));
    sink.statementDone(1);
  };
}

/** Sends the parameters back as one row. */
export const echo: Script = async call => {
  const cells = call.parameters.map(({ name, type, value }) => ({ name: name.slice(1), type, value }));
  await oneRow(cells)(call);
};

/** Resolves only when the client gives up, as WAITFOR with a long delay would. */
export const waitForever: Script = ({ signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** Answers with so many rows of a number and a text. */
export function manyRows(count: number): Script {
  return async ({ sink }) => {
    sink.columns([
      { name: 'id', type: { name: 'int' }, nullable: false },
      { name: 'note', type: { name: 'nvarchar', length: 40 }, nullable: false },
    ]);
    for (let id = 1; id <= count; id++) await sink.row([id, `note number ${id}`]);
    sink.statementDone(count);
  };
}

const columnOf = (cell: Cell): Column => ({ name: cell.name ?? '', type: cell.type, nullable: true });
