/** The managed instance named in a DAG member's endpoint_url. */
export interface InstanceEndpoint {
  readonly instance: string;
  readonly fullyQualifiedDomainName: string;
  readonly port: number;
}

/**
 * Reads `tcp://mi.zone.database.windows.net:5022;Server=[mi]` (Microsoft Learn, "Prepare environment for a link"; MI-initiated links add `;Database=[db]`).
 * A managed instance shows itself by the Server=[…] part or by an Azure SQL host name (also in sovereign clouds: database.*). Anything else: undefined.
 */
export function parseInstanceEndpoint(endpointUrl: string): InstanceEndpoint | undefined {
  const match = /^tcp:\/\/([^:;/\s]+):(\d{1,5})\s*(?:;(.*))?$/i.exec(endpointUrl.trim());
  if (!match) return undefined;
  const [, host = '', port = '', rest = ''] = match;
  const server = /(?:^|;)\s*Server\s*=\s*\[?([^\];]+)\]?/i.exec(rest)?.[1]?.trim();
  const azureHost = /^([a-z0-9][a-z0-9-]*)\.[a-z0-9-]+\.database\.[a-z0-9.-]+$/i.exec(host);
  if (!server && !azureHost) return undefined;
  return { instance: server ?? azureHost?.[1] ?? host, fullyQualifiedDomainName: host, port: Number(port) };
}
