// Log lines on standard error, which the agent appends to bridge.log. They name events, never message texts or keys.

export function makeLog(write = (line) => process.stderr.write(line)) {
  const at = (level) => (text) => write(`${new Date().toISOString()} ${level} ${text}\n`);
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

// quietLogger has the shape Baileys wants. Its detail objects may hold key material, so only the text of warnings
// and errors passes.
export function quietLogger(log) {
  const text = (detail, message) => String(message ?? (typeof detail === 'string' ? detail : 'no text'));
  const drop = () => {};
  const logger = {
    level: 'warn',
    trace: drop,
    debug: drop,
    info: drop,
    warn: (...args) => log.warn(`whatsapp: ${text(...args)}`),
    error: (...args) => log.error(`whatsapp: ${text(...args)}`),
    child: () => logger,
  };
  return logger;
}
