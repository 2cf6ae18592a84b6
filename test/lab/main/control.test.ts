import { beforeEach, describe, expect, it } from 'vitest';
import { type Controlled, createControl } from '../../../src/lab/control.ts';

let done: unknown[];
let control: ReturnType<typeof createControl>;
const lab: Controlled = {
  state: () => ({ sqlServer: { endOfLog: 37000000123200001n } }),
  knobs: () => [{ name: 'writers', unit: 'count', value: 2, description: 'How many write.' }],
  setKnobs: async values => {
    if ('writer' in values) throw new Error('There is no knob "writer".');
    done.push(values);
  },
  dropConnections: (side, abruptly) => done.push([side, abruptly]),
  stop: async () => undefined,
};
beforeEach(() => {
  done = [];
  control = createControl(lab);
});

const call = async (path: string, body?: string, headers: Record<string, string> = {}) => {
  const response = await control.request(
    `http://127.0.0.1${path}`,
    body === undefined ? { headers } : { method: 'POST', body, headers },
  );
  return [response.status, await response.json()];
};

describe('the control server', () => {
  it('shows the state with every digit of an LSN', async () => {
    expect(await call('/state')).toEqual([200, { sqlServer: { endOfLog: '37000000123200001' } }]);
  });

  it('lists knobs and sets them', async () => {
    const knobs = lab.knobs();
    expect(await call('/knobs')).toEqual([200, { knobs }]);
    expect(await call('/knobs', '{"writers":2,"roundTrip":5}')).toEqual([200, { knobs }]);
    expect(done).toEqual([{ writers: 2, roundTrip: 5 }]);
  });

  it.each([
    ['/knobs', '{"writer":1}', 'There is no knob "writer".'],
    ['/knobs', '[1]', 'The body must be a JSON object.'],
    ['/network', '{"drop":"everything"}', 'Invalid type'],
    ['/network', '{', 'JSON'],
  ])('refuses %s %s', async (path, body, reason) => {
    const [status, answer] = await call(path, body);
    expect(status).toBe(400);
    expect(JSON.stringify(answer)).toContain(reason.replaceAll('"', '\\"'));
    expect(done).toEqual([]);
  });

  it('drops connections, politely or not', async () => {
    await call('/network', '{"drop":"managedInstance"}');
    await call('/network', '{"drop":"sqlServer","abruptly":true}');
    expect(done).toEqual([
      ['managedInstance', false],
      ['sqlServer', true],
    ]);
  });

  it('answers no web page: neither a cross-origin one nor a rebound host name', async () => {
    expect((await call('/knobs', '{}', { origin: 'https://example.com' }))[0]).toBe(403);
    expect((await control.request('http://lab.example.com/state')).status).toBe(403);
    expect(done).toEqual([]);
  });

  it('says what it has when asked for something else', async () => {
    const [status, answer] = await call('/nothing');
    expect([status, JSON.stringify(answer)]).toEqual([404, expect.stringContaining('GET /state')]);
  });
});
