import { type FromWizard, readToWizard, type WizardView } from '../messages.ts';
import { render } from './dom.ts';
import { shell } from './shell.ts';
import { registerToolkit } from './toolkit.ts';

/** What the browser runs: shows each view the host sends, and tells the host what the person did. It decides nothing. */

registerToolkit();
const host = acquireVsCodeApi();
const send = (message: FromWizard): void => host.postMessage(message);
const root = document.getElementById('wizard');
const announcer = document.getElementById('announcer');

let shown: WizardView | undefined;

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readToWizard(event.data);
  if (message && root) show(root, message.view);
  else console.warn('A message that is not of the wizard was dropped.');
});

function show(into: HTMLElement, view: WizardView): void {
  const turned = shown?.page.page !== view.page.page;
  const news = shown?.announcement.id !== view.announcement.id;
  shown = view;
  document.title = view.title;
  render(into, ...shell(view, send));
  if (announcer && news) announcer.textContent = view.announcement.text;
  followRunningStep(view);
  if (!turned) return;
  window.scrollTo(0, 0);
  document.getElementById('heading')?.focus();
}

let followed: string | undefined;

/** Keeps the step that runs in sight. It moves the page once for each step only, so that a person can look elsewhere meanwhile. */
function followRunningStep({ page }: WizardView): void {
  if (page.page !== 'executing') return;
  const running = page.steps.find(step => step.mark === 'running');
  const key = running && `${running.id} ${page.live ? 'with figures' : ''}`;
  if (key === undefined || key === followed) return;
  followed = key;
  document.querySelector('.steps > .step-running')?.scrollIntoView({ block: 'nearest' });
}

/** Enter goes on, but never starts a failover; Escape leads to Cancel without pressing it. */
document.addEventListener('keydown', event => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const focus = document.activeElement?.tagName ?? '';
  if (event.key === 'Enter' && (focus === 'H1' || focus === 'BODY' || focus === 'VSCODE-TEXT-FIELD')) {
    if (shown?.footer.next?.enabled) send({ kind: 'go', to: 'next' });
  } else if (event.key === 'Escape' && !isOpenDropdown(document.activeElement)) {
    document.querySelector<HTMLElement>('#cancel, #cancel-run')?.focus();
  }
});

const isOpenDropdown = (element: Element | null): boolean =>
  element?.tagName === 'VSCODE-DROPDOWN' && element.hasAttribute('open');

send({ kind: 'ready' });
