import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** Certificates of one running lab, as PEM. */
export interface LabCertificates {
  /** The lab's own certificate authority: what a client needs in its CA bundle. */
  readonly authority: string;
  /** What every listener of the lab presents: the server certificate, then the authority's. */
  readonly server: { readonly cert: string; readonly key: string };
}

const day = 24 * 60 * 60 * 1000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const subject = 'O=Managed Instance Link practice lab';

const pem = (label: string, der: ArrayBuffer): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
};

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

/**
 * A fresh authority and a server certificate for loopback (and `names`), valid from yesterday for a year.
 * Two certificates, because strict clients refuse an authority as a server certificate; both carry the key identifiers of RFC 5280 4.2.1, which
 * OpenSSL's strict mode (the default in newer Pythons) insists on.
 */
export const createCertificates = async (names: readonly string[]): Promise<LabCertificates> => {
  x509.cryptoProvider.set(webcrypto);
  const [authorityKeys, serverKeys] = await Promise.all([newKeys(), newKeys()]);
  const notBefore = new Date(Date.now() - day);
  const notAfter = new Date(notBefore.getTime() + 366 * day);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Practice lab certificate authority, ${subject}`,
    notBefore,
    notAfter,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const server = await x509.X509CertificateGenerator.create({
    subject: `CN=localhost, ${subject}`,
    issuer: authority.subject,
    notBefore,
    notAfter,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth], false),
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
        { type: 'dns', value: 'localhost' },
        ...names.map(value => ({ type: 'dns' as const, value })),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(serverKeys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const authorityPem = pem('CERTIFICATE', authority.rawData);
  return {
    authority: authorityPem,
    server: {
      cert: pem('CERTIFICATE', server.rawData) + authorityPem,
      key: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey)),
    },
  };
};
