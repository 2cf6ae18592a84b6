import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

/** Asks where to save the report and writes it, as JSON if the name says so, otherwise as Markdown. Gives the file's name; undefined: not saved. */
export async function saveReport(
  suggestedName: string,
  report: { readonly markdown: string; readonly json: string },
): Promise<string | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: l10n.t('Save report'),
    filters: { Markdown: ['md'], JSON: ['json'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `${suggestedName}.md`) } : {}),
  });
  if (!file) return undefined;
  const text = file.path.toLowerCase().endsWith('.json') ? report.json : report.markdown;
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
  return basename(file.path);
}
