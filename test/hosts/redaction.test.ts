import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fake, window } from './fake-vscode.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

import type * as vscode from 'vscode';
import { loggedServers, problemLine, redactedLog } from '../../src/hosts/log.ts';
import { createRedaction } from '../../src/hosts/redaction.ts';
import { FakeServers, linkError, prod } from '../tree/servers.ts';

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQifQ.c2lnbmF0dXJl';

describe('redaction', () => {
  it('hides a known secret wherever it stands, as itself and inside JSON', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!'[hidden]'.includes(secret) && !`${before}[hidden]${after}`.includes(secret));
        const redaction = createRedaction();
        redaction.hide(secret);
        expect(redaction.text(before + secret + after)).not.toContain(secret);
        const inJson = JSON.stringify(secret).slice(1, -1);
        fc.pre(!'[hidden]'.includes(inJson) && !`${before}[hidden]${after}`.includes(inJson));
        expect(redaction.text(before + inJson + after)).not.toContain(inJson);
      }),
    );
  });

  it('hides a secret that contains another one', () => {
    const redaction = createRedaction();
    redaction.hide('blue');
    redaction.hide('bluebird');
    expect(redaction.text('bluebird')).toBe('[hidden]');
  });

  it.each([
    [`token ${jwt} refused`, 'token [hidden] refused'],
    [`Authorization: Bearer abcdefgh12345678`, 'Authorization: Bearer [hidden]'],
    ['Server=sql;Password=Tr0ub4dor;Encrypt=true', 'Server=sql;Password=[hidden];Encrypt=true'],
    ["CREATE LOGIN x WITH PASSWORD = N'it''s 4 secret'", 'CREATE LOGIN x WITH PASSWORD = [hidden]'],
    ['{"clientSecret":"a \\" b","user":"sa"}', '{"clientSecret":[hidden],"user":"sa"}'],
    ['client_secret=abc~123&scope=x', 'client_secret=[hidden]&scope=x'],
    ['The password of sa is wrong (18456).', 'The password of sa is wrong (18456).'],
  ])('%s', (text, expected) => expect(createRedaction().text(text)).toBe(expected));
});

describe('the log', () => {
  let log: vscode.LogOutputChannel;
  beforeEach(() => {
    fake.reset();
    const redaction = createRedaction();
    redaction.hide('Tr0ub4dor&3');
    log = redactedLog(window.createOutputChannel('test') as unknown as vscode.LogOutputChannel, redaction);
  });

  it('lets no password and no token through, by whatever method and in whatever argument', () => {
    for (const write of [log.trace, log.debug, log.info, log.warn, log.error]) {
      write('login with Tr0ub4dor&3', `and ${jwt}`, { password: 'Tr0ub4dor&3' });
    }
    log.error(new Error('Login failed: Tr0ub4dor&3'));
    log.append('Tr0ub4dor&3');
    log.appendLine(jwt);
    log.replace(jwt);
    expect(fake.logged).toHaveLength(9);
    expect(fake.logged.join('\n')).not.toMatch(/Tr0ub4dor|eyJ/);
    expect(fake.logged[0]).toBe('login with [hidden] and [hidden] [object]');
    expect(fake.logged[5]).toBe('Error: Login failed: [hidden]');
  });

  it('names a problem by its reason, number, text and advice in one line', () => {
    const line = problemLine({
      reason: 'loginFailed',
      venue: 'sqlServer',
      message: 'The login was refused.',
      number: 18456,
      serverText: "Login failed for user 'dba'.",
      advice: 'Check name and password.',
    });
    expect(line).toBe(
      "[loginFailed] The login was refused. | SQL Server, error 18456: Login failed for user 'dba'. | Check name and password.",
    );
  });

  it('tells of each connection, made or not, without a secret in it', async () => {
    const servers = new FakeServers();
    servers.setServers(prod);
    servers.connectFailures = [linkError('loginFailed', 'Password=Tr0ub4dor&3 was refused.')];
    const logged = loggedServers(servers, log);
    const never = new AbortController().signal;
    await expect(logged.connect('prod', never)).rejects.toMatchObject({ problem: { reason: 'loginFailed' } });
    await logged.connect('prod', never);
    expect(fake.logged).toEqual([
      'Not connected to Production: [loginFailed] Password=[hidden] was refused.',
      'Connected to Production',
    ]);
  });
});
