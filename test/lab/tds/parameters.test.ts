import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../src/lab/tds/bytes.ts';
import { negotiate } from '../../../src/lab/tds/dialect.ts';
import { readParameter } from '../../../src/lab/tds/parameters.ts';
import type { SqlType, SqlValue } from '../../../src/lab/values.ts';

/** What one parameter reads as: no name, no status, then TYPE_INFO and value as given. */
function read(hex: string, tdsVersion = 0x74000004): { type: SqlType; value: SqlValue } {
  const dialect = negotiate(tdsVersion, false);
  if (!dialect) throw new Error('Not spoken');
  const from = new ByteReader(Buffer.from(`0000${hex.replaceAll(' ', '')}`, 'hex'));
  const { type, value } = readParameter(from, dialect);
  expect(from.left).toBe(0);
  return { type, value };
}

// By hand from MS-TDS 2.2.5.4 to 2.2.5.6; among them what the mssql driver never sends.
describe('the bytes of a parameter', () => {
  it.each<readonly [string, string, SqlType, SqlValue]>([
    ['a null without a type', '1f', { name: 'nvarchar', length: 1 }, null],
    ['a fixed tinyint', '30 ff', { name: 'tinyint' }, 255],
    ['a fixed bit', '32 01', { name: 'bit' }, true],
    ['a fixed smallint', '34 feff', { name: 'smallint' }, -2],
    ['a fixed int', '38 01000000', { name: 'int' }, 1],
    ['a fixed bigint', '7f ffffffffffffff7f', { name: 'bigint' }, 9223372036854775807n],
    ['a fixed real', '3b 0000003f', { name: 'real' }, 0.5],
    ['a fixed float', '3e 000000000000e03f', { name: 'float' }, 0.5],
    ['a fixed smallmoney', '7a f0d8ffff', { name: 'money' }, '-1.0000'],
    ['a fixed money', '3c 01000000 00000000', { name: 'money' }, '429496.7296'],
    ['a negative money', '6e 08 08 ffffffff ffffffff', { name: 'money' }, '-0.0001'],
    ['a fixed datetime', '3d 01000000 01000000', { name: 'datetime' }, '1900-01-02T00:00:00.003'],
    ['a datetime before 1900', '6f 08 08 ffffffff ff818b01', { name: 'datetime' }, '1899-12-31T23:59:59.997'],
    ['a fixed smalldatetime', '3a 0100 0100', { name: 'smalldatetime' }, '1900-01-02T00:01:00'],
    ['a date', '28 03 000000', { name: 'date' }, '0001-01-01'],
    ['a time', '29 07 05 0100000000', { name: 'time', scale: 7 }, '00:00:00.0000001'],
    [
      'a datetimeoffset over midnight',
      '2b 00 08 714301 000000 3c00',
      { name: 'datetimeoffset', scale: 0 },
      '0001-01-02T00:00:01+01:00',
    ],
    [
      'a datetimeoffset west of Greenwich',
      '2b 00 08 000000 010000 c4ff',
      { name: 'datetimeoffset', scale: 0 },
      '0001-01-01T23:00:00-01:00',
    ],
    [
      'a decimal of 38 digits',
      '6a 11 26 00 11 00 ffffffff3f228a097ac4865aa84c3b4b',
      { name: 'decimal', precision: 38, scale: 0 },
      '-99999999999999999999999999999999999999',
    ],
    ['a varchar in code page 1252', 'a7 0300 0904d00034 0100 80', { name: 'varchar', length: 3 }, '€'],
    ['a varchar in UTF-8', 'a7 0300 0904000400 0300 e282ac', { name: 'varchar', length: 3 }, '€'],
    [
      'a varchar(max) in two chunks of unknown sum',
      'a7 ffff 0904d00034 feffffffffffffff 01000000 61 01000000 62 00000000',
      { name: 'varchar', length: 'max' },
      'ab',
    ],
    ['a varbinary(max) that is null', 'a5 ffff ffffffffffffffff', { name: 'varbinary', length: 'max' }, null],
    ['an ntext', '63 ffffff7f 0904d00034 02000000 6100', { name: 'nvarchar', length: 'max' }, 'a'],
    ['an ntext that is null', '63 ffffff7f 0904d00034 ffffffff', { name: 'nvarchar', length: 'max' }, null],
  ])('%s', (_title, hex, type, value) => {
    expect(read(hex)).toEqual({ type, value });
  });

  it('has no chunks before TDS 7.2', () => {
    const type = { name: 'varchar', length: 'max' };
    expect(read('a7 ffff 0904d00034 0200 6162', 0x71000001)).toEqual({ type, value: 'ab' });
  });

  it.each([
    ['f3 00 00 00', 'Table-valued parameters'],
    ['f1 00', 'Parameters of type xml'],
    ['62 401f0000', 'Parameters of type sql_variant'],
    ['f0 00 00 00', 'Parameters of a CLR user-defined type'],
    ['99', '0x99 is not the type of a parameter'],
    ['26 03 03 010203', 'An integer of 3 bytes'],
    ['6a 05 27 00 00', 'decimal(39,0)'],
    ['28 03 ffffff', 'Day 16777215 is not between 0001-01-01 and 9999-12-31'],
    ['29 09 00', 'A time with 9 decimals'],
    ['29 00 03 ffffff', '16777215 units of 10^-0 seconds are not a time of day'],
    ['38 0100', 'A field of 4 bytes is cut off after 2'],
  ])('%s is refused: %s', (hex, words) => {
    expect(() => read(hex)).toThrow(words);
  });
});
