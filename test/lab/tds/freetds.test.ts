import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serve } from './clients.ts';
import { type Cell, manyRows, oneRow, password } from './scripted-backend.ts';

const installed = spawnSync('tsql', ['-C']).status === 0;

/** What one run of a FreeTDS program wrote. */
interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function run(command: string, args: readonly string[], input: string, env: Record<string, string>): Promise<Run> {
  const child = spawn(command, args, { env: { ...process.env, LC_ALL: 'C.UTF-8', ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', chunk => {
    out += chunk;
  });
  child.stderr.on('data', chunk => {
    err += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', status => resolve({ status, out, err }));
  });
}

// An exact second opinion: FreeTDS shows all 38 digits of a numeric, which the mssql driver rounds.
describe.skipIf(!installed)('FreeTDS', () => {
  let served: Served;
  let directory: string;

  beforeAll(async () => {
    served = await serve();
    directory = await mkdtemp(join(tmpdir(), 'freetds-'));
  });

  afterAll(async () => {
    await served.listener.close();
    await rm(directory, { recursive: true });
  });

  async function freetds(command: string, args: readonly string[], input: string, settings: string): Promise<Run> {
    const file = join(directory, `${settings.replace(/\W/g, '')}.conf`);
    const server = `[lab]\n\thost = 127.0.0.1\n\tport = ${served.listener.port}\n\tclient charset = UTF-8\n${settings}`;
    await writeFile(file, server);
    return run(command, ['-S', 'lab', '-U', 'dba', ...args], input, { FREETDSCONF: file });
  }

  const tsql = (input: string, settings: string, secret = password) =>
    freetds('tsql', ['-P', secret, '-o', 'fhq'], `${input}\ngo\nexit\n`, settings);

  const encryptions = ['off', 'request', 'require'] as const;
  const versions = ['7.1', '7.2', '7.3', '7.4'] as const;

  it.each(encryptions.flatMap(encryption => versions.map(version => [encryption, version] as const)))(
    'tsql with encryption %s speaks TDS %s',
    async (encryption, version) => {
      const { out, status } = await tsql('SELECT 1', `\tencryption = ${encryption}\n\ttds version = ${version}\n`);
      expect({ out: out.trim(), status }).toEqual({ out: '1', status: 0 });
      expect(served.backend.logins.at(-1)?.encrypted).toBe(encryption === 'require');
    },
  );

  it.each(encryptions)('tsql with encryption %s shows 18456 for a wrong password', async encryption => {
    const { err, status } = await tsql('SELECT 1', `\tencryption = ${encryption}\n\ttds version = 7.4\n`, 'wrong');
    expect(err).toMatch(/Msg 18456[\s\S]*Login failed for user 'dba'\./);
    expect(status).not.toBe(0);
  });

  it('tsql shows every value exactly', async () => {
    const cells: (Cell & { readonly shown: string })[] = [
      {
        type: { name: 'numeric', precision: 38, scale: 0 },
        value: '99999999999999999999999999999999999999',
        shown: '99999999999999999999999999999999999999',
      },
      { type: { name: 'numeric', precision: 25, scale: 0 }, value: '37000000123200001', shown: '37000000123200001' },
      {
        type: { name: 'decimal', precision: 28, scale: 10 },
        value: '-123456789012345678.0123456789',
        shown: '-123456789012345678.0123456789',
      },
      { type: { name: 'decimal', precision: 19, scale: 4 }, value: '-0.0001', shown: '-0.0001' },
      { type: { name: 'bigint' }, value: -9223372036854775808n, shown: '-9223372036854775808' },
      { type: { name: 'money' }, value: '922337203685477.5807', shown: '922337203685477.5807' },
      {
        type: { name: 'uniqueidentifier' },
        value: '00112233-4455-6677-8899-AABBCCDDEEFF',
        shown: '00112233-4455-6677-8899-AABBCCDDEEFF',
      },
      { type: { name: 'varchar', length: 20 }, value: 'Zürich €', shown: 'Zürich €' },
      { type: { name: 'nvarchar', length: 20 }, value: '北京', shown: '北京' },
      { type: { name: 'nvarchar', length: 'max' }, value: 'n'.repeat(5000), shown: 'n'.repeat(5000) },
      { type: { name: 'varbinary', length: 4 }, value: Uint8Array.of(0, 171), shown: '00ab' },
      { type: { name: 'int' }, value: null, shown: 'NULL' },
      { type: { name: 'bit' }, value: true, shown: '1' },
      {
        type: { name: 'datetime2', scale: 7 },
        value: '2026-11-24T13:05:01.1234567',
        shown: 'Nov 24 2026 01:05PM',
      },
      { type: { name: 'time', scale: 7 }, value: '13:05:01.1234567', shown: 'Jan  1 1900 01:05PM' },
      { type: { name: 'date' }, value: '0001-01-01', shown: 'Jan  1 1 12:00AM' },
    ];
    served.backend.on('SELECT exact', oneRow(cells));
    const { out } = await tsql('SELECT exact', '\ttds version = 7.4\n\ttext size = 2147483647\n');
    expect(out.trimEnd().split('\t')).toEqual(cells.map(cell => cell.shown));
  });

  it('tsql reads several results, messages and many rows', async () => {
    served.backend.on('SELECT many', manyRows(3000));
    served.backend.on('several', async call => {
      await oneRow([{ name: 'a', type: { name: 'int' }, value: 1 }])(call);
      call.sink.message({ number: 0, class: 0, state: 1, line: 1, message: 'between' });
      call.sink.message({ number: 41122, class: 16, state: 2, line: 3, message: 'Not here.' });
      call.sink.statementDone(undefined);
      await oneRow([{ name: 'b', type: { name: 'int' }, value: 2 }])(call);
    });
    const settings = '\ttds version = 7.4\n\tencryption = require\n';
    const several = await tsql('several', settings);
    expect(several.out.trim().split(/\s+/)).toEqual(['1', '2']);
    expect(several.err).toMatch(/between/);
    expect(several.err).toMatch(/Msg 41122 \(severity 16, state 2\) from SQLPROD01 Line 3/);
    const many = await tsql('SELECT many', settings);
    expect(many.out.trim().split('\n')).toHaveLength(3000);
  });

  it.each(encryptions)('bsqldb runs a script (encryption %s)', async encryption => {
    served.backend.on(
      'SELECT link',
      oneRow([
        { name: 'name', type: { name: 'nvarchar', length: 20 }, value: 'DAG_Sales' },
        { name: 'lsn', type: { name: 'numeric', precision: 25, scale: 0 }, value: '37000000123200001' },
      ]),
    );
    const { out, err, status } = await freetds(
      'bsqldb',
      ['-P', password],
      'SELECT link\n',
      `\tencryption = ${encryption}\n\ttds version = 7.4\n`,
    );
    expect(`${out}${err}`).toMatch(/DAG_Sales\s+37000000123200001/);
    expect(status).toBe(0);
  });
});
