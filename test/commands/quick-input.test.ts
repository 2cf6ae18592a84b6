import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fake, QuickInputButtons } from '../hosts/fake-vscode.ts';

vi.mock('vscode', () => import('../hosts/fake-vscode.ts'));

import { quickInput } from '../../src/commands/quick-input.ts';

const shownBox = () => {
  const box = fake.boxes.at(-1);
  if (!box) throw new Error('no input box');
  return box;
};
const shownPick = () => {
  const pick = fake.picks.at(-1);
  if (!pick) throw new Error('no pick list');
  return pick;
};

describe('a question by VS Code’s own input', () => {
  beforeEach(() => fake.reset());

  const text = (step?: { number: number; of: number }) =>
    quickInput.text({
      title: 'Add',
      prompt: 'Name',
      value: 'old',
      secret: true,
      validate: value => (value === '' ? 'Enter a name.' : undefined),
      ...(step ? { step } : {}),
    });

  it('is answered by Enter, and not before the text is right', async () => {
    const answer = text({ number: 2, of: 3 });
    const box = shownBox();
    expect(box).toMatchObject({
      value: 'old',
      password: true,
      step: 2,
      totalSteps: 3,
      ignoreFocusOut: true,
      visible: true,
    });
    box.type('');
    expect(box.validationMessage).toBeUndefined();
    box.accepted.fire();
    expect(box.validationMessage).toBe('Enter a name.');
    box.type('x');
    expect(box.validationMessage).toBeUndefined();
    box.accepted.fire();
    expect(await answer).toEqual({ kind: 'answered', value: 'x' });
    expect(box.visible).toBe(false);
  });

  it('is left by Escape or by Back; the first one has no Back', async () => {
    const closed = text({ number: 1, of: 3 });
    expect(shownBox().buttons).toEqual([]);
    shownBox().hide();
    expect(await closed).toEqual({ kind: 'cancelled' });
    const back = text({ number: 2, of: 3 });
    shownBox().pressed.fire(QuickInputButtons.Back);
    expect(await back).toEqual({ kind: 'back' });
  });

  const choices = [
    { label: 'Sales', value: 1, group: 'Linked' },
    { label: 'Web', value: 2, group: 'Linked' },
    { label: 'Archive', value: 3, group: 'Not linked', whyNot: 'Archive has no link.', icon: 'circle-slash' },
  ];

  it('offers choices in groups; one that cannot be chosen says why and leaves the list open', async () => {
    const answer = quickInput.choose({
      title: 'Failover',
      placeholder: 'Which?',
      choices,
      isCurrent: value => value === 2,
    });
    const pick = shownPick();
    expect(pick.items.map(item => item.label)).toEqual([
      'Linked',
      'Sales',
      'Web',
      'Not linked',
      '$(circle-slash) Archive',
    ]);
    expect(pick.activeItems.map(item => item.label)).toEqual(['Web']);
    pick.pick('$(circle-slash) Archive');
    expect(fake.messages).toEqual(['Archive has no link.']);
    expect(pick.visible).toBe(true);
    pick.pick('Sales');
    expect(await answer).toEqual({ kind: 'answered', value: 1 });
  });

  it('is busy until the choices are there, and stops the search when it is closed', async () => {
    let aborted: AbortSignal | undefined;
    let deliver: (found: typeof choices) => void = () => {};
    const answer = quickInput.choose<number>({
      title: 'Failover',
      placeholder: 'Which?',
      choices: signal => {
        aborted = signal;
        return new Promise(resolve => {
          deliver = resolve;
        });
      },
    });
    const pick = shownPick();
    expect(pick).toMatchObject({ busy: true, items: [] });
    deliver(choices);
    await vi.waitFor(() => expect(pick.busy).toBe(false));
    expect(pick.items).toHaveLength(5);
    pick.hide();
    expect(await answer).toEqual({ kind: 'cancelled' });
    expect(aborted?.aborted).toBe(true);
  });

  it('ends with the error when the choices cannot be read', async () => {
    const answer = quickInput.choose({
      title: 'Failover',
      placeholder: 'Which?',
      choices: () => Promise.reject(new Error('no answer')),
    });
    await expect(answer).rejects.toThrow('no answer');
    expect(shownPick().visible).toBe(false);
  });
});
