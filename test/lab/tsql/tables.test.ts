import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteLiteral, quoteName } from '../../../src/link/names.ts';
import { errorsOf, practice, practiceClient } from './practice.ts';

const people = `CREATE TABLE dbo.People (id int IDENTITY(10,5) NOT NULL, name nvarchar(20) NOT NULL, born date NULL, score decimal(9,2) NOT NULL CONSTRAINT DF_Score DEFAULT 1.5,
  CONSTRAINT PK_People PRIMARY KEY (id), CONSTRAINT UQ_Name UNIQUE (name), CONSTRAINT CK_Score CHECK (score >= 0))`;

describe('a table', () => {
  it('fills identity and defaults, and converts what is inserted', async () => {
    const client = await practiceClient();
    await client.run(people);
    const answer = await client.run(
      "INSERT dbo.People (name, born) VALUES ('Ann', '20010203'), (N'Bo', NULL); SELECT SCOPE_IDENTITY(), @@ROWCOUNT; INSERT People VALUES ('Cy', DEFAULT, 7)",
    );
    expect(errorsOf(answer)).toEqual([]);
    expect(answer.counts).toEqual([2, 1, 1]);
    expect(answer.results[0]?.rows).toEqual([['15', 2]]);
    expect(await client.rows('SELECT * FROM People ORDER BY id')).toEqual([
      [10, 'Ann', '2001-02-03', '1.50'],
      [15, 'Bo', null, '1.50'],
      [20, 'Cy', null, '7.00'],
    ]);
  });

  it.each([
    [
      "INSERT People (name) VALUES ('ANN ')",
      2627,
      "Violation of UNIQUE KEY constraint 'UQ_Name'. Cannot insert duplicate key in object 'dbo.People'. The duplicate key value is (ANN ).",
    ],
    [
      'INSERT People (name) VALUES (NULL)',
      515,
      "Cannot insert the value NULL into column 'name', table 'Sales.dbo.People'; column does not allow nulls. INSERT fails.",
    ],
    ['UPDATE People SET name = NULL', 515, 'UPDATE fails'],
    [
      "INSERT People (name, score) VALUES ('x', -1)",
      547,
      'The INSERT statement conflicted with the CHECK constraint "CK_Score". The conflict occurred in database "Sales", table "dbo.People".',
    ],
    [
      'UPDATE People SET score = score - 5',
      547,
      'The UPDATE statement conflicted with the CHECK constraint "CK_Score"',
    ],
    [
      "INSERT People (name) VALUES ('123456789012345678901')",
      2628,
      "column 'name'. Truncated value: '12345678901234567890'",
    ],
    ["INSERT People (name, born) VALUES ('x', 'nope')", 241, 'Conversion failed'],
    ["INSERT People (id, name) VALUES (1, 'x')", 544, 'IDENTITY_INSERT is set to OFF'],
    ["INSERT People VALUES ('x')", 213, 'does not match table definition'],
    ["INSERT People (name, born) VALUES ('x')", 120, 'fewer items'],
    ["INSERT People (nope) VALUES ('x')", 207, "'nope'"],
    ['UPDATE People SET id = 1', 8102, "identity column 'id'"],
    ["INSERT People (name, score) VALUES ('x', 12345678.5)", 8115, 'Arithmetic overflow'],
    ['CREATE TABLE dbo.people (a int)', 2714, "already an object named 'people'"],
    ['CREATE TABLE dbo.T (a int, A int)', 2705, "'A'"],
    ['DROP TABLE dbo.Nope', 3701, 'does not exist'],
    ['ALTER TABLE People ADD age int NOT NULL', 4901, "'age'"],
    ['ALTER TABLE People DROP COLUMN name', 5074, "'UQ_Name' is dependent"],
  ])('%s → %i', async (sql, number, text) => {
    const client = await practiceClient();
    await client.run(`${people}; INSERT People (name) VALUES ('Ann')`);
    const [error] = errorsOf(await client.run(sql));
    expect(error?.number).toBe(number);
    expect(error?.message).toContain(text);
    expect(await client.rows('SELECT name, score FROM People')).toEqual([['Ann', '1.50']]);
  });

  it('is changed whole or not at all', async () => {
    const client = await practiceClient();
    await client.run(`${people}; INSERT People (name) VALUES ('Ann')`);
    expect(await client.error("INSERT People (name) VALUES ('Bo'), ('Cy'), ('ann')")).toBe(2627);
    expect(await client.value('SELECT COUNT(*) FROM People')).toBe(1);
  });

  it('judges uniqueness when the whole UPDATE is done', async () => {
    const client = await practiceClient();
    await client.run('CREATE TABLE dbo.N (n int PRIMARY KEY); INSERT N VALUES (1),(2),(3); UPDATE N SET n = n + 1');
    expect(await client.rows('SELECT n FROM N ORDER BY n')).toEqual([[2], [3], [4]]);
    await client.run('UPDATE dbo.Orders SET OrderId = OrderId + 1');
    expect(await client.rows('SELECT MIN(OrderId), MAX(OrderId), COUNT(*) FROM dbo.Orders')).toEqual([[2, 481, 480]]);
  });

  it('takes one NULL in a unique column, as SQL Server does', async () => {
    const client = await practiceClient();
    await client.run('CREATE TABLE dbo.U (a int NULL UNIQUE); INSERT U VALUES (NULL)');
    expect(await client.error('INSERT U VALUES (NULL)')).toBe(2627);
  });

  it('tells what it changed with OUTPUT', async () => {
    const client = await practiceClient();
    await client.run(`${people}; CREATE TABLE dbo.Log (id int, what nvarchar(40))`);
    expect(await client.rows("INSERT People (name) OUTPUT inserted.id, inserted.score VALUES ('Ann'), ('Bo')")).toEqual(
      [
        [10, '1.50'],
        [15, '1.50'],
      ],
    );
    expect(
      await client.rows(
        "UPDATE People SET score *= 2 OUTPUT deleted.score + inserted.score AS total, inserted.name WHERE name = 'bo'",
      ),
    ).toEqual([['4.50', 'Bo']]);
    const answer = await client.run(
      "DELETE People OUTPUT deleted.id, 'gone ' + deleted.name INTO dbo.Log WHERE id = 10",
    );
    expect(errorsOf(answer)).toEqual([]);
    expect(answer.counts).toEqual([1]);
    expect(await client.rows('SELECT * FROM Log')).toEqual([[10, 'gone Ann']]);
  });

  it('is updated and deleted through joins and TOP', async () => {
    const client = await practiceClient();
    await client.run(
      'CREATE TABLE dbo.A (id int, v int); CREATE TABLE dbo.B (id int, w int); INSERT A VALUES (1,0),(2,0),(3,0); INSERT B VALUES (1,10),(2,20),(2,21)',
    );
    expect((await client.run('UPDATE x SET v = b.w FROM dbo.A x JOIN dbo.B b ON b.id = x.id')).counts).toEqual([2]);
    expect(await client.rows('SELECT id, CASE WHEN v IN (20, 21) THEN 20 ELSE v END FROM A ORDER BY id')).toEqual([
      [1, 10],
      [2, 20],
      [3, 0],
    ]);
    expect((await client.run('UPDATE A SET v = B.w FROM dbo.B WHERE B.id = A.id AND A.id = 1')).counts).toEqual([1]);
    expect((await client.run('DELETE A FROM dbo.A JOIN dbo.B ON A.id = B.id WHERE B.w = 10')).counts).toEqual([1]);
    expect((await client.run('DELETE TOP (1) FROM A')).counts).toEqual([1]);
    expect(await client.value('SELECT COUNT(*) FROM A')).toBe(1);
    await client.run('TRUNCATE TABLE A');
    expect(await client.value('SELECT COUNT(*) FROM A')).toBe(0);
  });

  it('grows and loses columns, constraints and indexes', async () => {
    const client = await practiceClient();
    await client.run(`${people}; INSERT People (name) VALUES ('Ann'), ('Bo')`);
    expect(
      errorsOf(
        await client.run("ALTER TABLE People ADD city nvarchar(10) NOT NULL DEFAULT 'Bonn', note varchar(5) NULL"),
      ),
    ).toEqual([]);
    expect(await client.rows('SELECT name, city, note FROM People ORDER BY id')).toEqual([
      ['Ann', 'Bonn', null],
      ['Bo', 'Bonn', null],
    ]);
    expect(await client.error('CREATE UNIQUE INDEX IX_City ON People (city)')).toBe(1505);
    expect(
      errorsOf(
        await client.run(
          "UPDATE People SET city = 'Ulm' WHERE name = 'Bo'; CREATE UNIQUE INDEX IX_City ON People (city)",
        ),
      ),
    ).toEqual([]);
    expect(await client.error("INSERT People (name, city) VALUES ('Cy', 'ULM')")).toBe(2601);
    expect(
      errorsOf(
        await client.run(
          "DROP INDEX IX_City ON People; INSERT People (name, city) VALUES ('Cy', 'ULM'); ALTER TABLE People DROP COLUMN note",
        ),
      ),
    ).toEqual([]);
    expect(await client.error('ALTER TABLE People ADD CONSTRAINT CK_New CHECK (score > 100)')).toBe(547);
    expect(await client.error('SELECT note FROM People')).toBe(207);
  });

  it('keeps references', async () => {
    const client = await practiceClient();
    await client.run(
      'CREATE TABLE dbo.P (id int PRIMARY KEY); CREATE TABLE dbo.C (id int, p int NULL CONSTRAINT FK_C REFERENCES dbo.P(id)); INSERT P VALUES (1), (2); INSERT C VALUES (1, 1), (2, NULL)',
    );
    const [orphan] = errorsOf(await client.run('INSERT C VALUES (3, 9)'));
    expect(orphan).toMatchObject({
      number: 547,
      message:
        'The INSERT statement conflicted with the FOREIGN KEY constraint "FK_C". The conflict occurred in database "Sales", table "dbo.P", column \'id\'.',
    });
    expect(errorsOf(await client.run('DELETE P WHERE id = 1'))[0]?.message).toContain('REFERENCE constraint "FK_C"');
    expect(await client.error('DROP TABLE P')).toBe(3726);
    expect((await client.run('DELETE P WHERE id = 2')).counts).toEqual([1]);
  });

  it('of a session or a batch lives as long as it', async () => {
    const client = await practiceClient();
    await client.run("CREATE TABLE #t (a int, b varchar(5)); INSERT #t SELECT 1, 'x'; SELECT a, b INTO #copy FROM #t");
    expect(await client.rows('SELECT * FROM #copy')).toEqual([[1, 'x']]);
    expect(await client.value("SELECT CASE WHEN OBJECT_ID('tempdb..#copy') IS NULL THEN 0 ELSE 1 END")).toBe(1);
    expect(
      await client.rows(
        'DECLARE @t TABLE (a int PRIMARY KEY, b int DEFAULT 5); INSERT @t (a) VALUES (1); BEGIN TRAN; INSERT @t VALUES (2, 2); ROLLBACK; SELECT * FROM @t ORDER BY a',
      ),
    ).toEqual([
      [1, 5],
      [2, 2],
    ]);
    expect(await client.error('SELECT * FROM @t')).toBe(1087);
    await client.execute('CREATE TABLE #inner (a int)', {});
    expect(await client.error('SELECT * FROM #inner')).toBe(208);
    client.session.reset();
    expect(await client.error('SELECT * FROM #t')).toBe(208);
  });

  it('IDENTITY_INSERT lets explicit values in, and the next ones follow', async () => {
    const client = await practiceClient();
    await client.run(
      `${people}; SET IDENTITY_INSERT People ON; INSERT People (id, name) VALUES (100, 'x'); SET IDENTITY_INSERT People OFF; INSERT People (name) VALUES ('y')`,
    );
    expect(await client.rows('SELECT id FROM People')).toEqual([[100], [105]]);
  });

  it('identity values are not taken back by a rollback', async () => {
    const client = await practiceClient();
    await client.run(
      `${people}; BEGIN TRAN; INSERT People (name) VALUES ('lost'); ROLLBACK; INSERT People (name) VALUES ('kept')`,
    );
    expect(await client.rows('SELECT id, name FROM People')).toEqual([[15, 'kept']]);
  });

  it('is described by the catalog views', async () => {
    const client = await practiceClient();
    await client.run(`${people}; INSERT People (name) VALUES ('Ann')`);
    expect(
      await client.rows(
        "SELECT t.name, s.name, t.type_desc FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id WHERE t.object_id = OBJECT_ID(N'dbo.People')",
      ),
    ).toEqual([['People', 'dbo', 'USER_TABLE']]);
    expect(
      await client.rows(`SELECT c.name, ty.name, c.max_length, c.precision, c.scale, c.is_nullable, c.is_identity FROM sys.columns c JOIN sys.types ty ON ty.user_type_id = c.user_type_id
        WHERE c.object_id = OBJECT_ID('[dbo].[People]') ORDER BY c.column_id`),
    ).toEqual([
      ['id', 'int', 4, 10, 0, false, true],
      ['name', 'nvarchar', 40, 0, 0, false, false],
      ['born', 'date', 3, 10, 0, true, false],
      ['score', 'decimal', 5, 9, 2, false, false],
    ]);
    expect(
      await client.rows(
        "SELECT i.name, i.type_desc, i.is_primary_key, p.rows FROM sys.indexes i JOIN sys.partitions p ON p.object_id = i.object_id AND p.index_id = i.index_id WHERE i.object_id = OBJECT_ID('People') ORDER BY i.index_id",
      ),
    ).toEqual([
      ['PK_People', 'CLUSTERED', true, 1n],
      ['UQ_Name', 'NONCLUSTERED', false, 1n],
    ]);
    expect(
      await client.rows(
        "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH FROM Sales.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'people' AND ORDINAL_POSITION = 2",
      ),
    ).toEqual([['name', 'nvarchar', 'NO', 20]]);
    expect(
      await client.rows("SELECT OBJECT_NAME(OBJECT_ID('People')), OBJECT_ID('Nope'), OBJECT_ID('Archive.dbo.People')"),
    ).toEqual([['People', null, null]]);
    expect(
      await client.rows(
        "SELECT SUM(row_count) FROM sys.dm_db_partition_stats WHERE object_id = OBJECT_ID('dbo.Orders') AND index_id IN (0, 1)",
      ),
    ).toEqual([[480n]]);
  });

  it('of any name holds any text', async () => {
    const client = await practiceClient();
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter(text => !text.includes('\0') && text.trimEnd() === text && text.length <= 60 && !/^[#@]/.test(text));
    await fc.assert(
      fc.asyncProperty(name, name, fc.string({ unit: 'grapheme', maxLength: 40 }), async (table, column, text) => {
        fc.pre(!text.includes('\0'));
        const [t, c, value] = [quoteName(table), quoteName(column), quoteLiteral(text)];
        const answer = await client.run(
          `CREATE TABLE dbo.${t} (${c} nvarchar(200)); INSERT dbo.${t} VALUES (${value}); SELECT ${c} FROM dbo.${t} WHERE ${c} = ${value}; SELECT name FROM sys.tables WHERE name = ${quoteLiteral(table)}; DROP TABLE dbo.${t}`,
        );
        expect(errorsOf(answer)).toEqual([]);
        expect(answer.results.map(result => result.rows)).toEqual([[[text]], [[table]]]);
        expect(answer.results[0]?.columns[0]?.name).toBe(column);
      }),
      { numRuns: 80 },
    );
  });
});

describe('what is written', () => {
  it('also the tables made by T-SQL reach the other side, in order', async () => {
    const { connect, connectTo, world } = await practice();
    const client = await connect();
    await client.run(
      `${people}; INSERT People (name) VALUES ('Ann'), ('Bo'); BEGIN TRAN; UPDATE People SET score = 9 WHERE name = 'ann'; ALTER TABLE People ADD note nvarchar(10); UPDATE People SET note = name; DELETE People WHERE name = 'Bo'; COMMIT`,
    );
    await world.clock.sleep(300);
    const replica = await connectTo(world.managedInstance);
    expect(await replica.rows('SELECT id, name, score, note FROM dbo.People')).toEqual([[10, 'Ann', '9.00', 'Ann']]);
    expect(await replica.rows("SELECT COUNT(*) FROM sys.columns WHERE object_id = OBJECT_ID('People')")).toEqual([[5]]);
    expect(await replica.error("INSERT People (name) VALUES ('x')")).toBe(3906);
  });
});
