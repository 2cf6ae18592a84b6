import type { Button, Choice, Fact, Live, Notice, StepLine, StepMark, Tone } from '../messages.ts';
import { type Child, h, type VNode } from './dom.ts';

/** The parts that several pages are made of. */

type Mark = StepMark | Tone;

/** Outlines in a 16 × 16 box; drawn in the current colour. */
const SHAPES: Readonly<Record<Mark, readonly string[]>> = {
  waiting: ['M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11'],
  running: ['M8 2.5a5.5 5.5 0 1 1-5.5 5.5'],
  done: ['M3 8.5l3.2 3.2L13 4.8'],
  success: ['M3 8.5l3.2 3.2L13 4.8'],
  tolerated: ['M3 8h10'],
  notRun: ['M3 8h10'],
  undone: ['M6 3.5L3 6.5l3 3', 'M3 6.5h6.2a3.3 3.3 0 0 1 0 6.6H6'],
  failed: ['M4 4l8 8', 'M12 4l-8 8'],
  error: ['M8 2.2a5.8 5.8 0 1 0 0 11.6a5.8 5.8 0 0 0 0-11.6', 'M5.8 5.8l4.4 4.4', 'M10.2 5.8l-4.4 4.4'],
  warning: ['M8 2.4L14 13H2z', 'M8 6.4v3.2', 'M8 11.1v.3'],
  info: ['M8 2.2a5.8 5.8 0 1 0 0 11.6a5.8 5.8 0 0 0 0-11.6', 'M8 7.2v3.8', 'M8 4.9v.3'],
};

export const mark = (kind: Mark): VNode =>
  h(
    'svg',
    { key: kind, class: `mark mark-${kind}`, viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    SHAPES[kind].map(d => h('path', { d })),
  );

/** Errors are alerts: read out as soon as they appear. */
export const notice = (n: Notice): VNode =>
  h(
    'div',
    { key: `${n.tone}:${n.title}`, class: `notice notice-${n.tone}`, role: n.tone === 'error' ? 'alert' : 'note' },
    mark(n.tone),
    h(
      'div',
      { class: 'notice-text' },
      h('p', { class: 'notice-title' }, n.title),
      n.detail && h('p', { key: 'detail' }, n.detail),
      n.source && h('p', { key: 'source', class: 'quiet' }, n.source),
      n.serverText && h('p', { key: 'server', class: 'server-text' }, n.serverText),
      n.advice && h('p', { key: 'advice' }, n.advice),
    ),
  );

export const notices = (list: readonly Notice[]): Child =>
  list.length > 0 && h('div', { key: 'notices', class: 'notices' }, list.map(notice));

export const facts = (list: readonly Fact[]): VNode =>
  h(
    'dl',
    { class: 'facts' },
    list.map(f => h('div', { key: f.label }, h('dt', {}, f.label), h('dd', {}, f.value))),
  );

export const section = (key: string, title: string, ...children: readonly Child[]): VNode =>
  h('section', { key, 'aria-label': title }, h('h2', {}, title), ...children);

export const busy = (text: string | undefined, ...extra: readonly Child[]): Child =>
  text !== undefined &&
  h(
    'div',
    { key: 'busy', class: 'busy', role: 'status' },
    h('vscode-progress-ring', {}),
    h('span', {}, text),
    ...extra,
  );

export const button = (
  key: string,
  { label, enabled }: Button,
  appearance: 'primary' | 'secondary',
  press: () => void,
): VNode =>
  h('vscode-button', { key, id: key, '.appearance': appearance, '.disabled': !enabled, 'on:click': press }, label);

export function dropdown(
  key: string,
  choice: Choice,
  enabled: boolean,
  choose: (id: string) => void,
  place: 'page' | 'footer' = 'page',
): VNode {
  const options = choice.options.map(o => h('vscode-option', { key: o.id, '.value': o.id }, o.label));
  const none = choice.chosen === undefined && h('vscode-option', { key: '', '.value': '' }, choice.placeholder);
  return h(
    'div',
    { key, class: 'field' },
    h('label', { id: `${key}-label`, class: place === 'footer' && 'visually-hidden' }, choice.label),
    h(
      'vscode-dropdown',
      {
        id: key,
        'aria-labelledby': `${key}-label`,
        'aria-label': choice.label,
        '.disabled': !enabled,
        // Over the label it would hide what is being chosen; under the footer there is nothing.
        position: place === 'footer' ? 'above' : 'below',
        '.value': choice.chosen ?? '',
        'on:change': (event: Event) => {
          const { value } = event.target as HTMLSelectElement;
          if (value !== '' && value !== choice.chosen) choose(value);
        },
      },
      none,
      options,
    ),
  );
}

/** The steps of a run; a line stands before the step that cannot be taken back, the live figures under the one that is running. */
export const stepList = (
  steps: readonly StepLine[],
  line?: { readonly before: number; readonly node: VNode },
  live?: Live,
): VNode =>
  h(
    'ol',
    { class: 'steps' },
    steps.flatMap((s, i) => [
      ...(line?.before === i ? [line.node] : []),
      h(
        'li',
        { key: s.id, class: `step step-${s.mark}`, 'aria-current': s.mark === 'running' ? 'step' : undefined },
        mark(s.mark),
        h(
          'div',
          { class: 'step-text' },
          h('p', { class: 'step-title' }, s.title),
          h('p', { class: 'quiet' }, s.venue),
          s.note && h('p', { key: 'note', class: 'quiet' }, s.note),
        ),
        h('span', { class: 'step-state' }, s.stateText),
        h('span', { class: 'step-time' }, s.duration ?? ''),
        s.problem && h('div', { key: 'problem', class: 'step-more' }, notice(s.problem)),
        s.mark === 'running' && live && liveFigures(live),
      ),
    ]),
  );

const liveFigures = (live: Live): VNode =>
  h(
    'div',
    { key: 'live', class: 'step-more live', role: 'group', 'aria-label': live.title },
    h('p', { class: 'waiting-for' }, live.waitingFor),
    facts(live.facts),
  );

export const pointOfNoReturnLine = (label: string, passed: boolean): VNode =>
  h('li', { key: 'point-of-no-return', class: `no-return${passed ? ' passed' : ''}` }, h('span', {}, label));

export const bullets = (items: readonly string[], ordered = false): VNode =>
  h(
    ordered ? 'ol' : 'ul',
    { class: 'bullets' },
    items.map((text, i) => h('li', { key: i }, text)),
  );
