import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FromWizard, readFromWizard, readToWizard } from '../../src/webviews/messages.ts';
import { Person, WizardWorld } from './wizard-world.ts';

const messages: FromWizard[] = [
  { kind: 'ready' },
  { kind: 'go', to: 'next' },
  { kind: 'retry' },
  { kind: 'chooseLink', link: 'DAG [odd] ‘name’' },
  { kind: 'signIn', choice: 'vscode' },
  { kind: 'stopWaiting' },
  { kind: 'chooseTenant', tenantId: 'contoso' },
  { kind: 'chooseSubscription', subscriptionId: 'sub-1' },
  { kind: 'searchAll' },
  { kind: 'chooseKind', failover: 'forced' },
  { kind: 'confirm', ticked: true },
  { kind: 'typeName', text: 'Sälés' },
  { kind: 'chooseWay', link: 'keep' },
  { kind: 'setBudget', text: '3oo' },
  { kind: 'setCleanUp', what: 'ag', ticked: false },
  { kind: 'chooseLanguage', language: 'powershell' },
  { kind: 'script' },
  { kind: 'cancelRun' },
  { kind: 'copyServerName' },
  { kind: 'saveReport' },
];

const overTheWire = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

describe('messages from the wizard’s page', () => {
  it.each(messages)('$kind arrives as it was sent', message =>
    expect(readFromWizard(overTheWire(message))).toEqual(message),
  );

  it.each([
    ['no object', 'go'],
    ['nothing', undefined],
    ['an unknown kind', { kind: 'runAnyCommand', command: 'rm' }],
    ['a missing part', { kind: 'go' }],
    ['a wrong type', { kind: 'confirm', ticked: 'yes' }],
    ['a way there is not', { kind: 'go', to: 'results' }],
    ['a name of another type', { kind: 'typeName', text: ['Sales'] }],
    ['a way of the link that there is not', { kind: 'chooseWay', link: 'roleSwitch' }],
    ['a language that there is not', { kind: 'chooseLanguage', language: 'cmd' }],
    ['a text without end', { kind: 'setBudget', text: '9'.repeat(100_000) }],
    ['a name without end', { kind: 'typeName', text: 'x'.repeat(100_000) }],
  ])('%s is not understood', (_what, data) => expect(readFromWizard(data)).toBeUndefined());

  it('never throws, whatever arrives', () =>
    fc.assert(
      fc.property(fc.anything(), data => readFromWizard(data) === undefined && readToWizard(data) === undefined),
    ));
});

describe('messages to the wizard’s page', () => {
  it('hold every page as it is, over the wire', async () => {
    const person = await new Person(new WizardWorld()).toSummary();
    const { view } = person.controller;
    expect(readToWizard(overTheWire({ kind: 'show', view }))).toEqual(overTheWire({ kind: 'show', view }));
  });

  it('are not understood when a part is missing', async () => {
    const { view } = new Person(new WizardWorld()).controller;
    const { footer: _left, ...rest } = view;
    expect(readToWizard(overTheWire({ kind: 'show', view: rest }))).toBeUndefined();
  });
});
