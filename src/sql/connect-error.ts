import * as l10n from '@vscode/l10n';
import { adviceFor } from '../link/advice.ts';
import { LinkError, type Problem, type Reason } from '../link/problem.ts';
import type { Side } from '../link/vocabulary.ts';
import { causes, codeOf, messageOf, propertyOf, textOf } from './error-chain.ts';

/** Which server an error is about; `server` is host, host:port or host\instance. Holds no secret. */
export interface ServerName {
  readonly side: Side;
  readonly label: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly instanceName: string | undefined;
  readonly login: string;
  readonly connectTimeoutMs: number;
}

/** An ERROR token that came while logging in. mssql hides its number; tedious tells it by its errorMessage event. */
export interface LoginMessage {
  readonly number: number;
  readonly message: string;
}

type Words = Omit<Problem, 'venue'>;

/** Why no connection could be made, as a LinkError. `messages` are the server's own while logging in, in order. */
export function connectError(error: unknown, server: ServerName, messages: readonly LoginMessage[]): LinkError {
  const chain = causes(error);
  const ours = chain.find(cause => cause instanceof LinkError);
  if (ours) return ours;
  const words = loginRefused(server, messages) ?? untrusted(server, chain) ?? notConnected(server, chain);
  return new LinkError({ ...words, venue: server.side }, { cause: error });
}

const LOGIN = new Set([18452, 18456, 18470, 18486, 18487, 18488]);
const FIREWALL = new Set([40615, 40914, 47073]);

function loginRefused(server: ServerName, messages: readonly LoginMessage[]): Words | undefined {
  // After "cannot open database" (4060) comes a general "login failed" (18456): the first says more.
  const main = messages.find(m => m.number !== 18456) ?? messages[0];
  if (!main) return undefined;
  const known = adviceFor(main.number);
  const reason: Reason = LOGIN.has(main.number)
    ? 'loginFailed'
    : main.number === 4060
      ? 'permission'
      : FIREWALL.has(main.number) || known?.transient
        ? 'unreachable'
        : 'refused';
  return {
    reason,
    message: loginSentence(reason, server, main.number),
    number: main.number,
    serverText: textOf(messages),
    ...(known && { advice: known.advice, transient: known.transient }),
  };
}

function loginSentence(reason: Reason, server: ServerName, number: number): string {
  if (reason === 'loginFailed')
    return l10n.t('{0} refused the login {1} (error {2}).', server.label, server.login, number);
  if (reason === 'permission')
    return l10n.t(
      '{0} accepted the login {1} but did not open the database master (error {2}).',
      server.label,
      server.login,
      number,
    );
  return l10n.t('{0} refused the connection with error {1}.', server.label, number);
}

/** What node says when it does not trust a certificate: what is wrong with it, and what to do. */
function untrusted(server: ServerName, chain: readonly unknown[]): Words | undefined {
  for (const cause of chain) {
    const code = codeOf(cause);
    const words = certificateWords(code, server, cause);
    if (words) return { reason: 'certificateUntrusted', code, ...words };
    if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
      return {
        reason: 'notEncrypted',
        code,
        message: l10n.t('No encrypted connection to {0} could be agreed on: {1}', server.label, messageOf(cause)),
        advice: l10n.t(
          'TLS 1.2 or later is needed on the server. With encryption Strict the server must be SQL Server 2022 or later, or a managed instance.',
        ),
      };
    }
  }
  return undefined;
}

function certificateWords(
  code: string,
  server: ServerName,
  cause: unknown,
): Pick<Problem, 'message' | 'advice'> | undefined {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return {
        message: l10n.t(
          'The certificate of {0} is self-signed, so it does not prove who the server is. The password was not sent.',
          server.label,
        ),
        advice: l10n.t(
          'Give the server a certificate of an authority that this machine trusts. If you are sure that this is the right server, choose to trust its certificate.',
        ),
      };
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_UNTRUSTED':
      return {
        message: l10n.t(
          'The certificate of {0} comes from an authority that this machine does not trust. The password was not sent.',
          server.label,
        ),
        advice: l10n.t(
          'Install the authority’s root certificate on this machine (NODE_EXTRA_CA_CERTS or the system store). If you are sure that this is the right server, choose to trust its certificate.',
        ),
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        message: l10n.t(
          'The certificate of {0} was issued for another name ({1}). The password was not sent.',
          server.label,
          namesInCertificate(cause),
        ),
        advice: l10n.t(
          'Connect by a name that the certificate holds, or enter that name as the host name in the certificate.',
        ),
      };
    case 'CERT_HAS_EXPIRED':
      return {
        message: l10n.t('The certificate of {0} has expired. The password was not sent.', server.label),
        advice: l10n.t(
          'Renew the certificate on the server. If you are sure that this is the right server, choose to trust its certificate.',
        ),
      };
    case 'CERT_NOT_YET_VALID':
      return {
        message: l10n.t('The certificate of {0} is not valid yet. The password was not sent.', server.label),
        advice: l10n.t('Compare the clocks of this machine and of the server.'),
      };
    case 'CERT_REVOKED':
      return {
        message: l10n.t('The certificate of {0} has been revoked. The password was not sent.', server.label),
        advice: l10n.t('Renew the certificate on the server.'),
      };
    default:
      return undefined;
  }
}

function namesInCertificate(cause: unknown): string {
  const names = propertyOf(propertyOf(cause, 'cert'), 'subjectaltname');
  return typeof names === 'string' && names !== '' ? names : l10n.t('it names none');
}

function notConnected(server: ServerName, chain: readonly unknown[]): Words {
  const codes = chain.map(codeOf);
  const code = codes.findLast(c => c !== '') ?? '';
  const has = (...wanted: readonly string[]) => wanted.some(c => codes.includes(c));
  const place = server.port === undefined ? server.host : `${server.host}:${server.port}`;
  const unreachable = (message: string, advice: string): Words => ({
    reason: 'unreachable',
    message,
    code,
    advice,
    transient: true,
  });

  if (has('ENOTFOUND', 'EAI_AGAIN', 'ENODATA')) {
    return unreachable(
      l10n.t('The name {0} could not be looked up (DNS).', server.host),
      l10n.t(
        'Check the spelling, the VPN and the DNS server. A managed instance’s name resolves only where its network’s DNS does.',
      ),
    );
  }
  if (server.instanceName !== undefined && has('EINSTLOOKUP', 'ETIMEOUT')) {
    return unreachable(
      l10n.t(
        'The SQL Server Browser on {0} did not tell the port of the instance {1}.',
        server.host,
        server.instanceName,
      ),
      l10n.t(
        'Check the instance’s name, that the SQL Server Browser service runs and that UDP port 1434 is open; or enter the port instead of the instance name.',
      ),
    );
  }
  if (has('ECONNREFUSED')) {
    return unreachable(
      l10n.t('{0} refused the connection: nothing listens there.', place),
      l10n.t('Check the port, that SQL Server is running and that TCP/IP is enabled for it.'),
    );
  }
  if (has('ETIMEOUT', 'ETIMEDOUT')) {
    return unreachable(
      l10n.t('{0} did not answer within {1} s.', place, Math.round(server.connectTimeoutMs / 1000)),
      l10n.t(
        'Check the address and the firewalls on the way. A managed instance is reachable only from its network, by VPN, or by its public endpoint (port 3342).',
      ),
    );
  }
  if (has('EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL')) {
    return unreachable(
      l10n.t('There is no network path to {0}.', place),
      l10n.t('Check the VPN, the routes and the firewalls on the way.'),
    );
  }
  if (has('ELOGIN', 'EFEDAUTH')) {
    return {
      reason: 'loginFailed',
      code,
      message: l10n.t('{0} refused the login {1}.', server.label, server.login),
      advice: l10n.t('The error log of the server tells the exact cause.'),
    };
  }
  if (has('ECONNRESET', 'ESOCKET', 'EPIPE')) {
    return unreachable(
      l10n.t('{0} closed the connection during the login.', place),
      l10n.t('Check that a SQL Server listens on this port and that it accepts new connections.'),
    );
  }
  return {
    reason: 'unreachable',
    code,
    message: l10n.t('No connection to {0} could be made: {1}', server.label, messageOf(chain[0])),
  };
}
