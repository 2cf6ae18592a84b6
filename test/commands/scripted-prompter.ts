import type { Answer, Choice, ChoiceQuestion, Prompter, TextQuestion } from '../../src/commands/prompter.ts';

/** What the person does: types a text, picks the row with this label, goes back, or closes. */
export type Act = { readonly type: string } | { readonly pick: string } | 'accept' | 'back' | 'close';

/** A person who follows a script. Texts that the question refuses, and rows that cannot be chosen, are noted, and the next act is tried. */
export class ScriptedPrompter implements Prompter {
  readonly acts: Act[];
  readonly asked: string[] = [];
  readonly offered: Choice<unknown>[][] = [];
  readonly refused: string[] = [];
  readonly prefilled: string[] = [];

  constructor(...acts: Act[]) {
    this.acts = acts;
  }

  async text(question: TextQuestion): Promise<Answer<string>> {
    this.#note(question.prompt, question);
    this.prefilled.push(question.value);
    for (;;) {
      const act = this.#next(question.prompt);
      if (act === 'back') return { kind: 'back' };
      if (act === 'close') return { kind: 'cancelled' };
      const text = act === 'accept' ? question.value : 'type' in act ? act.type : undefined;
      if (text === undefined) throw new Error(`"${question.prompt}" wants a text`);
      const problem = question.validate(text);
      if (problem === undefined) return { kind: 'answered', value: text };
      this.refused.push(problem);
    }
  }

  async choose<T>(question: ChoiceQuestion<T>): Promise<Answer<T>> {
    this.#note(question.placeholder, question);
    const { choices } = question;
    const rows = typeof choices === 'function' ? await choices(new AbortController().signal) : choices;
    this.offered.push([...rows]);
    for (;;) {
      const act = this.#next(question.placeholder);
      if (act === 'back') return { kind: 'back' };
      if (act === 'close') return { kind: 'cancelled' };
      const row =
        act === 'accept'
          ? rows.find(choice => question.isCurrent?.(choice.value))
          : 'pick' in act
            ? rows.find(choice => choice.label === act.pick)
            : undefined;
      if (!row) throw new Error(`"${question.placeholder}" has no such row: ${JSON.stringify(act)}`);
      if (row.whyNot === undefined) return { kind: 'answered', value: row.value };
      this.refused.push(row.whyNot);
    }
  }

  #note(text: string, { step }: { readonly step?: { readonly number: number; readonly of: number } }): void {
    this.asked.push(step ? `${step.number}/${step.of} ${text}` : text);
  }

  #next(question: string): Act {
    const act = this.acts.shift();
    if (act === undefined) throw new Error(`The script has no answer to "${question}"`);
    return act;
  }
}
