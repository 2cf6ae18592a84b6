import { describe, expect, it } from 'vitest';
import {
  askServer,
  draftOf,
  emptyDraft,
  questionFor,
  type ServerDraft,
  serverOf,
} from '../../src/commands/server-questions.ts';
import { type Act, ScriptedPrompter } from './scripted-prompter.ts';

const ask = async (start: ServerDraft, ...acts: Act[]) => {
  const prompter = new ScriptedPrompter(...acts);
  const draft = await askServer(prompter, 'Add SQL Server', start);
  expect(prompter.acts).toEqual([]);
  return { draft, prompter };
};

const full: ServerDraft = {
  server: 'sqlprod01,1433',
  authentication: 'sqlLogin',
  user: 'dba',
  password: 'Secret-1',
  encrypt: 'mandatory',
  trustServerCertificate: false,
  name: 'Production',
};

describe('asking about a server', () => {
  it('takes seven steps for a SQL login, with safe answers on offer', async () => {
    const { draft, prompter } = await ask(
      emptyDraft,
      { type: 'sqlprod01,1433' },
      'accept',
      { type: 'dba' },
      { type: 'Secret-1' },
      'accept',
      'accept',
      { type: 'Production' },
    );
    expect(draft).toEqual(full);
    expect(prompter.asked.map(question => question.slice(0, 3))).toEqual([
      '1/7',
      '2/7',
      '3/7',
      '4/7',
      '5/7',
      '6/7',
      '7/7',
    ]);
    expect(prompter.prefilled.at(-1)).toBe('sqlprod01,1433');
  });

  it('asks an Entra account for neither name nor password, and does not ask about trust when TDS 8.0 checks anyway', async () => {
    const { draft, prompter } = await ask(
      emptyDraft,
      { type: 'sqlprod01' },
      { pick: 'Microsoft Entra' },
      { pick: 'Strict' },
      'accept',
    );
    expect(draft).toMatchObject({
      authentication: 'entra',
      encrypt: 'strict',
      trustServerCertificate: false,
      name: 'sqlprod01',
    });
    expect(prompter.asked.map(question => question.slice(0, 3))).toEqual(['1/7', '2/7', '3/5', '4/4']);
  });

  it('says at the field what is wrong', async () => {
    const { prompter } = await ask(
      emptyDraft,
      { type: 'sqlprod01:1433' },
      { type: 'sqlprod01,1433' },
      'accept',
      { type: ' ' },
      { type: 'dba' },
      { type: '' },
      { type: 'Secret-1' },
      'accept',
      'accept',
      { type: ' ' },
      { type: 'x'.repeat(101) },
      'close',
    );
    expect(prompter.refused).toEqual([
      'Separate the port by a comma: sqlprod01,1433',
      'Enter the name of the login.',
      'Enter the password.',
      'Enter a name.',
      '100 characters at most.',
    ]);
  });

  it('goes back without losing what was entered', async () => {
    const { draft, prompter } = await ask(
      emptyDraft,
      { type: 'sqlprod01,1433' },
      'accept',
      { type: 'dbb' },
      'back',
      'back',
      'back',
      'accept',
      'accept',
      { type: 'dba' },
      { type: 'Secret-1' },
      'accept',
      'accept',
      { type: 'Production' },
    );
    // server, user, password; back to user and server; again user and password; name.
    expect(prompter.prefilled).toEqual(['', '', '', 'dbb', 'sqlprod01,1433', 'dbb', '', 'sqlprod01,1433']);
    expect(draft).toEqual(full);
  });

  it('says plainly what optional encryption and blind trust mean', async () => {
    const { draft, prompter } = await ask(
      full,
      'accept',
      'accept',
      'accept',
      'accept',
      { pick: 'Optional' },
      { pick: 'Trust any certificate' },
      'accept',
    );
    expect(draft).toMatchObject({ encrypt: 'optional', trustServerCertificate: true });
    const details = prompter.offered.flat().map(choice => choice.detail);
    expect(details).toContainEqual(expect.stringContaining('travel unencrypted'));
    expect(details).toContainEqual(expect.stringContaining('could pose as the server and read the password'));
  });

  it('is over when it is closed', async () => {
    const { draft } = await ask(emptyDraft, { type: 'sqlprod01' }, 'accept', 'close');
    expect(draft).toBeUndefined();
  });

  it.each([
    ['loginFailed', full, 'password'],
    ['loginFailed', { ...full, authentication: 'entra' }, 'authentication'],
    ['notEncrypted', full, 'encryption'],
    ['certificateUntrusted', full, 'trust'],
    ['certificateUntrusted', { ...full, encrypt: 'strict' }, 'encryption'],
    ['unreachable', full, 'server'],
  ] as const)('begins after %s where it most likely went wrong', (reason, draft, question) =>
    expect(questionFor({ reason, venue: 'sqlServer', message: '' }, draft)).toBe(question),
  );

  it('can begin in the middle, with the way back open', async () => {
    const prompter = new ScriptedPrompter('back', 'accept', { type: 'Right-1' }, 'accept', 'accept', 'accept');
    expect(await askServer(prompter, 'Add SQL Server', full, 'password')).toEqual({ ...full, password: 'Right-1' });
    expect(prompter.asked.map(question => question.slice(0, 3))).toEqual(['4/7', '3/7', '4/7', '5/7', '6/7', '7/7']);
  });
});

describe('a server and its draft', () => {
  it('keeps the password apart', () => {
    const { server, password } = serverOf('a', {
      ...full,
      server: ' sqlprod01,1433 ',
      user: ' dba ',
      name: ' Production ',
    });
    expect(password).toBe('Secret-1');
    expect(JSON.stringify(server)).not.toContain('Secret-1');
    expect(draftOf(server, password)).toEqual(full);
  });

  it('has no password for an Entra account, even if one was entered before', () =>
    expect(serverOf('a', { ...full, authentication: 'entra' })).toMatchObject({
      server: { authentication: { kind: 'entra' } },
      password: undefined,
    }));
});
