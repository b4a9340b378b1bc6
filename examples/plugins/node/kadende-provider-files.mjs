#!/usr/bin/env node
// A provider for Kadende: an instance is a file in a folder. Node.js 18, no packages (providers/PROTOCOL.md).
import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";

const MANIFEST = {
  name: "files",
  version: "1.0.0",
  listing: "authoritative", // what `list` and `describe` do not find is not there
  idempotentTokens: true, // the token is the id, so a repeated create finds its instance
  abilities: ["retag", "validate"],
  scopeProperties: ["folder"],
  mutableProperties: ["content"],
  schema: {
    type: "object",
    required: ["folder"],
    properties: {
      folder: { type: "string", minLength: 1, description: "where the files are; made at the first create" },
      content: { type: "string", description: "of the file; changed in place" },
    },
    additionalProperties: false,
    examples: [{ folder: "instances", content: "hello" }, { folder: "instances", content: "changed" }],
  },
};
const PAGE = 500;

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.data = { code, effect: "none" };
  }
}

function folderOf({ folder }) {
  if (typeof folder !== "string" || !folder) {
    throw new Refused("invalid", "`folder` is missing: it names the folder in which the files are");
  }
  const full = path.resolve(folder);
  if (!fs.existsSync(path.dirname(full))) {
    throw new Refused("unavailable", `the folder above ${folder} does not exist`);
  }
  return full;
}

const fileOf = (folder, id) => path.join(folder, `${id}.json`);

function read(folder, id) {
  if (!/^[a-z2-7]{52}$/.test(id)) return null; // never given out
  try {
    return JSON.parse(fs.readFileSync(fileOf(folder, id), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

function write(folder, instance) {
  const file = fileOf(folder, instance.id);
  fs.writeFileSync(`${file}.new`, JSON.stringify(instance));
  fs.renameSync(`${file}.new`, file); // whole or not at all, whatever happens
}

// `recordable` comes where `properties` hold secrets, and is the form that may be written down.
const attributesOf = (params) => ({ content: (params.recordable ?? params.properties).content ?? "" });

const calls = {
  initialize: () => ({ protocol: 1, manifest: MANIFEST }),

  list({ scope, tags, cursor = "" }) {
    const folder = folderOf(scope);
    if (!fs.existsSync(folder)) return { scope: "", instances: [] }; // a place that nobody made yet
    const names = fs.readdirSync(folder).filter((name) => name.endsWith(".json"));
    const rest = names.map((name) => name.slice(0, -5)).sort().filter((id) => id > cursor);
    const instances = rest.slice(0, PAGE).map((id) => read(folder, id))
      .filter((one) => one && Object.entries(tags).every(([key, value]) => one.tags[key] === value));
    return { scope: folder, instances, cursor: rest.length > PAGE ? rest[PAGE - 1] : "" };
  },

  describe({ scope, ids }) {
    const folder = folderOf(scope);
    return { scope: folder, instances: [...new Set(ids)].map((id) => read(folder, id)).filter(Boolean) };
  },

  create(params) {
    const folder = folderOf(params.properties);
    fs.mkdirSync(folder, { recursive: true });
    let instance = read(folder, params.token);
    if (!instance) {
      const { token: id, name, tags, labels } = params;
      const createdAt = new Date().toISOString().replace(/\.\d+/, "");
      instance = { id, name, tags, labels, status: "running", createdAt, attributes: attributesOf(params) };
      write(folder, instance);
    }
    return { scope: folder, instance };
  },

  update(params) {
    const folder = folderOf(params.properties);
    const instance = read(folder, params.id);
    if (!instance) throw new Refused("not_found", `there is no instance ${params.id} in ${folder}`);
    Object.assign(instance, { tags: params.tags, labels: params.labels });
    if (!params.tagsOnly) instance.attributes = attributesOf(params);
    write(folder, instance);
    return { instance };
  },

  destroy({ scope, id }) {
    const folder = folderOf(scope);
    if (read(folder, id)) fs.rmSync(fileOf(folder, id), { force: true });
    return {}; // gone, or already gone
  },

  validate({ properties: { folder } }) {
    if (typeof folder === "string" && folder && !folder.includes("${node.")) return { diagnostics: [] };
    return { diagnostics: [{ path: "folder", message: "`folder` must name a folder, the same one for every node" }] };
  },
};

function answer({ method, params }) {
  if (!Object.hasOwn(calls, method)) return { error: { code: -32601, message: `no method ${method}` } };
  try {
    return { result: calls[method](params) };
  } catch (error) {
    // Whatever was not refused may have had its effect.
    return { error: { code: -32000, message: error.message, data: error.data ?? { code: "internal" } } };
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const call = JSON.parse(line);
  if (!("id" in call)) return; // a notification (cancel): every call here is over at once
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id: call.id, ...answer(call) })}\n`);
});
