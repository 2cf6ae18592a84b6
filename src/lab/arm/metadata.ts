const suffixes = { sqlServerHostname: 'database.windows.net' };

/**
 * The cloud's own description, from which `az cloud register --endpoint-resource-manager` and sovereign-cloud tooling learn where to sign in.
 * Its form depends on the api-version: Azure Stack's first one, a list of clouds (2019, 2020), or this one cloud (2022 on).
 */
export const metadataEndpoints = (
  resourceManager: string,
  authority: string,
  audiences: readonly string[],
  apiVersion: string,
): unknown => {
  const [audience = resourceManager] = audiences;
  if (apiVersion === '1.0' || apiVersion < '2019')
    return {
      galleryEndpoint: resourceManager,
      graphEndpoint: authority,
      portalEndpoint: resourceManager,
      authentication: { loginEndpoint: `${authority}/`, audiences: [audience] },
    };
  const cloud = {
    name: 'PracticeLab',
    portal: resourceManager,
    authentication: { loginEndpoint: authority, audiences, tenant: 'common', identityProvider: 'AAD' },
    graph: authority,
    graphAudience: authority,
    gallery: resourceManager,
    media: resourceManager,
    batch: resourceManager,
    resourceManager: `${resourceManager}/`,
    sqlManagement: `${resourceManager}/`,
    vmImageAliasDoc: '',
    suffixes,
  };
  return apiVersion < '2022' ? [cloud] : cloud;
};
