import { LinkError } from '../link/problem.ts';

/** Codes by which Azure says that something above the asked-for resource is missing. */
const ABOVE = new Set([
  'subscriptionnotfound',
  'invalidsubscriptionid',
  'resourcegroupnotfound',
  'parentresourcenotfound',
  'servernotinsubscriptionresourcegroup',
]);

/** 404 of the resource itself is an answer; 404 of what it lives in is an error. */
export const isAbsence = ({ problem }: LinkError): boolean =>
  problem.reason === 'notFound' && !ABOVE.has((problem.code ?? '').toLowerCase());

export async function orAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof LinkError && isAbsence(error)) return undefined;
    throw error;
  }
}
