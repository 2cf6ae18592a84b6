import { SqlError } from '../engine/contract.ts';
import { arithmetic, negate } from './arithmetic.ts';
import { matchesLike, orderOfCollation } from './collation.ts';
import { notGrouped, type Place, resolveColumn, type Typed } from './compiler.ts';
import {
  aggregateCall,
  collate,
  comparison,
  convertTo,
  literalSql,
  meetingOrder,
  operation,
  strict,
  toCommonType,
} from './emit.ts';
import { CompileError, invalidOperands, syntaxNearKeyword, undeclaredVariable } from './errors.ts';
import { translateCall } from './functions/calls.ts';
import { globalVariable } from './functions/globals.ts';
import type { Condition, Expression, Query } from './syntax.ts';
import { bit, int, isCharacter, isInteger, isMoment, nvarchar, type Stored, typeName, varchar } from './types.ts';

/** A value as SQLite text with its T-SQL type. */
export function translateExpression(expression: Expression, place: Place): Typed {
  const grouped = groupedExpression(expression, place);
  return grouped ?? translateNode(expression, place);
}

/** Inside a grouped query an expression that is a grouping key stands for its group. */
function groupedExpression(expression: Expression, place: Place): Typed | undefined {
  const { scope } = place;
  const grouping = scope?.grouping;
  if (
    !scope ||
    !grouping ||
    grouping.insideAggregate > 0 ||
    expression.kind === 'literal' ||
    expression.kind === 'variable'
  )
    return undefined;
  if (expression.kind === 'call' && expression.name === 'GROUPING') return undefined;
  const { binds } = place.compiler;
  const before = binds.length;
  scope.grouping = undefined;
  try {
    const plain = translateNode(expression, place);
    if (grouping.keys.has(plain.sql)) return plain;
  } catch (error) {
    // Whatever is wrong is reported by the translation that counts.
    if (!(error instanceof SqlError)) throw error;
  } finally {
    scope.grouping = grouping;
  }
  binds.length = before;
  return undefined;
}

function translateNode(expression: Expression, place: Place): Typed {
  const { compiler } = place;
  switch (expression.kind) {
    case 'literal':
      return {
        sql: literalSql(expression.value, expression.type),
        type: expression.type,
        nullable: expression.value === null,
        untyped: expression.untyped,
        literalDigits:
          expression.type.name === 'int' && expression.value !== null ? String(expression.value).length : undefined,
      };
    case 'column':
      return translateColumn(expression.parts, place, expression.line);
    case 'variable': {
      const type = compiler.names.variableType(expression.name);
      if (!type) throw undeclaredVariable(expression.name, expression.line);
      return { sql: compiler.bind({ kind: 'variable', name: expression.name }), type, nullable: true };
    }
    case 'global':
      return globalVariable(expression.name, compiler, expression.line);
    case 'plus':
      return translateExpression(expression.operand, place);
    case 'negate':
      return negate(compiler, translateExpression(expression.operand, place), expression.line);
    case 'complement': {
      const operand = translateExpression(expression.operand, place);
      if (!isInteger(operand.type))
        throw invalidOperands(typeName(operand.type), typeName(operand.type), "'~'", expression.line);
      const sql =
        operand.type.name === 'bit'
          ? `(1 - ${operand.sql})`
          : operand.type.name === 'tinyint'
            ? `(255 - ${operand.sql})`
            : `(~${operand.sql})`;
      return { sql, type: operand.type, nullable: operand.nullable };
    }
    case 'arithmetic':
      return arithmetic(
        compiler,
        expression.operator,
        translateExpression(expression.left, place),
        translateExpression(expression.right, place),
        expression.line,
      );
    case 'collate': {
      const operand = translateExpression(expression.operand, place);
      const text = isCharacter(operand.type)
        ? operand
        : operand.untyped
          ? { ...operand, type: nvarchar(1) }
          : undefined;
      if (!text)
        throw new CompileError(
          447,
          `Expression type ${typeName(operand.type)} is invalid for COLLATE clause.`,
          expression.line,
        );
      return { ...text, order: orderOfCollation(expression.collation, expression.line), explicitOrder: true };
    }
    case 'convert': {
      const operand = translateExpression(expression.operand, place);
      const style =
        expression.style &&
        convertTo(compiler, translateExpression(expression.style, place), int, { line: expression.line }).sql;
      return convertTo(compiler, operand, expression.type, {
        explicit: true,
        tries: expression.tries,
        style,
        line: expression.line,
      });
    }
    case 'case':
      return translateCase(expression, place);
    case 'call':
      return translateCall(expression, place, translateExpression);
    case 'subquery':
      return scalarSubquery(expression.query, place, expression.line);
    case 'default':
      throw syntaxNearKeyword('DEFAULT', expression.line);
  }
}

function translateColumn(parts: readonly string[], { scope, clause }: Place, line: number): Typed {
  const { column, scope: owner } = resolveColumn(parts, scope, line);
  const { grouping } = owner;
  if (grouping && grouping.insideAggregate === 0 && !grouping.keys.has(column.sql))
    throw notGrouped(parts.join('.'), clause ?? 'select list', line);
  // A column always brings its collation, be it the database's own: two columns may then disagree (468).
  const order = column.order ?? (isCharacter(column.type) ? 'CI_AS' : undefined);
  return { sql: column.sql, type: column.type, nullable: column.nullable, order };
}

function translateCase(expression: Extract<Expression, { kind: 'case' }>, place: Place): Typed {
  const values = expression.branches.map(branch => translateExpression(branch.result, place));
  const otherwise = expression.otherwise && translateExpression(expression.otherwise, place);
  const all = otherwise ? [...values, otherwise] : values;
  if (all.every(value => value.untyped)) {
    throw new CompileError(
      8133,
      'At least one of the result expressions in a CASE specification must be an expression other than the NULL constant.',
      expression.line,
    );
  }
  const { type, values: converted } = toCommonType(place.compiler, all, expression.line);
  const branches = expression.branches.map(
    (branch, index) => `WHEN ${translateCondition(branch.when, place)} THEN ${converted[index]?.sql}`,
  );
  const last = otherwise ? ` ELSE ${converted.at(-1)?.sql}` : '';
  const order = isCharacter(type) ? meetingOrder(all, expression.line) : undefined;
  return {
    sql: `CASE ${branches.join(' ')}${last} END`,
    type,
    nullable: !otherwise || all.some(value => value.nullable),
    order,
  };
}

function translateSubquery(query: Query, place: Place) {
  return place.compiler.translateQuery(place.compiler, query, place.scope);
}

const oneRow = () => ({
  start: () => ({ count: 0, value: null as Stored }),
  step: (state: { count: number; value: Stored }, [value = null]: readonly Stored[]) => {
    if (state.count > 0) {
      throw new SqlError(
        512,
        'Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.',
      );
    }
    return { count: 1, value };
  },
  result: (state: { count: number; value: Stored }) => state.value,
});

function scalarSubquery(query: Query, place: Place, line: number): Typed {
  const { sql, columns, singleRow } = translateSubquery(query, place);
  const [column] = columns;
  if (!column || columns.length > 1) {
    throw new CompileError(
      116,
      'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
      line,
    );
  }
  const checked = singleRow ? `(${sql})` : `(SELECT ${aggregateCall('one row', oneRow, ['c1'])} FROM (${sql}))`;
  return { sql: checked, type: column.type, nullable: true, order: column.order };
}

/** A condition as SQLite text; three-valued logic is the same in both. */
export function translateCondition(condition: Condition, place: Place): string {
  const { compiler } = place;
  const { line } = condition;
  switch (condition.kind) {
    case 'and':
    case 'or':
      return `(${translateCondition(condition.left, place)} ${condition.kind.toUpperCase()} ${translateCondition(condition.right, place)})`;
    case 'not':
      return `(NOT ${translateCondition(condition.operand, place)})`;
    case 'comparison':
      return comparison(
        compiler,
        condition.operator,
        translateExpression(condition.left, place),
        translateExpression(condition.right, place),
        line,
      );
    case 'isNull':
      return `(${translateExpression(condition.operand, place).sql} IS ${condition.negated ? 'NOT ' : ''}NULL)`;
    case 'between': {
      const operand = translateExpression(condition.operand, place);
      const low = comparison(compiler, '>=', operand, translateExpression(condition.low, place), line);
      const high = comparison(compiler, '<=', operand, translateExpression(condition.high, place), line);
      return `(${condition.negated ? 'NOT ' : ''}(${low} AND ${high}))`;
    }
    case 'like':
      return translateLike(condition, place);
    case 'inList':
      return translateInList(condition, place);
    case 'inQuery':
      return translateInQuery(condition, place);
    case 'exists':
      return `EXISTS (SELECT 1 FROM (${translateSubquery(condition.query, place).sql}))`;
    case 'quantified':
      return translateQuantified(condition, place);
  }
}

function translateLike(condition: Extract<Condition, { kind: 'like' }>, place: Place): string {
  const { compiler } = place;
  const asText = (value: Typed): Typed =>
    isCharacter(value.type) && !value.untyped
      ? value
      : convertTo(compiler, value, isMoment(value.type) ? varchar(60) : nvarchar(4000), { line: condition.line });
  const operand = asText(translateExpression(condition.operand, place));
  const pattern = asText(translateExpression(condition.pattern, place));
  const escapeMark = condition.escape && asText(translateExpression(condition.escape, place));
  const order = meetingOrder([operand, pattern], condition.line) ?? 'CI_AS';
  const like = strict(([text, wanted, mark]) => {
    if (mark !== undefined && String(mark).length !== 1)
      throw new SqlError(506, `The invalid escape character "${mark}" was specified in a LIKE predicate.`);
    return matchesLike(String(text), String(wanted), mark === undefined ? undefined : String(mark), order) ? 1 : 0;
  });
  const call = operation(`like ${order}`, () => like, [
    operand.sql,
    pattern.sql,
    ...(escapeMark ? [escapeMark.sql] : []),
  ]);
  return condition.negated ? `(NOT ${call})` : `(${call})`;
}

function translateInList(condition: Extract<Condition, { kind: 'inList' }>, place: Place): string {
  const all = [condition.operand, ...condition.list].map(item => translateExpression(item, place));
  const { type, values } = toCommonType(place.compiler, all, condition.line);
  const [operand, ...list] = values;
  const order = isCharacter(type) ? meetingOrder(all, condition.line) : undefined;
  return `(${operand?.sql}${collate(type, order, 'equality')} ${condition.negated ? 'NOT ' : ''}IN (${list.map(value => value.sql).join(', ')}))`;
}

function translateInQuery(condition: Extract<Condition, { kind: 'inQuery' }>, place: Place): string {
  const operand = translateExpression(condition.operand, place);
  const { sql, columns } = translateSubquery(condition.query, place);
  const [column] = columns;
  if (!column || columns.length > 1) {
    throw new CompileError(
      116,
      'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
      condition.line,
    );
  }
  const member: Typed = { ...column, sql: 'c1' };
  const { type, values } = toCommonType(place.compiler, [operand, member], condition.line);
  const [left, right] = values;
  const order = isCharacter(type) ? meetingOrder([operand, member], condition.line) : undefined;
  return `(${left?.sql}${collate(type, order, 'equality')} ${condition.negated ? 'NOT ' : ''}IN (SELECT ${right?.sql} FROM (${sql})))`;
}

/** op ALL and op ANY keep their third value: unknown when no member decides. */
function translateQuantified(condition: Extract<Condition, { kind: 'quantified' }>, place: Place): string {
  const operand = translateExpression(condition.left, place);
  const { sql, columns } = translateSubquery(condition.query, place);
  const [column] = columns;
  if (!column || columns.length > 1) {
    throw new CompileError(
      116,
      'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
      condition.line,
    );
  }
  const test = comparison(place.compiler, condition.operator, operand, { ...column, sql: 'c1' }, condition.line);
  const decided = condition.quantifier === 'ALL' ? `(NOT ${test})` : test;
  const [when, otherwise] = condition.quantifier === 'ALL' ? ['0', '1'] : ['1', '0'];
  return `(CASE WHEN EXISTS (SELECT 1 FROM (${sql}) WHERE ${decided}) THEN ${when} WHEN EXISTS (SELECT 1 FROM (${sql}) WHERE ${test} IS NULL) THEN NULL ELSE ${otherwise} END)`;
}

/** A condition used as a value of type bit does not exist in T-SQL; IF and WHILE ask for it this way. */
export const conditionAsValue = (condition: Condition, place: Place): Typed => ({
  sql: `(${translateCondition(condition, place)})`,
  type: bit,
  nullable: true,
});
