import { isIPv6 } from 'node:net';
import * as l10n from '@vscode/l10n';

/** Where a SQL Server listens. A named instance is looked up at UDP port 1434 (SQL Server Browser). */
export type ServerAddress =
  | { readonly host: string }
  | { readonly host: string; readonly port: number }
  | { readonly host: string; readonly instanceName: string };

export type ParsedServerName = { readonly address: ServerAddress } | { readonly problem: string };

/**
 * Reads what a person types for a server, as SQL Server's own tools do: host · host,port · host\instance · [IPv6] · [IPv6],port, each
 * with or without `tcp:`. With both instance and port the port decides (as in SqlClient). Never throws: what is wrong comes back in words.
 */
export function parseServerName(text: string): ParsedServerName {
  const name = text.trim().replace(/^tcp:/i, '').trim();
  if (name === '') return { problem: l10n.t('Enter the name of the server.') };
  if (/^(np|lpc|admin):/i.test(name))
    return { problem: l10n.t('Only TCP connections are supported: enter host or host,port.') };
  if (/^\(localdb\)/i.test(name)) return { problem: l10n.t('LocalDB cannot take part in a Managed Instance link.') };
  if (isIPv6(name)) return { problem: l10n.t('Put an IPv6 address in square brackets: [{0}]', name) };
  const match = /^(\[[^\]]*\]|[^,\\[\]]*)(?:\\([^,]*))?(?:,(.*))?$/.exec(name);
  if (!match) return { problem: l10n.t('Enter host, host,port, host\\instance or [IPv6 address],port.') };
  const [, hostText = '', instanceName, portText] = match;
  const host = readHost(hostText.trim());
  if ('problem' in host) return host;
  if (portText !== undefined) return readPort(host.host, portText.trim());
  return instanceName === undefined ? { address: host } : readInstance(host.host, instanceName.trim());
}

/** The shortest text that parseServerName reads as this address. */
export function formatServerName(address: ServerAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  if ('port' in address) return `${host},${address.port}`;
  return 'instanceName' in address ? `${host}\\${address.instanceName}` : host;
}

function readHost(text: string): { readonly host: string } | { readonly problem: string } {
  if (text.startsWith('[')) {
    const inner = text.slice(1, -1);
    return isIPv6(inner) ? { host: inner } : { problem: l10n.t('{0} is not an IPv6 address.', inner) };
  }
  if (text === '.' || /^\(local\)$/i.test(text)) return { host: 'localhost' };
  if (text === '') return { problem: l10n.t('Enter the name of the server.') };
  if (/^[^:]+:\d+$/.test(text)) return { problem: l10n.t('Separate the port by a comma: {0}', text.replace(':', ',')) };
  if (text.length > 253 || !/^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_.])?$/u.test(text)) {
    return { problem: l10n.t('{0} is not a host name or address.', text.slice(0, 60)) };
  }
  return { host: text };
}

function readPort(host: string, text: string): ParsedServerName {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) return { problem: l10n.t('The port is a number from 1 to 65535.') };
  return { address: { host, port } };
}

/** Instance names: 16 characters at most, no default name (Microsoft Learn, "Instance configuration"). */
function readInstance(host: string, text: string): ParsedServerName {
  if (/^MSSQLSERVER$/i.test(text)) return { address: { host } };
  if (!/^[\p{L}_&#][\p{L}\p{N}_$#&]{0,15}$/u.test(text)) {
    return {
      problem: l10n.t('{0} is not an instance name: 16 letters, digits, _, $ or # at most.', text.slice(0, 40)),
    };
  }
  return { address: { host, instanceName: text } };
}
