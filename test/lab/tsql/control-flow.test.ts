import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../../src/lab/clock.ts';
import { errorsOf, practice, practiceClient } from './practice.ts';

const printed = (messages: readonly { readonly number: number; readonly message: string }[]): readonly string[] =>
  messages.filter(message => message.number === 0).map(message => message.message);

describe('a batch', () => {
  it('runs through IF, WHILE, BREAK and CONTINUE', async () => {
    const client = await practiceClient();
    const sql = `DECLARE @i int = 0, @s varchar(100) = '';
      WHILE 1 = 1
      BEGIN
        SET @i += 1;
        IF @i = 3 CONTINUE
        IF @i > 5 BREAK;
        SELECT @s = @s + CAST(@i AS varchar(3)) + ',';
      END
      IF @s LIKE '%4%' PRINT 'four' ELSE PRINT 'no four'
      IF EXISTS (SELECT 1 FROM sys.databases WHERE name = 'nope') PRINT 'found';
      ELSE BEGIN PRINT @s END`;
    expect(printed((await client.run(sql)).messages)).toEqual(['four', '1,2,4,5,']);
  });

  it('types its variables and converts on assignment', async () => {
    const client = await practiceClient();
    expect(
      await client.rows(
        "DECLARE @a tinyint = 7.9, @b varchar(3) = 'abcdef', @c datetime2(0) = '2026-01-01', @d decimal(5,1) = 1.25, @e int; SELECT @a, @b, @c, @d, @e",
      ),
    ).toEqual([[7, 'abc', '2026-01-01T00:00:00', '1.3', null]]);
    expect(await client.error('DECLARE @a tinyint = 300')).toBe(220);
    expect(
      await client.rows(
        "DECLARE @id int, @n sysname = N'none'; SELECT @id = database_id, @n = name FROM sys.databases WHERE name = 'Sales'; SELECT @id, @n, @@ROWCOUNT",
      ),
    ).toEqual([[5, 'Sales', 1]]);
    expect(
      await client.rows(
        "DECLARE @n sysname = N'kept'; SELECT @n = name FROM sys.databases WHERE name = 'nope'; SELECT @n",
      ),
    ).toEqual([['kept']]);
    expect(await client.error("DECLARE @s varchar(max) = ''; SELECT @s = @s + name FROM sys.databases")).toBe(49999);
  });

  it('takes parameters with the types they were sent with', async () => {
    const client = await practiceClient();
    const answer = await client.execute("SELECT @n, @text + N'!', @lsn, @at WHERE @text = N'ÄRGER'", {
      '@n': [{ name: 'bigint' }, 9007199254740993n],
      '@text': [{ name: 'nvarchar', length: 50 }, 'ärger'],
      '@lsn': [{ name: 'numeric', precision: 25, scale: 0 }, '37000000123200001'],
      '@at': [{ name: 'datetime2', scale: 7 }, '2026-01-02T03:04:05.1234567'],
    });
    expect(answer.results[0]?.rows).toEqual([
      [9007199254740993n, 'ärger!', '37000000123200001', '2026-01-02T03:04:05.1234567'],
    ]);
  });

  it('ends with RETURN, and EXEC runs a text of its own', async () => {
    const client = await practiceClient();
    expect(
      printed(
        (
          await client.run(
            "EXEC ('PRINT 1; RETURN; PRINT 2'); EXEC sp_executesql N'PRINT @p', N'@p int', @p = 3; PRINT 4; RETURN; PRINT 5",
          )
        ).messages,
      ),
    ).toEqual(['1', '3', '4']);
    expect(
      await client.rows(
        "DECLARE @out int; EXEC sp_executesql N'SET @o = @p * 2', N'@p int, @o int OUTPUT', 21, @out OUTPUT; SELECT @out",
      ),
    ).toEqual([[42]]);
  });

  it('changes the current database', async () => {
    const client = await practiceClient();
    const answer = await client.run(
      'USE Archive; SELECT DB_NAME(), (SELECT COUNT(*) FROM dbo.OldOrders), (SELECT COUNT(*) FROM Sales..Orders)',
    );
    expect(answer.results[0]?.rows).toEqual([['Archive', 120, 480]]);
    expect(answer.events).toEqual(['database Sales → Archive']);
    expect(answer.messages[0]).toMatchObject({
      number: 5701,
      class: 0,
      message: "Changed database context to 'Archive'.",
    });
  });

  it('goes on after a failed statement but not after a failed conversion or a missing table', async () => {
    const client = await practiceClient();
    expect(printed((await client.run('SELECT 1/0; PRINT 1')).messages)).toEqual(['1']);
    expect(printed((await client.run("SELECT CAST('x' AS int); PRINT 1")).messages)).toEqual([]);
    expect(printed((await client.run('SELECT * FROM nope; PRINT 1')).messages)).toEqual([]);
    expect(printed((await client.run("RAISERROR('x', 16, 1); PRINT 1")).messages)).toEqual(['1']);
    expect(printed((await client.run("THROW 50000, 'x', 1; PRINT 1")).messages)).toEqual([]);
    expect((await client.run('SELECT 1/0; SELECT @@ERROR; SELECT @@ERROR')).results.map(result => result.rows)).toEqual(
      [[[8134]], [[0]]],
    );
  });

  it('reports nothing but the mistake when it does not parse', async () => {
    const client = await practiceClient();
    const answer = await client.run('PRINT 1; SELEC 2');
    expect(printed(answer.messages)).toEqual([]);
    expect(errorsOf(answer)).toHaveLength(1);
  });

  it('counts rows unless NOCOUNT says no', async () => {
    const client = await practiceClient();
    expect((await client.run('SELECT 1; SET NOCOUNT ON; SELECT 1')).counts).toEqual([1, undefined]);
  });

  it('accepts what tedious sets at login', async () => {
    const client = await practiceClient();
    const sql = [
      'ansi_nulls on',
      'ansi_null_dflt_on on',
      'ansi_padding on',
      'ansi_warnings on',
      'arithabort on',
      'concat_null_yields_null on',
      'datefirst 7',
      'dateformat mdy',
      'implicit_transactions off',
      'language us_english',
      'numeric_roundabort off',
      'quoted_identifier on',
      'textsize 2147483647',
      'transaction isolation level read committed',
      'xact_abort off',
    ]
      .map(option => `set ${option}`)
      .join('\n');
    expect((await client.run(sql)).messages).toEqual([]);
  });
});

describe('TRY and CATCH', () => {
  it('tell what went wrong and where, and throw it on', async () => {
    const client = await practiceClient();
    const sql = `BEGIN TRY
      BEGIN TRY
        SELECT 1/0
      END TRY
      BEGIN CATCH
        PRINT CONCAT(ERROR_NUMBER(), ' on ', ERROR_LINE());
        THROW
      END CATCH
    END TRY
    BEGIN CATCH
      SELECT ERROR_NUMBER(), ERROR_SEVERITY(), ERROR_STATE(), ERROR_LINE(), ERROR_MESSAGE(), @@ERROR;
    END CATCH
    SELECT ERROR_NUMBER()`;
    const answer = await client.run(sql);
    expect(errorsOf(answer)).toEqual([]);
    expect(printed(answer.messages)).toEqual(['8134 on 3']);
    expect(answer.results.at(-2)?.rows).toEqual([[8134, 16, 1, 3, 'Divide by zero error encountered.', 8134]]);
    expect(answer.results.at(-1)?.rows).toEqual([[null]]);
  });

  it('take RAISERROR from severity 11 on', async () => {
    const client = await practiceClient();
    const answer = await client.run(
      "BEGIN TRY RAISERROR('low', 10, 1); RAISERROR('high %s', 12, 3, 'up'); END TRY BEGIN CATCH SELECT ERROR_MESSAGE(), ERROR_SEVERITY(), ERROR_STATE() END CATCH",
    );
    expect(answer.messages).toMatchObject([{ number: 50000, class: 10, message: 'low' }]);
    expect(answer.results[0]?.rows).toEqual([['high up', 12, 3]]);
  });

  it('do not see what their own batch was compiled wrong with, but what EXEC was', async () => {
    const client = await practiceClient();
    expect(await client.error('BEGIN TRY SELECT * FROM nope END TRY BEGIN CATCH SELECT 1 END CATCH')).toBe(208);
    expect(
      await client.rows("BEGIN TRY EXEC ('SELECT * FROM nope') END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH"),
    ).toEqual([[208]]);
    expect(await client.rows("BEGIN TRY EXEC ('SELEC') END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH")).toEqual([
      [2812],
    ]);
  });
});

describe('waiting', () => {
  it('takes the time it says, of the practice clock', async () => {
    const clock = virtualClock(Date.UTC(2026, 0, 1, 12));
    const { connect } = await practice({ clock });
    const client = await connect();
    const before = clock.now();
    await clock.finish(client.run("WAITFOR DELAY '00:00:05.250'"));
    expect(clock.now() - before).toBe(5250);
    await clock.finish(
      client.run(
        'DECLARE @t datetime = DATEADD(second, 90, GETDATE()); DECLARE @s varchar(8) = CONVERT(varchar(8), @t, 108); WAITFOR TIME @s',
      ),
    );
    expect(clock.now() - before).toBeGreaterThanOrEqual(5250 + 89_000);
    expect(await client.error("WAITFOR DELAY 'soon'")).toBe(148);
  });

  it('ends at once when the client asks for attention, and so does a loop', async () => {
    const client = await practiceClient();
    for (const sql of ["WAITFOR DELAY '00:10:00'", 'WHILE 1 = 1 SELECT 1 WHERE 1 = 0']) {
      const attention = new AbortController();
      const running = client.run(sql, attention.signal);
      setTimeout(() => attention.abort(), 30);
      expect(errorsOf(await running)).toEqual([]);
    }
    expect(await client.value('SELECT 1')).toBe(1);
  });
});

describe('what a text of EXEC or of a driver’s sp_executesql changes', () => {
  it('ends with it: the database, options, temporary tables; an open transaction is complained about', async () => {
    const client = await practiceClient();
    expect((await client.execute('USE Archive; SET NOCOUNT ON; SELECT DB_NAME()', {})).results[0]?.rows).toEqual([
      ['Archive'],
    ]);
    const after = await client.run('SELECT DB_NAME()');
    expect([after.results[0]?.rows, after.counts]).toEqual([[['Sales']], [1]]);
    expect(errorsOf(await client.execute('BEGIN TRAN', {})).map(error => error.number)).toEqual([266]);
    expect(await client.value('SELECT @@TRANCOUNT')).toBe(1);
    expect(await client.error('UPDATE c SET n = 1 FROM (SELECT 1 n) c')).toBe(49999);
    expect(await client.error('WITH c AS (SELECT OrderId FROM dbo.Orders) DELETE FROM c')).toBe(49999);
    expect(
      await client.rows(
        'DECLARE @i int = 0; WHILE @i < 3 BEGIN DECLARE @t TABLE (a int); INSERT @t VALUES (@i); SET @i += 1 END; SELECT COUNT(*) FROM @t',
      ),
    ).toEqual([[3]]);
  });
});
