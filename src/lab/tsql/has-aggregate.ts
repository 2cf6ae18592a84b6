import { aggregateNames } from './functions/aggregates.ts';
import type { Expression } from './syntax.ts';

/** An aggregate of this query: not one of a subquery, not one over a window. */
export function hasAggregate(expression: Expression): boolean {
  switch (expression.kind) {
    case 'call':
      return (
        (aggregateNames.has(expression.name) && expression.over === undefined) ||
        expression.arguments.some(hasAggregate) ||
        windowParts(expression).some(hasAggregate)
      );
    case 'arithmetic':
      return hasAggregate(expression.left) || hasAggregate(expression.right);
    case 'negate':
    case 'plus':
    case 'complement':
    case 'collate':
      return hasAggregate(expression.operand);
    case 'convert':
      return hasAggregate(expression.operand) || (expression.style !== undefined && hasAggregate(expression.style));
    case 'case':
      return (
        expression.branches.some(branch => hasAggregate(branch.result) || conditionHasAggregate(branch.when)) ||
        (expression.otherwise !== undefined && hasAggregate(expression.otherwise))
      );
    default:
      return false;
  }
}

function windowParts(call: Extract<Expression, { kind: 'call' }>): readonly Expression[] {
  return call.over ? [...call.over.partitionBy, ...call.over.orderBy.map(item => item.expression)] : [];
}

function conditionHasAggregate(condition: Extract<Expression, { kind: 'case' }>['branches'][number]['when']): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return conditionHasAggregate(condition.left) || conditionHasAggregate(condition.right);
    case 'not':
      return conditionHasAggregate(condition.operand);
    case 'comparison':
      return hasAggregate(condition.left) || hasAggregate(condition.right);
    case 'between':
      return [condition.operand, condition.low, condition.high].some(hasAggregate);
    case 'like':
      return hasAggregate(condition.operand) || hasAggregate(condition.pattern);
    case 'inList':
      return [condition.operand, ...condition.list].some(hasAggregate);
    case 'isNull':
    case 'inQuery':
      return hasAggregate(condition.operand);
    case 'quantified':
      return hasAggregate(condition.left);
    case 'exists':
      return false;
  }
}
