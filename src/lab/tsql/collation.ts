import { CompileError } from './errors.ts';

/** How a collation compares: the part of its name that changes results. */
export type TextOrder = 'CI_AS' | 'CS_AS' | 'CI_AI' | 'CS_AI' | 'BIN';

/** The collation of the practice servers and of every database on them. */
export const serverCollation = 'SQL_Latin1_General_CP1_CI_AS';

/** Throws 448 for a name that is no collation. */
export function orderOfCollation(name: string, line: number): TextOrder {
  const upper = name.toUpperCase();
  if (upper === 'DATABASE_DEFAULT' || upper === 'CATALOG_DEFAULT') return 'CI_AS';
  if (/^(SQL_)?[A-Z0-9_]+_BIN2?(_UTF8)?$/.test(upper)) return 'BIN';
  const flags = /^(?:SQL_)?[A-Z0-9_]+?_(CI|CS)_(AI|AS)(_KS)?(_WS)?(_VSS)?(_SC)?(_UTF8)?$/.exec(upper);
  if (!flags) throw new CompileError(448, `Invalid collation '${name}'.`, line, 16, 3);
  return `${flags[1]}_${flags[2]}` as TextOrder;
}

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
};

/** Only true pairs fold (ſ, ı and ß stay themselves), so that equality is an equivalence. */
function upperLetter(letter: string): string {
  const upper = letter.toUpperCase();
  return upper.length === letter.length && upper.toLowerCase() === letter ? upper : letter;
}

/** UPPER: letter by letter, never longer than the text. */
export function upperCase(text: string): string {
  return isAscii(text) ? text.toUpperCase() : Array.from(text, upperLetter).join('');
}
/** LOWER: letter by letter, never longer than the text. */
export function lowerCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return Array.from(text, letter =>
    letter.toLowerCase().length === letter.length && upperLetter(letter.toLowerCase()) === letter
      ? letter.toLowerCase()
      : letter,
  ).join('');
}

const withoutAccents = (text: string): string => text.normalize('NFD').replace(/\p{Mn}+/gu, '');

const trimBlanks = (text: string): string => {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
};

/** Two texts are equal under a collation exactly when their keys are (trailing blanks never count). */
export function equalityKey(text: string, order: TextOrder): string {
  const trimmed = trimBlanks(text);
  switch (order) {
    case 'BIN':
    case 'CS_AS':
      return trimmed;
    case 'CI_AS':
      return upperCase(trimmed);
    case 'CS_AI':
      return withoutAccents(trimmed);
    case 'CI_AI':
      return upperCase(withoutAccents(trimmed));
  }
}

const linguistic = new Intl.Collator('en', { sensitivity: 'variant', caseFirst: 'upper' });
const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Shorter texts are padded with blanks, as the SQL standard has it, so 'a' sorts after 'a<tab>'. */
function comparePadded(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  return byCodeUnit(a.padEnd(length), b.padEnd(length));
}

/** A total order whose ties are exactly the equal texts: linguistic first, code units to break what ICU ignores. */
export function compareText(a: string, b: string, order: TextOrder): number {
  const left = equalityKey(a, order);
  const right = equalityKey(b, order);
  if (left === right) return 0;
  if (order === 'BIN') return comparePadded(left, right);
  return linguistic.compare(left, right) || byCodeUnit(left, right);
}

type PatternPart =
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'letter'; readonly letter: string }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

function readSet(
  pattern: string,
  start: number,
  fold: (text: string) => string,
): { readonly part: PatternPart; readonly next: number } | undefined {
  const negated = pattern[start] === '^';
  let at = negated ? start + 1 : start;
  const ranges: (readonly [string, string])[] = [];
  for (let first = true; ; first = false) {
    const letter = pattern[at];
    if (letter === undefined) return undefined;
    if (letter === ']' && !first) return { part: { kind: 'set', negated, ranges }, next: at + 1 };
    const end = pattern[at + 2];
    if (pattern[at + 1] === '-' && end !== undefined && end !== ']') {
      ranges.push([fold(letter), fold(end)]);
      at += 3;
    } else {
      ranges.push([fold(letter), fold(letter)]);
      at += 1;
    }
  }
}

function readPattern(
  pattern: string,
  escapeMark: string | undefined,
  fold: (text: string) => string,
): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at] ?? '';
    if (letter === escapeMark && at + 1 < pattern.length)
      parts.push({ kind: 'letter', letter: fold(pattern[++at] ?? '') });
    else if (letter === '%') parts.push({ kind: 'any' });
    else if (letter === '_') parts.push({ kind: 'one' });
    else if (letter === '[') {
      const set = readSet(pattern, at + 1, fold);
      // A bracket that never closes matches nothing in SQL Server.
      if (!set) return [{ kind: 'set', negated: false, ranges: [] }];
      parts.push(set.part);
      at = set.next - 1;
    } else parts.push({ kind: 'letter', letter: fold(letter) });
  }
  return parts;
}

function matchesLetter(part: PatternPart, letter: string): boolean {
  switch (part.kind) {
    case 'any':
    case 'one':
      return true;
    case 'letter':
      return part.letter === letter;
    case 'set':
      return part.negated !== part.ranges.some(([from, to]) => from <= letter && letter <= to);
  }
}

/** Greedy with one remembered %: linear for ordinary patterns. */
function matchesFrom(
  parts: readonly PatternPart[],
  letters: readonly string[],
  start: number,
  anchoredEnd: boolean,
): number | undefined {
  let part = 0;
  let at = start;
  let lastAny = -1;
  let resume = 0;
  for (;;) {
    const current = parts[part];
    if (current === undefined) {
      if (!anchoredEnd || at === letters.length) return at;
    } else if (current.kind === 'any') {
      lastAny = part++;
      resume = at;
      continue;
    } else if (at < letters.length && matchesLetter(current, letters[at] ?? '')) {
      part++;
      at++;
      continue;
    }
    if (lastAny < 0 || resume >= letters.length) return undefined;
    part = lastAny + 1;
    at = ++resume;
  }
}

/** One UTF-16 unit at a time, as pattern and text meet; so nothing may change length. */
function foldedUnit(unit: string, order: TextOrder): string {
  if (order === 'BIN' || order === 'CS_AS') return unit;
  const plain = order === 'CI_AS' ? unit : unit.normalize('NFD').replace(/(?<=.)\p{Mn}+/gu, '');
  const kept = plain.length === 1 ? plain : unit;
  return order === 'CS_AI' ? kept : upperLetter(kept);
}

const folded = (text: string, order: TextOrder): string =>
  order === 'CI_AS' && isAscii(text)
    ? text.toUpperCase()
    : Array.from({ length: text.length }, (_, at) => foldedUnit(text.charAt(at), order)).join('');

const compiled = new Map<string, readonly PatternPart[]>();
function patternParts(pattern: string, escapeMark: string | undefined, order: TextOrder): readonly PatternPart[] {
  const key = `${order}\0${escapeMark ?? ''}\0${pattern}`;
  const known = compiled.get(key);
  if (known) return known;
  if (compiled.size > 500) compiled.clear();
  const parts = readPattern(pattern, escapeMark, text => folded(text, order));
  compiled.set(key, parts);
  return parts;
}

/** LIKE. Trailing blanks of the text may be left over (not those of the pattern), as SQL Server documents for varchar. */
export function matchesLike(text: string, pattern: string, escapeMark: string | undefined, order: TextOrder): boolean {
  const parts = patternParts(pattern, escapeMark, order);
  const letters = folded(text, order).split('');
  if (matchesFrom(parts, letters, 0, true) !== undefined) return true;
  const shorter = folded(trimBlanks(text), order).split('');
  for (let length = letters.length - 1; length >= shorter.length; length--) {
    if (matchesFrom(parts, letters.slice(0, length), 0, true) !== undefined) return true;
  }
  return false;
}

/** PATINDEX: the 1-based place of the first match, 0 when there is none. */
export function patternIndex(pattern: string, text: string, order: TextOrder): number {
  const leading = pattern.startsWith('%');
  const trailing = pattern.endsWith('%') && pattern.length > 1;
  const parts = patternParts(pattern.slice(leading ? 1 : 0, trailing ? -1 : undefined), undefined, order);
  const letters = folded(text, order).split('');
  for (let start = 0; start <= (leading ? letters.length : 0); start++) {
    if (matchesFrom(parts, letters, start, !trailing) !== undefined) return start + 1;
  }
  return 0;
}
