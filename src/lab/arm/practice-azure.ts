import type { LabAzure, LabClock } from '../engine/contract.ts';
import { createAuthority } from './authority.ts';
import { type HttpListener, listenHttp } from './listen.ts';
import { createResourceManager } from './resource-manager.ts';
import type { Directory } from './token-request.ts';
import { type Client, createTokenService, type Principal, TokenRefused, type TokenService } from './tokens.ts';

/** The audience of tokens that log in to SQL. */
export const databaseAudience = 'https://database.windows.net';

const publicManagementAudiences = ['https://management.azure.com', 'https://management.core.windows.net'];

export interface PracticeAzureOptions {
  readonly azure: LabAzure;
  readonly clock: LabClock;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly client: Client;
  /** Tenant id of a second directory, in which the client exists but sees no subscription. */
  readonly otherTenantId: string;
  readonly ports?: { readonly resourceManager?: number; readonly authority?: number };
}

/** Resource Manager and its sign-in authority, listening. */
export interface PracticeAzure {
  /** https://127.0.0.1:PORT. */
  readonly resourceManager: string;
  readonly authority: string;
  readonly tokens: TokenService;
  tokenLifetimeSeconds: number;
  /** Who a SQL login token speaks for. Throws TokenRefused. */
  checkDatabaseToken(token: string): Promise<Principal>;
  close(): Promise<void>;
}

/** Starts both HTTPS listeners; they know each other's addresses, as the real services do. */
export const startPracticeAzure = async (options: PracticeAzureOptions): Promise<PracticeAzure> => {
  const { azure, clock, tls, client, ports = {} } = options;
  const directories: readonly Directory[] = [
    { tenantId: azure.tenantId, displayName: azure.tenantName, domain: 'practice.onmicrosoft.com' },
    {
      tenantId: options.otherTenantId,
      displayName: `${azure.tenantName} (no subscriptions)`,
      domain: 'practice-empty.onmicrosoft.com',
    },
  ];
  const urls = { resourceManager: '', authority: '' };
  const managementAudiences = () => [urls.resourceManager, ...publicManagementAudiences];
  const tokens = await createTokenService(clock, () => urls.authority);
  const life = { seconds: 3600 };

  const authority = createAuthority({
    clock,
    tokens,
    directories,
    clients: [client],
    audiences: () => [...managementAudiences(), databaseAudience],
    lifetimeSeconds: () => life.seconds,
    authority: () => urls.authority,
  });
  const resourceManager = createResourceManager({
    clock,
    azure,
    tokens,
    audiences: managementAudiences,
    tenants: ({ tenantId }) => directories.filter(known => known.tenantId === tenantId),
    resourceManager: () => urls.resourceManager,
    authority: () => urls.authority,
  });

  const listeners: HttpListener[] = [];
  const close = async () => {
    await Promise.all(listeners.map(listener => listener.close()));
  };
  try {
    listeners.push(await listenHttp(authority.fetch, ports.authority ?? 0, tls));
    listeners.push(await listenHttp(resourceManager.fetch, ports.resourceManager ?? 0, tls));
  } catch (reason) {
    await close();
    throw reason;
  }
  [urls.authority = '', urls.resourceManager = ''] = listeners.map(({ url }) => url);

  return {
    ...urls,
    tokens,
    get tokenLifetimeSeconds() {
      return life.seconds;
    },
    set tokenLifetimeSeconds(seconds) {
      life.seconds = seconds;
    },
    checkDatabaseToken: async token => {
      const principal = await tokens.check(token, [databaseAudience]);
      if (principal.tenantId !== azure.tenantId)
        throw new TokenRefused({ kind: 'tenant', tenantId: principal.tenantId });
      return principal;
    },
    close,
  };
};
