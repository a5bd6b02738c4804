/** What is measured within the page. Each function is whole in itself: it runs in the browser. */

/** Elements that stand out of the page to the right, and the page where it scrolls sideways. */
export function overflows(): string[] {
  const width = document.documentElement.clientWidth;
  const name = (one: Element): string => `${one.tagName} ${one.id || one.className} ${one.textContent?.slice(0, 40)}`;
  const out = [...document.querySelectorAll('body *')].filter(
    one => !one.closest('.unseen, option') && one.getBoundingClientRect().right > width + 0.5,
  );
  const sideways =
    document.documentElement.scrollWidth > width ? [`the page: ${document.documentElement.scrollWidth}`] : [];
  return [...sideways, ...out.map(name)];
}

/** Texts whose contrast is below 4.5 (WCAG 2.2, 1.4.3). */
export function lowContrasts(): string[] {
  const parts = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (color: string): number => {
    const [red, green, blue] = parts(color).map(part =>
      part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const ground = (one: Element | null): string => {
    if (!one) return 'rgb(255, 255, 255)';
    const color = getComputedStyle(one).backgroundColor;
    return parts(color)[3] === 0 ? ground(one.parentElement) : color;
  };
  const hasText = (one: Element): boolean =>
    [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent!.trim()) ||
    one.matches('textarea, input, select');
  return [...document.querySelectorAll('body *')]
    .filter(one => hasText(one) && !one.closest('script, style, noscript, option') && one.checkVisibility())
    .flatMap(one => {
      const [low, high] = [light(getComputedStyle(one).color), light(ground(one))].sort((a, b) => a - b);
      const ratio = (high! + 0.05) / (low! + 0.05);
      return ratio < 4.5 ? [`${ratio.toFixed(2)} ${one.tagName} ${one.id || one.className}: ${one.textContent}`] : [];
    });
}

/** Controls without a name, and ids that stand twice. */
export function unlabelled(): string[] {
  const controls = [...document.querySelectorAll<HTMLInputElement>('button, select, input, textarea')];
  const nameless = controls.filter(
    one => !one.labels?.length && !one.getAttribute('aria-label') && !(one.tagName === 'BUTTON' && one.textContent),
  );
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  return [...nameless.map(one => one.outerHTML), ...ids.filter((id, place) => ids.indexOf(id) !== place)];
}
