// Numbers as the server's stages have them, so that the same picture and settings give the same result in a browser.
"use strict";

const Numbers = {
  // Python's: halves go to the even number.
  round(value) {
    const low = Math.floor(value);
    const rest = value - low;
    if (rest !== 0.5) return Math.round(value);
    return low % 2 === 0 ? low : low + 1;
  },
  digits(value, count) {
    // A double lies half way between two decimals only when it is a whole number of these.
    const isTie = Number.isInteger(value * 2 ** (count + 1)) && Math.abs((value * 10 ** count) % 1) === 0.5;
    return isTie ? Numbers.round(value * 10 ** count) / 10 ** count : Number(value.toFixed(count));
  },
  distance(a, b) {
    return Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2);
  },
  // Lists of numbers and of lists, compared place by place.
  order(a, b) {
    if (!Array.isArray(a)) return a - b;
    for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
      const by = Numbers.order(a[i], b[i]);
      if (by) return by;
    }
    return a.length - b.length;
  },
};
self.Numbers = Numbers;
