// Loaded models by version: versions are immutable, so a model in memory stays right. The champion is looked up each time.
import { refusalToPromote, refusalToPromoteByItself } from '../models/promotion.ts';
import type { LoadedModel, ModelRegistry, RegisteredModel } from '../models/registry.ts';
import type { Taxonomy } from '../taxonomy.ts';
import type { Models } from './services.ts';

// A model of 2^18 features and 8 labels holds 16 MB.
const MAX_LOADED = 3;

export class CachedModels implements Models {
  readonly #registry: ModelRegistry;
  readonly #loaded = new Map<string, Promise<LoadedModel>>();

  constructor(registry: ModelRegistry) {
    this.#registry = registry;
  }

  championVersion(): Promise<string | undefined> {
    return this.#registry.championVersion();
  }

  async newestFor({ version: taxonomyVersion, labels }: Taxonomy): Promise<string | undefined> {
    const names = labels.map(({ name }) => name);
    const isVouchedFor = (model: RegisteredModel) =>
      (refusalToPromote(model) ?? refusalToPromoteByItself(model, names)) === undefined;
    const models = await this.#registry.list();
    return models.findLast((model) => model.taxonomyVersion === taxonomyVersion && isVouchedFor(model))?.version;
  }

  load(version: string): Promise<LoadedModel> {
    const known = this.#loaded.get(version);
    if (known !== undefined) {
      this.#loaded.delete(version); // moves to the young end
      this.#loaded.set(version, known);
      return known;
    }
    const loading = this.#registry.load(version);
    this.#loaded.set(version, loading);
    loading.catch(() => this.#loaded.delete(version)); // the caller sees the error; the next one tries again
    const [oldest] = this.#loaded.keys();
    if (this.#loaded.size > MAX_LOADED && oldest !== undefined) this.#loaded.delete(oldest);
    return loading;
  }
}
