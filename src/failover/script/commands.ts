import * as l10n from '@vscode/l10n';
import type { ArmRequest } from '../../link/ports.ts';
import { LinkError } from '../../link/problem.ts';
import type { LinkTarget, Side } from '../../link/vocabulary.ts';
import type { Plan, Step } from '../plan.ts';
import type { Change } from '../statements.ts';
import { type Action, actionsOf, SCRIPT_ERRORS } from './actions.ts';
import { failsUnless, hardenedLsn, isServer, isTrue, type Sql, statement } from './conditions.ts';
import { wrongServer } from './words.ts';

/** What a script that can reach both servers and Azure does for a step: whole batches, each guarded against the wrong server. */
export type Command =
  | { readonly command: 'note'; readonly text: string }
  | { readonly command: 'batch'; readonly on: Side; readonly text: Sql }
  /** `query` answers 1 or 0. */
  | {
      readonly command: 'await';
      readonly on: Side;
      readonly query: Sql;
      readonly budgetSeconds: number;
      readonly otherwise: string;
    }
  | { readonly command: 'proveEqual'; readonly budgetSeconds: number }
  | { readonly command: 'stillEqual' }
  | { readonly command: 'azure'; readonly request: ArmRequest; readonly tolerated: boolean };

/** The commands of a step; what goes to one server in a row is one batch. */
export function commandsOf(step: Step, plan: Plan): readonly Command[] {
  const commands: Command[] = [];
  for (const action of actionsOf(step, plan)) {
    const next = commandOf(action, plan);
    const last = commands.at(-1);
    if (next.command === 'batch' && last?.command === 'batch' && last.on === next.on)
      commands[commands.length - 1] = { ...last, text: `${last.text}\n${next.text}` };
    else commands.push(next);
  }
  return commands.map(c => (c.command === 'batch' ? guarded(c.on, c.text, plan) : c));
}

/** A change as a command of its own, e.g. to put something back. */
export const changeCommand = (change: Change, plan: Plan): Command =>
  change.on === 'azure'
    ? { command: 'azure', request: change.arm, tolerated: false }
    : guarded(change.on, change.sql.text, plan);

/** One text with the hardened LSN of every database, in the plan's order; empty as long as one is not known. */
export function lsnQuery(side: Side, plan: Plan): Sql {
  const { target } = plan.intent;
  const all = target.databases.map(database => hardenedLsn(side, database, target)).join(" + ' ' +\n");
  return `${preamble(side, plan)}\nSELECT ISNULL(\n${all}\n, '') AS answer;`;
}

/**
 * sqlcmd and Invoke-Sqlcmd read their input line by line: the second line of a name could be a command to them. Throws LinkError 'unsupported' naming it.
 */
export function refuseLineBreaks({
  link,
  availabilityGroup,
  instanceAvailabilityGroup,
  databases,
  sqlServer,
  instance,
}: LinkTarget): void {
  const name = [link, availabilityGroup, instanceAvailabilityGroup, ...databases, sqlServer.name, instance.name].find(
    n => /[\r\n]/.test(n),
  );
  if (name === undefined) return;
  throw new LinkError({
    reason: 'unsupported',
    venue: undefined,
    message: l10n.t('The name {0} holds a line break, which sqlcmd cannot be given safely.', JSON.stringify(name)),
    advice: l10n.t('Use the T-SQL script, or let the extension run the failover.'),
  });
}

function commandOf(action: Action, plan: Plan): Command {
  switch (action.act) {
    case 'note':
      return { command: 'note', text: action.text };
    case 'show':
      return { command: 'batch', on: action.on, text: action.query };
    case 'require':
      return { command: 'batch', on: action.on, text: failsUnless(action.holds, action.error, action.otherwise) };
    case 'await': {
      const { on, until, budgetSeconds, otherwise } = action;
      const query = `${preamble(on, plan)}\nSELECT ${isTrue(until)} AS answer;`;
      return { command: 'await', on, query, budgetSeconds, otherwise };
    }
    case 'proveEqual':
      return { command: 'proveEqual', budgetSeconds: action.budgetSeconds };
    case 'stillEqual':
      return { command: 'stillEqual' };
    case 'send': {
      const { change, when, tolerated } = action;
      return change.on === 'azure'
        ? { command: 'azure', request: change.arm, tolerated }
        : { command: 'batch', on: change.on, text: statement(change.sql.text, when, tolerated) };
    }
  }
}

const guarded = (on: Side, text: Sql, plan: Plan): Command => ({
  command: 'batch',
  on,
  text: `${preamble(on, plan)}\n${text}`,
});

const preamble = (on: Side, plan: Plan): Sql =>
  `SET NOCOUNT ON;\n${failsUnless(isServer(on, plan.intent.target), SCRIPT_ERRORS.wrongServer, wrongServer(on, plan))}`;
