import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCertificates } from '../../../src/lab/certificate.ts';
import { ask } from './practice.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificate-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const noOpenSsl = spawnSync('openssl', ['version']).status !== 0;

describe('the lab’s certificates', () => {
  it('a server for loopback and the names given, signed by an authority, valid from yesterday for a year', async () => {
    const { authority, server } = await createCertificates(['mi-one.example.net']);
    const [ca, leaf] = [new X509Certificate(authority), new X509Certificate(server.cert)];
    expect([ca.ca, leaf.ca, leaf.checkIssued(ca), leaf.verify(ca.publicKey)]).toEqual([true, false, true, true]);
    expect([
      leaf.checkIP('127.0.0.1'),
      leaf.checkIP('::1'),
      leaf.checkHost('localhost'),
      leaf.checkHost('mi-one.example.net'),
    ]).not.toContain(undefined);
    expect(leaf.checkHost('other.example.net')).toBeUndefined();
    const days = (text: string) => Math.round((Date.parse(text) - Date.now()) / 86_400_000);
    expect([days(leaf.validFrom), days(leaf.validTo)]).toEqual([-1, 365]);
  });

  it('every lab has its own authority: another lab’s is not trusted', async () => {
    const [mine, other] = await Promise.all([createCertificates([]), createCertificates([])]);
    const server = createServer(mine.server, (_, response) => response.end('"hello"'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect((await ask(mine.authority, url)).json).toBe('hello');
    await expect(ask(other.authority, url)).rejects.toThrow(/certificate/);
    server.close();
  });

  it.skipIf(noOpenSsl)('OpenSSL verifies the chain by its strictest rules', async () => {
    const { authority, server } = await createCertificates([]);
    writeFileSync(join(folder, 'ca.pem'), authority);
    writeFileSync(join(folder, 'server.pem'), server.cert);
    const verify = () =>
      execFileSync(
        'openssl',
        [
          'verify',
          '-x509_strict',
          '-purpose',
          'sslserver',
          '-verify_ip',
          '127.0.0.1',
          '-CAfile',
          'ca.pem',
          'server.pem',
        ],
        { cwd: folder, encoding: 'utf8' },
      );
    expect(verify()).toBe('server.pem: OK\n');
  });
});
