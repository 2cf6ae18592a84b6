import { Socket } from 'node:net';
import * as l10n from '@vscode/l10n';
import { LinkError } from '../link/problem.ts';
import type { Side } from '../link/vocabulary.ts';

/** [MS-TDS] 2.2.3.1.1: the packet type that carries PRELOGIN and, during the handshake, TLS records. */
const PRELOGIN_PACKET = 0x12;
const PACKET_HEADER_LENGTH = 8;

/** TLS record types (RFC 5246, 6.2.1): change_cipher_spec, alert, handshake, application_data. */
const isTlsRecord = (type: number) => type >= 0x14 && type <= 0x17;

/** What the driver hands to a connector: where to connect to (another host than configured after a redirect), how to look names up, its time limit. */
interface ConnectTo {
  readonly host: string;
  readonly port: number;
}
type Connector = (to?: ConnectTo, lookup?: unknown, timeLimit?: AbortSignal) => Promise<Socket>;

export interface WireGuardOptions {
  readonly side: Side;
  readonly label: string;
  /** False lets a server without encryption have everything in plain text. */
  readonly requireEncryption: boolean;
  /** Aborting it ends a connection attempt that is under way. */
  readonly cancel: AbortSignal;
}

/**
 * A connector for tedious whose sockets let nothing but PRELOGIN out until TLS is spoken. The driver itself goes on in plain text, password included,
 * when the server declines encryption (mssql `encrypt: true`; seen with tedious 19). Guarding the bytes needs no knowledge of the driver's inside and
 * holds for every physical connection of the pool.
 */
export function guardedConnector(options: WireGuardOptions): Connector {
  return async (to, _lookup, timeLimit) => {
    if (!to) throw new TypeError('The driver did not say where to connect to');
    const stop = timeLimit ? AbortSignal.any([timeLimit, options.cancel]) : options.cancel;
    stop.throwIfAborted();
    const socket = options.requireEncryption ? new GuardedSocket(() => notEncrypted(options)) : new Socket();
    stop.addEventListener('abort', () => socket.destroy(asError(stop.reason)), { once: true });
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.once('error', reject);
      socket.setNoDelay(true);
      socket.connect({ host: to.host, port: to.port });
    });
  };
}

const asError = (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason)));

const notEncrypted = ({ side, label }: WireGuardOptions) =>
  new LinkError({
    reason: 'notEncrypted',
    venue: side,
    message: l10n.t('{0} declines encryption, although it is required. The password was not sent.', label),
    advice: l10n.t(
      'Enable encryption on the server (it needs a certificate). Only on a network that you trust entirely, set encryption to Optional.',
    ),
  });

type Chunks = { readonly chunk: Uint8Array; readonly encoding: BufferEncoding }[];

/** Passes whole PRELOGIN packets until the first TLS record; anything else in plain text is not sent and ends the connection. */
class GuardedSocket extends Socket {
  readonly #refusal: () => LinkError;
  #encrypted = false;
  /** Bytes still to come of the packet that is being written. */
  #rest = 0;

  constructor(refusal: () => LinkError) {
    super();
    this.#refusal = refusal;
  }

  // The stream's own hooks, and not write(): connect() puts net.Socket's write() back in place of an overridden one.
  override _write(chunk: Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#mayLeave(chunk)) super._write(chunk, encoding, done);
    else done(this.#refusal());
  }

  override _writev(chunks: Chunks, done: (error?: Error | null) => void): void {
    if (!super._writev || !chunks.every(({ chunk }) => this.#mayLeave(chunk))) done(this.#refusal());
    else super._writev(chunks, done);
  }

  #mayLeave(bytes: Uint8Array): boolean {
    if (this.#encrypted) return true;
    let at = Math.min(this.#rest, bytes.length);
    this.#rest -= at;
    while (at < bytes.length) {
      const type = bytes[at] ?? 0;
      if (isTlsRecord(type)) {
        this.#encrypted = true;
        return true;
      }
      // A header in pieces cannot be judged; the driver never writes one.
      if (type !== PRELOGIN_PACKET || bytes.length - at < PACKET_HEADER_LENGTH) return false;
      const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
      if (length < PACKET_HEADER_LENGTH) return false;
      const here = Math.min(length, bytes.length - at);
      this.#rest = length - here;
      at += here;
    }
    return true;
  }
}
