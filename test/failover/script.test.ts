import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePlan } from '../../src/failover/make-plan.ts';
import type { Plan } from '../../src/failover/plan.ts';
import { runPlan } from '../../src/failover/run.ts';
import { renderScript, type ScriptLanguage } from '../../src/failover/script/index.ts';
import { azureCliCommand, tsqlScript, tsqlSections } from '../../src/failover/script/tsql.ts';
import { observe } from '../../src/failover/sides.ts';
import { bind } from '../../src/failover/steps/index.ts';
import type { FailoverKind } from '../../src/link/vocabulary.ts';
import { CASE_NAMES, named, planOf, statementsIn, TARGET, unpleasantName } from './script-plans.ts';
import { SmallLink } from './small-link.ts';

const NEVER = new AbortController().signal;

const ENDINGS = { tsql: 'sql', powershell: 'ps1', azureCli: 'sh' } as const;
const LANGUAGES = Object.keys(ENDINGS) as ScriptLanguage[];

const changesOf = (plan: Plan) => plan.steps.flatMap(step => bind(step, plan).changes());

/** Statements that change something; the check for a backup, which changes nothing, is not among them. */
const statementsOf = (plan: Plan) =>
  changesOf(plan).flatMap(c => (c.on !== 'azure' && !c.sql.text.startsWith('IF ') ? [c.sql.text] : []));

const requestsOf = (plan: Plan) => changesOf(plan).flatMap(c => (c.on === 'azure' ? [c.arm] : []));

describe.each(CASE_NAMES)('the script of %s', name => {
  it.each(LANGUAGES)('in %s reads as kept', async language => {
    await expect(renderScript(planOf(name), language)).toMatchFileSnapshot(`golden/${name}.${ENDINGS[language]}`);
  });

  it.each(LANGUAGES)('in %s changes exactly what the plan changes, in its order', language => {
    const plan = planOf(name);
    expect(statementsIn(renderScript(plan, language))).toEqual(statementsOf(plan));
  });

  it('sends each request to Azure once', () => {
    const plan = planOf(name);
    const requests = requestsOf(plan);
    expect(tsqlSections(plan).flatMap(s => (s.server === 'azure' ? s.requests : []))).toEqual(requests);
    const count = (language: ScriptLanguage, sends: RegExp) => renderScript(plan, language).match(sends)?.length ?? 0;
    expect(count('azureCli', /^az (?:sql mi link|rest) /gm)).toBe(requests.length);
    expect(count('powershell', /^\s*(?:(?:Update|Remove|Start)-AzSqlInstanceLink|Invoke-OnAzure )/gm)).toBe(
      requests.length,
    );
  });

  it('begins every T-SQL section with a guard against the wrong server, before anything else', () => {
    for (const section of tsqlSections(planOf(name))) {
      if (section.server === 'azure') continue;
      const [first] = section.text.split('\n').filter(line => line !== '' && !line.startsWith('--'));
      expect(first).toMatch(/^IF CASE WHEN @@SERVERNAME (?:=|IN) .*EngineEdition.* = 0$/);
    }
  });
});

async function planFor(link: SmallLink, kind: FailoverKind): Promise<Plan> {
  const cleanUp = { dropDistributedAvailabilityGroup: true, dropAvailabilityGroup: true };
  const observation = await observe(link.sides, link.target, link.clock, NEVER);
  const typedDatabaseName = 'Sales';
  return makePlan(
    { kind, target: link.target, cleanUp, catchUpBudgetSeconds: 300, typedDatabaseName },
    observation,
    link.clock,
  );
}

it.each(['planned', 'forced'] as const)(
  'the script of a %s failover holds every statement that the executor sends, in its order',
  async kind => {
    const link = new SmallLink();
    const plan = await planFor(link, kind);
    const script = tsqlScript(plan);
    await runPlan(plan, link.sides, {
      clock: link.clock,
      signal: NEVER,
      journal: { append: async () => undefined },
      report: () => undefined,
    });
    expect(link.received.length).toBeGreaterThan(3);
    let from = 0;
    for (const sent of link.received) {
      const [method = '', path = ''] = sent.split(' ', 2);
      const text = /^(PATCH|DELETE|POST)$/.test(method)
        ? `az rest --method ${method.toLowerCase()} --url '${path}?api-version=2025-01-01'`
        : sent;
      const at = script.indexOf(text, from);
      expect(at, text).toBeGreaterThanOrEqual(from);
      from = at + text.length;
    }
  },
);

describe('a name in a T-SQL script', () => {
  /** Code with every literal and bracketed name emptied, by T-SQL's own rules. */
  const bare = (script: string) =>
    script
      .replaceAll(/--[^\n]*|'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]/g, found =>
        found.startsWith('--') ? '' : found.startsWith("'") ? "''" : '[]',
      )
      .replaceAll(/\s+/g, ' ');

  it('never gets out of its literal, brackets or comment', () => {
    const plain = bare(tsqlScript(planOf('cutLinkPlanned', named('x'))));
    const anyName = fc.oneof(unpleasantName, fc.constantFrom('a\nGO\nb', "a'\r\n-- b", 'a\u2028DROP'));
    fc.assert(
      fc.property(anyName, name => {
        expect(bare(tsqlScript(planOf('cutLinkPlanned', named(name))))).toBe(plain);
      }),
      { numRuns: 300 },
    );
  });

  it('reaches the server as it is, line breaks and all', () => {
    const name = "a\n  b'];\n-- c";
    const script = tsqlScript(planOf('cutLinkPlanned', named(name)));
    expect(script).toContain(`WHERE ag.name = N'${name.replaceAll("'", "''")}'`);
    expect(script).toContain(`DROP AVAILABILITY GROUP [${name.replaceAll(']', ']]')}];`);
  });
});

describe('a name in a bash script', () => {
  /**
   * Runs the script in a real bash whose az, sqlcmd and sleep only write down how they were called. Every question gets the answer 1, so that every wait is
   * over and both sides are equal.
   */
  function run(script: string): {
    readonly calls: readonly (readonly string[])[];
    readonly status: number | null;
    readonly said: string;
  } {
    const directory = mkdtempSync(join(tmpdir(), 'script-'));
    try {
      const log = join(directory, 'log');
      writeFileSync(log, '');
      const stubs = [
        'az() { { printf "az\\0"; printf "%s\\0" "$@"; printf "\\1"; } >>"$LOG"; }',
        'sqlcmd() { { printf "sqlcmd\\0"; printf "%s\\0" "$@"; cat; printf "\\0\\1"; } >>"$LOG"; printf "1\\n"; }',
        'sleep() { :; }',
      ];
      const { status, stderr } = spawnSync('bash', ['-c', `${stubs.join('\n')}\n${script}`], {
        env: { ...process.env, LOG: log, LC_ALL: 'C.UTF-8' },
        encoding: 'utf8',
        timeout: 20_000,
      });
      const calls = readFileSync(log, 'utf8')
        .split('\u0001')
        .map(call => call.split('\0').slice(0, -1))
        .filter(call => call.length > 0);
      return { calls, status, said: stderr };
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  const speakable = unpleasantName.filter(name => !name.includes('\u0001'));

  it('reaches az and sqlcmd as it is', () => {
    fc.assert(
      fc.property(speakable, name => {
        const plan = planOf('cutLinkPlanned', named(name));
        const { calls, status, said } = run(renderScript(plan, 'azureCli'));
        expect(status, said).toBe(0);
        const sql = calls.filter(([command]) => command === 'sqlcmd');
        expect(new Set(sql.map(call => call[2]))).toEqual(new Set([name, TARGET.instance.fullyQualifiedDomainName]));
        const texts = sql.map(call => call.at(-1) ?? '');
        const statements = statementsOf(plan);
        expect(statements.map(s => texts.filter(text => text.includes(`\n${s}\nGO\n`)).length)).toEqual(
          statements.map(() => 1),
        );
        const requests = calls.filter(([command, verb]) => command === 'az' && verb !== 'account');
        expect(requests).toHaveLength(2);
        for (const [index, call] of requests.entries()) {
          const request = requestsOf(plan)[index];
          const url = `${request?.path}?api-version=${request?.apiVersion}`;
          if (call[1] === 'rest') expect(call).toContain(url);
          else expect(call[call.indexOf('-n') + 1]).toBe(name);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('uses az sql mi link where the CLI takes the name, else the request as it is', () => {
    const deletion = (link: string) =>
      /^az .*delete.*$/m.exec(renderScript(planOf('cutLinkPlanned', { ...TARGET, link }), 'azureCli'))?.[0];
    expect(deletion('DAG_Sales')).toBe('az sql mi link delete -g "$resource_group" --mi "$instance" -n "$link" -y');
    expect(deletion('dag-sales')).toMatch(/^az rest --method delete --url '.*\/dag-sales\?api-version=2025-01-01'$/);
  });

  it('stops a forced failover unless the database’s name is put in', () => {
    const script = renderScript(planOf('cutLinkForced'), 'azureCli');
    const refused = run(script);
    expect(refused.status).toBe(1);
    expect(refused.said).toContain('Sales');
    expect(refused.calls.some(call => call.includes('failover'))).toBe(false);
    const allowed = run(script.replace("confirm_database=''", "confirm_database='Sales'"));
    expect(allowed.status, allowed.said).toBe(0);
    expect(allowed.calls.some(call => call.includes('failover'))).toBe(true);
  });

  it('stops where sqlcmd fails', () => {
    const script = renderScript(planOf('cutLinkPlanned'), 'azureCli');
    const { status, calls } = run(`sqlcmd() { cat >/dev/null; return 1; }\n${script}`);
    expect(status).toBe(1);
    expect(calls.some(call => call.includes('delete'))).toBe(false);
  });

  it('passes bash -n and shellcheck on every route', () => {
    const directory = mkdtempSync(join(tmpdir(), 'script-'));
    try {
      const files = CASE_NAMES.map(name => {
        const file = join(directory, `${name}.sh`);
        writeFileSync(file, renderScript(planOf(name), 'azureCli'));
        return file;
      });
      for (const file of files) expect(spawnSync('bash', ['-n', file], { encoding: 'utf8' }).stderr).toBe('');
      const checked = spawnSync('shellcheck', files, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
      expect(checked.error).toBeUndefined();
      expect(checked.stdout).toBe('');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('a name in a PowerShell script', () => {
  /**
   * Reads a script by PowerShell's rules as far as strings and comments go: 'single-quoted', with any of four quotes, doubled inside; @'here-strings' up to a
   * line that begins with a quote and @; "double-quoted" with ` as escape; # to the end of the line.
   */
  function read(script: string): { readonly strings: readonly string[]; readonly code: string } {
    const quotes = "['\u2018\u2019\u201a\u201b]";
    const strings: string[] = [];
    const tokens = new RegExp(
      `#[^\\n]*|@${quotes}\\n([\\s\\S]*?)\\n${quotes}@|${quotes}((?:[^'\u2018\u2019\u201a\u201b]|${quotes}{2})*)${quotes}|"(?:[^"\`]|\`[\\s\\S])*"`,
      'g',
    );
    const code = script.replaceAll(tokens, (found, here?: string, single?: string) => {
      if (here !== undefined) strings.push(here);
      else if (single !== undefined) strings.push(single.replaceAll(new RegExp(`(${quotes})${quotes}`, 'g'), '$1'));
      return found.startsWith('#') ? '' : "''";
    });
    return { strings, code };
  }

  it('reaches the cmdlets and the servers as it is', () => {
    const plain = read(renderScript(planOf('cutLinkPlanned', named('someOtherName')), 'powershell'));
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: unpleasantName }, fc.constant('.')), name => {
        const plan = planOf('cutLinkPlanned', named(name));
        const { strings, code } = read(renderScript(plan, 'powershell'));
        expect(code).toBe(plain.code);
        // Twice as a name; a name such as "." may also be a text of the script itself.
        const ownTexts = plain.strings.filter(s => s === name).length;
        expect(strings.filter(s => s === name)).toHaveLength(2 + ownTexts);
        for (const statement of statementsOf(plan))
          expect(strings.filter(s => s.endsWith(`\n${statement}`))).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });

  it('stops a forced failover unless the database’s name is put in', () => {
    const script = renderScript(planOf('cutLinkForced'), 'powershell');
    const check = script.indexOf("if ('Sales' -cne $ConfirmDatabase) { throw");
    expect(check).toBeGreaterThan(0);
    expect(script.indexOf('Start-AzSqlInstanceLinkFailover')).toBeGreaterThan(check);
  });
});

it.each(['powershell', 'azureCli'] as const)('in %s a name with a line break is refused', language => {
  expect(() => renderScript(planOf('cutLinkPlanned', named('a\nGO')), language)).toThrow(/line break/);
});

it('quotes a request for a shell', () => {
  expect(azureCliCommand({ method: 'PATCH', path: "/a/it's", apiVersion: '2025-01-01', body: { a: "x'y" } })).toBe(
    `az rest --method patch --url '/a/it'\\''s?api-version=2025-01-01' --body '{"a":"x'\\''y"}'`,
  );
});
