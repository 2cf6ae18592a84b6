import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Way } from '../link/capabilities.ts';
import { problemOf } from '../link/problem.ts';
import { problemSentence } from '../link/problem-text.ts';
import type { FailoverKind } from '../link/vocabulary.ts';
import { readLabDescription } from './lab-description.ts';
import { type LabProcess, startLabProcess } from './lab-process.ts';
import { type PracticeOutcome, practise } from './practise.ts';
import { jsonOf, narrate, sayOutcome } from './say.ts';

interface Options {
  readonly json: boolean;
  readonly against?: string;
  readonly kind: FailoverKind;
  readonly way?: Way;
  readonly budget: number;
  readonly scenario: string;
  readonly seed?: number;
  readonly writers: number;
  readonly dropAg: boolean;
}

const wholeNumber = (least: number) => (text: string) => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < least) throw new InvalidArgumentError(`A whole number from ${least} on is needed.`);
  return n;
};

const program = new Command('practice')
  .description('Fails a database over on a practice link, with writers at work, and counts the rows.')
  .option('--json', 'one JSON object on stdout, everything else on stderr', false)
  .option(
    '--against <file>',
    'use the running lab that this file describes (the line that `npm run lab -- --json` prints)',
  )
  .addOption(
    new Option('--kind <kind>', 'planned loses nothing; forced does not wait')
      .choices(['planned', 'forced'])
      .default('planned'),
  )
  .addOption(
    new Option('--way <way>', 'planned: cut the link, or keep it (2022 CU13 and later; 2022 before CU13)').choices([
      'cutLink',
      'tsqlFailover',
      'roleSwitch',
    ]),
  )
  .option('--budget <seconds>', 'how long to wait for both sides to be equal', wholeNumber(1), 300)
  .option('--scenario <name>', 'scenario of the lab that is started', 'sql2019')
  .option('--seed <n>', 'seed of the lab that is started', wholeNumber(0))
  .option(
    '--writers <n>',
    'writers of the practice application; they are told to stop when the failover asks for it',
    wholeNumber(0),
    3,
  )
  .option('--drop-ag', 'drop the availability group too', false);

/** Runs the practice failover. Exit code 0: failed over, and (planned) no row is missing; 1 otherwise. */
async function main(): Promise<number> {
  const options = program.parse().opts<Options>();
  const out = options.json ? process.stderr : process.stdout;
  const cancel = new AbortController();
  process.once('SIGINT', () => cancel.abort());
  process.once('SIGTERM', () => cancel.abort());
  const own = options.against === undefined ? await startLab(options, cancel.signal) : undefined;
  try {
    const lab = own?.description ?? (await readLabDescription(options.against ?? ''));
    const outcome = await practise(lab, {
      ...options,
      way: wayOf(options),
      signal: cancel.signal,
      report: narrate(out),
    });
    sayOutcome(out, outcome);
    if (options.json) process.stdout.write(`${JSON.stringify(jsonOf(outcome))}\n`);
    return exitCode(outcome);
  } finally {
    await own?.stop();
  }
}

const wayOf = ({ kind, way }: Options): Way => (kind === 'forced' ? 'force' : (way ?? 'cutLink'));

const LAB_READY_WITHIN_MS = 30_000;

function startLab({ scenario, seed }: Options, signal: AbortSignal): Promise<LabProcess> {
  const file = fileURLToPath(new URL('../lab/main.ts', import.meta.url));
  const seedArguments = seed === undefined ? [] : ['--seed', String(seed)];
  const program = { file, arguments: ['--json', '--stop-with-parent', '--scenario', scenario, ...seedArguments] };
  return startLabProcess({ ...program, readyWithinMs: LAB_READY_WITHIN_MS, log: () => undefined }, signal);
}

function exitCode({ result, missing }: PracticeOutcome): number {
  if (result.outcome !== 'failedOver') return 1;
  return result.kind === 'planned' && missing > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${problemSentence(problemOf(error))}\n`);
  process.exitCode = 1;
}
