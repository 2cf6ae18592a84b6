import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makePlan } from '../../src/failover/make-plan.ts';
import type { Intent, Plan } from '../../src/failover/plan.ts';
import { runPlan } from '../../src/failover/run.ts';
import { renderScript } from '../../src/failover/script/index.ts';
import { type TsqlSection, tsqlScript, tsqlSections } from '../../src/failover/script/tsql.ts';
import { observe, type Sides } from '../../src/failover/sides.ts';
import { type RunningLab, startLab } from '../../src/lab/lab.ts';
import { systemClock } from '../../src/link/clock.ts';
import type { Side } from '../../src/link/vocabulary.ts';
import { connectToLab } from '../../src/practice/connect.ts';
import { parseLabDescription } from '../../src/practice/lab-description.ts';
import { statementsIn } from './script-plans.ts';

const NEVER = new AbortController().signal;
const installed = spawnSync('tsql', ['-C']).status === 0;

/** A lab with a plan for it, and FreeTDS as the person's query window. */
interface Stage {
  readonly lab: RunningLab;
  readonly sides: Sides;
  readonly plan: Plan;
  /** Sends a text as one batch. Answers rows, cells separated by tabs; errors as "Msg 50000 … text". */
  query(side: Side, text: string): Promise<{ readonly rows: readonly string[]; readonly errors: string }>;
}

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

type Choices = Omit<Intent, 'target' | 'cleanUp' | 'catchUpBudgetSeconds'> & Partial<Pick<Intent, 'cleanUp'>>;

async function stage(scenario: string, choices: Choices) {
  const lab = await startLab({ scenario, seed: 7 });
  cleanUps.push(() => lab.stop());
  const closing = new AsyncDisposableStack();
  cleanUps.push(() => closing.disposeAsync());
  const { sides, target } = await connectToLab(parseLabDescription(JSON.stringify(lab.description)), closing, NEVER);
  const directory = await mkdtemp(join(tmpdir(), 'script-'));
  cleanUps.push(() => rm(directory, { recursive: true }));
  const cleanUp = { dropDistributedAvailabilityGroup: true, dropAvailabilityGroup: true };
  const intent: Intent = { cleanUp, ...choices, target, catchUpBudgetSeconds: 20 };
  const plan = makePlan(intent, await observe(sides, target, systemClock, NEVER), systemClock);
  const query: Stage['query'] = async (side, text) => {
    const { host, port, user, password } = lab.description[side];
    const settings = `\thost = ${host}\n\tport = ${port}\n\tclient charset = UTF-8\n\tencryption = require\n\ttds version = 7.4\n`;
    const file = join(directory, `${side}.conf`);
    await writeFile(file, `[lab]\n${settings}`);
    const child = spawn('tsql', ['-S', 'lab', '-U', user, '-P', password, '-o', 'fhq'], {
      env: { ...process.env, LC_ALL: 'C.UTF-8', FREETDSCONF: file },
    });
    let rows = '';
    let errors = '';
    child.stdout.on('data', chunk => (rows += chunk));
    child.stderr.on('data', chunk => (errors += chunk));
    child.stdin.end(`${text}\ngo\nexit\n`);
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    return { rows: rows.split('\n').filter(line => line !== ''), errors };
  };
  return { lab, sides, plan, query } satisfies Stage;
}

/** What the person carries from one section into the next: the LSNs shown, and that Azure has accepted the request. */
const filledIn = (text: string, lsns: ReadonlyMap<string, string>) =>
  text
    .replaceAll(
      /^(DECLARE @lsn\d+ varchar\(25\) = )''; -- put in the hardened LSN of (.*) that .* has shown$/gm,
      (_line, declare: string, database: string) => `${declare}'${lsns.get(database) ?? ''}';`,
    )
    .replaceAll(/^(DECLARE @sent\d+ bit = )0;/gm, '$11;')
    .replaceAll(/^(DECLARE @database\d+ nvarchar\(128\) = )N'';.* the database, (.*), to go on\.$/gm, "$1N'$2';");

/** Section after section, as a person would: stops at the first error. */
async function runByHand({ plan, sides, query }: Stage, before: (section: TsqlSection) => void = () => undefined) {
  const lsns = new Map<string, string>();
  for (const section of tsqlSections(plan)) {
    before(section);
    if (section.server === 'azure') {
      for (const request of section.requests) {
        const sent = await sides.azure?.start(request, NEVER);
        if (sent?.state === 'running') await sides.azure?.follow(sent.operation, NEVER);
      }
      continue;
    }
    const { rows, errors } = await query(section.server, filledIn(section.text, lsns));
    if (/^Msg \d+ \(severity [12]\d/m.test(errors)) return errors;
    for (const row of rows) {
      const [, database, lsn] = /^(.*)\t(\d{10,25})$/.exec(row) ?? [];
      if (database && lsn) lsns.set(database, lsn);
    }
  }
  return undefined;
}

const changing = /^(?:ALTER|DROP|CREATE|BACKUP|RESTORE) (?:AVAILABILITY GROUP|DATABASE)\b/;

const keep = { dropDistributedAvailabilityGroup: false, dropAvailabilityGroup: false };

describe.skipIf(!installed)('the T-SQL script, run by FreeTDS', { timeout: 60_000 }, () => {
  it('given writers that stop when it asks for it, completes a planned failover with no row missing', async () => {
    const it = await stage('sql2019', { kind: 'planned' });
    it.lab.world.setKnobs({ writers: 2 });
    const problem = await runByHand(it, section => {
      if (section.text.includes('sys.dm_exec_sessions')) it.lab.world.setKnobs({ writers: 0 });
    });
    expect(problem).toBeUndefined();
    const written = it.lab.world.acknowledgedIds();
    expect(written.length).toBeGreaterThan(0);
    const present = new Set(it.lab.world.ledgerIds('managedInstance'));
    expect(written.filter(id => !present.has(id))).toEqual([]);
    const { sqlServer, managedInstance } = it.lab.world.state();
    expect(sqlServer.availabilityGroups).toEqual([]);
    expect(Object.values(managedInstance.databases).map(d => d.writable)).toContain(true);
  });

  it('refuses every section in the wrong server, and changes nothing', async () => {
    const it = await stage('sql2019', { kind: 'planned' });
    for (const section of tsqlSections(it.plan)) {
      if (section.server === 'azure') continue;
      const wrong = section.server === 'sqlServer' ? 'managedInstance' : 'sqlServer';
      const { errors } = await it.query(wrong, section.text);
      expect(errors).toMatch(/Msg 50000/);
    }
    const { sqlServer, managedInstance } = it.lab.world.state();
    const statements = [...sqlServer.statements, ...managedInstance.statements].map(s => s.text);
    expect(statements.some(text => changing.test(text))).toBe(false);
    expect(sqlServer.availabilityGroups.map(g => g.role)).toEqual(['PRIMARY', 'PRIMARY']);
    expect(sqlServer.availabilityGroups.find(g => g.distributed)).toMatchObject({ localMode: 'ASYNCHRONOUS_COMMIT' });
  });

  it('run from top to bottom on SQL Server, asks whether Azure has done its part before it goes on', async () => {
    const it = await stage('splitBrain', {
      kind: 'forced',
      purpose: 'repairSplitBrain',
      direction: 'toSqlServer',
      cleanUp: keep,
      typedDatabaseName: 'Sales',
    });
    expect((await it.query('sqlServer', tsqlScript(it.plan))).errors).toMatch(/Msg 50006/);
  });

  it('run from top to bottom on SQL Server, stops itself before anything is cut or dropped', async () => {
    const it = await stage('sql2019', { kind: 'planned' });
    const { errors } = await it.query('sqlServer', tsqlScript(it.plan));
    expect(errors).toMatch(/Msg 50000[\s\S]*this section is for/);
    const { sqlServer, managedInstance } = it.lab.world.state();
    expect(sqlServer.availabilityGroups).toHaveLength(2);
    expect(Object.values(managedInstance.databases).some(d => d.writable)).toBe(false);
  });

  it('stops where the LSN, or the word that Azure was asked, is not put in', async () => {
    const it = await stage('sql2019', { kind: 'planned' });
    const instance = tsqlSections(it.plan).filter(s => s.server === 'managedInstance');
    const [proof, writable] = instance.map(s => s.text);
    expect((await it.query('managedInstance', proof ?? '')).errors).toMatch(/Msg 50003/);
    expect(
      (
        await it.query(
          'managedInstance',
          filledIn(proof ?? '', new Map([[it.plan.intent.target.databases[0] ?? '', '1']])).replaceAll('>= 20', '>= 1'),
        )
      ).errors,
    ).toMatch(/Msg 50001/);
    expect((await it.query('managedInstance', writable ?? '')).errors).toMatch(/Msg 50006/);
  });

  it('stops when somebody goes on writing', async () => {
    const it = await stage('sql2019', { kind: 'planned' });
    it.lab.world.setKnobs({ writers: 2 });
    expect(await runByHand(it)).toMatch(/Msg 5000[15]/);
    expect(it.lab.world.state().sqlServer.availabilityGroups).toHaveLength(2);
  });

  it.each([
    ['cutLinkPlanned', 'sql2019', { kind: 'planned' }],
    ['tsqlFailoverToInstance', 'sql2022', { kind: 'planned', way: 'tsqlFailover', cleanUp: keep }],
    ['roleSwitchToInstance', 'sql2022BeforeCu13', { kind: 'planned', way: 'roleSwitch', cleanUp: keep }],
    [
      'tsqlFailoverToSqlServer',
      'sql2022Reversed',
      { kind: 'planned', way: 'tsqlFailover', direction: 'toSqlServer', cleanUp: keep },
    ],
  ] as const)(
    'of %s holds exactly the statements and requests that the executor sends, in its order',
    async (route, scenario, choices) => {
      const it = await stage(scenario, choices);
      const { outcome, problem } = await runPlan(it.plan, it.sides, {
        clock: systemClock,
        signal: NEVER,
        journal: { append: async () => undefined },
        report: () => undefined,
      });
      expect([it.plan.route, outcome], problem?.message).toEqual([route, 'failedOver']);
      const state = it.lab.world.state();
      const sections = tsqlSections(it.plan);
      let found = 0;
      for (const side of ['sqlServer', 'managedInstance'] as const) {
        const sent = state[side].statements.map(s => s.text).filter(text => changing.test(text));
        const written = sections.flatMap(s => (s.server === side ? statementsIn(s.text) : []));
        expect(written).toEqual(sent);
        found += written.length;
      }
      expect(found).toBeGreaterThan(1);
      const requests = sections.flatMap(s => (s.server === 'azure' ? s.requests : []));
      expect(requests.map(r => r.method)).toEqual(
        state.azure.requests.map(r => r.method).filter(method => method !== 'GET'),
      );
    },
  );

  const reversed = { sqlServer: 'SECONDARY', managedInstance: 'PRIMARY' };

  it.each([
    ['tsqlFailoverToInstance', 'sql2022', { kind: 'planned', way: 'tsqlFailover', cleanUp: keep }, reversed],
    ['roleSwitchToInstance', 'sql2022BeforeCu13', { kind: 'planned', way: 'roleSwitch', cleanUp: keep }, reversed],
    [
      'azureFailoverToSqlServer',
      'sql2022Reversed',
      { kind: 'planned', way: 'azureFailover', direction: 'toSqlServer', cleanUp: keep },
      { sqlServer: 'PRIMARY', managedInstance: 'SECONDARY' },
    ],
    [
      'tsqlFailoverToSqlServer',
      'sql2022Reversed',
      { kind: 'planned', way: 'tsqlFailover', direction: 'toSqlServer', cleanUp: keep },
      { sqlServer: 'PRIMARY', managedInstance: 'SECONDARY' },
    ],
    [
      'splitBrainRepair',
      'splitBrain',
      {
        kind: 'forced',
        purpose: 'repairSplitBrain',
        direction: 'toInstance',
        backUpTo: 'D:\\Backup\\diverged.bak',
        cleanUp: keep,
        typedDatabaseName: 'Sales',
      },
      reversed,
    ],
    [
      'forcedToInstance',
      'sql2022',
      { kind: 'forced', afterwards: 'keepLink', demoteOldPrimary: true, cleanUp: keep, typedDatabaseName: 'Sales' },
      reversed,
    ],
  ] as const)('carries out %s', async (route, scenario, choices, roles) => {
    const it = await stage(scenario, choices);
    expect(it.plan.route).toBe(route);
    expect(await runByHand(it)).toBeUndefined();
    const state = it.lab.world.state();
    for (const side of ['sqlServer', 'managedInstance'] as const)
      expect(state[side].availabilityGroups.find(g => g.distributed)?.role).toBe(roles[side]);
    const [primary, secondary] =
      roles.sqlServer === 'PRIMARY'
        ? (['sqlServer', 'managedInstance'] as const)
        : (['managedInstance', 'sqlServer'] as const);
    expect(it.lab.world.ledgerIds(primary).length).toBeGreaterThan(0);
    await expect
      .poll(() => it.lab.world.ledgerIds(secondary), { timeout: 10_000 })
      .toEqual(it.lab.world.ledgerIds(primary));
  });

  it('removes the link after a failover by T-SQL, once the instance has a backup, and makes the copy usable', async () => {
    const it = await stage('sql2022', {
      kind: 'planned',
      way: 'tsqlFailover',
      afterwards: 'removeLink',
      copyAfterwards: 'usable',
    });
    it.lab.world.setKnobs({ writers: 1 });
    const problem = await runByHand(it, section => {
      if (section.text.includes('sys.dm_exec_sessions')) it.lab.world.setKnobs({ writers: 0 });
    });
    expect(problem).toBeUndefined();
    const { sqlServer, managedInstance } = it.lab.world.state();
    expect([...sqlServer.availabilityGroups, ...managedInstance.availabilityGroups].filter(g => g.distributed)).toEqual(
      [],
    );
    const copies = [sqlServer, managedInstance].map(
      ({ databases }) => databases[it.plan.intent.target.databases[0] ?? ''],
    );
    expect(copies.map(copy => copy?.writable)).toEqual([true, true]);
    const present = new Set(it.lab.world.ledgerIds('managedInstance'));
    expect(it.lab.world.acknowledgedIds().filter(id => !present.has(id))).toEqual([]);
  });

  it('does not force a failover to SQL Server before the name of the database is put in', async () => {
    const it = await stage('sql2022Reversed', {
      kind: 'forced',
      direction: 'toSqlServer',
      cleanUp: keep,
      typedDatabaseName: 'Sales',
    });
    const { errors } = await it.query('sqlServer', tsqlScript(it.plan));
    expect(errors).toMatch(/Msg 50009/);
    expect(it.lab.world.state().sqlServer.availabilityGroups.find(g => g.distributed)?.role).toBe('SECONDARY');
    expect(await runByHand(it)).toBeUndefined();
    expect(it.lab.world.state().sqlServer.availabilityGroups.find(g => g.distributed)?.role).toBe('PRIMARY');
  });
});

/** sqlcmd played by FreeTDS, az by curl: as far as the scripts use them. */
const SQLCMD = `#!/usr/bin/env bash
set -euo pipefail
[[ $1 == -S ]]
if [[ $2 == "$INSTANCE" ]]; then login=(-S instance -U "$INSTANCE_USER" -P "$INSTANCE_PASSWORD"); else login=(-S server -U "$SERVER_USER" -P "$SERVER_PASSWORD"); fi
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
{ cat; echo exit; } | tsql "\${login[@]}" -o fhq 2>"$errors"
if grep -E '^Msg [0-9]+ (severity [12][0-9]' -A1 "$errors"; then exit 1; fi
`;
const AZ = `#!/usr/bin/env bash
set -euo pipefail
if [[ $1 == account ]]; then exit 0; fi
declare -A given=()
for ((i = 1; i < $#; i++)); do
  next=$((i + 1))
  if [[ \${!i} == -* ]]; then given[\${!i}]=\${!next}; fi
done
if [[ $1 == rest ]]; then
  method=\${given[--method]} url=\${given[--url]} body=\${given[--body]:-}
else
  url="/subscriptions/$SUBSCRIPTION/resourceGroups/\${given[-g]}/providers/Microsoft.Sql/managedInstances/\${given[--mi]}/distributedAvailabilityGroups/\${given[-n]}"
  case $4 in
    update) method=patch body="{"properties":{"replicationMode":"\${given[--replication-mode]}"}}" ;;
    failover) method=post body="{"failoverType":"\${given[--failover-type]}"}" url+=/failover ;;
    delete) method=delete body='' ;;
  esac
  url+='?api-version=2025-01-01'
fi
curl -sS --fail-with-body --cacert "$CERTIFICATE" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -X "\${method^^}" "$ARM$url" \${body:+-d "$body"}
`;

const playable = installed && spawnSync('curl', ['--version']).status === 0;

describe.skipIf(!playable)('the bash script, run with FreeTDS as sqlcmd and curl as az', { timeout: 60_000 }, () => {
  async function runInBash({ lab, plan }: Stage, onOutput: (text: string) => void = () => undefined) {
    const { sqlServer, managedInstance, azure } = lab.description;
    const directory = await mkdtemp(join(tmpdir(), 'script-'));
    cleanUps.push(() => rm(directory, { recursive: true }));
    const tds = ({ host, port }: typeof sqlServer) =>
      `\thost = ${host}\n\tport = ${port}\n\tclient charset = UTF-8\n\tencryption = require\n\ttds version = 7.4\n`;
    await writeFile(join(directory, 'freetds.conf'), `[server]\n${tds(sqlServer)}[instance]\n${tds(managedInstance)}`);
    await writeFile(join(directory, 'sqlcmd'), SQLCMD, { mode: 0o755 });
    await writeFile(join(directory, 'az'), AZ, { mode: 0o755 });
    await writeFile(join(directory, 'script.sh'), renderScript(plan, 'azureCli'));
    const child = spawn('bash', [join(directory, 'script.sh')], {
      env: {
        ...process.env,
        PATH: `${directory}:${process.env.PATH ?? ''}`,
        LC_ALL: 'C.UTF-8',
        FREETDSCONF: join(directory, 'freetds.conf'),
        INSTANCE: plan.intent.target.instance.fullyQualifiedDomainName,
        SERVER_USER: sqlServer.user,
        SERVER_PASSWORD: sqlServer.password,
        INSTANCE_USER: managedInstance.user,
        INSTANCE_PASSWORD: managedInstance.password,
        ARM: azure.resourceManager,
        CERTIFICATE: azure.certificateFile,
        TOKEN: azure.token,
        SUBSCRIPTION: azure.subscriptionId,
      },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        onOutput(said);
      });
    const status = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    return { status, said };
  }

  it.each([
    ['sql2019', { kind: 'planned' }, 2],
    ['sql2022', { kind: 'planned', way: 'tsqlFailover', cleanUp: keep }, 2],
    ['sql2022BeforeCu13', { kind: 'planned', way: 'roleSwitch', cleanUp: keep }, 2],
  ] as const)('on %s completes the failover with no row missing', async (scenario, choices, writers) => {
    const it = await stage(scenario, choices);
    it.lab.world.setKnobs({ writers });
    const { status, said } = await runInBash(it, text => {
      if (text.includes('The workload must be stopped now')) it.lab.world.setKnobs({ writers: 0 });
    });
    expect(status, said).toBe(0);
    const written = it.lab.world.acknowledgedIds();
    expect(written.length).toBeGreaterThan(0);
    const present = new Set(it.lab.world.ledgerIds('managedInstance'));
    expect(written.filter(id => !present.has(id))).toEqual([]);
  });

  it('stops before the cut while somebody goes on writing', async () => {
    const it = await stage('sql2019', { kind: 'planned' });
    it.lab.world.setKnobs({ writers: 2 });
    const { status, said } = await runInBash(it);
    expect(status, said).toBe(1);
    expect(it.lab.world.state().sqlServer.availabilityGroups).toHaveLength(2);
    expect(Object.values(it.lab.world.state().managedInstance.databases).some(d => d.writable)).toBe(false);
  });
});
