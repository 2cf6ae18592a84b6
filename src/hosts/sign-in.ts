import { readFile } from 'node:fs/promises';
import type { TokenCredential } from '@azure/core-auth';
import * as l10n from '@vscode/l10n';
import type { AzureCloud } from '../azure/clouds.ts';
import { LinkError } from '../link/problem.ts';
import type { LabDescription } from '../practice/lab-description.ts';
import { readClaims } from './access-token.ts';
import type { AzureSignIn, RegisteredServer, SignedIn, SignInChoice } from './contract.ts';
import type { PracticeLab } from './practice-lab.ts';
import { practiceStopped } from './practice-origin.ts';
import type { EntraForSql } from './saved-origin.ts';
import { chosenCloud, type SovereignCloudSettings } from './sovereign-cloud.ts';
import { type Accounts, VsCodeTokenCredential } from './vscode-account.ts';

export interface SignInOptions {
  readonly accounts: Accounts;
  readonly cloudSettings: () => SovereignCloudSettings;
  readonly lab: Pick<PracticeLab, 'running'>;
  readonly hide: (secret: string) => void;
}

type ManagedInstance = Parameters<SignedIn['connectInstance']>[0];

/** Where the instance answers T-SQL, and what proves it: its name and port, or the practice lab's. */
interface InstanceAddress {
  readonly host: string;
  readonly port: number;
  readonly certificateAuthority?: string;
}

interface Account {
  readonly cloud: AzureCloud;
  readonly credential: TokenCredential;
  readonly practice: boolean;
  /** What is known of the account besides its token. */
  readonly label: () => string | undefined;
  readonly addressOf: (instance: ManagedInstance) => InstanceAddress;
}

/** The private endpoint; the public one (port 3342) has another host name. */
const INSTANCE_PORT = 1433;
const INSTANCE_TIMEOUT_MS = 15_000;

/** The ways of signing in of this host: the account in VS Code, the Azure CLI's, and for the practice server the lab's own. */
export function createSignIn(options: SignInOptions): AzureSignIn {
  return {
    choices: server => (server.practice ? [practiceChoice()] : [vsCodeChoice(), azureCliChoice()]),
    async signIn(choice, server, tenantId, signal) {
      signal.throwIfAborted();
      const account = await open(choice, server, tenantId, options);
      return signedIn(account, tenantId, options.hide, signal);
    },
  };
}

/** For a SQL Server with Microsoft Entra authentication: the account in VS Code, with tokens for databases. */
export async function entraForSql(options: Omit<SignInOptions, 'lab'>): Promise<EntraForSql> {
  const { cloud, providerId } = await chosenCloud(options.cloudSettings());
  const { accounts, hide } = options;
  return {
    credential: new VsCodeTokenCredential({ accounts, providerId, tenantId: undefined, hide }),
    scope: cloud.sqlAudience,
  };
}

async function open(
  choice: SignInChoice,
  server: RegisteredServer,
  tenantId: string | undefined,
  options: SignInOptions,
): Promise<Account> {
  // Neither may a real account go to the practice lab, nor the lab's to Azure.
  if ((choice.kind === 'practice') !== server.practice) {
    throw new LinkError({
      reason: 'unsupported',
      venue: 'azure',
      message: l10n.t('This sign-in is not for {0}.', server.label),
    });
  }
  switch (choice.kind) {
    case 'practice':
      if (!options.lab.running) throw practiceStopped();
      return openPractice(options.lab.running);
    case 'vscode': {
      const { cloud, providerId } = await chosenCloud(options.cloudSettings());
      const credential = new VsCodeTokenCredential({
        accounts: options.accounts,
        providerId,
        tenantId,
        hide: options.hide,
      });
      return { cloud, credential, practice: false, label: () => credential.account, addressOf: privateEndpoint };
    }
    case 'azureCli': {
      const { cloud } = await chosenCloud(options.cloudSettings());
      const { azureCliCredential } = await import('../azure/credential.ts');
      return {
        cloud,
        credential: azureCliCredential(tenantId),
        practice: false,
        label: () => undefined,
        addressOf: privateEndpoint,
      };
    }
  }
}

async function openPractice({ azure, managedInstance }: LabDescription): Promise<Account> {
  const [{ practiceCredential }, { customCloud }, certificateAuthority, instanceCertificate] = await Promise.all([
    import('../azure/credential.ts'),
    import('../azure/clouds.ts'),
    readFile(azure.certificateFile, 'utf8'),
    readFile(managedInstance.certificateFile, 'utf8'),
  ]);
  const { authority, tenantId, clientId, clientSecret, resourceManager } = azure;
  return {
    cloud: customCloud({
      name: l10n.t('PRACTICE Azure'),
      resourceManagerEndpoint: resourceManager,
      authorityHost: authority,
      certificateAuthority,
    }),
    credential: practiceCredential({ authority, tenantId, clientId, clientSecret, certificateAuthority }),
    practice: true,
    label: () => l10n.t('PRACTICE account'),
    addressOf: () => ({
      host: managedInstance.host,
      port: managedInstance.port,
      certificateAuthority: instanceCertificate,
    }),
  };
}

const privateEndpoint = (instance: ManagedInstance): InstanceAddress => ({
  host: instance.fullyQualifiedDomainName,
  port: INSTANCE_PORT,
});

/** Gets the first token, so that a sign-in that cannot work fails here and not on a later page. */
async function signedIn(
  account: Account,
  tenantId: string | undefined,
  hide: (secret: string) => void,
  signal: AbortSignal,
): Promise<SignedIn> {
  const { cloud, credential, practice, addressOf } = account;
  const { connectAzure } = await import('../azure/azure.ts');
  const first = await firstToken(account, signal);
  hide(first.token);
  const claims = readClaims(first.token);
  const name = account.label() ?? claims.holder ?? l10n.t('signed-in account');
  return {
    azure: connectAzure({ credential, account: name, cloud }),
    tenantId: tenantId ?? claims.tenantId,
    async connectInstance(instance, signal) {
      const { certificateAuthority, ...server } = addressOf(instance);
      const [{ connectSql }, { sqlTokenProvider }] = await Promise.all([
        import('../sql/connect.ts'),
        import('../azure/credential.ts'),
      ]);
      return connectSql(
        {
          side: 'managedInstance',
          label: instance.name,
          practice,
          server,
          authentication: sqlTokenProvider(credential, cloud, name),
          encrypt: 'mandatory',
          trustServerCertificate: false,
          ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
          connectTimeoutMs: INSTANCE_TIMEOUT_MS,
        },
        signal,
      );
    },
  };
}

async function firstToken({ credential, cloud }: Account, signal: AbortSignal) {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    // VS Code's own sign-in window cannot be closed from here, so a cancelled one is left behind.
    const token = await Promise.race([credential.getToken(cloud.audienceScope, { abortSignal: signal }), aborted]);
    if (token) return token;
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof LinkError) throw cause;
    throw signInFailed(cause);
  }
  throw signInFailed(undefined);
}

const signInFailed = (cause: unknown): LinkError =>
  new LinkError(
    {
      reason: 'loginFailed',
      venue: 'azure',
      message: l10n.t('Signing in to Azure failed.'),
      ...(cause instanceof Error ? { serverText: cause.message.slice(0, 500) } : {}),
      advice: l10n.t('Check the account (for the Azure CLI: "az login"), or choose another way of signing in.'),
    },
    { cause },
  );

const vsCodeChoice = (): SignInChoice => ({
  kind: 'vscode',
  label: l10n.t('Account in VS Code'),
  description: l10n.t('The Microsoft account that you are, or will be, signed in with in VS Code.'),
});

const azureCliChoice = (): SignInChoice => ({
  kind: 'azureCli',
  label: l10n.t('Azure CLI'),
  description: l10n.t('The account of "az login" on the machine where this extension runs.'),
});

const practiceChoice = (): SignInChoice => ({
  kind: 'practice',
  label: l10n.t('PRACTICE account'),
  description: l10n.t('The practice lab’s own sign-in. Nothing goes to Microsoft.'),
});
