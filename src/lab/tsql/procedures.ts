import { SqlError } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import { runAdmin } from './admin.ts';
import { CompileError, unsupported } from './errors.ts';
import { parseDeclarations } from './parse-stored.ts';
import type { Run } from './run.ts';
import type { Frame } from './session-state.ts';
import type { ExecArgument, Expression, Statement } from './syntax.ts';
import { int, nvarchar, type Stored } from './types.ts';

type Call = Extract<Statement, { kind: 'execProcedure' }>;

/** What a procedure needs of the batch that calls it. */
export interface Caller {
  readonly run: Run;
  readonly frame: Frame;
  evaluate(expression: Expression, type?: SqlType): Promise<Stored>;
  execute(text: string, frame: Frame): Promise<void>;
}

/** Procedures that servers have and the lab refuses: "could not find" would be untrue. */
const refused =
  /^(sp|xp)_(who2?|help\w*|msver|columns|tables|pkeys|statistics|configure|lock|spaceused|rename|addlogin|adduser|grantdbaccess|addrolemember|addsrvrolemember|prepare|execute|prepexec|unprepare|cursor\w*|readerrorlog|instance_regread|regread|fixeddrives|cmdshell|oacreate|recompile|updatestats|dboption|detach_db|attach_db|multidb_milink|describe_\w+|server_info|datatype_info|databases|special_columns|sproc_columns|stored_procedures|getapplock|releaseapplock|set_session_context|certificate_add_issuer|add_job\w*|delete_job\w*)$/;

/** EXEC procedure. Throws 2812 for what no server has. */
export async function runProcedure(call: Call, caller: Caller): Promise<void> {
  const name = (call.name.at(-1) ?? '').toLowerCase();
  switch (name) {
    case 'sp_executesql':
      await executeSql(call, caller);
      break;
    case 'sp_update_job':
    case 'sp_start_job':
    case 'sp_stop_job':
      await jobProcedure(name, call, caller);
      break;
    default:
      if (refused.test(name)) throw unsupported(`the procedure ${call.name.join('.')}`, call.line);
      throw new SqlError(2812, `Could not find stored procedure '${call.name.join('.')}'.`, 16, 62);
  }
  const result = call.result === undefined ? undefined : caller.frame.variables.get(call.result);
  if (result) result.value = 0;
}

function argument(call: Call, name: string, position: number): ExecArgument | undefined {
  return (
    call.arguments.find(given => given.name === name) ??
    (call.arguments[position]?.name === undefined ? call.arguments[position] : undefined)
  );
}

async function executeSql(call: Call, caller: Caller): Promise<void> {
  const statement = argument(call, '@stmt', 0) ?? argument(call, '@statement', 0);
  if (!statement)
    throw new SqlError(
      201,
      "Procedure or function 'sp_executesql' expects parameter '@statement', which was not supplied.",
      16,
      10,
    );
  const text = await caller.evaluate(statement.value, nvarchar('max'));
  const declared = argument(call, '@params', 1);
  const declarations = declared
    ? parseDeclarations(String((await caller.evaluate(declared.value, nvarchar('max'))) ?? ''))
    : [];
  const given = call.arguments.slice(declared ? 2 : 1);
  const frame: Frame = { variables: new Map(), tableVariables: new Map() };
  const outputs: { readonly from: string; readonly to: string }[] = [];
  for (const [index, { name, type, output }] of declarations.entries()) {
    const value =
      given.find(item => item.name === name) ?? (given[index]?.name === undefined ? given[index] : undefined);
    if (!value)
      throw new SqlError(
        8178,
        `The parameterized query '${String(text).slice(0, 60)}' expects the parameter '${name}', which was not supplied.`,
        16,
        1,
      );
    frame.variables.set(name, { type, value: await caller.evaluate(value.value, type) });
    if (value.output && output && value.value.kind === 'variable') outputs.push({ from: name, to: value.value.name });
  }
  const stray = given.find(
    item => item.name !== undefined && !declarations.some(declaration => declaration.name === item.name),
  );
  if (stray) throw new SqlError(8145, `${stray.name} is not a parameter for procedure sp_executesql.`, 16, 2);
  if (text === null) return;
  await caller.execute(String(text), frame);
  for (const { from, to } of outputs) {
    const [source, destination] = [frame.variables.get(from), caller.frame.variables.get(to)];
    if (!source || !destination) continue;
    destination.value = await caller.evaluate(
      { kind: 'literal', type: source.type, value: source.value, line: call.line },
      destination.type,
    );
  }
}

/** msdb.dbo.sp_update_job, sp_start_job, sp_stop_job: the job by name, nothing but its being enabled can change. */
async function jobProcedure(
  name: 'sp_update_job' | 'sp_start_job' | 'sp_stop_job',
  call: Call,
  caller: Caller,
): Promise<void> {
  const { core } = caller.run.workplace;
  const inMsdb =
    call.name.length >= 3 ? call.name.at(-3)?.toLowerCase() === 'msdb' : core.database.name.toLowerCase() === 'msdb';
  if (!inMsdb) throw new SqlError(2812, `Could not find stored procedure '${call.name.join('.')}'.`, 16, 62);
  const known = ['@job_name', '@enabled'];
  const stray = call.arguments.find(item => item.name !== undefined && !known.includes(item.name));
  if (stray) throw unsupported(`the parameter ${stray.name} of ${name}`, call.line);
  const jobName =
    call.arguments.find(item => item.name === '@job_name') ??
    (name === 'sp_update_job' ? undefined : argument(call, '@job_name', 0));
  if (!jobName) throw new CompileError(14_262, `The specified @job_name does not exist.`, call.line);
  const job = String(await caller.evaluate(jobName.value, nvarchar(128)));
  if (name !== 'sp_update_job')
    return runAdmin({ kind: 'job', action: name === 'sp_start_job' ? 'start' : 'stop', job }, caller.run);
  const enabled = call.arguments.find(item => item.name === '@enabled');
  if (!enabled) throw unsupported('sp_update_job without @enabled', call.line);
  const on = Number(await caller.evaluate(enabled.value, int)) !== 0;
  return runAdmin({ kind: 'job', action: on ? 'enable' : 'disable', job }, caller.run);
}
