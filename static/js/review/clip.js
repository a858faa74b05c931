// The moment of a finding as a clip that plays again and again, with outlines over it.
import { ask } from "../server.js";
import { Boxes } from "../boxes.js";
import { Player } from "../player.js";
import { clock } from "./words.js";

const BESIDE_S = 0.6;
const LEAST_S = 1.6;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Clip {
  #player;
  #boxes = null;
  #job = "";
  #asked = new Map();
  #wanted = null;
  #play = document.getElementById("clip-play");
  #none = document.getElementById("clip-none");
  #part = document.getElementById("clip-part");

  // `onframe` is called with the time of every frame that is shown.
  constructor(onframe) {
    const video = document.getElementById("clip");
    this.#player = new Player(video, []);
    video.muted = true;
    const time = document.getElementById("clip-time");
    this.#player.onframe((time_s) => {
      time.textContent = clock(time_s);
      onframe(time_s);
    });
    this.#player.onstate(({ paused, trouble }) => {
      this.#play.firstChild.textContent = paused ? "Play " : "Pause ";
      if (trouble) this.#lacks(trouble);
    });
    this.#play.addEventListener("click", () => this.toggle());
  }

  get time_s() {
    return this.#part.hidden ? null : this.#player.time_s;
  }

  get has() {
    return !this.#part.hidden;
  }

  toggle() {
    if (this.has) this.#player.toggle();
  }

  seek(time_s) {
    if (this.has) this.#player.seek(time_s);
  }

  // Shows the moment of a finding between two times.
  async show(finding, ends) {
    const wanted = { job: finding.job, key: finding.key };
    this.#wanted = wanted;
    let found;
    try {
      found = await this.clipsOf(finding.job);
    } catch (error) {
      if (this.#wanted === wanted) this.#lacks(error.message);
      return;
    }
    if (this.#wanted !== wanted) return;
    if (!found.clips.length) {
      this.#lacks(found.sentence || "There is no video to play; the evidence frame is kept.");
      return;
    }
    this.#part.hidden = false;
    this.#none.hidden = true;
    if (this.#job !== finding.job) {
      this.#job = finding.job;
      this.#player.clips = found.clips;
      this.#outlines(finding.job);
    }
    const short_s = Math.max(0, LEAST_S - (ends[1] - ends[0])) / 2;
    const from_s = Math.max(0, ends[0] - Math.max(BESIDE_S, short_s));
    const to_s = Math.min(this.#player.duration_s, ends[1] + Math.max(BESIDE_S, short_s));
    this.#player.seek(from_s);
    this.#player.loop(from_s, to_s);
    if (still.matches) this.#player.pause();
    else this.#player.play();
  }

  pause() {
    this.#player.pause();
  }

  clipsOf(job) {
    if (!this.#asked.has(job)) {
      const asked = ask(`/api/detect/jobs/${job}/review/clips`);
      asked.catch(() => this.#asked.delete(job));
      this.#asked.set(job, asked);
    }
    return this.#asked.get(job);
  }

  #outlines(job) {
    const address = `/jobs/${job}/boxes`;
    if (this.#boxes) {
      this.#boxes.address = address;
      this.#boxes.windows.clear();
      return;
    }
    this.#boxes = new Boxes(document.getElementById("clip-boxes"), this.#player, address, { media: document.getElementById("clip") });
    this.#boxes.obey(document.getElementById("clip-outlines"));
  }

  #lacks(words) {
    const played = this.has;
    this.#part.hidden = true;
    this.#none.hidden = false;
    this.#none.textContent = words;
    // The player tells its state when it is paused, and with it what troubles it.
    if (played) this.#player.pause();
  }
}
