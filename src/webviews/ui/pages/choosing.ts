import type { PageViewOf, Replicas } from '../../messages.ts';
import { type Child, h, type VNode } from '../dom.ts';
import { bullets, busy, button, facts, notices, pointOfNoReturnLine, section } from '../pieces.ts';
import type { Send } from '../send.ts';

/** The pages on which the person decides: Failover type, Clean-up, Summary. */

export function failoverType(view: PageViewOf<'failoverType'>, send: Send): Child[] {
  return [
    h('p', { class: 'lead' }, view.lead),
    busy(view.busy),
    view.replicas && replicas(view.replicas),
    notices(view.findings),
    kinds(view, send),
    view.way && way(view.way, send),
    view.loss &&
      h(
        'section',
        { key: 'loss', class: `panel panel-${view.loss.tone}`, 'aria-label': view.loss.title },
        h('h2', {}, view.loss.title),
        facts(view.loss.facts),
        h('p', { class: 'quiet' }, view.loss.explanation),
      ),
    view.budget && budget(view.budget, send),
    view.sessions && sessions(view.sessions),
    h(
      'vscode-checkbox',
      {
        key: `confirm-${view.kinds.chosen}`,
        id: 'confirm',
        class: 'confirm',
        '.checked': view.confirm.ticked,
        'on:change': (event: Event) => send({ kind: 'confirm', ticked: (event.target as HTMLInputElement).checked }),
      },
      view.confirm.label,
    ),
    view.typedName && typedName(view.typedName, send),
  ];
}

function replicas(view: Replicas): VNode {
  return h(
    'div',
    { key: 'replicas', class: 'table-frame' },
    h(
      'table',
      { class: 'replicas' },
      h('caption', { class: 'visually-hidden' }, view.caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('td', {}),
          view.columns.map((c, i) =>
            h(
              'th',
              { key: i, scope: 'col' },
              h('span', { class: 'name' }, c.name),
              h('span', { class: 'quiet' }, c.place),
            ),
          ),
        ),
      ),
      view.groups.map((group, g) =>
        h(
          'tbody',
          { key: g },
          group.title &&
            h('tr', { key: 'title' }, h('th', { class: 'group', scope: 'rowgroup', colspan: '3' }, group.title)),
          group.rows.map(row =>
            h(
              'tr',
              { key: row.label },
              h('th', { scope: 'row' }, row.label),
              row.cells.map((c, i) => h('td', { key: i, class: cellClass(c.tone, row.code) }, c.text)),
            ),
          ),
        ),
      ),
    ),
    h('p', { class: 'quiet as-of' }, view.asOf),
  );
}

const cellClass = (tone: string | undefined, code: boolean): string | undefined =>
  [tone && `tone-${tone}`, code && 'code'].filter(Boolean).join(' ') || undefined;

function kinds(view: PageViewOf<'failoverType'>, send: Send): VNode {
  const { label, chosen, options } = view.kinds;
  return h(
    'vscode-radio-group',
    {
      key: 'kinds',
      id: 'kinds',
      class: 'kinds',
      '.orientation': 'vertical',
      '.value': chosen,
      'aria-label': label,
      'on:change': (event: Event) => {
        const { value } = event.target as HTMLInputElement;
        if ((value === 'planned' || value === 'forced') && value !== chosen)
          send({ kind: 'chooseKind', failover: value });
      },
    },
    h('label', { key: 'label', slot: 'label', class: 'group-label' }, label),
    options.map(o =>
      h(
        'vscode-radio',
        { key: o.kind, id: `kind-${o.kind}`, '.value': o.kind },
        h('span', { class: 'radio-title' }, o.title),
        h('span', { class: 'quiet' }, o.description),
      ),
    ),
  );
}

function way(view: NonNullable<PageViewOf<'failoverType'>['way']>, send: Send): VNode {
  const { label, chosen, options, notes } = view;
  return h(
    'div',
    { key: 'way', class: 'way' },
    options.length > 0 &&
      h(
        'vscode-radio-group',
        {
          key: 'ways',
          id: 'way',
          class: 'kinds',
          '.orientation': 'vertical',
          '.value': chosen,
          'aria-label': label,
          'on:change': (event: Event) => {
            const { value } = event.target as HTMLInputElement;
            if ((value === 'keep' || value === 'cut') && value !== chosen) send({ kind: 'chooseWay', link: value });
          },
        },
        h('label', { key: 'label', slot: 'label', class: 'group-label' }, label),
        options.map(o =>
          h(
            'vscode-radio',
            { key: o.link, id: `way-${o.link}`, '.value': o.link },
            h('span', { class: 'radio-title' }, o.title),
            h('span', { class: 'quiet' }, o.description),
          ),
        ),
      ),
    notes.items.length > 0 &&
      h(
        'div',
        { key: 'notes', class: 'quiet', role: 'note' },
        h('p', { class: 'notes-title' }, notes.title),
        bullets(notes.items),
      ),
  );
}

function typedName(view: NonNullable<PageViewOf<'failoverType'>['typedName']>, send: Send): VNode {
  return h(
    'div',
    { key: 'typed-name', class: 'field' },
    h('label', { id: 'typed-name-label' }, view.label),
    h('vscode-text-field', {
      id: 'typed-name',
      'aria-label': view.label,
      '.maxlength': 400,
      '.value': view.value,
      'on:input': (event: Event) => send({ kind: 'typeName', text: (event.target as HTMLInputElement).value }),
    }),
  );
}

function budget(view: NonNullable<PageViewOf<'failoverType'>['budget']>, send: Send): VNode {
  return h(
    'div',
    { key: 'budget', class: 'field' },
    h('label', { id: 'budget-label' }, view.label),
    h('vscode-text-field', {
      id: 'budget',
      'aria-label': view.label,
      'aria-describedby': 'budget-note',
      'aria-invalid': view.problem === undefined ? undefined : 'true',
      '.maxlength': 6,
      '.value': view.value,
      'on:input': (event: Event) => send({ kind: 'setBudget', text: (event.target as HTMLInputElement).value }),
    }),
    h('p', { class: 'quiet', id: 'budget-note' }, view.description),
    view.problem !== undefined && h('p', { key: 'problem', class: 'field-problem', role: 'alert' }, view.problem),
  );
}

function sessions(view: NonNullable<PageViewOf<'failoverType'>['sessions']>): VNode {
  if (view.none !== undefined) return section('sessions', view.title, h('p', { class: 'quiet' }, view.none));
  return section(
    'sessions',
    view.title,
    h(
      'div',
      { class: 'table-frame' },
      h(
        'table',
        { class: 'sessions' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            view.columns.map((c, i) => h('th', { key: i, scope: 'col' }, c)),
          ),
        ),
        h(
          'tbody',
          {},
          view.rows.map((r, i) =>
            h(
              'tr',
              { key: i },
              r.map((c, j) => h('td', { key: j }, c)),
            ),
          ),
        ),
      ),
    ),
    view.more !== undefined && h('p', { key: 'more', class: 'quiet' }, view.more),
  );
}

export function cleanUp(view: PageViewOf<'cleanUp'>, send: Send): Child[] {
  return [
    h('p', { class: 'lead' }, view.lead),
    view.boxes.map(box =>
      h(
        'div',
        { key: box.what, class: 'box' },
        h(
          'vscode-checkbox',
          {
            id: `clean-up-${box.what}`,
            '.checked': box.ticked,
            '.disabled': !box.enabled,
            'aria-describedby': `clean-up-${box.what}-note`,
            'on:change': (event: Event) =>
              send({ kind: 'setCleanUp', what: box.what, ticked: (event.target as HTMLInputElement).checked }),
          },
          h('span', {}, box.label),
          ' ',
          h('strong', {}, box.name),
        ),
        h(
          'div',
          { class: 'box-note', id: `clean-up-${box.what}-note` },
          h('p', {}, box.explanation),
          box.whyNot !== undefined && h('p', { key: 'why', class: 'why-not' }, box.whyNot),
        ),
      ),
    ),
    h('p', { key: 'note', class: 'quiet' }, view.note),
  ];
}

export function summary(view: PageViewOf<'summary'>, send: Send): Child[] {
  const { pointOfNoReturn, retry } = view;
  return [
    h('p', { class: 'lead' }, view.lead),
    busy(view.busy),
    notices(view.notices),
    retry !== undefined && button('retry', { label: retry, enabled: true }, 'secondary', () => send({ kind: 'retry' })),
    view.steps.length > 0 &&
      h(
        'ol',
        { key: 'steps', class: 'steps plan' },
        view.steps.flatMap((s, i) => [
          ...(pointOfNoReturn?.before === i ? [pointOfNoReturnLine(pointOfNoReturn.label, false)] : []),
          h(
            'li',
            { key: i, class: 'step' },
            h('span', { class: 'number', 'aria-hidden': 'true' }, String(i + 1)),
            h(
              'div',
              { class: 'step-text' },
              h('p', { class: 'step-title' }, s.title),
              h('p', { class: 'quiet' }, s.detail),
            ),
            h('span', { class: 'venue' }, s.venue),
          ),
        ]),
      ),
    view.lists.map(list => section(list.title, list.title, bullets(list.items))),
  ];
}
