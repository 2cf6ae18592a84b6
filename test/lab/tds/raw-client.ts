import { connect, type Socket } from 'node:net';
import { password } from './scripted-backend.ts';

/** A TDS client that says exactly what a test wants it to say. Written from MS-TDS, not from the server's code. */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', chunk => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    const over = () => {
      this.ended = true;
      this.#wake();
    };
    socket.on('end', over);
    socket.on('close', over);
    socket.on('error', over);
  }

  static async to(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  /** Sends a packet; `status` 1 = the last of its message. */
  send(type: number, payload: Uint8Array, status = 1): void {
    this.socket.write(packet(type, payload, status));
  }

  /** The next whole message; undefined when the server has closed instead. */
  async message(): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (;;) {
      while (this.#bytes.length < 8 || this.#bytes.length < this.#bytes.readUInt16BE(2)) {
        if (this.ended) return undefined;
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
      const length = this.#bytes.readUInt16BE(2);
      const last = (this.#bytes.readUInt8(1) & 1) === 1;
      this.sizes.push(length);
      parts.push(this.#bytes.subarray(8, length));
      this.#bytes = this.#bytes.subarray(length);
      if (last) return Buffer.concat(parts);
    }
  }

  /** Sizes of the packets read so far, headers included. */
  readonly sizes: number[] = [];

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    while (!this.ended) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  async login(options: LoginOptions = {}): Promise<Buffer | undefined> {
    this.send(0x10, login7(options));
    return this.message();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
  }
}

export function packet(type: number, payload: Uint8Array, status = 1): Buffer {
  const header = Buffer.from([type, status, 0, 0, 0, 0, 1, 0]);
  header.writeUInt16BE(payload.length + 8, 2);
  return Buffer.concat([header, payload]);
}

export interface LoginOptions {
  readonly user?: string;
  readonly password?: string;
  readonly tdsVersion?: number;
  readonly packetSize?: number;
  readonly optionFlags2?: number;
  readonly optionFlags3?: number;
}

/** MS-TDS 2.2.6.4, with no feature extension. */
export function login7(options: LoginOptions = {}): Buffer {
  const fixed = Buffer.alloc(94);
  fixed.writeUInt32LE(options.tdsVersion ?? 0x74000004, 4);
  fixed.writeUInt32LE(options.packetSize ?? 4096, 8);
  fixed.writeUInt8(options.optionFlags2 ?? 0, 25);
  fixed.writeUInt8(options.optionFlags3 ?? 0, 27);
  const scrambled = Buffer.from(options.password ?? password, 'utf16le').map(
    byte => ((byte << 4) | (byte >> 4)) ^ 0xa5,
  );
  const ucs2 = (text: string) => Buffer.from(text, 'utf16le');
  const fields = [ucs2('host'), ucs2(options.user ?? 'dba'), Buffer.from(scrambled), ucs2('raw'), ucs2('server')];
  const later = [Buffer.alloc(0), ucs2('library'), ucs2(''), ucs2('Sales')];
  let offset = 94;
  for (const [index, field] of [...fields, ...later].entries()) {
    fixed.writeUInt16LE(offset, 36 + index * 4);
    fixed.writeUInt16LE(field.length / 2, 38 + index * 4);
    offset += field.length;
  }
  const all = Buffer.concat([fixed, ...fields, ...later]);
  all.writeUInt32LE(all.length, 0);
  return all;
}

/** ALL_HEADERS with no transaction, as clients from 7.2 on begin every request. */
export const headers = Buffer.from('16000000120000000200000000000000000001000000', 'hex');

export const batch = (sql: string): Buffer => Buffer.concat([headers, Buffer.from(sql, 'utf16le')]);

/** PRELOGIN with one option, ENCRYPTION. */
export const prelogin = (encryption: number): Buffer => Buffer.from([1, 0, 6, 0, 1, 0xff, encryption]);

/** The ENCRYPTION byte of a PRELOGIN answer. */
export function encryptionOf(answer: Buffer): number {
  for (let at = 0; answer[at] !== 0xff; at += 5) {
    if (answer[at] === 1) return answer.readUInt8(answer.readUInt16BE(at + 1));
  }
  throw new Error('No ENCRYPTION in the answer');
}

/** An RPC of a procedure named or given by its id (MS-TDS 2.2.6.6), without headers. */
export function rpc(procedure: string | number, ...parameters: readonly Buffer[]): Buffer {
  const id = Buffer.from([0xff, 0xff, Number(procedure), 0]);
  const name = () =>
    Buffer.concat([Buffer.from([String(procedure).length, 0]), Buffer.from(String(procedure), 'utf16le')]);
  return Buffer.concat([typeof procedure === 'number' ? id : name(), Buffer.from([0, 0]), ...parameters]);
}

/** An unnamed int parameter; `byReference` for OUTPUT. */
export const intParameter = (value: number, byReference = false): Buffer =>
  Buffer.from([0, byReference ? 1 : 0, 0x26, 4, 4, value, 0, 0, 0]);

/** An unnamed nvarchar parameter. */
export function nvarcharParameter(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  const size = Buffer.alloc(2);
  size.writeUInt16LE(bytes.length);
  return Buffer.concat([Buffer.from([0, 0, 0xe7]), size, Buffer.from('0904d00034', 'hex'), size, bytes]);
}
