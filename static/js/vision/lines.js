// Straight segments: detection/lines.py, step by step. A segment is {ends: [[x, y], [x, y]], length, angle}.
"use strict";

const SAME_ANGLE_DEG = 1.5;
const SAME_OFFSET_PX = 2.5;

const Lines = {
  between(a, b) {
    const [start, end] = [a, b].sort(Numbers.order);
    return {
      ends: [start, end],
      length: Numbers.distance(start, end),
      angle: (Math.atan2(end[1] - start[1], end[0] - start[0]) * 180) / Math.PI,
    };
  },
  along({ ends: [[x0, y0], [x1, y1]], length }, [x, y]) {
    return ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length;
  },
  aside({ ends: [[x0, y0], [x1, y1]], length }, [x, y]) {
    return ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length;
  },
  at({ ends: [[x0, y0], [x1, y1]], length }, along) {
    const share = along / length;
    return [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
  },
  longestFirst(a, b) {
    return b.length - a.length || Numbers.order(a.ends, b.ends);
  },

  // Those on one line joined, the longest first, until nothing joins any more.
  merged(segments, maxGapPx) {
    let lines = segments.filter((segment) => segment.length > 0).sort(Lines.longestFirst);
    for (;;) {
      const joined = Lines.joinOnce(lines, maxGapPx);
      if (joined.length === lines.length) return joined;
      lines = joined.sort(Lines.longestFirst);
    }
  },
  joinOnce(lines, maxGapPx) {
    const kept = [];
    for (const line of lines) {
      const place = kept.findIndex((other) => Lines.continues(other, line, maxGapPx));
      if (place < 0) kept.push(line);
      else kept[place] = Lines.joined(kept[place], line);
    }
    return kept;
  },
  continues(line, other, maxGapPx) {
    const turn = Math.abs(line.angle - other.angle);
    if (Math.min(turn, 180 - turn) > SAME_ANGLE_DEG) return false;
    if (Math.max(...other.ends.map((end) => Math.abs(Lines.aside(line, end)))) > SAME_OFFSET_PX) return false;
    const [start, end] = other.ends.map((point) => Lines.along(line, point)).sort((a, b) => a - b);
    return start <= line.length + maxGapPx && end >= -maxGapPx;
  },
  joined(line, other) {
    const reaches = [0, line.length, ...other.ends.map((point) => Lines.along(line, point))];
    return Lines.between(Lines.at(line, Math.min(...reaches)), Lines.at(line, Math.max(...reaches)));
  },

  // Quads between near-parallel lines as far apart as a board is high: [[quad, score], …], best first.
  boards(lines, { minHeightPx, maxHeightPx, maxAngleDeg, minLengthPx, frameWidthPx }) {
    const flat = lines.filter((line) => Math.abs(line.angle) <= 45);
    const found = [];
    for (let i = 0; i < flat.length; i += 1) {
      for (const second of flat.slice(i + 1)) {
        if (Math.abs(flat[i].angle - second.angle) > maxAngleDeg) continue;
        const pair = Lines.facing(flat[i], second, minLengthPx);
        if (!pair) continue;
        const [quad, share] = pair;
        const height = (Numbers.distance(quad[0], quad[3]) + Numbers.distance(quad[1], quad[2])) / 2;
        if (height < minHeightPx || height > maxHeightPx) continue;
        const length = Numbers.distance(quad[0], quad[1]);
        found.push([quad, Numbers.digits(share * Math.sqrt(Math.min(1, length / frameWidthPx)), 4)]);
      }
    }
    return found.sort(Lines.bestFirst);
  },
  bestFirst(a, b) {
    return b[1] - a[1] || Numbers.order(a[0], b[0]);
  },
  facing(first, second, minLengthPx) {
    const middle = (line) => line.ends[0][1] + line.ends[1][1];
    const [upper, lower] = [first, second].sort((a, b) => middle(a) - middle(b) || Numbers.order(a.ends, b.ends));
    const left = Math.max(upper.ends[0][0], lower.ends[0][0]);
    const right = Math.min(upper.ends[1][0], lower.ends[1][0]);
    if (right - left < minLengthPx * Math.cos((upper.angle * Math.PI) / 180)) return null;
    const quad = [Lines.atX(upper, left), Lines.atX(upper, right), Lines.atX(lower, right), Lines.atX(lower, left)];
    if (quad[0][1] >= quad[3][1] || quad[1][1] >= quad[2][1]) return null;
    const whole = Math.max(upper.ends[1][0], lower.ends[1][0]) - Math.min(upper.ends[0][0], lower.ends[0][0]);
    return [quad, (right - left) / whole];
  },
  atX({ ends: [[x0, y0], [x1, y1]] }, x) {
    return [x, y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)];
  },
};
self.Lines = Lines;
