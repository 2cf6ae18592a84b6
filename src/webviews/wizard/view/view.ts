import * as l10n from '@vscode/l10n';
import { SCRIPT_LANGUAGES, type ScriptLanguage } from '../../../failover/script/index.ts';
import { type Button, type Choice, PAGES, type PageId, type PageView, type WizardView } from '../../messages.ts';
import { databaseNames, serverName, whyNotNext } from '../facts.ts';
import type { Model } from '../model.ts';
import { cleanUpView } from './clean-up.ts';
import { executingFooter, executingView } from './executing.ts';
import { failoverTypeView } from './failover-type.ts';
import { introductionView } from './introduction.ts';
import { logInView } from './log-in.ts';
import { resultsView } from './results.ts';
import { summaryView } from './summary.ts';

/** Everything the webview shows, in the person's language. */
export function viewOf(model: Model): WizardView {
  return {
    title: l10n.t('Failover database to Managed Instance'),
    subject: l10n.t('{0} on {1}', databaseNames(model), serverName(model)),
    practice: model.start.server.practice ? l10n.t('PRACTICE') : undefined,
    stepper: stepper(model),
    page: pageView(model),
    footer: footer(model),
    announcement: model.announcement,
  };
}

function pageTitle(page: PageId): string {
  switch (page) {
    case 'introduction':
      return l10n.t('Introduction');
    case 'logIn':
      return l10n.t('Log in to Azure');
    case 'failoverType':
      return l10n.t('Failover type');
    case 'cleanUp':
      return l10n.t('Clean-up (optional)');
    case 'summary':
      return l10n.t('Summary');
    case 'executing':
      return l10n.t('Executing actions');
    case 'results':
      return l10n.t('Results');
  }
}

function stepper({ page }: Model): WizardView['stepper'] {
  const current = PAGES.indexOf(page);
  return {
    label: l10n.t('Pages'),
    short: l10n.t('Step {0} of {1}', current + 1, PAGES.length),
    steps: PAGES.map((id, index) => {
      const state = index < current ? 'done' : index === current ? 'current' : 'todo';
      const stateText = { done: l10n.t('done'), current: l10n.t('current'), todo: l10n.t('to do') }[state];
      return { page: id, title: pageTitle(id), state, stateText };
    }),
  };
}

function pageView(model: Model): PageView {
  switch (model.page) {
    case 'introduction':
      return introductionView(model);
    case 'logIn':
      return logInView(model);
    case 'failoverType':
      return failoverTypeView(model);
    case 'cleanUp':
      return cleanUpView(model);
    case 'summary':
      return summaryView(model);
    case 'executing':
      return executingView(model);
    case 'results':
      return resultsView(model);
  }
}

function footer(model: Model): WizardView['footer'] {
  const button = (label: string, enabled = true): Button => ({ label, enabled });
  const whyNot = whyNotNext(model);
  switch (model.page) {
    case 'introduction':
      return {
        next: button(l10n.t('Next'), whyNot === undefined),
        cancel: button(l10n.t('Cancel')),
        hint: whyNot || undefined,
      };
    case 'logIn':
    case 'failoverType':
    case 'cleanUp':
      return {
        back: button(l10n.t('Back')),
        next: button(l10n.t('Next'), whyNot === undefined),
        cancel: button(l10n.t('Cancel')),
        hint: whyNot || undefined,
      };
    case 'summary':
      return {
        back: button(l10n.t('Back')),
        finish: button(l10n.t('Finish'), whyNot === undefined),
        cancel: button(l10n.t('Cancel')),
        script: button(l10n.t('Script'), model.summary.state === 'ready'),
        language: language(model),
        hint: l10n.t('Script opens exactly these steps instead of running them.'),
      };
    case 'executing':
      return executingFooter(model);
    case 'results':
      return resultsFooter(model);
  }
}

/** What is left to be done by hand is in the script. */
function resultsFooter(model: Model): WizardView['footer'] {
  const close = { label: l10n.t('Close'), enabled: true };
  if (model.run?.view.result?.outcome !== 'failed') return { close };
  return { close, script: { label: l10n.t('Script'), enabled: true }, language: language(model) };
}

/** Their own names: they are not translated. */
const LANGUAGE_NAMES: Readonly<Record<ScriptLanguage, string>> = {
  tsql: 'T-SQL',
  powershell: 'PowerShell',
  azureCli: 'Azure CLI',
};

const language = ({ scriptLanguage }: Model): Choice => ({
  label: l10n.t('Language of the script'),
  placeholder: '',
  options: SCRIPT_LANGUAGES.map(id => ({ id, label: LANGUAGE_NAMES[id] })),
  chosen: scriptLanguage,
});
