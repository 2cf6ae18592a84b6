import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstanceEndpoint } from '../../src/link/endpoint.ts';
import { formatLsn, parseLsn, sameLsn } from '../../src/link/lsn.ts';
import { quoteLiteral, quoteName, sameName } from '../../src/link/names.ts';
import { compareBuilds, parseBuild, productName } from '../../src/link/version.ts';

describe('an LSN', () => {
  it('keeps every digit that numeric(25,0) has', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 25n - 1n }), n => parseLsn(n.toString()) === n));
  });

  it('is shown in the parts that DBAs know', () => {
    expect(formatLsn(parseLsn('37000000123200001'))).toBe('00000025:000004d0:0001');
  });

  it.each(['', '1.5', '-1', '1e17', '0x1', ' 1', '12345678901234567890123456'])('is not read from %j', text => {
    expect(() => parseLsn(text)).toThrow(RangeError);
  });

  it('that is unknown equals nothing, not even another unknown', () => {
    expect(sameLsn(undefined, undefined)).toBe(false);
  });
});

describe('a name', () => {
  /** Reads [name] back as the server does. */
  const unquoteName = (text: string) => text.slice(1, -1).replaceAll(']]', ']');
  const names = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter(n => !n.includes('\0') && n.length <= 128);

  it('survives quoting, and no ] inside ends it', () => {
    fc.assert(
      fc.property(names, name => {
        const quoted = quoteName(name);
        return unquoteName(quoted) === name && !/[^\]](\]\])*\][^\]]/.test(quoted.slice(0, -1).replaceAll(']]', ''));
      }),
    );
  });

  it('survives quoting as a literal', () => {
    fc.assert(
      fc.property(
        names,
        name =>
          quoteLiteral(name).slice(2, -1).replaceAll("''", "'") === name &&
          quoteLiteral(name).slice(2, -1).replaceAll("''", '').includes("'") === false,
      ),
    );
  });

  it.each(['', 'x'.repeat(129), 'a\0b'])('that no server can have is refused: %j', name => {
    expect(() => quoteName(name)).toThrow(RangeError);
  });

  it('compares as the servers do', () => {
    expect([sameName('Sales', 'sales '), sameName('Sales', 'Sales2'), sameName('é', 'e')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the endpoint of a link', () => {
  it.each([
    ['tcp://mi-prod.0a1b2c.database.windows.net:5022;Server=[mi-prod]', 'mi-prod'],
    ['TCP://mi-prod.0a1b2c.database.windows.net:5022;Server=[mi-prod];Database=[Sales]', 'mi-prod'],
    ['tcp://mi-x.zone.database.chinacloudapi.cn:5022', 'mi-x'],
    ['tcp://mi-x.zone.database.usgovcloudapi.net:5022;Server=[mi-x]', 'mi-x'],
  ])('%s names the instance', (url, instance) => {
    expect(parseInstanceEndpoint(url)?.instance).toBe(instance);
  });

  it.each(['tcp://sqlnode2.contoso.local:5022', 'tcp://10.0.0.5:5022', 'nonsense', ''])('%j names none', url => {
    expect(parseInstanceEndpoint(url)).toBeUndefined();
  });
});

describe('a version', () => {
  it('orders by all four parts', () => {
    const sorted = ['16.0.4125.3', '15.0.4312.2', '16.0.1000.6', '16.0.4125.12'].map(parseBuild).sort(compareBuilds);
    expect(sorted.map(b => `${b.major}.${b.build}.${b.revision}`)).toEqual([
      '15.4312.2',
      '16.1000.6',
      '16.4125.3',
      '16.4125.12',
    ]);
  });

  it('is named by year, and honestly when it is newer than this tool', () => {
    expect([productName(parseBuild('15.0.4312.2')), productName(parseBuild('18.0.1.2'))]).toEqual([
      'SQL Server 2019',
      'SQL Server (version 18)',
    ]);
  });
});
