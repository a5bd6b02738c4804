/** The words of a list that spaces part, each once: `scope` of RFC 6749 §3.3. */
export const words = (list: string | null | undefined): string[] => [...new Set(list?.split(' ').filter(Boolean))];
