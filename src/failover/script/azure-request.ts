import { linkPath } from '../../link/azure-path.ts';
import type { ArmRequest } from '../../link/ports.ts';
import type { LinkTarget } from '../../link/vocabulary.ts';

/** A request to Azure as the command-line tools know it: `other` has no command of its own and goes out as it stands. */
export type LinkOperation =
  | { readonly operation: 'update'; readonly mode: string }
  | { readonly operation: 'delete' }
  | { readonly operation: 'failover'; readonly type: string }
  | { readonly operation: 'other' };

/** Recognizes a request of src/failover/statements.ts by its own method, path and body. */
export function linkOperation({ method, path, body }: ArmRequest, target: LinkTarget): LinkOperation {
  const link = linkPath(target.azure, target.link);
  if (method === 'DELETE' && path === link) return { operation: 'delete' };
  const { failoverType, properties } = body ?? {};
  if (method === 'POST' && path === `${link}/failover` && typeof failoverType === 'string' && hasOnly(body, 1))
    return { operation: 'failover', type: failoverType };
  if (method === 'PATCH' && path === link && isObject(properties) && hasOnly(body, 1) && hasOnly(properties, 1)) {
    const { replicationMode } = properties;
    if (typeof replicationMode === 'string') return { operation: 'update', mode: replicationMode };
  }
  return { operation: 'other' };
}

export const requestUrl = ({ path, apiVersion }: ArmRequest): string => `${path}?api-version=${apiVersion}`;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const hasOnly = (value: object | undefined, count: number): boolean => Object.keys(value ?? {}).length === count;
