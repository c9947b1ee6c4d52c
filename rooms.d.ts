/** The rooms of each floor, from the ground up, with what they are for. */
export declare const floors: readonly Readonly<Record<string, string>>[];
