/** Names of databases, groups, logins and jobs do not distinguish case on these servers. */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** How long a statement that changes metadata takes, ms. */
export const metadataChangeMs = 20;
