// Whether single keys are on in this browser; the dialog of keys switches them off.
export const keysAreOn = () => {
  try {
    return localStorage.getItem("mpr.keys") !== "off";
  } catch {
    return true;
  }
};
