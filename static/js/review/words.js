// Numbers and findings in words, and names for what is sent.
export const clock = (seconds, digits = 3) => {
  const whole_ms = Math.max(0, Math.round(seconds * 1000));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole_ms / 60000);
  const text = `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(Math.floor((whole_ms % 60000) / 1000))}`;
  return digits ? `${text}.${String(whole_ms % 1000).padStart(3, "0")}` : text;
};

export const percent = (share) => `${Math.round(share * 100)} %`;

export const title = (finding) => {
  if (finding.kind === "question") return finding.brand ? `${finding.brand}?` : `“${finding.text}”?`;
  return finding.sure ? finding.brand : `${finding.brand}?`;
};

export const STATES = { unreviewed: "not reviewed", accepted: "accepted", rejected: "rejected", renamed: "another brand" };

export const ago = (iso) => {
  const minutes = Math.round((Date.now() - new Date(iso).getTime()) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 24 ? `${hours} h ago` : new Date(iso).toLocaleDateString();
};

export const element = (name, given = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (key === "class") made.className = value;
    else if (key === "text") made.textContent = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
};

// Only pages that come over HTTPS or from this machine have crypto.randomUUID.
export const uuid = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};
