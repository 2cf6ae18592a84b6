import { readFile } from 'node:fs/promises';
import type { Side } from '../link/vocabulary.ts';
import type { SqlConnectOptions } from '../sql/connect.ts';
import type { LabDescription } from './lab-description.ts';

const CONNECT_TIMEOUT_MS = 15_000;

/** How to reach one of the lab's servers: always encrypted, the lab's own certificate checked. */
export async function labServer(lab: LabDescription, side: Side, label: string): Promise<SqlConnectOptions> {
  const { host, port, user, password, certificateFile } = lab[side];
  return {
    side,
    label,
    practice: true,
    server: { host, port },
    authentication: { kind: 'sqlLogin', user, password },
    encrypt: 'mandatory',
    trustServerCertificate: false,
    // By name, since an address cannot be asked for in TLS (RFC 6066).
    hostNameInCertificate: 'localhost',
    certificateAuthority: await readFile(certificateFile, 'utf8'),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  };
}
