// Playing as in an editor: forwards by the player, backwards by stepping through time, each press faster.
const SPEEDS = [-8, -4, -2, -1, 0, 1, 2, 4];
const STEP_MS = 125;

export class Shuttle {
  #player;
  #timer = 0;
  #speed = 0;

  constructor(player) {
    this.#player = player;
    player.onstate(({ paused }) => {
      if (paused && this.#speed > 0) this.#speed = 0;
    });
  }

  toggle() {
    if (this.#timer || !this.#player.paused) this.stop();
    else this.#set(1);
  }

  faster() {
    this.#set(SPEEDS[Math.min(SPEEDS.length - 1, this.#place() + 1)]);
  }

  slower() {
    this.#set(SPEEDS[Math.max(0, this.#place() - 1)]);
  }

  stop() {
    this.#set(0);
  }

  #place() {
    const now = this.#player.paused && this.#speed > 0 ? 0 : this.#player.paused ? this.#speed : Math.max(1, this.#player.rate);
    const place = SPEEDS.findIndex((speed) => speed >= now);
    return place < 0 ? SPEEDS.length - 1 : place;
  }

  #set(speed) {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#speed = speed;
    if (speed > 0) {
      this.#player.rate = speed;
      this.#player.play();
      return;
    }
    this.#player.pause();
    this.#player.rate = 1;
    if (speed === 0) return;
    this.#timer = setInterval(() => {
      const next_s = this.#player.time_s + (speed * STEP_MS) / 1000;
      this.#player.seek(Math.max(0, next_s));
      if (next_s <= 0) this.stop();
    }, STEP_MS);
  }
}
