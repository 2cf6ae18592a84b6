import recorded from './themes.json' with { type: 'json' };

interface Theme {
  /** Also the value of data-vscode-theme-kind. */
  readonly bodyClass: string;
  /** Without the prefix --vscode-. */
  readonly variables: Readonly<Record<string, string>>;
}

export type ThemeName = keyof typeof recorded;

/** Colours and fonts that VS Code 1.139 hands to a webview in its default themes, as far as the wizard uses them; read in the running product. */
export const themes: Readonly<Record<ThemeName, Theme>> = recorded;
