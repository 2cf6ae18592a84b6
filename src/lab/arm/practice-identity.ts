import { createHash, randomBytes } from 'node:crypto';
import type { Client } from './tokens.ts';

/** 32 bytes for a purpose: by seed when there is one, else random. */
const bytesFor = (seed: number | undefined, purpose: string): Buffer =>
  seed === undefined ? randomBytes(32) : createHash('sha256').update(`practice lab ${seed} ${purpose}`).digest();

const uuidFor = (seed: number | undefined, purpose: string): string => {
  const hex = bytesFor(seed, purpose).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** The application that signs in to a lab, and the second directory it exists in; the same for the same seed. */
export const practiceIdentity = (
  seed: number | undefined,
  tenantId: string,
): { readonly client: Client; readonly otherTenantId: string } => {
  const otherTenantId = uuidFor(seed, 'other tenant');
  const client: Client = {
    clientId: uuidFor(seed, 'client id'),
    clientSecret: bytesFor(seed, 'client secret').toString('base64url'),
    displayName: 'practice-dba',
    objectIds: new Map([tenantId, otherTenantId].map(tenant => [tenant, uuidFor(seed, `object id in ${tenant}`)])),
  };
  return { client, otherTenantId };
};
