// The playing field in one picture: detection/stages/field_segmentation.py, step by step.
"use strict";

const DEG_PER_STEP = 2;
// hanning(9), with which the counts of hues are smoothed.
const WINDOW = Array.from({ length: 9 }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 8));

const Field = {
  // The hull in pixels of the picture, the hull's share of it, and the mask as it is kept: {width, height, data}. A
  // picture without a field has an empty hull and no mask.
  find(rgb, config) {
    const small = Pictures.shrunk(rgb, config.working_width_px);
    const coloured = Field.grass(small, config);
    const mask = Field.cleaned(coloured, config.gap_px);
    coloured.delete();
    const hull = Field.hull(mask);
    const pixels = mask.cols * mask.rows;
    const area = hull.length >= 3 ? Field.area(hull) : 0;
    const share = area / pixels;
    const none = hull.length < 3 || share < config.min_share || cv.countNonZero(mask) < config.min_fill * area;
    const acrossX = rgb.cols / small.cols;
    const acrossY = rgb.rows / small.rows;
    const found = none
      ? { share: 0, hull: [], mask: null }
      : {
          share: Numbers.digits(Math.min(share, 1), 4),
          hull: hull.map(([x, y]) => [Numbers.digits((x + 0.5) * acrossX, 1), Numbers.digits((y + 0.5) * acrossY, 1)]),
          mask: Field.kept(mask, config.mask_width_px),
        };
    small.delete();
    mask.delete();
    return found;
  },

  // 255 where the picture has the colour of the field.
  grass(rgb, config) {
    const hsv = new cv.Mat();
    cv.cvtColor(rgb, hsv, cv.COLOR_RGB2HSV);
    const values = hsv.data;
    const count = hsv.rows * hsv.cols;
    const [low, high] = [config.hue_low_deg / DEG_PER_STEP, config.hue_high_deg / DEG_PER_STEP];
    const [saturation, brightness] = [config.min_saturation * 255, config.min_brightness * 255];
    const counts = new Float64Array(181);
    const candidates = new Uint8Array(count);
    for (let i = 0, at = 0; i < count; i += 1, at += 3) {
      const hue = values[at];
      if (values[at + 1] < saturation || values[at + 2] < brightness || hue < low || hue > high) continue;
      candidates[i] = 1;
      counts[hue] += 1;
    }
    const mask = cv.Mat.zeros(hsv.rows, hsv.cols, cv.CV_8UC1);
    const dominant = Field.dominant(counts);
    const spread = config.hue_spread_deg / DEG_PER_STEP;
    const out = mask.data;
    if (dominant >= 0) for (let i = 0; i < count; i += 1) if (candidates[i] && Math.abs(values[3 * i] - dominant) <= spread) out[i] = 255;
    hsv.delete();
    return mask;
  },

  // The most common hue; -1 when there is none.
  dominant(counts) {
    if (!counts.some((count) => count)) return -1;
    let best = 0;
    let most = -1;
    for (let hue = 0; hue < counts.length; hue += 1) {
      let sum = 0;
      for (let n = 0; n < 9; n += 1) sum += (counts[hue + n - 4] ?? 0) * WINDOW[n];
      if (sum > most + 1e-9) [best, most] = [hue, sum];
    }
    return best;
  },

  // Without specks and gaps: the largest connected piece and all that have at least a tenth of its size.
  cleaned(coloured, gapPx) {
    const mask = coloured.clone();
    if (gapPx) {
      for (const [step, radius] of [[cv.MORPH_OPEN, Math.max(1, Math.floor(gapPx / 3))], [cv.MORPH_CLOSE, gapPx]]) {
        const disc = cv.getStructuringElement(cv.MORPH_ELLIPSE, new cv.Size(2 * radius + 1, 2 * radius + 1));
        cv.morphologyEx(mask, mask, step, disc);
        disc.delete();
      }
    }
    const [pieces, stats, centroids] = [new cv.Mat(), new cv.Mat(), new cv.Mat()];
    const count = cv.connectedComponentsWithStats(mask, pieces, stats, centroids, 8, cv.CV_32S);
    const areas = Array.from({ length: count }, (_, piece) => stats.intAt(piece, cv.CC_STAT_AREA));
    const largest = Math.max(0, ...areas.slice(1));
    const out = mask.data;
    const names = pieces.data32S;
    for (let i = 0; i < out.length; i += 1) out[i] = names[i] > 0 && areas[names[i]] * 10 >= largest ? 255 : 0;
    for (const mat of [pieces, stats, centroids]) mat.delete();
    return mask;
  },

  // The convex hull of what a mask covers, from each row's ends, which no other point of it lies beyond.
  hull(mask) {
    const ends = [];
    for (let y = 0; y < mask.rows; y += 1) {
      const row = mask.data.subarray(y * mask.cols, (y + 1) * mask.cols);
      const first = row.indexOf(255);
      if (first < 0) continue;
      ends.push(first, y, row.lastIndexOf(255), y);
    }
    if (!ends.length) return [];
    const [points, hull] = [cv.matFromArray(ends.length / 2, 1, cv.CV_32SC2, ends), new cv.Mat()];
    cv.convexHull(points, hull);
    const found = Array.from({ length: hull.rows }, (_, i) => [hull.data32S[2 * i], hull.data32S[2 * i + 1]]);
    points.delete();
    hull.delete();
    return found;
  },

  area(points) {
    let twice = 0;
    for (let i = 0; i < points.length; i += 1) {
      const [a, b] = [points[i], points[(i + 1) % points.length]];
      twice += a[0] * b[1] - b[0] * a[1];
    }
    return Math.abs(twice) / 2;
  },

  // At most so wide, as it is stored.
  kept(mask, widthPx) {
    const small = new cv.Mat();
    if (mask.cols > widthPx) {
      const height = Math.max(1, Numbers.round((mask.rows * widthPx) / mask.cols));
      cv.resize(mask, small, new cv.Size(widthPx, height), 0, 0, cv.INTER_NEAREST);
    } else mask.copyTo(small);
    const kept = { width: small.cols, height: small.rows, data: new Uint8Array(small.data) };
    small.delete();
    return kept;
  },
};
self.Field = Field;
