import * as l10n from '@vscode/l10n';

/** Hash of the empty text: the toolkit's foundation adds one empty inline style. */
const EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

export interface PageParts {
  readonly cspSource: string;
  readonly script: string;
  readonly style: string;
  /** Fresh for each page. */
  readonly nonce: string;
  readonly language: string;
}

/** The page in the panel: nothing is loaded but our one script and one style sheet. */
export const wizardHtml = ({ cspSource, script, style, nonce, language }: PageParts): string => `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-${nonce}'; style-src ${escapeHtml(cspSource)} ${EMPTY_STYLE};">
<link rel="stylesheet" href="${escapeHtml(style)}">
<title>${escapeHtml(l10n.t('Failover database to Managed Instance'))}</title>
</head>
<body>
<div id="wizard"></div>
<div id="announcer" class="visually-hidden" role="status" aria-live="polite"></div>
<script nonce="${nonce}" src="${escapeHtml(script)}"></script>
</body>
</html>
`;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
