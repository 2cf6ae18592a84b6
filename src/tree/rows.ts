import * as l10n from '@vscode/l10n';
import { linksOf } from '../failover/discover.ts';
import type { RegisteredServer } from '../hosts/contract.ts';
import type { DatabaseSummary, LinkSummary, ServerIdentity } from '../link/observation.ts';
import type { Problem } from '../link/problem.ts';
import { problemParts } from '../link/problem-text.ts';
import { parseBuild, productName } from '../link/version.ts';
import type { ServerState } from './server-reading.ts';
import {
  conditionOf,
  healthWord,
  type LinkCondition,
  linkWords,
  modeWord,
  partnerWord,
  queueWord,
  roleWord,
  shortLinkWords,
  syncWord,
} from './words.ts';

/** What the tree is made of. */
export type Node =
  | { readonly kind: 'server'; readonly server: RegisteredServer }
  | { readonly kind: 'database'; readonly server: RegisteredServer; readonly database: DatabaseSummary }
  | {
      readonly kind: 'link';
      readonly server: RegisteredServer;
      readonly database: DatabaseSummary;
      readonly link: LinkSummary;
    }
  | { readonly kind: 'problem'; readonly server: RegisteredServer; readonly problem: Problem }
  | { readonly kind: 'empty'; readonly server: RegisteredServer };

/** A node as it is shown; `icon.color` is a theme colour. */
export interface Row {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: { readonly id: string; readonly color?: string };
  readonly tooltip: {
    readonly title: string;
    readonly facts: readonly (readonly [string, string])[];
    readonly text?: string;
  };
  readonly contextValue: string;
  /** How it is shown first; VS Code remembers what the person made of it. */
  readonly children: 'none' | 'collapsed' | 'expanded';
  readonly dimmed: boolean;
}

const SYSTEM_DATABASES = new Set(['master', 'model', 'msdb', 'tempdb', 'distribution']);

/** The children of a server, by what was read of it. */
export function childrenOfServer(server: RegisteredServer, state: ServerState): readonly Node[] {
  switch (state.status) {
    case 'unread':
      return [];
    case 'failed':
      return [{ kind: 'problem', server, problem: state.problem }];
    case 'read': {
      const databases = state.databases.filter(database => !SYSTEM_DATABASES.has(database.name.toLowerCase()));
      if (databases.length === 0) return [{ kind: 'empty', server }];
      return databases.map(database => ({ kind: 'database', server, database }));
    }
  }
}

export const childrenOfDatabase = (node: Extract<Node, { kind: 'database' }>): readonly Node[] =>
  node.database.links.map(link => ({ kind: 'link', server: node.server, database: node.database, link }));

/** How a node looks. `state` is what was read of its server. Ids stay the same from one reading to the next. */
export function rowOf(node: Node, state: ServerState): Row {
  switch (node.kind) {
    case 'server':
      return serverRow(node.server, state);
    case 'database':
      return databaseRow(node.server, node.database);
    case 'link':
      return linkRow(node.server, node.database, node.link);
    case 'problem':
      return problemRow(node.server, node.problem);
    case 'empty':
      return emptyRow(node.server);
  }
}

/** Names may hold any character, so each part is encoded: no two nodes can share an id. */
const idOf = (...parts: readonly string[]): string => parts.map(encodeURIComponent).join('/');

/** Said wherever a practice server could be taken for a real one. */
const practiceWord = (): string => l10n.t('PRACTICE');

const described = (server: RegisteredServer, parts: readonly (string | undefined)[]): string =>
  [server.practice ? practiceWord() : undefined, ...parts].filter(Boolean).join(' · ');

const practiceFact = (server: RegisteredServer): readonly (readonly [string, string])[] =>
  server.practice ? [[practiceWord(), l10n.t('Simulated on this machine. No real server is involved.')]] : [];

function serverRow(server: RegisteredServer, state: ServerState): Row {
  const identity = state.status === 'read' ? state.identity : undefined;
  return {
    id: idOf(server.id),
    label: server.label,
    // A practice server says PRACTICE in its label.
    description: identity ? product(identity) : '',
    icon: serverIcon(server, state),
    tooltip: {
      title: server.label,
      facts: [
        ...practiceFact(server),
        [l10n.t('Connection'), server.description],
        ...(identity
          ? ([
              [l10n.t('Server name'), identity.name],
              [l10n.t('Version'), `${product(identity)} (${identity.version})`],
              [l10n.t('Edition'), identity.edition],
              [
                l10n.t('Always On'),
                identity.alwaysOnEnabled ? l10n.t('enabled') : l10n.t('not enabled: it cannot have a link'),
              ],
            ] as const)
          : []),
      ],
    },
    contextValue: server.practice ? 'miLink.server.practice' : 'miLink.server',
    children: server.practice ? 'expanded' : 'collapsed',
    dimmed: false,
  };
}

function serverIcon(server: RegisteredServer, state: ServerState): Row['icon'] {
  const id = server.practice ? 'beaker' : 'server';
  if (state.status === 'failed') return { id, color: 'problemsErrorIcon.foreground' };
  return server.practice ? { id, color: 'charts.purple' } : { id };
}

function product(identity: ServerIdentity): string {
  if (identity.isManagedInstance) return l10n.t('Azure SQL Managed Instance');
  try {
    return productName(parseBuild(identity.version));
  } catch {
    return l10n.t('SQL Server');
  }
}

function databaseRow(server: RegisteredServer, database: DatabaseSummary): Row {
  const { usable, whyNot } = linksOf(database);
  const [first] = usable;
  const states = database.links.map(conditionOf);
  const offline = database.state === 'ONLINE' ? undefined : database.state.toLowerCase();
  return {
    id: idOf(server.id, database.name),
    label: database.name,
    description: described(server, [offline, ...linksInWords(database.links)]),
    icon: { id: 'database', color: colourOf(worst(states), first !== undefined) },
    tooltip: {
      title: database.name,
      facts: [
        ...practiceFact(server),
        [l10n.t('Server'), server.label],
        [l10n.t('State'), database.state],
        [l10n.t('Writable here'), database.writable ? l10n.t('yes') : l10n.t('no')],
      ],
      ...(whyNot ? { text: whyNot } : {}),
    },
    contextValue: first ? 'miLink.database.linked' : 'miLink.database',
    children: database.links.length > 0 ? 'collapsed' : 'none',
    dimmed: database.links.length === 0,
  };
}

function linksInWords(links: readonly LinkSummary[]): readonly string[] {
  const [first] = links;
  if (!first) return [l10n.t('no link')];
  return links.length > 1 ? [l10n.t('{0} links', links.length)] : [...shortLinkWords(first), partnerWord(first)];
}

function linkRow(server: RegisteredServer, database: DatabaseSummary, link: LinkSummary): Row {
  const condition = conditionOf(link);
  return {
    id: idOf(server.id, database.name, link.name),
    label: link.name,
    description: described(server, [...linkWords(link), partnerWord(link)]),
    icon: { id: iconOf(condition), color: colourOf(condition, link.instance !== undefined) },
    tooltip: {
      title: link.name,
      facts: [
        ...practiceFact(server),
        [
          l10n.t('Managed instance'),
          link.instance?.fullyQualifiedDomainName ?? l10n.t('none: this link cannot be failed over here'),
        ],
        [l10n.t('This server is'), roleWord(link.localRole)],
        [l10n.t('Commit mode'), modeWord(link.commitMode)],
        [l10n.t('Synchronization'), `${syncWord(link.syncState)}, ${healthWord(link.health)}`],
        [l10n.t('Connected'), connectedWord(link.connected)],
        [l10n.t('Send queue'), queueWord(link.sendQueueKb)],
        [l10n.t('Redo queue'), queueWord(link.redoQueueKb)],
        [l10n.t('Lag'), link.lagSeconds === undefined ? l10n.t('unknown') : l10n.t('{0} s', link.lagSeconds)],
        [l10n.t('Availability group'), `${link.availabilityGroup} → ${link.instanceAvailabilityGroup}`],
      ],
    },
    contextValue: 'miLink.link',
    children: 'none',
    dimmed: false,
  };
}

function problemRow(server: RegisteredServer, problem: Problem): Row {
  const [message = '', ...more] = problemParts(problem);
  return {
    id: idOf(server.id, '', 'problem'),
    label: message,
    description: '',
    icon: { id: 'error', color: 'problemsErrorIcon.foreground' },
    tooltip: { title: message, facts: practiceFact(server), ...(more.length > 0 ? { text: more.join('\n\n') } : {}) },
    contextValue: server.practice ? 'miLink.problem.practice' : 'miLink.problem',
    children: 'none',
    dimmed: false,
  };
}

const emptyRow = (server: RegisteredServer): Row => ({
  id: idOf(server.id, '', 'empty'),
  label: l10n.t('No user databases that this login can see'),
  description: '',
  icon: { id: 'info' },
  tooltip: { title: l10n.t('No user databases that this login can see'), facts: practiceFact(server) },
  contextValue: 'miLink.empty',
  children: 'none',
  dimmed: true,
});

const connectedWord = (connected: boolean | undefined): string =>
  connected === undefined ? l10n.t('unknown') : connected ? l10n.t('yes') : l10n.t('no');

const WORST_FIRST: readonly LinkCondition[] = ['disconnected', 'trouble', 'unknown', 'catchingUp', 'good'];

const worst = (conditions: readonly LinkCondition[]): LinkCondition =>
  WORST_FIRST.find(condition => conditions.includes(condition)) ?? 'unknown';

function iconOf(condition: LinkCondition): string {
  switch (condition) {
    case 'good':
      return 'link';
    case 'catchingUp':
      return 'sync';
    case 'trouble':
      return 'warning';
    case 'disconnected':
      return 'debug-disconnect';
    case 'unknown':
      return 'question';
  }
}

function colourOf(condition: LinkCondition, linked: boolean): string {
  if (!linked) return 'disabledForeground';
  switch (condition) {
    case 'good':
      return 'charts.green';
    case 'catchingUp':
      return 'charts.blue';
    case 'trouble':
      return 'problemsWarningIcon.foreground';
    case 'disconnected':
      return 'problemsErrorIcon.foreground';
    case 'unknown':
      return 'disabledForeground';
  }
}
