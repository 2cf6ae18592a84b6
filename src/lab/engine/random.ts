/** A stream of pseudo-random values: same seed, same values. */
export interface Random {
  /** 0 ≤ value < 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  bytes(count: number): Uint8Array;
  /** A version 4 UUID in upper case. */
  uuid(): string;
  /** A password that satisfies the usual Windows policy. */
  password(): string;
}

/** mulberry32: small, quick, good enough for timing jitter and made-up identifiers; not for real secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => between(0, 255));
  const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789';
  return {
    next,
    between,
    bytes,
    uuid() {
      const raw = bytes(16);
      raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40;
      raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
      const hex = Array.from(raw, byte => byte.toString(16).padStart(2, '0'))
        .join('')
        .toUpperCase();
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
    password: () => `Pr-${Array.from({ length: 18 }, () => alphabet[between(0, alphabet.length - 1)]).join('')}-7`,
  };
}
