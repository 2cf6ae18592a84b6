import { randomUUID } from 'node:crypto';
import { ArmError } from '../engine/contract.ts';
import type { ArmAnswer } from './answer.ts';

/** Long-running operations by id, as their Location answers them. */
export interface Operations {
  /**
   * Runs `work`. A refusal that comes at once is thrown (the request itself fails, as ARM's validation does), and so is an answer to nothing
   * to do; else the operation's id, to be polled.
   */
  start(
    subscription: string,
    work: () => Promise<ArmAnswer>,
  ): Promise<{ readonly id: string } | { readonly nothingToDo: ArmAnswer }>;
  /** undefined: unknown, or another subscription's. Throws ArmError when the operation failed. */
  result(
    subscription: string,
    id: string,
  ): { readonly state: 'running' } | { readonly state: 'done'; readonly answer: ArmAnswer } | undefined;
}

type Outcome = { readonly answer: ArmAnswer } | { readonly failure: unknown };

const kept = 1000;

const turn = (): Promise<undefined> => new Promise(resolve => setImmediate(() => resolve(undefined)));

/** `nothing` tells an answer that needs no operation (DELETE of what is not there) from a result. */
export const createOperations = (nothing: (answer: ArmAnswer) => boolean): Operations => {
  const operations = new Map<string, { readonly subscription: string; outcome: Outcome | undefined }>();

  const forgetOldest = () => {
    for (const [id, operation] of operations) {
      if (operations.size <= kept) return;
      if (operation.outcome) operations.delete(id);
    }
  };

  return {
    start: async (subscription, work) => {
      const ended: Promise<Outcome> = work().then(
        answer => ({ answer }),
        (failure: unknown) => ({ failure }),
      );
      const early = await Promise.race([ended, turn()]);
      if (early && 'failure' in early) throw early.failure;
      if (early && nothing(early.answer)) return { nothingToDo: early.answer };
      const id = randomUUID();
      const operation: { readonly subscription: string; outcome: Outcome | undefined } = {
        subscription,
        outcome: early,
      };
      operations.set(id, operation);
      forgetOldest();
      void ended.then(outcome => {
        operation.outcome = outcome;
      });
      return { id };
    },
    result: (subscription, id) => {
      const operation = operations.get(id.toLowerCase());
      if (!operation || operation.subscription !== subscription) return undefined;
      const { outcome } = operation;
      if (!outcome) return { state: 'running' };
      if ('answer' in outcome) return { state: 'done', answer: outcome.answer };
      if (outcome.failure instanceof ArmError) throw outcome.failure;
      throw new ArmError(500, 'InternalServerError', 'An unexpected error occurred while processing the operation.');
    },
  };
};
