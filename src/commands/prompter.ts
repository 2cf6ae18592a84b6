/** What a person answers to one question of a sequence. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'back' }
  | { readonly kind: 'cancelled' };

interface Question {
  readonly title: string;
  /** Place in a sequence, from 1; the first one offers no way back. */
  readonly step?: { readonly number: number; readonly of: number };
}

export interface TextQuestion extends Question {
  readonly prompt: string;
  readonly value: string;
  readonly placeholder?: string;
  /** Shown as dots. */
  readonly secret?: boolean;
  /** What is wrong with the text, or undefined. */
  validate(text: string): string | undefined;
}

export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** Choices that follow each other and have the same group stand under its name. */
  readonly group?: string;
  readonly icon?: string;
  /** Why it cannot be chosen: it is shown, choosing it says why, and the question stays. */
  readonly whyNot?: string;
  readonly value: T;
}

export interface ChoiceQuestion<T> extends Question {
  readonly placeholder: string;
  /** A promise: the question is shown as busy until the choices are there; its failure ends the question with that error. */
  readonly choices: readonly Choice<T>[] | ((signal: AbortSignal) => Promise<readonly Choice<T>[]>);
  /** Which choice is offered first. */
  readonly isCurrent?: (value: T) => boolean;
}

/** Asks a person; the commands know no other way to ask, so that tests can answer. */
export interface Prompter {
  text(question: TextQuestion): Promise<Answer<string>>;
  choose<T>(question: ChoiceQuestion<T>): Promise<Answer<T>>;
}

/** One question about a draft: asks it, and gives the draft with the answer. */
export type Step<D> = (draft: D, step: { readonly number: number; readonly of: number }) => Promise<Answer<D>>;

/** Walks through the questions, forth and back; `stepsFor` may give other steps as the draft changes. undefined: it was cancelled. */
export async function walk<D>(
  start: D,
  stepsFor: (draft: D) => readonly Step<D>[],
  first?: Step<D>,
): Promise<D | undefined> {
  let draft = start;
  let index = first ? Math.max(0, stepsFor(draft).indexOf(first)) : 0;
  for (;;) {
    const steps = stepsFor(draft);
    const step = steps[index];
    if (!step) return draft;
    const answer = await step(draft, { number: index + 1, of: steps.length });
    switch (answer.kind) {
      case 'answered':
        draft = answer.value;
        index += 1;
        break;
      case 'back':
        index = Math.max(0, index - 1);
        break;
      case 'cancelled':
        return undefined;
    }
  }
}

/** The answer put into something larger. */
export async function mapAnswer<T, U>(answer: Promise<Answer<T>>, map: (value: T) => U): Promise<Answer<U>> {
  const given = await answer;
  return given.kind === 'answered' ? { kind: 'answered', value: map(given.value) } : given;
}
