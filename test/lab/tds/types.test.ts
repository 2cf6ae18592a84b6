import sql from 'mssql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/lab/tds/bytes.ts';
import { negotiate } from '../../../src/lab/tds/dialect.ts';
import { wireType } from '../../../src/lab/tds/wire-types.ts';
import type { SqlType, SqlValue } from '../../../src/lab/values.ts';
import { connect, failure, type Served, serve } from './clients.ts';
import { type Cell, echo, oneRow } from './scripted-backend.ts';

let served: Served;
let client: Awaited<ReturnType<typeof connect>>;

beforeAll(async () => {
  served = await serve();
  client = await connect(served);
});

afterAll(async () => {
  await client.close();
  await served.listener.close();
});

/** What the driver makes of one row of these cells. */
async function received(cells: readonly Cell[]): Promise<unknown[]> {
  served.backend.on('SELECT cells', oneRow(cells));
  const { recordset } = await new sql.Request(client).query('SELECT cells');
  return cells.map(cell => recordset[0]?.[cell.name ?? '']);
}

const title = (type: SqlType, value: SqlValue): string =>
  `${Object.values(type).join(' ')}: ${typeof value} ${String(value).slice(0, 40)}`;

const utc = (text: string): Date => new Date(`${text}Z`);

describe('a column', () => {
  const carried: readonly (readonly [SqlType, SqlValue, unknown])[] = [
    [{ name: 'bit' }, true, true],
    [{ name: 'bit' }, false, false],
    [{ name: 'tinyint' }, 255, 255],
    [{ name: 'smallint' }, -32768, -32768],
    [{ name: 'int' }, 2147483647, 2147483647],
    [{ name: 'int' }, -2147483648, -2147483648],
    [{ name: 'bigint' }, 9223372036854775807n, '9223372036854775807'],
    [{ name: 'bigint' }, -9223372036854775808n, '-9223372036854775808'],
    [{ name: 'float' }, -1.7976931348623157e308, -1.7976931348623157e308],
    [{ name: 'float' }, 0.1, 0.1],
    [{ name: 'real' }, 0.5, 0.5],
    [{ name: 'money' }, '-922337203685477.5808', Number('-922337203685477.5808')],
    [{ name: 'money' }, '12.34', 12.34],
    [{ name: 'decimal', precision: 5, scale: 2 }, '-123.45', -123.45],
    [{ name: 'decimal', precision: 38, scale: 0 }, '0', 0],
    [{ name: 'numeric', precision: 25, scale: 0 }, '37000000123200001', Number('37000000123200001')],
    [{ name: 'numeric', precision: 19, scale: 4 }, '.5', 0.5],
    [{ name: 'char', length: 5 }, 'ab', 'ab   '],
    [{ name: 'varchar', length: 40 }, 'Zürich € „quoted“ ž', 'Zürich € „quoted“ ž'],
    [{ name: 'varchar', length: 10 }, '北京', '??'],
    [{ name: 'varchar', length: 10 }, '', ''],
    [{ name: 'varchar', length: 'max' }, 'x'.repeat(20_000), 'x'.repeat(20_000)],
    [{ name: 'nchar', length: 3 }, '北', '北  '],
    [{ name: 'nvarchar', length: 10 }, '北京 😀', '北京 😀'],
    [{ name: 'nvarchar', length: 'max' }, '😀'.repeat(9_000), '😀'.repeat(9_000)],
    [{ name: 'nvarchar', length: 'max' }, '', ''],
    [{ name: 'binary', length: 4 }, Uint8Array.of(1, 2), Buffer.from([1, 2, 0, 0])],
    [{ name: 'varbinary', length: 8 }, Uint8Array.of(0, 255), Buffer.from([0, 255])],
    [{ name: 'varbinary', length: 'max' }, new Uint8Array(10_000).fill(7), Buffer.alloc(10_000, 7)],
    [{ name: 'uniqueidentifier' }, '00112233-4455-6677-8899-AABBCCDDEEFF', '00112233-4455-6677-8899-AABBCCDDEEFF'],
    [{ name: 'date' }, '0001-01-01', new Date('0001-01-01T00:00:00Z')],
    [{ name: 'date' }, '9999-12-31', utc('9999-12-31T00:00:00')],
    [{ name: 'date' }, '2024-02-29', utc('2024-02-29T00:00:00')],
    [{ name: 'time', scale: 0 }, '23:59:59', utc('1970-01-01T23:59:59')],
    [{ name: 'time', scale: 3 }, '13:05:01.123', utc('1970-01-01T13:05:01.123')],
    [{ name: 'time', scale: 7 }, '00:00:00.0010000', utc('1970-01-01T00:00:00.001')],
    [{ name: 'smalldatetime' }, '2026-11-24T13:05:30', utc('2026-11-24T13:06:00')],
    [{ name: 'smalldatetime' }, '2079-06-06T00:00:00', utc('2079-06-06T00:00:00')],
    [{ name: 'datetime' }, '1753-01-01T00:00:00', utc('1753-01-01T00:00:00')],
    [{ name: 'datetime' }, '2026-11-24T13:05:01.124', utc('2026-11-24T13:05:01.123')],
    [{ name: 'datetime' }, '2026-12-31T23:59:59.999', utc('2027-01-01T00:00:00')],
    [{ name: 'datetime2', scale: 0 }, '2026-11-24T13:05:01', utc('2026-11-24T13:05:01')],
    [{ name: 'datetime2', scale: 3 }, '2026-11-24T13:05:01.5', utc('2026-11-24T13:05:01.500')],
    [{ name: 'datetime2', scale: 7 }, '2026-11-24T13:05:01.1230000', utc('2026-11-24T13:05:01.123')],
    [{ name: 'datetimeoffset', scale: 7 }, '2026-01-01T00:30:00.0000000+01:00', utc('2025-12-31T23:30:00')],
    [{ name: 'datetimeoffset', scale: 0 }, '2026-12-31T20:00:00-05:30', utc('2027-01-01T01:30:00')],
  ];

  it.each(carried.map(row => [title(row[0], row[1]), ...row] as const))(
    'of %s',
    async (_title, type, value, expected) => {
      expect(await received([{ name: 'a', type, value }])).toEqual([expected]);
    },
  );

  it('keeps the 100 ns of the finer date types', async () => {
    const cells = [
      { name: 'a', type: { name: 'datetime2', scale: 7 } as const, value: '2026-11-24T13:05:01.1234567' },
      { name: 'b', type: { name: 'time', scale: 7 } as const, value: '23:59:59.9999999' },
      { name: 'c', type: { name: 'datetimeoffset', scale: 7 } as const, value: '2026-11-24T13:05:01.0000001-03:00' },
    ];
    const dates = (await received(cells)) as (Date & { nanosecondsDelta: number })[];
    expect(dates.map(date => [date.toISOString(), date.nanosecondsDelta])).toEqual([
      ['2026-11-24T13:05:01.123Z', 0.0004567],
      ['1970-01-01T23:59:59.999Z', 0.0009999],
      ['2026-11-24T16:05:01.000Z', 0.0000001],
    ]);
  });

  const everyType: readonly SqlType[] = [
    ...(['bit', 'tinyint', 'smallint', 'int', 'bigint', 'float', 'real', 'money'] as const).map(name => ({ name })),
    ...(['uniqueidentifier', 'date', 'smalldatetime', 'datetime'] as const).map(name => ({ name })),
    ...(['decimal', 'numeric'] as const).map(name => ({ name, precision: 38, scale: 10 })),
    ...(['char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary'] as const).map(name => ({ name, length: 10 })),
    ...(['varchar', 'nvarchar', 'varbinary'] as const).map(name => ({ name, length: 'max' as const })),
    ...(['time', 'datetime2', 'datetimeoffset'] as const).map(name => ({ name, scale: 7 })),
  ];

  it('carries null, whatever its type', async () => {
    const cells = everyType.map((type, index) => ({ name: `c${index}`, type, value: null }));
    expect(await received(cells)).toEqual(cells.map(() => null));
  });

  it('may stand between nulls', async () => {
    const cells = everyType.map((type, index) => ({ name: `c${index}`, type, value: null as SqlValue }));
    const mixed = [...cells.slice(0, 9), { name: 'here', type: { name: 'int' } as const, value: 7 }, ...cells.slice(9)];
    expect((await received(mixed))[9]).toBe(7);
  });

  it('is described by name, type and nullability', async () => {
    served.backend.on('SELECT described', async ({ sink }) => {
      sink.columns([
        { name: 'end_of_log_lsn', type: { name: 'numeric', precision: 25, scale: 0 }, nullable: true },
        { name: 'name', type: { name: 'nvarchar', length: 128 }, nullable: false },
      ]);
      sink.statementDone(0);
    });
    const { recordset } = await new sql.Request(client).query('SELECT described');
    expect(recordset.columns).toMatchObject({
      end_of_log_lsn: { index: 0, precision: 25, scale: 0, nullable: true },
      name: { index: 1, length: 256, nullable: false },
    });
  });

  const refused: readonly (readonly [SqlType, SqlValue, RegExp])[] = [
    [{ name: 'int' }, 2147483648, /range/],
    [{ name: 'int' }, '1', /whole number/],
    [{ name: 'bigint' }, 1, /bigint/],
    [{ name: 'numeric', precision: 4, scale: 2 }, '123.45', /more than 4 digits/],
    [{ name: 'numeric', precision: 9, scale: 2 }, '1.234', /more than 2 decimals/],
    [{ name: 'nvarchar', length: 2 }, 'abc', /too long/],
    [{ name: 'date' }, '2025-02-29', /not a date/],
    [{ name: 'datetime2', scale: 3 }, '2026-11-24T24:00:00', /time of day/],
    [{ name: 'uniqueidentifier' }, 'AG_Sales', /uniqueidentifier/],
    [{ name: 'decimal', precision: 39, scale: 0 }, '1', /precision of 39/],
  ];

  it.each(refused.map(row => [title(row[0], row[1]), ...row] as const))(
    'of %s is an error',
    async (_title, type, value, words) => {
      served.backend.on('SELECT misfit', oneRow([{ name: 'lsn', type, value }]));
      const error = await failure(new sql.Request(client).query('SELECT misfit'));
      expect(error.message).toMatch(words);
      expect(error.message).toMatch(/Column 1 'lsn'/);
      expect((await new sql.Request(client).query('SELECT 1')).recordset).toHaveLength(1);
    },
  );
});

/** The bytes of one value, length included, for a client of TDS 7.4. */
function bytesOf(type: SqlType, value: NonNullable<SqlValue>): string {
  const dialect = negotiate(0x74000004, false);
  if (!dialect) throw new Error('7.4 is spoken');
  const out = new ByteWriter();
  wireType(type, dialect).write(out, value);
  return out.written().toString('hex');
}

// By hand from MS-TDS 2.2.5.5.1, for what the driver would not notice.
describe('the bytes of', () => {
  it.each<readonly [string, SqlType, string, string]>([
    ['a datetime that rounds over midnight', { name: 'datetime' }, '1900-01-01T23:59:59.999', '080100000000000000'],
    ['a datetime of 1/300 s', { name: 'datetime' }, '1900-01-01T00:00:00.003', '080000000001000000'],
    ['a smalldatetime', { name: 'smalldatetime' }, '1900-01-02T00:01:29.9', '0401000100'],
    ['a smalldatetime that rounds over midnight', { name: 'smalldatetime' }, '1900-01-01T23:59:30', '0401000000'],
    ['an LSN', { name: 'numeric', precision: 25, scale: 0 }, '37000000123200001', '0d01016208d84d73830000000000'],
    ['minus one', { name: 'decimal', precision: 9, scale: 2 }, '-1', '050064000000'],
    [
      'a datetimeoffset in UTC',
      { name: 'datetimeoffset', scale: 0 },
      '0001-01-02T00:00:01+01:00',
      '087143010000003c00',
    ],
  ])('%s', (_title, type, value, bytes) => {
    expect(bytesOf(type, value)).toBe(bytes);
  });
});

describe('a parameter of sp_executesql', () => {
  it.each<readonly [string, sql.ISqlType, unknown, SqlType, SqlValue]>([
    ['bit', sql.Bit(), true, { name: 'bit' }, true],
    ['tinyint', sql.TinyInt(), 200, { name: 'tinyint' }, 200],
    ['smallint', sql.SmallInt(), -5, { name: 'smallint' }, -5],
    ['int', sql.Int(), -2147483648, { name: 'int' }, -2147483648],
    ['bigint', sql.BigInt(), '9007199254740993', { name: 'bigint' }, 9007199254740993n],
    ['float', sql.Float(), 0.1, { name: 'float' }, 0.1],
    ['real', sql.Real(), 0.25, { name: 'real' }, 0.25],
    ['money', sql.Money(), -1234.5678, { name: 'money' }, '-1234.5678'],
    ['smallmoney', sql.SmallMoney(), 12.5, { name: 'money' }, '12.5000'],
    ['decimal', sql.Decimal(12, 3), -1.5, { name: 'decimal', precision: 12, scale: 3 }, '-1.500'],
    ['numeric', sql.Numeric(38, 2), 7, { name: 'numeric', precision: 38, scale: 2 }, '7.00'],
    ['varchar', sql.VarChar(20), 'Zürich €', { name: 'varchar', length: 20 }, 'Zürich €'],
    ['varchar(max)', sql.VarChar(sql.MAX), 'y'.repeat(9000), { name: 'varchar', length: 'max' }, 'y'.repeat(9000)],
    ['nvarchar', sql.NVarChar(20), '北京 😀', { name: 'nvarchar', length: 20 }, '北京 😀'],
    ['nvarchar(max)', sql.NVarChar(sql.MAX), '京'.repeat(9000), { name: 'nvarchar', length: 'max' }, '京'.repeat(9000)],
    ['char', sql.Char(3), 'abc', { name: 'char', length: 3 }, 'abc'],
    ['nchar', sql.NChar(3), 'abc', { name: 'nchar', length: 3 }, 'abc'],
    ['text', sql.Text(), 'long ago', { name: 'varchar', length: 'max' }, 'long ago'],
    ['binary', sql.Binary(), Buffer.from([9, 8]), { name: 'binary', length: 2 }, Uint8Array.of(9, 8)],
    ['varbinary', sql.VarBinary(8), Buffer.from([1, 0]), { name: 'varbinary', length: 8 }, Uint8Array.of(1, 0)],
    [
      'varbinary(max)',
      sql.VarBinary(sql.MAX),
      Buffer.alloc(9000, 3),
      { name: 'varbinary', length: 'max' },
      new Uint8Array(9000).fill(3),
    ],
    ['image', sql.Image(), Buffer.from([5]), { name: 'varbinary', length: 'max' }, Uint8Array.of(5)],
    [
      'uniqueidentifier',
      sql.UniqueIdentifier(),
      '00112233-4455-6677-8899-AABBCCDDEEFF',
      { name: 'uniqueidentifier' },
      '00112233-4455-6677-8899-AABBCCDDEEFF',
    ],
    ['date', sql.Date(), utc('2024-02-29T00:00:00'), { name: 'date' }, '2024-02-29'],
    ['time', sql.Time(3), utc('1970-01-01T13:05:01.123'), { name: 'time', scale: 3 }, '13:05:01.123'],
    [
      'smalldatetime',
      sql.SmallDateTime(),
      utc('2026-11-24T13:05:00'),
      { name: 'smalldatetime' },
      '2026-11-24T13:05:00',
    ],
    ['datetime', sql.DateTime(), utc('2026-11-24T13:05:01.123'), { name: 'datetime' }, '2026-11-24T13:05:01.123'],
    [
      'datetime2',
      sql.DateTime2(7),
      utc('2026-11-24T13:05:01.123'),
      { name: 'datetime2', scale: 7 },
      '2026-11-24T13:05:01.1230000',
    ],
    [
      'datetimeoffset',
      sql.DateTimeOffset(0),
      utc('2026-11-24T13:05:01'),
      { name: 'datetimeoffset', scale: 0 },
      expect.stringMatching(/^2026-11-24T\d\d:\d\d:01[+-]\d\d:\d\d$/),
    ],
  ])('%s arrives with its type and value, and as null', async (_name, type, sent, expectedType, expectedValue) => {
    const seen: { name: string; type: SqlType; value: SqlValue }[] = [];
    served.backend.on('SELECT @a, @b', async call => {
      seen.push(...call.parameters);
      await echo(call);
    });
    const request = new sql.Request(client).input('a', type, sent).input('b', type, null);
    const { recordset } = await request.query('SELECT @a, @b');
    expect(seen[0]).toMatchObject({ name: '@a', type: expectedType, value: expectedValue });
    expect(seen[1]).toMatchObject({ name: '@b', value: null });
    const back = recordset[0]?.a;
    expect(typeof back === 'string' || typeof sent !== 'object' ? String(back) : back).toEqual(
      typeof sent === 'object' ? sent : String(sent),
    );
    expect(recordset[0]?.b).toBeNull();
  });
});
