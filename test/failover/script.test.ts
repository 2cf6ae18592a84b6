import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePlan } from '../../src/failover/make-plan.ts';
import type { Plan } from '../../src/failover/plan.ts';
import { runPlan } from '../../src/failover/run.ts';
import { azureCliCommand, tsqlScript } from '../../src/failover/script/tsql.ts';
import { observe } from '../../src/failover/sides.ts';
import type { FailoverKind } from '../../src/link/vocabulary.ts';
import { SmallLink } from './small-link.ts';

const NEVER = new AbortController().signal;

async function planFor(link: SmallLink, kind: FailoverKind): Promise<Plan> {
  const cleanUp = { dropDistributedAvailabilityGroup: true, dropAvailabilityGroup: true };
  const observation = await observe(link.sides, link.target, link.clock, NEVER);
  return makePlan({ kind, target: link.target, cleanUp, catchUpBudgetSeconds: 300 }, observation, link.clock);
}

/** Every request of the script as the small link records it: the T-SQL as it stands, the Azure request out of its command. */
const withoutComments = (script: string) => script.replaceAll(/^--.*$/gm, '');

describe('the script of a plan', () => {
  it.each(['planned', 'forced'] as const)('for a %s failover reads as kept', async kind => {
    const script = tsqlScript(await planFor(new SmallLink(), kind));
    await expect(script).toMatchFileSnapshot(`golden/${kind}.sql`);
  });

  it.each(['planned', 'forced'] as const)(
    'for a %s failover holds every statement that the executor sends, in its order',
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

  it('never lets a name out of its comment', async () => {
    const plan = await planFor(new SmallLink(), 'planned');
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter(n => !n.includes('\0') && n.length <= 128),
        name => {
          const target = { ...plan.intent.target, databases: [name], sqlServer: { name, version: '15.0.4420.2' } };
          const script = tsqlScript({ ...plan, intent: { ...plan.intent, target } });
          const code = withoutComments(script);
          // What is left holds the name only inside literals and brackets: with those removed, nothing of it remains.
          const bare = code
            .replaceAll(/N'(?:[^']|'')*'/g, "N''")
            .replaceAll(/'(?:[^']|'')*'/g, "''")
            .replaceAll(/\[(?:[^\]]|\]\])*\]/g, '[]');
          const plain = withoutComments(tsqlScript(plan))
            .replaceAll(/N'(?:[^']|'')*'/g, "N''")
            .replaceAll(/'(?:[^']|'')*'/g, "''")
            .replaceAll(/\[(?:[^\]]|\]\])*\]/g, '[]');
          expect(bare).toBe(plain);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('quotes a request for a shell', () => {
    expect(azureCliCommand({ method: 'PATCH', path: "/a/it's", apiVersion: '2025-01-01', body: { a: "x'y" } })).toBe(
      `az rest --method patch --url '/a/it'\\''s?api-version=2025-01-01' --body '{"a":"x'\\''y"}'`,
    );
  });
});
