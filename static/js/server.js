// Asking our server from a script: with the page's CSRF token, an answer as JSON, and an error with the server's sentence.
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export class ServerError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const sentence = async (answer) => {
  try {
    const told = await answer.json();
    return told.error?.message ?? "";
  } catch {
    return "";
  }
};

// `body` is sent as JSON unless it is a form, a blob or text. Raises ServerError; status 0 means that nobody answered.
export const ask = async (address, { method = "GET", body, headers = {}, signal } = {}) => {
  const raw = body === undefined || body instanceof FormData || body instanceof Blob || typeof body === "string";
  const sent = { Accept: "application/json", ...headers };
  if (method !== "GET") sent["X-CSRFToken"] = token();
  if (!raw) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, { method, headers: sent, body: raw ? body : JSON.stringify(body), signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError("The server does not answer; what you did here is kept in this page, try again.", 0);
  }
  if (!answer.ok) throw new ServerError((await sentence(answer)) || `The server refused this (${answer.status}).`, answer.status);
  return answer.status === 204 ? null : answer.json();
};
