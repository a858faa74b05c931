// Long straight edges and the places of boards in one picture: detection/stages/detect_edges.py, step by step.
"use strict";

const PIECE_PX = 24;
const ASIDE_PX = 2;
const SAME_BOARD = 0.4;

const Edges = {
  // Lines and hints in pixels of the picture, and where Canny found edges at working width. `hull` is the field's, in
  // pixels of the picture, or empty.
  find(rgb, hull, config) {
    const small = Pictures.shrunk(rgb, config.working_width_px);
    const grey = new cv.Mat();
    cv.cvtColor(small, grey, cv.COLOR_RGB2GRAY);
    const { cols: width, rows: height } = grey;
    const [toX, toY] = [rgb.cols / width, rgb.rows / height];
    const around = hull.length ? hull.map(([x, y]) => [Math.fround(x / toX), Math.fround(y / toY)]) : null;
    const edges = Edges.pixels(grey, around, config);
    const longPx = config.min_length_share * width;
    const segments = Edges.segments(edges, config, longPx / 2).filter(
      (segment) => Edges.steadiness(grey, segment) >= config.min_steadiness,
    );
    const lines = Lines.merged(segments, 3 * config.max_gap_px)
      .filter((line) => line.length >= longPx)
      .sort(Lines.longestFirst)
      .slice(0, config.max_lines);
    let boards = Lines.boards(lines, {
      minHeightPx: config.board_min_share * height,
      maxHeightPx: config.board_max_share * height,
      maxAngleDeg: config.max_angle_deg,
      minLengthPx: longPx,
      frameWidthPx: width,
    });
    if (around) boards = boards.map(([quad, score]) => [quad, Numbers.digits(score * Edges.beside(quad, around), 4)]);
    const hints = Edges.apart(boards.sort(Lines.bestFirst)).slice(0, config.max_hints);
    const toFrame = ([x, y]) => [Numbers.digits(x * toX, 1), Numbers.digits(y * toY, 1)];
    const found = {
      lines: lines.map((line) => line.ends.map(toFrame)),
      hints: hints.map(([quad, score]) => ({ quad: quad.map(toFrame), score })),
      edges: { width, height, data: new Uint8Array(edges.data) },
    };
    for (const mat of [small, grey, edges]) mat.delete();
    return found;
  },

  pixels(grey, hull, config) {
    const edges = new cv.Mat();
    cv.Canny(grey, edges, config.canny_low, config.canny_high, 3, false);
    if (!hull) return edges;
    const near = Edges.around(hull, grey.cols, grey.rows, config.around_field_share);
    for (let i = 0; i < edges.data.length; i += 1) edges.data[i] &= near.data[i];
    near.delete();
    return edges;
  },

  // 255 within the hull and around it.
  around(hull, width, height, share) {
    const mask = cv.Mat.zeros(height, width, cv.CV_8UC1);
    const corners = hull.flat().map(Numbers.round);
    const polygon = cv.matFromArray(hull.length, 1, cv.CV_32SC2, corners);
    cv.fillConvexPoly(mask, polygon, new cv.Scalar(255));
    polygon.delete();
    const reach = Numbers.round(share * height);
    if (!reach) return mask;
    const [wide, spread] = [new cv.Mat(), new cv.Mat()];
    mask.convertTo(wide, cv.CV_32F);
    cv.blur(wide, spread, new cv.Size(2 * reach + 1, 2 * reach + 1));
    for (let i = 0; i < mask.data.length; i += 1) mask.data[i] = spread.data32F[i] > 0 ? 255 : 0;
    wide.delete();
    spread.delete();
    return mask;
  },

  segments(edges, config, minLengthPx) {
    const found = new cv.Mat();
    cv.HoughLinesP(edges, found, 1, Math.PI / 360, config.votes, minLengthPx, config.max_gap_px);
    const values = found.data32S;
    const segments = Array.from({ length: found.rows }, (_, i) =>
      Lines.between([values[4 * i], values[4 * i + 1]], [values[4 * i + 2], values[4 * i + 3]]),
    );
    found.delete();
    return segments;
  },

  // How steadily the brightness changes in one direction across a line, 0 to 1.
  steadiness(grey, segment) {
    const samples = Math.floor(Math.max(PIECE_PX, Math.trunc(segment.length)) / PIECE_PX) * PIECE_PX;
    const [[x0, y0], [x1, y1]] = segment.ends;
    const [stepX, stepY] = [(x1 - x0) / segment.length, (y1 - y0) / segment.length];
    const [asideX, asideY] = [-stepY * ASIDE_PX, stepX * ASIDE_PX];
    const spacing = segment.length / (samples - 1);
    let whole = 0;
    let parts = 0;
    let piece = 0;
    for (let i = 0; i < samples; i += 1) {
      const along = i === samples - 1 ? segment.length : i * spacing;
      const [x, y] = [x0 + along * stepX, y0 + along * stepY];
      const change = Edges.brightness(grey, x + asideX, y + asideY) - Edges.brightness(grey, x - asideX, y - asideY);
      whole += Math.abs(change);
      piece += change;
      if (i % PIECE_PX === PIECE_PX - 1) {
        parts += Math.abs(piece);
        piece = 0;
      }
    }
    // The server divides in single precision, which decides where the limit is a round number.
    return whole > 0 ? Math.fround(parts / whole) : 0;
  },
  brightness(grey, x, y) {
    const column = Math.min(Math.max(Math.trunc(x + 0.5), 0), grey.cols - 1);
    const row = Math.min(Math.max(Math.trunc(y + 0.5), 0), grey.rows - 1);
    return grey.data[row * grey.cols + column];
  },

  // How well a quad stands at the border of a field, 0 to 1.
  beside(quad, hull) {
    const x = quad.reduce((sum, point) => sum + point[0], 0) / 4;
    const y = quad.reduce((sum, point) => sum + point[1], 0) / 4;
    const polygon = cv.matFromArray(hull.length, 1, cv.CV_32FC2, hull.flat());
    const outsidePx = -cv.pointPolygonTest(polygon, new cv.Point(x, y), true);
    polygon.delete();
    const heightPx = Math.max(1, Numbers.distance(quad[3], quad[0]), Numbers.distance(quad[2], quad[1]));
    if (outsidePx < -heightPx) return 0.5;
    return Math.exp(-Math.max(0, outsidePx - heightPx) / (2 * heightPx));
  },

  // The boards, best first, without those that mostly repeat a better one.
  apart(boards) {
    const kept = [];
    for (const board of boards) if (kept.every(([other]) => Edges.overlap(board[0], other) <= SAME_BOARD)) kept.push(board);
    return kept;
  },
  overlap(a, b) {
    const shared = Field.area(Edges.clipped(a, b));
    const union = Field.area(a) + Field.area(b) - shared;
    return union > 0 ? shared / union : 0;
  },
  // The part of one convex quad within another (Sutherland and Hodgman 1974).
  clipped(subject, clip) {
    const side = ([px, py], [ax, ay], [bx, by]) => (bx - ax) * (py - ay) - (by - ay) * (px - ax);
    const turn = Math.sign(side(clip[2], clip[0], clip[1])) || 1;
    let points = subject;
    for (let i = 0; i < clip.length && points.length; i += 1) {
      const [a, b] = [clip[i], clip[(i + 1) % clip.length]];
      const next = [];
      for (let j = 0; j < points.length; j += 1) {
        const [p, q] = [points[j], points[(j + 1) % points.length]];
        const [sp, sq] = [turn * side(p, a, b), turn * side(q, a, b)];
        if (sp >= 0) next.push(p);
        if (sp >= 0 !== sq >= 0) {
          const share = sp / (sp - sq);
          next.push([p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share]);
        }
      }
      points = next;
    }
    return points;
  },
};
self.Edges = Edges;
