import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import type { AzureCloud } from '../azure/clouds.ts';
import { LinkError } from '../link/problem.ts';

/** The settings of VS Code's own sign-in to other clouds: `microsoft-sovereign-cloud.*`. */
export interface SovereignCloudSettings {
  readonly environment: string | undefined;
  readonly customEnvironment: unknown;
}

const customEnvironment = v.object({
  name: v.string(),
  activeDirectoryEndpointUrl: v.string(),
  resourceManagerEndpointUrl: v.string(),
});

/** The cloud that VS Code signs in to, and the provider that does it. Throws LinkError when the settings name none. */
export async function chosenCloud(
  settings: SovereignCloudSettings,
): Promise<{ readonly cloud: AzureCloud; readonly providerId: string }> {
  const clouds = await import('../azure/clouds.ts');
  const providerId = 'microsoft-sovereign-cloud';
  switch (settings.environment || undefined) {
    case undefined:
      return { cloud: clouds.PUBLIC_CLOUD, providerId: 'microsoft' };
    case 'USGovernment':
      return { cloud: clouds.US_GOVERNMENT_CLOUD, providerId };
    case 'ChinaCloud':
      return { cloud: clouds.CHINA_CLOUD, providerId };
    case 'custom':
      return { cloud: clouds.customCloud(customOptions(settings.customEnvironment)), providerId };
    default:
      throw unknownCloud(l10n.t('its "environment" is {0}', String(settings.environment)));
  }
}

function customOptions(value: unknown) {
  const { success, output } = v.safeParse(customEnvironment, value);
  if (!success) throw unknownCloud(l10n.t('its "customEnvironment" lacks the name or an endpoint'));
  return {
    name: output.name,
    authorityHost: output.activeDirectoryEndpointUrl,
    resourceManagerEndpoint: output.resourceManagerEndpointUrl,
  };
}

const unknownCloud = (why: string): LinkError =>
  new LinkError({
    reason: 'unsupported',
    venue: 'azure',
    message: l10n.t('The setting "microsoft-sovereign-cloud" names no Azure cloud that is known here: {0}.', why),
    advice: l10n.t('Correct it, or clear it for public Azure.'),
  });
