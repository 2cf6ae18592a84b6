import * as l10n from '@vscode/l10n';
import { LinkError } from '../link/problem.ts';

/** Where an Azure cloud's services are, and for whom tokens are asked. Addresses without a trailing slash. */
export interface AzureCloud {
  readonly name: string;
  readonly resourceManagerEndpoint: string;
  /** Scope of tokens for Resource Manager. */
  readonly audienceScope: string;
  readonly authorityHost: string;
  /** Scope of tokens for databases. */
  readonly sqlAudience: string;
  /** PEM to trust besides the system's own; the practice lab's. */
  readonly certificateAuthority?: string;
}

/** Microsoft Learn, "Azure Government: endpoint mapping", "Azure China: REST endpoints", and the defaults of @azure/identity (AzureAuthorityHosts). */
export const PUBLIC_CLOUD: AzureCloud = {
  name: 'Azure',
  resourceManagerEndpoint: 'https://management.azure.com',
  audienceScope: 'https://management.azure.com/.default',
  authorityHost: 'https://login.microsoftonline.com',
  sqlAudience: 'https://database.windows.net/.default',
};

export const US_GOVERNMENT_CLOUD: AzureCloud = {
  name: 'Azure US Government',
  resourceManagerEndpoint: 'https://management.usgovcloudapi.net',
  audienceScope: 'https://management.usgovcloudapi.net/.default',
  authorityHost: 'https://login.microsoftonline.us',
  sqlAudience: 'https://database.usgovcloudapi.net/.default',
};

export const CHINA_CLOUD: AzureCloud = {
  name: 'Azure China',
  resourceManagerEndpoint: 'https://management.chinacloudapi.cn',
  audienceScope: 'https://management.chinacloudapi.cn/.default',
  authorityHost: 'https://login.chinacloudapi.cn',
  sqlAudience: 'https://database.chinacloudapi.cn/.default',
};

export interface CustomCloudOptions {
  readonly name: string;
  readonly resourceManagerEndpoint: string;
  readonly authorityHost: string;
  /** Default: that of the endpoint. */
  readonly audienceScope?: string;
  /** Default: that of public Azure. */
  readonly sqlAudience?: string;
  readonly certificateAuthority?: string;
}

/** A cloud with addresses of its own: Azure Stack, a practice lab. Throws LinkError 'unsupported' unless both addresses are https. */
export function customCloud(options: CustomCloudOptions): AzureCloud {
  const resourceManagerEndpoint = httpsOrigin(options.resourceManagerEndpoint);
  return {
    name: options.name,
    resourceManagerEndpoint,
    audienceScope: options.audienceScope ?? `${resourceManagerEndpoint}/.default`,
    authorityHost: httpsOrigin(options.authorityHost),
    sqlAudience: options.sqlAudience ?? PUBLIC_CLOUD.sqlAudience,
    ...(options.certificateAuthority !== undefined && { certificateAuthority: options.certificateAuthority }),
  };
}

function httpsOrigin(address: string): string {
  const url = URL.parse(address);
  if (url?.protocol !== 'https:') {
    throw new LinkError({
      reason: 'unsupported',
      venue: 'azure',
      message: l10n.t('{0} is not an https address. Tokens are sent over https only.', address),
    });
  }
  return address.replace(/\/+$/, '');
}
