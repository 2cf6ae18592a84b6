import type { PageViewOf } from '../../messages.ts';
import { type Child, h } from '../dom.ts';
import { bullets, button, notice, pointOfNoReturnLine, section, stepList } from '../pieces.ts';
import type { Send } from '../send.ts';

/** The pages of the failover itself: Executing actions, Results. */

export function executing(view: PageViewOf<'executing'>): Child[] {
  const { live, pointOfNoReturn } = view;
  const line = pointOfNoReturn && {
    before: pointOfNoReturn.before,
    node: pointOfNoReturnLine(pointOfNoReturn.label, pointOfNoReturn.passed),
  };
  return [h('p', { class: 'lead' }, view.lead), stepList(view.steps, line, live)];
}

export function results(view: PageViewOf<'results'>, send: Send): Child[] {
  const { loss, copies, connection, evidence, save, saved, actions } = view;
  return [
    h('div', { key: 'headline', class: 'headline' }, notice(view.headline)),
    view.scriptProblem && notice(view.scriptProblem),
    loss && notice(loss),
    copies && notice(copies),
    connection &&
      h(
        'section',
        { key: 'connection', class: 'panel', 'aria-label': connection.title },
        h('h2', {}, connection.title),
        h(
          'div',
          { class: 'copy' },
          h('code', {}, connection.server),
          button('copy', { label: connection.copy, enabled: true }, 'secondary', () =>
            send({ kind: 'copyServerName' }),
          ),
        ),
        h('p', { class: 'quiet' }, connection.hint),
      ),
    view.lists.map(list => section(list.title, list.title, bullets(list.items, list.ordered))),
    actions.steps.length > 0 && section('actions', actions.title, stepList(actions.steps)),
    evidence && h('details', { key: 'evidence' }, h('summary', {}, evidence.title), bullets(evidence.items)),
    save !== undefined &&
      h(
        'div',
        { key: 'save', class: 'script' },
        button('save', { label: save, enabled: true }, 'secondary', () => send({ kind: 'saveReport' })),
        saved !== undefined && h('p', { key: 'saved', class: 'quiet' }, saved),
      ),
  ];
}
