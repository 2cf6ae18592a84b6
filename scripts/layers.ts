import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a room may import besides itself. Whatever is not listed is refused. Packages: exact name, or `@scope/*`. */
interface Room {
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  /** Packages of which only the types may be used (`import type`). */
  readonly types?: readonly string[];
  /** Node's own modules; few or none where the code must not reach the outside world by itself, or runs in a browser. */
  readonly node: 'any' | readonly string[];
}

const l10n = '@vscode/l10n';

/** The drawing of the rooms (CONTRIBUTING.md), as data. A file belongs to the longest path that matches. */
const rooms: Readonly<Record<string, Room>> = {
  'src/link': { rooms: [], packages: [l10n], node: ['node:timers/promises'] },
  'src/failover': { rooms: ['src/link'], packages: [l10n], node: ['node:crypto'] },
  'src/sql': {
    rooms: ['src/link'],
    packages: ['mssql', 'tedious', 'valibot', l10n],
    types: ['@azure/core-auth'],
    node: 'any',
  },
  'src/azure': { rooms: ['src/link'], packages: ['@azure/*', 'valibot', l10n], node: 'any' },
  'src/lab': {
    rooms: ['src/link'],
    packages: [
      '@hono/node-server',
      '@hono/node-server/*',
      '@peculiar/x509',
      '@sinonjs/fake-timers',
      '@sqlite.org/sqlite-wasm',
      'commander',
      'hono',
      'hono/*',
      'jose',
      'valibot',
    ],
    node: 'any',
  },
  'src/practice': {
    rooms: ['src/link', 'src/failover', 'src/sql', 'src/azure'],
    packages: ['commander', 'valibot', l10n],
    node: 'any',
  },
  'src/hosts': {
    rooms: ['src/practice', 'src/link', 'src/failover', 'src/sql', 'src/azure'],
    packages: ['vscode', 'valibot', l10n],
    types: ['@azure/core-auth'],
    node: 'any',
  },
  'src/webviews/messages.ts': { rooms: ['src/link', 'src/failover'], packages: ['valibot'], node: [] },
  'src/webviews/ui': {
    rooms: ['src/webviews/messages.ts'],
    packages: ['@vscode/webview-ui-toolkit', '@vscode/webview-ui-toolkit/*'],
    node: [],
  },
  'src/webviews': {
    rooms: ['src/webviews/messages.ts', 'src/hosts', 'src/link', 'src/failover'],
    packages: ['vscode', 'valibot', l10n],
    node: 'any',
  },
  'src/tree': { rooms: ['src/hosts', 'src/link', 'src/failover'], packages: ['vscode', l10n], node: 'any' },
  'src/commands': {
    rooms: ['src/tree', 'src/webviews', 'src/hosts', 'src/link', 'src/failover', 'src/sql', 'src/azure'],
    packages: ['vscode', 'valibot', l10n],
    node: 'any',
  },
  'src/extension.ts': {
    rooms: [
      'src/commands',
      'src/tree',
      'src/webviews',
      'src/hosts',
      'src/link',
      'src/failover',
      'src/sql',
      'src/azure',
    ],
    packages: ['vscode', l10n],
    node: 'any',
  },
};

const roomsByLength = Object.keys(rooms).sort((a, b) => b.length - a.length);
const roomOf = (file: string) => roomsByLength.find(room => file === room || file.startsWith(`${room}/`));

const matches = (name: string, patterns: readonly string[] = []) =>
  patterns.some(p => (p.endsWith('/*') ? name.startsWith(p.slice(0, -1)) : name === p));

interface Import {
  readonly from: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

/** Static, side-effect and dynamic imports, re-exports, `require` and `import('…')` types. The formatter keeps their shape simple. */
const importForms = [
  /^\s*(?:import|export)(?<type>\s+type\b)?[^'"`;]*?\bfrom\s*['"](?<from>[^'"]+)['"]/gm,
  /^\s*import\s*['"](?<from>[^'"]+)['"]/gm,
  /\b(?:import|require)\(\s*['"`](?<from>[^'"`]+)['"`]/g,
];

const importsOf = (text: string): Import[] =>
  importForms.flatMap(form =>
    [...text.matchAll(form)].map(found => ({
      from: found.groups?.from ?? '',
      line: text.slice(0, found.index + found[0].search(/\S/)).split('\n').length,
      typeOnly: found.groups?.type !== undefined,
    })),
  );

/** Why a file of `room` may not import `from`, or undefined when it may. */
const objection = (file: string, room: string, { from, typeOnly }: Import): string | undefined => {
  const allowed = rooms[room];
  if (!allowed) return `${file} is in no room`;
  if (from.startsWith('.')) {
    const target = normalize(join(dirname(file), from)).replaceAll('\\', '/');
    const targetRoom = roomOf(target);
    if (targetRoom === room || (targetRoom && allowed.rooms.includes(targetRoom))) return undefined;
    return `${room} must not import ${targetRoom ?? target}`;
  }
  if (isBuiltin(from))
    return allowed.node === 'any' || allowed.node.includes(from) ? undefined : `${room} must not import Node's ${from}`;
  if (matches(from, allowed.packages)) return undefined;
  if (matches(from, allowed.types)) return typeOnly ? undefined : `${room} may only import the types of ${from}`;
  return `${room} must not import the package ${from}`;
};

/** The layer rules a file breaks, one line each ("file:line: rule"); empty when it keeps them. `file` is relative to the root. */
export function layerProblems(file: string, text: string): readonly string[] {
  const room = roomOf(file);
  if (!room) return [`${file}:1: belongs to no room; add it to scripts/layers.ts`];
  return importsOf(text).flatMap(one => {
    const problem = objection(file, room, one);
    return problem ? [`${file}:${one.line}: ${problem}`] : [];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = globSync('src/**/*.ts');
  const problems = files.flatMap(file => layerProblems(file.replaceAll('\\', '/'), readFileSync(file, 'utf8')));
  for (const problem of problems) console.error(problem);
  console.log(`${files.length} files, ${problems.length} broken layer rules`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
