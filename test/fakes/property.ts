// fast-check with one seed: a suite that fails does so for everybody, every time. PROPERTY_SEED=<number> looks elsewhere, `PROPERTY_SEED=$RANDOM` anywhere.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20261129) });

export default fc;
