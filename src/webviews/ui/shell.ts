import type { PageView, WizardView } from '../messages.ts';
import { type Child, h, type VNode } from './dom.ts';
import { introduction, logIn } from './pages/before.ts';
import { cleanUp, failoverType, summary } from './pages/choosing.ts';
import { executing, results } from './pages/running.ts';
import { button, dropdown, mark } from './pieces.ts';
import type { Send } from './send.ts';

/** The whole wizard: header, list of pages, the page, buttons. */
export function shell(view: WizardView, send: Send): Child[] {
  const current = view.stepper.steps.find(s => s.state === 'current');
  return [
    header(view),
    h(
      'div',
      { key: 'body', class: 'body' },
      stepper(view.stepper),
      h(
        'main',
        { key: `page-${view.page.page}`, class: `page page-${view.page.page}` },
        h('h1', { id: 'heading', tabindex: '-1' }, current?.title ?? ''),
        page(view.page, send),
      ),
    ),
    footer(view.footer, send),
  ];
}

const header = (view: WizardView): VNode =>
  h(
    'header',
    { key: 'header' },
    h('p', { class: 'wizard-title' }, view.title),
    h(
      'p',
      { class: 'subject' },
      view.subject,
      view.practice !== undefined && h('span', { key: 'practice', class: 'badge' }, view.practice),
    ),
  );

const stepper = ({ label, short, steps }: WizardView['stepper']): VNode =>
  h(
    'nav',
    { key: 'stepper', class: 'stepper', 'aria-label': label },
    h('p', { class: 'stepper-short' }, short),
    h(
      'ol',
      {},
      steps.map((s, i) =>
        h(
          'li',
          { key: s.page, class: s.state, 'aria-current': s.state === 'current' ? 'step' : undefined },
          h('span', { class: 'dot', 'aria-hidden': 'true' }, s.state === 'done' ? mark('done') : String(i + 1)),
          h('span', { class: 'step-name' }, s.title),
          h('span', { class: 'visually-hidden' }, s.stateText),
        ),
      ),
    ),
  );

function page(view: PageView, send: Send): Child[] {
  switch (view.page) {
    case 'introduction':
      return introduction(view, send);
    case 'logIn':
      return logIn(view, send);
    case 'failoverType':
      return failoverType(view, send);
    case 'cleanUp':
      return cleanUp(view, send);
    case 'summary':
      return summary(view, send);
    case 'executing':
      return executing(view);
    case 'results':
      return results(view, send);
  }
}

function footer(view: WizardView['footer'], send: Send): Child {
  const { script, language, back, next, finish, cancel, cancelRun, close, hint } = view;
  return h(
    'footer',
    { key: 'footer' },
    h('p', { class: 'hint', id: 'hint' }, hint ?? ''),
    h(
      'div',
      { class: 'buttons' },
      script &&
        language &&
        dropdown('script-language', language, script.enabled, id => sendLanguage(id, send), 'footer'),
      script && button('script', script, 'secondary', () => send({ kind: 'script' })),
      back && button('back', back, 'secondary', () => send({ kind: 'go', to: 'back' })),
      next && button('next', next, 'primary', () => send({ kind: 'go', to: 'next' })),
      finish && button('finish', finish, 'primary', () => send({ kind: 'go', to: 'finish' })),
      close && button('close', close, 'primary', () => send({ kind: 'go', to: 'close' })),
      cancelRun && button('cancel-run', cancelRun, 'secondary', () => send({ kind: 'cancelRun' })),
      cancel && button('cancel', cancel, 'secondary', () => send({ kind: 'go', to: 'cancel' })),
    ),
  );
}

function sendLanguage(id: string, send: Send): void {
  if (id === 'tsql' || id === 'powershell' || id === 'azureCli') send({ kind: 'chooseLanguage', language: id });
}
