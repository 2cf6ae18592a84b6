/** What a client sent cannot be TDS (or goes beyond what this server takes): the connection has to be closed. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
}

/** Reads little-endian fields one after another. Every read throws ProtocolViolation instead of running past the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  get position(): number {
    return this.#at;
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    return this.#bytes.subarray(this.#advance(length), this.#at);
  }

  /** Goes to `offset` counted from the first byte. */
  seek(offset: number): void {
    if (offset > this.#bytes.length)
      throw new ProtocolViolation(`Offset ${offset} lies outside a message of ${this.#bytes.length} bytes`);
    this.#at = offset;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2));
  }

  u16be(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  i16(): number {
    return this.#bytes.readInt16LE(this.#advance(2));
  }

  i32(): number {
    return this.#bytes.readInt32LE(this.#advance(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#advance(8));
  }

  i64(): bigint {
    return this.#bytes.readBigInt64LE(this.#advance(8));
  }

  f32(): number {
    return this.#bytes.readFloatLE(this.#advance(4));
  }

  f64(): number {
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  /** Unsigned, up to 6 bytes. */
  uint(length: number): number {
    return this.#bytes.readUIntLE(this.#advance(length), length);
  }

  ucs2(characters: number): string {
    return this.bytes(characters * 2).toString('utf16le');
  }

  #advance(length: number): number {
    if (length > this.left) throw new ProtocolViolation(`A field of ${length} bytes is cut off after ${this.left}`);
    const from = this.#at;
    this.#at += length;
    return from;
  }
}

/** A growing buffer of little-endian fields. Number fields throw RangeError when the value does not fit. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A view of what has been written; valid until the next write. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Removes the first `length` bytes. */
  consume(length: number): void {
    this.#bytes.copyWithin(0, length, this.#length);
    this.#length -= length;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes.writeUInt8(value, at);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeUInt16LE(value, at);
  }

  u16be(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  u32be(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  i16(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeInt16LE(value, at);
  }

  i32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeInt32LE(value, at);
  }

  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64LE(value, at);
  }

  i64(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigInt64LE(value, at);
  }

  f32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeFloatLE(value, at);
  }

  f64(value: number): void {
    const at = this.#grow(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  /** Unsigned, up to 6 bytes. */
  uint(value: number, length: number): void {
    const at = this.#grow(length);
    this.#bytes.writeUIntLE(value, at, length);
  }

  bytes(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  fill(byte: number, count: number): void {
    const from = this.#grow(count);
    this.#bytes.fill(byte, from, from + count);
  }

  ucs2(text: string): void {
    const from = this.#grow(text.length * 2);
    this.#bytes.write(text, from, 'utf16le');
  }

  /** B_VARCHAR: at most 255 characters, what is longer is cut. */
  bVarchar(text: string): void {
    const fitting = text.slice(0, 255);
    this.u8(fitting.length);
    this.ucs2(fitting);
  }

  /** US_VARCHAR: at most 65535 characters, what is longer is cut. */
  usVarchar(text: string): void {
    const fitting = text.slice(0, 65_535);
    this.u16(fitting.length);
    this.ucs2(fitting);
  }

  /** A token body behind its 2-byte length. */
  prefixed(writeBody: () => void): void {
    const at = this.#grow(2);
    writeBody();
    this.#bytes.writeUInt16LE(this.#length - at - 2, at);
  }

  #grow(length: number): number {
    const from = this.#length;
    const needed = from + length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, from);
      this.#bytes = larger;
    }
    this.#length = needed;
    return from;
  }
}
