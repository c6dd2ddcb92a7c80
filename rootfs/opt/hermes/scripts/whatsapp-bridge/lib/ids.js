// WhatsApp identifiers. One account has a phone form (123@s.whatsapp.net) and a hidden form (456@lid); either may
// carry a :device before the @, which addresses one linked device and never leaves this program (BRG-04). Pure.
import { randomBytes } from 'node:crypto';

const ADDRESS = /^[\w.+-]+@(s\.whatsapp\.net|lid|g\.us|newsletter)$/;

// bare drops the :device and spells the old c.us server in its present form. Anything that is no id becomes ''.
export function bare(jid) {
  const [user, server] = String(jid ?? '').trim().split('@');
  if (!user || !server) return '';
  return `${user.split(':')[0]}@${server === 'c.us' ? 's.whatsapp.net' : server}`;
}

export const userOf = (jid) => bare(jid).split('@')[0];
export const isGroup = (jid) => bare(jid).endsWith('@g.us');
export const isHidden = (jid) => bare(jid).endsWith('@lid');
export const isBroadcast = (jid) => /@(broadcast|newsletter)$/.test(bare(jid));

// isAddress reports whether a message can be sent there.
export const isAddress = (jid) => ADDRESS.test(jid);

// visible prefers the phone form of an account that WhatsApp named in one or two forms.
export function visible(jid, alternative) {
  const [first, second] = [bare(jid), bare(alternative)];
  return isHidden(first) && second && !isHidden(second) ? second : first;
}

// newMessageId makes an id of the shape WhatsApp Web uses. Ours are chosen before sending, so that an echo which
// overtakes the answer is still recognised.
export const newMessageId = () => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
