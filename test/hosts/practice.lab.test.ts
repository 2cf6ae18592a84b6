import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinOrigins } from '../../src/hosts/origins.ts';
import { createPracticeLab, type PracticeLab } from '../../src/hosts/practice-lab.ts';
import { PRACTICE_ID, practiceOrigin } from '../../src/hosts/practice-origin.ts';
import { connectSaved } from '../../src/hosts/saved-origin.ts';
import type { SavedServer } from '../../src/hosts/server-book.ts';
import { createSignIn } from '../../src/hosts/sign-in.ts';
import { childrenOfServer, rowOf } from '../../src/tree/rows.ts';
import { createServerReading } from '../../src/tree/server-reading.ts';

const signal = AbortSignal.timeout(60_000);
const main = join(import.meta.dirname, '../../src/lab/main.ts');

/** The real lab, the real driver and the real Azure SDK behind what the commands and the wizard are given. */
describe('the host over a running practice lab', () => {
  const said: string[] = [];
  let lab: PracticeLab;
  beforeAll(async () => {
    lab = createPracticeLab({
      file: main,
      log: line => said.push(line),
      hide: () => undefined,
      onLost: words => said.push(words),
    });
    await lab.start('sql2019', signal);
  });
  afterAll(() => lab.stop());

  const description = () => {
    if (!lab.running) throw new Error(`The lab is not running: ${said.join('\n')}`);
    return lab.running;
  };
  const practiceServer = () => {
    const [server] = practiceOrigin(lab).list();
    if (!server) throw new Error('no practice server');
    return server;
  };

  it('reads the tree from it', async () => {
    const servers = joinOrigins([practiceOrigin(lab)]);
    const reading = createServerReading(practiceServer(), servers);
    await reading.read();
    const rows = childrenOfServer(practiceServer(), reading.state).map(node => rowOf(node, reading.state));
    const [database = ''] = description().link.databases;
    expect(rows.find(row => row.label === database)).toMatchObject({
      contextValue: 'miLink.database.linked',
      description: `PRACTICE · primary · synchronizing · ${description().azure.managedInstance}`,
      icon: { color: 'charts.green' },
    });
    expect(rows.filter(row => row.dimmed).length).toBeGreaterThan(0);
    expect(rowOf({ kind: 'server', server: practiceServer() }, reading.state).description).toBe('SQL Server 2019');
    await reading.close();
  });

  it('signs in to its Azure with the practice account, and reaches the instance with the same identity', async () => {
    const signIn = createSignIn({
      accounts: { getSession: () => Promise.reject(new Error('a real account must not be asked for')) },
      cloudSettings: () => ({ environment: undefined, customEnvironment: undefined }),
      lab,
      hide: () => undefined,
    });
    const [choice] = signIn.choices(practiceServer());
    if (!choice) throw new Error('no sign-in');
    const signedIn = await signIn.signIn(choice, practiceServer(), undefined, signal);
    const { subscriptionId, managedInstance, tenantId } = description().azure;
    const { fullyQualifiedDomainName } = description().managedInstance;
    expect(signedIn.tenantId).toBe(tenantId);
    expect(signedIn.azure.account).toContain('PRACTICE');
    const instance = await signedIn.azure.findInstance(
      subscriptionId,
      managedInstance,
      fullyQualifiedDomainName,
      signal,
    );
    expect(instance?.name).toBe(managedInstance);
    const side = await signedIn.connectInstance({ name: managedInstance, fullyQualifiedDomainName }, signal);
    expect(side).toMatchObject({ side: 'managedInstance', practice: true });
    expect(await side.identify(signal)).toMatchObject({ isManagedInstance: true });
    await side.close();
  });

  const saved = (changes: Partial<SavedServer> = {}): SavedServer => {
    const { host, port, user } = description().sqlServer;
    return {
      id: 'x',
      name: 'Typed in',
      server: `${host},${port}`,
      authentication: { kind: 'sqlLogin', user },
      encrypt: 'mandatory',
      trustServerCertificate: true,
      ...changes,
    };
  };
  const access = { entra: () => Promise.reject(new Error('not asked for')), hide: () => undefined };

  it('can be added by hand like any server', async () => {
    const side = await connectSaved(saved(), description().sqlServer.password, access, signal);
    expect(side.practice).toBe(false);
    await side.close();
  });

  it.each([
    ['a wrong password', {}, 'wrong', 'loginFailed'],
    ['an untrusted certificate', { trustServerCertificate: false }, undefined, 'certificateUntrusted'],
    ['a port where nothing listens', { server: '127.0.0.1,1' }, undefined, 'unreachable'],
  ] as const)('refuses %s with its own reason', async (_what, changes, password, reason) => {
    const connect = connectSaved(saved(changes), password ?? description().sqlServer.password, access, signal);
    await expect(connect).rejects.toMatchObject({ problem: { reason, venue: 'sqlServer' } });
  });

  it('leaves nothing running', async () => {
    const { control, sqlServer } = description();
    await expect(readFile(sqlServer.certificateFile, 'utf8')).resolves.toContain('BEGIN CERTIFICATE');
    await lab.stop();
    await expect(fetch(`${control}/state`)).rejects.toThrow();
    await expect(practiceOrigin(lab).connect(PRACTICE_ID, signal)).rejects.toMatchObject({
      problem: { reason: 'unreachable' },
    });
  });
});
