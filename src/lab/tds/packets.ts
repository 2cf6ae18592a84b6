// MS-TDS 2.2.3 Packets, 2.2.3.1 Packet Header, 2.2.1.6 Ignored messages.
import { ByteWriter, ProtocolViolation } from './bytes.ts';

/** MS-TDS 2.2.3.1.1 Type. */
export const packetType = {
  sqlBatch: 0x01,
  rpc: 0x03,
  tabularResult: 0x04,
  attention: 0x06,
  bulkLoad: 0x07,
  federatedToken: 0x08,
  transactionManager: 0x0e,
  login7: 0x10,
  sspi: 0x11,
  prelogin: 0x12,
} as const;

const clientTypes: ReadonlySet<number> = new Set(
  Object.values(packetType).filter(type => type !== packetType.tabularResult),
);

const endOfMessage = 0x01;
const ignoreMessage = 0x02;
const resetConnection = 0x08;
const resetConnectionKeepingTransaction = 0x10;

const headerSize = 8;
/** Largest packet TDS knows, in bytes; the limit before LOGIN7 has settled a size. */
export const largestPacket = 32_767;
/** What both sides use until LOGIN7 is answered, and afterwards unless the client asks otherwise. */
export const defaultPacketSize = 4096;
/** Larger requests are refused, in bytes: nothing an administrator sends comes near it. */
const largestMessage = 64 * 1024 * 1024;

interface Packet {
  readonly type: number;
  readonly status: number;
  readonly payload: Buffer;
}

/** A whole request of a client. */
export interface Message {
  readonly type: number;
  readonly payload: Buffer;
  /** The client cancelled it before it was fully sent: it wants no more than a plain DONE. */
  readonly ignored: boolean;
  readonly reset: 'no' | 'reset' | 'resetKeepingTransaction';
}

/** Cuts a byte stream into packets. */
export class PacketReader {
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes, header included; what is larger is a ProtocolViolation. */
  limit = largestPacket;

  feed(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
  }

  /** The first byte not yet read as part of a packet. */
  get firstByte(): number | undefined {
    return this.#pending[0];
  }

  /** Hands over what has not been read, because it is not TDS packets that follow. */
  takeRest(): Buffer {
    const rest = this.#pending;
    this.#pending = Buffer.alloc(0);
    return rest;
  }

  /** Undefined when no complete packet has arrived. Throws ProtocolViolation. */
  next(): Packet | undefined {
    const type = this.#pending[0];
    if (type === undefined) return undefined;
    if (!clientTypes.has(type))
      throw new ProtocolViolation(`0x${type.toString(16)} is not the type of a client's packet`);
    if (this.#pending.length < headerSize) return undefined;
    const length = this.#pending.readUInt16BE(2);
    if (length < headerSize || length > this.limit)
      throw new ProtocolViolation(`A packet of ${length} bytes is not between ${headerSize} and ${this.limit}`);
    if (this.#pending.length < length) return undefined;
    const status = this.#pending.readUInt8(1);
    const payload = this.#pending.subarray(headerSize, length);
    this.#pending = this.#pending.subarray(length);
    return { type, status, payload };
  }
}

/** Joins packets to messages. */
export class MessageAssembler {
  #parts: Buffer[] = [];
  #length = 0;
  #type: number | undefined;
  #firstStatus = 0;

  /** The message this packet completes, if it does. Attention may interrupt a message, which is then dropped. Throws ProtocolViolation. */
  add(packet: Packet): Message | undefined {
    if (packet.type === packetType.attention) this.#clear();
    if (this.#type === undefined) {
      this.#type = packet.type;
      this.#firstStatus = packet.status;
    }
    if (packet.type !== this.#type)
      throw new ProtocolViolation(`A packet of type ${packet.type} in the middle of a message of type ${this.#type}`);
    this.#length += packet.payload.length;
    if (this.#length > largestMessage) throw new ProtocolViolation(`A request of more than ${largestMessage} bytes`);
    this.#parts.push(packet.payload);
    if ((packet.status & endOfMessage) === 0) return undefined;
    const message: Message = {
      type: packet.type,
      payload: this.#parts.length === 1 ? packet.payload : Buffer.concat(this.#parts),
      ignored: (packet.status & ignoreMessage) !== 0,
      reset: resetWish(this.#firstStatus),
    };
    this.#clear();
    return message;
  }

  #clear(): void {
    this.#parts = [];
    this.#length = 0;
    this.#type = undefined;
  }
}

function resetWish(status: number): Message['reset'] {
  if (status & resetConnectionKeepingTransaction) return 'resetKeepingTransaction';
  return status & resetConnection ? 'reset' : 'no';
}

/** Collects the body of one outgoing message and sends it in packets of at most `packetSize` bytes. */
export class MessageWriter {
  readonly body = new ByteWriter();
  packetSize = defaultPacketSize;
  readonly #send: (bytes: Buffer) => boolean;
  readonly #type: number;
  #packetId = 0;

  constructor(send: (bytes: Buffer) => boolean, type: number = packetType.tabularResult) {
    this.#send = send;
    this.#type = type;
  }

  /** Sends the packets that are full. False when the socket would rather wait. */
  sendFull(): boolean {
    const capacity = this.packetSize - headerSize;
    // The last packet of a message must not be empty, so one byte at least stays.
    const count = Math.floor((this.body.length - 1) / capacity);
    return count <= 0 ? true : this.#sendPackets(count, count * capacity, false);
  }

  /** Sends the rest; the next byte written belongs to a new message. */
  end(): void {
    this.#sendPackets(
      Math.max(1, Math.ceil(this.body.length / (this.packetSize - headerSize))),
      this.body.length,
      true,
    );
    this.#packetId = 0;
  }

  #sendPackets(count: number, length: number, last: boolean): boolean {
    const capacity = this.packetSize - headerSize;
    const source = this.body.written();
    const out = Buffer.allocUnsafe(length + count * headerSize);
    for (let index = 0; index < count; index++) {
      const from = index * capacity;
      const to = Math.min(length, from + capacity);
      const at = from + index * headerSize;
      out.writeUInt8(this.#type, at);
      out.writeUInt8(last && index === count - 1 ? endOfMessage : 0, at + 1);
      out.writeUInt16BE(to - from + headerSize, at + 2);
      out.writeUInt16BE(0, at + 4);
      this.#packetId = (this.#packetId + 1) & 0xff;
      out.writeUInt16BE(this.#packetId << 8, at + 6);
      source.copy(out, at + headerSize, from, to);
    }
    this.body.consume(length);
    return this.#send(out);
  }
}
