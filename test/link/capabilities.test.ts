import { describe, expect, it } from 'vitest';
import { capabilities, type Direction, isNewerThanKnown, type LinkSituation } from '../../src/link/capabilities.ts';

const situation = (
  version: string,
  databaseFormat: string | undefined,
  direction: Direction = 'toInstance',
  failoverMode = 'Manual',
): LinkSituation => ({ version, databaseFormat, failoverMode, direction });

const possible = (s: LinkSituation): string[] =>
  capabilities(s)
    .filter(c => c.possible)
    .map(c => `${c.kind} ${c.way}${c.keepsLink ? ' (kept)' : ''}`);

describe('the failovers that are possible', () => {
  it.each<[string, LinkSituation, string[]]>([
    [
      '2016 SP3 with the Azure Connect pack',
      situation('13.0.7000.253', 'AlwaysUpToDate', 'toInstance', 'None'),
      ['planned cutLink', 'forced force'],
    ],
    ['2016 SP3 without it', situation('13.0.6300.2', 'SQLServer2022'), ['forced force']],
    ['2017 CU31 with the pack', situation('14.0.3490.10', 'SQLServer2022'), ['planned cutLink', 'forced force']],
    ['2017 CU31 without it', situation('14.0.3456.2', 'SQLServer2022'), ['forced force']],
    ['2019 CU20', situation('15.0.4312.2', 'SQLServer2022'), ['planned cutLink', 'forced force']],
    [
      '2022 RTM',
      situation('16.0.1000.6', 'SQLServer2022'),
      ['planned cutLink', 'planned roleSwitch (kept)', 'forced force (kept)'],
    ],
    [
      '2022 CU10',
      situation('16.0.4095.4', 'sqlserver2022'),
      ['planned cutLink', 'planned roleSwitch (kept)', 'forced force (kept)'],
    ],
    [
      '2022 CU13',
      situation('16.0.4125.3', 'SQLSERVER2022'),
      ['planned cutLink', 'planned tsqlFailover (kept)', 'forced force (kept)'],
    ],
    ['2022 CU13 to a 2025 instance', situation('16.0.4125.3', 'SqlServer2025'), ['planned cutLink', 'forced force']],
    [
      '2022 CU13 to an always-up-to-date instance',
      situation('16.0.4125.3', 'AlwaysUpToDate'),
      ['planned cutLink', 'forced force'],
    ],
    [
      '2022 CU13 with a one-way link',
      situation('16.0.4125.3', 'SQLServer2022', 'toInstance', 'None'),
      ['planned cutLink', 'forced force'],
    ],
    [
      '2025 RTM',
      situation('17.0.1000.7', 'SQLServer2025'),
      ['planned cutLink', 'planned tsqlFailover (kept)', 'forced force (kept)'],
    ],
    [
      'a newer version, as 2025',
      situation('18.0.100.1', 'SQLServer2025'),
      ['planned cutLink', 'planned tsqlFailover (kept)', 'forced force (kept)'],
    ],
    ['back to 2019', situation('15.0.4312.2', 'SQLServer2022', 'toSqlServer'), []],
    ['back to 2022 CU9', situation('16.0.4085.2', 'SQLServer2022', 'toSqlServer'), ['forced force (kept)']],
    [
      'back to 2022 CU13',
      situation('16.0.4125.3', 'SQLServer2022', 'toSqlServer'),
      ['planned azureFailover (kept)', 'planned tsqlFailover (kept)', 'forced force (kept)'],
    ],
    [
      'back to 2025 from a 2022 instance',
      situation('17.0.1000.7', 'SQLServer2022', 'toSqlServer'),
      ['forced force (kept)'],
    ],
    [
      'back to 2025',
      situation('17.0.1000.7', 'sqlserver2025', 'toSqlServer'),
      ['planned azureFailover (kept)', 'planned tsqlFailover (kept)', 'forced force (kept)'],
    ],
  ])('%s', (_, s, expected) => {
    expect(possible(s)).toEqual(expected);
  });

  it('each impossible one says why', () => {
    for (const version of ['12.0.1.1', '13.0.6300.2', '15.0.4312.2', '16.0.4095.4', '17.0.1000.7'])
      for (const direction of ['toInstance', 'toSqlServer'] as const)
        for (const c of capabilities(situation(version, 'AlwaysUpToDate', direction, 'None')))
          expect(c.possible || (c.whyNot ?? '').length > 20, `${version} ${c.way}`).toBe(true);
  });
});

describe('a version', () => {
  it('newer builds than this release knows are noticed', () => {
    expect([isNewerThanKnown('17.0.4000.1'), isNewerThanKnown('18.0.1.1')]).toEqual([false, true]);
  });
});
