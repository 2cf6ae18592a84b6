import type { Plan } from '../plan.ts';
import { azureCliScript } from './azure-cli.ts';
import { powershellScript } from './powershell.ts';
import { tsqlScript } from './tsql.ts';

/** The languages that a person may have a plan written in. */
export const SCRIPT_LANGUAGES = ['tsql', 'powershell', 'azureCli'] as const;

export type ScriptLanguage = (typeof SCRIPT_LANGUAGES)[number];

/** The plan as a script to read, keep or run. Throws LinkError 'unsupported' where a language cannot take a name. */
export function renderScript(plan: Plan, language: ScriptLanguage): string {
  switch (language) {
    case 'tsql':
      return tsqlScript(plan);
    case 'powershell':
      return powershellScript(plan);
    case 'azureCli':
      return azureCliScript(plan);
  }
}
