import type * as vscode from 'vscode';
import { type Problem, problemOf } from '../link/problem.ts';
import { problemParts } from '../link/problem-text.ts';
import type { Servers } from './contract.ts';
import type { Redaction } from './redaction.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** The channel as everybody gets it: every text goes through the redaction first. Objects are never written, since they may hold anything. */
export function redactedLog(channel: vscode.LogOutputChannel, redaction: Redaction): vscode.LogOutputChannel {
  const clean = (value: unknown): string => {
    if (value instanceof Error) return redaction.text(`${value.name}: ${value.message}`);
    return typeof value === 'object' && value !== null ? '[object]' : redaction.text(String(value));
  };
  const at =
    (level: Level) =>
    (message: unknown, ...more: unknown[]): void =>
      channel[level]([message, ...more].map(clean).join(' '));
  return {
    get name() {
      return channel.name;
    },
    get logLevel() {
      return channel.logLevel;
    },
    onDidChangeLogLevel: channel.onDidChangeLogLevel,
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    append: text => channel.append(redaction.text(text)),
    appendLine: text => channel.appendLine(redaction.text(text)),
    replace: text => channel.replace(redaction.text(text)),
    clear: () => channel.clear(),
    show: () => channel.show(true),
    hide: () => channel.hide(),
    dispose: () => channel.dispose(),
  };
}

/** A problem for the log: one line, led by its reason. */
export const problemLine = (problem: Problem): string => `[${problem.reason}] ${problemParts(problem).join(' | ')}`;

/** The same servers, with each connection and each failed one in the log. */
export const loggedServers = (servers: Servers, log: Pick<vscode.LogOutputChannel, 'info' | 'warn'>): Servers => ({
  list: () => servers.list(),
  onDidChange: listener => servers.onDidChange(listener),
  async connect(id, signal) {
    const label = servers.list().find(server => server.id === id)?.label ?? id;
    try {
      const side = await servers.connect(id, signal);
      log.info(`Connected to ${label}`);
      return side;
    } catch (error) {
      log.warn(`Not connected to ${label}: ${problemLine(problemOf(error, 'sqlServer'))}`);
      throw error;
    }
  },
});
