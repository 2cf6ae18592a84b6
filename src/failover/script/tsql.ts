import * as l10n from '@vscode/l10n';
import { quoteLiteral } from '../../link/names.ts';
import type { ArmRequest } from '../../link/ports.ts';
import type { Side } from '../../link/vocabulary.ts';
import { venueName } from '../describe.ts';
import type { Plan, Step } from '../plan.ts';
import { canLoseData } from '../statements.ts';
import { type Action, actionsOf, primaryBefore, SCRIPT_ERRORS, undoOf } from './actions.ts';
import { azureRestCommand } from './azure-cli.ts';
import { failsUnless, hardenedLsn, isServer, isTrue, type Sql, statement } from './conditions.ts';
import {
  confirmation,
  headerOf,
  headingOf,
  needsConfirmation,
  oneLine,
  putBackHeading,
  titleOf,
  wrongServer,
} from './words.ts';

export { azureRestCommand as azureCliCommand } from './azure-cli.ts';

/** A visit to one server, or what is sent to Azure between two visits. */
export type TsqlSection =
  | { readonly server: Side; readonly text: string }
  | { readonly server: 'azure'; readonly text: string; readonly requests: readonly ArmRequest[] };

/**
 * The plan as one T-SQL file to read, keep or run by hand, with a section for each visit to a server. Statements are those that the executor sends; requests
 * to Azure stand as comments. It holds no GO: run as a whole it is one batch, which the first section that is not for that server ends.
 */
export function tsqlScript(plan: Plan): string {
  const head = [
    ...headerOf(plan),
    l10n.t(
      'Run section by section, in order, each on the server that it names. Every section refuses to run elsewhere.',
    ),
  ];
  const sections = tsqlSections(plan);
  const texts = sections.map(({ server, text }, index) =>
    [
      comment('-'.repeat(76)),
      comment(l10n.t('Section {0} of {1}, for {2}', index + 1, sections.length, venueName(server, plan))),
      comment('-'.repeat(76)),
      text,
    ].join('\n'),
  );
  return `${[head.map(comment).join('\n'), ...texts, ...putBack(plan)].join('\n\n')}\n`;
}

/** The sections alone, each ready to be sent to the server that it is for as one batch. */
export function tsqlSections(plan: Plan): readonly TsqlSection[] {
  const sections = new Sections(plan);
  for (const [index, step] of plan.steps.entries()) sections.add(step, index + 1);
  return sections.finished();
}

interface OpenSection {
  readonly server: Side | 'azure';
  readonly lines: string[];
  readonly requests: ArmRequest[];
}

/** Collects what goes to the same server in a row. Variables are numbered, so that the whole file is still one valid batch. */
class Sections {
  readonly #plan: Plan;
  readonly #all: OpenSection[] = [];
  #heading: string[] = [];
  #title = '';
  #variables = 0;
  /** A request that must have been sent before anything else happens. */
  #unconfirmed = false;
  #confirmed = false;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  add(step: Step, number: number): void {
    const heading = headingOf(step, number, this.#plan).map(comment);
    this.#title = titleOf(heading);
    this.#heading.push(...(this.#heading.length > 0 ? ['', ...heading] : heading));
    for (const action of actionsOf(step, this.#plan)) this.#act(action);
  }

  finished(): readonly TsqlSection[] {
    this.#all.at(-1)?.lines.push(...this.#heading);
    return this.#all.map(({ server, lines, requests }) =>
      server === 'azure' ? { server, text: lines.join('\n'), requests } : { server, text: lines.join('\n') },
    );
  }

  #act(action: Action): void {
    switch (action.act) {
      case 'note':
        this.#heading.push(comment(action.text));
        break;
      case 'show':
        this.#write(action.on, action.query);
        break;
      case 'require':
        this.#write(action.on, failsUnless(action.holds, action.error, action.otherwise));
        break;
      case 'await':
        this.#write(action.on, this.#loop(action.until, action.budgetSeconds, action.otherwise));
        break;
      case 'proveEqual':
        this.#proveEqual(action.budgetSeconds);
        break;
      case 'stillEqual':
        this.#stillEqual();
        break;
      case 'send':
        this.#send(action);
    }
  }

  #send({ change, when, tolerated }: Extract<Action, { act: 'send' }>): void {
    if (change.on !== 'azure') {
      if (canLoseData(change) && needsConfirmation(this.#plan)) this.#confirm(change.on);
      this.#write(change.on, statement(change.sql.text, when, tolerated));
      return;
    }
    const section = this.#open('azure');
    section.lines.push(comment(azureRestCommand(change.arm)));
    section.requests.push(change.arm);
    this.#unconfirmed ||= !tolerated;
  }

  #write(server: Side | 'azure', text: string): void {
    this.#open(server).lines.push(text);
  }

  /** The section for this server: the one at work, or a new one that begins with its guards. */
  #open(server: Side | 'azure'): OpenSection {
    const last = this.#all.at(-1);
    const section = last?.server === server ? last : { server, lines: [], requests: [] };
    if (section !== last) this.#all.push(section);
    else if (this.#heading.length > 0) section.lines.push('');
    if (section !== last && this.#heading.length === 0) section.lines.push(l10n.t('{0} (continued)', this.#title));
    section.lines.push(...this.#heading);
    this.#heading = [];
    if (section !== last && server !== 'azure') section.lines.push(...this.#guards(server));
    return section;
  }

  #guards(server: Side): readonly string[] {
    const here = failsUnless(
      isServer(server, this.#plan.intent.target),
      SCRIPT_ERRORS.wrongServer,
      wrongServer(server, this.#plan),
    );
    if (!this.#unconfirmed) return [here];
    this.#unconfirmed = false;
    const sent = this.#variable('sent');
    return [
      here,
      `DECLARE ${sent} bit = 0; ${comment(l10n.t('set to 1 when Azure has accepted the request above'))}`,
      failsUnless(
        `${sent} = 1`,
        SCRIPT_ERRORS.azureNotConfirmed,
        l10n.t('Send the request above to Azure first, then set {0} to 1.', sent),
      ),
    ];
  }

  #confirm(server: Side): void {
    if (this.#confirmed) return;
    this.#confirmed = true;
    const name = this.#variable('database');
    const [database = ''] = this.#plan.intent.target.databases;
    const otherwise = confirmation(this.#plan);
    this.#write(server, `DECLARE ${name} nvarchar(128) = N''; ${comment(otherwise)}`);
    this.#write(server, failsUnless(`${name} = ${quoteLiteral(database)}`, SCRIPT_ERRORS.notConfirmed, otherwise));
  }

  #variable(name: string): string {
    this.#variables += 1;
    return `@${name}${this.#variables}`;
  }

  #loop(until: Sql, seconds: number, otherwise: string): Sql {
    const waited = this.#variable('waited');
    return [
      `DECLARE ${waited} int = 0;`,
      `WHILE ${isTrue(until)} = 0`,
      'BEGIN',
      `  IF ${waited} >= ${seconds} THROW ${SCRIPT_ERRORS.notInTime}, ${quoteLiteral(otherwise)}, 1;`,
      "  WAITFOR DELAY '00:00:01';",
      `  SET ${waited} += 1;`,
      'END;',
    ].join('\n');
  }

  /** Two visits: the primary shows where its log stands still, the other side waits until it has exactly that. */
  #proveEqual(seconds: number): void {
    const { target } = this.#plan.intent;
    const primary = primaryBefore(this.#plan);
    const other: Side = primary === 'sqlServer' ? 'managedInstance' : 'sqlServer';
    const positions = target.databases.map(database => ({ database, name: this.#variable('lsn') }));
    for (const { database, name } of positions)
      this.#write(primary, `DECLARE ${name} varchar(25) = ${hardenedLsn(primary, database, target)};`);
    this.#write(primary, "WAITFOR DELAY '00:00:02';");
    for (const { database, name } of positions) this.#write(primary, this.#unmoved(primary, database, name));
    for (const { database, name } of positions)
      this.#write(primary, `SELECT ${quoteLiteral(database)} AS database_name, ${name} AS hardened_lsn;`);
    for (const { database } of positions) this.#write(other, this.#expectedLsn(other, database, seconds));
  }

  #stillEqual(): void {
    const primary = primaryBefore(this.#plan);
    for (const database of this.#plan.intent.target.databases) {
      const name = this.#variable('lsn');
      this.#write(primary, this.#filledIn(name, database, primary));
      this.#write(primary, this.#unmoved(primary, database, name));
    }
  }

  #unmoved(side: Side, database: string, name: string): Sql {
    return failsUnless(
      `${hardenedLsn(side, database, this.#plan.intent.target)} = ${name}`,
      SCRIPT_ERRORS.stillWriting,
      l10n.t('The log of {0} has moved: somebody is still writing. Nothing was cut.', database),
    );
  }

  #expectedLsn(side: Side, database: string, seconds: number): string {
    const name = this.#variable('lsn');
    const arrived = `${hardenedLsn(side, database, this.#plan.intent.target)} = ${name}`;
    return [
      this.#filledIn(name, database, side),
      this.#loop(arrived, seconds, l10n.t('{0} is not equal on both sides: do not go on.', database)),
    ].join('\n');
  }

  /** The person carries the LSN from one window to the next; without it the section stops. */
  #filledIn(name: string, database: string, side: Side): string {
    const { target } = this.#plan.intent;
    const from = primaryBefore(this.#plan) === 'sqlServer' ? target.sqlServer.name : target.instance.name;
    this.#open(side);
    return [
      `DECLARE ${name} varchar(25) = ''; ${comment(l10n.t('put in the hardened LSN of {0} that {1} has shown', database, from))}`,
      failsUnless(
        `${name} <> ''`,
        SCRIPT_ERRORS.lsnMissing,
        l10n.t('Put in the hardened LSN of {0} that {1} has shown.', database, from),
      ),
    ].join('\n');
  }
}

/** Comments only: they are for the person who stops before the point of no return. */
function putBack(plan: Plan): readonly string[] {
  const undone = undoOf(plan);
  if (undone.length === 0) return [];
  const lines = undone.flatMap(({ step, changes }) => [
    `[${venueName(step.venue, plan)}]`,
    ...changes.flatMap(c => (c.on === 'azure' ? azureRestCommand(c.arm) : c.sql.text).split('\n')),
  ]);
  return [[putBackHeading(), ...lines].map(comment).join('\n')];
}

/** One comment line, whatever line breaks a name may hold. */
const comment = (text: string): string => `-- ${oneLine(text)}`;
