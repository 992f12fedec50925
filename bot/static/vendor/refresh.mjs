// Writes fonts.css from fontsource's unicode ranges, or the widget's icon table from lucide's files.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

function fonts(rangesFile) {
  const ranges = JSON.parse(readFileSync(rangesFile, "utf8"));
  const faces = [];
  for (const weight of [400, 500, 600]) {
    for (const subset of ["vietnamese", "latin"]) {
      faces.push(`@font-face {
  font-family: "Be Vietnam Pro";
  font-style: normal;
  font-display: swap;
  font-weight: ${weight};
  src: url("be-vietnam-pro-${subset}-${weight}-normal.woff2") format("woff2");
  unicode-range: ${ranges[subset]};
}
`);
    }
  }
  return "/* Written by ../refresh.sh. Be Vietnam Pro, SIL OFL 1.1, see LICENSE. */\n" + faces.join("");
}

function shapes(svg) {
  const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1);
  return [...body.matchAll(/<(\w+)\s([^>]*?)\/?>/g)].map(([, tag, text]) => [
    tag,
    Object.fromEntries([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  ]);
}

function icons(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".svg")).sort();
  const lines = files.map((name) => {
    const drawn = shapes(readFileSync(join(folder, name), "utf8"));
    return `  "${name.slice(0, -4)}": ${JSON.stringify(drawn)},`;
  });
  return `// Written by static/vendor/refresh.sh from lucide-static (ISC, see static/vendor/lucide/LICENSE).
export const SHAPES = {
${lines.join("\n")}
};
`;
}

const [what, path] = process.argv.slice(2);
process.stdout.write(what === "fonts" ? fonts(path) : icons(path));
