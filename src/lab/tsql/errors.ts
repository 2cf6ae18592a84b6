import { SqlError } from '../engine/contract.ts';
import type { ServerMessage } from '../values.ts';

/** The connection ends without an answer (a fault, or KILL): the TDS layer closes the socket when a session's promise rejects with it. */
export class ConnectionDropped extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'ConnectionDropped';
  }
}

/** A SQL error raised while a text is read or a statement is compiled, with the line it was found on. TRY…CATCH of the same batch does not see it. */
export class CompileError extends SqlError {
  readonly line: number;
  constructor(number: number, message: string, line: number, severity = 16, state = 1) {
    super(number, message, severity, state);
    this.line = line;
  }
}

/** What the practice server cannot do is always refused by name: a wrong or silently different answer is worse than none. */
export const unsupported = (what: string, line = 0): CompileError =>
  new CompileError(49999, `The practice server does not support ${what}.`, line);

/** 102. */
export const syntaxNear = (text: string, line: number): CompileError =>
  new CompileError(102, `Incorrect syntax near '${text}'.`, line, 15);
/** 156. */
export const syntaxNearKeyword = (word: string, line: number): CompileError =>
  new CompileError(156, `Incorrect syntax near the keyword '${word}'.`, line, 15);
/** 137. */
export const undeclaredVariable = (name: string, line: number): CompileError =>
  new CompileError(137, `Must declare the scalar variable "${name}".`, line, 15, 2);
/** 1087. */
export const undeclaredTableVariable = (name: string, line: number): CompileError =>
  new CompileError(1087, `Must declare the table variable "${name}".`, line, 15, 2);
/** 208. */
export const invalidObject = (name: string, line: number): CompileError =>
  new CompileError(208, `Invalid object name '${name}'.`, line);
/** 207. */
export const invalidColumn = (name: string, line: number): CompileError =>
  new CompileError(207, `Invalid column name '${name}'.`, line);
/** 4104. */
export const unboundIdentifier = (name: string, line: number): CompileError =>
  new CompileError(4104, `The multi-part identifier "${name}" could not be bound.`, line);
/** 209. */
export const ambiguousColumn = (name: string, line: number): CompileError =>
  new CompileError(209, `Ambiguous column name '${name}'.`, line);
/** 195. */
export const unknownFunction = (name: string, line: number): CompileError =>
  new CompileError(195, `'${name}' is not a recognized built-in function name.`, line, 15, 10);
/** 174. */
export const wrongArgumentCount = (name: string, count: string, line: number): CompileError =>
  new CompileError(174, `The ${name.toLowerCase()} function requires ${count} argument(s).`, line, 15);
/** 206. */
export const operandClash = (left: string, right: string, line: number): CompileError =>
  new CompileError(206, `Operand type clash: ${left} is incompatible with ${right}`, line, 16, 2);
/** 402. */
export const invalidOperands = (left: string, right: string, operator: string, line: number): CompileError =>
  new CompileError(402, `The data types ${left} and ${right} are incompatible in the ${operator} operator.`, line);

/** 8134. */
export const divideByZero = (): SqlError => new SqlError(8134, 'Divide by zero error encountered.');
/** 8115 in an expression. */
export const overflowTo = (type: string): SqlError =>
  new SqlError(8115, `Arithmetic overflow error converting expression to data type ${type}.`, 16, 2);
/** 8115 in a conversion. */
export const overflowFrom = (from: string, to: string): SqlError =>
  new SqlError(8115, `Arithmetic overflow error converting ${from} to data type ${to}.`, 16, 8);
/** 220. */
export const outOfRangeValue = (type: string, value: string): SqlError =>
  new SqlError(220, `Arithmetic overflow error for data type ${type}, value = ${value}.`, 16, 2);
/** 517. */
export const dateOverflow = (type: string): SqlError =>
  new SqlError(517, `Adding a value to a '${type}' column caused an overflow.`);
/** 245. */
export const cannotConvertText = (from: string, value: string, to: string): SqlError =>
  new SqlError(245, `Conversion failed when converting the ${from} value '${value}' to data type ${to}.`);
/** 8114. */
export const cannotConvertType = (from: string, to: string): SqlError =>
  new SqlError(8114, `Error converting data type ${from} to ${to}.`, 16, 5);
/** 241. */
export const notADate = (): SqlError =>
  new SqlError(241, 'Conversion failed when converting date and/or time from character string.');
/** 242. */
export const dateOutOfRange = (from: string, to: string): SqlError =>
  new SqlError(
    242,
    `The conversion of a ${from} data type to a ${to} data type resulted in an out-of-range value.`,
    16,
    3,
  );
/** 8169. */
export const notAGuid = (): SqlError =>
  new SqlError(8169, 'Conversion failed when converting from a character string to uniqueidentifier.', 16, 2);
/** 537. */
export const invalidLength = (): SqlError =>
  new SqlError(537, 'Invalid length parameter passed to the LEFT or SUBSTRING function.', 16, 3);

/** An error as the client receives it; a compile error knows its own line. */
export const errorMessage = (error: SqlError, line: number): ServerMessage => ({
  number: error.number,
  class: error.class,
  state: error.state,
  message: error.message,
  line: error instanceof CompileError && error.line > 0 ? error.line : line,
});
/** A message that is no error, as the client receives it. */
export const information = (number: number, message: string, line: number, state = 1, severity = 0): ServerMessage => ({
  number,
  class: severity,
  state,
  message,
  line,
});
