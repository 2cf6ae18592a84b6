import type { TokenCredential } from '@azure/core-auth';
import { AzureCliCredential, ClientSecretCredential } from '@azure/identity';
import type { AzureCloud } from './clouds.ts';

/** The account that the Azure CLI on this machine is signed in with. */
export const azureCliCredential = (tenantId?: string): TokenCredential =>
  new AzureCliCredential(tenantId === undefined ? {} : { tenantId });

export interface PracticeSignIn {
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** PEM of the practice lab's certificate. */
  readonly certificateAuthority: string;
}

/** Signs in to the practice lab's own authority, with the real client; nothing is asked of Azure's instance discovery. */
export const practiceCredential = (signIn: PracticeSignIn): TokenCredential =>
  new ClientSecretCredential(signIn.tenantId, signIn.clientId, signIn.clientSecret, {
    authorityHost: signIn.authority,
    disableInstanceDiscovery: true,
    tlsOptions: { ca: signIn.certificateAuthority },
  });

/** What connectSql needs to log in to a managed instance with this account: tokens for the cloud's databases, and for nothing else. */
export const sqlTokenProvider = (
  credential: TokenCredential,
  cloud: Pick<AzureCloud, 'sqlAudience'>,
  account: string,
) => ({
  kind: 'accessToken' as const,
  account,
  scope: cloud.sqlAudience,
  credential: {
    getToken: (scopes: string | string[], options?: { abortSignal?: AbortSignal }) =>
      credential.getToken(scopes, options),
  },
});
