import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatServerName, parseServerName, type ServerAddress } from '../../src/hosts/server-name.ts';

describe('what is typed for a server', () => {
  it.each<[string, ServerAddress]>([
    ['sqlprod01', { host: 'sqlprod01' }],
    ['  SQLPROD01.contoso.com ', { host: 'SQLPROD01.contoso.com' }],
    ['sqlprod01,14330', { host: 'sqlprod01', port: 14330 }],
    ['sqlprod01 , 14330', { host: 'sqlprod01', port: 14330 }],
    ['tcp:10.1.2.3,1433', { host: '10.1.2.3', port: 1433 }],
    ['sqlprod01\\ERP', { host: 'sqlprod01', instanceName: 'ERP' }],
    ['sqlprod01\\MSSQLSERVER', { host: 'sqlprod01' }],
    ['sqlprod01\\ERP,14331', { host: 'sqlprod01', port: 14331 }],
    ['.', { host: 'localhost' }],
    ['.\\SQLEXPRESS', { host: 'localhost', instanceName: 'SQLEXPRESS' }],
    ['(local)', { host: 'localhost' }],
    ['[fd00::5]', { host: 'fd00::5' }],
    ['[fd00::5],1433', { host: 'fd00::5', port: 1433 }],
    ['[::1]\\ERP', { host: '::1', instanceName: 'ERP' }],
    ['bücher-sql', { host: 'bücher-sql' }],
  ])('%s', (text, address) => expect(parseServerName(text)).toEqual({ address }));

  it.each([
    ['', 'Enter the name of the server.'],
    [',1433', 'Enter the name of the server.'],
    ['np:\\\\sqlprod01\\pipe\\sql', 'Only TCP'],
    ['(localdb)\\MSSQLLocalDB', 'LocalDB'],
    ['fd00::5', '[fd00::5]'],
    ['[fd00::zz]', 'not an IPv6 address'],
    ['[fd00::5', 'Enter host'],
    ['sqlprod01:1433', 'sqlprod01,1433'],
    ['sql prod', 'not a host name'],
    ['sqlprod01;Password=x', 'not a host name'],
    ['-sql', 'not a host name'],
    ['sqlprod01,0', '1 to 65535'],
    ['sqlprod01,65536', '1 to 65535'],
    ['sqlprod01,', '1 to 65535'],
    ['sqlprod01,14x', '1 to 65535'],
    ['sqlprod01\\', 'not an instance name'],
    ['sqlprod01\\1st', 'not an instance name'],
    ['sqlprod01\\a name', 'not an instance name'],
    ['sqlprod01\\ABCDEFGHIJKLMNOPQ', 'not an instance name'],
    [`${'a'.repeat(254)}`, 'not a host name'],
  ])('%j is refused', (text, why) => expect(parseServerName(text)).toEqual({ problem: expect.stringContaining(why) }));

  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  const instanceName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_$]{0,15}$/).filter(name => !/^MSSQLSERVER$/i.test(name));
  const address: fc.Arbitrary<ServerAddress> = fc.oneof(
    fc.record({ host }),
    fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }),
    fc.record({ host, instanceName }),
  );

  it('reads back every address as it writes it', () => {
    fc.assert(
      fc.property(address, at => {
        expect(parseServerName(formatServerName(at))).toEqual({ address: at });
      }),
    );
  });

  it('never throws, and never lets a separator into the host', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const parsed = parseServerName(text);
        if ('address' in parsed) expect(parsed.address.host).not.toMatch(/[\s,;\\[\]=]/);
        else expect(parsed.problem).not.toBe('');
      }),
      { numRuns: 2000 },
    );
  });
});
