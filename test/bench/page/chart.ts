import { type BenchRow } from '../report.js';

const [ROW, BAR, LABELS, SCALE, MARGIN] = [26, 14, 330, 460, 24];
/** Readable on a light and on a dark page. */
const STYLE = `text{font:13px system-ui,sans-serif;fill:#6b7280}.title{font-weight:600}.bar{fill:#94a3b8}.ours{fill:#2563eb}.range{stroke:#f59e0b;stroke-width:2}`;

/** Bars of what each contender takes more than the base of its group, with the range over the rounds, as SVG. */
export function chart(title: string, rows: readonly BenchRow[]): string {
  const most = Math.max(...rows.map(({ range }) => range[1]), 1);
  const at = (us: number): number => Math.round((Math.max(us, 0) / most) * SCALE * 10) / 10;
  const width = LABELS + SCALE + 110;
  const height = MARGIN * 2 + rows.length * ROW;
  const lines = rows.map(({ name, marginalUs, range }, i) => {
    const top = MARGIN + 10 + i * ROW;
    const middle = top + BAR / 2;
    const [from, to] = range.map(us => LABELS + at(us));
    return [
      `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${name.startsWith('nestjs-eie') ? 'ours' : 'bar'}" x="${LABELS}" y="${top}" width="${at(marginalUs)}" height="${BAR}" rx="2"/>`,
      `<line class="range" x1="${from}" y1="${middle}" x2="${to}" y2="${middle}"/>`,
      `<text x="${to! + 8}" y="${middle + 4}">${Math.round(marginalUs)} µs</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
<text class="title" x="0" y="16">${escaped(title)}</text>
${lines.join('\n')}
</svg>
`;
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, char => `&#${char.charCodeAt(0)};`);
