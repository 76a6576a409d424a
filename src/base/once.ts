/** Makes a value when it is first asked for, and keeps it: undefined as well. */
export function once<T>(make: () => T): () => T {
  let made: {value: T} | undefined;
  return () => {
    made ??= {value: make()};
    return made.value;
  };
}

/** The same for each key. */
export function onceEach<K, T>(make: (key: K) => T): (key: K) => T {
  return keptIn(new Map(), make);
}

/** The same for each object, forgotten with it. What is made must not depend on what changes in the object later. */
export function oncePer<K extends WeakKey, T>(make: (key: K) => T): (key: K) => T {
  return keptIn(new WeakMap(), make);
}

type Made<K, T> = {
  get: (key: K) => {value: T} | undefined;
  set: (key: K, made: {value: T}) => unknown;
};

function keptIn<K, T>(made: Made<K, T>, make: (key: K) => T): (key: K) => T {
  return (key) => {
    let known = made.get(key);
    if (!known) {
      known = {value: make(key)};
      made.set(key, known);
    }
    return known.value;
  };
}
