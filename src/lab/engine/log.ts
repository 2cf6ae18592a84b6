import type { LogPayload } from './contract.ts';

/**
 * A transaction log as LSNs see it. numeric(25,0) form of an LSN: VLF number · 10^15 + log block · 10^5 + slot. A block starts at a multiple of
 * 512 bytes of its VLF. "Padded" LSNs (all of sys.dm_hadr_database_replica_states but last_redone and last_commit) end in slot 00001.
 */

/** One committed transaction: a log block of its own. */
export interface LogRecord {
  /** Start of the block, padded. */
  readonly block: bigint;
  /** The commit record within the block. */
  readonly commit: bigint;
  /** Start of the next block: what the hardened LSN is once this block is on disk. */
  readonly next: bigint;
  /** What it takes in the log and on the wire. */
  readonly bytes: number;
  readonly committedAt: number;
  readonly payload: readonly LogPayload[];
}

const sectorBytes = 512;
/** Sectors in a virtual log file of 64 MB, the growth step of a large log. */
const vlfSectors = (64 * 1024 * 1024) / sectorBytes;
/** The header takes the first 8 KB of a VLF. */
const firstSector = 16;
const slotsPerBlock = 65_535;
/** Block header, LOP_BEGIN_XACT and LOP_COMMIT_XACT, roughly. */
const transactionOverheadBytes = 300;

/** Bytes that a transaction takes in the log: before and after images are about twice its changeset. */
function logBytes(payload: readonly LogPayload[]): number {
  const bytesOf = (part: LogPayload) =>
    part.kind === 'rows'
      ? part.changeset.length * 2
      : part.statements.reduce((sum, text) => sum + 200 + text.length, 0);
  return payload.reduce((sum, part) => sum + bytesOf(part), transactionOverheadBytes);
}

/** A place in a log. */
export interface LogPosition {
  readonly vlf: number;
  readonly sector: number;
}

const padded = ({ vlf, sector }: LogPosition): bigint => BigInt(vlf) * 10n ** 15n + BigInt(sector) * 10n ** 5n + 1n;

/** The log of one database on one instance: where it ends, and the records that somebody may still need. */
export class TransactionLog {
  #end: LogPosition;
  #last: LogRecord | undefined;
  #kept: LogRecord[] = [];
  #appended = 0;

  constructor(start: LogPosition) {
    this.#end = start;
  }

  /** Start of the next block: all below it is on disk. */
  get end(): bigint {
    return padded(this.#end);
  }

  get position(): LogPosition {
    return this.#end;
  }

  /** The newest transaction; undefined in a log that has none yet. */
  get last(): LogRecord | undefined {
    return this.#last;
  }

  /** Transactions appended here since the start, truncated ones included. */
  get appended(): number {
    return this.#appended;
  }

  get kept(): readonly LogRecord[] {
    return this.#kept;
  }

  /** Writes a transaction of this database's own. `bytes` may exceed what the payload shows. */
  append(payload: readonly LogPayload[], now: number, bytes = logBytes(payload)): LogRecord {
    const sectors = Math.ceil(bytes / sectorBytes);
    const fits = this.#end.sector + sectors < vlfSectors;
    const start = fits ? this.#end : { vlf: this.#end.vlf + 1, sector: firstSector };
    const after = { vlf: start.vlf, sector: start.sector + sectors };
    const slots = Math.min(slotsPerBlock, 2 + Math.ceil(bytes / 200));
    const block = padded(start);
    const record = { block, commit: block + BigInt(slots - 1), next: padded(after), bytes, committedAt: now, payload };
    this.#take(record, after);
    return record;
  }

  /** Writes a block received from the other side: same LSN here and there. */
  harden(record: LogRecord): void {
    const vlf = Number(record.next / 10n ** 15n);
    const sector = Number((record.next % 10n ** 15n) / 10n ** 5n);
    this.#take(record, { vlf, sector });
  }

  #take(record: LogRecord, end: LogPosition): void {
    this.#end = end;
    this.#last = record;
    this.#kept.push(record);
    this.#appended++;
  }

  /** Forgets the records that end at or before `lsn`: nobody needs them any more. */
  truncate(lsn: bigint): void {
    const firstNeeded = this.#kept.findIndex(record => record.next > lsn);
    if (firstNeeded !== 0) this.#kept.splice(0, firstNeeded < 0 ? this.#kept.length : firstNeeded);
  }

  /** Records beyond `lsn`, oldest first. */
  after(lsn: bigint): readonly LogRecord[] {
    return this.#kept.filter(record => record.next > lsn);
  }

  /** Takes over another log's end, as a copy does after its diverged log was thrown away. */
  restartAt(other: TransactionLog): void {
    this.#end = other.position;
    this.#last = other.last;
    this.#kept = [];
  }
}
