// Pictures as OpenCV has them. What is made here is freed by whoever asked for it.
"use strict";

const Pictures = {
  // RGBA pixels of a canvas as an RGB picture.
  fromPixels(pixels) {
    const whole = cv.matFromImageData(pixels);
    const rgb = new cv.Mat();
    cv.cvtColor(whole, rgb, cv.COLOR_RGBA2RGB);
    whole.delete();
    return rgb;
  },
  // At most so wide, its shape kept: detection/stages/field_segmentation.py `shrunk`.
  shrunk(rgb, widthPx) {
    if (rgb.cols <= widthPx) return rgb.clone();
    const small = new cv.Mat();
    const height = Math.max(1, Numbers.round((rgb.rows * widthPx) / rgb.cols));
    cv.resize(rgb, small, new cv.Size(widthPx, height), 0, 0, cv.INTER_AREA);
    return small;
  },
};
self.Pictures = Pictures;
