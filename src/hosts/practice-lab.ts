import * as l10n from '@vscode/l10n';
import { LinkError } from '../link/problem.ts';
import { type LabDescription, readLabDescription } from '../practice/lab-description.ts';
import { type LabProgram, startLabProcess } from '../practice/lab-process.ts';
import { createNotifier } from './notifier.ts';

/** The one practice lab that this window may have. */
export interface PracticeLab {
  /** undefined: none is running. */
  readonly running: LabDescription | undefined;
  /** Throws LinkError when one runs already or the new one does not get ready. */
  start(scenario: string, signal: AbortSignal): Promise<LabDescription>;
  /** Uses a lab that somebody else has started, described by this file; stopping it only takes it off the list. Throws LinkError. */
  adopt(file: string): Promise<LabDescription>;
  /** Idempotent. */
  stop(): Promise<void>;
  readonly onDidChange: (listener: () => void) => { dispose(): void };
}

export interface PracticeLabOptions {
  /** dist/lab.cjs. */
  readonly file: string;
  readonly log: (line: string) => void;
  /** Told the lab's secrets before anything else can be. */
  readonly hide: (secret: string) => void;
  /** Told when the lab has ended although nobody stopped it, with its last words. */
  readonly onLost: (lastWords: string) => void;
}

const READY_WITHIN_MS = 60_000;

interface Running {
  readonly description: LabDescription;
  stop(): Promise<void>;
}

/** No lab runs yet; nothing is loaded or started before `start` or `adopt`. */
export function createPracticeLab(options: PracticeLabOptions): PracticeLab {
  const changed = createNotifier();
  let running: Running | undefined;
  let starting = false;

  const use = (next: Running): LabDescription => {
    const { sqlServer, managedInstance, azure } = next.description;
    for (const secret of [sqlServer.password, managedInstance.password, azure.clientSecret]) options.hide(secret);
    running = next;
    changed.notify();
    return next.description;
  };
  const begin = async (open: () => Promise<Running>): Promise<LabDescription> => {
    if (running || starting) throw alreadyRunning();
    starting = true;
    try {
      return use(await open());
    } finally {
      starting = false;
    }
  };

  return {
    get running() {
      return running?.description;
    },
    start: (scenario, signal) =>
      begin(async () => {
        const lab = await startLabProcess(programFor(scenario, options), signal);
        void lab.ended.then(lastWords => {
          if (running?.description !== lab.description) return;
          running = undefined;
          changed.notify();
          options.onLost(lastWords);
        });
        return lab;
      }),
    adopt: file => begin(async () => ({ description: await readLabDescription(file), stop: async () => undefined })),
    async stop() {
      const stopped = running;
      running = undefined;
      if (!stopped) return;
      changed.notify();
      await stopped.stop();
    },
    onDidChange: changed.onDidChange,
  };
}

const programFor = (scenario: string, { file, log }: PracticeLabOptions): LabProgram => ({
  file,
  arguments: ['--json', '--stop-with-parent', '--scenario', scenario],
  readyWithinMs: READY_WITHIN_MS,
  log,
});

const alreadyRunning = (): LinkError =>
  new LinkError({
    reason: 'refused',
    venue: undefined,
    message: l10n.t('A practice lab is running already.'),
    advice: l10n.t('Stop it first, then start another one.'),
  });
