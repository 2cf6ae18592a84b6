import { describe, expect, it } from 'vitest';
import { typeText } from '../../../src/lab/tsql/types.ts';
import type { SqlValue } from '../../../src/lab/values.ts';
import { type Client, errorsOf, practiceClient } from './practice.ts';

let evaluate: (expression: string) => Promise<readonly [type: string, value: SqlValue]>;
let client: Client;

async function connect(): Promise<void> {
  client = await practiceClient();
  evaluate = async expression => {
    const answer = await client.run(`SELECT ${expression}`);
    expect(errorsOf(answer)).toEqual([]);
    const [result] = answer.results;
    return [typeText(result?.columns[0]?.type ?? { name: 'int' }), result?.rows[0]?.[0] ?? null];
  };
}

type Case = readonly [expression: string, type: string, value: SqlValue];

async function expectAll(cases: readonly Case[]): Promise<void> {
  await connect();
  const seen: (readonly [string, string, SqlValue])[] = [];
  for (const [expression] of cases) seen.push([expression, ...(await evaluate(expression))]);
  expect(seen).toEqual(cases);
}

describe('the value and type of an expression', () => {
  it('literals', () =>
    expectAll([
      ['1', 'int', 1],
      ['2147483648', 'numeric(10,0)', '2147483648'],
      ['1.50', 'numeric(3,2)', '1.50'],
      ['0.5', 'numeric(1,1)', '0.5'],
      ['1e3', 'float', 1000],
      ['$1.5', 'money', '1.5000'],
      ["'abc'", 'varchar(3)', 'abc'],
      ["''", 'varchar(1)', ''],
      ["'it''s'", 'varchar(4)', "it's"],
      ["N'αβγ'", 'nvarchar(3)', 'αβγ'],
      ["'αβγ'", 'varchar(3)', '???'],
      ['0x0AFF', 'varbinary(2)', Uint8Array.of(10, 255)],
      ['NULL', 'int', null],
    ]));

  it('arithmetic by the types of its operands', () =>
    expectAll([
      ['7/2', 'int', 3],
      ['-7/2', 'int', -3],
      ['-7%3', 'int', -1],
      ['1/2.0', 'numeric(8,6)', '0.500000'],
      ['1.0/3', 'numeric(7,6)', '0.333333'],
      ['2.0/3', 'numeric(7,6)', '0.666666'],
      ['1.10*2.25', 'numeric(7,4)', '2.4750'],
      ['1.5+2', 'numeric(3,1)', '3.5'],
      ['1e0/4', 'float', 0.25],
      ['CAST(1 AS bigint)+1', 'bigint', 2n],
      ['CAST(9007199254740993 AS bigint)*3', 'bigint', 27021597764222979n],
      ["'5'+1", 'int', 6],
      ['1+NULL', 'int', null],
      ['5&3', 'int', 1],
      ['5|2', 'int', 7],
      ['5^1', 'int', 4],
      ['~5', 'int', -6],
      ['- 5 + 2 * 3', 'int', 1],
      [
        'CAST(99999999999999999999999999.99 AS decimal(28,2)) + 0.01',
        'numeric(29,2)',
        '100000000000000000000000000.00',
      ],
    ]));

  it('text', () =>
    expectAll([
      ["'a'+'b'", 'varchar(2)', 'ab'],
      ["'a'+N'b'", 'nvarchar(2)', 'ab'],
      ["'a'+NULL", 'varchar(2)', null],
      ["LEN('abc  ')", 'int', 3],
      ["DATALENGTH(N'abc ')", 'int', 8],
      ["SUBSTRING('hello', 0, 3)", 'varchar(5)', 'he'],
      ["REPLACE('aAbB','A','x')", 'varchar(8000)', 'xxbB'],
      ["CHARINDEX('L','hello')", 'int', 3],
      ["PATINDEX('%[0-9]%','ab3')", 'int', 3],
      ["STUFF('hello',2,3,'EY')", 'varchar(7)', 'hEYo'],
      ["CONCAT('a',NULL,1)", 'varchar(13)', 'a1'],
      ["CONCAT_WS('-','a',NULL,'b')", 'varchar(7)', 'a-b'],
      ["QUOTENAME('a]b')", 'nvarchar(258)', '[a]]b]'],
      ["QUOTENAME('it''s','''')", 'nvarchar(258)', "'it''s'"],
      ['STR(3.14159, 6, 2)', 'varchar(8000)', '  3.14'],
      ["TRIM('  x ')+'|'", 'varchar(5)', 'x|'],
      ["UPPER(N'straße é')", 'nvarchar(8)', 'STRAßE É'],
      ["LEFT('hello',2)+RIGHT('hello',2)", 'varchar(10)', 'helo'],
      ['CHAR(65)', 'char(1)', 'A'],
      ['NCHAR(945)', 'nchar(1)', 'α'],
      ["UNICODE(N'α')", 'int', 945],
      ["REPLICATE('ab',2)", 'varchar(8000)', 'abab'],
      ["PARSENAME('srv.db.dbo.t', 1)", 'nvarchar(128)', 't'],
      [
        "CONVERT(varchar(64), HASHBYTES('SHA2_256', 'abc'), 2)",
        'varchar(64)',
        'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD',
      ],
    ]));

  it('conversions', () =>
    expectAll([
      ['CAST(37000000123200001 AS numeric(25,0))', 'numeric(25,0)', '37000000123200001'],
      [
        "CONVERT(varchar(25), CAST('9999999999999999999999999' AS numeric(25,0)))",
        'varchar(25)',
        '9999999999999999999999999',
      ],
      ['CAST(1.9 AS int)', 'int', 1],
      ['CAST(1.555 AS decimal(5,2))', 'decimal(5,2)', '1.56'],
      ['CAST(-1.555 AS decimal(5,2))', 'decimal(5,2)', '-1.56'],
      ["CAST('  12 ' AS int)", 'int', 12],
      ["CAST('' AS int)", 'int', 0],
      ['CAST(2 AS bit)', 'bit', true],
      ["CAST('false' AS bit)", 'bit', false],
      ["CAST('abcdef' AS varchar(3))", 'varchar(3)', 'abc'],
      ["CAST('ab' AS char(4))", 'char(4)', 'ab  '],
      ['CAST(123456 AS varchar(3))', 'varchar(3)', '*'],
      ['CAST(0.1e0 AS varchar(20))', 'varchar(20)', '0.1'],
      ['CAST(1234567.0e0 AS varchar(20))', 'varchar(20)', '1.23457e+006'],
      ['CONVERT(varchar(20), CAST(1234.5 AS money), 1)', 'varchar(20)', '1,234.50'],
      ['CONVERT(varbinary(4), 258)', 'varbinary(4)', Uint8Array.of(0, 0, 1, 2)],
      ['CONVERT(varchar(20), 0x0A0B, 1)', 'varchar(20)', '0x0A0B'],
      ['CONVERT(varchar(20), 0x0A0B, 2)', 'varchar(20)', '0A0B'],
      ['CAST(0x0102 AS int)', 'int', 258],
      [
        "CAST('6f9619ff-8b86-d011-b42d-00c04fc964ff' AS uniqueidentifier)",
        'uniqueidentifier',
        '6F9619FF-8B86-D011-B42D-00C04FC964FF',
      ],
      [
        "CONVERT(varchar(34), CAST(CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier) AS binary(16)), 1)",
        'varchar(34)',
        '0xFF19966F868B11D0B42D00C04FC964FF',
      ],
      ["TRY_CAST('x' AS int)", 'int', null],
      ["TRY_CONVERT(date, 'nope')", 'date', null],
    ]));

  it('dates', () =>
    expectAll([
      ["CAST('20260203 13:14:15.123' AS datetime)", 'datetime', '2026-02-03T13:14:15.123'],
      ["CAST('2026-02-03T13:14:15.125' AS datetime)", 'datetime', '2026-02-03T13:14:15.127'],
      ["CAST('2/3/2026 1:05PM' AS datetime2(0))", 'datetime2(0)', '2026-02-03T13:05:00'],
      ["CAST('13:05:01.1234567' AS time(3))", 'time(3)', '13:05:01.123'],
      ["CAST('2026-02-03 13:05 +01:30' AS datetimeoffset(0))", 'datetimeoffset(0)', '2026-02-03T13:05:00+01:30'],
      [
        "CONVERT(varchar(30), CAST('2026-02-03T13:14:15.007' AS datetime), 121)",
        'varchar(30)',
        '2026-02-03 13:14:15.007',
      ],
      ["CONVERT(varchar(30), CAST('2026-02-03T13:14:15' AS datetime), 100)", 'varchar(30)', 'Feb  3 2026  1:14PM'],
      ["CONVERT(varchar(30), CAST('2026-02-03T13:14:15' AS datetime), 126)", 'varchar(30)', '2026-02-03T13:14:15'],
      ["CONVERT(varchar(10), CAST('2026-02-03' AS date), 103)", 'varchar(10)', '03/02/2026'],
      ["CONVERT(date, '03/02/2026', 103)", 'date', '2026-02-03'],
      ["DATEADD(month, 1, CAST('2026-01-31' AS date))", 'date', '2026-02-28'],
      ["DATEDIFF(year, '2025-12-31', '2026-01-01')", 'int', 1],
      ["DATEDIFF(week, '2026-11-21', '2026-11-22')", 'int', 1],
      ["DATEDIFF_BIG(ns, CAST('2026-01-01' AS date), CAST('2026-01-02' AS date))", 'bigint', 86400000000000n],
      ["DATEPART(weekday, '2026-11-24')", 'int', 3],
      ["DATENAME(month, '2026-11-24')", 'nvarchar(30)', 'November'],
      ["EOMONTH('2026-02-10')", 'date', '2026-02-28'],
      ['DATEFROMPARTS(2026,2,3)', 'date', '2026-02-03'],
      ["CAST('2026-01-01' AS datetime) + 1.5", 'datetime', '2026-01-02T12:00:00.000'],
      [
        "SWITCHOFFSET(CAST('2026-01-01 12:00 +00:00' AS datetimeoffset(0)), '+02:00')",
        'datetimeoffset(7)',
        '2026-01-01T14:00:00.0000000+02:00',
      ],
      ["ISDATE('2026-02-30')", 'int', 0],
    ]));

  it('choices', () =>
    expectAll([
      ['ISNULL(NULL, 5)', 'int', 5],
      ["ISNULL(CAST(NULL AS varchar(2)), 'abc')", 'varchar(2)', 'ab'],
      ["COALESCE(NULL, NULL, 'z')", 'varchar(1)', 'z'],
      ['COALESCE(NULL, 1, 2.5)', 'numeric(11,1)', '1.0'],
      ['NULLIF(1, 1)', 'int', null],
      ["IIF(1=2, 'yes', 'no')", 'varchar(3)', 'no'],
      ["CHOOSE(2, 'a', 'b')", 'varchar(1)', 'b'],
      ['CASE 2 WHEN 1 THEN 1 WHEN 2 THEN 2.5 END', 'numeric(11,1)', '2.5'],
      ['CASE WHEN 1=0 THEN 1/0 ELSE 7 END', 'int', 7],
    ]));

  it('mathematics', () =>
    expectAll([
      ['ROUND(123.456, 2)', 'numeric(6,3)', '123.460'],
      ['ROUND(123.456, -1)', 'numeric(6,3)', '120.000'],
      ['ROUND(2.5, 0, 1)', 'numeric(2,1)', '2.0'],
      ['ROUND(150, -2)', 'int', 200],
      ['CEILING(-1.2)', 'numeric(2,0)', '-1'],
      ['FLOOR(-1.2)', 'numeric(2,0)', '-2'],
      ['POWER(2, 10)', 'int', 1024],
      ['ABS(-1.5)', 'numeric(2,1)', '1.5'],
      ['SIGN(-3)', 'int', -1],
      ['SQRT(16)', 'float', 4],
      ["ISNUMERIC('12.5')", 'int', 1],
    ]));
});

describe('what the server is asked about itself', () => {
  it('knows its name, databases and the session', async () => {
    const client = await practiceClient();
    expect(
      await client.rows(`SELECT @@SERVERNAME, DB_NAME(), DB_ID('archive'), DB_NAME(1), DB_ID('nope'), SUSER_SNAME(), SYSTEM_USER, ORIGINAL_LOGIN(), USER_NAME(),
        APP_NAME(), HOST_NAME(), IS_SRVROLEMEMBER('sysadmin'), IS_SRVROLEMEMBER('nope'), @@SPID, @@TRANCOUNT, XACT_STATE()`),
    ).toEqual([
      [
        'SQLPROD01',
        'Sales',
        6,
        'master',
        null,
        'practice_admin',
        'practice_admin',
        'practice_admin',
        'dbo',
        'test',
        'tests',
        1,
        null,
        client.session.sessionId,
        0,
        0,
      ],
    ]);
  });

  it('gives server properties their own types', async () => {
    const client = await practiceClient();
    const { results } = await client.run(
      "SELECT SERVERPROPERTY('ProductVersion') v, SERVERPROPERTY(N'IsHadrEnabled') h, SERVERPROPERTY('Nope') n, DATABASEPROPERTYEX('Sales','Updateability') u, DATABASEPROPERTYEX('nope','Status') s",
    );
    expect(results[0]?.columns.map(column => typeText(column.type))).toEqual([
      'nvarchar(128)',
      'int',
      'nvarchar(128)',
      'nvarchar(128)',
      'nvarchar(128)',
    ]);
    expect(results[0]?.rows).toEqual([['15.0.4385.2', 1, null, 'READ_WRITE', null]]);
  });

  it('answers the permission questions of an administrator', async () => {
    const client = await practiceClient();
    expect(
      await client.rows(`SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'CONTROL SERVER'), HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE'),
        HAS_PERMS_BY_NAME('AG_Sales', 'AVAILABILITY GROUP', 'ALTER'), HAS_PERMS_BY_NAME('nope', 'AVAILABILITY GROUP', 'ALTER'), HAS_PERMS_BY_NAME('Sales', 'DATABASE', 'ALTER'), HAS_DBACCESS('Sales'), HAS_DBACCESS('nope')`),
    ).toEqual([[1, 1, 1, null, 1, 1, null]]);
  });

  it('reads the clock once per statement, in UTC', async () => {
    const client = await practiceClient();
    expect(
      await client.value(
        'SELECT CASE WHEN SYSDATETIME() = SYSUTCDATETIME() AND DATEDIFF(hour, GETDATE(), GETUTCDATE()) = 0 THEN 1 ELSE 0 END',
      ),
    ).toBe(1);
  });
});
