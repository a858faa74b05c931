// Moments of the video as people read them: h:mm:ss.mmm, or without what is smaller than a second.
export const clock = (time_s, withMs = true) => {
  const whole_ms = Math.max(0, Math.round(time_s * 1000));
  const two = (number) => String(number).padStart(2, "0");
  const seconds = Math.floor(whole_ms / 1000);
  const text = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return withMs ? `${text}.${String(whole_ms % 1000).padStart(3, "0")}` : text;
};
