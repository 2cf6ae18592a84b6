import { describe, expect, it } from 'vitest';
import { readClaims } from '../../src/hosts/access-token.ts';
import { createSignIn } from '../../src/hosts/sign-in.ts';
import { chosenCloud } from '../../src/hosts/sovereign-cloud.ts';
import { type Accounts, VsCodeTokenCredential } from '../../src/hosts/vscode-account.ts';

const tokenWith = (claims: object) =>
  `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
const exp = 1_900_000_000;
const session = {
  accessToken: tokenWith({ exp, tid: 'home', upn: 'dba@contoso.com' }),
  account: { id: '1', label: 'dba@contoso.com' },
};
const ARM = 'https://management.azure.com/.default';

/** VS Code's accounts: `silently` says whether it has a session already, `asked` what the person does. */
function accounts(silently: boolean, asked: () => typeof session | undefined = () => session) {
  const calls: unknown[] = [];
  const getSession: Accounts['getSession'] = async (providerId, scopes, options) => {
    calls.push({ providerId, scopes, ...options });
    if (options.silent) return silently ? session : undefined;
    return asked();
  };
  return { calls, getSession };
}

const credentialOf = (of: Accounts, hidden: string[] = [], tenantId?: string) =>
  new VsCodeTokenCredential({ accounts: of, providerId: 'microsoft', tenantId, hide: secret => hidden.push(secret) });

describe('the account in VS Code', () => {
  it('is used silently where there is one; its token is hidden from the log and ends when it says', async () => {
    const of = accounts(true);
    const hidden: string[] = [];
    const token = await credentialOf(of, hidden, 'contoso').getToken(ARM);
    expect(token).toEqual({ token: session.accessToken, expiresOnTimestamp: exp * 1000 });
    expect(of.calls).toEqual([{ providerId: 'microsoft', scopes: [ARM, 'VSCODE_TENANT:contoso'], silent: true }]);
    expect(hidden).toEqual([session.accessToken]);
  });

  it('is asked for where there is none, and stays the same for every token after that', async () => {
    const of = accounts(false);
    const credential = credentialOf(of);
    await credential.getToken(ARM);
    await credential.getToken(['https://database.windows.net/.default'], { tenantId: 'other' });
    expect(credential.account).toBe('dba@contoso.com');
    expect(of.calls.slice(1)).toEqual([
      { providerId: 'microsoft', scopes: [ARM], createIfNone: true },
      {
        providerId: 'microsoft',
        scopes: ['https://database.windows.net/.default', 'VSCODE_TENANT:other'],
        silent: true,
        account: session.account,
      },
      expect.objectContaining({ createIfNone: true, account: session.account }),
    ]);
  });

  it.each([
    ['User did not consent to login.', 'cancelled'],
    ['Cancelled', 'cancelled'],
    ['The network is down', 'loginFailed'],
  ])('%s: %s', async (text, reason) => {
    const credential = credentialOf(
      accounts(false, () => {
        throw new Error(text);
      }),
    );
    await expect(credential.getToken(ARM)).rejects.toMatchObject({ problem: { reason, venue: 'azure' } });
  });

  it('says that the organization wants more proof rather than ask for the same token again', async () => {
    const refused = credentialOf(accounts(true)).getToken(ARM, { claims: '{"access_token":{}}' });
    await expect(refused).rejects.toMatchObject({ problem: { reason: 'loginFailed', advice: expect.any(String) } });
  });

  it('takes a token that is no JWT for a short-lived one', () => {
    expect(readClaims('opaque')).toEqual({ expiresAt: undefined, tenantId: undefined, holder: undefined });
    expect(readClaims(tokenWith({ exp: 'soon', tid: 5, appid: 'app' }))).toMatchObject({
      expiresAt: undefined,
      holder: 'app',
    });
  });
});

describe('signing in', () => {
  const real = { id: 'a', label: 'Production', description: '', practice: false };
  const practice = { id: 'practice', label: 'PRACTICE', description: '', practice: true };
  const signIn = (of: Accounts = accounts(true)) =>
    createSignIn({
      accounts: of,
      cloudSettings: () => ({ environment: undefined, customEnvironment: undefined }),
      lab: { running: undefined },
      hide: () => undefined,
    });
  const never = new AbortController().signal;

  it('offers the lab to the practice server only, and real accounts to real servers only', () => {
    expect(
      signIn()
        .choices(real)
        .map(choice => choice.kind),
    ).toEqual(['vscode', 'azureCli']);
    expect(
      signIn()
        .choices(practice)
        .map(choice => choice.kind),
    ).toEqual(['practice']);
  });

  it('refuses to mix the two', async () => {
    const [lab] = signIn().choices(practice);
    const [account] = signIn().choices(real);
    const of = accounts(true);
    for (const [choice, server] of [[lab, real] as const, [account, practice] as const]) {
      if (!choice) throw new Error('no choice');
      await expect(signIn(of).signIn(choice, server, undefined, never)).rejects.toMatchObject({
        problem: { reason: 'unsupported' },
      });
    }
    expect(of.calls).toEqual([]);
  });

  it('knows the account, its tenant and its cloud before anything is asked of Azure', async () => {
    const of = accounts(true);
    const [choice] = signIn(of).choices(real);
    if (!choice) throw new Error('no choice');
    const signedIn = await signIn(of).signIn(choice, real, undefined, never);
    expect(signedIn).toMatchObject({ tenantId: 'home', azure: { account: 'dba@contoso.com', cloud: 'Azure' } });
  });

  it('fails at once when the person closes it', async () => {
    const of = accounts(false, () => {
      throw new Error('User did not consent to login.');
    });
    const [choice] = signIn(of).choices(real);
    if (!choice) throw new Error('no choice');
    await expect(signIn(of).signIn(choice, real, undefined, never)).rejects.toMatchObject({
      problem: { reason: 'cancelled' },
    });
  });

  it('stops waiting when it is cancelled, although VS Code goes on asking', async () => {
    const of: Accounts = { getSession: () => new Promise(() => undefined) };
    const cancel = new AbortController();
    const [choice] = signIn(of).choices(real);
    if (!choice) throw new Error('no choice');
    const pending = signIn(of).signIn(choice, real, undefined, cancel.signal);
    cancel.abort(new DOMException('Cancelled', 'AbortError'));
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' });
  });

  const custom = {
    name: 'Stack',
    activeDirectoryEndpointUrl: 'https://login.stack.local/',
    resourceManagerEndpointUrl: 'https://arm.stack.local/',
  };
  it.each([
    [undefined, 'microsoft', 'https://management.azure.com'],
    ['', 'microsoft', 'https://management.azure.com'],
    ['USGovernment', 'microsoft-sovereign-cloud', 'https://management.usgovcloudapi.net'],
    ['ChinaCloud', 'microsoft-sovereign-cloud', 'https://management.chinacloudapi.cn'],
    ['custom', 'microsoft-sovereign-cloud', 'https://arm.stack.local'],
  ])('goes to the cloud that VS Code is set to: %s', async (environment, providerId, resourceManagerEndpoint) => {
    const chosen = await chosenCloud({ environment, customEnvironment: custom });
    expect(chosen).toMatchObject({ providerId, cloud: { resourceManagerEndpoint } });
  });

  it.each([
    ['Mars', custom],
    ['custom', { name: 'Stack' }],
    ['custom', undefined],
  ])('refuses %s with %j', async (environment, customEnvironment) =>
    expect(chosenCloud({ environment, customEnvironment })).rejects.toMatchObject({
      problem: { reason: 'unsupported' },
    }),
  );
});
