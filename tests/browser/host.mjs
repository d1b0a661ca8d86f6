// A reference server with its own database, and a browser.

import { spawn } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

import { TOKENS, seedText } from "./seed.mjs";

const SERVER = process.env.USERBOOK_SERVER;
const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
export const SHOTS = process.env.USERBOOK_SCREENSHOTS;

/** Starts a server; `origin` is where it listens. */
export async function serve(...options) {
  if (!SERVER) throw new Error("USERBOOK_SERVER names the program to test");
  const folder = await mkdtemp(join(tmpdir(), "userbook-browser-"));
  const seed = join(folder, "seed.json");
  await writeFile(seed, seedText());
  const database = `sqlite:${join(folder, "users.db")}`;
  const child = spawn(SERVER, ["--listen", "127.0.0.1:0", "--database", database, "--seed", seed, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const origin = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the server ended with ${code} before it listened`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /^listening on (\S+)$/.exec(line);
      if (found) resolve(found[1]);
    });
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true });
  };
  return { origin, stop };
}

/** A browser with nothing from elsewhere: no request may leave the server's origin. */
export async function browse(origin, { width = 1280, height = 900 } = {}) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const page = await (await browser.newContext({ viewport: { width, height } })).newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // The browser logs rejected requests as errors; the tests check what the page shows.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      problems.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) problems.push(`request to ${url}`);
  });
  page.setDefaultTimeout(15_000);
  return { page, problems, close: () => browser.close() };
}

/** One call of the API beside the page. */
export async function api(origin, method, path, body, who = "admin") {
  const response = await fetch(`${origin}/api/v3/${path}`, {
    method,
    headers: { Authorization: `Bearer ${TOKENS[who]}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, body: text ? JSON.parse(text) : null };
}

/** Keeps a picture where one is wanted, for people to look at. */
export async function shot(page, name) {
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}
