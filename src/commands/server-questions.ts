import * as l10n from '@vscode/l10n';
import type { Encryption, SavedServer } from '../hosts/server-book.ts';
import { parseServerName } from '../hosts/server-name.ts';
import type { Problem } from '../link/problem.ts';
import { type Choice, mapAnswer, type Prompter, type Step, walk } from './prompter.ts';

/** What was entered for a server so far. */
export interface ServerDraft {
  readonly server: string;
  readonly authentication: 'sqlLogin' | 'entra';
  readonly user: string;
  readonly password: string;
  readonly encrypt: Encryption;
  readonly trustServerCertificate: boolean;
  readonly name: string;
}

export const emptyDraft: ServerDraft = {
  server: '',
  authentication: 'sqlLogin',
  user: '',
  password: '',
  encrypt: 'mandatory',
  trustServerCertificate: false,
  name: '',
};

/** A server as it was saved, to be edited. */
export const draftOf = (server: SavedServer, password: string | undefined): ServerDraft => ({
  server: server.server,
  authentication: server.authentication.kind,
  user: server.authentication.kind === 'sqlLogin' ? server.authentication.user : '',
  password: password ?? '',
  encrypt: server.encrypt,
  trustServerCertificate: server.trustServerCertificate,
  name: server.name,
});

/** The draft as it is saved: without the password, which goes another way. */
export function serverOf(
  id: string,
  draft: ServerDraft,
): { readonly server: SavedServer; readonly password: string | undefined } {
  const { server, encrypt, trustServerCertificate, name } = draft;
  const authentication =
    draft.authentication === 'entra'
      ? ({ kind: 'entra' } as const)
      : ({ kind: 'sqlLogin', user: draft.user.trim() } as const);
  return {
    server: { id, name: name.trim(), server: server.trim(), authentication, encrypt, trustServerCertificate },
    password: draft.authentication === 'entra' ? undefined : draft.password,
  };
}

/** The questions, by what they are about. */
export type ServerQuestion = 'server' | 'authentication' | 'user' | 'password' | 'encryption' | 'trust' | 'name';

/** Asks all about a server, step by step; with `first`, from that question on, the others being answered already. undefined: cancelled. */
export function askServer(
  prompter: Prompter,
  title: string,
  start: ServerDraft,
  first?: ServerQuestion,
): Promise<ServerDraft | undefined> {
  const steps: Readonly<Record<ServerQuestion, Step<ServerDraft>>> = questions(prompter, title);
  const stepsFor = (draft: ServerDraft): readonly Step<ServerDraft>[] => [
    steps.server,
    steps.authentication,
    ...(draft.authentication === 'sqlLogin' ? [steps.user, steps.password] : []),
    steps.encryption,
    // TDS 8.0 always checks the certificate.
    ...(draft.encrypt === 'strict' ? [] : [steps.trust]),
    steps.name,
  ];
  return walk(start, stepsFor, first && steps[first]);
}

/** Where to begin correcting after this failure: at the answer that most likely caused it. */
export function questionFor({ reason }: Problem, draft: ServerDraft): ServerQuestion {
  switch (reason) {
    case 'loginFailed':
      return draft.authentication === 'sqlLogin' ? 'password' : 'authentication';
    case 'notEncrypted':
      return 'encryption';
    case 'certificateUntrusted':
      return draft.encrypt === 'strict' ? 'encryption' : 'trust';
    default:
      return 'server';
  }
}

type Field = 'server' | 'user' | 'password' | 'name';

function questions(prompter: Prompter, title: string) {
  const text =
    (
      field: Field,
      more: (draft: ServerDraft) => Omit<Parameters<Prompter['text']>[0], 'title' | 'step' | 'value'>,
    ): Step<ServerDraft> =>
    (draft, step) =>
      mapAnswer(prompter.text({ title, step, value: draft[field], ...more(draft) }), value => ({
        ...draft,
        [field]: value,
      }));
  const choose =
    <F extends 'authentication' | 'encrypt' | 'trustServerCertificate'>(
      field: F,
      placeholder: () => string,
      choices: () => readonly Choice<ServerDraft[F]>[],
    ): Step<ServerDraft> =>
    (draft, step) =>
      mapAnswer(
        prompter.choose({
          title,
          step,
          placeholder: placeholder(),
          choices: choices(),
          isCurrent: value => value === draft[field],
        }),
        value => ({ ...draft, [field]: value }),
      );
  return {
    server: text('server', () => ({
      prompt: l10n.t('SQL Server that is an end of the link: host, host,port, host\\instance or [IPv6 address],port'),
      placeholder: 'sqlprod01.contoso.com,1433',
      validate: serverProblem,
    })),
    authentication: choose('authentication', () => l10n.t('How do you log in to SQL Server?'), authenticationChoices),
    user: text('user', () => ({
      prompt: l10n.t('Name of the SQL login'),
      validate: value => (value.trim() === '' ? l10n.t('Enter the name of the login.') : undefined),
    })),
    password: text('password', draft => ({
      prompt: l10n.t('Password of {0}. It is kept in the secret storage of VS Code only.', draft.user.trim()),
      secret: true,
      validate: value => (value === '' ? l10n.t('Enter the password.') : undefined),
    })),
    encryption: choose('encrypt', () => l10n.t('Must the connection be encrypted?'), encryptionChoices),
    trust: choose('trustServerCertificate', () => l10n.t('Must the server prove who it is?'), trustChoices),
    name: ((draft, step) =>
      mapAnswer(
        prompter.text({
          title,
          step,
          value: draft.name || draft.server.trim(),
          prompt: l10n.t('Name to show in the list'),
          validate: nameProblem,
        }),
        name => ({ ...draft, name }),
      )) satisfies Step<ServerDraft>,
  };
}

function serverProblem(text: string): string | undefined {
  const parsed = parseServerName(text);
  return 'problem' in parsed ? parsed.problem : undefined;
}

function nameProblem(text: string): string | undefined {
  const name = text.trim();
  if (name === '') return l10n.t('Enter a name.');
  return name.length > 100 ? l10n.t('100 characters at most.') : undefined;
}

const authenticationChoices = (): readonly Choice<ServerDraft['authentication']>[] => [
  { label: l10n.t('SQL login'), detail: l10n.t('Name and password of a login on the server.'), value: 'sqlLogin' },
  {
    label: l10n.t('Microsoft Entra'),
    detail: l10n.t('The account that VS Code is signed in with. Needs SQL Server 2022 or later.'),
    value: 'entra',
  },
];

const encryptionChoices = (): readonly Choice<Encryption>[] => [
  {
    label: l10n.t('Mandatory'),
    description: l10n.t('recommended'),
    detail: l10n.t('If the server declines encryption, nothing is sent to it.'),
    value: 'mandatory',
  },
  {
    label: l10n.t('Strict'),
    description: l10n.t('TDS 8.0'),
    detail: l10n.t('SQL Server 2022 and later, with a certificate that this machine trusts.'),
    value: 'strict',
  },
  {
    label: l10n.t('Optional'),
    description: l10n.t('not recommended'),
    detail: l10n.t('If the server declines, the password and all data travel unencrypted.'),
    value: 'optional',
  },
];

const trustChoices = (): readonly Choice<boolean>[] => [
  {
    label: l10n.t('Check the certificate'),
    description: l10n.t('recommended'),
    detail: l10n.t('The server must show a certificate for its name that this machine trusts.'),
    value: false,
  },
  {
    label: l10n.t('Trust any certificate'),
    description: l10n.t('for test servers'),
    detail: l10n.t('Encrypted, but anybody in between could pose as the server and read the password.'),
    value: true,
  },
];
