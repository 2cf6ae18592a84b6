import { describe, expect, it } from 'vitest';
import { MessageAssembler, MessageWriter, PacketReader } from '../../../src/lab/tds/packets.ts';
import { packet } from './raw-client.ts';

/** Type, status, length and id of each packet in a stream. */
function packetsIn(bytes: Buffer): readonly (readonly [type: number, status: number, length: number, id: number])[] {
  if (bytes.length === 0) return [];
  const length = bytes.readUInt16BE(2);
  return [[bytes.readUInt8(0), bytes.readUInt8(1), length, bytes.readUInt8(6)], ...packetsIn(bytes.subarray(length))];
}

/** The packets that carry a body of so many bytes, when full packets are sent as soon as they are there. */
function written(bodyLength: number): ReturnType<typeof packetsIn> {
  const sent: Buffer[] = [];
  const writer = new MessageWriter(bytes => {
    sent.push(bytes);
    return true;
  });
  writer.packetSize = 512;
  writer.body.bytes(Buffer.alloc(bodyLength, 1));
  writer.sendFull();
  writer.end();
  return packetsIn(Buffer.concat(sent));
}

describe('an outgoing message', () => {
  it.each([
    [1, [[4, 1, 9, 1]]],
    [504, [[4, 1, 512, 1]]],
    [
      505,
      [
        [4, 0, 512, 1],
        [4, 1, 9, 2],
      ],
    ],
    [
      1008,
      [
        [4, 0, 512, 1],
        [4, 1, 512, 2],
      ],
    ],
  ])('of %i bytes has no packet too large and none empty, and its end in the last', (length, packets) => {
    expect(written(length)).toEqual(packets);
  });

  it('numbers its packets modulo 256', () => {
    const ids = written(504 * 300).map(([, , , id]) => id);
    expect(ids.slice(254, 258)).toEqual([255, 0, 1, 2]);
  });
});

describe('an incoming message', () => {
  it('is the same however the network cuts it', () => {
    const payload = Buffer.from('SELECT name FROM sys.databases', 'utf16le');
    const stream = Buffer.concat([packet(1, payload.subarray(0, 20), 0x08), packet(1, payload.subarray(20))]);
    for (let size = 1; size <= stream.length; size++) {
      const reader = new PacketReader();
      const assembler = new MessageAssembler();
      const messages: unknown[] = [];
      for (let at = 0; at < stream.length; at += size) {
        reader.feed(stream.subarray(at, at + size));
        for (let next = reader.next(); next !== undefined; next = reader.next()) messages.push(assembler.add(next));
      }
      expect(messages).toEqual([undefined, { type: 1, payload, ignored: false, reset: 'reset' }]);
    }
  });

  it('cannot mix types', () => {
    const reader = new PacketReader();
    const assembler = new MessageAssembler();
    reader.feed(Buffer.concat([packet(1, Buffer.alloc(2), 0), packet(3, Buffer.alloc(2))]));
    const [first, second] = [reader.next(), reader.next()];
    if (!first || !second) throw new Error('Two packets were sent');
    assembler.add(first);
    expect(() => assembler.add(second)).toThrow('A packet of type 3 in the middle of a message of type 1');
  });
});
