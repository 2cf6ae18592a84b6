// MS-TDS 2.2.6.5 and 3.2.5: TLS inside PRELOGIN packets, TLS for LOGIN7 alone, TDS 8.0's TLS around everything.
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { ProtocolViolation } from './bytes.ts';
import { type Message, MessageAssembler, MessageWriter, PacketReader, packetType } from './packets.ts';
import { isTlsRecord, RecordStream, type TlsContexts, tlsRecord } from './tls.ts';

/** What the connection does with what arrives. */
export interface TransportEvents {
  message(message: Message): void;
  /** Whether a client may begin with TLS (TDS 8.0). */
  strictAllowed(): boolean;
  /** Once; `reason` when the client's bytes were. */
  closed(reason: Error | undefined): void;
}

/** One client's socket with TLS put on and taken off: whole messages in, bytes out. */
export class Transport {
  readonly #socket: Socket;
  readonly #contexts: TlsContexts;
  readonly #events: TransportEvents;
  /** `tunnel`: TLS records still travel inside PRELOGIN packets. */
  #layer: 'start' | 'plain' | 'tunnel' | 'tls' | 'closed' = 'start';
  #outer = new PacketReader();
  #inner = new PacketReader();
  readonly #assembler = new MessageAssembler();
  #records: RecordStream | undefined;
  #tls: TLSSocket | undefined;
  #flight: Buffer[] = [];
  #skipAlerts = false;
  strict = false;

  constructor(socket: Socket, contexts: TlsContexts, events: TransportEvents) {
    this.#socket = socket;
    this.#contexts = contexts;
    this.#events = events;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#guard(() => this.#receive(chunk)));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#close(undefined));
  }

  /** Packets larger than this, in bytes, are refused from now on. */
  limitPackets(size: number): void {
    this.#outer.limit = size;
    this.#inner.limit = size;
  }

  /** False when the socket would rather wait: see `drained`. */
  send(bytes: Buffer): boolean {
    if (this.#layer === 'closed') return true;
    return this.#inRecords && this.#tls ? this.#tls.write(bytes) : this.#socket.write(bytes);
  }

  /** Resolves when the socket can take more, has gone, or `signal` aborts. */
  drained(signal: AbortSignal): Promise<void> {
    const stream = this.#inRecords && this.#tls ? this.#tls : this.#socket;
    if (!stream.writableNeedDrain || stream.destroyed || signal.aborted) return Promise.resolve();
    return new Promise(resolve => {
      const done = () => {
        stream.off('drain', done);
        stream.off('close', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      stream.on('drain', done);
      stream.on('close', done);
      signal.addEventListener('abort', done);
    });
  }

  /** After the PRELOGIN answer: the client's TLS handshake follows, in PRELOGIN packets. */
  startTunnel(): void {
    this.#layer = 'tunnel';
    this.#startTls(this.#contexts.tunnelled, []);
  }

  /** After an encrypted LOGIN7, when that was all TLS was for. Nothing TLS still has to say may reach the client. */
  leaveTls(): void {
    const rest = this.#inner.takeRest();
    if (rest.length > 0) throw new ProtocolViolation('Encrypted bytes behind a LOGIN7 that was to end the encryption');
    this.#layer = 'plain';
    this.#skipAlerts = true;
    this.#records?.silence();
    this.#tls?.removeAllListeners('data');
    this.#tls?.destroy();
    this.#tls = undefined;
  }

  /** Sends what is under way, then closes. */
  end(): void {
    if (this.#inRecords && this.#tls) this.#tls.end();
    else this.#socket.destroySoon();
  }

  /** Closes at once; `abruptly` sends RST instead of FIN. */
  destroy(abruptly = false): void {
    if (abruptly) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    this.#close(undefined);
  }

  #receive(chunk: Buffer): void {
    this.#outer.feed(chunk);
    while (this.#receiveNext());
  }

  /** False when nothing more can be done with what has arrived. */
  #receiveNext(): boolean {
    const first = this.#outer.firstByte;
    if (first === undefined) return false;
    if (this.#layer === 'start') this.#begin(first);
    if (this.#layer === 'tunnel' && isTlsRecord(first)) this.#switchToRecords();
    if (this.#inRecords) {
      this.#records?.push(this.#outer.takeRest());
      return false;
    }
    if (this.#skipAlerts && first === tlsRecord.alert) return this.#skipAlert();
    const packet = this.#outer.next();
    if (packet === undefined) return false;
    if (this.#layer === 'tunnel') this.#tunnelPacket(packet);
    else this.#deliver(packet);
    return true;
  }

  get #inRecords(): boolean {
    return this.#layer === 'tls';
  }

  /** TLS before any packet is TDS 8.0. */
  #begin(first: number): void {
    if (first !== tlsRecord.handshake) {
      this.#layer = 'plain';
      return;
    }
    if (!this.#events.strictAllowed()) throw new ProtocolViolation('TLS is not offered');
    this.strict = true;
    this.#layer = 'tls';
    this.#startTls(this.#contexts.strict, ['tds/8.0']);
  }

  #tunnelPacket(packet: { readonly type: number; readonly payload: Buffer }): void {
    if (packet.type !== packetType.prelogin) throw new ProtocolViolation('The TLS handshake is left out');
    this.#records?.push(packet.payload);
  }

  #switchToRecords(): void {
    this.#sendFlight();
    this.#layer = 'tls';
  }

  /** A client that closes its TLS engine after login-only encryption may leave one alert in the plain stream. False until it is there whole. */
  #skipAlert(): boolean {
    const pending = this.#outer.takeRest();
    const length = pending.length < 5 ? Number.POSITIVE_INFINITY : 5 + pending.readUInt16BE(3);
    if (length > pending.length) {
      this.#outer.feed(pending);
      return false;
    }
    this.#outer.feed(pending.subarray(length));
    return true;
  }

  #deliver(packet: Parameters<MessageAssembler['add']>[0]): void {
    const message = this.#assembler.add(packet);
    if (message !== undefined) this.#events.message(message);
  }

  #startTls(secureContext: SecureContext, ALPNProtocols: string[]): void {
    const records = new RecordStream(
      (bytes, sent) => this.#sendRecords(bytes, sent),
      () => this.#socket.destroySoon(),
    );
    const tls = new TLSSocket(records, { isServer: true, secureContext, ALPNProtocols });
    tls.on('data', (bytes: Buffer) =>
      this.#guard(() => {
        this.#inner.feed(bytes);
        for (let packet = this.#inner.next(); packet !== undefined; packet = this.#inner.next()) this.#deliver(packet);
      }),
    );
    tls.on('error', () => this.#tlsGone(tls));
    tls.on('close', () => this.#tlsGone(tls));
    this.#records = records;
    this.#tls = tls;
  }

  #tlsGone(tls: TLSSocket): void {
    if (this.#tls === tls) this.#socket.destroySoon();
  }

  #sendRecords(bytes: Buffer, sent: () => void): void {
    if (this.#layer === 'tunnel') {
      // A whole flight has to be one message: tedious reads exactly one.
      if (this.#flight.length === 0) setImmediate(() => this.#guard(() => this.#sendFlight()));
      this.#flight.push(bytes);
      sent();
    } else if (this.#socket.write(bytes)) sent();
    else this.#socket.once('drain', sent);
  }

  #sendFlight(): void {
    if (this.#flight.length === 0 || this.#layer === 'closed') return;
    const writer = new MessageWriter(bytes => this.#socket.write(bytes), packetType.prelogin);
    writer.body.bytes(Buffer.concat(this.#flight));
    this.#flight = [];
    writer.end();
  }

  /** Whatever goes wrong with one client's bytes ends that connection and no other. */
  #guard(work: () => void): void {
    if (this.#layer === 'closed') return;
    try {
      work();
    } catch (error) {
      this.#close(error instanceof Error ? error : new Error(String(error)));
      this.#socket.destroySoon();
    }
  }

  #close(reason: Error | undefined): void {
    if (this.#layer === 'closed') return;
    this.#layer = 'closed';
    this.#records?.silence();
    this.#tls?.destroy();
    this.#events.closed(reason);
  }
}
