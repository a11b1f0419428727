// SPDX-License-Identifier: EUPL-1.2
/**
 * @file What a device keeps: secrets, sealed with a WebCrypto key that cannot be taken out of this browser, and plain
 * records. Both in IndexedDB, written to disk before the promise is kept.
 */

const IV_BYTES = 12;

/** This browser cannot keep secrets: no IndexedDB, or a page without https. */
export class VaultUnavailable extends Error {}

/** A secret is kept, but the browser lost the key that it was sealed with. */
export class SecretUnreadable extends Error {}

/**
 * Opens the vault of this name, one for each app.
 * @param {string} name
 * @returns {Promise<Vault>}
 * @throws {VaultUnavailable}
 */
export async function openVault(name) {
  if (!globalThis.indexedDB || !globalThis.crypto?.subtle) throw new VaultUnavailable();
  try {
    return new Vault(await openDatabase(`kindpakket-${name}`));
  } catch (error) {
    throw new VaultUnavailable(error instanceof Error ? error.message : '');
  }
}

/** An open vault. Keys are texts such as `seed` or `pending/0x12`. */
export class Vault {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /**
   * Keeps a secret, sealed.
   * @param {string} key
   * @param {Uint8Array} secret
   */
  async putSecret(key, secret) {
    const sealed = await this.#seal(key, secret);
    await this.#write('secrets', (store) => store.put(sealed, key));
  }

  /**
   * Keeps a secret unless there is one of this key already, also when the app is open twice.
   * @param {string} key
   * @param {Uint8Array} secret
   * @returns {Promise<Uint8Array>} The one that is kept.
   */
  async addSecret(key, secret) {
    const sealed = await this.#seal(key, secret);
    try {
      await this.#write('secrets', (store) => store.add(sealed, key));
    } catch (error) {
      const kept = await this.getSecret(key);
      if (!kept) throw error;
      return kept;
    }
    return secret;
  }

  /**
   * @param {string} key
   * @param {Uint8Array} secret
   */
  async #seal(key, secret) {
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: named(key) }, await this.#sealingKey(),
      Uint8Array.from(secret));
    return { iv, sealed: new Uint8Array(sealed) };
  }

  /**
   * Returns a secret, or null if there is none of this key.
   * @param {string} key
   * @returns {Promise<Uint8Array | null>}
   * @throws {SecretUnreadable}
   */
  async getSecret(key) {
    const kept = await this.#read('secrets', (store) => store.get(key));
    return kept ? this.#unseal(key, kept) : null;
  }

  /**
   * Deletes a secret that nothing can open any more, and no other, so that there is room for a new one.
   * @param {string} key
   */
  async deleteUnreadable(key) {
    const kept = await this.#read('secrets', (store) => store.get(key));
    if (!kept) return;
    try {
      await this.#unseal(key, kept);
    } catch (error) {
      if (!(error instanceof SecretUnreadable)) throw error;
      // Another window of this app may have put a new one there meanwhile.
      const store = this.#transaction('secrets', 'readwrite').objectStore('secrets');
      const again = store.get(key);
      await new Promise((resolve, reject) => {
        again.onsuccess = () => {
          if (String(again.result?.iv) === String(kept.iv)) store.delete(key);
        };
        store.transaction.oncomplete = resolve;
        store.transaction.onabort = () => reject(store.transaction.error);
      });
    }
  }

  /**
   * @param {string} key
   * @param {{iv: BufferSource, sealed: BufferSource}} kept
   */
  async #unseal(key, kept) {
    const algorithm = { name: 'AES-GCM', iv: kept.iv, additionalData: named(key) };
    const sealingKey = await this.#sealingKey();
    try {
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, sealingKey, kept.sealed));
    } catch (error) {
      throw new SecretUnreadable(key, { cause: error });
    }
  }

  /** @param {string} key */
  async deleteSecret(key) {
    await this.#write('secrets', (store) => store.delete(key));
  }

  /**
   * Keeps a record.
   * @param {string} key
   * @param {unknown} value
   */
  async put(key, value) {
    await this.#write('records', (store) => store.put(value, key));
  }

  /**
   * Returns a record, or undefined.
   * @param {string} key
   * @returns {Promise<any>}
   */
  async get(key) {
    return this.#read('records', (store) => store.get(key));
  }

  /**
   * Returns all records whose key starts with a text, in the order of their keys.
   * @param {string} prefix
   * @returns {Promise<[string, any][]>}
   */
  async list(prefix) {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const [keys, values] = await Promise.all([
      this.#read('records', (store) => store.getAllKeys(range)), this.#read('records', (store) => store.getAll(range)),
    ]);
    return keys.map((key, i) => [String(key), values[i]]);
  }

  /** Tells whether nothing is kept. */
  async isEmpty() {
    const counts = await Promise.all(['secrets', 'records'].map((store) => this.#read(store, (opened) => opened.count())));
    return counts.every((count) => count === 0);
  }

  /** @param {string} key */
  async delete(key) {
    await this.#write('records', (store) => store.delete(key));
  }

  /**
   * Replaces a record by what `change` makes of it, with nothing in between, also when the app is open twice.
   * @template T
   * @param {string} key
   * @param {(value: any) => T} change Gets undefined when there is no record yet.
   * @returns {Promise<T>} What is now kept.
   */
  update(key, change) {
    return new Promise((resolve, reject) => {
      const transaction = this.#transaction('records', 'readwrite');
      const store = transaction.objectStore('records');
      const reading = store.get(key);
      /** @type {T} */
      let changed;
      reading.onsuccess = () => {
        try {
          changed = change(reading.result);
          store.put(changed, key);
        } catch (error) {
          transaction.abort();
          reject(error);
        }
      };
      transaction.oncomplete = () => resolve(changed);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  /** Forgets everything, the sealing key included. */
  async clear() {
    for (const store of ['secrets', 'records', 'keys']) await this.#write(store, (opened) => opened.clear());
  }

  async #sealingKey() {
    const kept = await this.#read('keys', (store) => store.get('sealing'));
    if (kept) return kept;
    const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    try {
      await this.#write('keys', (store) => store.add(made, 'sealing'));
      return made;
    } catch {
      // Another window of this app was first: its key is the one.
      return this.#read('keys', (store) => store.get('sealing'));
    }
  }

  /**
   * @param {string} store
   * @param {IDBTransactionMode} mode
   */
  #transaction(store, mode) {
    return this.#database.transaction(store, mode, { durability: 'strict' });
  }

  /**
   * @template T
   * @param {string} store
   * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T>}
   */
  #read(store, ask) {
    return new Promise((resolve, reject) => {
      const asked = ask(this.#transaction(store, 'readonly').objectStore(store));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }

  /**
   * @param {string} store
   * @param {(store: IDBObjectStore) => IDBRequest} ask
   * @returns {Promise<void>}
   */
  #write(store, ask) {
    return new Promise((resolve, reject) => {
      const transaction = this.#transaction(store, 'readwrite');
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('nothing was written'));
      ask(transaction.objectStore(store));
    });
  }
}

/** @param {string} name */
function openDatabase(name) {
  return new Promise((/** @type {(database: IDBDatabase) => void} */ resolve, reject) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      for (const store of ['keys', 'secrets', 'records']) opening.result.createObjectStore(store);
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error('the database is blocked'));
  });
}

/** @param {string} key */
function named(key) {
  return new TextEncoder().encode(key);
}
