import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Node, Parser } from '@vscode/tree-sitter-wasm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderScript } from '../../src/failover/script/index.ts';
import { CASE_NAMES, named, planOf, unpleasantName } from './script-plans.ts';

// The package is CommonJS whose exports Node cannot tell beforehand.
const require = createRequire(import.meta.url);
const treeSitter = require('@vscode/tree-sitter-wasm') as typeof import('@vscode/tree-sitter-wasm');

/** The PowerShell scripts by a real grammar: the one that VS Code itself uses. */
describe('a PowerShell script, parsed by a grammar', () => {
  let parser: Parser;

  beforeAll(async () => {
    const folder = dirname(require.resolve('@vscode/tree-sitter-wasm'));
    await treeSitter.Parser.init({ locateFile: (file: string) => join(folder, file) });
    const grammar = await readFile(join(folder, 'tree-sitter-powershell.wasm'));
    parser = new treeSitter.Parser();
    parser.setLanguage(await treeSitter.Language.load(grammar));
  });

  /** What the grammar could not read, in the script's own words. */
  function errorsIn(script: string): readonly string[] {
    const tree = parser.parse(script);
    if (!tree) throw new Error('The parser gave no tree');
    const errors: string[] = [];
    const visit = (node: Node): void => {
      if (node.isError || node.isMissing)
        errors.push(`line ${node.startPosition.row + 1}: ${node.type} ${node.text.slice(0, 80)}`);
      if (node.hasError) for (const child of node.children) if (child) visit(child);
    };
    visit(tree.rootNode);
    tree.delete();
    return errors;
  }

  it.each(CASE_NAMES)('%s has no errors', name => {
    expect(errorsIn(renderScript(planOf(name), 'powershell'))).toEqual([]);
  });

  it('has no errors whatever the names are', () => {
    fc.assert(
      fc.property(unpleasantName, name => {
        expect(errorsIn(renderScript(planOf('cutLinkPlanned', named(name)), 'powershell'))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('finds a quote that is not doubled', () => {
    const script = renderScript(planOf('cutLinkPlanned', named("it's")), 'powershell');
    expect(errorsIn(script.replace("$LinkName = 'it''s'", "$LinkName = 'it's'"))).not.toEqual([]);
  });
});
