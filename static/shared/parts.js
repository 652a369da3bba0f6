/** What the parts of the house are called, wherever one of them is named. */
const TITLES = { postgres: "PostgreSQL", redis: "Redis", storage: "Image store", triton: "Triton", worker: "Worker", beat: "Beat", decoder: "Decoder", model: "Model" }

export function partTitle(name) {
  return TITLES[name] ?? name
}
