import { describe, expect, it } from 'vitest';
import { layerProblems } from '../../scripts/layers.ts';

const judge = (file: string, text: string) => layerProblems(file, text);

describe('each layer rule fires on one deliberately bad import', () => {
  it.each([
    ['src/link/x.ts', "import { plan } from '../failover/plan.ts';", 'src/link must not import src/failover'],
    [
      'src/link/x.ts',
      "import { readFile } from 'node:fs/promises';",
      "src/link must not import Node's node:fs/promises",
    ],
    ['src/link/x.ts', "import * as v from 'valibot';", 'src/link must not import the package valibot'],
    ['src/failover/x.ts', "import { connect } from '../sql/connect.ts';", 'src/failover must not import src/sql'],
    ['src/failover/x.ts', "import { links } from '../azure/links.ts';", 'src/failover must not import src/azure'],
    ['src/failover/steps/x.ts', "import 'vscode';", 'src/failover must not import the package vscode'],
    ['src/failover/x.ts', "import { writeFile } from 'node:fs';", "src/failover must not import Node's node:fs"],
    ['src/sql/x.ts', "import { plan } from '../failover/plan.ts';", 'src/sql must not import src/failover'],
    ['src/sql/x.ts', "import { links } from '../azure/links.ts';", 'src/sql must not import src/azure'],
    ['src/sql/x.ts', "import * as vscode from 'vscode';", 'src/sql must not import the package vscode'],
    [
      'src/sql/x.ts',
      "import { isTokenCredential } from '@azure/core-auth';",
      'src/sql may only import the types of @azure/core-auth',
    ],
    ['src/azure/x.ts', "import { connect } from '../sql/connect.ts';", 'src/azure must not import src/sql'],
    ['src/azure/x.ts', "import sql from 'mssql';", 'src/azure must not import the package mssql'],
    ['src/azure/x.ts', "import * as vscode from 'vscode';", 'src/azure must not import the package vscode'],
    ['src/lab/x.ts', "import { connect } from '../sql/connect.ts';", 'src/lab must not import src/sql'],
    ['src/lab/arm/x.ts', "import { links } from '../../azure/links.ts';", 'src/lab must not import src/azure'],
    ['src/lab/x.ts', "import { plan } from '../failover/plan.ts';", 'src/lab must not import src/failover'],
    ['src/lab/x.ts', "import sql from 'mssql';", 'src/lab must not import the package mssql'],
    [
      'src/lab/x.ts',
      "import { SqlManagementClient } from '@azure/arm-sql';",
      'src/lab must not import the package @azure/arm-sql',
    ],
    ['src/practice/x.ts', "import { startLab } from '../lab/lab.ts';", 'src/practice must not import src/lab'],
    ['src/practice/x.ts', "import * as vscode from 'vscode';", 'src/practice must not import the package vscode'],
    ['src/hosts/x.ts', "import { startLab } from '../lab/lab.ts';", 'src/hosts must not import src/lab'],
    ['src/hosts/x.ts', "import { tree } from '../tree/tree.ts';", 'src/hosts must not import src/tree'],
    ['src/hosts/x.ts', "import sql from 'mssql';", 'src/hosts must not import the package mssql'],
    [
      'src/webviews/messages.ts',
      "import * as vscode from 'vscode';",
      'src/webviews/messages.ts must not import the package vscode',
    ],
    ['src/webviews/ui/x.ts', "import * as vscode from 'vscode';", 'src/webviews/ui must not import the package vscode'],
    [
      'src/webviews/ui/x.ts',
      "import { plan } from '../../failover/plan.ts';",
      'src/webviews/ui must not import src/failover',
    ],
    [
      'src/webviews/ui/x.ts',
      "import { open } from '../wizard/panel.ts';",
      'src/webviews/ui must not import src/webviews',
    ],
    ['src/webviews/ui/x.ts', "import { join } from 'node:path';", "src/webviews/ui must not import Node's node:path"],
    [
      'src/webviews/wizard/x.ts',
      "import { page } from '../ui/main.ts';",
      'src/webviews must not import src/webviews/ui',
    ],
    [
      'src/webviews/wizard/x.ts',
      "import { connect } from '../../sql/connect.ts';",
      'src/webviews must not import src/sql',
    ],
    ['src/tree/x.ts', "import { run } from '../commands/run.ts';", 'src/tree must not import src/commands'],
    ['src/tree/x.ts', "import { connect } from '../sql/connect.ts';", 'src/tree must not import src/sql'],
    ['src/commands/x.ts', "import { startLab } from '../lab/lab.ts';", 'src/commands must not import src/lab'],
    [
      'src/commands/x.ts',
      "import { DefaultAzureCredential } from '@azure/identity';",
      'src/commands must not import the package @azure/identity',
    ],
    ['src/extension.ts', "const lab = import('./lab/main.ts');", 'src/extension.ts must not import src/lab'],
    [
      'src/extension.ts',
      "import { practise } from './practice/main.ts';",
      'src/extension.ts must not import src/practice',
    ],
    [
      'src/sql/x.ts',
      "import { aLink } from '../../test/link/a-link.ts';",
      'src/sql must not import test/link/a-link.ts',
    ],
  ])('%s: %s', (file, text, problem) => {
    expect(judge(file, text)).toEqual([`${file}:1: ${problem}`]);
  });
});

describe('no form of import escapes', () => {
  it.each([
    ['type only', "import type { Uri } from 'vscode';"],
    ['several lines', "import {\n  commands,\n  window,\n} from 'vscode';"],
    ['side effect', "import 'vscode';"],
    ['re-export', "export * from 'vscode';"],
    ['named re-export', "export { window } from 'vscode';"],
    ['dynamic', "const vscode = await import('vscode');"],
    ['require', "const vscode = require('vscode');"],
    ['type expression', "type Uri = import('vscode').Uri;"],
    ['default and names', "import vscode, { window } from 'vscode';"],
  ])('%s', (_form, text) => {
    expect(judge('src/link/x.ts', text)).toEqual(['src/link/x.ts:1: src/link must not import the package vscode']);
  });

  it('names the line', () => {
    const text = "import { a } from './a.ts';\n\nimport type { Uri } from 'vscode';\n";
    expect(judge('src/link/x.ts', text)).toEqual(['src/link/x.ts:3: src/link must not import the package vscode']);
  });

  it('refuses a file that is in no room', () => {
    expect(judge('src/misc/x.ts', '')).toEqual(['src/misc/x.ts:1: belongs to no room; add it to scripts/layers.ts']);
  });
});

describe('what the drawing allows passes', () => {
  it.each([
    ['src/failover/steps/x.ts', "import { quoteName } from '../../link/names.ts';\nimport { plan } from '../plan.ts';"],
    ['src/sql/x.ts', "import sql from 'mssql';\nimport type { TokenCredential } from '@azure/core-auth';"],
    ['src/azure/x.ts', "import { SqlManagementClient } from '@azure/arm-sql';"],
    [
      'src/webviews/ui/x.ts',
      "import { fromWizard } from '../messages.ts';\nimport { Button } from '@vscode/webview-ui-toolkit';",
    ],
    ['src/extension.ts', "import * as vscode from 'vscode';\nconst tree = await import('./tree/tree.ts');"],
  ])('%s', (file, text) => {
    expect(judge(file, text)).toEqual([]);
  });
});
