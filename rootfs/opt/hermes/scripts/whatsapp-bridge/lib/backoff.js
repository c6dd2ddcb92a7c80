// How long to wait before the next attempt to connect. Pure.
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

// attempt counts from 0; random is in [0, 1) and takes up to half of the wait away, so that many bridges that lost
// the network together do not return together.
export function backoff(attempt, random) {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return Math.round(full * (1 - random / 2));
}
