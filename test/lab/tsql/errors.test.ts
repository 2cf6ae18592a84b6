import { expect, it } from 'vitest';
import { errorsOf, practiceClient } from './practice.ts';

type Case = readonly [sql: string, number: number, line: number, text: string];

/** Every error has SQL Server's number and the line it belongs to; `text` must be part of the message. */
const cases: readonly Case[] = [
  ['SELECT\n  FROM x', 156, 2, "keyword 'FROM'"],
  ['SELECT 1 +', 102, 1, 'Incorrect syntax'],
  ["SELECT 'abc", 105, 1, 'Unclosed quotation mark'],
  ['SELECT 1 /* never closed', 113, 1, 'comment mark'],
  ['SELECT 1\nSELECT @nope', 137, 2, '"@nope"'],
  ['DECLARE @a int; DECLARE @A int', 134, 1, 'already been declared'],
  ['SELECT 1 WITH x AS (SELECT 1 a) SELECT a FROM x', 319, 1, 'semicolon'],
  ['SELECT 1 WHERE 1', 4145, 1, 'non-boolean'],
  ['SELECT * FROM dbo.Nope', 208, 1, "'dbo.Nope'"],
  ['SELECT *\nFROM Nope.dbo.Orders', 208, 2, 'Nope.dbo.Orders'],
  ['SELECT\n nope FROM dbo.Orders', 207, 2, "'nope'"],
  ['SELECT o.nope FROM dbo.Orders o', 207, 1, "'nope'"],
  ['SELECT x.OrderId FROM dbo.Orders o', 4104, 1, '"x.OrderId"'],
  ['SELECT OrderId FROM dbo.Orders a JOIN dbo.Orders b ON a.OrderId = b.OrderId', 209, 1, 'Ambiguous'],
  ['SELECT name, COUNT(*) FROM sys.databases', 8120, 1, "'name'"],
  ['SELECT 1 FROM sys.databases WHERE COUNT(*) > 1', 147, 1, 'WHERE clause'],
  ['SELECT DISTINCT name FROM sys.databases ORDER BY database_id', 145, 1, 'SELECT DISTINCT'],
  ['SELECT * FROM (SELECT 1 a ORDER BY 1) x', 1033, 1, 'ORDER BY clause is invalid'],
  ['SELECT * FROM (SELECT 1) x', 8155, 1, 'No column name'],
  ['SELECT 1 UNION SELECT 1, 2', 205, 1, 'equal number of expressions'],
  ['SELECT (SELECT 1, 2)', 116, 1, 'Only one expression'],
  ['SELECT (SELECT x FROM (VALUES (1),(2)) v(x))', 512, 1, 'more than 1 value'],
  ['SELECT LEN(1, 2)', 174, 1, 'len function requires 1'],
  ['SELECT dodo(1)', 195, 1, 'DODO'],
  ['SELECT ROW_NUMBER() FROM sys.databases', 10753, 1, 'OVER clause'],
  ["SELECT DATEADD(fortnight, 1, '2026-01-01')", 155, 1, 'fortnight'],
  ["SELECT 'a' COLLATE Nope", 448, 1, 'Invalid collation'],
  [
    'CREATE TABLE #c (n varchar(9) COLLATE Latin1_General_CS_AS); SELECT 1 FROM #c JOIN sys.databases d ON d.name = #c.n',
    468,
    1,
    'collation conflict between "SQL_Latin1_General_CP1_CI_AS" and "Latin1_General_CS_AS"',
  ],
  ['SELECT 1/0', 8134, 1, 'Divide by zero'],
  ['SELECT 1 % 0', 8134, 1, 'Divide by zero'],
  ['SELECT 1.0 / 0', 8134, 1, 'Divide by zero'],
  ["PRINT 1\nSELECT CAST('x' AS int)", 245, 2, "varchar value 'x'"],
  ["SELECT CAST('99999999999' AS int)", 248, 1, 'overflowed an int'],
  ["SELECT CAST('x' AS bigint)", 8114, 1, 'varchar to bigint'],
  ["SELECT CAST('x' AS decimal(5,2))", 8114, 1, 'varchar to numeric'],
  ['SELECT CAST(1000 AS decimal(3,0))', 8115, 1, 'Arithmetic overflow'],
  ['SELECT 2147483647 + 1', 8115, 1, 'data type int'],
  ['SELECT CAST(9223372036854775807 AS bigint) + 1', 8115, 1, 'data type bigint'],
  ['SELECT CAST(300 AS tinyint)', 220, 1, 'tinyint, value = 300'],
  ["SELECT CAST('nope' AS datetime)", 241, 1, 'date and/or time'],
  ["SELECT CAST('2026-02-30' AS datetime)", 242, 1, 'out-of-range'],
  ["SELECT CAST('1752-01-01' AS datetime)", 242, 1, 'out-of-range'],
  ["SELECT CAST('x' AS uniqueidentifier)", 8169, 1, 'uniqueidentifier'],
  ["SELECT CAST('2026-01-01' AS date) + 1", 206, 1, 'date is incompatible with int'],
  ["DECLARE @d datetime = '2026-01-01', @i int; SET @i = @d", 257, 1, 'Implicit conversion'],
  ['SELECT CAST(0x01 AS float)', 529, 1, 'not allowed'],
  ['SELECT SUM(x) FROM (VALUES (2147483647),(1)) v(x)', 8115, 1, 'data type int'],
  ["SELECT SUM(x) FROM (VALUES ('a')) v(x)", 8117, 1, 'invalid for sum'],
  ["SELECT SUBSTRING('a', 1, -1)", 537, 1, 'Invalid length'],
  ['SELECT TOP (-1) name FROM sys.databases', 1014, 1, 'invalid value'],
  ['WITH r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r) SELECT MAX(n) FROM r', 530, 1, 'maximum recursion 100'],
  ['EXEC dbo.nope', 2812, 1, "'dbo.nope'"],
  ['GO', 2812, 1, "'GO'"],
  ['USE nope', 911, 1, "'nope'"],
  ['COMMIT', 3902, 1, 'no corresponding BEGIN'],
  ['ROLLBACK', 3903, 1, 'no corresponding BEGIN'],
  ['THROW', 10704, 1, 'CATCH block'],
  ["THROW 50001, 'mine', 1", 50001, 1, 'mine'],
  ["PRINT 1\n\nRAISERROR('mine %d', 16, 1, 5)", 50000, 3, 'mine 5'],
  ['RETURN 5', 178, 1, 'RETURN'],
  ["UPDATE sys.databases SET name = 'x'", 259, 1, 'system catalogs'],
  ['BEGIN TRAN; ALTER AVAILABILITY GROUP [DAG_Sales] FAILOVER', 574, 1, 'user transaction'],
  ['BEGIN TRAN; ALTER DATABASE Sales SET READ_ONLY', 226, 1, 'multi-statement transaction'],
  ['KILL 9999', 6106, 1, ''],
];

it.each(cases)('%s → %i', async (sql, number, line, text) => {
  const client = await practiceClient();
  const [error] = errorsOf(await client.run(sql));
  expect({ number: error?.number, line: error?.line }).toEqual({ number, line });
  expect(error?.message).toContain(text);
});

/** Refused by name rather than answered wrongly. */
it.each([
  ['MERGE t USING s ON 1=1 WHEN MATCHED THEN DELETE;', 'MERGE'],
  ['SELECT 1 FOR JSON PATH', 'FOR JSON'],
  ["SELECT FORMAT(1, 'n')", 'the function FORMAT'],
  ['SELECT CHECKSUM(1)', 'the function CHECKSUM'],
  ['SELECT RAND(5)', 'RAND with a seed'],
  ['GOTO x', 'GOTO'],
  ['DECLARE c CURSOR FOR SELECT 1', 'cursors'],
  ['SELECT @@FETCH_STATUS', '@@FETCH_STATUS'],
  ['CREATE VIEW v AS SELECT 1', 'CREATE VIEW'],
  ['SELECT * FROM dbo.Orders WITH (READPAST)', 'READPAST'],
  ['SELECT CAST(1 AS sql_variant)', 'sql_variant'],
  ['SELECT name FROM sys.databases GROUP BY ROLLUP (name)', 'ROLLUP'],
  ['SET IMPLICIT_TRANSACTIONS ON', 'IMPLICIT_TRANSACTIONS ON'],
  ['SET ANSI_NULLS OFF', 'ANSI_NULLS OFF'],
  ['EXEC sp_who2', 'sp_who2'],
  ['SELECT * FROM OPENROWSET(1)', 'OPENROWSET'],
  ['ALTER AVAILABILITY GROUP [AG_Sales] ADD DATABASE [x]', 'ADD DATABASE'],
  ["SELECT CAST('2026-01-01' AS datetime) AT TIME ZONE 'UTC'", 'AT TIME ZONE'],
])('%s is refused, naming %s', async (sql, name) => {
  const client = await practiceClient();
  const [error] = errorsOf(await client.run(sql));
  expect(error).toMatchObject({ number: 49999, class: 16 });
  expect(error?.message).toContain(`The practice server does not support`);
  expect(error?.message).toContain(name);
});
