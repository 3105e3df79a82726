/**
 * Numbers, times and amounts, as a person reads them.
 */
const NONE = "–";

/** About four significant digits, with a real minus sign. */
export function number(x) {
  if (typeof x !== "number" || !Number.isFinite(x)) return NONE;
  const size = Math.abs(x);
  if (size >= 1e7 || (size > 0 && size < 1e-3)) return x.toExponential(1).replace("e+", "e").replaceAll("-", "−");
  return decimal(x, 0, Number.isInteger(x) ? 0 : decimals(size));
}

/** As `number`, with as many decimals as others of its size, so that a column of them lines up. */
export function aligned(x) {
  return Number.isFinite(x) && Math.abs(x) < 1e7 ? decimal(x, decimals(Math.abs(x)), decimals(Math.abs(x))) : number(x);
}

/** "190.0 ± 1.9": both to the same decimal. */
export function withSpread(x, spread) {
  if (!Number.isFinite(x) || !Number.isFinite(spread)) return number(x);
  if (Math.abs(x) >= 1e7) return `${number(x)} ± ${number(spread)}`;
  const digits = decimals(Math.max(Math.abs(x), spread));
  return `${decimal(x, digits, digits)} ± ${decimal(spread, digits, digits)}`;
}

function decimals(size) {
  return size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
}

function decimal(x, least, most) {
  return x.toLocaleString("en-GB", { minimumFractionDigits: least, maximumFractionDigits: most }).replace("-", "−");
}

/** As `number`, with its sign always. */
export function signed(x) {
  return x > 0 ? `+${aligned(x)}` : aligned(x);
}

/** 12,345, or 1.2 M from a million on. */
export function count(n) {
  if (typeof n !== "number" || !Number.isFinite(n)) return NONE;
  return n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n.toLocaleString("en-GB", { maximumFractionDigits: 0 });
}

export function percent(fraction) {
  if (typeof fraction !== "number" || !Number.isFinite(fraction)) return NONE;
  const size = Math.abs(fraction);
  return `${(fraction * 100).toFixed((size > 0 && size < 0.01) || (size > 0.99 && size < 1) ? 1 : 0)}%`;
}

export function rate(perSecond) {
  if (typeof perSecond !== "number") return NONE;
  return perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(perSecond >= 1 || perSecond === 0 ? 1 : 2);
}

/** Seconds in words: 0.4 s, 12 s, 3 min, 2 h 5 min, 4 d. */
export function duration(seconds) {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return NONE;
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${Math.round(hours / 24)} d`;
}

/** 10:02:31 today, 3 Mar 10:02 before. `at` is seconds since 1970. */
export function clock(at, seconds = true) {
  if (typeof at !== "number") return NONE;
  const moment = new Date(at * 1000);
  const time = { hour: "2-digit", minute: "2-digit", hour12: false };
  if (moment.toDateString() === new Date().toDateString()) {
    return moment.toLocaleTimeString("en-GB", seconds ? { ...time, second: "2-digit" } : time);
  }
  const day = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return `${day} ${moment.toLocaleTimeString("en-GB", time)}`;
}

/** With the day, the year and milliseconds, for tooltips and details. */
export function moment(at) {
  if (typeof at !== "number") return NONE;
  const date = new Date(at * 1000);
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return `${day} ${date.toLocaleTimeString("en-GB", { hour12: false })}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

export function ago(at) {
  if (typeof at !== "number") return NONE;
  const since = Date.now() / 1000 - at;
  return since < 1.5 ? "just now" : `${duration(since)} ago`; // also where the service's clock is ahead of this one
}

export function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Any JSON value in one short line; numbers rounded, long arrays cut. */
export function brief(value, limit = 48) {
  const whole = written(value);
  return whole.length > limit ? `${whole.slice(0, limit - 1)}…` : whole;
}

function written(value) {
  if (value === null || value === undefined) return NONE;
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) {
    const head = value.slice(0, 8).map(written).join(", ");
    return `[${head}${value.length > 8 ? `, … ${value.length} in all` : ""}]`;
  }
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .slice(0, 8)
      .map(([name, part]) => `${name}: ${written(part)}`)
      .join(", ")}}`;
  }
  return String(value);
}
