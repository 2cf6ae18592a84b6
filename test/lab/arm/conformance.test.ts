import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instancePath, linkPath, type Practice, startPractice } from './practice.ts';

/** The published definitions, walked strictly: a property they do not have is a violation too. */
interface Definition {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly items?: Definition;
  readonly allOf?: readonly Definition[];
  readonly $ref?: string;
}
const { definitions } = JSON.parse(readFileSync(new URL('fixtures/link.2025-01-01.json', import.meta.url), 'utf8')) as {
  readonly definitions: Readonly<Record<string, Definition>>;
};
/** Of the common types, version 1: id, name and type, all strings. */
const proxyResource: Definition = {
  properties: { id: { type: 'string' }, name: { type: 'string' }, type: { type: 'string' } },
};

const resolved = (definition: Definition): Definition => {
  const name = definition.$ref?.split('/').at(-1);
  if (name === undefined) return definition;
  const found = name === 'ProxyResource' ? proxyResource : definitions[name];
  if (!found) throw new Error(`The definitions have no ${name}.`);
  return found;
};

const propertiesOf = (definition: Definition): Readonly<Record<string, Definition>> =>
  Object.assign({}, ...(definition.allOf ?? []).map(part => propertiesOf(resolved(part))), definition.properties);

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

const violations = (value: unknown, given: Definition, at: string): string[] => {
  const definition = resolved(given);
  if (definition.type === 'array')
    return Array.isArray(value)
      ? value.flatMap((item, i) => violations(item, definition.items ?? {}, `${at}[${i}]`))
      : [`${at} is no array`];
  if (definition.type === 'string') {
    if (typeof value !== 'string') return [`${at} is no string`];
    if (definition.enum && !definition.enum.includes(value))
      return [`${at} is ${value}, not one of ${definition.enum}`];
    const format = formats[definition.format ?? ''];
    return format && !format.test(value) ? [`${at} is no ${definition.format}: ${value}`] : [];
  }
  if (definition.type === 'integer') return Number.isInteger(value) ? [] : [`${at} is no integer`];
  if (typeof value !== 'object' || value === null) return [`${at} is no object`];
  const known = propertiesOf(definition);
  const missing = (definition.required ?? []).filter(name => !(name in value)).map(name => `${at}.${name} is missing`);
  return [
    ...missing,
    ...Object.entries(value).flatMap(([name, item]) => {
      const property = known[name];
      return property ? violations(item, property, `${at}.${name}`) : [`${at}.${name} is not in the definition`];
    }),
  ];
};

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice();
});
afterAll(() => practice.cloud.close());

describe('answers at 2025-01-01 are what the specification defines', () => {
  const link = { $ref: '#/definitions/DistributedAvailabilityGroup' };
  const query = 'api-version=2025-01-01';

  it('a link, with every property there is', async () => {
    const { json } = await practice.arm(`${linkPath}?${query}`);
    expect(violations(json, link, 'link')).toEqual([]);
    expect(Object.keys(json.properties).toSorted()).toEqual(
      Object.keys(definitions.DistributedAvailabilityGroupProperties?.properties ?? {}).toSorted(),
    );
    expect(Object.keys(json.properties.databases[0]).toSorted()).toEqual(
      Object.keys(definitions.DistributedAvailabilityGroupDatabase?.properties ?? {}).toSorted(),
    );
  });

  it('the list of links', async () => {
    const { json } = await practice.arm(`${instancePath}/distributedAvailabilityGroups?${query}`);
    expect(violations(json, { $ref: '#/definitions/DistributedAvailabilityGroupsListResult' }, 'list')).toEqual([]);
    expect(json.value).toHaveLength(1);
  });

  it.each([
    ['PATCH', '', '{"properties":{"replicationMode":"Sync"}}'],
    ['POST', '/failover', '{"failoverType":"ForcedAllowDataLoss"}'],
    ['POST', '/setRole', '{"instanceRole":"Secondary","roleChangeType":"Forced"}'],
  ])('the result of %s%s', async (method, action, body) => {
    const accepted = await practice.arm(`${linkPath}${action}?${query}`, { method, body });
    const { json } = await practice.arm(String(accepted.headers.location));
    expect(violations(json, link, 'result')).toEqual([]);
  });

  it('and the walk does find what is wrong', () => {
    const wrong = {
      name: 1,
      extra: true,
      properties: {
        replicationMode: 'Maybe',
        distributedAvailabilityGroupId: 'x',
        databases: [{ lastSentTime: 'today' }],
      },
    };
    expect(violations(wrong, link, 'link')).toEqual([
      'link.name is no string',
      'link.extra is not in the definition',
      'link.properties.replicationMode is Maybe, not one of Async,Sync',
      'link.properties.distributedAvailabilityGroupId is no uuid: x',
      'link.properties.databases[0].lastSentTime is no date-time: today',
    ]);
  });
});
