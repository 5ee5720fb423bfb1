/** Numbers for a graph's input. */
interface FloatTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** A picture as a vision language model reads it. */
export interface PreparedPicture {
  /** The vision graph's inputs. */
  readonly inputs: Readonly<Record<string, FloatTensor>>;
  /** For each of the picture's tokens, in order, the row of the vision graph's output that it takes. */
  readonly rows: Int32Array;
  /** The columns and rows of the tokens, for models whose positions count them. @default none */
  readonly grid?: { readonly width: number; readonly height: number };
}
