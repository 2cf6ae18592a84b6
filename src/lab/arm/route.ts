import * as v from 'valibot';
import { ArmError, type LabAzure } from '../engine/contract.ts';
import type { ArmAnswer } from './answer.ts';
import type { Operations } from './operations.ts';
import type { Principal } from './tokens.ts';

/** One authenticated request, path parameters decoded. */
export interface ArmCall {
  readonly apiVersion: string;
  readonly principal: Principal;
  readonly query: URLSearchParams;
  /** The path as asked for, without query. */
  readonly path: string;
  parameter(name: string): string;
  /** The JSON body; throws ArmError 400 when it is none. */
  body(): Promise<unknown>;
}

export type ArmMethod = 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST';

type Handler = (call: ArmCall) => ArmAnswer | Promise<ArmAnswer>;

/** A resource path with what may be done to it. */
export interface ArmRoute {
  readonly path: string;
  /** undefined: one of Resource Manager's own types, else the provider's type, e.g. managedInstances/databases. */
  readonly type: string | undefined;
  readonly versions: readonly string[];
  readonly methods: Partial<Record<ArmMethod, Handler>>;
}

/** What the routes stand on. */
export interface ArmContext {
  readonly azure: LabAzure;
  readonly operations: Operations;
  /** Directories the signed-in principal can see. */
  readonly tenants: (
    principal: Principal,
  ) => readonly { readonly tenantId: string; readonly displayName: string; readonly domain: string }[];
  /** https://127.0.0.1:PORT. */
  readonly resourceManager: () => string;
}

/** Paths that every file of routes builds on. */
const subscription = '/subscriptions/:subscription';
const group = `${subscription}/resourceGroups/:group`;
const instances = `${group}/providers/Microsoft.Sql/managedInstances`;
export const paths = { subscription, group, instances, instance: `${instances}/:instance` } as const;

/** Azure compares names without regard to case. */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** A body read by its schema; what does not fit is ARM's 400 with `code`. */
export const parsed = <T extends v.GenericSchema>(schema: T, body: unknown, code: string): v.InferOutput<T> => {
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ArmError(400, code, `The request body is not valid. ${v.getDotPath(issue) ?? 'body'}: ${issue.message}`);
};

const pageSize = 100;

/** A list answer; $top (or a hundred) to a page, the next one by $skiptoken, as ARM links pages. */
export const listAnswer = (
  items: readonly unknown[],
  call: ArmCall,
  { resourceManager }: Pick<ArmContext, 'resourceManager'>,
  extra: Readonly<Record<string, unknown>> = {},
): ArmAnswer => {
  const top = Number(call.query.get('$top') ?? pageSize);
  if (!Number.isInteger(top) || top < 1)
    throw new ArmError(
      400,
      'InvalidTopParameter',
      `The value '${call.query.get('$top')}' of $top is not a whole number above zero.`,
    );
  const start = Number(call.query.get('$skiptoken') ?? 0);
  if (!Number.isInteger(start) || start < 0)
    throw new ArmError(400, 'InvalidSkipToken', 'The $skiptoken is not valid.');
  const end = start + Math.min(top, pageSize);
  const value = items.slice(start, end);
  if (end >= items.length) return { status: 200, body: { value, ...extra } };
  const next = new URLSearchParams(call.query);
  next.set('$skiptoken', String(end));
  return { status: 200, body: { value, ...extra, nextLink: `${resourceManager()}${call.path}?${next}` } };
};
