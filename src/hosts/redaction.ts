/** Takes secrets out of text before it is written anywhere. */
export interface Redaction {
  /** From now on this exact value is hidden wherever it occurs. Values shorter than 4 characters cannot be told from ordinary text. */
  hide(secret: string | undefined): void;
  text(text: string): string;
}

const HIDDEN = '[hidden]';

/** What shows itself as a secret, whoever wrote it: bearer tokens and JWTs, and name=value pairs with a telling name. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*)?/g, HIDDEN],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [
    /(["']?\b(?:password|pwd|client_?secret|(?:access_?|refresh_?|id_?)?token|sas|sig|connection_?string)["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"|N?'(?:[^']|'')*'|[^\s,;&"'}]+)/gi,
    `$1${HIDDEN}`,
  ],
];

/** A new redaction that knows no value yet; what has the shape of a secret is hidden anyway. */
export function createRedaction(): Redaction {
  const secrets = new Set<string>();
  return {
    hide(secret) {
      if (!secret || secret.length < 4) return;
      secrets.add(secret);
      // The same value as it looks inside JSON.
      secrets.add(JSON.stringify(secret).slice(1, -1));
    },
    text(text) {
      const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
      const known = longestFirst.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
      return SHAPES.reduce((left, [shape, replacement]) => left.replace(shape, replacement), known);
    },
  };
}
