import type { ServerMessage } from '../values.ts';
import type { Conditions, Network } from './conditions.ts';
import type { LabClock, LabSide } from './contract.ts';
import type { EngineDatabase } from './database.ts';
import { isSynchronous, type LinkEnd } from './groups.ts';
import type { LogRecord } from './log.ts';
import * as messages from './messages.ts';
import { LogStream } from './stream.ts';

/** A server at one end of a link, as far as the link needs it. */
export interface LinkParty {
  readonly side: LabSide;
  readonly name: string;
  /** Database version that this server writes and the highest that it can redo: 15 = SQL Server 2019 …; 99 = Always-up-to-date. */
  readonly logVersion: number;
  endSessionsIn(database: EngineDatabase, reason: ServerMessage): void;
}

/** Log that the surviving side never had when the two sides parted. */
export interface Parting {
  readonly at: number;
  readonly cause: 'linkDeleted' | 'forcedFailover';
  readonly database: string;
  /** The side whose log was left behind. */
  readonly behind: LabSide;
  /** Where the surviving side's log ended. */
  readonly forkLsn: bigint;
  readonly lostTransactions: number;
  readonly lostKb: number;
  readonly lostLsns: { readonly first: bigint; readonly last: bigint } | undefined;
  /** Transactions in the log left behind at that moment; later ones are writes to the past. */
  readonly appendedThen: number;
}

/** How long a planned failover waits for the last log before it gives up, ms. */
const drainLimitMs = 60_000;

/** The side across the link. */
export const otherSide = (side: LabSide): LabSide => (side === 'sqlServer' ? 'managedInstance' : 'sqlServer');

/** The two copies of a linked database. */
export type DatabasePair = Readonly<Record<LabSide, EngineDatabase>>;

/** The link itself: two catalogs' entries, and the log that flows between the databases. Knows who is primary, and when nobody or both are. */
export class Link {
  readonly name: string;
  readonly groupId: string;
  readonly ends: Record<LabSide, LinkEnd | undefined>;
  readonly partings: Parting[] = [];
  readonly pairs: readonly DatabasePair[];
  readonly #clock: LabClock;
  readonly #conditions: Conditions;
  readonly #network: Network;
  readonly #parties: Readonly<Record<LabSide, LinkParty>>;
  readonly #opened: (side: LabSide) => void;
  readonly #streams = new Set<LogStream>();
  /** LSN up to which both copies are known equal; set when they part. */
  #fork: Map<string, bigint> | undefined;
  #changing = false;

  constructor(parts: {
    clock: LabClock;
    conditions: Conditions;
    network: Network;
    parties: Readonly<Record<LabSide, LinkParty>>;
    ends: Readonly<Record<LabSide, LinkEnd>>;
    pairs: readonly DatabasePair[];
    /** A side's databases have become writable there. */
    opened: (side: LabSide) => void;
  }) {
    this.#clock = parts.clock;
    this.#conditions = parts.conditions;
    this.#network = parts.network;
    this.#parties = parts.parties;
    this.#opened = parts.opened;
    this.name = parts.ends.sqlServer.name;
    this.groupId = parts.ends.sqlServer.groupId;
    this.ends = { ...parts.ends };
    this.pairs = parts.pairs;
    for (const end of Object.values(parts.ends)) end.link = this;
    this.#network.onChange(connected => this.#connectionChanged(connected));
    const primary = parts.ends.sqlServer.role === 'PRIMARY' ? 'sqlServer' : 'managedInstance';
    this.#establish(primary);
  }

  /** A role change or a cut is under way. */
  get changing(): boolean {
    return this.#changing;
  }

  get streams(): readonly LogStream[] {
    return [...this.#streams];
  }

  /** Commit modes, rates or the like were changed. */
  conditionsChanged(): void {
    for (const stream of this.#streams) stream.conditionsChanged();
  }

  /**
   * Planned failover, run on the primary. Resolves when the command is accepted and both roles are given up; `completed` resolves when the new primary
   * is writable.
   */
  async failOver(from: LabSide): Promise<{ readonly completed: Promise<void> }> {
    const end = this.#end(from);
    if (end.role !== 'PRIMARY') throw messages.alreadySecondary(this.name);
    if (this.#changing) throw messages.failoverPending(this.name);
    const streams = [...this.#streams].filter(stream => stream.source.side === from);
    if (streams.length < this.pairs.length || streams.some(stream => stream.state !== 'SYNCHRONIZED'))
      throw messages.notSynchronized(this.name);
    this.#changing = true;
    end.failoverPending = true;
    try {
      await this.#withinLimit(Promise.all(streams.map(stream => stream.whenDrained())));
      const to = otherSide(from);
      const target = this.#end(to);
      end.role = 'SECONDARY';
      target.role = 'RESOLVING';
      end.failoverPending = false;
      this.#closeStreams('source');
      this.#endSessions(from);
      const completed = this.#comeUp(to, from);
      // Who does not wait for it reads the outcome from the roles.
      completed.catch(() => undefined);
      return { completed };
    } catch (error) {
      this.#changing = false;
      throw error;
    } finally {
      end.failoverPending = false;
    }
  }

  /** The secondary becomes primary with what it has. The other side, if it is primary, is not asked: two primaries are then possible. */
  force(to: LabSide): { readonly completed: Promise<void> } {
    const end = this.#end(to);
    if (end.role === 'PRIMARY') throw messages.alreadyPrimary(this.name);
    if (this.#changing) throw messages.failoverPending(this.name);
    this.#changing = true;
    this.#part(to, 'forcedFailover');
    end.role = 'RESOLVING';
    return { completed: this.#comeUp(to, otherSide(to), 'SUSPEND_FROM_PARTNER') };
  }

  /** As if the instance had been forced a while ago and SQL Server had gone on: both are primary, each with log of its own. */
  splitTheBrain(): void {
    this.#part('managedInstance', 'forcedFailover');
    for (const end of Object.values(this.ends)) if (end) end.role = 'PRIMARY';
    for (const pair of this.pairs) pair.managedInstance.writeLog([], this.#clock.now());
  }

  /** SET (ROLE = SECONDARY): stops accepting writes here; follows the other side if that one is primary. */
  demote(side: LabSide): void {
    const end = this.#end(side);
    if (this.#changing) throw messages.failoverPending(this.name);
    if (end.role === 'SECONDARY') return;
    end.role = 'SECONDARY';
    this.#endSessions(side);
    if (this.ends[otherSide(side)]?.role === 'PRIMARY') this.#establish(otherSide(side), 'SUSPEND_FROM_PARTNER');
  }

  /** Azure deletes the link: the instance keeps what it has and becomes independent. Resolves when its databases are writable. */
  async deleteFromInstance(): Promise<void> {
    const end = this.#end('managedInstance');
    this.#changing = true;
    const wasSecondary = end.role === 'SECONDARY';
    if (wasSecondary) {
      this.#part('managedInstance', 'linkDeleted');
      end.role = 'RESOLVING';
      await this.#clock.sleep(this.#conditions.roleChangeMs);
      await this.#recover('managedInstance');
    } else {
      this.#closeStreams('source');
      await this.#clock.sleep(this.#conditions.roleChangeMs);
    }
    this.#changing = false;
    this.#leave('managedInstance');
    for (const pair of this.pairs) leaveGroup(pair.managedInstance);
    if (wasSecondary) this.#opened('managedInstance');
    else this.#lose('sqlServer');
  }

  /** DROP AVAILABILITY GROUP of the DAG on one server. */
  drop(side: LabSide): void {
    const end = this.#end(side);
    if (end.role !== 'PRIMARY') end.localGroup.orphaned = true;
    for (const stream of [...this.#streams]) this.#close(stream, stream.source.side === side ? 'source' : 'target');
    this.#leave(side);
    this.#lose(otherSide(side));
  }

  /** Suspends or resumes data movement of one database, asked on `side`. */
  moveData(database: EngineDatabase, move: 'suspend' | 'resume'): void {
    for (const stream of this.#streams) {
      if (stream.source !== database && stream.target !== database) continue;
      if (move === 'suspend') stream.suspend('SUSPEND_FROM_USER');
      else if (!this.#network.connected) throw messages.noConnectionToPrimary();
      else stream.resume();
    }
  }

  stop(): void {
    for (const stream of this.#streams) stream.close('source');
  }

  #end(side: LabSide): LinkEnd {
    const end = this.ends[side];
    if (!end) throw messages.distributedGroupNotFound(this.name);
    return end;
  }

  /** The new primary recovers and opens its databases; the other side, where it is secondary, then follows it. */
  async #comeUp(to: LabSide, follower: LabSide, suspended?: string): Promise<void> {
    await this.#clock.sleep(this.#conditions.roleChangeMs);
    await this.#recover(to);
    const end = this.ends[to];
    if (end) end.role = 'PRIMARY';
    this.#changing = false;
    this.#opened(to);
    if (this.ends[follower]?.role === 'SECONDARY') this.#establish(to, suspended);
  }

  /** Redoes all hardened log, as recovery does before a database opens. Readers in the way are ended. */
  async #recover(side: LabSide): Promise<void> {
    for (const pair of this.pairs) {
      const database = pair[side];
      database.redo.resume();
      while (!database.redo.flush()) {
        if (database.redoFailure) throw new Error(`Redo of ${database.name} failed: ${database.redoFailure}`);
        this.#parties[side].endSessionsIn(database, messages.roleLost(database.name));
        await this.#clock.sleep(5);
      }
      // Recovery writes a checkpoint of its own: the log of the new primary goes on where the old one's ends.
      database.writeLog([], this.#clock.now());
    }
  }

  /** From here on the copy on `keeper` goes its own way: what it has not hardened is left behind on the other side. */
  #part(keeper: LabSide, cause: Parting['cause']): void {
    const behind = otherSide(keeper);
    this.#fork = new Map(this.pairs.map(pair => [pair.sqlServer.name, pair[keeper].log.end]));
    for (const pair of this.pairs) {
      const forkLsn = pair[keeper].log.end;
      const lost = pair[behind].log.after(forkLsn);
      this.partings.push({
        at: this.#clock.now(),
        cause,
        database: pair[keeper].name,
        behind,
        forkLsn,
        lostTransactions: lost.length,
        lostKb: Math.ceil(lost.reduce((sum, record) => sum + record.bytes, 0) / 1024),
        lostLsns: lsnRange(lost),
        appendedThen: pair[behind].log.appended,
      });
    }
    this.#closeStreams('target');
    this.#lose(keeper);
    this.#lose(behind);
  }

  /** Log starts to flow from `from`. A copy that went its own way is first made the primary's again. */
  #establish(from: LabSide, suspended?: string): void {
    const to = otherSide(from);
    const end = this.ends[from];
    if (!end || this.ends[to]?.role !== 'SECONDARY') return;
    if (!this.#canFollow(from, to)) {
      this.#lose(to, { number: 41191, text: messages.higherVersion(this.name).message });
      this.#lose(from);
      return;
    }
    for (const pair of this.pairs) {
      const fork = this.#fork?.get(pair.sqlServer.name);
      const diverged = fork !== undefined && pair[to].log.end > fork;
      const begin = () => this.#stream(pair[from], pair[to], end, suspended);
      if (diverged) this.#revert(pair[from], pair[to], begin);
      else begin();
    }
    this.#fork = undefined;
  }

  #stream(source: EngineDatabase, target: EngineDatabase, end: LinkEnd, suspended: string | undefined): void {
    const stream = new LogStream({
      clock: this.#clock,
      conditions: this.#conditions,
      network: this.#network,
      source,
      target,
      synchronous: () => isSynchronous(end),
      required: () => end.requiredSynchronizedSecondaries > 0,
    });
    this.#streams.add(stream);
    // Azure resumes its own databases; on SQL Server a person does (ALTER DATABASE … SET HADR RESUME).
    if (suspended !== undefined && target.side === 'sqlServer') stream.suspend(suspended);
    this.#connectionChanged(this.#network.connected);
  }

  /** The diverged copy is replaced by the primary's pages, and its log by the primary's. */
  #revert(primary: EngineDatabase, copy: EngineDatabase, done: () => void): void {
    copy.redo.clear();
    copy.syncState = 'REVERTING';
    const attempt = () => {
      if (!copy.store.copyFrom(primary.store)) {
        this.#parties[copy.side].endSessionsIn(copy, messages.roleLost(copy.name));
        this.#clock.setTimer(5, attempt);
        return;
      }
      copy.adoptLog(primary);
      copy.syncState = 'NOT SYNCHRONIZING';
      done();
    };
    attempt();
  }

  #canFollow(from: LabSide, to: LabSide): boolean {
    const version = (side: LabSide) => this.#parties[side].logVersion;
    return from === 'sqlServer' ? version(from) <= version(to) : version(from) === version(to);
  }

  #endSessions(side: LabSide): void {
    for (const pair of this.pairs) this.#parties[side].endSessionsIn(pair[side], messages.roleLost(pair[side].name));
  }

  #closeStreams(by: 'source' | 'target'): void {
    for (const stream of [...this.#streams]) this.#close(stream, by);
  }

  #close(stream: LogStream, by: 'source' | 'target'): void {
    this.#streams.delete(stream);
    stream.close(by);
  }

  /** Removes the DAG from one catalog. */
  #leave(side: LabSide): void {
    const end = this.ends[side];
    if (!end) return;
    end.localGroup.links.delete(end);
    this.ends[side] = undefined;
  }

  /** `side` learns, half a round trip from now, that the other one is gone. */
  #lose(
    side: LabSide,
    error = messages.connectionClosed(this.#parties[otherSide(side)].name, this.pairs[0]?.[side].name ?? ''),
  ): void {
    const tell = () => {
      const end = this.ends[side];
      if (!end) return;
      end.connected = false;
      end.connectError = { ...error, at: this.#clock.now() };
    };
    this.#network.send(otherSide(side), tell);
  }

  #connectionChanged(connected: boolean): void {
    for (const side of ['sqlServer', 'managedInstance'] as const) {
      const end = this.ends[side];
      if (!end) continue;
      const flows = this.#streams.size > 0;
      end.connected = connected && flows;
      if (!connected) end.connectError = { ...messages.connectionTimedOut(end.remote.group), at: this.#clock.now() };
    }
  }

  async #withinLimit(work: Promise<unknown>): Promise<void> {
    let cancel = () => {};
    const limit = new Promise<never>((_, reject) => {
      cancel = this.#clock.setTimer(drainLimitMs, () => reject(messages.failoverTimedOut(this.name)));
    });
    try {
      await Promise.race([work, limit]);
    } finally {
      cancel();
    }
  }
}

/** The database is on its own: no group, no link. */
export function leaveGroup(database: EngineDatabase): void {
  database.group?.databases.delete(database);
  database.group = undefined;
  database.groupDatabaseId = undefined;
}

function lsnRange(records: readonly LogRecord[]): Parting['lostLsns'] {
  const first = records[0];
  const last = records.at(-1);
  return first && last ? { first: first.block, last: last.commit } : undefined;
}
