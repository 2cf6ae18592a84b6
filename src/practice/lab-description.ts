import { readFile } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { LinkError } from '../link/problem.ts';

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const endpoint = { host: v.string(), port, user: v.string(), password: v.string(), certificateFile: v.string() };

const labDescription = v.object({
  sqlServer: v.object(endpoint),
  managedInstance: v.object({ ...endpoint, fullyQualifiedDomainName: v.string() }),
  azure: v.object({
    resourceManager: v.pipe(v.string(), v.url()),
    authority: v.pipe(v.string(), v.url()),
    certificateFile: v.string(),
    tenantId: v.string(),
    clientId: v.string(),
    clientSecret: v.string(),
    subscriptionId: v.string(),
    resourceGroup: v.string(),
    managedInstance: v.string(),
  }),
  link: v.object({ dag: v.string(), ag: v.string(), databases: v.pipe(v.array(v.string()), v.readonly()) }),
  control: v.pipe(v.string(), v.url()),
  scenario: v.optional(v.string()),
});

/** What a running practice lab says of itself in its one line of JSON. Holds secrets of the lab (they die with it). */
export type LabDescription = v.InferOutput<typeof labDescription>;

/** Throws LinkError 'badAnswer' naming the first key that is missing or wrong; never repeats a value. */
export function parseLabDescription(line: string): LabDescription {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw unreadable(l10n.t('it is not JSON'));
  }
  const result = v.safeParse(labDescription, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw unreadable(l10n.t('"{0}" is missing or wrong', v.getDotPath(issue) ?? '?'));
}

/** The description in a file that whoever started the lab has written. Throws LinkError. */
export async function readLabDescription(file: string): Promise<LabDescription> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new LinkError(
      {
        reason: 'notFound',
        venue: undefined,
        message: l10n.t('The description of the practice lab cannot be read: {0}', String(cause)),
        advice: l10n.t('Start the practice lab again.'),
      },
      { cause },
    );
  }
  return parseLabDescription(text);
}

const unreadable = (why: string): LinkError =>
  new LinkError({
    reason: 'badAnswer',
    venue: undefined,
    message: l10n.t('The description of the practice lab cannot be used: {0}.', why),
  });
