import { comparison, convertTo, meetingOrder, toCommonType } from '../emit.ts';
import { CompileError } from '../errors.ts';
import { int, isCharacter } from '../types.ts';
import { asInt, type Functions, operandAt } from './define.ts';

/** Functions of any type. */
export const generalFunctions: Functions = {
  ISNULL: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const [first, second] = [operandAt(operands, 0), operandAt(operands, 1)];
      if (first.untyped) return { ...second, nullable: second.nullable };
      const replacement = convertTo(call.compiler, second, first.type, { line: call.line });
      return {
        ...first,
        sql: `ifnull(${first.sql}, ${replacement.sql})`,
        nullable: first.nullable && second.nullable,
        literalDigits: undefined,
      };
    },
  },
  COALESCE: {
    arguments: [2, 254],
    translate: (operands, call) => {
      if (operands.every(value => value.untyped))
        throw new CompileError(
          4127,
          'At least one of the arguments to COALESCE must be an expression that is not the NULL constant.',
          call.line,
        );
      const { type, values } = toCommonType(call.compiler, operands, call.line);
      return {
        sql: `coalesce(${values.map(value => value.sql).join(', ')})`,
        type,
        nullable: operands.every(value => value.nullable),
        order: isCharacter(type) ? meetingOrder(operands, call.line) : undefined,
      };
    },
  },
  NULLIF: {
    arguments: [2, 2],
    translate: (operands, call) => {
      const [first, second] = [operandAt(operands, 0), operandAt(operands, 1)];
      if (first.untyped)
        throw new CompileError(
          4151,
          'The type of the first argument to NULLIF cannot be the NULL constant because the type of the first argument has to be known.',
          call.line,
        );
      return {
        ...first,
        sql: `(CASE WHEN ${comparison(call.compiler, '=', first, second, call.line)} THEN NULL ELSE ${first.sql} END)`,
        nullable: true,
        literalDigits: undefined,
      };
    },
  },
  CHOOSE: {
    arguments: [2, 254],
    translate: (operands, call) => {
      const index = asInt(call, operandAt(operands, 0));
      const { type, values } = toCommonType(call.compiler, operands.slice(1), call.line);
      const branches = values.map((value, place) => `WHEN ${place + 1} THEN ${value.sql}`).join(' ');
      return { sql: `(CASE ${index.sql} ${branches} END)`, type: values.length > 0 ? type : int, nullable: true };
    },
  },
};
