/** Does nothing: what the start of an executable takes by itself. */
export {};
