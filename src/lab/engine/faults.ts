import type { BatchFault, LabSide } from './contract.ts';

/** A fault for one of the next batches whose text contains `match` (case and blanks do not matter). */
export interface BatchFaultRule {
  readonly on: LabSide;
  readonly match: string;
  readonly fault: BatchFault;
  readonly count: number;
}

/** What a request gets instead of its answer, later than its answer, or with its answer lost. */
export type AzureFault =
  | { readonly status: number; readonly code: string; readonly message: string; readonly retryAfterSeconds?: number }
  | { readonly delayMs: number }
  | { readonly dropAfter: true };

/** A fault for one of the next requests whose path contains `match`. */
export interface AzureFaultRule {
  readonly on: 'azure';
  readonly method: string | undefined;
  readonly match: string;
  readonly fault: AzureFault;
  readonly count: number;
}

/** A fault that waits for its statement or request. */
export type FaultRule = BatchFaultRule | AzureFaultRule;

const normal = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase();

/** The faults that still wait for their statement or request, in the order in which they were set. */
export class Faults {
  #rules: { readonly rule: FaultRule; left: number }[] = [];

  set(rules: readonly FaultRule[]): void {
    this.#rules = rules.map(rule => ({ rule, left: rule.count }));
  }

  get pending(): readonly FaultRule[] {
    return this.#rules.map(({ rule, left }) => ({ ...rule, count: left }));
  }

  takeForBatch(side: LabSide, text: string): BatchFault | undefined {
    const statement = normal(text);
    return this.#take(rule => (rule.on === side && statement.includes(normal(rule.match)) ? rule.fault : undefined));
  }

  takeForRequest(method: string, path: string): AzureFault | undefined {
    const wanted = path.toLowerCase();
    return this.#take(rule => {
      if (rule.on !== 'azure' || !wanted.includes(rule.match.toLowerCase())) return undefined;
      return rule.method === undefined || rule.method === method.toUpperCase() ? rule.fault : undefined;
    });
  }

  #take<Fault>(pick: (rule: FaultRule) => Fault | undefined): Fault | undefined {
    for (const entry of this.#rules) {
      const fault = pick(entry.rule);
      if (fault === undefined) continue;
      entry.left--;
      if (entry.left === 0) this.#rules = this.#rules.filter(other => other !== entry);
      return fault;
    }
    return undefined;
  }
}
