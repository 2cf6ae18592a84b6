import { readFile } from 'node:fs/promises';
import { connectAzure } from '../../src/azure/azure.ts';
import { customCloud } from '../../src/azure/clouds.ts';
import { practiceCredential } from '../../src/azure/credential.ts';
import { targetOf } from '../../src/failover/discover.ts';
import type { RouteChoices } from '../../src/failover/plan.ts';
import {
  type CheckResult,
  checkReadiness,
  type ReadinessReport,
} from '../../src/failover/readiness/check-readiness.ts';
import type { Sides } from '../../src/failover/sides.ts';
import { type Clock, systemClock } from '../../src/link/clock.ts';
import { startPracticeLab } from '../sql/practice-lab.ts';

const never = new AbortController().signal;

/** Looks a little closer together than in life: the lab's writers show in that time. */
const clock: Clock = { now: systemClock.now, sleep: (_ms, signal) => systemClock.sleep(400, signal) };

export type ReadinessLab = Awaited<ReturnType<typeof startReadinessLab>>;

/** A practice lab and the readiness checks over its sockets. */
export async function startReadinessLab(scenario: string) {
  const lab = await startPracticeLab(scenario);
  const { azure: place } = lab.description;
  const certificateAuthority = await readFile(place.certificateFile, 'utf8');
  const azure = connectAzure({
    account: 'practice',
    credential: practiceCredential({ ...place, certificateAuthority }),
    cloud: customCloud({
      name: 'Practice',
      resourceManagerEndpoint: place.resourceManager,
      authorityHost: place.authority,
      certificateAuthority,
    }),
    retryDelayMs: 1,
  });

  /** `as`: one of the lab's logins that may do less. */
  const check = async (
    options: { readonly as?: string; readonly instance?: false; readonly choices?: RouteChoices } = {},
  ): Promise<ReadinessReport> => {
    const admin = await lab.connect('sqlServer');
    const [identity, databases] = await Promise.all([admin.identify(never), admin.databases(never)]);
    const link = databases.flatMap(d => d.links).find(l => l.name === lab.query.link);
    const instance = await azure.findInstance(place.subscriptionId, place.managedInstance, '', never);
    if (!link || !instance) throw new Error('the lab has no link');
    const sides: Sides = {
      sqlServer: options.as === undefined ? admin : await lab.connectAs('sqlServer', lab.account(options.as)),
      instance: options.instance === false ? undefined : await lab.connect('managedInstance'),
      azure,
    };
    const target = targetOf(identity, link, databases, instance);
    return checkReadiness(sides, target, 'planned', clock, never, options.choices);
  };
  return { ...lab, check };
}

/** One check of a report. */
export function checkOf(report: ReadinessReport, id: string): CheckResult {
  const found = report.checks.find(check => check.id === id);
  if (!found) throw new Error(`There is no check ${id}`);
  return found;
}
