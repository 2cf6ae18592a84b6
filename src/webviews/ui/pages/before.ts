import type { PageViewOf } from '../../messages.ts';
import { type Child, h } from '../dom.ts';
import { bullets, busy, button, dropdown, facts, mark, notice, notices, section } from '../pieces.ts';
import type { Send } from '../send.ts';

/** The two pages that ask where one is: Introduction, Log in to Azure. */

export function introduction(view: PageViewOf<'introduction'>, send: Send): Child[] {
  const { problem, retry, link } = view;
  return [
    h('p', { class: 'lead' }, view.lead),
    busy(view.busy),
    problem && notice(problem),
    retry !== undefined && button('retry', { label: retry, enabled: true }, 'secondary', () => send({ kind: 'retry' })),
    notices(view.blocks),
    link && dropdown('link', link, true, id => send({ kind: 'chooseLink', link: id })),
    section('facts', view.facts.title, facts(view.facts.facts)),
    section('effects', view.effects.title, bullets(view.effects.items)),
  ];
}

export function logIn(view: PageViewOf<'logIn'>, send: Send): Child[] {
  const { tenant, subscription, instance, permissions } = view;
  return [
    h('p', { class: 'lead' }, view.lead),
    h(
      'div',
      { key: 'choices', class: 'choices' },
      view.choices.map((c, i) =>
        h(
          'div',
          { key: c.kind, class: 'sign-in' },
          button(
            `sign-in-${c.kind}`,
            { label: c.label, enabled: view.choicesEnabled },
            view.account || i > 0 ? 'secondary' : 'primary',
            () => send({ kind: 'signIn', choice: c.kind }),
          ),
          h('p', { class: 'quiet' }, c.description),
        ),
      ),
    ),
    view.problem && notice(view.problem),
    view.account && facts([view.account]),
    tenant && dropdown('tenant', tenant, view.choicesEnabled, id => send({ kind: 'chooseTenant', tenantId: id })),
    subscription &&
      dropdown('subscription', subscription, view.choicesEnabled, id =>
        send({ kind: 'chooseSubscription', subscriptionId: id }),
      ),
    view.busy &&
      busy(
        view.busy.text,
        button('stop-waiting', { label: view.busy.stop, enabled: true }, 'secondary', () =>
          send({ kind: 'stopWaiting' }),
        ),
      ),
    notices(view.outcome),
    view.searchAll !== undefined &&
      button('search-all', { label: view.searchAll, enabled: true }, 'secondary', () => send({ kind: 'searchAll' })),
    instance && section('instance', instance.title, facts(instance.facts)),
    permissions &&
      section(
        'permissions',
        permissions.title,
        h(
          'ul',
          { class: 'rights' },
          permissions.items.map(p =>
            h(
              'li',
              { key: p.action },
              mark(p.missing ? 'failed' : 'done'),
              h(
                'span',
                {},
                h('code', {}, p.action),
                h(
                  'span',
                  { class: p.missing ? 'missing' : 'quiet' },
                  p.missing ? permissions.missing : permissions.granted,
                ),
              ),
            ),
          ),
        ),
      ),
    view.reading && notice(view.reading),
  ];
}
