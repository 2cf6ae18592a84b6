// What drivers throw, read without trusting its shape.

/** The error, then what it wraps: mssql keeps originalError, tedious cause, node errors[] where several addresses were tried. */
export function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  let next: unknown = error;
  while (next !== undefined && next !== null && !chain.includes(next) && chain.length < 10) {
    chain.push(next);
    const several = propertyOf(next, 'errors');
    next =
      propertyOf(next, 'originalError') ??
      propertyOf(next, 'cause') ??
      (Array.isArray(several) ? several[0] : undefined);
  }
  return chain;
}

export const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

export const codeOf = (error: unknown): string => {
  const code = propertyOf(error, 'code');
  return typeof code === 'string' ? code : '';
};

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 300);

/** Server messages as one text, each once. */
export const textOf = (errors: readonly { readonly message: string }[]) =>
  [...new Set(errors.map(e => e.message.trim()))].join(' ');
