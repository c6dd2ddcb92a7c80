// Votes in polls of ours. A vote comes encrypted under a secret of the poll and names its options by hash only, so
// the poll must be at hand: votes in polls sent before this process started cannot be read. Pure, given decrypt.
import { createHash } from 'node:crypto';
import { bare } from './ids.js';

// readVote gives the names of the chosen options, [] for a vote taken back, or null if it cannot be read.
// decrypt(vote, context) gives { selectedOptions } or throws; WhatsApp does not say which of the two ids of creator
// and voter went into the key, so all are tried: decryption succeeds for the right one only.
export function readVote({ update, key, poll, self, decrypt }) {
  const secret = poll?.message?.messageContextInfo?.messageSecret;
  if (!secret || !update.vote) return null;
  const voters = unique([key.participant, key.participantAlt, key.remoteJid, key.remoteJidAlt, ...(key.fromMe ? [self.phone, self.hidden] : [])]);
  for (const creator of unique([self.phone, self.hidden])) {
    for (const voter of voters) {
      const vote = attempt(() => decrypt(update.vote, {
        pollCreatorJid: creator,
        pollMsgId: update.pollCreationMessageKey.id,
        pollEncKey: secret,
        voterJid: voter,
      }));
      if (vote) return namesOf(vote.selectedOptions ?? [], optionsOf(poll.message));
    }
  }
  return null;
}

export function questionOf(message) {
  return pollOf(message).name ?? '';
}

const optionsOf = (message) => (pollOf(message).options ?? []).map(({ optionName }) => optionName);

const pollOf = (message) =>
  message.pollCreationMessage ?? message.pollCreationMessageV2 ?? message.pollCreationMessageV3 ?? {};

function namesOf(hashes, options) {
  const byHash = new Map(options.map((name) => [createHash('sha256').update(name).digest('hex'), name]));
  return hashes.map((hash) => byHash.get(Buffer.from(hash).toString('hex'))).filter((name) => name !== undefined);
}

const unique = (ids) => [...new Set(ids.map(bare).filter(Boolean))];

function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}
