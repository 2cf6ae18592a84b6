// MS-TDS 2.2.6.5: TLS, whose records travel inside PRELOGIN packets or on their own.
import { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext } from 'node:tls';

/** What the listener's certificate gives: TLS tunnelled in PRELOGIN (at most 1.2, or FreeTDS fails), and TLS first (TDS 8.0). */
export interface TlsContexts {
  readonly tunnelled: SecureContext;
  readonly strict: SecureContext;
}

/** `key` and `cert` are PEM. Throws when they do not fit each other. */
export function tlsContexts(certificate: { readonly key: string; readonly cert: string }): TlsContexts {
  return {
    tunnelled: createSecureContext({ ...certificate, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
    strict: createSecureContext({ ...certificate, minVersion: 'TLSv1.2' }),
  };
}

/** RFC 5246 6.2.1 ContentType. None of them is the type of a TDS packet. */
export const tlsRecord = { alert: 0x15, handshake: 0x16 } as const;

/** Whether a byte where a packet would begin is that of a TLS record. */
export const isTlsRecord = (byte: number): boolean => byte >= 0x14 && byte <= 0x17;

/** The side of a TLS engine that carries records. */
export class RecordStream extends Duplex {
  #deliver: ((bytes: Buffer, sent: () => void) => void) | undefined;
  #finished: (() => void) | undefined;

  constructor(deliver: (bytes: Buffer, sent: () => void) => void, finished: () => void) {
    super();
    this.#deliver = deliver;
    this.#finished = finished;
  }

  /** From now on what the engine writes is dropped. */
  silence(): void {
    this.#deliver = undefined;
    this.#finished = undefined;
  }

  override _read(): void {
    // Records are pushed as they arrive.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, sent: () => void): void {
    if (this.#deliver) this.#deliver(chunk, sent);
    else sent();
  }

  override _final(done: () => void): void {
    this.#finished?.();
    done();
  }
}
