import * as vscode from 'vscode';
import type { Answer, Choice, ChoiceQuestion, Prompter, TextQuestion } from './prompter.ts';

/** Questions by VS Code's own input boxes and pick lists. They stay when another window takes the focus (a password manager, say). */
export const quickInput: Prompter = { text: askText, choose: askChoice };

function askText(question: TextQuestion): Promise<Answer<string>> {
  const box = vscode.window.createInputBox();
  box.title = question.title;
  box.prompt = question.prompt;
  box.value = question.value;
  box.password = question.secret ?? false;
  box.ignoreFocusOut = true;
  if (question.placeholder !== undefined) box.placeholder = question.placeholder;
  addStep(box, question);
  return shown(box, settle => [
    // What is wrong is said when the person is done; while typing only a message that has become untrue is taken away.
    box.onDidChangeValue(() => {
      if (box.validationMessage) box.validationMessage = question.validate(box.value);
    }),
    box.onDidAccept(() => {
      box.validationMessage = question.validate(box.value);
      if (!box.validationMessage) settle({ kind: 'answered', value: box.value });
    }),
  ]);
}

interface Item<T> extends vscode.QuickPickItem {
  readonly choice?: Choice<T>;
}

function askChoice<T>(question: ChoiceQuestion<T>): Promise<Answer<T>> {
  const pick = vscode.window.createQuickPick<Item<T>>();
  pick.title = question.title;
  pick.placeholder = question.placeholder;
  pick.ignoreFocusOut = true;
  pick.matchOnDescription = true;
  addStep(pick, question);
  const offer = (choices: readonly Choice<T>[]): void => {
    pick.items = itemsOf(choices);
    const current = pick.items.find(item => item.choice && question.isCurrent?.(item.choice.value));
    if (current) pick.activeItems = [current];
  };
  const loading = new AbortController();
  return shown<T>(pick, (settle, fail) => {
    if (typeof question.choices === 'function') {
      pick.busy = true;
      question
        .choices(loading.signal)
        .then(offer, fail)
        .finally(() => {
          pick.busy = false;
        });
    } else {
      offer(question.choices);
    }
    return [
      { dispose: () => loading.abort(new DOMException('Closed', 'AbortError')) },
      pick.onDidAccept(() => {
        const choice = pick.selectedItems[0]?.choice;
        if (!choice) return;
        if (choice.whyNot === undefined) settle({ kind: 'answered', value: choice.value });
        else void vscode.window.showInformationMessage(choice.whyNot);
      }),
    ];
  });
}

function itemsOf<T>(choices: readonly Choice<T>[]): Item<T>[] {
  return choices.flatMap((choice, index): Item<T>[] => {
    const item: Item<T> = {
      label: choice.icon ? `$(${choice.icon}) ${choice.label}` : choice.label,
      ...(choice.description === undefined ? {} : { description: choice.description }),
      ...(choice.detail === undefined ? {} : { detail: choice.detail }),
      choice,
    };
    if (choice.group === undefined || choice.group === choices[index - 1]?.group) return [item];
    return [{ label: choice.group, kind: vscode.QuickPickItemKind.Separator }, item];
  });
}

function addStep(
  input: vscode.QuickInput & { buttons: readonly vscode.QuickInputButton[] },
  { step }: { readonly step?: { readonly number: number; readonly of: number } },
): void {
  if (!step) return;
  input.step = step.number;
  input.totalSteps = step.of;
  if (step.number > 1) input.buttons = [vscode.QuickInputButtons.Back];
}

/** Shows the input until it is settled, cancelled or left by its Back button, and then takes it down. */
function shown<T>(
  input: vscode.InputBox | vscode.QuickPick<Item<T>>,
  listen: (settle: (answer: Answer<T>) => void, fail: (error: unknown) => void) => readonly vscode.Disposable[],
): Promise<Answer<T>> {
  return new Promise((resolve, reject) => {
    let listeners: readonly vscode.Disposable[] = [];
    let open = true;
    const end = (how: () => void): void => {
      if (!open) return;
      open = false;
      for (const listener of listeners) listener.dispose();
      input.dispose();
      how();
    };
    const settle = (answer: Answer<T>) => end(() => resolve(answer));
    listeners = [
      ...listen(settle, error => end(() => reject(error))),
      input.onDidTriggerButton(button => {
        if (button === vscode.QuickInputButtons.Back) settle({ kind: 'back' });
      }),
      input.onDidHide(() => settle({ kind: 'cancelled' })),
    ];
    input.show();
  });
}
