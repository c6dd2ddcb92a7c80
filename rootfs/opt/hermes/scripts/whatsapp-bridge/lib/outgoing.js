// What Baileys is asked to send for each request. Pure.
import { basename, extname } from 'node:path';

const TYPES = {
  '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png', '.webp': 'image/webp', '.gif': 'image/gif',
  '.mp4': 'video/mp4', '.mov': 'video/quicktime', '.webm': 'video/webm', '.mkv': 'video/x-matroska',
  '.avi': 'video/x-msvideo', '.3gp': 'video/3gpp',
  '.ogg': 'audio/ogg; codecs=opus', '.opus': 'audio/ogg; codecs=opus', '.mp3': 'audio/mpeg', '.m4a': 'audio/mp4',
  '.wav': 'audio/wav', '.flac': 'audio/flac', '.aac': 'audio/aac',
  '.pdf': 'application/pdf', '.txt': 'text/plain', '.md': 'text/markdown', '.csv': 'text/csv', '.html': 'text/html',
  '.json': 'application/json', '.xml': 'application/xml', '.zip': 'application/zip',
  '.doc': 'application/msword', '.xls': 'application/vnd.ms-excel', '.ppt': 'application/vnd.ms-powerpoint',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
};
const FALLBACK = { image: 'image/jpeg', video: 'video/mp4', audio: 'audio/mpeg', document: 'application/octet-stream' };

// linkPreview null keeps Baileys from fetching the addresses in a text.
export const textContent = (prefix, message) => ({ text: prefix + message, linkPreview: null });

export function editContent(prefix, { chatId, messageId, message }) {
  return { ...textContent(prefix, message), edit: { remoteJid: chatId, id: messageId, fromMe: true } };
}

// mediaContent hands the path over as { url }: Baileys reads an absolute path as a file.
export function mediaContent({ filePath, mediaType, caption, fileName }) {
  const type = TYPES[extname(filePath).toLowerCase()] ?? '';
  const fits = mediaType === 'document' || type.startsWith(`${mediaType}/`);
  const mimetype = (fits && type) || FALLBACK[mediaType];
  const content = { [mediaType]: { url: filePath }, mimetype };
  if (mediaType === 'audio') return { ...content, ptt: mimetype.startsWith('audio/ogg') };
  if (mediaType === 'document') content.fileName = fileName || basename(filePath);
  return caption ? { ...content, caption } : content;
}

export function pollContent({ question, options, selectableCount = 1 }) {
  return { poll: { name: question, values: options, selectableCount } };
}

export function locationContent({ latitude, longitude, name, address }) {
  return { location: { degreesLatitude: latitude, degreesLongitude: longitude, name, address } };
}
