// White space of markup, where any run of it is one space.

/** Each run of white space as one space. A space that stands alone, as most do, is no match: to replace it with itself is most of what `\s+` costs. */
export const singleSpaced = (text: string): string => text.replace(/[^\S ]\s*| \s+/g, ' ');
