// Plays clips that lie one behind the other in time, and tells the time of the picture that is really shown.
//
// A clip is {address, start_s, duration_s, media_start_s, fps}: it plays during [start_s, start_s + duration_s) of the
// timeline, from media_start_s on of the file at its address. All times here are the timeline's, in seconds.
const CLOSE_S = 1e-4;
const RELOAD_APART_MS = 5000;

const rounded = (time_s) => Math.round(time_s * 1e6) / 1e6;

export class Player {
  #video;
  #clips = [];
  #at = -1;
  #shown_s = 0;
  #wanted_s = null;
  #next_s = null;
  #seeking = false;
  #loading = false;
  #playing = false;
  #loop = null;
  #reloaded = 0;
  #stepped = false;
  #trouble = "";
  #frames = new Set();
  #states = new Set();

  constructor(video, clips = []) {
    this.#video = video;
    video.addEventListener("loadedmetadata", () => this.#loaded());
    video.addEventListener("seeked", () => this.#arrived());
    video.addEventListener("ended", () => this.#over());
    video.addEventListener("error", () => this.#failed());
    video.addEventListener("play", () => this.#tell());
    video.addEventListener("pause", () => this.#tell());
    this.#watch();
    this.clips = clips;
  }

  get clips() {
    return this.#clips;
  }

  // More clips may become playable while one plays; it goes on undisturbed.
  set clips(clips) {
    const before = this.#clip;
    this.#clips = [...clips].sort((one, other) => one.start_s - other.start_s);
    this.#at = before ? this.#clips.findIndex((clip) => clip.address === before.address && clip.start_s === before.start_s) : -1;
    if (this.#at < 0 && this.#clips.length) this.seek(this.#wanted_s ?? this.#shown_s);
    this.#tell();
  }

  get video() {
    return this.#video;
  }

  get duration_s() {
    const last = this.#clips.at(-1);
    return last ? last.start_s + last.duration_s : 0;
  }

  // Where it is going, else the time of the frame that is shown.
  get time_s() {
    return this.#next_s ?? this.#wanted_s ?? this.#shown_s;
  }

  get frame_s() {
    return 1 / (this.#clip?.fps || 25);
  }

  get paused() {
    return !this.#playing;
  }

  get rate() {
    return this.#video.playbackRate;
  }

  set rate(rate) {
    this.#video.defaultPlaybackRate = rate;
    this.#video.playbackRate = rate;
    this.#tell();
  }

  seek(time_s) {
    if (!this.#clips.length) return;
    const last = this.#clips.at(-1);
    this.#stepped = false;
    const clamped = Math.min(Math.max(0, time_s), last.start_s + last.duration_s - this.frame_s / 2);
    // One seek at a time: while a person drags, only the last place counts.
    if (this.#seeking || this.#loading) {
      this.#next_s = clamped;
      return;
    }
    this.#go(clamped);
  }

  play() {
    if (!this.#clips.length) return Promise.resolve();
    if (this.time_s >= this.duration_s - 1.5 * this.frame_s) this.seek(this.#loop ? this.#loop.start_s : 0);
    this.#playing = true;
    this.#tell();
    return this.#start();
  }

  pause() {
    this.#playing = false;
    this.#video.pause();
    this.#tell();
  }

  toggle() {
    return this.#playing ? this.pause() : this.play();
  }

  // By whole frames, forward or with a negative number back. It aims into the frame, not at its edge, and counts on from
  // there while that step is under way.
  step(frames) {
    this.pause();
    const into_s = this.frame_s / 4;
    const under_way = this.#stepped && (this.#next_s !== null || this.#seeking);
    const from_s = under_way ? this.time_s - into_s : this.time_s;
    this.seek(Math.max(0, from_s + frames * this.frame_s + into_s));
    this.#stepped = true;
  }

  // Plays [start_s, end_s) again and again until loop() without times, or a seek out of it.
  loop(start_s, end_s) {
    this.#loop = end_s > start_s ? { start_s, end_s } : null;
    if (this.#loop && (this.time_s < start_s || this.time_s >= end_s)) this.seek(start_s);
  }

  // Calls back with the time of every frame that is shown; returns a function that ends it.
  onframe(callback) {
    this.#frames.add(callback);
    return () => this.#frames.delete(callback);
  }

  // Calls back with {paused, rate, trouble} when one of them changes; returns a function that ends it.
  onstate(callback) {
    this.#states.add(callback);
    return () => this.#states.delete(callback);
  }

  get #clip() {
    return this.#clips[this.#at];
  }

  #place(time_s) {
    for (let place = this.#clips.length - 1; place >= 0; place -= 1) {
      if (this.#clips[place].start_s <= time_s + CLOSE_S) return place;
    }
    return 0;
  }

  #go(time_s) {
    let place = this.#place(time_s);
    let clip = this.#clips[place];
    let at_s = Math.max(time_s, clip.start_s);
    // What is not there yet is passed over.
    if (at_s >= clip.start_s + clip.duration_s - CLOSE_S && this.#clips[place + 1]) {
      place += 1;
      clip = this.#clips[place];
      at_s = clip.start_s;
    }
    const other = this.#clip?.address !== clip.address || !this.#video.currentSrc;
    this.#at = place;
    this.#wanted_s = at_s;
    if (this.#loop && (at_s < this.#loop.start_s - CLOSE_S || at_s > this.#loop.end_s)) this.#loop = null;
    if (other) {
      this.#loading = true;
      this.#video.src = clip.address;
      this.#video.load();
    } else {
      this.#aim();
    }
  }

  // A little behind a frame's time, so that rounding does not show the one before it.
  #aim() {
    const clip = this.#clip;
    const nudge_s = Math.min(0.001, 0.25 / (clip.fps || 25));
    this.#seeking = true;
    this.#video.currentTime = clip.media_start_s + (this.#wanted_s - clip.start_s) + nudge_s;
  }

  #loaded() {
    this.#loading = false;
    if (this.#trouble) this.#tell("");
    if (this.#wanted_s !== null && !this.#seeking) this.#aim();
  }

  #arrived() {
    this.#seeking = false;
    if (this.#next_s !== null) {
      const next = this.#next_s;
      this.#next_s = null;
      this.#go(next);
      return;
    }
    if (!("requestVideoFrameCallback" in this.#video)) this.#show(this.#video.currentTime);
    if (this.#playing) this.#start();
  }

  async #start() {
    if (this.#loading || this.#seeking) return;
    try {
      await this.#video.play();
    } catch (error) {
      // Another seek or pause came first, which is no trouble.
      if (error.name === "AbortError") return;
      this.#playing = false;
      this.#tell(error.name === "NotAllowedError" ? "This browser plays only after a click; press Play." : "");
    }
  }

  #watch() {
    const video = this.#video;
    if ("requestVideoFrameCallback" in video) {
      const next = (now, frame) => {
        this.#show(frame.mediaTime);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
      return;
    }
    const look = () => {
      if (this.#playing && !this.#seeking && !this.#loading) this.#show(video.currentTime);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  #show(media_s) {
    const clip = this.#clip;
    if (!clip || this.#loading) return;
    const time_s = rounded(clip.start_s + media_s - clip.media_start_s);
    // A frame of where it was before a seek.
    if (this.#seeking && this.#wanted_s !== null && Math.abs(time_s - this.#wanted_s) > 2 * this.frame_s) return;
    const half_s = this.frame_s / 2;
    if (this.#playing && this.#loop && time_s >= this.#loop.end_s - half_s) {
      this.seek(this.#loop.start_s);
      return;
    }
    if (this.#playing && !this.#seeking && time_s > clip.start_s + clip.duration_s - half_s) {
      this.#over();
      return;
    }
    if (!this.#seeking) this.#wanted_s = null;
    this.#shown_s = Math.max(0, time_s);
    if (this.#wanted_s !== null && this.#next_s === null) this.#wanted_s = this.#shown_s;
    for (const callback of this.#frames) callback(this.#shown_s);
  }

  // The clip is at its end.
  #over() {
    const clip = this.#clip;
    const next = this.#clips[this.#at + 1];
    if (!clip || this.#loading || this.#seeking) return;
    if (this.#loop && this.#playing) {
      this.seek(this.#loop.start_s);
    } else if (!next) {
      this.#playing = false;
      this.#video.pause();
      this.#tell();
    } else {
      this.#go(next.start_s);
    }
  }

  // An address that was signed for a while is asked for anew; what fails twice is told.
  #failed() {
    const clip = this.#clip;
    this.#seeking = false;
    if (clip && Date.now() - this.#reloaded > RELOAD_APART_MS) {
      this.#reloaded = Date.now();
      this.#wanted_s = this.time_s;
      this.#loading = true;
      this.#video.src = clip.address;
      this.#video.load();
      return;
    }
    this.#loading = false;
    this.#playing = false;
    this.#tell("The video cannot be played here; the connection broke off, or this browser lacks its codec. Reload to try again.");
  }

  #tell(trouble = this.#trouble) {
    this.#trouble = trouble;
    for (const callback of this.#states) callback({ paused: !this.#playing, rate: this.rate, trouble });
  }
}
