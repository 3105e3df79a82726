/**
 * Gymnasium spaces, as the API writes them: in words, as a list of actions, and one example of each.
 */
import { number } from "./format.js";

const MOST_BUTTONS = 40;

/** "3 choices", "2 numbers, 0 to 100". */
export function described(space) {
  switch (space?.type) {
    case "Discrete":
      return `${space.n} choices`;
    case "MultiDiscrete":
      return `${[space.nvec].flat(Infinity).length} choices at once`;
    case "MultiBinary":
      return `${[space.shape].flat().join(" × ")} yes or no`;
    case "Text":
      return "text";
    case "Dict":
      return Object.entries(entries(space))
        .map(([name, part]) => `${name}: ${described(part)}`)
        .join("; ");
    case "Tuple":
      return entries(space).map(described).join("; ");
    case "Box": {
      const shape = space.shape ?? [];
      const amount =
        shape.length === 0 ? "a number" : shape.length === 1 ? `${shape[0]} numbers` : `${shape.join(" × ")} numbers`;
      const [low, high] = bounds(space);
      return Number.isFinite(low) && Number.isFinite(high) ? `${amount}, ${number(low)} to ${number(high)}` : amount;
    }
    default:
      return space?.type ?? "unknown";
  }
}

/** The actions to choose from, or null where they cannot be listed or are too many for buttons. */
export function choices(space) {
  if (space?.type !== "Discrete" || space.n > MOST_BUTTONS) return null;
  return Array.from({ length: space.n }, (_, i) => (space.start ?? 0) + i);
}

/** Lowest and highest bound of the element at `index` in the first dimension, or of all; ±Infinity where none is. */
export function bounds(space, index) {
  if (space?.type === "Discrete") return [space.start ?? 0, (space.start ?? 0) + space.n - 1];
  const side = (bound, pick, none) => {
    const part = index !== undefined && Array.isArray(bound) ? bound[index] : bound;
    const numbers = [part].flat(Infinity).map(Number);
    return numbers.length && numbers.every(Number.isFinite) ? numbers.reduce((a, b) => pick(a, b)) : none;
  };
  return [side(space?.low, Math.min, -Infinity), side(space?.high, Math.max, Infinity)];
}

/** Some value of the space, for the examples of calls. */
export function example(space) {
  switch (space?.type) {
    case "Discrete":
      return space.start ?? 0;
    case "MultiDiscrete":
      return [space.nvec].flat(Infinity).map((_, i) => [space.start ?? 0].flat(Infinity)[i] ?? 0);
    case "MultiBinary":
      return zeros([space.shape].flat(), 0);
    case "Text":
      return (space.characters ?? "a").slice(0, 1).repeat(space.min_length ?? 1);
    case "Dict":
      return Object.fromEntries(Object.entries(entries(space)).map(([name, part]) => [name, example(part)]));
    case "Tuple":
      return entries(space).map(example);
    case "Box": {
      const [low, high] = bounds(space);
      const amount = (space.shape ?? []).reduce((product, side) => product * side, 1);
      return amount > 64 ? "…" : zeros(space.shape ?? [], Math.min(Math.max(0, low), high));
    }
    default:
      return "…";
  }
}

function entries(space) {
  return space.spaces ?? (space.type === "Tuple" ? [] : {});
}

function zeros(shape, value) {
  return shape.length === 0 ? value : Array.from({ length: shape[0] }, () => zeros(shape.slice(1), value));
}
