/** Which api-versions the practice Resource Manager answers, per resource type, and which shape a link has in them (mi-link.md 3.1). */

const oldLink = [
  '2021-11-01-preview',
  '2022-02-01-preview',
  '2022-05-01-preview',
  '2022-08-01-preview',
  '2022-11-01-preview',
  '2023-02-01-preview',
] as const;

const newLink = [
  '2023-05-01-preview',
  '2023-08-01-preview',
  '2023-08-01',
  '2024-05-01-preview',
  '2024-11-01-preview',
  '2025-01-01',
] as const;

const olderSql = [
  '2018-06-01-preview',
  '2020-02-02-preview',
  '2020-08-01-preview',
  '2020-11-01-preview',
  '2021-02-01-preview',
  '2021-05-01-preview',
  '2021-08-01-preview',
  '2021-11-01',
] as const;

/** Api-versions by kind of resource, oldest first. */
export const apiVersions = {
  tenants: [
    '2014-04-01',
    '2016-06-01',
    '2018-06-01',
    '2019-06-01',
    '2019-11-01',
    '2020-01-01',
    '2021-01-01',
    '2022-09-01',
    '2022-12-01',
  ],
  subscriptions: [
    '2014-04-01',
    '2016-06-01',
    '2018-06-01',
    '2019-06-01',
    '2019-11-01',
    '2020-01-01',
    '2021-01-01',
    '2022-09-01',
    '2022-12-01',
  ],
  resourceGroups: [
    '2016-06-01',
    '2018-05-01',
    '2019-10-01',
    '2020-06-01',
    '2020-10-01',
    '2021-01-01',
    '2021-04-01',
    '2022-09-01',
    '2023-07-01',
    '2024-03-01',
    '2024-07-01',
    '2024-11-01',
    '2025-04-01',
  ],
  permissions: ['2015-07-01', '2018-01-01-preview', '2018-07-01', '2022-04-01', '2022-05-01-preview'],
  instances: [...olderSql, ...oldLink, ...newLink],
  links: [...oldLink, ...newLink],
  linkActions: [...newLink],
} as const satisfies Record<string, readonly string[]>;

/** Old: one database per link, no roles. New: roles, failover mode, databases[]. */
export type LinkShape = 'old' | 'new';

/** The shape a link has at a supported api-version. */
export const linkShape = (apiVersion: string): LinkShape =>
  oldLink.some(version => version === apiVersion) ? 'old' : 'new';

/** Whether an instance shows databaseFormat and hybridSecondaryUsage (mi-link.md 3.5: not in the versions that older SDKs pin). */
export const showsUpdatePolicy = (apiVersion: string): boolean => apiVersion >= '2023-08-01';
