import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import * as l10n from '@vscode/l10n';
import { LinkError } from '../link/problem.ts';
import { readClaims } from './access-token.ts';

/** The part of vscode.AuthenticationSession that is used. */
export interface AccountSession {
  readonly accessToken: string;
  readonly account: { readonly id: string; readonly label: string };
}

/** The part of vscode.authentication that is used. */
export interface Accounts {
  getSession(
    providerId: string,
    scopes: readonly string[],
    options: {
      readonly silent?: boolean;
      readonly createIfNone?: boolean;
      readonly account?: AccountSession['account'];
    },
  ): PromiseLike<AccountSession | undefined>;
}

export interface VsCodeAccountOptions {
  readonly accounts: Accounts;
  /** 'microsoft', or 'microsoft-sovereign-cloud' for the clouds of its own setting. */
  readonly providerId: string;
  /** undefined: the account's home tenant. */
  readonly tenantId: string | undefined;
  /** Told each token before it is used. */
  readonly hide: (secret: string) => void;
}

/** For a token that does not say when it ends: asked for anew soon. */
const UNKNOWN_LIFE_MS = 10 * 60_000;

/**
 * The Microsoft account that VS Code is signed in with, as the Azure SDK wants it. Each token is asked for silently first (VS Code renews it);
 * the person is asked only when that yields none. All tokens are of the account that gave the first one.
 */
export class VsCodeTokenCredential implements TokenCredential {
  readonly #options: VsCodeAccountOptions;
  #account: AccountSession['account'] | undefined;

  constructor(options: VsCodeAccountOptions) {
    this.#options = options;
  }

  /** The account's name, e.g. its e-mail address; undefined before the first token. */
  get account(): string | undefined {
    return this.#account?.label;
  }

  /** Throws LinkError 'cancelled' when the person closed the sign-in, 'loginFailed' when there is no other way on. */
  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    if (options.claims) throw moreProofWanted();
    const tenantId = options.tenantId ?? this.#options.tenantId;
    const wanted = [...[scopes].flat(), ...(tenantId ? [`VSCODE_TENANT:${tenantId}`] : [])];
    const session = await this.#session(wanted);
    this.#options.hide(session.accessToken);
    this.#account ??= session.account;
    const { expiresAt } = readClaims(session.accessToken);
    return { token: session.accessToken, expiresOnTimestamp: expiresAt ?? Date.now() + UNKNOWN_LIFE_MS };
  }

  async #session(scopes: readonly string[]): Promise<AccountSession> {
    const { accounts, providerId } = this.#options;
    const account = this.#account ? { account: this.#account } : {};
    try {
      const silent = await accounts.getSession(providerId, scopes, { silent: true, ...account });
      const session = silent ?? (await accounts.getSession(providerId, scopes, { createIfNone: true, ...account }));
      if (session) return session;
    } catch (cause) {
      throw notSignedIn(cause);
    }
    throw notSignedIn(undefined);
  }
}

/** VS Code tells a closed sign-in and a failed one apart by their text only. */
function notSignedIn(cause: unknown): LinkError {
  const text = cause instanceof Error ? cause.message : '';
  if (text === '' || /\b(cancel|did not consent|user denied)/i.test(text)) {
    return new LinkError(
      { reason: 'cancelled', venue: 'azure', message: l10n.t('The sign-in was closed.') },
      { cause },
    );
  }
  return new LinkError(
    {
      reason: 'loginFailed',
      venue: 'azure',
      message: l10n.t('VS Code could not sign in to Microsoft.'),
      serverText: text.slice(0, 500),
      advice: l10n.t(
        'Check the account under Accounts at the bottom of the activity bar, or sign in with the Azure CLI.',
      ),
    },
    { cause },
  );
}

const moreProofWanted = (): LinkError =>
  new LinkError({
    reason: 'loginFailed',
    venue: 'azure',
    message: l10n.t('Your organization wants further proof of who you are for this request (conditional access).'),
    advice: l10n.t('Sign out under Accounts and sign in again, or sign in with the Azure CLI.'),
  });
