import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareText, equalityKey, matchesLike, type TextOrder } from '../../../src/lab/tsql/collation.ts';
import { compareDecimals, formatDecimal, parseDecimal, toDecimal } from '../../../src/lab/tsql/decimal.ts';
import { typeText } from '../../../src/lab/tsql/types.ts';
import type { SqlValue } from '../../../src/lab/values.ts';
import { practiceClient } from './practice.ts';

type Rows = readonly (readonly SqlValue[])[];

const v = (...values: readonly string[]): string => `(VALUES ${values.map(value => `(${value})`).join(',')})`;

describe('a query gives', () => {
  it.each<readonly [string, Rows]>([
    [`SELECT x FROM ${v('3', 'NULL', '1')} t(x) ORDER BY x`, [[null], [1], [3]]],
    [`SELECT x FROM ${v('3', 'NULL', '1')} t(x) ORDER BY x DESC OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY`, [[1]]],
    [`SELECT TOP 1 x FROM ${v('3', '1')} t(x) ORDER BY x`, [[1]]],
    [`SELECT TOP (2) WITH TIES x FROM ${v('1', '2', '2', '3')} t(x) ORDER BY x`, [[1], [2], [2]]],
    [`SELECT TOP 50 PERCENT x FROM ${v('1', '2', '2', '3')} t(x) ORDER BY x`, [[1], [2]]],
    [`SELECT x FROM (SELECT TOP 1 x FROM ${v('5', '9')} t(x) ORDER BY x DESC) s`, [[9]]],
    [`SELECT x FROM ${v('1.5', '10.25', '9')} t(x) WHERE x > 9.0 ORDER BY x DESC`, [['10.25']]],
    [
      `SELECT x FROM ${v("'b'", "'A'", "'a '", "'C'")} t(x) WHERE x IN ('a', 'c') ORDER BY x, LEN(x)`,
      [['A'], ['a '], ['C']],
    ],
    [
      `SELECT x, COUNT(*) FROM ${v("'a'", "'A '", "'b'")} t(x) GROUP BY x ORDER BY x`,
      [
        ['a', 2],
        ['b', 1],
      ],
    ],
    [`SELECT COUNT(DISTINCT x) FROM ${v("'a'", "'A'", "'b'")} t(x)`, [[2]]],
    [`SELECT x % 2, SUM(x) FROM ${v('1', '2', '3')} t(x) GROUP BY x % 2 HAVING SUM(x) > 2 ORDER BY 1 DESC`, [[1, 4]]],
    [`SELECT x + 1 AS y FROM ${v('1', '2')} t(x) ORDER BY y DESC`, [[3], [2]]],
    ["SELECT 'a' EXCEPT SELECT 'A'", []],
    ["SELECT COUNT(*) FROM (SELECT 'a' x UNION SELECT 'A ') t", [[1]]],
    ['SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 2', [[1], [2]]],
    [`SELECT x FROM ${v('1', '2')} t(x) WHERE x NOT IN (SELECT y FROM ${v('1', 'NULL')} s(y))`, []],
    [`SELECT x FROM ${v('1', '2', '3')} t(x) WHERE x > ALL (SELECT y FROM ${v('1', '2')} s(y))`, [[3]]],
    [`SELECT x FROM ${v('1', '2')} t(x) WHERE x = ANY (SELECT y FROM ${v('2', 'NULL')} s(y))`, [[2]]],
    [`SELECT x FROM ${v('1', '2')} t(x) WHERE EXISTS (SELECT 1 FROM ${v('2')} s(y) WHERE y = t.x)`, [[2]]],
    [
      `SELECT a.x, b.y FROM ${v('1', '2')} a(x) LEFT JOIN ${v('2', '3')} b(y) ON a.x = b.y ORDER BY 1`,
      [
        [1, null],
        [2, 2],
      ],
    ],
    [
      `SELECT a.x, b.y FROM ${v('1', '2')} a(x) FULL JOIN ${v('2', '3')} b(y) ON a.x = b.y ORDER BY 1, 2`,
      [
        [null, 3],
        [1, null],
        [2, 2],
      ],
    ],
    [
      `SELECT a.x, c.z FROM ${v('1')} a(x) LEFT JOIN (${v('1')} b(y) JOIN ${v('5')} c(z) ON b.y = c.z) ON a.x = b.y`,
      [[1, null]],
    ],
    [`SELECT a.x, b.y FROM ${v('1')} a(x) JOIN ${v('1')} b(y) JOIN ${v('1')} c(z) ON b.y = c.z ON a.x = c.z`, [[1, 1]]],
    [
      `SELECT a.x, s.y FROM ${v('1', '3')} a(x) CROSS APPLY (SELECT TOP 1 y FROM ${v('2', '4', '6')} b(y) WHERE y > a.x ORDER BY y DESC) s ORDER BY 1`,
      [
        [1, 6],
        [3, 6],
      ],
    ],
    [
      `SELECT a.x, s.y, s.d FROM ${v('1', '5')} a(x) OUTER APPLY (SELECT y, CAST(y AS decimal(5,2)) d FROM ${v('2')} b(y) WHERE y > a.x) s ORDER BY 1`,
      [
        [1, 2, '2.00'],
        [5, null, null],
      ],
    ],
    [
      `SELECT t.x, s.value FROM ${v("'a,b'")} t(x) CROSS APPLY STRING_SPLIT(t.x, ',') s`,
      [
        ['a,b', 'a'],
        ['a,b', 'b'],
      ],
    ],
    [`WITH a AS (SELECT 1 x), b(y) AS (SELECT x + 1 FROM a) SELECT x, y FROM a, b`, [[1, 2]]],
    [
      'WITH r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT n FROM r ORDER BY n DESC',
      [[4], [3], [2], [1]],
    ],
    [
      'WITH r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 300) SELECT COUNT(*) FROM r OPTION (MAXRECURSION 0)',
      [[300]],
    ],
    [
      `SELECT x, ROW_NUMBER() OVER (ORDER BY x DESC), SUM(x) OVER (ORDER BY x ROWS UNBOUNDED PRECEDING), LAG(x) OVER (ORDER BY x) FROM ${v('1', '2', '3')} t(x) ORDER BY x`,
      [
        [1, 3n, 1, null],
        [2, 2n, 3, 1],
        [3, 1n, 6, 2],
      ],
    ],
    [
      `SELECT s, RANK() OVER (PARTITION BY s ORDER BY x) FROM ${"(VALUES ('a',1),('A',2),('b',3))"} t(s,x) ORDER BY x`,
      [
        ['a', 1n],
        ['A', 2n],
        ['b', 1n],
      ],
    ],
    [`SELECT SUM(COUNT(*)) OVER () FROM ${v('1', '1', '2')} t(x) GROUP BY x`, [[3], [3]]],
    [`SELECT STRING_AGG(x, ',') WITHIN GROUP (ORDER BY x DESC) FROM ${v("'a'", "'c'", "'B'")} t(x)`, [['c,B,a']]],
    [`SELECT AVG(x), AVG(x * 1.0), MIN(x), MAX(x) FROM ${v('1', '2')} t(x)`, [[1, '1.500000', 1, 2]]],
    [`SELECT SUM(x), COUNT(x), COUNT(*) FROM (SELECT 1 x WHERE 1 = 0) t`, [[null, 0, 0]]],
    ["SELECT 'e' = 1, [f g] = 2, 3 \"h\", 4 AS 'i'", [[1, 2, 3, 4]]],
    ["SELECT 1 WHERE 'abc' LIKE 'A%C'", [[1]]],
    ["SELECT 1 WHERE 'a_c' LIKE 'a!_c' ESCAPE '!' AND 'abc' NOT LIKE 'a!_c' ESCAPE '!'", [[1]]],
    ["SELECT 1 WHERE 'x5' LIKE '[a-z][0-9]' AND 'x5' NOT LIKE '[^x]%' AND 'a]' LIKE 'a]'", [[1]]],
    ["SELECT 1 WHERE 'a' = 'A' COLLATE Latin1_General_CS_AS OR N'é' = N'e'", []],
    ["SELECT 1 WHERE N'é' = N'E' COLLATE Latin1_General_CI_AI", [[1]]],
    [
      "SELECT 1 WHERE CAST('2026-01-01 12:00 +02:00' AS datetimeoffset) = CAST('2026-01-01 10:00 +00:00' AS datetimeoffset)",
      [[1]],
    ],
    ['SELECT COUNT(*) FROM dbo.Orders WITH (NOLOCK) OPTION (RECOMPILE)', [[480]]],
    [
      'SELECT COUNT(*) FROM Sales.dbo.Orders o (NOLOCK) JOIN [SQLPROD01].[Sales]..Customers c ON c.CustomerId = o.CustomerId',
      [[480]],
    ],
  ])('%s', async (sql, expected) => {
    const client = await practiceClient();
    expect(await client.rows(sql)).toEqual(expected);
  });

  it('its columns also when there are no rows', async () => {
    const client = await practiceClient();
    const { results } = await client.run(
      "SELECT OrderId, Status + N'!' AS s, Lines * 1.5 AS l FROM dbo.Orders WHERE 1 = 0",
    );
    expect(results[0]?.columns.map(({ name, type, nullable }) => `${name} ${typeText(type)} ${nullable}`)).toEqual([
      'OrderId int false',
      's nvarchar(21) false',
      'l numeric(13,1) false',
    ]);
    expect(results[0]?.rows).toEqual([]);
  });

  it('columns the names they were defined with', async () => {
    const client = await practiceClient();
    const { results } = await client.run('SELECT orderid, STATUS x, lines + 1 FROM dbo.ORDERS WHERE OrderId = 1');
    expect(results[0]?.columns.map(column => column.name)).toEqual(['OrderId', 'x', '']);
  });
});

const orders: readonly TextOrder[] = ['CI_AS', 'CS_AS', 'CI_AI', 'CS_AI', 'BIN'];

describe('comparing texts', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 6 });
  it('is an order whose ties are the equal texts', () => {
    fc.assert(
      fc.property(fc.constantFrom(...orders), text, text, text, (order, a, b, c) => {
        expect(Math.sign(compareText(a, b, order))).toBe(-Math.sign(compareText(b, a, order)) + 0 || 0);
        expect(compareText(a, b, order) === 0).toBe(equalityKey(a, order) === equalityKey(b, order));
        if (compareText(a, b, order) <= 0 && compareText(b, c, order) <= 0)
          expect(compareText(a, c, order)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 400 },
    );
  });

  it('does not see trailing blanks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...orders),
        text,
        fc.nat(4),
        (order, a, blanks) => compareText(a, a + ' '.repeat(blanks), order) === 0,
      ),
    );
  });

  it('a text without wildcards is like itself', () => {
    fc.assert(
      fc.property(fc.constantFrom(...orders), text, (order, a) =>
        matchesLike(a, a.replace(/[[%_]/g, '[$&]'), undefined, order),
      ),
    );
  });
});

describe('three-valued logic', () => {
  const term = fc.constantFrom('a', 'b', 's', 'NULL', '1', '2', '2.0', "'x'", "'X '", "'2'");
  const number = fc.constantFrom('a', 'b', 'a + b', 'NULL', '1', '2.0', 'a * 1.5');
  const atom = fc.oneof(
    fc
      .tuple(number, fc.constantFrom('=', '<>', '<', '>=', '!>'), number)
      .map(([x, operator, y]) => `${x} ${operator} ${y}`),
    fc
      .tuple(
        fc.constantFrom('s', "'x'", 'NULL'),
        fc.constantFrom('=', '<>', '<', 'LIKE', 'NOT LIKE'),
        fc.constantFrom('s', "'X '", "'[a-x]%'"),
      )
      .map(parts => parts.join(' ')),
    fc.tuple(number, number, number).map(([x, low, high]) => `${x} NOT BETWEEN ${low} AND ${high}`),
    fc.tuple(number, number, number).map(([x, y, z]) => `${x} IN (${y}, ${z})`),
    fc.tuple(number, fc.constantFrom('IN', 'NOT IN')).map(([x, operator]) => `${x} ${operator} (SELECT b FROM #l)`),
    fc
      .tuple(number, fc.constantFrom('> ALL', '= ANY', '<> ALL'))
      .map(([x, operator]) => `${x} ${operator} (SELECT b FROM #l)`),
    term.map(x => `${x} IS NOT NULL`),
  );
  const { predicate } = fc.letrec<{ predicate: string }>(tie => ({
    predicate: fc.oneof(
      { maxDepth: 3 },
      atom,
      fc
        .tuple(tie('predicate'), fc.constantFrom('AND', 'OR'), tie('predicate'))
        .map(([x, operator, y]) => `(${x} ${operator} ${y})`),
      tie('predicate').map(x => `NOT (${x})`),
    ),
  }));

  it('every row satisfies a predicate, its negation, or neither because it is unknown', async () => {
    const client = await practiceClient();
    await client.run(
      "CREATE TABLE #l (a int, b decimal(9,2), s varchar(5)); INSERT #l VALUES (1, 1, 'x'), (2, 1.5, 'X'), (3, NULL, 'y '), (NULL, 2, NULL), (NULL, NULL, '')",
    );
    await fc.assert(
      fc.asyncProperty(predicate, async where => {
        const answer =
          await client.run(`SELECT COUNT(*) FROM #l WHERE ${where}; SELECT COUNT(*) FROM #l WHERE NOT (${where});
          SELECT SUM(CASE WHEN ${where} THEN 0 WHEN NOT (${where}) THEN 0 ELSE 1 END), SUM(CASE WHEN ${where} THEN 1 ELSE 0 END) FROM #l`);
        const [yes, no, rest] = answer.results.map(result => result.rows[0] ?? []);
        expect({
          where,
          total: Number(yes?.[0]) + Number(no?.[0]) + Number(rest?.[0]),
          messages: answer.messages,
        }).toEqual({ where, total: 5, messages: [] });
        expect(rest?.[1]).toBe(yes?.[0]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('exact numbers', () => {
  const digits = fc.bigInt({ min: -(10n ** 25n) + 1n, max: 10n ** 25n - 1n });
  it('numeric(25,0) keeps every digit through the server', async () => {
    const client = await practiceClient();
    await client.run('CREATE TABLE #n (a numeric(25,0), b numeric(38,10))');
    await fc.assert(
      fc.asyncProperty(digits, digits, async (a, b) => {
        await client.run(`TRUNCATE TABLE #n; INSERT #n VALUES (${a}, ${b} / 1000.0), (${b}, NULL)`);
        const [row] = await client.rows(
          `SELECT CONVERT(varchar(40), SUM(a)), CONVERT(varchar(40), MAX(a)), SUM(CASE WHEN a = ${a} THEN 1 ELSE 0 END) FROM #n`,
        );
        expect(row).toEqual([String(a + b), String(a - b > 0n ? a : b), a === b ? 2 : 1]);
      }),
      { numRuns: 60 },
    );
  });

  it('order as numbers whatever their scale', () => {
    fc.assert(
      fc.property(digits, digits, fc.nat(9), fc.nat(9), (a, b, scaleA, scaleB) => {
        const [x, y] = [formatDecimal({ unscaled: a, scale: scaleA }), formatDecimal({ unscaled: b, scale: scaleB })];
        expect(parseDecimal(x)).toEqual({ unscaled: a, scale: scaleA });
        const exact = a * 10n ** BigInt(scaleB) - b * 10n ** BigInt(scaleA);
        expect(compareDecimals(toDecimal(x), toDecimal(y))).toBe(exact < 0n ? -1 : exact > 0n ? 1 : 0);
      }),
    );
  });
});
