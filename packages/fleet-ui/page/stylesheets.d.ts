/** Style sheets are imported for what they do; the builder takes them. */
declare module '*.css'
