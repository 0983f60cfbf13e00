/** What was invalidated. A namespace is a path ({@link EntryInfo.namespace}) and covers every namespace below it. */
export type Mark = { readonly key: string } | { readonly namespace: string } | { readonly tag: string }
