import { readFileSync } from 'node:fs';
import * as v from 'valibot';

const server = {
  host: v.string(),
  port: v.number(),
  user: v.string(),
  password: v.string(),
  certificateFile: v.string(),
};

const description = v.object({
  sqlServer: v.object(server),
  managedInstance: v.object({ ...server, fullyQualifiedDomainName: v.string() }),
  azure: v.object({
    resourceManager: v.string(),
    authority: v.string(),
    certificateFile: v.string(),
    tenantId: v.string(),
    clientId: v.string(),
    clientSecret: v.string(),
    subscriptionId: v.string(),
    resourceGroup: v.string(),
    managedInstance: v.string(),
    location: v.string(),
  }),
  link: v.object({ dag: v.string(), ag: v.string(), databases: v.array(v.string()) }),
  control: v.string(),
});

/** How to reach a running practice lab: the one line it prints when it is ready. Holds the lab's own throw-away secrets. */
export type LabDescription = v.InferOutput<typeof description>;

/** Throws Error naming what is missing or of the wrong type. */
export function parseLabDescription(text: string): LabDescription {
  const result = v.safeParse(description, JSON.parse(text));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(`Not a practice lab’s description: ${v.getDotPath(issue) ?? ''} ${issue.message}`);
}

/** The lab's certificate as PEM: both its authority and its servers use it. */
export const certificateOf = (lab: LabDescription): string => readFileSync(lab.azure.certificateFile, 'utf8');
