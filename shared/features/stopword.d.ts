// The package brings no types. Lists by ISO 639-3 code.
declare module 'stopword' {
  export const eng: string[];
  export const deu: string[];
  export const fra: string[];
  export const spa: string[];
  export const ita: string[];
  export const por: string[];
  export const nld: string[];
  export const dan: string[];
  export const swe: string[];
  export const nob: string[];
  export const fin: string[];
  export const pol: string[];
}
